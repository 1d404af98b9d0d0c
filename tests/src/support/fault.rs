//! A proxy in front of any endpoint that breaks things at a chosen request.
//!
//! A crash test runs a handler until it has died between each pair of its effects, and then again:
//!
//! ```no_run
//! # use madoguchi_tests::support::fault::{Fault, Faults};
//! # async fn handler() {}
//! # async fn test() {
//! for at in 1.. {
//!     let faults = Faults::new();
//!     // … start the world behind `faults.proxy(…)` …
//!     faults.arm(at, Fault::CrashAfter);
//!     let finished = faults.until_crash(handler()).await.is_some();
//!     handler().await;
//!     // … nothing is lost, nothing is there twice …
//!     if finished {
//!         break;
//!     }
//! }
//! # }
//! ```

use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use reqwest::redirect::Policy;
use tokio::sync::watch;

use super::capacity::{self, Capacity};
use super::server::serve;

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The caller dies before the request has any effect.
    CrashBefore,
    /// The request takes effect; the caller dies before it hears of that.
    CrashAfter,
    /// The request has no effect and is answered with this status and body.
    Refuse(u16, String),
    /// The request takes effect and is answered with 503.
    LoseAnswer,
}

/// Counts what passes all of its proxies, and breaks one request of it. Clones share everything.
#[derive(Clone)]
pub struct Faults {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    crashed: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    effects: Vec<String>,
    requests: Vec<String>,
    plan: Option<Plan>,
    capacity: Capacity,
}

struct Plan {
    operation: Option<String>,
    /// How many matching effects are let through before the fault.
    skip: usize,
    fault: Fault,
}

enum Verdict {
    Pass,
    Break(Fault),
    /// The caller is dead; what it still sends goes nowhere.
    Dead,
}

impl Default for Faults {
    fn default() -> Self {
        Self::new()
    }
}

impl Faults {
    /// Nothing is broken yet.
    pub fn new() -> Self {
        Self { shared: Arc::new(Shared { state: Mutex::default(), crashed: watch::Sender::new(false) }) }
    }

    /// Starts a proxy for `upstream` and returns its address.
    pub async fn proxy(&self, upstream: &str) -> String {
        let client = reqwest::Client::builder().no_proxy().redirect(Policy::none());
        // A connection per request: one that the upstream closed would look like a fault.
        let client = client
            .tls_backend_preconfigured(madoguchi_runtime::tls::client_config().unwrap())
            .pool_max_idle_per_host(0)
            .build()
            .unwrap();
        let (faults, upstream) = (self.clone(), upstream.trim_end_matches('/').to_owned());
        let router = Router::new().fallback(move |request: Request| async move {
            let (parts, body) = request.into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap();
            let forwarded = Forwarded {
                url: format!("{upstream}{}", parts.uri),
                operation: operation(&parts.method, parts.uri.path(), &parts.headers),
                method: parts.method,
                headers: parts.headers,
                body,
            };
            faults.handle(&client, forwarded).await
        });
        serve(router).await
    }

    /// Breaks the `at`-th effect from now on, counting from 1. A request that only reads is not an
    /// effect.
    pub fn arm(&self, at: usize, fault: Fault) {
        self.state().plan = Some(Plan { operation: None, skip: at - 1, fault });
    }

    /// Breaks the `at`-th call of `operation` (such as `SendMessageBatch` or `POST /v2/bot/message/push`).
    pub fn arm_on(&self, operation: &str, at: usize, fault: Fault) {
        self.state().plan = Some(Plan { operation: Some(operation.to_owned()), skip: at - 1, fault });
    }

    /// Runs `work` until the armed crash happens, which drops it where it stands. `None` means that
    /// it died; afterwards nothing is armed.
    pub async fn until_crash<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut crashed = self.shared.crashed.subscribe();
        let outcome = tokio::select! {
            biased;
            _ = crashed.wait_for(|crashed| *crashed) => None,
            output = work => Some(output),
        };
        self.state().plan = None;
        self.shared.crashed.send_replace(false);
        outcome
    }

    /// The operations that were effects, in order, the broken one included.
    pub fn effects(&self) -> Vec<String> {
        self.state().effects.clone()
    }

    /// All operations, in order.
    pub fn requests(&self) -> Vec<String> {
        self.state().requests.clone()
    }

    /// Forgets what was counted so far and returns the table capacity that it consumed.
    pub fn take_capacity(&self) -> Capacity {
        let mut state = self.state();
        state.effects.clear();
        state.requests.clear();
        std::mem::take(&mut state.capacity)
    }

    async fn handle(&self, client: &reqwest::Client, mut request: Forwarded) -> Response {
        match self.judge(&request) {
            Verdict::Pass => self.forward(client, &mut request).await,
            Verdict::Dead => pending().await,
            Verdict::Break(Fault::CrashBefore) => self.crash().await,
            Verdict::Break(Fault::CrashAfter) => {
                self.forward(client, &mut request).await;
                self.crash().await
            }
            Verdict::Break(Fault::Refuse(status, body)) => {
                (StatusCode::from_u16(status).unwrap(), body).into_response()
            }
            Verdict::Break(Fault::LoseAnswer) => {
                self.forward(client, &mut request).await;
                StatusCode::SERVICE_UNAVAILABLE.into_response()
            }
        }
    }

    fn judge(&self, request: &Forwarded) -> Verdict {
        if *self.shared.crashed.borrow() {
            return Verdict::Dead;
        }
        let mut state = self.state();
        state.requests.push(request.operation.clone());
        let is_effect = request.is_effect();
        if is_effect {
            state.effects.push(request.operation.clone());
        }
        let named = |plan: &Plan| match &plan.operation {
            Some(operation) => *operation == request.operation,
            None => is_effect,
        };
        match state.plan.as_mut().filter(|plan| named(plan)) {
            None => Verdict::Pass,
            Some(plan) if plan.skip > 0 => {
                plan.skip -= 1;
                Verdict::Pass
            }
            Some(_) => state.plan.take().map_or(Verdict::Pass, |plan| Verdict::Break(plan.fault)),
        }
    }

    async fn forward(&self, client: &reqwest::Client, request: &mut Forwarded) -> Response {
        let metered = capacity::ask(&request.operation, &mut request.body);
        let mut headers = request.headers.clone();
        for hop in [header::HOST, header::CONTENT_LENGTH, header::CONNECTION, header::TRANSFER_ENCODING] {
            headers.remove(hop);
        }
        let call = client.request(request.method.clone(), &request.url).headers(headers);
        let answer = match call.body(request.body.clone()).send().await {
            Ok(answer) => answer,
            Err(error) => return (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
        };
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        let Ok(body) = answer.bytes().await else { return StatusCode::BAD_GATEWAY.into_response() };
        if metered {
            self.state().capacity.add(&request.operation, &body);
        }
        // A checksum of the body stays right: the body is passed on as it came.
        headers.remove(header::TRANSFER_ENCODING);
        headers.remove(header::CONTENT_LENGTH);
        (status, headers, Body::from(body)).into_response()
    }

    async fn crash(&self) -> Response {
        self.shared.crashed.send_replace(true);
        pending().await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap()
    }
}

struct Forwarded {
    operation: String,
    url: String,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
}

impl Forwarded {
    fn is_effect(&self) -> bool {
        const READS: [&str; 9] =
            ["BatchGet", "Describe", "Get", "List", "Query", "Scan", "TransactGet", "GET ", "HEAD "];
        !READS.iter().any(|read| self.operation.starts_with(read))
    }
}

/// An AWS operation by its name, anything else by method and path.
fn operation(method: &Method, path: &str, headers: &HeaderMap) -> String {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok());
    match target.and_then(|target| target.rsplit('.').next()) {
        Some(operation) => operation.to_owned(),
        None => format!("{method} {path}"),
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::post;

    use super::*;

    /// An endpoint that counts its visits, behind a proxy.
    async fn world() -> (Faults, String, Arc<Mutex<usize>>) {
        let visits = Arc::new(Mutex::new(0));
        let counter = Arc::clone(&visits);
        let visit = move |body: String| async move {
            *counter.lock().unwrap() += 1;
            body
        };
        let upstream = serve(Router::new().route("/send", post(visit).get("read"))).await;
        let faults = Faults::new();
        let url = faults.proxy(&upstream).await;
        (faults, format!("{url}/send?x=1"), visits)
    }

    fn client() -> reqwest::Client {
        madoguchi_runtime::http::provider_client().unwrap()
    }

    /// Reads, sends twice, and returns what the second answer said.
    async fn work(url: &str) -> String {
        client().get(url).send().await.unwrap();
        client().post(url).body("one").send().await.unwrap();
        let answer = client().post(url).body("two").send().await.unwrap();
        format!("{} {}", answer.status().as_u16(), answer.text().await.unwrap())
    }

    #[tokio::test]
    async fn without_a_fault_requests_pass() {
        let (faults, url, visits) = world().await;
        assert_eq!(faults.until_crash(work(&url)).await.unwrap(), "200 two");
        assert_eq!(faults.requests(), ["GET /send", "POST /send", "POST /send"]);
        assert_eq!(faults.effects(), ["POST /send", "POST /send"]);
        assert_eq!(*visits.lock().unwrap(), 2);
    }

    #[tokio::test]
    async fn each_fault_breaks_the_effect_it_was_armed_for() {
        let table = [
            (Fault::CrashBefore, 1, None, 0),
            (Fault::CrashAfter, 1, None, 1),
            (Fault::CrashBefore, 2, None, 1),
            (Fault::CrashAfter, 2, None, 2),
            (Fault::CrashAfter, 3, Some("200 two"), 2),
            (Fault::Refuse(429, "slow down".into()), 2, Some("429 slow down"), 1),
            (Fault::LoseAnswer, 2, Some("503 "), 2),
        ];
        for (fault, at, output, effects) in table {
            let (faults, url, visits) = world().await;
            faults.arm(at, fault.clone());
            assert_eq!(faults.until_crash(work(&url)).await.as_deref(), output, "{fault:?} {at}");
            assert_eq!(*visits.lock().unwrap(), effects, "{fault:?} {at}");
            // Whoever comes afterwards finds everything in order.
            assert_eq!(faults.until_crash(work(&url)).await.unwrap(), "200 two");
        }
    }

    #[tokio::test]
    async fn a_named_operation_can_be_broken_even_if_it_reads() {
        let (faults, url, _) = world().await;
        faults.arm_on("GET /send", 1, Fault::CrashBefore);
        assert_eq!(faults.until_crash(work(&url)).await, None);
        assert_eq!(faults.requests(), ["GET /send"]);
    }

    #[tokio::test]
    async fn what_the_dead_still_send_goes_nowhere() {
        let (faults, url, visits) = world().await;
        faults.arm(1, Fault::CrashBefore);
        let both = async { tokio::join!(work(&url), work(&url)) };
        assert_eq!(faults.until_crash(both).await, None);
        assert!(*visits.lock().unwrap() <= 1);
    }
}
