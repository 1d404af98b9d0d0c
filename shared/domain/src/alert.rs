//! What administrators are told by e-mail, and when (AUT-8, AUT-12).
//!
//! What is due follows from how a connection stands now and from what was told of it before, not from a change that
//! somebody saw: looking twice, late or in any order tells nothing twice. A hold is told only after a check of the
//! current credential did not lift it, since whoever was refused a call knows only the credential that the call left
//! with.

mod letter;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::channel::{Channel, ChannelHealth, ChannelKind};
use crate::credential::Cause;
use crate::ids::ChannelId;
use crate::person::Person;
use crate::role::Act;
use crate::time::{Span, Timestamp};

pub use letter::Letter;

/// What is found broken within it after a re-authorization may be about the old credential: it is no new incident
/// before a later check finds it too (AUT-12). Longer than a call takes that left before, with its check.
pub const GRACE: Span = Span::from_minutes(2);
/// So many days before its end a credential is warned of that could not be renewed (AUT-8).
pub const WARN_DAYS_LEFT: [i64; 4] = [14, 7, 3, 1];
/// A provider tells the end of a credential to the second, and not always the same one.
const SAME_END: Span = Span::from_days(1);

/// How a connection stands.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// When a person last entered the credential.
    pub authorized_at: Timestamp,
    /// When it was last looked at.
    pub checked_at: Option<Timestamp>,
    /// When it ends, where it does.
    pub expires_at: Option<Timestamp>,
    /// The channels that it reaches.
    pub channels: &'a [Channel],
}

/// What administrators were told of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The channels whose hold they know of, each with when it began.
    #[serde(default)]
    pub incidents: BTreeMap<ChannelId, Timestamp>,
    /// The last warning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warned: Option<Warned>,
    /// Counts the writes; every change is conditional on it.
    #[serde(default)]
    pub rev: u64,
}

/// A warning that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warned {
    /// The end that it was about.
    pub end: Timestamp,
    /// The mark of [`WARN_DAYS_LEFT`] that was reached.
    pub mark: i64,
}

/// A channel as an e-mail names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Which.
    pub id: ChannelId,
    /// What operators call it.
    pub name: String,
    /// Its provider.
    pub kind: ChannelKind,
}

/// A channel that needs re-authorization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub channel: Named,
    /// Why.
    pub cause: Cause,
    /// Since when.
    pub since: Timestamp,
}

/// One e-mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alert {
    /// Channels need re-authorization: all of the connection's that nobody has been told of.
    Broken(Vec<Broken>),
    /// Channels work again whose failure was told.
    Mended(Vec<Named>),
    /// The credential ends soon and could not be renewed by itself.
    Ending {
        /// The channels that end with it.
        channels: Vec<Named>,
        /// When.
        end: Timestamp,
        /// Days that are left, begun ones counted.
        days_left: i64,
        /// The mark that was reached.
        mark: i64,
    },
}

/// What administrators are to be told of a connection that stands like this, after what they were told.
pub fn due(standing: &Standing<'_>, told: &Told) -> Vec<Alert> {
    let Some(checked_at) = standing.checked_at else { return Vec::new() };
    let in_use = || standing.channels.iter().filter(|channel| channel.status.is_on());
    let broken: Vec<_> = in_use()
        .filter_map(|channel| match &channel.health {
            ChannelHealth::NeedsReauthorization { cause, since, .. } => {
                Some(Broken { channel: Named::from(channel), cause: *cause, since: *since })
            }
            _ => None,
        })
        .filter(|broken| {
            broken.since <= checked_at
                && standing.authorized_at + GRACE <= checked_at
                && told.incidents.get(&broken.channel.id) != Some(&broken.since)
        })
        .collect();
    let healthy = || in_use().filter(|channel| matches!(channel.health, ChannelHealth::Healthy { .. }));
    let mended: Vec<_> =
        healthy().filter(|channel| told.incidents.contains_key(&channel.id)).map(Named::from).collect();

    let mut alerts = Vec::new();
    if !broken.is_empty() {
        alerts.push(Alert::Broken(broken));
    }
    if !mended.is_empty() {
        alerts.push(Alert::Mended(mended));
    }
    let ending: Vec<_> = healthy().map(Named::from).collect();
    if let Some(end) = standing.expires_at
        && let Some(mark) = reached(end, checked_at)
        && !told.has_warned(end, mark)
        && !ending.is_empty()
    {
        let days_left = days_left(end, checked_at);
        alerts.push(Alert::Ending { channels: ending, end, days_left, mark });
    }
    alerts
}

/// The nearest mark that is passed; none before the first, and none when the credential has ended.
fn reached(end: Timestamp, now: Timestamp) -> Option<i64> {
    let marks = WARN_DAYS_LEFT.into_iter().filter(|days| end - Span::from_days(*days) <= now);
    (now < end).then(|| marks.min()).flatten()
}

/// Begun days until `end`.
fn days_left(end: Timestamp, now: Timestamp) -> i64 {
    let day = Span::from_days(1).as_ms();
    (end.since(now).as_ms() + day - 1) / day
}

impl Told {
    /// Takes note of an e-mail that was sent.
    pub fn note(&mut self, alert: &Alert) {
        match alert {
            Alert::Broken(all) => {
                self.incidents.extend(all.iter().map(|broken| (broken.channel.id, broken.since)));
            }
            Alert::Mended(channels) => {
                self.incidents.retain(|id, _| channels.iter().all(|channel| channel.id != *id));
            }
            Alert::Ending { end, mark, .. } => self.warned = Some(Warned { end: *end, mark: *mark }),
        }
    }

    /// Whether this mark, or a nearer one, was told of about the same end.
    fn has_warned(&self, end: Timestamp, mark: i64) -> bool {
        self.warned.is_some_and(|warned| {
            let apart = end.since(warned.end).max(warned.end.since(end));
            apart < SAME_END && warned.mark <= mark
        })
    }
}

impl From<&Channel> for Named {
    fn from(channel: &Channel) -> Self {
        Self { id: channel.id, name: channel.name.clone(), kind: channel.kind }
    }
}

impl Alert {
    /// What it is about, as it stands in logs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Broken(_) => "broken",
            Self::Mended(_) => "mended",
            Self::Ending { .. } => "ending",
        }
    }
}

/// Those who are told: the organisation's owners and administrators by what they sign in with, where that is an
/// address, and `also`, addresses separated by commas. Nobody twice.
pub fn recipients(people: &[Person], also: &str) -> Vec<String> {
    let administrators = people
        .iter()
        .filter(|person| person.removed_at.is_none() && person.role.may(Act::Administrate))
        .filter_map(|person| person.account.as_deref());
    let mut found: Vec<String> = Vec::new();
    for address in also.split(',').chain(administrators).map(str::trim).filter(|text| is_address(text)) {
        if !found.iter().any(|known| known.eq_ignore_ascii_case(address)) {
            found.push(address.to_owned());
        }
    }
    found
}

/// Whether mail may be sent there. SES takes addresses in ASCII only.
pub(crate) fn is_address(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"<>,;:\"()[]\\".contains(&byte);
    let parts = text.split_once('@').filter(|(name, domain)| !name.is_empty() && !domain.contains('@'));
    text.len() <= 320
        && text.bytes().all(plain)
        && parts.is_some_and(|(_, domain)| {
            domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.')
        })
}

#[cfg(test)]
#[path = "alert_tests.rs"]
mod tests;
