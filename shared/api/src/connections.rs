//! Which credential reaches which channels.
//!
//! A connection is changed under the same lease that a refresh takes, so that neither loses what the
//! other wrote. The lease of somebody who crashed runs out.

use madoguchi_domain::audit::{Entry, Fields};
use madoguchi_domain::{ChannelId, ChannelKind, ConnectionId, Span, Timestamp};
use madoguchi_store::Saved;
use madoguchi_store::directory::{Connection, Lease};

use crate::credentials::{self, Credential};
use crate::{AdminApi, ApiError};

/// Longer than a request can last.
const LEASE: Span = Span::from_secs(30);

impl Credential {
    const fn kind(&self) -> ChannelKind {
        match self {
            Self::Messenger { .. } => ChannelKind::Messenger,
            Self::Line { .. } => ChannelKind::Line,
            Self::Twilio { kind, .. } => *kind,
        }
    }
}

/// Stores the credential that a person has just entered, for `channel` among others; it is looked at
/// from `check_at` on. The secret goes first: a connection that is due must find it. Unless the channel `resumes` after
/// it was deleted: should we end in between, the connection leads to the secret, which is destroyed again.
pub(crate) async fn authorize(
    api: &AdminApi,
    id: ConnectionId,
    channel: ChannelId,
    credential: &Credential,
    resumes: bool,
    check_at: Timestamp,
    now: Timestamp,
) -> Result<(), ApiError> {
    if api.directory.connection(id).await?.is_none() {
        let connection = Connection {
            id,
            kind: credential.kind(),
            channels: vec![channel],
            authorized_at: now,
            expires_at: None,
            pages: Vec::new(),
            checked_at: None,
            check_at,
        };
        if !resumes {
            is_asked_for(api, id, channel, now).await?;
            credentials::store(api, id, credential).await?;
            return Ok(api.directory.put_connection(&connection).await?);
        }
        api.directory.put_connection(&connection).await?;
    }
    let (lease, mut connection) = lease(api, id, now).await?;
    is_asked_for(api, id, channel, now).await?;
    let stored = credentials::store(api, id, credential).await;
    if stored.is_ok() {
        include(&mut connection, channel);
        connection.authorized_at = now;
        // Of the token that was replaced; that of the new one is not known yet.
        connection.expires_at = None;
        connection.check_at = check_at;
    }
    // Even if it was not stored: the lease must be given back.
    settle(api, lease, &connection).await?;
    stored
}

/// Records that a credential is about to be stored (AUD-2): should we end before the connection tells of it, the log knows
/// who replaced the secret.
async fn is_asked_for(
    api: &AdminApi,
    id: ConnectionId,
    channel: ChannelId,
    now: Timestamp,
) -> Result<(), ApiError> {
    let (subject, by) = (format!("credential/{id}"), api.directory.author().clone());
    let entry = Entry::asked("credential.requested", subject, by, Fields::new(), now).about(channel);
    let _once = api.audit.record(&entry).await?;
    Ok(())
}

/// Lets an existing Messenger connection reach one more channel.
pub(crate) async fn join(
    api: &AdminApi,
    id: ConnectionId,
    channel: ChannelId,
    check_at: Timestamp,
    now: Timestamp,
) -> Result<(), ApiError> {
    match api.directory.connection(id).await? {
        Some(connection) if connection.kind == ChannelKind::Messenger => {}
        _ => return Err(ApiError::ConnectionNotFound),
    }
    let (lease, mut connection) = lease(api, id, now).await?;
    include(&mut connection, channel);
    connection.check_at = check_at;
    settle(api, lease, &connection).await
}

async fn lease(api: &AdminApi, id: ConnectionId, now: Timestamp) -> Result<(Lease, Connection), ApiError> {
    api.directory.lease_connection(id, LEASE, now).await?.ok_or(ApiError::ConnectionBusy)
}

async fn settle(api: &AdminApi, lease: Lease, connection: &Connection) -> Result<(), ApiError> {
    match api.directory.settle_connection(lease, connection).await? {
        Saved::Done => Ok(()),
        Saved::Conflict => Err(ApiError::ConnectionBusy),
    }
}

fn include(connection: &mut Connection, channel: ChannelId) {
    if !connection.channels.contains(&channel) {
        connection.channels.push(channel);
    }
}
