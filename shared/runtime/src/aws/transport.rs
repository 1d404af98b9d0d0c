//! Carries the SDK's requests over HTTP.
//!
//! The SDK's own HTTP client takes trust roots only as certificates, which it would parse anew at every cold start, and
//! would keep a second TLS configuration beside the providers' one. The providers' client takes requests apart that the
//! SDK has just put together, which is a twelfth of what a warm webhook costs.

use std::time::Duration;

use aws_sdk_sqs::config::{HttpClient, RuntimeComponents};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt as _;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as Tcp;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::tls;

/// AWS answers a connect from inside the Region within milliseconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Calls to AWS are retried, so a connection may be kept longer than a provider's.
const IDLE: Duration = Duration::from_secs(20);

#[derive(Clone, Debug)]
pub(crate) struct Transport {
    client: Client<HttpsConnector<Tcp>, SdkBody>,
}

impl Transport {
    /// Follows no redirect and ignores proxy variables.
    pub(super) fn new() -> Result<Self, rustls::Error> {
        let mut tcp = Tcp::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let tls = HttpsConnectorBuilder::new().with_tls_config(tls::client_config()?);
        let connector = tls.https_or_http().enable_http1().wrap_connector(tcp);
        let mut client = Client::builder(TokioExecutor::new());
        client.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE);
        Ok(Self { client: client.build(connector) })
    }

    /// One request outside the SDK. The fault names no address: it may carry a signature.
    /// The answer is read whole, if it has at most `limit` bytes.
    pub(crate) async fn send(
        &self,
        request: http::Request<SdkBody>,
        limit: usize,
    ) -> Result<http::Response<Vec<u8>>, String> {
        let answer = self.client.request(request).await;
        let (head, mut body) = answer
            .map_err(|error| if error.is_connect() { "not connected" } else { "no answer" }.to_owned())?
            .into_parts();
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(chunk) = frame.map_err(|_| "the answer broke off".to_owned())?.into_data() else {
                continue;
            };
            if bytes.len() + chunk.len() > limit {
                return Err("the answer is too large".to_owned());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(http::Response::from_parts(head, bytes))
    }
}

impl HttpClient for Transport {
    // Attempt time-outs are the SDK's own, and the rest is the same for every operation: one connector serves all.
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Transport {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.client.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(invalid)?;
            let (head, body) = client.request(request).await.map_err(failed)?.into_parts();
            // Read whole, so that what breaks off in the middle is tried again.
            let body = body.collect().await.map_err(failed)?.to_bytes();
            HttpResponse::try_from(http::Response::from_parts(head, SdkBody::from(body))).map_err(invalid)
        })
    }
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ConnectorError {
    ConnectorError::user(error.into())
}

// The SDK repeats what failed in transit.
fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ConnectorError {
    ConnectorError::io(error.into())
}
