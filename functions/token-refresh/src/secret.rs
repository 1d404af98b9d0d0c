//! Reading secrets for a check, past every cache.

use madoguchi_credentials::MetaAppSecret;
use madoguchi_domain::Timestamp;
use madoguchi_domain::credential::Cause;
use madoguchi_runtime::{SecretError, Versioned};
use serde::de::DeserializeOwned;

use crate::TokenRefresh;
use crate::outcome::{Fault, Stop};
use crate::rules::Trouble;

impl TokenRefresh {
    /// A connection's credential. Without a readable one the remedy is that of `cause`: to enter it
    /// again.
    pub(crate) async fn credential<T: DeserializeOwned>(
        &self,
        name: &str,
        cause: Cause,
    ) -> Result<Versioned<T>, Stop> {
        match self.secrets.current(name).await {
            Ok(Some(found)) => Ok(found),
            Ok(None) => Err(Trouble::broken(cause, "no secret").into()),
            Err(SecretError::Malformed { .. }) => Err(Trouble::broken(cause, "secret not readable").into()),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn meta_app(&self) -> Result<MetaAppSecret, Fault> {
        let name = self.names.meta_app();
        let found = self.secrets.current::<MetaAppSecret>(&name).await?;
        found.map(|found| found.expose().clone()).ok_or(Fault::NoMetaApp(name))
    }
}

/// The noted end of a user token: seconds in the secret.
pub(crate) fn noted_end(seconds: Option<i64>) -> Option<Timestamp> {
    seconds.map(|seconds| Timestamp::from_ms(seconds.saturating_mul(1000)))
}
