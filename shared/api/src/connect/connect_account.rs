//! The account of a setup becomes a channel. Connection, secret, the provider's webhooks, channel, in this order and under the
//! lease that a refresh takes as well: of two administrators only one writes, no check destroys what is about to be used,
//! and after a crash between any two of them the setup can be finished again. The secret goes before the webhooks, for LINE
//! tries our address out with a signature at once.

use madoguchi_credentials::{AccountSecret, SetupSecret};
use madoguchi_domain::account::AccountNote;
use madoguchi_domain::credential::CHECK_EVERY;
use madoguchi_domain::setup::SetupRefused;
use madoguchi_domain::setup::keyed::{Entered, Keyed};
use madoguchi_domain::{
    Channel, ChannelHealth, ChannelId, ConnectionId, Setup, Span, Timestamp, organisation,
};
use madoguchi_store::Saved;
use madoguchi_store::directory::{Connection, Lease};

use super::ConnectApi;
use crate::ApiError;
use crate::auth::Operator;

/// Longer than what is done under it may take.
const LEASE: Span = Span::from_secs(30);
/// A new connection is not due before whoever makes it is done.
const HEAD_START: Span = Span::from_minutes(1);

/// What there is of the channel of an account.
enum Place {
    /// Nothing.
    Free,
    /// One that was deleted and goes on.
    Deleted(Box<Channel>),
    /// This setup's own.
    Ours,
}

impl Place {
    const fn is_there(&self) -> bool {
        matches!(self, Self::Ours)
    }
}

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
        if self.taken_up(setup, id, account.resume, administrator).await?.is_there() {
            return Ok(Keyed { channel: Some(id), entered: Some(account) });
        }
        self.has_room(setup).await?;
        let connection = ConnectionId::from(id);
        if self.directory.connection(connection).await?.is_none() {
            let new = Connection {
                id: connection,
                kind: setup.kind,
                channels: vec![id],
                linked: None,
                authorized_at: now,
                expires_at: None,
                pages: Vec::new(),
                checked_at: None,
                // Should we end before the channel is there, the check finds that it reaches nothing.
                check_at: now + HEAD_START,
            };
            let _somebody_was_faster = self.directory.add_connection(&new).await?;
        }
        let leased = self.directory.lease_connection(connection, LEASE, now).await?;
        let (lease, mut held) = leased.ok_or(ApiError::ConnectionBusy)?;
        let connected = self.connect_held(setup, (&lease, &held), &account, &entry, administrator, now).await;
        let given_back = if connected.is_ok() {
            if !held.channels.contains(&id) {
                held.channels.push(id);
            }
            (held.authorized_at, held.expires_at) = (now, None);
            (held.checked_at, held.check_at) = (Some(now), now + CHECK_EVERY);
            self.directory.settle_connection(lease, &held).await?
        } else {
            self.directory.give_connection_back(lease, None).await?
        };
        let notes = connected?;
        if given_back == Saved::Conflict {
            return Err(ApiError::ConnectionBusy);
        }
        tracing::info!(
            channel.id = %id, connection.id = %connection, operator.id = administrator.id.0,
            "Connected {} channel `{id}`", setup.kind
        );
        Ok(Keyed { channel: Some(id), entered: Some(Entered { notes, ..account }) })
    }

    /// What there is of the channel of an account, if it may be connected.
    async fn taken_up(
        &self,
        setup: &Setup,
        id: ChannelId,
        resume: bool,
        administrator: &Operator,
    ) -> Result<Place, ApiError> {
        match self.directory.channel(id).await? {
            // Finished again after a crash.
            Some(channel)
                if !channel.status.is_deleted()
                    && channel.installer.as_ref() == Some(&administrator.id)
                    && channel.created_at >= setup.started_at =>
            {
                Ok(Place::Ours)
            }
            Some(channel) if !channel.status.is_deleted() => Err(ApiError::ChannelExists),
            Some(_) if !resume => Err(ApiError::ChannelDeleted),
            Some(deleted) => Ok(Place::Deleted(Box::new(deleted))),
            None => Ok(Place::Free),
        }
    }

    /// Everything that is written while nobody else has the connection; returns what gets in the way at the provider.
    async fn connect_held(
        &self,
        setup: &Setup,
        (lease, held): (&Lease, &Connection),
        account: &Entered,
        entry: &AccountSecret,
        administrator: &Operator,
        now: Timestamp,
    ) -> Result<Vec<AccountNote>, ApiError> {
        let id = ChannelId::derive(setup.kind, &account.external_id);
        let connection = ConnectionId::from(id);
        // Somebody may have been faster until we had the connection.
        let deleted = match self.taken_up(setup, id, account.resume, administrator).await? {
            Place::Ours => return Ok(account.notes.clone()),
            Place::Deleted(deleted) => Some(deleted),
            Place::Free => None,
        };
        if !held.channels.contains(&id) && self.directory.include_channel(lease, id).await? == Saved::Conflict
        {
            return Err(ApiError::ConnectionBusy);
        }
        let name = self.names.connection(setup.kind, connection);
        match entry {
            AccountSecret::Line(secret) => self.put_new(&name, secret).await?,
            AccountSecret::Twilio(secret) => self.put_new(&name, secret).await?,
        }
        let address = self.webhook_address(entry, id);
        let notes = self.point_webhooks(entry, &account.external_id, &address).await?;
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
        if saved == Saved::Conflict { Err(ApiError::ChannelExists) } else { Ok(notes) }
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
}
