//! The LINE Messaging API, as far as an inbox uses it.

mod auth;
mod chat;
mod content;
mod error;
mod followers;
mod info;
mod message;
pub(crate) mod opening;
mod profile;
mod push;
mod reply;
mod sending;
mod token;
mod webhook;

use std::sync::Arc;

use axum::{
    Json,
    http::{HeaderName, HeaderValue},
    response::{IntoResponse, Response},
};
use serde_json::Value;

pub(crate) use self::error::LineError;
use crate::{
    faults::{Endpoint, Scope},
    ids,
    model::Provider,
    provider::{ApiRequest, under_fault},
    shared::Shared,
    state::World,
};

/// "Body ≤2 MB".
const BODY_LIMIT_BYTES: usize = 2 * 1024 * 1024;

pub(crate) async fn answer(shared: &Arc<Shared>, request: ApiRequest) -> Response {
    let request_id = ids::request_id();
    let mut response = route(shared, &request, &request_id).await;
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(HeaderName::from_static("x-line-request-id"), value);
    }
    response
}

async fn route(shared: &Arc<Shared>, request: &ApiRequest, request_id: &str) -> Response {
    let path: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    let method = request.method.as_str();
    let body = match json_body(request) {
        Ok(body) => body,
        Err(error) => return error.into_response(),
    };
    let place = shared.read(|world| Place::of(world, request, method, &path, &body));
    let scope = Scope {
        provider: Provider::Line,
        endpoint: place.endpoint,
        account: place.account.as_deref(),
        recipient: place.recipient.as_deref(),
        customer: place.customer.as_deref(),
    };
    under_fault(shared, &scope, error::refusal, async |fault| {
        if method == "POST" && path == ["oauth2", "v3", "token"] {
            return finish(token::issue(shared, request));
        }
        let channel = match shared.read(|world| auth::channel(world, request.bearer())) {
            Ok(channel) => channel,
            Err(error) => return error.into_response(),
        };
        match (method, path.as_slice()) {
            ("POST", ["v2", "bot", "message", "reply"]) => {
                finish(shared.change(|world| reply::reply(world, &channel, request, &body, fault.as_ref())))
            }
            ("POST", ["v2", "bot", "message", "push"]) => {
                shared.change(|world| push::push(world, &channel, request, &body, request_id, fault.as_ref()))
            }
            ("POST", ["v2", "bot", "message", "validate", _]) => finish(
                message::validate_all(&body["messages"]).map(|()| Value::Object(serde_json::Map::new())),
            ),
            ("GET", ["v2", "bot", "profile", user]) => finish(profile::user(shared, &channel, user)),
            ("GET", ["v2", "bot", "group", group, "summary"]) => {
                finish(profile::group(shared, &channel, group))
            }
            ("GET", ["v2", "bot", "group" | "room", group, "member", user]) => {
                finish(profile::member(shared, &channel, group, user))
            }
            ("GET", ["v2", "bot", "message", id, "content"]) => content::full(shared, &channel, id),
            ("GET", ["v2", "bot", "message", id, "content", "preview"]) => {
                content::preview(shared, &channel, id)
            }
            ("GET", ["v2", "bot", "message", id, "content", "transcoding"]) => {
                content::transcoding(shared, &channel, id)
            }
            ("POST", ["v2", "bot", "chat", "loading", "start"]) => {
                shared.change(|world| chat::start_loading(world, &channel, &body))
            }
            ("POST", ["v2", "bot", "chat", "markAsRead"]) => {
                finish(shared.change(|world| chat::mark_as_read(world, &channel, &body)))
            }
            ("GET", ["v2", "bot", "followers", "ids"]) => finish(followers::list(shared, &channel, request)),
            ("GET", ["v2", "bot", "info"]) => finish(info::bot(shared, &channel)),
            ("GET", ["v2", "bot", "message", "quota"]) => finish(info::quota(shared, &channel)),
            ("GET", ["v2", "bot", "message", "quota", "consumption"]) => {
                finish(info::consumption(shared, &channel))
            }
            ("GET", ["v2", "bot", "channel", "webhook", "endpoint"]) => {
                finish(webhook::endpoint(shared, &channel))
            }
            ("PUT", ["v2", "bot", "channel", "webhook", "endpoint"]) => {
                finish(webhook::set_endpoint(shared, &channel, &body))
            }
            ("POST", ["v2", "bot", "channel", "webhook", "test"]) => {
                finish(webhook::test(shared, &channel, &body).await)
            }
            _ => LineError::not_found("Not found").into_response(),
        }
    })
    .await
}

fn finish(answer: Result<Value, LineError>) -> Response {
    answer.map_or_else(IntoResponse::into_response, |body| Json(body).into_response())
}

/// The body of every call but the token's, which is a form.
fn json_body(request: &ApiRequest) -> Result<Value, LineError> {
    if request.body.len() > BODY_LIMIT_BYTES {
        return Err(LineError::too_large());
    }
    let is_form = request.segments.first().is_some_and(|first| first == "oauth2");
    if request.body.is_empty() || is_form {
        return Ok(Value::Null);
    }
    if request.content_type() != "application/json" {
        return Err(LineError::media_type());
    }
    serde_json::from_slice(&request.body)
        .map_err(|_| LineError::bad("The request body could not be parsed as JSON"))
}

/// Whom a call concerns, for the faults.
struct Place {
    endpoint: Endpoint,
    account: Option<String>,
    recipient: Option<String>,
    customer: Option<String>,
}

impl Place {
    fn of(world: &World, request: &ApiRequest, method: &str, path: &[&str], body: &Value) -> Self {
        let endpoint = match (method, path) {
            ("POST", ["v2", "bot", "message", "reply"]) => Endpoint::Reply,
            ("POST", ["v2", "bot", "message", "push"]) => Endpoint::Push,
            ("POST", ["oauth2", ..]) => Endpoint::Token,
            ("GET", ["v2", "bot", "profile" | "group" | "room", ..]) => Endpoint::Profile,
            ("GET", ["v2", "bot", "message", _, "content", ..]) => Endpoint::Content,
            ("POST", ["v2", "bot", "chat", ..]) => Endpoint::Courtesy,
            _ => Endpoint::Other,
        };
        let account = match endpoint {
            Endpoint::Token => token::client_id(request),
            _ => auth::channel_of_any(world, request.bearer()),
        };
        let recipient = match endpoint {
            Endpoint::Push => body["to"].as_str().map(ToOwned::to_owned),
            Endpoint::Reply => {
                let token =
                    world.reply_tokens.iter().find(|token| body["replyToken"] == token.value.as_str());
                token.map(|token| token.peer.clone())
            }
            Endpoint::Profile => path.last().map(ToString::to_string),
            _ => None,
        };
        let customer = recipient.as_deref().and_then(|user| world.customer_of_line_user(user));
        Self { endpoint, account, customer: customer.map(|customer| customer.id.clone()), recipient }
    }
}
