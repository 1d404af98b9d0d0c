//! Another system that is told what happens.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;

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
}

impl Receiver {
    /// Starts one that takes everything.
    pub async fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let router = Router::new().fallback(move |headers: HeaderMap, body: Bytes| async move {
            let mut state = shared.lock().unwrap();
            state.told.push(Told { headers, body: String::from_utf8_lossy(&body).into_owned() });
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

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}
