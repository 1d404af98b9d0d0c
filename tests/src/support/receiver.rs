//! Another system that is told what happens.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::server::serve;

/// One call of it.
#[derive(Clone, Debug)]
pub struct Told {
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came; what is no text is replaced.
    pub body: String,
}

impl Told {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The text of a header.
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

/// A receiver and what it was told. Clones share everything.
#[derive(Clone)]
pub struct Receiver {
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    told: Vec<Told>,
    /// What it answers next, before it takes everything.
    answers: VecDeque<u16>,
    /// What it answers to everything.
    always: Option<u16>,
    /// What it says when it takes something.
    words: Option<String>,
    /// What its answers wait for.
    gate: Option<Arc<Semaphore>>,
}

impl Receiver {
    /// Starts one that takes everything.
    pub async fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let router = Router::new().fallback(move |headers: HeaderMap, body: Bytes| async move {
            let gate = {
                let mut state = shared.lock().unwrap();
                state.told.push(Told { headers, body: String::from_utf8_lossy(&body).into_owned() });
                state.gate.clone()
            };
            if let Some(gate) = gate {
                gate.acquire().await.unwrap().forget();
            }
            let mut state = shared.lock().unwrap();
            let status = state.answers.pop_front().or(state.always).unwrap_or(204);
            let words = match (&state.words, status) {
                (Some(words), 204) => return (StatusCode::OK, words.clone()),
                (_, 204) => "",
                _ => "not now",
            };
            (StatusCode::from_u16(status).unwrap(), words.to_owned())
        });
        Self { url: format!("{}/hook", serve(router).await), state }
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Takes what it was told so far, in order.
    pub fn take(&self) -> Vec<Told> {
        std::mem::take(&mut self.state().told)
    }

    /// Answers these to the next calls.
    pub fn answer_next(&self, answers: &[u16]) {
        self.state().answers.extend(answers);
    }

    /// Answers this to all calls; `None` = takes everything.
    pub fn answer(&self, status: Option<u16>) {
        self.state().always = status;
    }

    /// Says this whenever it takes something.
    pub fn say(&self, words: impl Into<String>) {
        self.state().words = Some(words.into());
    }

    /// Lets answers wait: each takes a permit of what is returned.
    pub fn hold(&self) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        self.state().gate = Some(Arc::clone(&gate));
        gate
    }

    /// Waits until it has been called, for ten seconds at most.
    pub async fn is_called(&self) {
        for _ in 0..2_000 {
            if !self.state().told.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("nobody called");
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}
