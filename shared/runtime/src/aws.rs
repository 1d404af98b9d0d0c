//! AWS clients with static configuration: no profile files, no metadata service, no discovery.

use std::time::Duration;

use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, StalledStreamProtectionConfig,
};
use aws_types::SdkConfig;

use crate::bucket::{Bucket, Signer};
use crate::clock::Clock;
use crate::connections::Connections;
use crate::http::HttpError;
use crate::mail::Mailer;
use crate::secrets::Secret;

pub(crate) mod transport;

/// What Lambda puts into the environment of a function, and the local endpoint if there is one.
#[derive(Clone, Debug)]
pub struct AwsConfig {
    /// `AWS_REGION`.
    pub region: String,
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: Secret<String>,
    /// `AWS_SESSION_TOKEN`; long-lived keys have none.
    pub session_token: Option<Secret<String>>,
    /// `AWS_ENDPOINT_URL`: one endpoint for every service, as local emulators have it.
    pub endpoint_url: Option<String>,
}

/// One attempt. A slower answer is more often lost than late, and the webhook's sender waits 2 s.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(2_500);
/// All attempts of one operation.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(8);
const MAX_ATTEMPTS: u32 = 3;
/// An e-mail: long, since one whose answer is not waited for would be sent again.
const MAIL_TIMEOUT: Duration = Duration::from_secs(15);

/// Makes clients that share connections, credentials and time-outs.
#[derive(Clone, Debug)]
pub struct Aws {
    sdk: SdkConfig,
    transport: transport::Transport,
    config: AwsConfig,
}

impl Aws {
    /// Sets up the transport. Nothing is called yet.
    pub fn new(config: AwsConfig) -> Result<Self, HttpError> {
        let credentials = Credentials::new(
            config.access_key_id.clone(),
            config.secret_access_key.expose().clone(),
            config.session_token.as_ref().map(|token| token.expose().clone()),
            // Lambda replaces the environment before its credentials run out.
            None,
            "environment",
        );
        let transport = transport::Transport::new()?;
        let mut sdk = SdkConfig::builder()
            // By date, so that a new SDK cannot change retries or time-outs silently.
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(config.region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(transport.clone())
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(MAX_ATTEMPTS)
                    .with_initial_backoff(Duration::from_millis(50))
                    .with_max_backoff(Duration::from_secs(1)),
            )
            .timeout_config(
                TimeoutConfig::builder()
                    .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                    .operation_timeout(OPERATION_TIMEOUT)
                    .build(),
            )
            // Bodies are read whole within the attempt's time-out.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        sdk.set_endpoint_url(config.endpoint_url.clone());
        Ok(Self { sdk: sdk.build(), transport, config })
    }

    /// The same with other limits, for a caller that somebody waits for: `attempt` for one try of
    /// an operation, `operation` for all of its tries.
    #[must_use]
    pub fn within(&self, attempt: Duration, operation: Duration) -> Self {
        let timeouts =
            TimeoutConfig::builder().operation_attempt_timeout(attempt).operation_timeout(operation).build();
        Self { sdk: self.sdk.to_builder().timeout_config(timeouts).build(), ..self.clone() }
    }

    /// A client for DynamoDB.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.sdk)
    }

    /// A client for SQS.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.sdk)
    }

    /// Access to the bucket called `name`.
    pub fn bucket(&self, name: impl Into<String>, clock: Clock) -> Bucket {
        let AwsConfig { region, access_key_id, secret_access_key, session_token, endpoint_url } =
            self.config.clone();
        let signer = Signer::new(
            name.into(),
            region,
            endpoint_url.as_deref(),
            access_key_id,
            secret_access_key,
            session_token,
        );
        Bucket::new(self.transport.clone(), signer, clock)
    }

    /// The clients that are connected to the WebSocket API `api`.
    pub fn connections(&self, api: &str, clock: Clock) -> Connections {
        Connections::new(self.transport.clone(), self.config.clone(), api, clock)
    }

    /// Sends e-mail as `from`. Nothing is tried twice here: an attempt whose answer is lost may have been delivered.
    pub fn mailer(&self, from: impl Into<String>) -> Mailer {
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(MAIL_TIMEOUT)
            .operation_timeout(MAIL_TIMEOUT)
            .build();
        let config = aws_sdk_sesv2::config::Builder::from(&self.sdk)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts);
        Mailer::new(aws_sdk_sesv2::Client::from_conf(config.build()), from.into())
    }

    /// A client for Secrets Manager.
    pub fn secrets(&self) -> aws_sdk_secretsmanager::Client {
        aws_sdk_secretsmanager::Client::new(&self.sdk)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use serde_json::json;

    use super::*;
    use crate::fake_aws;

    #[tokio::test]
    async fn a_passing_fault_is_tried_again() {
        let (aws, calls) = fake_aws::start(|_, _, before| match before {
            0 => (500, json!({"__type": "InternalServerError"})),
            _ => (200, json!({"TableNames": ["inbox"]})),
        })
        .await;
        let tables = aws.dynamodb().list_tables().send().await.unwrap();
        assert_eq!(tables.table_names(), ["inbox"]);
        assert_eq!(calls.lock().unwrap().len(), 2);
    }

    #[tokio::test]
    async fn a_refusal_is_not_tried_again() {
        let (aws, calls) =
            fake_aws::start(|_, _, _| (400, json!({"__type": "ResourceNotFoundException"}))).await;
        let error = aws.secrets().get_secret_value().secret_id("s").send().await.unwrap_err();
        assert!(error.into_service_error().is_resource_not_found_exception());
        assert_eq!(calls.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn an_endpoint_that_never_answers_costs_a_bounded_time() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let aws = Aws::new(fake_aws::config(endpoint)).unwrap();
        let aws = aws.within(Duration::from_millis(40), Duration::from_millis(400));
        let started = Instant::now();
        aws.sqs().send_message().queue_url("q").message_body("b").send().await.unwrap_err();
        assert!(started.elapsed() < ATTEMPT_TIMEOUT);
    }
}
