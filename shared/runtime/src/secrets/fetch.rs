//! Reads one secret.

use aws_sdk_secretsmanager::Client;
use serde::de::DeserializeOwned;

use super::{Secret, SecretError, Versioned};

/// A secret as it was read.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) version: String,
    text: Secret<String>,
}

/// Reads the version at `stage` (the current one if `None`) of the secret `name`.
pub(super) async fn fetch(
    client: &Client,
    name: &str,
    stage: Option<&str>,
) -> Result<Option<Fetched>, SecretError> {
    let call = client.get_secret_value().secret_id(name).set_version_stage(stage.map(str::to_owned));
    match call.send().await {
        Ok(answer) => Ok(Some(Fetched {
            version: answer.version_id.unwrap_or_default(),
            text: Secret::new(answer.secret_string.unwrap_or_default()),
        })),
        Err(error) => match error.into_service_error() {
            missing if missing.is_resource_not_found_exception() => Ok(None),
            // Here it has one meaning: the secret is scheduled for deletion (Secrets Manager API reference).
            scheduled if scheduled.is_invalid_request_exception() => Ok(None),
            source => Err(SecretError::Unreachable { name: name.to_owned(), source: source.into() }),
        },
    }
}

impl Fetched {
    pub(super) fn parse<T: DeserializeOwned>(&self, name: &str) -> Result<Versioned<T>, SecretError> {
        match serde_json::from_str(self.text.expose()) {
            Ok(value) => Ok(Versioned { value: Secret::new(value), version: self.version.clone() }),
            Err(error) => Err(SecretError::Malformed {
                name: name.to_owned(),
                line: error.line(),
                column: error.column(),
            }),
        }
    }
}
