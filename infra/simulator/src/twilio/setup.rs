//! What numbers, messaging services and WhatsApp senders call: `IncomingPhoneNumbers`, and `Services` and
//! `Channels/Senders` of `messaging.twilio.com`.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{TwilioError, finish, text};
use crate::{
    model::Provider,
    provider::ApiRequest,
    shared::Shared,
    state::{
        World,
        twilio::{Sender, Service},
    },
    targets::Targets,
};

type Form = [(String, String)];

/// Few, so that callers must turn the page.
const SENDERS_PER_PAGE: usize = 2;

pub(super) fn answer(shared: &Shared, request: &ApiRequest, path: &[&str], form: &Form) -> Response {
    match (request.method.as_str(), path) {
        ("GET", ["v1", "Services", sid]) => finish(shared.read(|world| read_service(world, sid))),
        ("POST", ["v1", "Services", sid]) => finish(set_service(shared, sid, form)),
        ("GET", ["v2", "Channels", "Senders"]) => {
            let targets = shared.targets();
            let page = shared.read(|world| senders(world, &targets, &shared.base_url, &request.query));
            finish(page)
        }
        ("POST", ["v2", "Channels", "Senders", sid]) => match set_sender(shared, sid, request) {
            Ok(sender) => (StatusCode::ACCEPTED, Json(sender)).into_response(),
            Err(error) => error.into_response(),
        },
        _ => TwilioError::not_found(&request.path()).into_response(),
    }
}

/// Numbers that contain what is asked for, as Twilio filters.
pub(super) fn numbers(world: &World, targets: &Targets, query: &Form) -> Value {
    let wanted = text(query, "PhoneNumber").unwrap_or_default();
    let own =
        world.twilio.senders.iter().filter(|sender| sender.provider() == Provider::Sms && !sender.unlisted);
    let found: Vec<Value> = own
        .filter(|sender| sender.address.contains(wanted))
        .map(|sender| number(world, targets, sender))
        .collect();
    json!({"incoming_phone_numbers": found, "page": 0, "next_page_uri": null})
}

pub(super) fn set_number(shared: &Shared, sid: &str, form: &Form) -> Result<Value, TwilioError> {
    let (url, targets) = (address(form, "SmsUrl")?, shared.targets());
    shared.change(|world| {
        let own = world.twilio.senders.iter_mut().find(|sender| sender.sid() == sid && !sender.unlisted);
        let own = own.ok_or_else(|| TwilioError::not_found(sid))?;
        own.inbound = url.or(own.inbound.take());
        own.uses_get = text(form, "SmsMethod").map_or(own.uses_get, |method| method == "GET");
        let own = own.clone();
        Ok(number(world, &targets, &own))
    })
}

/// Where messages go: the address that was set, or that of the product's channel, which is used as long as none was.
fn inbound(targets: &Targets, sender: &Sender) -> Option<String> {
    sender.inbound.clone().or_else(|| targets.twilio_webhook(sender.provider(), &sender.address, None))
}

fn number(world: &World, targets: &Targets, sender: &Sender) -> Value {
    json!({
        "sid": sender.sid(), "account_sid": world.twilio.sid, "phone_number": sender.address, "origin": "twilio",
        "capabilities": {"sms": true, "mms": false, "voice": true}, "sms_url": inbound(targets, sender).unwrap_or_default(),
        "sms_method": if sender.uses_get { "GET" } else { "POST" },
        "sms_application_sid": sender.application.as_deref().unwrap_or(""), "status_callback": "",
    })
}

fn read_service(world: &World, sid: &str) -> Result<Value, TwilioError> {
    let found = world.twilio.services.iter().find(|service| service.sid == sid);
    found.map(|found| service(world, found)).ok_or_else(|| TwilioError::not_found(sid))
}

fn set_service(shared: &Shared, sid: &str, form: &Form) -> Result<Value, TwilioError> {
    let (inbound, status) = (address(form, "InboundRequestUrl")?, address(form, "StatusCallback")?);
    shared.change(|world| {
        let found = world.twilio.services.iter_mut().find(|service| service.sid == sid);
        let found = found.ok_or_else(|| TwilioError::not_found(sid))?;
        found.inbound = inbound.or(found.inbound.take());
        found.status = status.or(found.status.take());
        found.asks_numbers =
            text(form, "UseInboundWebhookOnNumber").map_or(found.asks_numbers, |asks| asks == "true");
        let found = found.clone();
        Ok(service(world, &found))
    })
}

fn service(world: &World, service: &Service) -> Value {
    json!({
        "sid": service.sid, "account_sid": world.twilio.sid, "inbound_request_url": service.inbound,
        "inbound_method": "POST", "status_callback": service.status,
        "use_inbound_webhook_on_number": service.asks_numbers,
    })
}

/// `Channel` is needed; there is no filter by address.
fn senders(world: &World, targets: &Targets, base_url: &str, query: &Form) -> Result<Value, TwilioError> {
    if text(query, "Channel") != Some("whatsapp") {
        return Err(TwilioError::new(20_001, "Missing required parameter Channel"));
    }
    let own = world.twilio.senders.iter().filter(|own| own.provider() == Provider::WhatsApp && !own.unlisted);
    let own: Vec<&Sender> = own.collect();
    let start: usize = text(query, "PageToken").and_then(|token| token.parse().ok()).unwrap_or(0);
    let end = own.len().min(start + SENDERS_PER_PAGE);
    let page: Vec<Value> =
        own.get(start..end).unwrap_or_default().iter().map(|own| sender(targets, own)).collect();
    let next =
        (end < own.len()).then(|| format!("{base_url}/v2/Channels/Senders?Channel=whatsapp&PageToken={end}"));
    Ok(json!({"senders": page, "meta": {"key": "senders", "page": 0, "next_page_url": next}}))
}

fn set_sender(shared: &Shared, sid: &str, request: &ApiRequest) -> Result<Value, TwilioError> {
    if request.content_type() != "application/json" {
        return Err(TwilioError::new(20_001, "The request body must be JSON"));
    }
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|_| TwilioError::new(20_001, "The body is not JSON"))?;
    let webhook = &body["webhook"];
    for method in ["callback_method", "status_callback_method"] {
        if webhook[method].as_str().is_some_and(|method| !matches!(method, "POST" | "PUT")) {
            return Err(TwilioError::new(20_001, format!("{method} must be POST or PUT")));
        }
    }
    let url = |name: &str| webhook[name].as_str().map(|url| checked(name, url)).transpose();
    let (inbound, status) = (url("callback_url")?, url("status_callback_url")?);
    let targets = shared.targets();
    shared.change(|world| {
        let own = world.twilio.senders.iter_mut().find(|sender| sender.sid() == sid && !sender.unlisted);
        let own = own.ok_or_else(|| TwilioError::not_found(sid))?;
        own.inbound = inbound.or(own.inbound.take());
        own.status = status.or(own.status.take());
        Ok(sender(&targets, own))
    })
}

fn sender(targets: &Targets, sender: &Sender) -> Value {
    json!({
        "sid": sender.sid(), "sender_id": sender.address, "status": if sender.offline { "OFFLINE" } else { "ONLINE" },
        "webhook": {
            "callback_url": inbound(targets, sender), "callback_method": "POST", "status_callback_url": sender.status,
            "status_callback_method": "POST", "fallback_url": null, "fallback_method": "POST",
        },
    })
}

fn address(form: &Form, name: &str) -> Result<Option<String>, TwilioError> {
    text(form, name).map(|url| checked(name, url)).transpose()
}

fn checked(name: &str, url: &str) -> Result<String, TwilioError> {
    if url.starts_with("https://") || url.starts_with("http://") {
        return Ok(url.to_owned());
    }
    Err(TwilioError::new(21_402, format!("{name} is not valid: {url}")))
}
