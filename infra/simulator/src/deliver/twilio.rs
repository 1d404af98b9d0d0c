//! Twilio's requests: forms (or JSON, or GET), signed over the public address, tried again as the address's
//! fragment says. By default an answer of 5xx is not tried again.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::join_all;
use reqwest::{Method, Url};
use serde_json::{Map, Value};

use super::{Outcome, Signature, Webhook, finish, reason};
use crate::{
    clock::machine_ms,
    ids,
    media::fetch::is_local,
    model::Provider,
    params,
    shared::Shared,
    signing::{sha256_hex, twilio_shared_key_signature, twilio_signature},
    state::{TwilioAccount, World},
};

pub(crate) type Params = Vec<(String, String)>;

/// Where a request goes. The address may end with connection rules behind a `#`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Way {
    pub(crate) url: String,
    fallback: Option<String>,
    uses_get: bool,
    default_rules: String,
}

impl Way {
    /// To an address that a request of the product named.
    pub(crate) fn to(url: &str) -> Self {
        Self { url: url.to_owned(), ..Self::default() }
    }

    /// To the webhook of a sender, if the product's address is known.
    fn inbound(shared: &Shared, provider: Provider, sender: &str) -> Option<Self> {
        let (own, service, set) = shared.read(|world| {
            let service = world.twilio.service_of(sender).map(|service| service.sid.clone());
            let own = world.twilio.sender(sender).cloned().unwrap_or_default();
            (own, service, world.twilio.inbound_of(sender))
        });
        let url = set.or_else(|| shared.targets().twilio_webhook(provider, sender, service.as_deref()))?;
        Some(Self { url, fallback: own.fallback, uses_get: own.uses_get, default_rules: own.connection })
    }
}

/// Each event in a request of its own, all at once; the last one is returned.
pub(super) async fn send_inbound(
    shared: &Arc<Shared>,
    provider: Provider,
    sender: &str,
    events: &[Value],
) -> Webhook {
    let way = Way::inbound(shared, provider, sender);
    let contents: Vec<Params> = events.iter().map(params_of).collect();
    let requests = contents.iter().map(|params| send(shared, provider, sender, params, way.as_ref()));
    let sent = join_all(requests).await;
    sent.into_iter().last().unwrap_or_else(|| draft(shared, provider, sender, None))
}

/// One request with these parameters, and its repeats.
pub(crate) async fn send(
    shared: &Shared,
    provider: Provider,
    account: &str,
    params: &[(String, String)],
    way: Option<&Way>,
) -> Webhook {
    travel(shared, provider, account, &Content::Params(params), way, &Signature::Valid).await
}

/// A body as it is, several times at once.
pub(super) async fn send_raw(
    shared: &Arc<Shared>,
    provider: Provider,
    sender: &str,
    body: &str,
    signature: &Signature,
    times: usize,
) -> Vec<Webhook> {
    let way = Way::inbound(shared, provider, sender);
    let content = Content::Raw(body);
    let requests = (0..times).map(|_| travel(shared, provider, sender, &content, way.as_ref(), signature));
    join_all(requests).await
}

/// The same request once more, idempotency token included.
pub(super) async fn redeliver(shared: &Arc<Shared>, earlier: &Webhook) -> Webhook {
    let again = Webhook { headers: earlier.headers.clone(), body: earlier.body.clone(), ..earlier.clone() };
    let id = shared.change(World::next_number);
    attempt(shared, Webhook { id, at_ms: machine_ms(), ..again }, &Rules::default()).await.0
}

enum Content<'a> {
    Params(&'a [(String, String)]),
    Raw(&'a str),
}

/// What ended an attempt badly, in the words of the connection rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    Connecting,
    Reading,
    Refused(u16),
}

/// Connection rules: the fragment of a webhook address, `rc=3&rp=5xx,ct,rt`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rules {
    read: Duration,
    total: Duration,
    retries: u32,
    policy: Vec<String>,
}

impl Default for Rules {
    fn default() -> Self {
        Self::parse("")
    }
}

impl Rules {
    /// Numbers outside the documented ranges are brought back into them.
    fn parse(fragment: &str) -> Self {
        let rules = params::pairs(fragment);
        let value = |name: &str| rules.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let number = |name: &str, default: u64, least: u64, most: u64| {
            value(name).and_then(|value| value.parse().ok()).unwrap_or(default).clamp(least, most)
        };
        Self {
            read: Duration::from_millis(number("rt", 15_000, 100, 15_000)),
            total: Duration::from_millis(number("tt", 15_000, 100, 15_000)),
            retries: u32::try_from(number("rc", 1, 0, 5)).unwrap_or_default(),
            policy: value("rp").unwrap_or("ct").split(',').map(ToOwned::to_owned).collect(),
        }
    }

    fn cover(&self, failure: Failure) -> bool {
        let name = match failure {
            Failure::Connecting => "ct",
            Failure::Reading => "rt",
            Failure::Refused(400..=499) => "4xx",
            Failure::Refused(_) => "5xx",
        };
        self.policy.iter().any(|policy| policy == name || policy == "all")
    }
}

async fn travel(
    shared: &Shared,
    provider: Provider,
    account: &str,
    content: &Content<'_>,
    way: Option<&Way>,
    signature: &Signature,
) -> Webhook {
    let draft = draft(shared, provider, account, Some(content));
    let Some(way) = way else { return finish(shared, draft) };
    let (address, fragment) = way.url.split_once('#').unwrap_or((&way.url, &way.default_rules));
    let rules = Rules::parse(fragment);
    let token = ids::request_id();
    let started = Instant::now();
    let mut retries = rules.retries;
    loop {
        let request = request(shared, &draft, content, address, way.uses_get, &token, signature);
        let (webhook, failure) = attempt(shared, request, &rules).await;
        let Some(failure) = failure else { return webhook };
        if retries > 0 && rules.cover(failure) && started.elapsed() < rules.total {
            retries -= 1;
            continue;
        }
        let Some(fallback) = &way.fallback else { return webhook };
        let request = request_to_fallback(shared, &draft, content, fallback, way.uses_get, &token, signature);
        return attempt(shared, request, &rules).await.0;
    }
}

fn request_to_fallback(
    shared: &Shared,
    draft: &Webhook,
    content: &Content<'_>,
    fallback: &str,
    uses_get: bool,
    token: &str,
    signature: &Signature,
) -> Webhook {
    let address = fallback.split('#').next().unwrap_or_default();
    request(shared, draft, content, address, uses_get, token, signature)
}

/// What is logged when there is no address to send to.
fn draft(shared: &Shared, provider: Provider, account: &str, content: Option<&Content<'_>>) -> Webhook {
    let body = match content {
        Some(Content::Params(params)) => params::form(params),
        Some(Content::Raw(body)) => (*body).to_owned(),
        None => String::new(),
    };
    Webhook {
        id: shared.change(World::next_number),
        provider,
        account: account.to_owned(),
        method: "POST".into(),
        url: None,
        headers: Vec::new(),
        body,
        at_ms: machine_ms(),
        outcome: Outcome::NotSent { reason: "the product's address is not known yet".into() },
    }
}

/// One signed attempt.
fn request(
    shared: &Shared,
    draft: &Webhook,
    content: &Content<'_>,
    address: &str,
    uses_get: bool,
    token: &str,
    signature: &Signature,
) -> Webhook {
    let twilio = shared.read(|world| world.twilio.clone());
    let id = shared.change(World::next_number);
    let (url, body, signed) = match content {
        Content::Params(params) if uses_get => {
            (with_query(address, &params::form(params)), String::new(), Params::new())
        }
        Content::Params(params) if twilio.json_bodies => hashed(address, &json_of(params)),
        Content::Params(params) => (address.to_owned(), params::form(params), params.to_vec()),
        Content::Raw(body) if body.starts_with('{') => hashed(address, body),
        Content::Raw(body) => (address.to_owned(), (*body).to_owned(), params::pairs(body)),
    };
    let content_type = if signed.is_empty() && body.starts_with('{') {
        "application/json"
    } else {
        "application/x-www-form-urlencoded; charset=UTF-8"
    };
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut headers = vec![
        pair("user-agent", "TwilioProxy/1.1"),
        pair("accept", "*/*"),
        pair("i-twilio-idempotency-token", token),
    ];
    if !uses_get {
        headers.push(pair("content-type", content_type));
    }
    headers.extend(signatures(&twilio, &url, &signed, signature));
    let method = if uses_get { "GET" } else { "POST" }.to_owned();
    Webhook { id, method, url: Some(url), headers, body, at_ms: machine_ms(), ..draft.clone() }
}

fn signatures(
    twilio: &TwilioAccount,
    url: &str,
    signed: &[(String, String)],
    signature: &Signature,
) -> Vec<(String, String)> {
    let url = if twilio.signs_port { with_port(url) } else { url.to_owned() };
    let wrong = *signature == Signature::Wrong;
    let secret = |right: &str| if wrong { "a-different-secret".to_owned() } else { right.to_owned() };
    let (value, settings) = match &twilio.shared_key {
        None => (twilio_signature(&secret(&twilio.auth_token), &url, signed), None),
        Some(key) => {
            let value = match key.algorithm.as_deref() {
                None | Some("HMAC_SHA1") => twilio_signature(&secret(&key.secret), &url, signed),
                Some(_) => twilio_shared_key_signature(&secret(&key.secret), &url, signed),
            };
            let algorithm = key.algorithm.as_ref().map(|name| format!(",algorithm={name}"));
            (value, Some(format!("key={}{}", key.id, algorithm.unwrap_or_default())))
        }
    };
    let mut headers = Vec::new();
    match signature {
        Signature::Valid | Signature::Wrong => headers.push(("x-twilio-signature".to_owned(), value)),
        Signature::Exactly(value) => headers.push(("x-twilio-signature".to_owned(), value.clone())),
        Signature::Missing => {}
    }
    headers.extend(settings.map(|value| ("x-twilio-webhooks-signature-settings".to_owned(), value)));
    headers
}

/// A JSON body is vouched for by its hash in the signed address.
fn hashed(address: &str, body: &str) -> (String, String, Params) {
    let hash = sha256_hex(body.as_bytes());
    (with_query(address, &format!("bodySHA256={hash}")), body.to_owned(), Params::new())
}

fn with_query(address: &str, query: &str) -> String {
    let separator = if address.contains('?') { '&' } else { '?' };
    format!("{address}{separator}{query}")
}

/// The address with the port that its scheme implies.
fn with_port(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    if host.contains(':') {
        return address.to_owned();
    }
    let port = if scheme == "https" { 443 } else { 80 };
    format!("{scheme}://{host}:{port}{path}")
}

async fn attempt(shared: &Shared, mut webhook: Webhook, rules: &Rules) -> (Webhook, Option<Failure>) {
    let url = webhook.url.as_deref().map(|url| shared.targets().reach(url));
    let Some(url) = url.and_then(|url| Url::parse(&url).ok()).filter(is_local) else {
        let reason = "the address is not on this machine: recorded only".into();
        webhook.outcome = Outcome::NotSent { reason };
        return (finish(shared, webhook), None);
    };
    let method = if webhook.method == "GET" { Method::GET } else { Method::POST };
    let mut request = shared.client.request(method, url).timeout(rules.read).body(webhook.body.clone());
    for (name, value) in &webhook.headers {
        request = request.header(name, value);
    }
    let started = Instant::now();
    let answer = request.send().await;
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let failure = match answer {
        Ok(response) => {
            let status = response.status().as_u16();
            let body = response.text().await.unwrap_or_default().chars().take(500).collect();
            webhook.outcome = Outcome::Answered { status, duration_ms, body };
            (!(200..300).contains(&status)).then_some(Failure::Refused(status))
        }
        Err(error) => {
            webhook.outcome = Outcome::Failed { reason: reason(&error), duration_ms };
            Some(if error.is_connect() { Failure::Connecting } else { Failure::Reading })
        }
    };
    (finish(shared, webhook), failure)
}

fn params_of(event: &Value) -> Params {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    event.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), text(value))).collect()
}

fn json_of(params: &[(String, String)]) -> String {
    let object: Map<String, Value> =
        params.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    Value::Object(object).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_rules_have_their_documented_defaults_and_ranges() {
        let default = Rules::parse("");
        assert_eq!((default.retries, default.read, default.total), (1, default.total, default.read));
        assert!(default.cover(Failure::Connecting));
        for failure in [Failure::Reading, Failure::Refused(500), Failure::Refused(404)] {
            assert!(!default.cover(failure), "{failure:?}");
        }
        let asked = Rules::parse("rc=9&rp=5xx,ct,rt&rt=1");
        assert_eq!((asked.retries, asked.read), (5, Duration::from_millis(100)));
        assert!(asked.cover(Failure::Refused(503)) && !asked.cover(Failure::Refused(404)));
        assert!(Rules::parse("rp=all").cover(Failure::Refused(404)));
    }

    #[test]
    fn the_standard_port_is_written_out_only_where_it_is_missing() {
        for (address, expected) in [
            ("https://a.example/x?y=1", "https://a.example:443/x?y=1"),
            ("http://a.example", "http://a.example:80"),
            ("https://a.example:8443/x", "https://a.example:8443/x"),
        ] {
            assert_eq!(with_port(address), expected);
        }
    }
}
