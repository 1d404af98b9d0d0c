//! Who is calling, by the claims that API Gateway verified.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request};
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use lambda_http::request::RequestContext;
use madoguchi_domain::audit::{Author, Entry, Fields};
use madoguchi_domain::person::Seen;
use madoguchi_domain::role::{Groups, GroupsClaim, Scope, Scopes};
use madoguchi_domain::{Act, Language, OperatorId, Role, Timestamp};

use crate::{ApiError, request_id};

/// The claim that lists a person's groups, and those that give a role: Cognito's unless another issuer names them
/// otherwise.
#[derive(Clone, Debug, Default)]
pub struct RolesClaim(Arc<GroupsClaim>);

impl RolesClaim {
    /// Groups are in `claim`.
    pub fn new(claim: GroupsClaim) -> Self {
        Self(claim.into())
    }
}

/// Who calls: a person who is signed in, or a machine (OPS-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operator {
    pub(crate) id: OperatorId,
    /// As the identity provider tells it, see [`name`].
    pub(crate) name: String,
    pub(crate) role: Role,
    /// What they sign in with, where the token tells.
    account: Option<String>,
    signed_in_at: Option<Timestamp>,
    /// What a machine may; `None` of a person, whose role says it.
    scopes: Option<Scopes>,
    /// When the token ends, where it tells.
    pub(crate) token_ends_at: Option<Timestamp>,
    language: Language,
    from: Origin,
}

/// Where a request came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Origin {
    ip: Option<String>,
    user_agent: Option<String>,
    request_id: String,
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
        Reader { language: self.language, administrator: self.is_administrator() }
    }

    /// Whether their reads are recorded (AUD-3): operators read for their work.
    pub(crate) fn is_administrator(&self) -> bool {
        self.may(Act::Administrate)
    }

    /// Whether they may do this.
    pub(crate) fn may(&self, act: Act) -> bool {
        self.scopes.as_ref().map_or_else(|| self.role.may(act), |scopes| scopes.may(act))
    }

    /// Refuses a machine that may not read conversations: it must not have them sent somewhere either.
    pub(crate) fn sends_conversations(&self) -> Result<(), ApiError> {
        if self.may(Act::Read) { Ok(()) } else { Err(ApiError::ScopeMissing(Scope::ReadConversations)) }
    }

    /// Whether no person calls.
    pub(crate) const fn is_machine(&self) -> bool {
        self.scopes.is_some()
    }

    /// As what they do is signed, see [`madoguchi_store::Directory::by`].
    pub(crate) fn author(&self, now: Timestamp) -> Author {
        let Origin { ip, user_agent, request_id } = &self.from;
        let author = match self.scopes {
            None => Author::person(&self.id, &self.name, self.role, now),
            Some(_) => Author::client(&self.id, &self.name, now),
        };
        author.from_where(ip.as_deref(), user_agent.as_deref(), request_id)
    }

    /// The entry that tells that they ask for something which changes no item of the Directory; to be recorded before
    /// that is done.
    pub(crate) fn asks(&self, act: &str, subject: impl Into<String>, told: Fields, now: Timestamp) -> Entry {
        Entry::asked(act, subject.into(), self.author(now), told, now)
    }

    /// What there is to note of them.
    pub(crate) fn seen(&self) -> Seen {
        Seen {
            name: self.name.clone(),
            account: self.account.clone(),
            role: self.role,
            signed_in_at: self.signed_in_at,
        }
    }
}

/// The language that a request asks for.
pub(crate) fn language(headers: &HeaderMap) -> Language {
    let header = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    header.map(Language::accepted).unwrap_or_default()
}

/// Whom the door let in; see [`crate::access`].
impl<S: Sync> FromRequestParts<S> for Operator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get().cloned().ok_or(ApiError::Unauthenticated)
    }
}

/// Who calls, by the claims that API Gateway verified. It refuses requests without a token; this is for the day when a
/// route forgets to.
pub(crate) fn caller(request: &Request, claim: &RolesClaim) -> Result<Operator, ApiError> {
    let claims = claims(request.extensions()).ok_or(ApiError::Unauthenticated)?;
    let id = claims.get("sub").filter(|sub| !sub.is_empty()).ok_or(ApiError::Unauthenticated)?;
    if let Some((client, scopes)) = machine(claims, id) {
        return Ok(Operator {
            id: OperatorId::client(client),
            name: client.to_owned(),
            // It sees every channel; what it may do its scopes say.
            role: Role::Administrator,
            account: None,
            signed_in_at: None,
            token_ends_at: instant(claims, &["exp"]),
            scopes: Some(scopes),
            language: language(request.headers()),
            from: origin(request.extensions()),
        });
    }
    let groups = claims.get(&claim.0.name).map_or("", String::as_str);
    let role = role(groups, &claim.0.groups).ok_or(ApiError::NoRole)?;
    let name = name(claims).unwrap_or(id).to_owned();
    Ok(Operator {
        id: OperatorId(id.clone()),
        name,
        role,
        account: first_of(claims, &ACCOUNT_CLAIMS).cloned(),
        signed_in_at: instant(claims, &["auth_time", "iat"]),
        token_ends_at: instant(claims, &["exp"]),
        scopes: None,
        language: language(request.headers()),
        from: origin(request.extensions()),
    })
}

/// The client that calls for itself, and what it may (OAuth 2, client credentials). Its token's subject is the client, as
/// Cognito, Okta and Auth0 (`{client}@clients`) write it: a token that somebody has lent to a client has a person's.
fn machine<'a>(claims: &'a HashMap<String, String>, subject: &str) -> Option<(&'a str, Scopes)> {
    let client = first_of(claims, &["client_id", "cid", "azp"])?;
    if subject.strip_suffix("@clients").unwrap_or(subject) != client {
        return None;
    }
    let scopes = first_of(claims, &["scope", "scp"]).map_or("", String::as_str);
    let listed = scopes.trim_matches(['[', ']']).split([' ', ',', '"']).filter(|name| !name.is_empty());
    Some((client, Scopes::named(listed)))
}

/// Somebody who did not sign in: where their request came from is all that is known.
pub(crate) fn stranger(extensions: &Extensions) -> Author {
    let Origin { ip, user_agent, request_id } = origin(extensions);
    Author::unknown().from_where(ip.as_deref(), user_agent.as_deref(), &request_id)
}

fn origin(extensions: &Extensions) -> Origin {
    let request_id = request_id(extensions).to_owned();
    match extensions.get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => Origin {
            ip: context.http.source_ip.clone(),
            user_agent: context.http.user_agent.clone(),
            request_id,
        },
        _ => Origin { request_id, ..Origin::default() },
    }
}

fn claims(extensions: &Extensions) -> Option<&HashMap<String, String>> {
    match extensions.get::<RequestContext>()? {
        RequestContext::ApiGatewayV2(context) => Some(&context.authorizer.as_ref()?.jwt.as_ref()?.claims),
        _ => None,
    }
}

/// The person's name, else what they sign in with. Cognito's access tokens have only the latter.
fn name(claims: &HashMap<String, String>) -> Option<&String> {
    first_of(claims, &["name", "preferred_username", "cognito:username", "username", "email"])
}

/// Where a token tells what somebody signs in with.
const ACCOUNT_CLAIMS: [&str; 4] = ["email", "preferred_username", "cognito:username", "username"];

fn first_of<'a>(claims: &'a HashMap<String, String>, names: &[&str]) -> Option<&'a String> {
    names.iter().filter_map(|claim| claims.get(*claim)).find(|text| !text.trim().is_empty())
}

/// An instant that a token tells, in seconds. `auth_time` is when the person entered their password; of an issuer that does
/// not tell, `iat` is when the token was made.
fn instant(claims: &HashMap<String, String>, names: &[&str]) -> Option<Timestamp> {
    let seconds: i64 = first_of(claims, names)?.parse().ok()?;
    seconds.checked_mul(1_000).map(Timestamp::from_ms)
}

/// What whoever these claims are of may do here; `None` of a machine, and of somebody who is in none of the groups.
#[expect(clippy::implicit_hasher, reason = "claims are what the gateway hands over")]
pub fn role_of(claims: &HashMap<String, String>, claim: &RolesClaim) -> Option<Role> {
    let id = claims.get("sub").filter(|sub| !sub.is_empty())?;
    if machine(claims, id).is_some() {
        return None;
    }
    role(claims.get(&claim.0.name).map_or("", String::as_str), &claim.0.groups)
}

/// API Gateway hands every claim over as text. A list of groups becomes `[administrators operators]`, in which a name
/// with a space looks like two: no group of the identity provider may have one of ours among its words. Other
/// authorizers write `administrators,operators` or JSON.
fn role(claim: &str, groups: &Groups) -> Option<Role> {
    if let Ok(names) = serde_json::from_str::<Vec<String>>(claim) {
        return groups.role(names.iter().map(String::as_str));
    }
    match claim.strip_prefix('[').and_then(|list| list.strip_suffix(']')) {
        Some(list) => groups.role(list.split_whitespace().map(|name| name.trim_end_matches(','))),
        None => groups.role(claim.split(',').map(str::trim)),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
    use serde_json::{Value, json};

    use super::*;

    fn request(authorizer: &Value) -> Request {
        let context: ApiGatewayV2httpRequestContext = serde_json::from_value(json!({
            "http": {"method": "GET"}, "timeEpoch": 0, "authorizer": authorizer,
        }))
        .unwrap();
        let request = Request::builder().extension(RequestContext::ApiGatewayV2(context));
        request.body(Body::empty()).unwrap()
    }

    fn of(claims: &Value, claim: &RolesClaim) -> Result<(String, Role), &'static str> {
        let request = request(&json!({"jwt": {"claims": claims, "scopes": null}}));
        caller(&request, claim).map(|caller| (caller.name, caller.role)).map_err(|error| error.public_id())
    }

    #[test]
    fn mem_12_groups_are_read_however_the_gateway_writes_them() {
        for (groups, expected) in [
            ("[administrators operators]", Ok(Role::Administrator)),
            ("[operators administrators]", Ok(Role::Administrator)),
            ("[administrators]", Ok(Role::Administrator)),
            ("administrators", Ok(Role::Administrator)),
            ("operators,administrators", Ok(Role::Administrator)),
            ("[operators, owners]", Ok(Role::Owner)),
            (r#"["administrators","operators"]"#, Ok(Role::Administrator)),
            ("[operators]", Ok(Role::Operator)),
            ("", Err("no_role")),
            ("[]", Err("no_role")),
            ("[Administrators]", Err("no_role")),
            (r#"["Store owners","operators"]"#, Ok(Role::Operator)),
            (r#"["Store,owners"]"#, Err("no_role")),
            ("[operators Store,owners]", Ok(Role::Operator)),
            ("Store owners", Err("no_role")),
            ("operators, Store owners", Ok(Role::Operator)),
            ("[administrators-of-something-else]", Err("no_role")),
        ] {
            let claims = json!({"sub": "p", "cognito:groups": groups});
            let role = of(&claims, &RolesClaim::default()).map(|(_, role)| role);
            assert_eq!(role, expected, "{groups}");
        }
    }

    #[test]
    fn mem_12_another_issuer_may_name_the_claim_otherwise() {
        let name = "https://example.com/roles".to_owned();
        let claim = RolesClaim::new(GroupsClaim { name, ..GroupsClaim::default() });
        let claims =
            json!({"sub": "p", "https://example.com/roles": "[owners]", "cognito:groups": "[operators]"});
        assert_eq!(of(&claims, &claim), Ok(("p".to_owned(), Role::Owner)));
        assert_eq!(of(&json!({"sub": "p", "cognito:groups": "[owners]"}), &claim), Err("no_role"));
    }

    /// The gateway does not tell where in its list a name ends.
    #[test]
    fn mem_12_a_name_with_a_space_gives_no_role_where_the_groups_have_names_of_their_own() {
        let groups = Groups {
            operators: "madoguchi-operators".to_owned(),
            administrators: "madoguchi-administrators".to_owned(),
            owners: "madoguchi-owners".to_owned(),
        };
        let claim = RolesClaim::new(GroupsClaim { groups, ..GroupsClaim::default() });
        for (groups, expected) in [
            ("[Store owners]", Err("no_role")),
            ("[Store owners sales]", Err("no_role")),
            ("[operators administrators]", Err("no_role")),
            ("[madoguchi-operators Store owners]", Ok(Role::Operator)),
            ("[madoguchi-owners]", Ok(Role::Owner)),
            ("madoguchi-operators,madoguchi-administrators", Ok(Role::Administrator)),
            (r#"["Store madoguchi-owners"]"#, Err("no_role")),
        ] {
            let claims = json!({"sub": "p", "cognito:groups": groups});
            assert_eq!(of(&claims, &claim).map(|(_, role)| role), expected, "{groups}");
        }
    }

    #[test]
    fn mem_1_the_token_tells_account_and_sign_in() {
        let groups = "[operators]";
        for (claims, account, signed_in_at) in [
            (
                json!({"username": "u1", "auth_time": "1700000000", "iat": "1700000900"}),
                Some("u1"),
                Some(1_700_000_000_000),
            ),
            (
                json!({"email": "a@b", "username": "u1", "iat": "1700000900"}),
                Some("a@b"),
                Some(1_700_000_900_000),
            ),
            (json!({"email": " ", "iat": "soon"}), None, None),
        ] {
            let mut claims = claims;
            claims["sub"] = json!("p");
            claims["cognito:groups"] = json!(groups);
            let request = request(&json!({"jwt": {"claims": claims, "scopes": null}}));
            let seen = caller(&request, &RolesClaim::default()).unwrap().seen();
            assert_eq!(seen.account.as_deref(), account, "{claims}");
            assert_eq!(seen.signed_in_at, signed_in_at.map(Timestamp::from_ms), "{claims}");
        }
    }

    #[test]
    fn ops_1_a_token_of_a_client_alone_is_a_machine_with_its_scopes() {
        let person = json!({"sub": "p", "client_id": "c", "scope": "madoguchi/settings:write", "cognito:groups": "[operators]"});
        let table = [
            (
                json!({"sub": "c", "client_id": "c", "scope": "madoguchi/conversations:read"}),
                true,
                Some("client:c"),
            ),
            (
                json!({"sub": "c", "cid": "c", "scp": "[conversations:read audit:read]"}),
                true,
                Some("client:c"),
            ),
            (
                json!({"sub": "c@clients", "azp": "c", "scope": "openid conversations:read"}),
                true,
                Some("client:c"),
            ),
            (json!({"sub": "c", "client_id": "c", "scope": "openid"}), true, Some("client:c")),
            (json!({"sub": "c", "client_id": "c", "cognito:groups": "[owners]"}), true, Some("client:c")),
            (person, false, Some("p")),
            (json!({"sub": "c", "cognito:groups": "[operators]"}), false, Some("c")),
            (json!({"sub": "p", "client_id": "c", "scope": "madoguchi/conversations:read"}), false, None),
        ];
        for (claims, is_machine, id) in table {
            let caller =
                caller(&request(&json!({"jwt": {"claims": claims, "scopes": null}})), &RolesClaim::default());
            assert_eq!(caller.as_ref().ok().map(|caller| caller.id.0.as_str()), id, "{claims}");
            let Ok(caller) = caller else { continue };
            assert_eq!(caller.is_machine(), is_machine, "{claims}");
            let reads = claims.to_string().contains("conversations:read");
            assert_eq!(caller.may(Act::Read), reads || !is_machine, "{claims}");
            assert!(!is_machine || !caller.may(Act::Administrate), "groups give a machine nothing");
        }
    }

    #[test]
    fn only_claims_with_a_subject_are_a_person() {
        let claims = |claims: Value| json!({"jwt": {"claims": claims, "scopes": null}});
        let table = [
            (json!(null), Err("unauthenticated")),
            (json!({"iam": null}), Err("unauthenticated")),
            (claims(json!({"cognito:groups": "[owners]"})), Err("unauthenticated")),
            (claims(json!({"sub": "", "cognito:groups": "[owners]"})), Err("unauthenticated")),
            (claims(json!({"sub": "p"})), Err("no_role")),
            (claims(json!({"sub": "p", "cognito:groups": "[operators]"})), Ok("p")),
        ];
        for (authorizer, expected) in table {
            let caller = caller(&request(&authorizer), &RolesClaim::default());
            let id = caller.map(|caller| caller.id.0).map_err(|error| error.public_id());
            assert_eq!(id.as_deref().map_err(|error| *error), expected, "{authorizer}");
        }
    }
}
