//! Who is calling, by the claims that API Gateway verified.

use std::collections::HashMap;

use axum::extract::FromRequestParts;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use lambda_http::request::RequestContext;
use madoguchi_domain::{Language, OperatorId};

use crate::ApiError;

const ADMINISTRATORS: &str = "administrators";

/// A person who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operator {
    pub(crate) id: OperatorId,
    /// As the identity provider tells it, see [`name`].
    pub(crate) name: String,
    administrator: bool,
    language: Language,
}

/// For whom an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reader {
    pub(crate) language: Language,
    /// Administrators also see what the provider said.
    pub(crate) administrator: bool,
}

impl Operator {
    pub(crate) fn reader(&self) -> Reader {
        Reader { language: self.language, administrator: self.administrator }
    }
}

/// The language that a request asks for.
pub(crate) fn language(headers: &HeaderMap) -> Language {
    let header = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    header.map(Language::accepted).unwrap_or_default()
}

/// A person who may change channels and their settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Administrator(pub(crate) Operator);

impl<S: Sync> FromRequestParts<S> for Operator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        // API Gateway refuses requests without a token; this is for the day when a route forgets to.
        let claims = claims(&parts.extensions).ok_or(ApiError::Unauthenticated)?;
        operator(claims, language(&parts.headers)).ok_or(ApiError::Unauthenticated)
    }
}

impl<S: Sync> FromRequestParts<S> for Administrator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let operator = Operator::from_request_parts(parts, state).await?;
        if operator.administrator { Ok(Self(operator)) } else { Err(ApiError::AdministratorsOnly) }
    }
}

fn claims(extensions: &Extensions) -> Option<&HashMap<String, String>> {
    match extensions.get::<RequestContext>()? {
        RequestContext::ApiGatewayV2(context) => Some(&context.authorizer.as_ref()?.jwt.as_ref()?.claims),
        _ => None,
    }
}

fn operator(claims: &HashMap<String, String>, language: Language) -> Option<Operator> {
    let id = claims.get("sub").filter(|sub| !sub.is_empty())?;
    let groups = claims.get("cognito:groups").map_or("", String::as_str);
    let administrator = is_member(groups, ADMINISTRATORS);
    let name = name(claims).unwrap_or(id).to_owned();
    Some(Operator { id: OperatorId(id.clone()), name, administrator, language })
}

/// The person's name, else what they sign in with. Cognito's access tokens have only the latter.
fn name(claims: &HashMap<String, String>) -> Option<&String> {
    ["name", "preferred_username", "cognito:username", "username", "email"]
        .into_iter()
        .filter_map(|claim| claims.get(claim))
        .find(|name| !name.trim().is_empty())
}

/// API Gateway hands every claim over as text. A list of groups becomes `[administrators operators]`;
/// other authorizers write `administrators,operators` or JSON.
fn is_member(groups: &str, group: &str) -> bool {
    let separator = |c: char| c == ',' || c.is_whitespace();
    groups.trim_matches(['[', ']']).split(separator).any(|name| name.trim_matches('"') == group)
}

#[cfg(test)]
mod tests {
    use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
    use serde_json::json;

    use super::*;

    #[test]
    fn groups_are_read_however_the_gateway_writes_them() {
        let table = [
            ("[administrators operators]", true),
            ("[operators administrators]", true),
            ("[administrators]", true),
            ("administrators", true),
            ("operators,administrators", true),
            ("[operators, administrators]", true),
            (r#"["administrators","operators"]"#, true),
            ("", false),
            ("[]", false),
            ("[operators]", false),
            ("[Administrators]", false),
            ("[administrators-of-something-else]", false),
        ];
        for (groups, expected) in table {
            assert_eq!(is_member(groups, ADMINISTRATORS), expected, "{groups}");
        }
    }

    fn parts(authorizer: &serde_json::Value) -> Parts {
        let context: ApiGatewayV2httpRequestContext = serde_json::from_value(json!({
            "http": {"method": "GET"}, "timeEpoch": 0, "authorizer": authorizer,
        }))
        .unwrap();
        let request = axum::http::Request::builder().extension(RequestContext::ApiGatewayV2(context));
        request.body(()).unwrap().into_parts().0
    }

    #[tokio::test]
    async fn only_claims_with_a_subject_are_a_person_and_only_the_group_an_administrator() {
        let claims = |claims: serde_json::Value| json!({"jwt": {"claims": claims, "scopes": null}});
        let table = [
            (json!(null), Err("unauthenticated"), Err("unauthenticated")),
            (json!({"iam": null}), Err("unauthenticated"), Err("unauthenticated")),
            (claims(json!({})), Err("unauthenticated"), Err("unauthenticated")),
            (claims(json!({"sub": ""})), Err("unauthenticated"), Err("unauthenticated")),
            (claims(json!({"sub": "p"})), Ok("p"), Err("administrators_only")),
            (
                claims(json!({"sub": "p", "cognito:groups": "[operators]"})),
                Ok("p"),
                Err("administrators_only"),
            ),
            (claims(json!({"sub": "p", "cognito:groups": "[administrators]"})), Ok("p"), Ok("p")),
        ];
        for (authorizer, as_operator, as_administrator) in table {
            let operator = Operator::from_request_parts(&mut parts(&authorizer), &()).await;
            let operator = operator.map(|o| o.id.0).map_err(|e| e.public_id());
            assert_eq!(operator.as_deref().map_err(|e| *e), as_operator, "{authorizer}");
            let administrator = Administrator::from_request_parts(&mut parts(&authorizer), &()).await;
            let administrator = administrator.map(|a| a.0.id.0).map_err(|e| e.public_id());
            assert_eq!(administrator.as_deref().map_err(|e| *e), as_administrator, "{authorizer}");
        }
    }
}
