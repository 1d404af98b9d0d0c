//! Looking at, renewing and subscribing with Messenger credentials.

use madoguchi_domain::credential::Cause;
use madoguchi_domain::send::{Refusal, RefusalClass};
use madoguchi_domain::{Span, Timestamp};
use reqwest::Url;
use serde_json::Value;

use super::error::inspection_cause;
use super::graph::{self, ACCESS_TOKEN, GraphConfig, MetaApp, PROOF, PageAccess};
use crate::http::{ProviderHttp, TransportError};
use crate::json;
use crate::token::{Token, TokenError};
use crate::verdict::Verdict;

/// The webhook fields that a page is subscribed to. Meta forgets a page's subscription after an hour of
/// failed deliveries, so they are compared daily and posted again.
pub const WEBHOOK_FIELDS: [&str; 12] = [
    "message_deliveries",
    "message_echoes",
    "message_edits",
    "message_reactions",
    "message_reads",
    "messages",
    "messaging_handovers",
    "messaging_optins",
    "messaging_policy_enforcement",
    "messaging_postbacks",
    "messaging_referrals",
    "standby",
];

/// The fields of [`WEBHOOK_FIELDS`] that are not among `subscribed`.
pub fn missing_fields(subscribed: &[String]) -> Vec<&'static str> {
    WEBHOOK_FIELDS.into_iter().filter(|field| !subscribed.iter().any(|s| s == field)).collect()
}

/// What `debug_token` tells about a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Whether it works.
    pub is_valid: bool,
    /// Why it does not, where Meta says.
    pub cause: Option<Cause>,
    /// Meta's code, for maintainers.
    pub detail: Option<String>,
    /// When it ends; `None`: never, or not told.
    pub expires_at: Option<Timestamp>,
    /// When access to the person's data ends; `None`: never, or not told.
    pub data_access_expires_at: Option<Timestamp>,
    /// The app-scoped id of the person who logged in.
    pub user_id: Option<String>,
    /// The permissions.
    pub scopes: Vec<String>,
    /// For which pages a permission was given; a scope that is not listed is given for all of them.
    pub granular_scopes: Vec<GranularScope>,
}

/// A permission that was given for some pages only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GranularScope {
    /// The permission.
    pub scope: String,
    /// The pages; `None`: all of them.
    pub target_ids: Option<Vec<String>>,
}

/// Looks at a token: `GET /debug_token`, authorized by the app itself. Meta does not tell when a token
/// dies, so this is done at least daily. A refusal that concerns the app's own credential says nothing about
/// the token and is [`TokenError::Unavailable`].
pub async fn debug_token(
    http: &ProviderHttp,
    graph: &GraphConfig,
    app: &MetaApp<'_>,
    input_token: &str,
) -> Result<Inspection, TokenError> {
    let app_token = format!("{}|{}", app.app_id, app.app_secret);
    let request = http
        .get(address(graph, &["debug_token"])?)
        .query(&[("input_token", input_token), (ACCESS_TOKEN, &app_token)]);
    let answer = graph::call(http, request).await.map_err(|verdict| match verdict {
        Verdict::Refused(Refusal { class: RefusalClass::Credential(_), detail, .. }) => {
            TokenError::unavailable(format!("app credential refused: {detail}"))
        }
        verdict => verdict.into(),
    })?;
    let found = answer.get("data").filter(|found| found.is_object());
    found.map(inspection).ok_or_else(|| TokenError::unavailable("answer without an inspection"))
}

fn inspection(found: &Value) -> Inspection {
    let error = found.get("error").unwrap_or(&Value::Null);
    let codes = [json::integer(error, "code"), json::integer(error, "subcode")];
    let detail: Vec<_> = codes.into_iter().flatten().map(|code| code.to_string()).collect();
    Inspection {
        is_valid: found.get("is_valid") == Some(&Value::Bool(true)),
        cause: inspection_cause(error),
        detail: (!detail.is_empty()).then(|| detail.join("/")),
        expires_at: end(found, "expires_at"),
        data_access_expires_at: end(found, "data_access_expires_at"),
        user_id: json::id(found, "user_id"),
        scopes: strings(found.get("scopes")),
        granular_scopes: items(found, "granular_scopes")
            .filter_map(|granted| {
                let target_ids = granted.get("target_ids").map(|ids| strings(Some(ids)));
                Some(GranularScope { scope: json::id(granted, "scope")?, target_ids })
            })
            .collect(),
    }
}

/// Seconds since the epoch; 0 means that it does not end.
fn end(object: &Value, key: &str) -> Option<Timestamp> {
    json::instant(object, key).filter(|end| end.as_ms() > 0)
}

/// A long-lived user token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserToken {
    /// Replaces the token that it was exchanged for.
    pub token: Token,
    /// How long it lives from now; `None`: not told.
    pub expires_in: Option<Span>,
}

/// Exchanges a user token that still works for one of about 60 days (`fb_exchange_token`). An expired
/// one cannot be exchanged: the person has to log in again.
pub async fn exchange_user_token(
    http: &ProviderHttp,
    graph: &GraphConfig,
    app: &MetaApp<'_>,
    user_token: &str,
) -> Result<UserToken, TokenError> {
    let request = http.get(address(graph, &["oauth", "access_token"])?).query(&[
        ("grant_type", "fb_exchange_token"),
        ("client_id", app.app_id),
        ("client_secret", app.app_secret),
        ("fb_exchange_token", user_token),
    ]);
    issued(&graph::call(http, request).await?)
}

/// The user token of an answer.
pub(super) fn issued(answer: &Value) -> Result<UserToken, TokenError> {
    let token =
        json::text(answer, ACCESS_TOKEN).ok_or_else(|| TokenError::unavailable("answer without a token"))?;
    let expires_in = json::integer(answer, "expires_in").filter(|s| (1..=1_000_000_000).contains(s));
    Ok(UserToken { token: Token::new(token), expires_in: expires_in.map(Span::from_secs) })
}

/// A page that a login covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageGrant {
    /// The page.
    pub page_id: String,
    /// Its name.
    pub name: String,
    /// Its token; without an end if the user token is long-lived. Missing if the person may not act for
    /// the page.
    pub token: Option<Token>,
    /// What the person may do, such as `MESSAGING` and `MODERATE`.
    pub tasks: Vec<String>,
}

/// Lists are followed so far. A login that covers more pages than 10,000 is not one of ours.
pub(super) const MAX_LISTS: usize = 100;

/// The pages that a user token covers: `GET /me/accounts`, every list of it (AUT-14). An incomplete
/// answer is an error: a page that is not listed would count as removed. The token goes only to the host
/// of `graph`, whatever the next list's address says.
pub async fn list_pages(
    http: &ProviderHttp,
    graph: &GraphConfig,
    user_token: &str,
    app_secret: Option<&str>,
) -> Result<Vec<PageGrant>, TokenError> {
    let credentials = graph::credentials(user_token, app_secret);
    let mut url = address(graph, &["me", "accounts"])?;
    url.query_pairs_mut().append_pair("fields", "id,name,access_token,tasks").append_pair("limit", "100");
    let mut pages = Vec::new();
    for _ in 0..MAX_LISTS {
        let answer = graph::call(http, http.get(url.clone()).query(&credentials)).await?;
        if !answer.get("data").is_some_and(Value::is_array) {
            return Err(TokenError::unavailable("answer without a list of pages"));
        }
        pages.extend(items(&answer, "data").filter_map(page));
        match answer.get("paging").and_then(|paging| json::text(paging, "next")) {
            Some(next) => url = following(&url, next)?,
            None => return Ok(pages),
        }
    }
    Err(TokenError::unavailable(format!("more than {MAX_LISTS} lists of pages")))
}

fn page(listed: &Value) -> Option<PageGrant> {
    Some(PageGrant {
        page_id: json::id(listed, "id")?,
        name: json::short_text(listed, "name", 200).unwrap_or_default(),
        token: json::text(listed, ACCESS_TOKEN).map(Token::new),
        tasks: strings(listed.get("tasks")),
    })
}

/// The next list's address with our own credentials in place of those that Meta put there: theirs lack
/// the proof.
pub(super) fn following(current: &Url, next: &str) -> Result<Url, TokenError> {
    let mut url = Url::parse(next)
        .ok()
        .filter(|next| next.origin() == current.origin())
        .ok_or_else(|| TokenError::unavailable("the next list of pages is elsewhere"))?;
    let kept: Vec<_> =
        url.query_pairs().into_owned().filter(|(name, _)| name != ACCESS_TOKEN && name != PROOF).collect();
    url.query_pairs_mut().clear().extend_pairs(kept);
    Ok(url)
}

/// The webhook fields that our app is subscribed to on a page: `GET /{page}/subscribed_apps`. Empty if it
/// is not subscribed at all.
pub async fn subscribed_fields(
    http: &ProviderHttp,
    graph: &GraphConfig,
    page: &PageAccess<'_>,
    app_id: &str,
) -> Result<Vec<String>, TokenError> {
    let url = address(graph, &[page.page_id, "subscribed_apps"])?;
    let answer =
        graph::call(http, http.get(url).query(&graph::credentials(page.token, page.app_secret))).await?;
    let ours = items(&answer, "data").find(|app| json::id(app, "id").as_deref() == Some(app_id));
    Ok(ours.map(|app| strings(app.get("subscribed_fields"))).unwrap_or_default())
}

/// Subscribes our app to [`WEBHOOK_FIELDS`] of a page: `POST /{page}/subscribed_apps`. Done after every
/// login, and whenever a field is missing.
pub async fn subscribe(
    http: &ProviderHttp,
    graph: &GraphConfig,
    page: &PageAccess<'_>,
) -> Result<(), TokenError> {
    let url = address(graph, &[page.page_id, "subscribed_apps"])?;
    let fields = WEBHOOK_FIELDS.join(",");
    let request = http
        .post(url)
        .query(&graph::credentials(page.token, page.app_secret))
        .form(&[("subscribed_fields", fields.as_str())]);
    confirmed(&graph::call(http, request).await?)
}

/// Ends our app's subscription to a page's webhooks: `DELETE /{page}/subscribed_apps`. Done when its channel is deleted;
/// once more is harmless.
pub async fn unsubscribe(
    http: &ProviderHttp,
    graph: &GraphConfig,
    page: &PageAccess<'_>,
) -> Result<(), TokenError> {
    let url = address(graph, &[page.page_id, "subscribed_apps"])?;
    let request = http.delete(url).query(&graph::credentials(page.token, page.app_secret));
    confirmed(&graph::call(http, request).await?)
}

/// Meta's sample answers with the string "true".
fn confirmed(answer: &Value) -> Result<(), TokenError> {
    match answer.get("success") {
        Some(Value::Bool(true)) => Ok(()),
        Some(Value::String(text)) if text == "true" => Ok(()),
        _ => Err(TokenError::unavailable("the subscription was not confirmed")),
    }
}

pub(super) fn address(graph: &GraphConfig, segments: &[&str]) -> Result<Url, TokenError> {
    graph.address(segments).map_err(|error: TransportError| Verdict::from(error).into())
}

pub(super) fn items<'a>(object: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    object.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn strings(list: Option<&Value>) -> Vec<String> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(json::as_id).collect()
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
