//! Channels that were deleted (CHN-21), or that are reached another way by now: they leave their connection, and its
//! credential goes with the last of them.
//!
//! The webhook subscription is ended first, while there is a token to do it with; then the credential is destroyed; then
//! the channel leaves the connection. Whoever ends in between finds the channel there again, and every step is harmless
//! once more.

use madoguchi_channels::messenger::token::unsubscribe;
use madoguchi_channels::messenger::{MetaApp, PageAccess};
use madoguchi_credentials::MessengerSecret;
use madoguchi_domain::{Channel, ChannelKind, ChannelStatus, Span, Timestamp};
use madoguchi_runtime::SecretError;
use madoguchi_runtime::secrets::Promotion;
use madoguchi_store::Saved;
use madoguchi_store::directory::{Connection, Lease};

use crate::TokenRefresh;
use crate::graph::Graph;
use crate::outcome::{Fault, Outcome, Stop};
use crate::rules::Trouble;

/// For so long a provider that gives no verdict is asked to end a subscription; then the credential goes all the same.
const PATIENCE: Span = Span::from_days(1);

/// So long a connection waits for a channel that is about to be connected with it.
pub(crate) const EXPECTED_WITHIN: Span = Span::from_hours(1);

/// How a channel stands to the connection in whose list it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Belonging {
    /// It is reached with it.
    Here,
    /// It is not there yet, or still deleted and to be connected anew: somebody may be at it.
    Expected,
    /// It was deleted, is reached another way, or nobody came to connect it.
    Left,
}

pub(crate) fn belonging(channel: Option<&Channel>, connection: &Connection, now: Timestamp) -> Belonging {
    match channel {
        Some(channel) if channel.status.is_deleted() == (channel.connection_id == connection.id) => {
            Belonging::Left
        }
        Some(channel) if !channel.status.is_deleted() => Belonging::Here,
        _ => {
            let touched_at = connection.checked_at.unwrap_or_default().max(connection.authorized_at);
            if now.since(touched_at) < EXPECTED_WITHIN { Belonging::Expected } else { Belonging::Left }
        }
    }
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
            let ends_here = channel.status.is_deleted() && channel.connection_id == connection.id;
            if !ends_here || channel.kind != ChannelKind::Messenger {
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
        let page_id = channel.external_id.as_str();
        let Some(stored) = secret.expose().pages.get(page_id) else { return Ok(Ok(())) };
        let app = self.meta_app().await?;
        let end = async |token: &str| {
            let page = PageAccess { page_id, token, app_secret: Some(app.app_secret.as_str()) };
            unsubscribe(&self.http, &self.graph, &page).await.map_err(Trouble::from)
        };
        let broken = match end(stored).await {
            Err(broken @ Trouble::Broken { .. }) => broken,
            ended => return Ok(ended),
        };
        // Nobody derived it anew while the channel was off. The login may still give another one.
        let app = MetaApp { app_id: &app.app_id, app_secret: &app.app_secret };
        let graph = Graph { http: &self.http, config: &self.graph, app };
        let list = match graph.pages(&secret.expose().user_token).await {
            Ok(list) => list,
            Err(Trouble::Broken { .. }) => return Ok(Err(broken)),
            Err(unclear) => return Ok(Err(unclear)),
        };
        let listed = list.iter().find(|page| page.page_id == page_id).and_then(|page| page.token.as_ref());
        match listed.filter(|listed| listed.as_str() != stored) {
            Some(listed) => Ok(end(listed.as_str()).await),
            None => Ok(Err(broken)),
        }
    }

    /// Takes the tokens of Pages that left out of a login that others still need: out of the current version, and out of
    /// the one before, which can be read as well.
    async fn forget_pages(&self, connection: &Connection, left: &[&Channel]) -> Result<(), Stop> {
        let name = self.names.connection(connection.kind, connection.id);
        let knows = |secret: &MessengerSecret| {
            left.iter().any(|channel| secret.pages.contains_key(&channel.external_id))
        };
        loop {
            let current = match self.secrets.current::<MessengerSecret>(&name).await {
                Ok(Some(current)) => current,
                Ok(None) | Err(SecretError::Malformed { .. }) => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let previous = match self.secrets.previous::<MessengerSecret>(&name).await {
                Ok(previous) => previous,
                Err(SecretError::Malformed { .. }) => None,
                Err(error) => return Err(error.into()),
            };
            if !knows(current.expose()) && !previous.is_some_and(|previous| knows(previous.expose())) {
                return Ok(());
            }
            let mut secret = current.expose().clone();
            secret.pages.retain(|page, _| !left.iter().any(|channel| channel.external_id == *page));
            let staged = self.secrets.stage(&name, &secret, &current.version).await?;
            match self.secrets.promote(&name, &current.version, &staged).await? {
                Promotion::Promoted => {}
                Promotion::Overtaken => return Err(Stop::Superseded),
            }
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
    fn chn_21_a_channel_leaves_when_it_is_deleted_or_reached_another_way_or_never_came() {
        let t = Timestamp::from_ms(1_700_000_000_000);
        let (here, there) = (
            ConnectionId::derive(ChannelKind::Messenger, "1"),
            ConnectionId::derive(ChannelKind::Messenger, "2"),
        );
        let connection = |checked_at| Connection {
            id: here,
            kind: ChannelKind::Messenger,
            channels: Vec::new(),
            linked: None,
            authorized_at: t,
            expires_at: None,
            pages: Vec::new(),
            checked_at,
            check_at: t,
        };
        let by = OperatorId("a".into());
        let (off, deleted) =
            (ChannelStatus::Off { since: t, by: by.clone() }, ChannelStatus::Deleted { since: t, by });
        let channel = |status, reached_by| {
            let new = Channel::new(ChannelKind::Messenger, "x", "1", reached_by, t);
            Some(Channel { status, ..new })
        };
        let table = [
            (channel(ChannelStatus::On, here), Belonging::Here, Belonging::Here),
            (channel(off.clone(), here), Belonging::Here, Belonging::Here),
            (channel(deleted.clone(), here), Belonging::Left, Belonging::Left),
            (channel(ChannelStatus::On, there), Belonging::Left, Belonging::Left),
            (channel(off, there), Belonging::Left, Belonging::Left),
            (channel(deleted, there), Belonging::Expected, Belonging::Left),
            (None, Belonging::Expected, Belonging::Left),
        ];
        let hour_later = t + EXPECTED_WITHIN;
        for (channel, at_first, after_an_hour) in table {
            let of = |checked_at, now| belonging(channel.as_ref(), &connection(checked_at), now);
            assert_eq!(of(None, hour_later - Span::from_ms(1)), at_first, "{channel:?}");
            assert_eq!(of(None, hour_later), after_an_hour, "{channel:?}");
            // A login to which a Page was added is as good as one that is new.
            assert_eq!(of(Some(hour_later), hour_later), at_first, "{channel:?}");
        }
    }
}
