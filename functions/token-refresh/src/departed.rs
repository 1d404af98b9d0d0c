//! Channels that were deleted (CHN-21), or that are reached another way by now: they leave their connection, and its
//! credential goes with the last of them.
//!
//! The webhook subscription is ended first, while there is a token to do it with; then the credential is destroyed; then
//! the channel leaves the connection. Whoever ends in between finds the channel there again, and every step is harmless
//! once more.

use madoguchi_channels::messenger::PageAccess;
use madoguchi_channels::messenger::token::unsubscribe;
use madoguchi_credentials::MessengerSecret;
use madoguchi_domain::{Channel, ChannelKind, ChannelStatus, Span, Timestamp};
use madoguchi_runtime::SecretError;
use madoguchi_runtime::secrets::Promotion;
use madoguchi_store::Saved;
use madoguchi_store::directory::{Connection, Lease};

use crate::TokenRefresh;
use crate::outcome::{Fault, Outcome, Stop};
use crate::rules::Trouble;

/// For so long a provider that gives no verdict is asked to end a subscription; then the credential goes all the same.
const PATIENCE: Span = Span::from_days(1);

/// Whether a channel no longer belongs to the connection in whose list it stands. One that is deleted and named by
/// another connection is about to be connected anew there.
pub(crate) fn has_left(channel: &Channel, connection: &Connection) -> bool {
    let belongs_here = channel.connection_id == connection.id;
    belongs_here == channel.status.is_deleted()
}

impl TokenRefresh {
    /// Lets `departing` leave `connection`, which the caller stores. Those stay for another try whose provider gave no
    /// verdict; returns how many.
    pub(crate) async fn part(
        &self,
        connection: &mut Connection,
        departing: &[Channel],
        now: Timestamp,
    ) -> Result<usize, Stop> {
        let mut left = Vec::new();
        for channel in departing {
            let is_deleted = channel.status.is_deleted();
            if !is_deleted || channel.kind != ChannelKind::Messenger {
                // LINE and Twilio keep the address of a webhook; what they send is refused from now on.
                left.push(channel);
                continue;
            }
            match self.end_subscription(channel).await? {
                Ok(()) => left.push(channel),
                Err(Trouble::Unclear { detail, .. }) if is_recent(channel, now) => {
                    tracing::warn!(
                        channel.id = %channel.id, connection.id = %connection.id, detail,
                        "Deleted channel `{}` could not be unsubscribed from its webhooks yet", channel.id
                    );
                }
                Err(trouble) => {
                    tracing::warn!(
                        channel.id = %channel.id, connection.id = %connection.id, detail = trouble.detail(),
                        "Deleted channel `{}` stays subscribed to its webhooks", channel.id
                    );
                    left.push(channel);
                }
            }
        }
        let mut staying = connection.channels.clone();
        staying.retain(|id| !left.iter().any(|channel| channel.id == *id));
        if !staying.is_empty() && connection.kind == ChannelKind::Messenger {
            self.forget_pages(connection, &left).await?;
        }
        connection.channels = staying;
        for channel in &left {
            if let ChannelStatus::Deleted { by, .. } = &channel.status {
                tracing::info!(
                    channel.id = %channel.id, connection.id = %connection.id, operator.id = by.0,
                    "Deleted channel `{}` left its connection", channel.id
                );
            }
        }
        Ok(departing.len() - left.len())
    }

    async fn end_subscription(&self, channel: &Channel) -> Result<Result<(), Trouble>, Fault> {
        let name = self.names.connection(channel.kind, channel.connection_id);
        let secret = match self.secrets.current::<MessengerSecret>(&name).await {
            Ok(Some(secret)) => secret,
            // Destroyed by an earlier run, or of no use.
            Ok(None) | Err(SecretError::Malformed { .. }) => return Ok(Ok(())),
            Err(error) => return Err(error.into()),
        };
        let Some(token) = secret.expose().pages.get(&channel.external_id) else { return Ok(Ok(())) };
        let app = self.meta_app().await?;
        let page =
            PageAccess { page_id: &channel.external_id, token, app_secret: Some(app.app_secret.as_str()) };
        Ok(unsubscribe(&self.http, &self.graph, &page).await.map_err(Trouble::from))
    }

    /// Takes the tokens of Pages that left out of a login that others still need.
    async fn forget_pages(&self, connection: &Connection, left: &[&Channel]) -> Result<(), Stop> {
        let name = self.names.connection(connection.kind, connection.id);
        let current = match self.secrets.current::<MessengerSecret>(&name).await {
            Ok(Some(current)) => current,
            Ok(None) | Err(SecretError::Malformed { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let mut secret = current.expose().clone();
        secret.pages.retain(|page, _| !left.iter().any(|channel| channel.external_id == *page));
        if secret == *current.expose() {
            return Ok(());
        }
        let staged = self.secrets.stage(&name, &secret).await?;
        match self.secrets.promote(&name, &current.version, &staged).await? {
            Promotion::Promoted => Ok(()),
            Promotion::Overtaken => Err(Stop::Superseded),
        }
    }

    /// Destroys the credential of a connection that reaches no channel any more, and then the connection.
    pub(crate) async fn dissolve(&self, lease: Lease, connection: &Connection) -> Result<Outcome, Fault> {
        self.secrets.schedule_deletion(&self.names.connection(connection.kind, connection.id)).await?;
        if self.directory.remove_connection(lease).await? == Saved::Conflict {
            // Somebody has it in hand whom our lease did not keep out; the next run looks at what is there then.
            return Ok(Outcome::PassedOver);
        }
        tracing::info!(
            connection.id = %connection.id,
            "Connection `{}` reaches no channel any more: its credential is destroyed", connection.id
        );
        Ok(Outcome::Dissolved)
    }
}

fn is_recent(channel: &Channel, now: Timestamp) -> bool {
    matches!(channel.status, ChannelStatus::Deleted { since, .. } if now.since(since) < PATIENCE)
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::{ConnectionId, OperatorId};

    use super::*;

    #[test]
    fn chn_21_a_channel_leaves_when_it_is_deleted_or_reached_another_way() {
        let t = Timestamp::from_ms(1);
        let (here, there) = (
            ConnectionId::derive(ChannelKind::Messenger, "1"),
            ConnectionId::derive(ChannelKind::Messenger, "2"),
        );
        let connection = Connection {
            id: here,
            kind: ChannelKind::Messenger,
            channels: Vec::new(),
            linked: None,
            authorized_at: t,
            expires_at: None,
            pages: Vec::new(),
            checked_at: None,
            check_at: t,
        };
        let by = OperatorId("a".into());
        let (off, deleted) =
            (ChannelStatus::Off { since: t, by: by.clone() }, ChannelStatus::Deleted { since: t, by });
        for (status, reached_by, leaves) in [
            (ChannelStatus::On, here, false),
            (off.clone(), here, false),
            (deleted.clone(), here, true),
            (ChannelStatus::On, there, true),
            (off, there, true),
            (deleted, there, false),
        ] {
            let new = Channel::new(ChannelKind::Messenger, "x", "1", reached_by, t);
            let channel = Channel { status, ..new };
            assert_eq!(has_left(&channel, &connection), leaves, "{channel:?}");
        }
    }
}
