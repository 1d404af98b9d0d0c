//! Which credential reaches which channels.
//!
//! A connection is changed under the same lease that a refresh takes, so that neither loses what the
//! other wrote, and of two administrators only one writes. The lease of somebody who crashed runs out.

use madoguchi_domain::audit::{Entry, Fields};
use madoguchi_domain::{ChannelId, ChannelKind, ConnectionId, Span, Timestamp};
use madoguchi_store::Saved;
use madoguchi_store::directory::{Connection, Lease};

use crate::credentials::{self, Credential};
use crate::{AdminApi, ApiError};

/// Longer than a request can last.
const LEASE: Span = Span::from_secs(30);
/// A new connection is not due before whoever makes it is done.
const HEAD_START: Span = Span::from_minutes(1);
/// So many logins a Page may have been connected with that others still need.
const OWN_LOGINS: u32 = 10;

impl Credential {
    const fn kind(&self) -> ChannelKind {
        match self {
            Self::Messenger { .. } => ChannelKind::Messenger,
            Self::Line { .. } => ChannelKind::Line,
            Self::Twilio { kind, .. } => *kind,
        }
    }
}

/// A connection that nobody else changes, and that no check looks at, until it is given back.
pub(crate) struct Held<'a> {
    api: &'a AdminApi,
    lease: Lease,
    connection: Connection,
    is_authorized: bool,
}

/// Takes the Messenger connection that one more channel is to be reached through.
pub(crate) async fn take(api: &AdminApi, id: ConnectionId, now: Timestamp) -> Result<Held<'_>, ApiError> {
    match api.directory.connection(id).await? {
        Some(connection) if connection.kind == ChannelKind::Messenger => Held::take(api, id, now).await,
        _ => Err(ApiError::ConnectionNotFound),
    }
}

/// Takes the connection that `credential` is entered for, with which `channel` is connected under the name `account`. A
/// login that other Pages are reached with is not touched: then it is one of the Page's own.
pub(crate) async fn take_own<'a>(
    api: &'a AdminApi,
    channel: ChannelId,
    account: &str,
    credential: &Credential,
    now: Timestamp,
) -> Result<Held<'a>, ApiError> {
    let kind = credential.kind();
    if kind != ChannelKind::Messenger {
        return Held::take_or_add(api, channel.into(), channel, kind, now).await;
    }
    for number in 1..=OWN_LOGINS {
        let name = if number == 1 { account.to_owned() } else { format!("{account}/{number}") };
        let held = Held::take_or_add(api, ConnectionId::derive(kind, &name), channel, kind, now).await?;
        if !held.serves_others(channel).await? {
            return Ok(held);
        }
        held.give_back(now).await?;
    }
    Err(ApiError::ConnectionBusy)
}

/// Stores the credential that a person has just entered for the connection of `channel`; it is looked at at once.
pub(crate) async fn authorize(
    api: &AdminApi,
    id: ConnectionId,
    channel: ChannelId,
    credential: &Credential,
    now: Timestamp,
) -> Result<(), ApiError> {
    let mut held = Held::take_or_add(api, id, channel, credential.kind(), now).await?;
    let entered = async {
        held.include(channel).await?;
        held.authorize(credential, now).await
    };
    let entered = entered.await;
    // Whatever came of it.
    held.give_back(now).await?;
    entered
}

impl<'a> Held<'a> {
    /// One that is new leads to its channel from the beginning: should we end before the channel is there, the check
    /// finds nothing that it reaches, and destroys what there is of a credential.
    async fn take_or_add(
        api: &'a AdminApi,
        id: ConnectionId,
        channel: ChannelId,
        kind: ChannelKind,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        if api.directory.connection(id).await?.is_none() {
            let connection = Connection {
                id,
                kind,
                channels: vec![channel],
                linked: None,
                authorized_at: now,
                expires_at: None,
                pages: Vec::new(),
                checked_at: None,
                check_at: now + HEAD_START,
            };
            let _somebody_was_faster = api.directory.add_connection(&connection).await?;
        }
        Self::take(api, id, now).await
    }

    async fn take(api: &'a AdminApi, id: ConnectionId, now: Timestamp) -> Result<Self, ApiError> {
        let leased = api.directory.lease_connection(id, LEASE, now).await?;
        let (lease, connection) = leased.ok_or(ApiError::ConnectionBusy)?;
        Ok(Self { api, lease, connection, is_authorized: false })
    }

    /// Which it is.
    pub(crate) const fn id(&self) -> ConnectionId {
        self.connection.id
    }

    /// Whether a channel other than `channel` is reached with it.
    async fn serves_others(&self, channel: ChannelId) -> Result<bool, ApiError> {
        for other in self.connection.channels.iter().filter(|other| **other != channel) {
            let other = self.api.directory.channel(*other).await?;
            if other.is_some_and(|it| !it.status.is_deleted() && it.connection_id == self.connection.id) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Lets it lead to `channel`, before the channel is there: it is never there without a way to reach it.
    pub(crate) async fn include(&mut self, channel: ChannelId) -> Result<(), ApiError> {
        if self.connection.channels.contains(&channel) {
            return Ok(());
        }
        match self.api.directory.include_channel(&self.lease, channel).await? {
            Saved::Done => self.connection.channels.push(channel),
            Saved::Conflict => return Err(ApiError::ConnectionBusy),
        }
        Ok(())
    }

    /// Stores the credential that a person has just entered.
    pub(crate) async fn authorize(
        &mut self,
        credential: &Credential,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        self.is_asked_for(now).await?;
        credentials::store(self.api, self.connection.id, credential).await?;
        self.is_authorized = true;
        self.connection.authorized_at = now;
        // Nobody knows whose login it is.
        self.connection.linked = None;
        // Of the token that was replaced; that of the new one is not known yet.
        self.connection.expires_at = None;
        Ok(())
    }

    /// Records that a credential is about to be stored (AUD-2): should we end before the connection tells of it, the log
    /// knows who replaced the secret.
    async fn is_asked_for(&self, now: Timestamp) -> Result<(), ApiError> {
        let (subject, by) = (format!("credential/{}", self.connection.id), self.api.directory.author());
        let asked = Entry::asked("credential.requested", subject, by.clone(), Fields::new(), now);
        for channel in &self.connection.channels {
            let _once = self.api.audit.record(&asked.clone().about(*channel)).await?;
        }
        Ok(())
    }

    /// Gives it back. One that has a new credential is due at once.
    pub(crate) async fn give_back(mut self, now: Timestamp) -> Result<(), ApiError> {
        let saved = if self.is_authorized {
            self.connection.check_at = now;
            self.api.directory.settle_connection(self.lease, &self.connection).await?
        } else {
            self.api.directory.give_connection_back(self.lease, None).await?
        };
        match saved {
            Saved::Done => Ok(()),
            Saved::Conflict => Err(ApiError::ConnectionBusy),
        }
    }
}
