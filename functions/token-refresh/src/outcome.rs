//! How a check can end.

use madoguchi_channels::line::Meter;
use madoguchi_domain::Timestamp;
use madoguchi_domain::account::AccountNote;
use madoguchi_domain::credential::Credential;
use madoguchi_domain::subscription::Look;
use madoguchi_runtime::SecretError;
use madoguchi_store::StoreError;
use madoguchi_store::directory::Connection;
use serde::Serialize;

use crate::rules::Trouble;

/// What one run found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Connections that were due.
    pub due: usize,
    /// Connections that were checked; the provider may have given no verdict.
    pub checked: usize,
    /// Connections that another run is checking, or that an administrator replaced meanwhile.
    pub passed_over: usize,
    /// Connections whose check failed here and not at the provider; they stay due.
    pub failed: usize,
    /// Connections that were removed with their last channel, and their credentials with them.
    pub dissolved: usize,
    /// Connections for which no time was left; they stay due.
    pub left: usize,
    /// User tokens that were exchanged.
    pub renewed: usize,
    /// Channels that can send now and could not before.
    pub released: usize,
    /// Channels that need re-authorization since this run.
    pub held: usize,
    /// Channels about which the provider said nothing.
    pub unclear: usize,
    /// What people took back at Meta that was carried out.
    pub withdrawals: usize,
    /// Channels that need re-authorization, those of earlier runs included.
    pub needing_reauthorization: usize,
}

/// What came of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was checked and settled.
    Checked { renewed: bool, released: usize, held: usize, unclear: usize },
    /// Somebody else is at it, or has replaced the credential meanwhile.
    PassedOver,
    /// It reached no channel any more, and is gone with its credential.
    Dissolved,
}

impl Report {
    pub(crate) fn add(&mut self, outcome: Option<Outcome>) {
        match outcome {
            None => self.failed += 1,
            Some(Outcome::PassedOver) => self.passed_over += 1,
            Some(Outcome::Dissolved) => self.dissolved += 1,
            Some(Outcome::Checked { renewed, released, held, unclear }) => {
                self.checked += 1;
                self.renewed += usize::from(renewed);
                self.released += released;
                self.held += held;
                self.unclear += unclear;
            }
        }
    }
}

/// What a check found.
#[derive(Debug)]
pub(crate) struct Finding {
    /// Per channel, in the order in which they were passed.
    pub(crate) standings: Vec<Result<(), Trouble>>,
    /// How each of their subscriptions to webhooks was found; none, or empty, where nothing was found out.
    pub(crate) looks: Vec<Option<Look>>,
    /// What the channels are reached with, if it could be looked at.
    pub(crate) credential: Option<Credential>,
    /// An exchange that gave no verdict; the old token serves on.
    pub(crate) postponed: Option<Trouble>,
    /// Whether a new user token is current.
    pub(crate) renewed: bool,
    /// When the credential ends.
    pub(crate) expires_at: Option<Timestamp>,
    /// The Pages that the login covers.
    pub(crate) pages: Vec<String>,
    /// LINE: the month's messages.
    pub(crate) quota: Option<Meter>,
    /// Facebook's id of the person who logged in.
    pub(crate) user_id: Option<String>,
    /// LINE and Twilio: what gets in the way in the account's settings, if it was looked at.
    pub(crate) notes: Option<Vec<AccountNote>>,
}

impl Finding {
    /// `trouble` concerns every channel of `connection`.
    pub(crate) fn all(trouble: &Trouble, connection: &Connection, channels: usize) -> Self {
        Self {
            standings: vec![Err(trouble.clone()); channels],
            looks: Vec::new(),
            credential: None,
            // A connection without a channel has nothing else to keep the trouble in.
            postponed: (channels == 0).then(|| trouble.clone()),
            renewed: false,
            expires_at: connection.expires_at,
            pages: connection.pages.clone(),
            quota: None,
            user_id: None,
            notes: None,
        }
    }

    /// Nobody was asked.
    pub(crate) fn nothing(connection: &Connection) -> Self {
        Self {
            standings: Vec::new(),
            looks: Vec::new(),
            credential: None,
            postponed: None,
            renewed: false,
            expires_at: connection.expires_at,
            pages: connection.pages.clone(),
            quota: None,
            user_id: None,
            notes: None,
        }
    }

    pub(crate) fn troubles(&self) -> impl Iterator<Item = &Trouble> {
        self.standings.iter().filter_map(|standing| standing.as_ref().err()).chain(&self.postponed)
    }
}

/// Why a check ends before its time.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The same trouble for every channel.
    Trouble(Trouble),
    /// Somebody replaced the credential meanwhile: what was found is about the old one.
    Superseded,
    /// Nothing was found out.
    Fault(Fault),
}

/// What kept us, and not the provider, from looking at a credential.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The Directory did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A secret could not be read or written.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A channel that was deleted could not leave its connection.
    #[error("a deleted channel could not leave its connection: {0}")]
    Parting(String),
    /// The Meta app was never entered.
    #[error("the secret `{0}` does not exist")]
    NoMetaApp(String),
    /// A bug; its place is in the log.
    #[error("the check panicked")]
    Panicked,
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl<E: Into<Fault>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}
