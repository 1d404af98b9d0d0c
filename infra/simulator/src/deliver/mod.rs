//! Webhooks on their way to the product: enveloped, signed, sent, repeated, and kept for inspection.

mod line;
mod messenger;
pub(crate) mod twilio;

use std::{sync::Arc, time::Instant};

use futures::future::join_all;
use reqwest::Url;
use serde::Serialize;
use serde_json::Value;

use crate::{
    clock::machine_ms,
    media::fetch::is_local,
    model::Provider,
    shared::Shared,
    signing::{line_signature, messenger_legacy_signature, messenger_signature},
    state::World,
};

/// One signed request to the product, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Webhook {
    /// Given by the simulator.
    pub id: u64,
    /// Who is speaking.
    pub provider: Provider,
    /// The page, LINE channel or Twilio sender.
    pub account: String,
    /// `POST`, or `GET` where Twilio is set to it.
    pub method: String,
    /// The address as it is signed, query included; `None` while the product's is not known.
    pub url: Option<String>,
    /// Name and value, signature included.
    pub headers: Vec<(String, String)>,
    /// Exactly what is signed and sent.
    pub body: String,
    /// When it was made (Unix milliseconds, the machine's clock).
    pub at_ms: i64,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Outcome {
    /// It was only recorded.
    NotSent {
        /// Why.
        reason: String,
    },
    /// The product answered.
    Answered {
        /// The HTTP status; the providers want 200.
        status: u16,
        /// How long it took; LINE waits 2 seconds, Meta 5, Twilio 15.
        duration_ms: u64,
        /// The beginning of the body.
        body: String,
    },
    /// No answer came.
    Failed {
        /// Why.
        reason: String,
        /// How long it took.
        duration_ms: u64,
    },
}

impl Outcome {
    /// Only 200 counts as delivered: the providers' pages differ about 201 to 299.
    pub fn is_delivered(&self) -> bool {
        matches!(self, Self::Answered { status: 200, .. })
    }
}

/// How a hand-made body is signed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signature {
    /// With the account's current secret.
    Valid,
    /// With another secret.
    Wrong,
    /// Not at all.
    Missing,
    /// With this header value.
    Exactly(String),
}

/// Envelopes, signs and delivers events of one account, and repeats in the background when configured.
pub(crate) async fn send_events(
    shared: &Arc<Shared>,
    provider: Provider,
    account: &str,
    events: Vec<Value>,
) -> Webhook {
    let body = match provider {
        Provider::Messenger => shared.read(|world| messenger::body(world, account, events)),
        Provider::Line => shared.read(|world| line::body(world, account, &events)),
        Provider::WhatsApp | Provider::Sms => {
            return twilio::send_inbound(shared, provider, account, &events).await;
        }
    };
    let body = match body {
        Ok(body) => body,
        Err(reason) => {
            let webhook = record(shared, provider, account, String::new(), &Signature::Missing);
            return finish(shared, Webhook { outcome: Outcome::NotSent { reason }, ..webhook });
        }
    };
    let webhook = post(shared, record(shared, provider, account, body, &Signature::Valid)).await;
    let worth_repeating = webhook.url.is_some() && !webhook.outcome.is_delivered();
    if worth_repeating && !shared.options.webhook_retries.is_empty() {
        tokio::spawn(repeat(Arc::clone(shared), webhook.clone()));
    }
    webhook
}

/// Delivers one body as it is, several times at once.
pub(crate) async fn send_raw(
    shared: &Arc<Shared>,
    provider: Provider,
    account: &str,
    body: &str,
    signature: &Signature,
    times: usize,
) -> Vec<Webhook> {
    if provider.is_twilio() {
        return twilio::send_raw(shared, provider, account, body, signature, times).await;
    }
    let webhook = |()| record(shared, provider, account, body.to_owned(), signature);
    let requests = std::iter::repeat_n((), times).map(webhook).map(|webhook| post(shared, webhook));
    join_all(requests).await
}

/// Sends an earlier webhook again, as the provider would: LINE marks it, and its reply tokens live again.
pub(crate) async fn redeliver(shared: &Arc<Shared>, earlier: &Webhook) -> Webhook {
    let body = match earlier.provider {
        Provider::Messenger => earlier.body.clone(),
        Provider::Line => shared.change(|world| line::redelivery(world, &earlier.body)),
        Provider::WhatsApp | Provider::Sms => return twilio::redeliver(shared, earlier).await,
    };
    post(shared, record(shared, earlier.provider, &earlier.account, body, &Signature::Valid)).await
}

async fn repeat(shared: Arc<Shared>, mut webhook: Webhook) {
    let repeats = shared.read(|world| match webhook.provider {
        Provider::Messenger => true,
        Provider::Line => world.line_channel(&webhook.account).is_some_and(|channel| channel.redelivery),
        // Twilio's rules are in the address, and were kept with the first attempt.
        Provider::WhatsApp | Provider::Sms => false,
    });
    for wait in shared.options.webhook_retries.clone() {
        if !repeats || webhook.outcome.is_delivered() {
            return;
        }
        tokio::time::sleep(wait).await;
        webhook = redeliver(&shared, &webhook).await;
    }
}

/// Messenger's or LINE's request as it will be sent, not yet in the log.
fn record(
    shared: &Shared,
    provider: Provider,
    account: &str,
    body: String,
    signature: &Signature,
) -> Webhook {
    let (id, headers) =
        shared.change(|world| (world.next_number(), headers(world, provider, account, &body, signature)));
    let targets = shared.targets();
    let url = match provider {
        Provider::Messenger => targets.messenger_webhook(),
        _ => shared
            .read(|world| world.line_channel(account).and_then(|channel| channel.webhook_endpoint.clone()))
            .or_else(|| targets.line_webhook(account)),
    };
    let outcome = Outcome::NotSent { reason: "the product's address is not known yet".into() };
    let (account, method) = (account.to_owned(), "POST".to_owned());
    Webhook { id, provider, account, method, url, headers, body, at_ms: machine_ms(), outcome }
}

async fn post(shared: &Shared, mut webhook: Webhook) -> Webhook {
    let Some(url) = webhook.url.clone() else { return finish(shared, webhook) };
    let reached = Url::parse(&shared.targets().reach(&url)).ok().filter(is_local);
    let Some(reached) = reached else {
        let reason = "the address is not on this machine: recorded only".into();
        return finish(shared, Webhook { outcome: Outcome::NotSent { reason }, ..webhook });
    };
    let mut request = shared.client.post(reached).body(webhook.body.clone());
    for (name, value) in &webhook.headers {
        request = request.header(name, value);
    }
    let started = Instant::now();
    let answer = request.send().await;
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    webhook.outcome = match answer {
        Ok(response) => {
            let status = response.status().as_u16();
            let body = response.text().await.unwrap_or_default().chars().take(500).collect();
            Outcome::Answered { status, duration_ms, body }
        }
        Err(error) => Outcome::Failed { reason: reason(&error), duration_ms },
    };
    finish(shared, webhook)
}

fn finish(shared: &Shared, webhook: Webhook) -> Webhook {
    shared.change(|world| world.log_webhook(webhook.clone()));
    webhook
}

/// A sentence for people; the error's own text repeats the address.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        "no answer in time".into()
    } else if error.is_connect() {
        "nothing listens at the address".into()
    } else {
        "the connection broke".into()
    }
}

fn headers(
    world: &World,
    provider: Provider,
    account: &str,
    body: &str,
    signature: &Signature,
) -> Vec<(String, String)> {
    let secret = match provider {
        Provider::Messenger => world.app.secret.as_str(),
        _ => world.line_channel(account).map_or("", |channel| channel.secret.as_str()),
    };
    let key = if *signature == Signature::Wrong { "a-different-secret" } else { secret };
    let (name, computed) = match provider {
        Provider::Messenger => ("x-hub-signature-256", messenger_signature(key, body.as_bytes())),
        _ => ("x-line-signature", line_signature(key, body.as_bytes())),
    };
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut headers = match provider {
        Provider::Messenger => vec![
            pair("content-type", "application/json"),
            pair("user-agent", "facebookexternalua"),
            // Still sent by Meta, and of no value: a receiver must not accept it in place of the other.
            pair("x-hub-signature", &messenger_legacy_signature(secret, body.as_bytes())),
        ],
        _ => vec![
            pair("content-type", "application/json; charset=utf-8"),
            pair("user-agent", "LineBotWebhook/2.0"),
        ],
    };
    match signature {
        Signature::Valid | Signature::Wrong => headers.push(pair(name, &computed)),
        Signature::Exactly(value) => headers.push(pair(name, value)),
        Signature::Missing => {}
    }
    headers
}
