//! An AWS endpoint that answers as a closure says, for the tests of this crate.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::{Aws, AwsConfig, Secret};

/// Operation and input of every call, in order.
pub(crate) type Calls = Arc<Mutex<Vec<(String, Value)>>>;

/// Starts the endpoint and returns clients for it. `answer` gets the operation (such as
/// `GetSecretValue`), its input and how many calls there were before.
pub(crate) async fn start<A>(answer: A) -> (Aws, Calls)
where
    A: Fn(&str, &Value, usize) -> (u16, Value) + Send + Sync + 'static,
{
    let calls = Calls::default();
    let (seen, answer) = (Arc::clone(&calls), Arc::new(answer));
    let endpoint = Router::new().fallback(move |headers: HeaderMap, body: Bytes| async move {
        let target = headers["x-amz-target"].to_str().unwrap();
        let operation = target.rsplit('.').next().unwrap().to_owned();
        let input: Value = serde_json::from_slice(&body).unwrap();
        let before = seen.lock().unwrap().len();
        seen.lock().unwrap().push((operation.clone(), input.clone()));
        let (status, output) = answer(&operation, &input, before);
        (StatusCode::from_u16(status).unwrap(), output.to_string())
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, endpoint).await });
    (Aws::new(config(format!("http://{address}"))).unwrap(), calls)
}

pub(crate) fn config(endpoint: String) -> AwsConfig {
    AwsConfig {
        region: "eu-central-1".into(),
        access_key_id: "test".into(),
        secret_access_key: Secret::new("test".into()),
        session_token: None,
        endpoint_url: Some(endpoint),
    }
}
