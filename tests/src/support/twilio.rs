//! Twilio's REST API by a script, and its webhooks signed as Twilio signs them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use madoguchi_domain::ChannelKind;
use ring::hmac;
use serde_json::{Value, json};

use super::serve;

/// The account.
pub const ACCOUNT: &str = "AC00000000000000000000000000000001";
/// Its token.
pub const AUTH_TOKEN: &str = "test-twilio-auth-token";

/// An API key of the account, and its secret.
pub const API_KEY: (&str, &str) = ("SK00000000000000000000000000000001", "test-twilio-key-secret");

/// The sender of a kind of channel.
pub fn sender(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::WhatsApp => "whatsapp:+815012345678",
        _ => "+815087654321",
    }
}

/// Takes messages, unless it was told otherwise.
#[derive(Clone)]
pub struct FakeTwilio {
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    sent: Vec<BTreeMap<String, String>>,
    answers: VecDeque<(u16, Value)>,
}

impl FakeTwilio {
    pub(crate) async fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let router = Router::new().fallback(move |request: Request| {
            let state = Arc::clone(&shared);
            async move {
                let (parts, body) = request.into_parts();
                let body = to_bytes(body, usize::MAX).await.unwrap();
                let (status, body) = answer(&state, &parts.method, &parts.headers, parts.uri.path(), &body);
                (StatusCode::from_u16(status).unwrap(), body.to_string())
            }
        });
        Self { url: serve(router).await, state }
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The next call is answered so. Whatever it is answered, the message is on its way.
    pub fn answer_next(&self, status: u16, body: Value) {
        self.state().answers.push_back((status, body));
    }

    /// The messages that it was asked to send, each with its parameters.
    pub fn sent(&self) -> Vec<BTreeMap<String, String>> {
        self.state().sent.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

fn answer(
    state: &Mutex<State>,
    method: &Method,
    headers: &HeaderMap,
    path: &str,
    body: &Bytes,
) -> (u16, Value) {
    let mut state = state.lock().unwrap();
    let given = headers.get(header::AUTHORIZATION).and_then(|given| given.to_str().ok()).unwrap_or_default();
    let is = |(user, password)| given == format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
    let (by_token, by_key) = (is((ACCOUNT, AUTH_TOKEN)), is(API_KEY));
    // As the vendor has it: a key may not read accounts.
    if path == format!("/2010-04-01/Accounts/{ACCOUNT}.json") && by_token {
        return state.answers.pop_front().unwrap_or((200, json!({ "sid": ACCOUNT, "status": "active" })));
    }
    let is_messages = path == format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json");
    if is_messages && method == Method::GET && (by_token || by_key) {
        return state.answers.pop_front().unwrap_or((200, json!({ "messages": [] })));
    }
    if is_messages && (by_token || by_key) {
        let url = format!("http://x/?{}", std::str::from_utf8(body).unwrap());
        let form = reqwest::Url::parse(&url).unwrap().query_pairs().into_owned().collect();
        state.sent.push(form);
        let sid = format!("SM{:032x}", state.sent.len());
        let taken = json!({ "sid": sid, "status": "queued", "error_code": null });
        return state.answers.pop_front().unwrap_or((201, taken));
    }
    let refused = json!({ "code": 20003, "message": "Authenticate", "status": 401 });
    state.answers.pop_front().unwrap_or((401, refused))
}

/// The headers and the body of a webhook to `url`, signed.
pub fn signed(url: &str, parameters: &[(&str, &str)]) -> (HeaderMap, String) {
    signed_with(AUTH_TOKEN, url, parameters)
}

/// The same with another token.
pub fn signed_with(token: &str, url: &str, parameters: &[(&str, &str)]) -> (HeaderMap, String) {
    let mut sorted = parameters.to_vec();
    sorted.sort_unstable();
    let text = sorted.iter().fold(url.to_owned(), |text, (name, value)| text + name + value);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
    let signature = STANDARD.encode(hmac::sign(&key, text.as_bytes()));
    let headers = [
        ("x-twilio-signature", signature.as_str()),
        ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
    ];
    let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    let mut form = reqwest::Url::parse("http://x/").unwrap();
    form.query_pairs_mut().extend_pairs(parameters);
    (HeaderMap::from_iter(headers), form.query().unwrap_or_default().to_owned())
}
