//! Lambda's Runtime API, version 2018-06-01, for one process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

const ARN: &str = "arn:aws:lambda:eu-central-1:123456789012:function:benchmark";
/// An answer of Lambda's is at most this large.
const MAX_ANSWER_BYTES: usize = 6 * 1024 * 1024;

/// The endpoint. Dropping it closes the port.
pub(super) struct RuntimeApi {
    address: String,
    heard: mpsc::UnboundedReceiver<Heard>,
    server: JoinHandle<()>,
}

/// What the runtime says, in order, with the instant.
pub(super) enum Heard {
    /// It asks for an event.
    Next(Next),
    /// Its event is on the way to it.
    HandedOver(Instant),
    /// It answers, and the answer has arrived.
    Answer { id: String, at: Instant, body: Bytes },
    /// It reports an error, of an invocation or of its start.
    Failure { body: Bytes },
}

/// A runtime that waits for its event.
pub(super) struct Next {
    pub(super) at: Instant,
    give: oneshot::Sender<Event>,
    id: String,
}

struct Event {
    body: Vec<u8>,
    id: String,
}

#[derive(Clone)]
struct Shared {
    tell: mpsc::UnboundedSender<Heard>,
    timeout: Duration,
    count: Arc<AtomicU64>,
}

impl RuntimeApi {
    /// Starts an endpoint for a function with this time-out.
    pub(super) async fn start(timeout: Duration) -> anyhow::Result<Self> {
        let (tell, heard) = mpsc::unbounded_channel();
        let shared = Shared { tell, timeout, count: Arc::default() };
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(invocation_error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .layer(DefaultBodyLimit::max(MAX_ANSWER_BYTES))
            .with_state(shared);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        // An event in two packets would otherwise wait for the first one's acknowledgement.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let server = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        Ok(Self { address, heard, server })
    }

    /// Host and port, as `AWS_LAMBDA_RUNTIME_API` has them.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// What the runtime says next.
    pub(super) async fn hear(&mut self) -> anyhow::Result<Heard> {
        self.heard.recv().await.context("the Runtime API has ended")
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Next {
    /// Gives the runtime its event; returns the invocation's id.
    pub(super) fn hand_over(self, body: Vec<u8>) -> anyhow::Result<String> {
        let event = Event { body, id: self.id.clone() };
        if self.give.send(event).is_err() {
            anyhow::bail!("the runtime did not wait for its event");
        }
        Ok(self.id)
    }
}

async fn next(State(shared): State<Shared>) -> Response {
    let at = Instant::now();
    let (give, given) = oneshot::channel();
    let count = shared.count.fetch_add(1, Ordering::Relaxed);
    let id = format!("00000000-0000-4000-8000-{count:012x}");
    drop(shared.tell.send(Heard::Next(Next { at, give, id })));
    // Nobody gives it any: the process is about to be ended.
    let Ok(event) = given.await else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + shared.timeout;
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", event.id),
        ("lambda-runtime-deadline-ms", deadline.as_millis().to_string()),
        ("lambda-runtime-invoked-function-arn", ARN.to_owned()),
        (
            "lambda-runtime-trace-id",
            format!("Root=1-00000000-{count:024x};Parent=0000000000000000;Sampled=0"),
        ),
    ];
    let answer = (headers, event.body).into_response();
    drop(shared.tell.send(Heard::HandedOver(Instant::now())));
    answer
}

async fn response(State(shared): State<Shared>, Path(id): Path<String>, body: Bytes) -> Response {
    drop(shared.tell.send(Heard::Answer { id, at: Instant::now(), body }));
    accepted()
}

async fn invocation_error(State(shared): State<Shared>, body: Bytes) -> Response {
    drop(shared.tell.send(Heard::Failure { body }));
    accepted()
}

async fn init_error(State(shared): State<Shared>, body: Bytes) -> Response {
    drop(shared.tell.send(Heard::Failure { body }));
    accepted()
}

fn accepted() -> Response {
    (StatusCode::ACCEPTED, [("content-type", "application/json")], "{\"status\":\"OK\"}\n").into_response()
}
