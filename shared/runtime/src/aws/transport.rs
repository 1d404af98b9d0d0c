//! Carries the SDK's requests over the shared HTTP client.
//!
//! The SDK's own HTTP client takes trust roots only as certificates, which it would parse anew at
//! every cold start, and would keep a second TLS configuration beside the providers' one.

use aws_sdk_sqs::config::{HttpClient, RuntimeComponents};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use reqwest::{Client, Method, Url};

#[derive(Clone, Debug)]
pub(super) struct Transport {
    client: Client,
}

impl Transport {
    pub(super) const fn new(client: Client) -> Self {
        Self { client }
    }
}

impl HttpClient for Transport {
    // Connect and attempt time-outs are the same for every operation, so one connector serves all.
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Transport {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.client.clone();
        HttpConnectorFuture::new(async move {
            let request = outgoing(&request)?;
            let response = client.execute(request).await.map_err(failed)?;
            incoming(response).await
        })
    }
}

fn outgoing(request: &HttpRequest) -> Result<reqwest::Request, ConnectorError> {
    let method = Method::from_bytes(request.method().as_bytes()).map_err(invalid)?;
    let url = Url::parse(request.uri()).map_err(invalid)?;
    let mut outgoing = reqwest::Request::new(method, url);
    for (name, value) in request.headers() {
        let name = reqwest::header::HeaderName::from_bytes(name.as_bytes()).map_err(invalid)?;
        let value = reqwest::header::HeaderValue::from_bytes(value.as_bytes()).map_err(invalid)?;
        outgoing.headers_mut().append(name, value);
    }
    // None of the services that we call is sent a stream.
    let body = request.body().bytes().ok_or_else(|| invalid("the body is a stream"))?;
    *outgoing.body_mut() = Some(body.to_vec().into());
    Ok(outgoing)
}

async fn incoming(response: reqwest::Response) -> Result<HttpResponse, ConnectorError> {
    let status = response.status().as_u16().try_into().map_err(invalid)?;
    let headers = response.headers().clone();
    let body = response.bytes().await.map_err(failed)?;
    let mut incoming = HttpResponse::new(status, SdkBody::from(body));
    for (name, value) in &headers {
        // A header that is not text means nothing to the SDK.
        if let Ok(value) = value.to_str() {
            incoming.headers_mut().append(name.as_str().to_owned(), value.to_owned());
        }
    }
    Ok(incoming)
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ConnectorError {
    ConnectorError::user(error.into())
}

// The SDK repeats what timed out and what failed in transit.
fn failed(error: reqwest::Error) -> ConnectorError {
    if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else if error.is_builder() {
        ConnectorError::user(error.into())
    } else {
        ConnectorError::io(error.into())
    }
}
