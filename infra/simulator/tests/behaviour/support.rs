//! A client for the providers' APIs, and a stand-in for the product.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Bytes, to_bytes},
    extract::{Path, Request, State},
    http::{HeaderMap, StatusCode},
    response::Redirect,
    routing::get,
};
use madoguchi_simulator::{Act, Action, Options, Performed, Provider, Simulator, demo};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Graph: code and subcode.
    pub(crate) fn graph_error(&self) -> (i64, Option<i64>) {
        let error = &self.body["error"];
        assert!(error["fbtrace_id"].is_string() && error["type"].is_string(), "{}", self.body);
        (error["code"].as_i64().unwrap(), error["error_subcode"].as_i64())
    }
}

pub(crate) struct Stage {
    pub(crate) simulator: Simulator,
    pub(crate) client: Client,
}

/// A simulator without a product: webhooks are recorded only.
pub(crate) async fn stage() -> Stage {
    stage_with(Options::default()).await
}

pub(crate) async fn stage_with(options: Options) -> Stage {
    Stage { simulator: Simulator::start(options).await.unwrap(), client: client() }
}

pub(crate) fn tls() -> rustls::ClientConfig {
    let roots = rustls::RootCertStore::empty();
    rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

fn client() -> Client {
    Client::builder()
        .tls_backend_preconfigured(tls())
        .no_proxy()
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap()
}

impl Stage {
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.simulator.base_url))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    /// POST to the Graph API with the demo page's token.
    pub(crate) async fn graph_post(&self, path: &str, body: &Value) -> Answer {
        answer(self.request(Method::POST, path).bearer_auth(demo::page_token(demo::PAGE)).json(body)).await
    }

    pub(crate) async fn send(&self, body: &Value) -> Answer {
        self.graph_post(&format!("/v26.0/{}/messages", demo::PAGE), body).await
    }

    /// A plain text inside the window.
    pub(crate) async fn send_text(&self, psid: &str, text: &str) -> Answer {
        let body = json!({"recipient": {"id": psid}, "messaging_type": "RESPONSE", "message": {"text": text, "metadata": text}});
        self.send(&body).await
    }

    pub(crate) async fn line_token(&self) -> String {
        let answer = self.issue_line_token(demo::LINE_SECRET).await;
        answer.body["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn issue_line_token(&self, secret: &str) -> Answer {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", demo::LINE_CHANNEL),
            ("client_secret", secret),
        ];
        answer(self.request(Method::POST, "/oauth2/v3/token").form(&form)).await
    }

    pub(crate) async fn reply(&self, token: &str, reply_token: &str, text: &str) -> Answer {
        let body = json!({"replyToken": reply_token, "messages": [{"type": "text", "text": text}]});
        answer(self.request(Method::POST, "/v2/bot/message/reply").bearer_auth(token).json(&body)).await
    }

    pub(crate) async fn push(&self, token: &str, to: &str, text: &str, key: Option<&str>) -> Answer {
        let body = json!({"to": to, "messages": [{"type": "text", "text": text}]});
        let mut request = self.request(Method::POST, "/v2/bot/message/push").bearer_auth(token).json(&body);
        if let Some(key) = key {
            request = request.header("x-line-retry-key", key);
        }
        answer(request).await
    }

    /// What a customer does on LINE, and the first event of its webhook.
    pub(crate) async fn on_line(&self, customer: &str, action: Action) -> (Performed, Value) {
        let performed = self.simulator.act(act(Provider::Line, customer, action)).await.unwrap();
        let body: Value = serde_json::from_str(&performed.webhook.as_ref().unwrap().body).unwrap();
        let event = body["events"][0].clone();
        (performed, event)
    }

    /// What a customer does on Messenger, and the event of its webhook.
    pub(crate) async fn on_messenger(&self, customer: &str, action: Action) -> (Performed, Value) {
        let performed = self.simulator.act(act(Provider::Messenger, customer, action)).await.unwrap();
        let body: Value = serde_json::from_str(&performed.webhook.as_ref().unwrap().body).unwrap();
        let event = body["entry"][0]["messaging"][0].clone();
        (performed, event)
    }
}

pub(crate) fn act(provider: Provider, customer: &str, action: Action) -> Act {
    Act { provider, account: None, customer: Some(customer.into()), group: None, at_ms: None, action }
}

pub(crate) fn text(text: &str) -> Action {
    Action::Text { text: text.into(), quote: None }
}

/// Serves files by their path, as the product's links do; returns the base address.
pub(crate) async fn files(files: Vec<(&'static str, &'static str, Vec<u8>)>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let router = files.into_iter().fold(Router::new(), |router, (path, kind, bytes)| {
        let serve = async move || ([("content-type", kind)], bytes);
        router.route(path, get(serve))
    });
    // Links of the product lead to where the file is at the moment.
    let router = router.route(
        "/moved/{*path}",
        get(async |Path(path): Path<String>| Redirect::temporary(&format!("/{path}"))),
    );
    let router = router.route("/away", get(async || Redirect::temporary("http://169.254.169.254/latest")));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    base
}

/// The smallest beginning of a PNG, padded.
pub(crate) fn png(size: usize) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.resize(size, 7);
    bytes
}

/// The beginning of an MP4 film, padded.
pub(crate) fn mp4(size: usize) -> Vec<u8> {
    let mut bytes = b"\0\0\0\x18ftypisom".to_vec();
    bytes.resize(size, 7);
    bytes
}

pub(crate) async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await.unwrap();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Answer { status, headers, body }
}

#[derive(Clone)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Received {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Answers every webhook and remembers it; the first few can be refused.
#[derive(Clone, Default)]
pub(crate) struct Product {
    pub(crate) received: Arc<Mutex<Vec<Received>>>,
    refusals: Arc<Mutex<usize>>,
}

impl Product {
    /// Listens; returns itself and its base address.
    pub(crate) async fn start(refusals: usize) -> (Self, String) {
        let product = Self { refusals: Arc::new(Mutex::new(refusals)), ..Self::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(take).with_state(product.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (product, base)
    }

    pub(crate) fn bodies(&self) -> Vec<Value> {
        self.received.lock().unwrap().iter().map(Received::json).collect()
    }

    /// Waits until so many requests have come, whatever they are.
    pub(crate) async fn wait_for_requests(&self, count: usize) {
        for _ in 0..500 {
            if self.received.lock().unwrap().len() >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("only {} of {count} requests came", self.received.lock().unwrap().len());
    }

    /// Waits until so many requests have come, and reads them as JSON.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Value> {
        for _ in 0..500 {
            let bodies = self.bodies();
            if bodies.len() >= count {
                return bodies;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("only {} of {count} requests came", self.bodies().len());
    }
}

async fn take(State(product): State<Product>, request: Request) -> StatusCode {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let path = parts.uri.path().to_owned();
    product.received.lock().unwrap().push(Received { path, headers: parts.headers, body });
    let mut refusals = product.refusals.lock().unwrap();
    if *refusals > 0 {
        *refusals -= 1;
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    StatusCode::OK
}
