//! Secrets Manager and SQS, as far as the API uses them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use madoguchi_runtime::Aws;
use serde_json::{Value, json};

use super::tables;

/// What was stored and sent.
#[derive(Debug)]
pub(crate) struct FakeAws {
    address: SocketAddr,
    secrets: Mutex<BTreeMap<String, String>>,
    /// Scheduled for deletion.
    deleted: Mutex<BTreeMap<String, String>>,
    sent: Mutex<Vec<Value>>,
    failing: Mutex<Option<&'static str>>,
}

impl FakeAws {
    pub(crate) async fn start() -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = Arc::new(Self {
            address: listener.local_addr().unwrap(),
            secrets: Mutex::default(),
            deleted: Mutex::default(),
            sent: Mutex::default(),
            failing: Mutex::default(),
        });
        let app = Router::new().route("/", post(answer)).with_state(Arc::clone(&fake));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        fake
    }

    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn clients(&self) -> Aws {
        tables::clients(self.address())
    }

    /// The secret's current value.
    pub(crate) fn secret(&self, name: &str) -> Value {
        self.secrets.lock().unwrap().get(name).map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
    }

    pub(crate) fn put_secret(&self, name: &str, text: &str) {
        self.secrets.lock().unwrap().insert(name.to_owned(), text.to_owned());
    }

    /// Schedules the secret's deletion, as the check of a connection does whose channels are deleted.
    pub(crate) fn delete_secret(&self, name: &str) {
        let secret = self.secrets.lock().unwrap().remove(name).unwrap();
        self.deleted.lock().unwrap().insert(name.to_owned(), secret);
    }

    /// What was sent to the queue.
    pub(crate) fn sent(&self) -> Vec<Value> {
        self.sent.lock().unwrap().clone()
    }

    /// Refuses every call of `operation` from now on; `None` refuses nothing.
    pub(crate) fn fail(&self, operation: Option<&'static str>) {
        *self.failing.lock().unwrap() = operation;
    }

    fn call(&self, operation: &str, input: &Value) -> Result<Value, &'static str> {
        if *self.failing.lock().unwrap() == Some(operation) {
            return Err("AccessDeniedException");
        }
        let text = |field: &str| input[field].as_str().unwrap().to_owned();
        let mut secrets = self.secrets.lock().unwrap();
        let mut deleted = self.deleted.lock().unwrap();
        match operation {
            "CreateSecret" if deleted.contains_key(&text("Name")) => Err("InvalidRequestException"),
            "GetSecretValue" if deleted.contains_key(&text("SecretId")) => Err("InvalidRequestException"),
            "RestoreSecret" => {
                let secret = deleted.remove(&text("SecretId")).unwrap();
                secrets.insert(text("SecretId"), secret);
                Ok(json!({ "Name": text("SecretId") }))
            }
            "CreateSecret" if secrets.contains_key(&text("Name")) => Err("ResourceExistsException"),
            "CreateSecret" => {
                secrets.insert(text("Name"), text("SecretString"));
                Ok(json!({ "Name": text("Name"), "VersionId": "v" }))
            }
            "GetSecretValue" => match secrets.get(&text("SecretId")) {
                Some(secret) => Ok(json!({ "SecretString": secret, "VersionId": "v" })),
                None => Err("ResourceNotFoundException"),
            },
            "PutSecretValue" => match secrets.get_mut(&text("SecretId")) {
                Some(secret) => {
                    *secret = text("SecretString");
                    Ok(json!({ "VersionId": "v" }))
                }
                None => Err("ResourceNotFoundException"),
            },
            "SendMessage" => {
                self.sent.lock().unwrap().push(input.clone());
                Ok(json!({ "MessageId": "m", "MD5OfMessageBody": "0" }))
            }
            other => panic!("unexpected call of {other}"),
        }
    }
}

async fn answer(State(fake): State<Arc<FakeAws>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers["x-amz-target"].to_str().unwrap();
    let operation = target.rsplit('.').next().unwrap();
    match fake.call(operation, &serde_json::from_slice(&body).unwrap()) {
        Ok(output) => output.to_string().into_response(),
        Err(code) => (StatusCode::BAD_REQUEST, json!({ "__type": code }).to_string()).into_response(),
    }
}
