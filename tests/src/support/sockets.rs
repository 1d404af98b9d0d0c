//! API Gateway's side of a WebSocket API: the connections that are open, and what they were told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::Value;

use super::server::serve;

/// The id of the API.
pub const API: &str = "live1234";

/// The management API. Clones share everything.
#[derive(Clone)]
pub struct Sockets {
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// What each open connection was told and has not been taken yet.
    open: BTreeMap<String, Vec<Value>>,
    /// Those that are neither told nor ended.
    stuck: Vec<String>,
    /// Those of which API Gateway says nothing at all.
    hanging: Vec<String>,
    posts: usize,
}

impl Sockets {
    /// Starts an endpoint without connections.
    pub async fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let router = Router::new().fallback(
            move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| async move {
                let signed = headers["authorization"].to_str().unwrap();
                assert!(signed.starts_with("AWS4-HMAC-SHA256 Credential="), "{signed}");
                let prefix = format!("/_aws/execute-api/{API}/live/%40connections/");
                let id = uri.path().strip_prefix(&prefix).expect("a path of the management API");
                if shared.lock().unwrap().hanging.iter().any(|hanging| hanging == id) {
                    return std::future::pending().await;
                }
                shared.lock().unwrap().answer(&method, id, &body)
            },
        );
        Self { url: serve(router).await, state }
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// API Gateway has this connection.
    pub fn open(&self, id: &str) {
        self.state().open.insert(id.to_owned(), Vec::new());
    }

    /// The connection is gone, and nobody is told.
    pub fn drop_silently(&self, id: &str) {
        self.state().open.remove(id);
    }

    /// The connection can be neither told nor ended, or can be again.
    pub fn set_stuck(&self, id: &str, stuck: bool) {
        let mut state = self.state();
        state.stuck.retain(|of| of != id);
        if stuck {
            state.stuck.push(id.to_owned());
        }
    }

    /// Calls for the connection are not answered from now on.
    pub fn hang(&self, id: &str) {
        self.state().hanging.push(id.to_owned());
    }

    /// Whether it is open.
    pub fn is_open(&self, id: &str) -> bool {
        self.state().open.contains_key(id)
    }

    /// Takes what a connection was told.
    pub fn take(&self, id: &str) -> Vec<Value> {
        self.state().open.get_mut(id).map(std::mem::take).unwrap_or_default()
    }

    /// How often anything was posted.
    pub fn posts(&self) -> usize {
        self.state().posts
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl State {
    fn answer(&mut self, method: &Method, id: &str, body: &[u8]) -> StatusCode {
        if self.stuck.iter().any(|stuck| stuck == id) {
            return StatusCode::FORBIDDEN;
        }
        if method == Method::DELETE {
            return self.open.remove(id).map_or(StatusCode::GONE, |_| StatusCode::NO_CONTENT);
        }
        self.posts += 1;
        match self.open.get_mut(id) {
            None => StatusCode::GONE,
            Some(told) => {
                told.push(serde_json::from_slice(body).unwrap());
                StatusCode::OK
            }
        }
    }
}
