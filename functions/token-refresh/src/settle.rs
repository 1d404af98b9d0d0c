//! What was found becomes health of the channels, log lines and metrics; then the connection is settled.

use madoguchi_channels::line::Meter;
use madoguchi_domain::credential::Cause;
use madoguchi_domain::quota::{Quota, QuotaLevel};
use madoguchi_domain::{Channel, ChannelHealth, ChannelKind, Span, Timestamp};
use madoguchi_store::Saved;
use madoguchi_store::directory::{Connection, Lease, Linked};

use crate::TokenRefresh;
use crate::outcome::{Fault, Finding, Outcome};
use crate::rules::{self, Trouble};

impl TokenRefresh {
    pub(crate) async fn settle(
        &self,
        lease: Lease,
        connection: Connection,
        channels: &[Channel],
        finding: Finding,
        rests: bool,
        now: Timestamp,
    ) -> Result<Outcome, Fault> {
        let (mut released, mut held, mut fault) = (0, 0, None);
        for (channel, standing) in channels.iter().zip(&finding.standings) {
            let applied = match standing {
                Ok(()) => self.release(channel, now).await.map(|done| released += usize::from(done)),
                Err(Trouble::Broken { cause, detail }) => {
                    self.hold(channel, *cause, detail, now).await.map(|done| held += usize::from(done))
                }
                Err(Trouble::Unclear { detail, .. }) => {
                    self.unclear(channel, detail);
                    Ok(())
                }
            };
            // The other channels get their due all the same.
            fault = fault.or(applied.err());
        }
        if let Some(fault) = fault {
            return Err(fault);
        }
        if !rests {
            self.announce(&connection, &finding, now);
        }
        self.note_quota(channels, &finding, now).await?;
        self.note_looks(channels, &finding, now).await?;
        let unclear = finding.standings.iter().filter(|s| matches!(s, Err(Trouble::Unclear { .. }))).count();
        // A login is kept alive also while its Pages are off; the others are left alone.
        let nobody_was_asked = rests && connection.kind != ChannelKind::Messenger;
        let settled = Connection {
            check_at: match finding.quota {
                // What is left changes by the hour.
                Some(_) => {
                    rules::next_check(finding.troubles(), finding.expires_at, now).min(now + QUOTA_EVERY)
                }
                None => rules::next_check(finding.troubles(), finding.expires_at, now),
            },
            expires_at: finding.expires_at,
            pages: finding.pages.clone(),
            checked_at: if nobody_was_asked { connection.checked_at } else { Some(now) },
            linked: linked(&connection, &finding),
            ..connection
        };
        if self.directory.settle_connection(lease, &settled).await? == Saved::Conflict {
            tracing::debug!(
                connection.id = %settled.id,
                "Connection `{}` was replaced while it was checked; it is due again", settled.id
            );
        }
        Ok(Outcome::Checked { renewed: finding.renewed, released, held, unclear })
    }

    /// The month's messages, for those who send them (RPL-13).
    async fn note_quota(&self, channels: &[Channel], finding: &Finding, now: Timestamp) -> Result<(), Fault> {
        let Some(Meter { limit, used }) = finding.quota else { return Ok(()) };
        let quota = Quota { limit, used, read_at: now };
        for channel in channels {
            let _gone_meanwhile = self.directory.note_quota(channel.id, quota).await?;
            let before = channel.quota.map_or(QuotaLevel::Ample, |quota| quota.level());
            if quota.level() != before && quota.level() != QuotaLevel::Ample {
                tracing::warn!(
                    channel.id = %channel.id, used, limit,
                    "Channel `{}` has {} messages left in this month", channel.id, quota.left().unwrap_or_default()
                );
            }
        }
        Ok(())
    }

    async fn release(&self, channel: &Channel, now: Timestamp) -> Result<bool, Fault> {
        // A hold that came after this channel was read is not ours to lift: whoever held it asked for a check of its own.
        if matches!(channel.health, ChannelHealth::Healthy { .. }) {
            return Ok(false);
        }
        if self.directory.release_channel(channel.id, now).await? == Saved::Conflict {
            return Ok(false);
        }
        self.metrics.count_for(channel.kind, "ChannelsReleased", 1);
        if let ChannelHealth::NeedsReauthorization { cause, since, .. } = &channel.health {
            let outage = now.since(*since);
            self.metrics.duration_for(channel.kind, "ChannelOutage", outage);
            tracing::info!(
                channel.id = %channel.id, connection.id = %channel.connection_id, cause = %cause,
                outage_ms = outage.as_ms(),
                "Channel `{}` can send again: {cause} is mended", channel.id
            );
        } else {
            tracing::info!(
                channel.id = %channel.id, connection.id = %channel.connection_id,
                "Channel `{}` can send", channel.id
            );
        }
        Ok(true)
    }

    async fn hold(
        &self,
        channel: &Channel,
        cause: Cause,
        detail: &str,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        self.metrics.count_for(channel.kind, "TokenRefreshFailed", 1);
        self.metrics.count_for(channel.kind, failed_by(cause), 1);
        if self.directory.hold_channel(channel.id, cause, detail, now).await? == Saved::Conflict {
            // Whoever held it first knew only one refused call.
            if self.directory.name_cause(channel.id, cause, detail).await? == Saved::Done {
                tracing::warn!(
                    channel.id = %channel.id, connection.id = %channel.connection_id, cause = %cause, detail,
                    "Channel `{}` needs re-authorization: the cause is {cause}", channel.id
                );
            }
            tracing::debug!(
                channel.id = %channel.id, connection.id = %channel.connection_id, cause = %cause, detail,
                "Channel `{}` still needs re-authorization: {cause}", channel.id
            );
            return Ok(false);
        }
        tracing::error!(
            channel.id = %channel.id, connection.id = %channel.connection_id, cause = %cause, detail,
            "Channel `{}` needs re-authorization: {cause}", channel.id
        );
        Ok(true)
    }

    fn unclear(&self, channel: &Channel, detail: &str) {
        self.metrics.count_for(channel.kind, "TokenRefreshFailed", 1);
        self.metrics.count_for(channel.kind, UNCLEAR, 1);
        tracing::warn!(
            channel.id = %channel.id, connection.id = %channel.connection_id, detail,
            "The credential of channel `{}` could not be checked: the provider gave no verdict", channel.id
        );
    }

    /// The renewal, and the clock of the credential (AUT-8). What remains of it is a metric over all
    /// connections; its minimum is the next one to end.
    fn announce(&self, connection: &Connection, finding: &Finding, now: Timestamp) {
        if let Some(trouble) = &finding.postponed {
            self.metrics.count_for(connection.kind, "TokenRefreshFailed", 1);
            self.metrics.count_for(connection.kind, trouble.cause().map_or(UNCLEAR, failed_by), 1);
            tracing::warn!(
                connection.id = %connection.id, cause = trouble.cause().map(Cause::public_id),
                detail = trouble.detail(),
                "Connection `{}` could not be renewed", connection.id
            );
        }
        if finding.renewed {
            self.metrics.count_for(connection.kind, "TokenRefreshed", 1);
            tracing::info!(connection.id = %connection.id, "Connection `{}` was renewed", connection.id);
        }
        let Some(end) = finding.expires_at else { return };
        self.metrics.duration_for(connection.kind, "CredentialTimeLeft", end.since(now));
        if let Some(days_left) = rules::warning(Some(end), connection.check_at, now) {
            tracing::warn!(
                connection.id = %connection.id, days_left,
                "Connection `{}` ends in {days_left} days and could not be renewed", connection.id
            );
        }
    }
}

/// Whose login it is: of a token that was entered by hand only the provider knows it.
fn linked(connection: &Connection, finding: &Finding) -> Option<Linked> {
    let found = || {
        let user_id = finding.user_id.clone()?;
        Some(Linked { user_id, user_name: String::new() })
    };
    connection.linked.clone().or_else(found)
}

/// How often the month's messages are read.
const QUOTA_EVERY: Span = Span::from_hours(1);

const UNCLEAR: &str = "TokenRefreshFailedUnclear";

/// A metric per cause: what a maintainer alarms on differs between an expired login and a lost role.
const fn failed_by(cause: Cause) -> &'static str {
    match cause {
        Cause::TokenExpired => "TokenRefreshFailedTokenExpired",
        Cause::PermissionRevoked => "TokenRefreshFailedPermissionRevoked",
        Cause::PageNotAuthorized => "TokenRefreshFailedPageNotAuthorized",
        Cause::PageRemoved => "TokenRefreshFailedPageRemoved",
        Cause::AppAccessWithdrawn => "TokenRefreshFailedAppAccessWithdrawn",
        Cause::SixtyDays => "TokenRefreshFailedSixtyDays",
        Cause::PageRoleLost => "TokenRefreshFailedPageRoleLost",
        Cause::PasswordChanged => "TokenRefreshFailedPasswordChanged",
        Cause::Checkpoint => "TokenRefreshFailedCheckpoint",
        Cause::SecretMismatch => "TokenRefreshFailedSecretMismatch",
        Cause::AuthenticationFailed => "TokenRefreshFailedAuthenticationFailed",
    }
}
