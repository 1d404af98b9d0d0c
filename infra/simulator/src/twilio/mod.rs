//! Twilio's Programmable Messaging, as far as an inbox uses it: WhatsApp and SMS.

mod account;
mod auth;
mod error;
mod fate;
mod media;
mod message;
mod send;
mod setup;
pub(crate) mod status;
pub(crate) mod text;

use std::sync::Arc;

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::Value;

pub(crate) use self::{error::TwilioError, media::signed as signed_media};
use crate::{
    faults::{Endpoint, Scope},
    model::Provider,
    params,
    provider::{ApiRequest, under_fault},
    shared::Shared,
    state::{World, twilio::provider_of},
};

pub(crate) const VERSION: &str = "2010-04-01";

pub(crate) async fn answer(shared: &Arc<Shared>, request: ApiRequest, provider: Provider) -> Response {
    let path: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    let method = request.method.as_str();
    let form = form_of(&request);
    let place = shared.read(|world| Place::of(world, method, &path, &form));
    let scope = Scope {
        provider,
        endpoint: place.endpoint,
        account: place.sender.as_deref(),
        recipient: place.recipient.as_deref(),
        customer: place.customer.as_deref(),
    };
    under_fault(shared, &scope, error::refusal, async |fault| {
        if is_setup(&path) {
            return match shared.read(|world| auth::check(world, &request, &world.twilio.sid, false)) {
                Ok(()) => setup::answer(shared, &request, &path, &form),
                Err(error) => error.into_response(),
            };
        }
        let [_, "Accounts", account, rest @ ..] = path.as_slice() else {
            return TwilioError::not_found(&request.path()).into_response();
        };
        let account = account.trim_end_matches(".json");
        if let Err(error) = shared.read(|world| auth::check(world, &request, account, rest.is_empty())) {
            return error.into_response();
        }
        match (method, rest) {
            ("GET", []) => Json(shared.read(account::read)).into_response(),
            ("POST", ["Messages.json"]) => match send::send(shared, &form, fault.as_ref()).await {
                Ok(message) => (StatusCode::CREATED, Json(message)).into_response(),
                Err(error) => error.into_response(),
            },
            ("GET", ["IncomingPhoneNumbers.json"]) => {
                let targets = shared.targets();
                Json(shared.read(|world| setup::numbers(world, &targets, &request.query))).into_response()
            }
            ("POST", ["IncomingPhoneNumbers", sid]) => {
                finish(setup::set_number(shared, sid.trim_end_matches(".json"), &form))
            }
            ("GET", ["Messages.json"]) => {
                Json(shared.read(|world| message::list(world, account, &request.query))).into_response()
            }
            ("GET", ["Messages", sid]) => {
                let sid = sid.trim_end_matches(".json");
                finish(shared.read(|world| message::read(world, account, sid)))
            }
            ("GET", ["Messages", message, "Media", media]) => {
                shared.read(|world| media::redirect(world, &shared.base_url, message, media))
            }
            _ => TwilioError::not_found(&request.path()).into_response(),
        }
    })
    .await
}

/// What `messaging.twilio.com` answers.
pub(crate) fn is_setup<S: AsRef<str>>(path: &[S]) -> bool {
    let mut path = path.iter().map(AsRef::as_ref);
    matches!((path.next(), path.next()), (Some("v1"), Some("Services")) | (Some("v2"), Some("Channels")))
}

/// WhatsApp when a call says so; calls that concern the account as a whole count as SMS.
pub(crate) fn provider(world: &World, request: &ApiRequest) -> Provider {
    let form = form_of(request);
    if let Some(sender) = text(&form, "From").or_else(|| text(&form, "To")) {
        return provider_of(sender);
    }
    let sid = request.segments.get(4).map_or("", |sid| sid.trim_end_matches(".json"));
    message::find(world, sid).map_or(Provider::Sms, |(thread, _)| thread.provider)
}

fn form_of(request: &ApiRequest) -> Vec<(String, String)> {
    if request.content_type() == "application/x-www-form-urlencoded" {
        params::pairs(&String::from_utf8_lossy(&request.body))
    } else {
        Vec::new()
    }
}

/// The first value of a parameter; an empty one counts as absent, as Twilio treats it.
fn text<'f>(form: &'f [(String, String)], name: &str) -> Option<&'f str> {
    let found = form.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

fn finish(answer: Result<Value, TwilioError>) -> Response {
    answer.map_or_else(IntoResponse::into_response, |body| Json(body).into_response())
}

/// Whom a call concerns, for the faults.
struct Place {
    endpoint: Endpoint,
    sender: Option<String>,
    recipient: Option<String>,
    customer: Option<String>,
}

impl Place {
    fn of(world: &World, method: &str, path: &[&str], form: &[(String, String)]) -> Self {
        let endpoint = match (method, path) {
            ("POST", [_, _, _, "Messages.json"]) => Endpoint::Send,
            ("GET", [_, "Accounts", _]) => Endpoint::Token,
            ("GET", [_, _, _, "Messages", _, "Media", _]) => Endpoint::Content,
            _ => Endpoint::Other,
        };
        let to = text(form, "To");
        let customer = to.and_then(|to| world.customer_at(to));
        let sender = text(form, "From").or_else(|| text(form, "MessagingServiceSid"));
        Self {
            endpoint,
            sender: sender.map(ToOwned::to_owned),
            recipient: to.map(ToOwned::to_owned),
            customer: customer.map(|customer| customer.id.clone()),
        }
    }
}
