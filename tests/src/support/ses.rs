//! SES in memory, behind the API that the SDK speaks.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, Uri};
use serde_json::{Value, json};

use super::server::serve;

/// An e-mail that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Who it is from.
    pub from: String,
    /// Whom it is to.
    pub to: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// Its plain text.
    pub text: String,
    /// Its further header fields.
    pub headers: Vec<(String, String)>,
}

/// The endpoint and what it accepted. Clones share everything.
#[derive(Clone)]
pub struct FakeSes {
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    mails: Vec<Mail>,
    /// While the account is in the sandbox: nobody else is written to.
    sandbox: Option<BTreeSet<String>>,
    is_down: bool,
}

impl FakeSes {
    /// Starts an endpoint that accepts everything.
    pub async fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let router = Router::new().fallback(move |uri: Uri, body: Bytes| async move {
            assert_eq!(uri.path(), "/v2/email/outbound-emails");
            shared.lock().unwrap().answer(&serde_json::from_slice(&body).unwrap())
        });
        Self { url: serve(router).await, state }
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Takes what was accepted so far, in order.
    pub fn take(&self) -> Vec<Mail> {
        std::mem::take(&mut self.state().mails)
    }

    /// From now on only `verified` may be written to.
    pub fn sandbox(&self, verified: &[&str]) {
        self.state().sandbox = Some(verified.iter().map(|address| (*address).to_owned()).collect());
    }

    /// Whether it answers 503 to everything.
    pub fn set_down(&self, is_down: bool) {
        self.state().is_down = is_down;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl State {
    fn answer(&mut self, input: &Value) -> (StatusCode, HeaderMap, String) {
        let mut headers = HeaderMap::new();
        let mut refused = |status, code: &'static str| {
            headers.insert("x-amzn-errortype", code.parse().unwrap());
            (status, headers.clone(), json!({"message": "on purpose"}).to_string())
        };
        if self.is_down {
            return refused(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable");
        }
        let to: Vec<String> = serde_json::from_value(input["Destination"]["ToAddresses"].clone()).unwrap();
        if self.sandbox.as_ref().is_some_and(|verified| to.iter().any(|address| !verified.contains(address)))
        {
            return refused(StatusCode::BAD_REQUEST, "MessageRejected");
        }
        let text = |value: &Value| value["Data"].as_str().unwrap().to_owned();
        let message = &input["Content"]["Simple"];
        self.mails.push(Mail {
            from: input["FromEmailAddress"].as_str().unwrap().to_owned(),
            to,
            subject: text(&message["Subject"]),
            text: text(&message["Body"]["Text"]),
            headers: fields(&message["Headers"]),
        });
        let answer = json!({"MessageId": format!("m-{}", self.mails.len())});
        (StatusCode::OK, headers, answer.to_string())
    }
}

fn fields(headers: &Value) -> Vec<(String, String)> {
    let of = |field: &Value, name: &str| field[name].as_str().unwrap().to_owned();
    let fields = headers.as_array().into_iter().flatten();
    fields.map(|field| (of(field, "Name"), of(field, "Value"))).collect()
}
