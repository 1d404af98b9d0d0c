//! Facebook Login, the manual flow: the dialog's address, the way back from it, and what a login was granted (CHN-8).

use reqwest::Url;
use serde_json::Value;

use super::graph::{self, GraphConfig, MetaApp, PageAccess};
use super::token::{MAX_LISTS, UserToken, address, following, issued, items};
use crate::http::ProviderHttp;
use crate::json;
use crate::token::{Token, TokenError};

/// What the login dialog is asked.
#[derive(Clone, Copy, Debug)]
pub struct Dialog<'a> {
    /// `https://www.facebook.com`, or the simulator.
    pub base_url: &'a str,
    /// Such as `v26.0`.
    pub version: &'a str,
    /// Our app.
    pub app_id: &'a str,
    /// Where Facebook sends the browser back to; exactly as it is registered with the app.
    pub redirect_uri: &'a str,
    /// Comes back with the browser.
    pub state: &'a str,
    /// The permissions.
    pub scopes: &'a [&'a str],
    /// A configuration of Facebook Login for Business, which names the permissions itself.
    pub config_id: Option<&'a str>,
    /// The person left something out before, or was here before: ask again.
    pub asks_again: bool,
}

impl Dialog<'_> {
    /// Where the person's browser goes: `/{version}/dialog/oauth`. `None` if the base is no address.
    pub fn address(&self) -> Option<String> {
        let mut url = Url::parse(self.base_url).ok()?;
        url.path_segments_mut().ok()?.pop_if_empty().extend([self.version, "dialog", "oauth"]);
        {
            let mut query = url.query_pairs_mut();
            query
                .append_pair("client_id", self.app_id)
                .append_pair("redirect_uri", self.redirect_uri)
                .append_pair("state", self.state)
                .append_pair("response_type", "code");
            match self.config_id {
                Some(config) => query
                    .append_pair("config_id", config)
                    .append_pair("override_default_response_type", "true"),
                None => query.append_pair("scope", &self.scopes.join(",")),
            };
            if self.asks_again {
                query.append_pair("auth_type", "rerequest");
            }
        }
        Some(url.into())
    }
}

/// What the browser brings back.
#[derive(Clone, PartialEq, Eq)]
pub enum WayBack {
    /// A code, to be redeemed once.
    Code(Token),
    /// The person pressed Cancel: `error=access_denied`, `error_reason=user_denied`.
    Denied,
    /// Facebook tells of another error.
    Failed,
}

impl std::fmt::Debug for WayBack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Code(_) => "Code(…)",
            Self::Denied => "Denied",
            Self::Failed => "Failed",
        })
    }
}

impl WayBack {
    /// Reads the query of the redirect. An error goes before a code.
    pub fn read<'a>(query: impl Fn(&str) -> Option<&'a str>) -> Self {
        let text = |name| query(name).filter(|text| !text.is_empty());
        match (text("error"), text("code")) {
            (Some("access_denied"), _) => Self::Denied,
            (None, Some(code)) => Self::Code(Token::new(code)),
            _ => Self::Failed,
        }
    }
}

/// Redeems a code for a user token of an hour or two: `GET /oauth/access_token`. `redirect_uri` is the dialog's, to the letter.
pub async fn redeem_code(
    http: &ProviderHttp,
    graph: &GraphConfig,
    app: &MetaApp<'_>,
    code: &Token,
    redirect_uri: &str,
) -> Result<UserToken, TokenError> {
    let request = http.get(address(graph, &["oauth", "access_token"])?).query(&[
        ("client_id", app.app_id),
        ("client_secret", app.app_secret),
        ("redirect_uri", redirect_uri),
        ("code", code.as_str()),
    ]);
    issued(&graph::call(http, request).await?)
}

/// Who logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FacebookUser {
    /// Their id, which is of our app alone.
    pub id: String,
    /// Their name; empty if Facebook does not tell.
    pub name: String,
}

/// Who logged in: `GET /me`.
pub async fn user(
    http: &ProviderHttp,
    graph: &GraphConfig,
    user_token: &str,
    app_secret: &str,
) -> Result<FacebookUser, TokenError> {
    let request = http
        .get(address(graph, &["me"])?)
        .query(&[("fields", "id,name")])
        .query(&graph::credentials(user_token, Some(app_secret)));
    let answer = graph::call(http, request).await?;
    let id = json::id(&answer, "id").ok_or_else(|| TokenError::unavailable("answer without an id"))?;
    Ok(FacebookUser { id, name: json::short_text(&answer, "name", 200).unwrap_or_default() })
}

/// The permissions that a login was granted: `GET /me/permissions`, every list of it. Those that were declined or have
/// expired are listed by Meta as well, and not here.
pub async fn granted_scopes(
    http: &ProviderHttp,
    graph: &GraphConfig,
    user_token: &str,
    app_secret: &str,
) -> Result<Vec<String>, TokenError> {
    let credentials = graph::credentials(user_token, Some(app_secret));
    let mut url = address(graph, &["me", "permissions"])?;
    let mut granted = Vec::new();
    for _ in 0..MAX_LISTS {
        let answer = graph::call(http, http.get(url.clone()).query(&credentials)).await?;
        if !answer.get("data").is_some_and(Value::is_array) {
            return Err(TokenError::unavailable("answer without a list of permissions"));
        }
        let given = items(&answer, "data").filter(|it| json::text(it, "status") == Some("granted"));
        granted.extend(given.filter_map(|it| json::id(it, "permission")));
        match answer.get("paging").and_then(|paging| json::text(paging, "next")) {
            Some(next) => url = following(&url, next)?,
            None => return Ok(granted),
        }
    }
    Err(TokenError::unavailable(format!("more than {MAX_LISTS} lists of permissions")))
}

/// Calls a page with its own token and the proof, and tells its name: that it works is what is wanted.
pub async fn try_page(
    http: &ProviderHttp,
    graph: &GraphConfig,
    page: &PageAccess<'_>,
) -> Result<String, TokenError> {
    let request = http
        .get(address(graph, &[page.page_id])?)
        .query(&[("fields", "id,name")])
        .query(&graph::credentials(page.token, page.app_secret));
    let answer = graph::call(http, request).await?;
    if json::id(&answer, "id").as_deref() != Some(page.page_id) {
        return Err(TokenError::unavailable("another page answered"));
    }
    Ok(json::short_text(&answer, "name", 200).unwrap_or_default())
}

#[cfg(test)]
#[path = "login_tests.rs"]
mod tests;
