//! The account of a setup becomes a channel. Secret, connection, the provider's webhooks, channel, in this order: after a
//! crash between any two of them the setup can be finished again. The secret goes before the webhooks, for LINE tries our
//! address out with a signature at once.

use madoguchi_credentials::{AccountSecret, SetupSecret};
use madoguchi_domain::credential::CHECK_EVERY;
use madoguchi_domain::setup::SetupRefused;
use madoguchi_domain::setup::keyed::{Entered, Keyed};
use madoguchi_domain::{Channel, ChannelHealth, ChannelId, ConnectionId, Setup, Timestamp, organisation};
use madoguchi_store::Saved;
use madoguchi_store::directory::Connection;

use super::ConnectApi;
use crate::ApiError;
use crate::auth::Operator;

impl ConnectApi {
    /// Connects the account; returns what became of it.
    pub(super) async fn connect_account(
        &self,
        setup: &Setup,
        keyed: &Keyed,
        administrator: &Operator,
    ) -> Result<Keyed, ApiError> {
        let account = keyed.entered.clone().ok_or(SetupRefused::CredentialsNeeded)?;
        let secret = self.secrets.current::<SetupSecret>(&self.names.setup(setup.id)).await?;
        let entry = secret.and_then(|secret| secret.expose().entry.clone());
        let entry = entry.ok_or(SetupRefused::CredentialsNeeded)?;
        let (id, now) = (ChannelId::derive(setup.kind, &account.external_id), self.clock.now());
        let deleted = match self.directory.channel(id).await? {
            // Finished again after a crash.
            Some(channel) if !channel.status.is_deleted() => {
                let is_ours = channel.installer.as_ref() == Some(&administrator.id)
                    && channel.created_at >= setup.started_at;
                if is_ours {
                    return Ok(Keyed { channel: Some(id), entered: Some(account) });
                }
                return Err(ApiError::ChannelExists);
            }
            Some(_) if !account.resume => return Err(ApiError::ChannelDeleted),
            deleted => deleted,
        };
        self.has_room(setup).await?;
        let connection = ConnectionId::from(id);
        self.store_entry(setup, connection, id, &entry, now).await?;
        let address = self.webhook_address(&entry, id);
        let notes = self.point_webhooks(&entry, &account.external_id, &address).await?;
        let channel = Channel {
            brand: setup.brand.at(),
            department: setup.department.at(),
            installer: Some(administrator.id.clone()),
            // The calls were answered a moment ago.
            health: ChannelHealth::Healthy { since: now },
            account_notes: notes.clone(),
            ..Channel::new(setup.kind, &*account.name, &*account.external_id, connection, now)
        };
        let saved = match deleted {
            None => self.directory.add_channel(&channel).await?,
            Some(deleted) => {
                let channel = self.resumed(channel, &deleted).await?;
                let saved = self.directory.resume_channel(&channel, &deleted).await?;
                if saved == Saved::Done {
                    let _healthy_already = self.directory.release_channel(id, now).await?;
                }
                saved
            }
        };
        if saved == Saved::Conflict {
            return Err(ApiError::ChannelExists);
        }
        tracing::info!(
            channel.id = %id, connection.id = %connection, operator.id = administrator.id.0,
            "Connected {} channel `{id}`", setup.kind
        );
        Ok(Keyed { channel: Some(id), entered: Some(Entered { notes, ..account }) })
    }

    /// As many channels of a kind as there are departments (CHN-13).
    async fn has_room(&self, setup: &Setup) -> Result<(), ApiError> {
        let channels = self.directory.channels().await?;
        let there = |channel: &&Channel| channel.kind == setup.kind && !channel.status.is_deleted();
        let departments = self.directory.departments().await?;
        let departments = departments.iter().filter(|department| department.removed_at.is_none()).count();
        let count = channels.iter().filter(there).count();
        organisation::may_connect(setup.kind, count, departments).map_err(ApiError::TooManyChannels)
    }

    async fn store_entry(
        &self,
        setup: &Setup,
        connection: ConnectionId,
        channel: ChannelId,
        entry: &AccountSecret,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let name = self.names.connection(setup.kind, connection);
        match entry {
            AccountSecret::Line(secret) => self.put_new(&name, secret).await?,
            AccountSecret::Twilio(secret) => self.put_new(&name, secret).await?,
        }
        let stored = Connection {
            id: connection,
            kind: setup.kind,
            channels: vec![channel],
            linked: None,
            authorized_at: now,
            expires_at: None,
            pages: Vec::new(),
            checked_at: Some(now),
            check_at: now + CHECK_EVERY,
        };
        // A channel that goes on may have left one behind that is about to be dissolved: this one is anew.
        Ok(self.directory.put_connection(&stored).await?)
    }
}
