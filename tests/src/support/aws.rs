//! SQS and Secrets Manager in memory, behind the protocol that the SDK speaks. Time is the test's
//! clock.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use madoguchi_runtime::{Aws, AwsConfig, Clock, Secret};
use serde_json::{Value, json};

use super::server::serve;

mod secrets;
mod sqs;

pub use sqs::{FakeQueue, Message};

/// The endpoint and what it holds. Clones share everything.
#[derive(Clone)]
pub struct FakeAws {
    url: String,
    state: Arc<State>,
}

struct State {
    clock: Clock,
    queues: Mutex<HashMap<String, sqs::Stored>>,
    secrets: Mutex<HashMap<String, secrets::Stored>>,
    calls: Mutex<Vec<String>>,
    refusals: Mutex<HashMap<String, usize>>,
}

/// What an operation returns: its output, or an error's name and message.
type Answer = Result<Value, Refusal>;

struct Refusal {
    kind: &'static str,
    message: String,
}

impl FakeAws {
    /// Starts an endpoint without queues and secrets.
    pub async fn start(clock: Clock) -> Self {
        let state = Arc::new(State {
            clock,
            queues: Mutex::default(),
            secrets: Mutex::default(),
            calls: Mutex::default(),
            refusals: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        let router = Router::new().fallback(move |headers: HeaderMap, body: Bytes| async move {
            let (status, body) = shared.answer(&headers, &body);
            (status, [("content-type", "application/x-amz-json-1.0")], body.to_string())
        });
        Self { url: serve(router).await, state }
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Clients for it.
    pub fn clients(&self) -> Aws {
        clients(&self.url)
    }

    /// The operations that were called, in order, repetitions by the SDK included.
    pub fn calls(&self) -> Vec<String> {
        self.state.calls.lock().unwrap().clone()
    }

    /// Answers the next `times` calls of `operation` with 503. The SDK makes three attempts.
    pub fn refuse(&self, operation: &str, times: usize) {
        self.state.refusals.lock().unwrap().insert(operation.to_owned(), times);
    }

    /// Adds a queue; one whose name ends in `.fifo` is a FIFO queue.
    pub fn create_queue(&self, name: &str) -> FakeQueue {
        self.state.queues().insert(name.to_owned(), sqs::Stored::default());
        FakeQueue::new(name, &self.url, Arc::clone(&self.state))
    }

    /// Sets the current version of a secret.
    pub fn set_secret(&self, name: &str, value: &Value) {
        self.state.secrets().entry(name.to_owned()).or_default().set_current(value.to_string());
    }

    /// The current version of a secret.
    pub fn secret(&self, name: &str) -> Option<Value> {
        Some(serde_json::from_str(self.state.secrets().get(name)?.current()?).unwrap())
    }

    /// What the version of a secret says that has this staging label.
    pub fn secret_at(&self, name: &str, stage: &str) -> Option<Value> {
        Some(serde_json::from_str(self.state.secrets().get(name)?.at(stage)?).unwrap())
    }

    /// The names of all secrets.
    pub fn secret_names(&self) -> BTreeSet<String> {
        self.state.secrets().keys().cloned().collect()
    }
}

impl State {
    fn answer(&self, headers: &HeaderMap, body: &[u8]) -> (StatusCode, Value) {
        let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (service, operation) = target.split_once('.').unwrap_or_default();
        self.calls.lock().unwrap().push(operation.to_owned());
        if let Some(left) = self.refusals.lock().unwrap().get_mut(operation).filter(|left| **left > 0) {
            *left -= 1;
            let error = json!({"__type": "ServiceUnavailable", "message": "on purpose"});
            return (StatusCode::SERVICE_UNAVAILABLE, error);
        }
        let input: Value = serde_json::from_slice(body).unwrap_or_default();
        let answer = match service {
            "AmazonSQS" => sqs::answer(&mut self.queues(), operation, &input, self.clock.now()),
            "secretsmanager" => secrets::answer(&mut self.secrets(), operation, &input),
            _ => Err(Refusal::new("UnknownOperationException", target)),
        };
        match answer {
            Ok(output) => (StatusCode::OK, output),
            Err(Refusal { kind, message }) => {
                (StatusCode::BAD_REQUEST, json!({"__type": kind, "message": message}))
            }
        }
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<String, sqs::Stored>> {
        self.queues.lock().unwrap()
    }

    fn secrets(&self) -> MutexGuard<'_, HashMap<String, secrets::Stored>> {
        self.secrets.lock().unwrap()
    }
}

impl Refusal {
    fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

/// A request that a busy machine answers slowly must not be sent twice: requests are counted.
const PATIENCE: Duration = Duration::from_mins(1);

/// Clients for the endpoint at `url`, whatever is behind it.
pub fn clients(url: &str) -> Aws {
    let config = AwsConfig {
        region: "eu-central-1".to_owned(),
        access_key_id: "test".to_owned(),
        secret_access_key: Secret::new("test".to_owned()),
        session_token: None,
        endpoint_url: Some(url.to_owned()),
    };
    Aws::new(config).unwrap().within(PATIENCE, PATIENCE)
}

fn text<'a>(input: &'a Value, name: &str) -> &'a str {
    input[name].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::Timestamp;
    use madoguchi_runtime::{Queue, QueueError};

    use super::*;

    #[tokio::test]
    async fn a_refused_operation_is_repeated_by_the_sdk_and_then_fails() {
        let (clock, _hand) = Clock::stopped_at(Timestamp::from_ms(1_000));
        let aws = FakeAws::start(clock).await;
        let fake = aws.create_queue("profiles");
        let queue = Queue::new(aws.clients().sqs(), fake.url());
        aws.refuse("SendMessage", 2);
        queue.send("{}").await.unwrap();
        aws.refuse("SendMessage", 3);
        assert!(matches!(queue.send("{}").await, Err(QueueError::Unreachable(_))));
        assert_eq!(aws.calls().len(), 6);
        assert_eq!(fake.messages().len(), 1);
    }
}
