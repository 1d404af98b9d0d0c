//! `token-refresh`: keeps the channels' credentials alive, and names what is wrong with them.
//!
//! Every minute the connections that are due are checked, each by one run at a time (a lease in the
//! Directory). Messenger: the login is inspected, its user token exchanged half-way through its 60 days,
//! every Page's token inspected or derived anew, every Page's webhook subscription compared. LINE: a token
//! is issued and used. Twilio: account and API key are looked at. What is found becomes health of the channels; receiving never depends on it.
//!
//! # Order of effects
//!
//! Each step may be the last one of a process that dies, and the next run ends in the same state:
//!
//! 1. **Lease.** Runs out by itself; the connection is still due.
//! 2. **Exchange.** The old user token stays current and is exchanged again. Twice is harmless.
//! 3. **Stage** the new tokens (`AWSPENDING`), before anything depends on them. If the old login has died
//!    meanwhile, the next run inspects the staged one and makes it current.
//! 4. **Prove** every new page token, then **make current** (`AWSCURRENT`) if the version that was read
//!    still is. If somebody logged in meanwhile, theirs stays and nothing that was found counts.
//! 5. **Subscribe** what is missing. Only what is missing is found missing again.
//! 6. **Release or hold** the channels, each by a conditional write that counts once.
//! 7. **Settle** the connection: when it is next due, if the lease is still ours. Until then it is due.
//!
//! Channels that were deleted leave their connection before it is checked, see [`departed`].
//!
//! What is asked of the connection while it is checked stays due: a channel that was switched on, or deleted, after it
//! was read is looked at by the next run.
//!
//! A re-authorization takes the same lease and writes in the opposite order: the secret first, then the
//! connection, due at once. Should the two meet all the same, because a lease ran out, the older login gives
//! way: a check that finds a newer one touches no channel.
//!
//! # Who decides
//!
//! A refused reply proves little: it may have left with a token that was replaced a moment ago. So whoever
//! is refused holds the channel, which keeps its replies in order, and asks for a check
//! ([`Directory::check_connection_soon`]). The verdict is this function's, which looks at the credential that
//! is current now: an old error holds a re-authorized channel for a minute at most and never needs a person
//! (AUT-12). A provider that does not answer, or answers without a verdict, changes no channel at all.

mod departed;
mod graph;
mod line;
mod look;
mod messenger;
mod outcome;
mod page;
mod rules;
mod secret;
mod senders;
mod settle;
mod setups;
mod twilio;
mod withdrawn;

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::{FutureExt, StreamExt, stream};
use madoguchi_channels::ProviderHttp;
use madoguchi_channels::messenger::GraphConfig;
use madoguchi_credentials::SecretNames;
use madoguchi_domain::credential::RETRY_UNCLEAR_AFTER;
use madoguchi_domain::{Channel, ChannelHealth, ChannelKind, ConnectionId, Span, Timestamp};
use madoguchi_runtime::{Metrics, ProviderConfig, SecretWriter};
use madoguchi_store::directory::{Connection, Lease};
use madoguchi_store::{Directory, Inbox, StoreError};

use departed::{Belonging, EXPECTED_WITHIN};
pub use outcome::{Fault, Report};
use outcome::{Finding, Outcome, Stop};

/// The function's time limit is 120 seconds: a lease outlives its holder by a little, for clocks that
/// disagree.
const LEASE: Span = Span::from_secs(130);
/// No check begins later: it would be cut off.
const BEGIN_WITHIN: Duration = Duration::from_mins(1);
/// A check that could not be made is made again so soon.
const AGAIN_AFTER_FAULT: Span = Span::from_minutes(2);
/// Checks mostly wait for providers, and one that hangs must not hold the others up.
const CONNECTIONS_AT_ONCE: usize = 8;

/// Refreshes credentials.
#[derive(Debug)]
pub struct TokenRefresh {
    pub(crate) directory: Directory,
    pub(crate) secrets: SecretWriter,
    pub(crate) names: SecretNames,
    pub(crate) http: ProviderHttp,
    pub(crate) graph: GraphConfig,
    pub(crate) line_base_url: String,
    pub(crate) twilio_base_url: String,
    pub(crate) twilio_messaging_base_url: String,
    /// Where providers reach this stack; without it nobody looks where webhooks go.
    pub(crate) public_base_url: Option<String>,
    pub(crate) metrics: Metrics,
    pub(crate) inbox: Option<Inbox>,
}

impl TokenRefresh {
    /// Works on the connections of `directory`, whose secrets are named by `names`.
    pub fn new(
        directory: Directory,
        secrets: SecretWriter,
        names: SecretNames,
        http: ProviderHttp,
        providers: ProviderConfig,
        metrics: Metrics,
    ) -> Self {
        Self {
            directory: directory.by_function("token-refresh"),
            secrets,
            names,
            http,
            graph: GraphConfig { base_url: providers.graph_base_url, version: providers.graph_version },
            line_base_url: providers.line_base_url,
            twilio_base_url: providers.twilio_base_url,
            twilio_messaging_base_url: providers.twilio_messaging_base_url,
            public_base_url: None,
            metrics,
            inbox: None,
        }
    }

    /// The same; tells of a subscription that was lost since when nothing has come into `inbox`, and not only since when the
    /// subscription was last seen.
    #[must_use]
    pub fn with_inbox(self, inbox: Inbox) -> Self {
        Self { inbox: Some(inbox), ..self }
    }

    /// The same, of a stack that providers reach at `public_base_url`: also looks whether LINE and Twilio send there what
    /// comes in.
    #[must_use]
    pub fn reached_at(self, public_base_url: impl Into<String>) -> Self {
        Self { public_base_url: Some(public_base_url.into()), ..self }
    }

    /// Checks every connection that is due. What goes wrong with one is logged, counted and kept from
    /// the others; an error means that none could be looked for.
    pub async fn run(&self, now: Timestamp) -> Result<Report, StoreError> {
        // First: what ends a login makes its connection due.
        let withdrawals = self.heed_withdrawals(now).await?;
        let due = self.directory.due_connections(now).await?;
        let mut report = Report { due: due.len(), withdrawals, ..Report::default() };
        let outcomes: Vec<_> = stream::iter(due)
            .take_until(Box::pin(tokio::time::sleep(BEGIN_WITHIN)))
            .map(|id| self.guarded(id, now))
            .buffer_unordered(CONNECTIONS_AT_ONCE)
            .collect()
            .await;
        report.left = report.due - outcomes.len();
        for outcome in outcomes {
            report.add(outcome);
        }
        if let Err(fault) = self.forget_setups(now).await {
            self.metrics.count("TokenRefreshFaults", 1);
            tracing::error!(error = chain(&fault), "Setups that have ended could not be forgotten");
        }
        report.needing_reauthorization = self.needing_reauthorization().await?;
        self.metrics.count("ChannelsNeedingReauthorization", report.needing_reauthorization as u64);
        Ok(report)
    }

    /// Makes a connection due now, as somebody who has just mended it by hand wants it.
    pub async fn check_soon(&self, id: ConnectionId, now: Timestamp) -> Result<(), StoreError> {
        self.directory.check_connection_soon(id, now).await.map(drop)
    }

    /// Contains what goes wrong with one connection; `None` if something did.
    async fn guarded(&self, id: ConnectionId, now: Timestamp) -> Option<Outcome> {
        let fault = match self.refresh(id, now).await {
            Ok(outcome) => return Some(outcome),
            Err(fault) => fault,
        };
        self.metrics.count("TokenRefreshFaults", 1);
        tracing::error!(
            connection.id = %id, error = chain(&fault),
            "Connection `{id}` could not be checked"
        );
        None
    }

    async fn refresh(&self, id: ConnectionId, now: Timestamp) -> Result<Outcome, Fault> {
        let Some((lease, connection)) = self.directory.lease_due_connection(id, LEASE, now).await? else {
            return Ok(Outcome::PassedOver);
        };
        let looking = AssertUnwindSafe(self.look_at(lease.clone(), connection, now)).catch_unwind();
        let outcome = looking.await.unwrap_or(Err(Fault::Panicked));
        if outcome.is_err() {
            // Without this it would stay the longest overdue, and stand in the way of the others.
            let again_at = now + AGAIN_AFTER_FAULT;
            if let Err(error) = self.directory.give_connection_back(lease, Some(again_at)).await {
                tracing::debug!(connection.id = %id, error = chain(&error), "The lease of `{id}` must run out");
            }
        }
        outcome
    }

    async fn look_at(
        &self,
        lease: Lease,
        mut connection: Connection,
        now: Timestamp,
    ) -> Result<Outcome, Fault> {
        let id = connection.id;
        let (mut departing, mut known, mut expected, mut gone) = (Vec::new(), Vec::new(), 0, 0);
        for channel_id in std::mem::take(&mut connection.channels) {
            let channel = self.directory.channel(channel_id).await?;
            let belonging = departed::belonging(channel.as_ref(), &connection, now);
            expected += usize::from(belonging == Belonging::Expected);
            match (channel, belonging) {
                (None, Belonging::Left) => {
                    gone += 1;
                    continue;
                }
                (Some(channel), Belonging::Left) => departing.push(channel),
                (Some(channel), Belonging::Here | Belonging::Expected) => known.push(channel),
                (None, Belonging::Here | Belonging::Expected) => {}
            }
            connection.channels.push(channel_id);
        }
        let parted =
            if departing.is_empty() { Ok(0) } else { self.part(&mut connection, &departing, now).await };
        let postponed = match parted {
            Ok(0) if connection.channels.is_empty() && gone + departing.len() > 0 => {
                return self.dissolve(lease, &connection).await;
            }
            Ok(postponed) => postponed,
            Err(Stop::Superseded) => return self.pass_over(lease, connection, now).await,
            Err(Stop::Trouble(trouble)) => return Err(Fault::Parting(trouble.detail().to_owned())),
            Err(Stop::Fault(fault)) => return Err(fault),
        };
        // Nobody is told of a channel that is off, and nothing of it changes. Its login is kept alive all the same.
        let (channels, others): (Vec<_>, Vec<_>) =
            known.into_iter().partition(|channel| channel.status.is_on());
        let rests = channels.is_empty() && (!others.is_empty() || postponed > 0);
        let outcome = self.check(lease, connection, &channels, rests, now).await?;
        if postponed > 0 {
            self.directory.check_connection_soon(id, now + RETRY_UNCLEAR_AFTER).await?;
        } else if expected > 0 {
            self.directory.check_connection_soon(id, now + EXPECTED_WITHIN).await?;
        }
        Ok(outcome)
    }

    /// Checks the connection for `channels`, all that are on; it `rests` if none is although there are some.
    async fn check(
        &self,
        lease: Lease,
        connection: Connection,
        channels: &[Channel],
        rests: bool,
        now: Timestamp,
    ) -> Result<Outcome, Fault> {
        let id = connection.id;
        let found = match connection.kind {
            ChannelKind::Line | ChannelKind::WhatsApp | ChannelKind::Sms if rests => {
                Ok(Finding::nothing(&connection))
            }
            ChannelKind::Messenger => messenger::check(self, &connection, channels, now).await,
            ChannelKind::Line => line::check(self, &connection, channels).await,
            ChannelKind::WhatsApp | ChannelKind::Sms => twilio::check(self, &connection, channels).await,
        };
        let finding = match found {
            Ok(finding) => finding,
            Err(Stop::Trouble(trouble)) => Finding::all(&trouble, &connection, channels.len()),
            Err(Stop::Superseded) => return self.pass_over(lease, connection, now).await,
            Err(Stop::Fault(fault)) => return Err(fault),
        };
        let stored = self.directory.connection(id).await?;
        if stored.is_none_or(|stored| stored.authorized_at != connection.authorized_at) {
            return self.pass_over(lease, connection, now).await;
        }
        self.settle(lease, connection, channels, finding, rests, now).await
    }

    /// Gives the lease back with nothing found: the credential that was looked at is no longer the one.
    async fn pass_over(
        &self,
        lease: Lease,
        connection: Connection,
        now: Timestamp,
    ) -> Result<Outcome, Fault> {
        tracing::info!(
            connection.id = %connection.id,
            "Connection `{}` was re-authorized while it was checked", connection.id
        );
        // A conflict means that the new login has ended the lease and made the connection due itself.
        let due = Connection { check_at: now, ..connection };
        let _whoever_is_first = self.directory.settle_connection(lease, &due).await?;
        Ok(Outcome::PassedOver)
    }

    async fn needing_reauthorization(&self) -> Result<usize, StoreError> {
        let channels = self.directory.channels().await?;
        let needs = |channel: &&Channel| {
            channel.status.is_on() && matches!(channel.health, ChannelHealth::NeedsReauthorization { .. })
        };
        Ok(channels.iter().filter(needs).count())
    }
}

/// The error with what it came from.
fn chain(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(Some(error), |error| error.source());
    sources.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
