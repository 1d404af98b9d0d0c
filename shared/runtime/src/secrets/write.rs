//! Writes secrets. A new version is staged first and becomes current in one step that only one of
//! two writers can take.

use aws_sdk_secretsmanager::Client;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{SecretError, Versioned, fetch};

const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";
const PENDING: &str = "AWSPENDING";
/// How long a deleted secret can still be restored: the shortest time that Secrets Manager allows.
const RECOVERY_DAYS: i64 = 7;

/// A value with the version that it was made from.
#[derive(Serialize)]
struct Staged<'a, T> {
    #[serde(flatten)]
    value: &'a T,
    made_from: &'a str,
}

#[derive(Deserialize)]
struct Origin {
    made_from: Option<String>,
}

/// Creates secrets and their versions. Reads past the cache: a writer must see what is there.
#[derive(Clone, Debug)]
pub struct SecretWriter {
    client: Client,
}

/// Whether [`SecretWriter::create`] made the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// It is new.
    New,
    /// There was one of that name, which was left as it is.
    Exists,
}

/// Whether [`SecretWriter::promote`] changed the current version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promotion {
    /// The staged version is current.
    Promoted,
    /// Somebody else replaced the version that this one was made from. Theirs stays.
    Overtaken,
}

impl SecretWriter {
    /// Writes through `client`.
    pub const fn new(client: Client) -> Self {
        Self { client }
    }

    /// Creates the secret `name` with `value` as its current version. One that was scheduled for deletion is kept and
    /// counts as one that exists.
    pub async fn create<T: Serialize>(&self, name: &str, value: &T) -> Result<Created, SecretError> {
        let text = to_text(name, value)?;
        match self.client.create_secret().name(name).secret_string(text).send().await {
            Ok(_) => Ok(Created::New),
            Err(error) => match error.into_service_error() {
                // Whether it is scheduled for deletion is told by one error or the other: the name is taken until then.
                exists if exists.is_resource_exists_exception() => self.restore(name).await,
                scheduled if scheduled.is_invalid_request_exception() => self.restore(name).await,
                source => Err(unreachable(name, source)),
            },
        }
    }

    async fn restore(&self, name: &str) -> Result<Created, SecretError> {
        match self.client.restore_secret().secret_id(name).send().await {
            Ok(_) => Ok(Created::Exists),
            Err(error) => match error.into_service_error() {
                unscheduled if unscheduled.is_invalid_request_exception() => Ok(Created::Exists),
                source => Err(unreachable(name, source)),
            },
        }
    }

    /// Schedules the secret's deletion in [`RECOVERY_DAYS`] days; from now on nobody can read it. Asking again changes
    /// nothing.
    pub async fn schedule_deletion(&self, name: &str) -> Result<(), SecretError> {
        let call = self.client.delete_secret().secret_id(name).recovery_window_in_days(RECOVERY_DAYS);
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.into_service_error() {
                gone if gone.is_resource_not_found_exception() => Ok(()),
                scheduled if scheduled.is_invalid_request_exception() => Ok(()),
                source => Err(unreachable(name, source)),
            },
        }
    }

    /// Destroys the secret at once and for ever: nobody can take that back. Asking again changes nothing.
    pub async fn destroy(&self, name: &str) -> Result<(), SecretError> {
        let call = self.client.delete_secret().secret_id(name).force_delete_without_recovery(true);
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.into_service_error() {
                gone if gone.is_resource_not_found_exception() => Ok(()),
                source => Err(unreachable(name, source)),
            },
        }
    }

    /// Replaces the current version by `value`; returns the new version.
    pub async fn put<T: Serialize>(&self, name: &str, value: &T) -> Result<String, SecretError> {
        self.put_at(name, value, CURRENT).await
    }

    /// Adds `value`, a JSON object, as the pending version in place of an earlier pending one; returns its version. It is
    /// noted in it that it was made from the version `made_from`.
    pub async fn stage<T: Serialize>(
        &self,
        name: &str,
        value: &T,
        made_from: &str,
    ) -> Result<String, SecretError> {
        self.put_at(name, &Staged { value, made_from }, PENDING).await
    }

    /// The current version; `None` if there is no such secret.
    pub async fn current<T: DeserializeOwned>(
        &self,
        name: &str,
    ) -> Result<Option<Versioned<T>>, SecretError> {
        let fetched = fetch(&self.client, name, None).await?;
        fetched.map(|fetched| fetched.parse(name)).transpose()
    }

    /// The version that was current before, as long as it can be read.
    pub async fn previous<T: DeserializeOwned>(
        &self,
        name: &str,
    ) -> Result<Option<Versioned<T>>, SecretError> {
        let fetched = fetch(&self.client, name, Some(PREVIOUS)).await?;
        fetched.map(|fetched| fetched.parse(name)).transpose()
    }

    /// A version that was staged and made from the current one, but never became it: its writer was interrupted.
    pub async fn pending<T: DeserializeOwned>(
        &self,
        name: &str,
        current: &str,
    ) -> Result<Option<Versioned<T>>, SecretError> {
        let Some(fetched) = fetch(&self.client, name, Some(PENDING)).await? else { return Ok(None) };
        // The label stays on a version that became current, also once another one has taken its place.
        let origin = fetched.parse::<Origin>(name)?;
        if origin.expose().made_from.as_deref() != Some(current) {
            return Ok(None);
        }
        fetched.parse(name).map(Some)
    }

    /// Makes the version `staged` current if `current` still is. Secrets Manager checks that in the
    /// same step, so of two refreshes of one credential only the first counts.
    pub async fn promote(&self, name: &str, current: &str, staged: &str) -> Result<Promotion, SecretError> {
        let call = self
            .client
            .update_secret_version_stage()
            .secret_id(name)
            .version_stage(CURRENT)
            .remove_from_version_id(current)
            .move_to_version_id(staged);
        match call.send().await {
            Ok(_) => Ok(Promotion::Promoted),
            Err(error) => match error.into_service_error() {
                moved if moved.is_invalid_parameter_exception() => Ok(Promotion::Overtaken),
                source => Err(unreachable(name, source)),
            },
        }
    }

    async fn put_at<T: Serialize>(&self, name: &str, value: &T, stage: &str) -> Result<String, SecretError> {
        let text = to_text(name, value)?;
        let call = self.client.put_secret_value().secret_id(name).secret_string(text).version_stages(stage);
        let answer = call.send().await.map_err(|error| unreachable(name, error.into_service_error()))?;
        Ok(answer.version_id.unwrap_or_default())
    }
}

fn to_text<T: Serialize>(name: &str, value: &T) -> Result<String, SecretError> {
    serde_json::to_string(value).map_err(|source| unreachable(name, source))
}

fn unreachable(name: &str, source: impl std::error::Error + Send + Sync + 'static) -> SecretError {
    SecretError::Unreachable { name: name.to_owned(), source: source.into() }
}
