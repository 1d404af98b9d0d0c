//! What operators are told beside the inbox itself: on the desktop and by e-mail (NTF-1 to NTF-6).
//!
//! There are four kinds, each switched per person and way. Who is told of something follows from what was committed
//! ([`Happened`]), from how the conversation stands ([`told`]) and from the person's settings; e-mail is put together per
//! person and conversation ([`Batch`]). No text of a message leaves the inbox this way: a notification says that there is
//! something to read, and where.

mod batch;
mod letter;
mod push;
mod rule;
mod settings;
#[cfg(test)]
mod tests;
mod trouble;

pub use batch::{Batch, EVERY, FIRST_AFTER, GIVE_UP_AFTER, LEASE, Pending, Read};
pub use letter::{Letter, Links, NotLettered, name};
pub use push::{MOST_PUSH_SUBSCRIPTIONS, PushNote, PushRefused, PushSubscription, Subscribed};
pub use rule::{Happened, Listener, What, told};
pub use settings::{Settings, Ways};
pub use trouble::{Look, Refusal, Standing, Trouble, TroubleText, troubles};

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::alert::is_address;
use crate::person::Person;

/// Where somebody is told by e-mail: what they sign in with, where that is an address.
pub fn address(person: &Person) -> Option<&str> {
    person.account.as_deref().map(str::trim).filter(|account| is_address(account))
}

/// The ways by which somebody can be told at all: e-mail needs an address to send it from and one to send it to, the desktop a
/// browser.
pub fn reach(person: &Person, has_mail: bool, has_browser: bool) -> Ways {
    Ways { desktop: has_browser, email: has_mail && address(person).is_some() }
}

/// What somebody is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A customer wrote in a conversation that is theirs (NTF-1).
    Mine,
    /// A customer wrote in a conversation that is somebody else's (NTF-2).
    Others,
    /// A customer wrote in a conversation that is nobody's (NTF-3).
    Unassigned,
    /// A conversation was given to them (NTF-4).
    Assigned,
}

impl Kind {
    /// Every kind, in the order in which settings show them.
    pub const ALL: [Self; 4] = [Self::Mine, Self::Others, Self::Unassigned, Self::Assigned];

    /// Its stable public id.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Others => "others",
            Self::Unassigned => "unassigned",
            Self::Assigned => "assigned",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = NoKind;
    fn from_str(text: &str) -> Result<Self, NoKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(NoKind)
    }
}

/// Text that names no kind of notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a kind of notification is one of mine, others, unassigned, assigned")]
pub struct NoKind;
