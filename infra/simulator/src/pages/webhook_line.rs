//! One line about a webhook, for the person who plays the customer.

use serde_json::{Value, json};

use crate::{
    deliver::{Outcome, Webhook},
    model::Provider,
    params,
};

/// Longer answers are late: LINE gives up after two seconds, Meta after five, Twilio after fifteen.
const fn patience_ms(provider: Provider) -> u64 {
    match provider {
        Provider::Messenger => 5_000,
        Provider::Line => 2_000,
        Provider::WhatsApp | Provider::Sms => 15_000,
    }
}

pub(super) fn describe(webhook: &Webhook) -> Value {
    let (state, text) = match &webhook.outcome {
        Outcome::NotSent { reason } => ("unsent", reason.clone()),
        Outcome::Answered { status: 200, duration_ms, .. }
            if *duration_ms > patience_ms(webhook.provider) =>
        {
            ("late", format!("200 after {duration_ms} ms: too late for the provider"))
        }
        Outcome::Answered { status: 200, duration_ms, .. } => ("ok", format!("200 · {duration_ms} ms")),
        Outcome::Answered { status, body, .. } => {
            ("error", format!("{status} {}", body.chars().take(120).collect::<String>()))
        }
        Outcome::Failed { reason, .. } => ("error", reason.clone()),
    };
    json!({
        "id": webhook.id,
        "provider": webhook.provider,
        "at_ms": webhook.at_ms,
        "what": if webhook.provider.is_twilio() { twilio_kind(webhook) } else { events(&webhook.body).join(", ") },
        "state": state,
        "text": text,
    })
}

/// A status, or the kind of the message.
fn twilio_kind(webhook: &Webhook) -> String {
    let form = match webhook.body.as_str() {
        "" => webhook.url.as_deref().and_then(|url| url.split_once('?')).map_or("", |(_, query)| query),
        body => body,
    };
    let fields: Vec<(String, String)> = match serde_json::from_str::<Value>(form) {
        Ok(Value::Object(object)) => object
            .into_iter()
            .map(|(name, value)| (name, value.as_str().unwrap_or_default().to_owned()))
            .collect(),
        _ => params::pairs(form),
    };
    let value = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    match value("MessageStatus") {
        Some(status) => format!("status {status}"),
        None => value("MessageType").unwrap_or("message").to_owned(),
    }
}

fn events(body: &str) -> Vec<String> {
    let Ok(parsed) = serde_json::from_str::<Value>(body) else { return vec!["body".into()] };
    let lists = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
    let line = lists(&parsed, "events");
    let line = line.iter().map(|event| event["type"].as_str().unwrap_or("event").to_owned());
    let entries = lists(&parsed, "entry");
    let messenger =
        entries.iter().flat_map(|entry| [lists(entry, "messaging"), lists(entry, "standby")].concat());
    line.chain(messenger.map(|event| messenger_kind(&event))).collect()
}

fn messenger_kind(event: &Value) -> String {
    if event["message"]["is_echo"] == true {
        return "echo".into();
    }
    let known = ["message", "postback", "reaction", "message_edit", "delivery", "read", "referral"];
    known.iter().find(|kind| event.get(**kind).is_some()).map_or_else(|| "event".into(), ToString::to_string)
}
