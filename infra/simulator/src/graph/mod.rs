//! The Graph API, as far as a messaging inbox uses it.

mod accounts;
mod attachment;
mod auth;
pub(crate) mod cdn;
mod debug_token;
pub(crate) mod dialog;
mod error;
mod message;
mod node;
mod oauth;
mod permissions;
mod persona;
mod send;
mod subscriptions;
mod window;

use std::sync::Arc;

use axum::{
    Json,
    http::Method,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};

pub(crate) use self::error::GraphError;
use crate::{
    faults::{Endpoint, Scope},
    model::Provider,
    params,
    provider::{ApiRequest, under_fault},
    shared::Shared,
    state::{TokenKind, World},
};

/// What Meta serves at this time; older versions are past their end of life.
const SERVED_VERSIONS: [&str; 6] = ["v21.0", "v22.0", "v23.0", "v24.0", "v25.0", "v26.0"];

/// A call, with parameters from query, form and JSON body in one place.
pub(crate) struct GraphCall {
    pub(crate) version: String,
    pub(crate) params: Map<String, Value>,
}

impl GraphCall {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.params.get(name).and_then(Value::as_str).filter(|value| !value.is_empty())
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, GraphError> {
        self.text(name)
            .ok_or_else(|| GraphError::parameter(format!("(#100) The parameter {name} is required")))
    }
}

pub(crate) async fn answer(shared: &Arc<Shared>, request: ApiRequest) -> Response {
    let (version, path) = match request.segments.split_first() {
        Some((first, rest)) if looks_like_version(first) => (Some(first.as_str()), rest),
        _ => (None, request.segments.as_slice()),
    };
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    // Meta serves these two without a version as well.
    let unversioned = matches!(path.as_slice(), ["debug_token"] | ["oauth", "access_token"]);
    match version {
        Some(version) if !SERVED_VERSIONS.contains(&version) => {
            return GraphError::version(version).into_response();
        }
        None if !unversioned => return GraphError::path(&path.join("/")).into_response(),
        _ => {}
    }
    if path.as_slice() == ["dialog", "oauth"] {
        return dialog::answer(shared, &request);
    }
    let call = match parameters(&request) {
        Ok(params) => GraphCall { version: version.unwrap_or("v26.0").to_owned(), params },
        Err(error) => return error.into_response(),
    };
    let method = if request.method == Method::POST {
        call.text("method").unwrap_or("POST")
    } else {
        request.method.as_str()
    }
    .to_uppercase();

    let place = shared.read(|world| Place::of(world, &call, &method, &path));
    let scope = Scope {
        provider: Provider::Messenger,
        endpoint: place.endpoint,
        account: place.account.as_deref(),
        recipient: place.recipient.as_deref(),
        customer: place.customer.as_deref(),
    };
    under_fault(shared, &scope, error::refusal, async |_| {
        let answer = match (method.as_str(), path.as_slice()) {
            ("POST", [page, "messages"]) => send::send(shared, page, &call).await,
            ("POST", [page, "message_attachments"]) => attachment::upload(shared, page, &call).await,
            ("POST", [page, "personas"]) => persona::create(shared, page, &call).await,
            ("GET", [page, "personas"]) => persona::list(shared, page, &call),
            ("DELETE", [persona]) => persona::delete(shared, persona, &call),
            ("GET", ["debug_token"]) => debug_token::inspect(shared, &call),
            ("GET" | "POST", ["oauth", "access_token"]) => oauth::access_token(shared, &call),
            ("GET", [user, "permissions"]) => permissions::list(shared, user, &call),
            ("GET", [user, "accounts"]) => accounts::list(shared, user, &call),
            ("GET", [page, "subscribed_apps"]) => subscriptions::list(shared, page, &call),
            ("POST", [page, "subscribed_apps"]) => subscriptions::subscribe(shared, page, &call),
            ("DELETE", [page, "subscribed_apps"]) => subscriptions::unsubscribe(shared, page, &call),
            ("GET", [node]) => node::read(shared, node, &call),
            _ => Err(GraphError::path(&path.join("/"))),
        };
        answer.map_or_else(IntoResponse::into_response, |body| Json(body).into_response())
    })
    .await
}

fn looks_like_version(segment: &str) -> bool {
    segment.strip_prefix('v').is_some_and(|number| {
        number
            .split_once('.')
            .is_some_and(|(major, minor)| major.parse::<u32>().is_ok() && minor.parse::<u32>().is_ok())
    })
}

fn parameters(request: &ApiRequest) -> Result<Map<String, Value>, GraphError> {
    let mut merged: Map<String, Value> = texts(request.query.clone());
    if !request.body.is_empty() {
        match request.content_type() {
            "application/json" => match serde_json::from_slice(&request.body) {
                Ok(Value::Object(body)) => merged.extend(body),
                _ => {
                    return Err(GraphError::parameter(
                        "(#100) Unable to parse the request body as a JSON object",
                    ));
                }
            },
            _ => merged.extend(texts(params::pairs(&String::from_utf8_lossy(&request.body)))),
        }
    }
    if let Some(token) = request.bearer() {
        merged.entry("access_token").or_insert_with(|| token.into());
    }
    Ok(merged)
}

/// In forms and queries, objects and lists are written as JSON.
fn texts(pairs: Vec<(String, String)>) -> Map<String, Value> {
    let parse = |value: String| match serde_json::from_str(&value) {
        Ok(nested @ (Value::Object(_) | Value::Array(_))) => nested,
        _ => Value::String(value),
    };
    pairs.into_iter().map(|(name, value)| (name, parse(value))).collect()
}

/// Whom a call concerns, for the faults.
struct Place {
    endpoint: Endpoint,
    account: Option<String>,
    recipient: Option<String>,
    customer: Option<String>,
}

impl Place {
    fn of(world: &World, call: &GraphCall, method: &str, path: &[&str]) -> Self {
        let endpoint = match (method, path) {
            ("POST", [_, "messages"]) if !call.params.contains_key("message") => Endpoint::Courtesy,
            ("POST", [_, "messages"]) => Endpoint::Send,
            (_, ["debug_token"]) => Endpoint::DebugToken,
            (_, ["oauth", "access_token"]) => Endpoint::Token,
            (_, [_, "accounts"]) => Endpoint::Accounts,
            (_, [_, "subscribed_apps"]) => Endpoint::Subscription,
            ("GET", [_]) => Endpoint::Profile,
            _ => Endpoint::Other,
        };
        let token = call
            .text("access_token")
            .and_then(|value| world.tokens.iter().find(|token| token.value == value));
        let account = token.and_then(|token| match &token.kind {
            TokenKind::Page { page_id, .. } => Some(page_id.clone()),
            TokenKind::User => None,
        });
        let recipient = match endpoint {
            Endpoint::Send | Endpoint::Courtesy => {
                call.params.get("recipient").and_then(|to| to["id"].as_str())
            }
            Endpoint::Profile => path.first().copied(),
            _ => None,
        };
        let customer = account.as_deref().zip(recipient).and_then(|(account, recipient)| {
            world.thread(Provider::Messenger, account, recipient)?.customer.clone()
        });
        Self { endpoint, account, recipient: recipient.map(ToOwned::to_owned), customer }
    }
}
