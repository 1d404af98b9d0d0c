//! What lies in Secrets Manager: a setup's logins until it ends, and a connection's login with the tokens of its Pages.

use std::collections::BTreeMap;
use std::time::Duration;

use madoguchi_credentials::{MessengerSecret, SetupSecret};
use madoguchi_domain::credential::CHECK_EVERY;
use madoguchi_domain::{ChannelId, ChannelKind, ConnectionId, SetupId, Span, Timestamp};
use madoguchi_runtime::secrets::Created;
use madoguchi_runtime::{SecretError, Versioned};
use madoguchi_store::Saved;
use madoguchi_store::directory::{Connection, Lease, Linked};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::ConnectApi;
use crate::ApiError;

/// Longer than what is done under it takes.
const LEASE: Span = Span::from_secs(30);
/// Whoever has the lease is mostly done in a moment.
const PATIENCE: u32 = 20;
const PAUSE: Duration = Duration::from_millis(200);

/// A login with the Pages that it is to reach.
pub(super) struct Grant {
    pub(super) linked: Linked,
    /// The user token and its end, if it is a new one.
    pub(super) renewed: Option<(String, Option<Timestamp>)>,
    /// Page tokens by page id.
    pub(super) pages: BTreeMap<String, String>,
    pub(super) channels: Vec<ChannelId>,
}

impl ConnectApi {
    /// Keeps a login until the setup ends, `besides` the one that was taken over.
    pub(super) async fn keep_login(
        &self,
        setup: SetupId,
        ticket: &str,
        token: &str,
        besides: Option<&str>,
    ) -> Result<(), ApiError> {
        let name = self.names.setup(setup);
        let known = self.readable::<SetupSecret>(&name).await?;
        let mut secret = known.clone().unwrap_or_default();
        secret.logins.retain(|known, _| besides == Some(known));
        secret.logins.insert(ticket.to_owned(), token.to_owned());
        self.put(&name, known.is_none(), &secret).await
    }

    /// Keeps what was entered until the setup ends.
    pub(super) async fn keep_entry(&self, setup: SetupId, secret: &SetupSecret) -> Result<(), ApiError> {
        let name = self.names.setup(setup);
        let is_new = self.readable::<SetupSecret>(&name).await?.is_none();
        self.put(&name, is_new, secret).await
    }

    /// Stores a secret, in place of what is there.
    pub(super) async fn put_new<T: Serialize>(&self, name: &str, secret: &T) -> Result<(), ApiError> {
        let is_new = self.readable::<serde_json::Value>(name).await?.is_none();
        self.put(name, is_new, secret).await
    }

    /// Gives a connection its login and the tokens of further Pages, under the lease that a refresh takes as well: neither
    /// loses what the other wrote. The secret goes first: whoever finds the connection finds it.
    pub(super) async fn grant(
        &self,
        id: ConnectionId,
        grant: &Grant,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let (lease, mut connection) = self.leased(id, grant, now).await?;
        let stored = self.store_grant(id, grant).await;
        if stored.is_ok() {
            for channel in &grant.channels {
                if !connection.channels.contains(channel) {
                    connection.channels.push(*channel);
                }
            }
            for page in grant.pages.keys() {
                if !connection.pages.contains(page) {
                    connection.pages.push(page.clone());
                }
            }
            connection.linked = Some(grant.linked.clone());
            if let Some((_, end)) = &grant.renewed {
                (connection.authorized_at, connection.expires_at) = (now, *end);
            }
            (connection.checked_at, connection.check_at) = (Some(now), now + CHECK_EVERY);
        }
        // Even if it was not stored: the lease must be given back.
        if self.directory.settle_connection(lease, &connection).await? == Saved::Conflict {
            return Err(ApiError::ConnectionBusy);
        }
        stored
    }

    async fn leased(
        &self,
        id: ConnectionId,
        grant: &Grant,
        now: Timestamp,
    ) -> Result<(Lease, Connection), ApiError> {
        if self.directory.connection(id).await?.is_none() {
            // It reaches nothing yet and is not due: should we end here, nobody misses its secret.
            let connection = Connection {
                id,
                kind: ChannelKind::Messenger,
                channels: Vec::new(),
                linked: Some(grant.linked.clone()),
                authorized_at: now,
                expires_at: None,
                pages: Vec::new(),
                checked_at: None,
                check_at: now + CHECK_EVERY,
            };
            let _somebody_was_faster = self.directory.add_connection(&connection).await?;
        }
        for _ in 0..PATIENCE {
            if let Some(leased) = self.directory.lease_connection(id, LEASE, now).await? {
                return Ok(leased);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(ApiError::ConnectionBusy)
    }

    async fn store_grant(&self, id: ConnectionId, grant: &Grant) -> Result<(), ApiError> {
        let name = self.names.connection(ChannelKind::Messenger, id);
        let known = self.readable::<MessengerSecret>(&name).await?;
        let is_new = known.is_none();
        let mut secret = known.unwrap_or_else(|| MessengerSecret {
            user_token: String::new(),
            user_token_expires_at: None,
            pages: BTreeMap::new(),
        });
        if let Some((token, end)) = &grant.renewed {
            secret.user_token.clone_from(token);
            secret.user_token_expires_at = end.map(|end| end.as_ms() / 1000);
        }
        secret.pages.extend(grant.pages.clone());
        self.put(&name, is_new, &secret).await
    }

    /// What nobody can read is replaced.
    async fn readable<T: DeserializeOwned + Clone>(&self, name: &str) -> Result<Option<T>, ApiError> {
        match self.secrets.current::<T>(name).await {
            Ok(known) => Ok(known.as_ref().map(Versioned::expose).cloned()),
            Err(SecretError::Malformed { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn put<T: Serialize>(&self, name: &str, is_new: bool, secret: &T) -> Result<(), ApiError> {
        if is_new && self.secrets.create(name, secret).await? == Created::New {
            return Ok(());
        }
        self.secrets.put(name, secret).await?;
        Ok(())
    }
}
