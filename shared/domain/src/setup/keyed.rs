//! Accounts that are reached with credentials which an administrator enters: LINE official accounts, and senders at Twilio.
//! They are proven by real calls when they are entered; the provider is told our address when the setup is finished.

use serde::{Deserialize, Serialize};

use crate::account::AccountNote;
use crate::ids::ChannelId;
use crate::time::Timestamp;

/// How far a setup has come with such an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyed {
    /// What was entered, once it was proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entered: Option<Entered>,
    /// The channel, once it is connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelId>,
}

/// An account whose credentials work. They lie in the setup's own secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entered {
    /// LINE's number of the channel, or the sender's address at Twilio.
    pub external_id: String,
    /// What the provider calls the account, where it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_name: Option<String>,
    /// What the channel will be called.
    pub name: String,
    /// Its channel was deleted once and goes on (CHN-21).
    #[serde(default)]
    pub resume: bool,
    /// When they were proven.
    pub at: Timestamp,
    /// What to know about the account.
    #[serde(default)]
    pub notes: Vec<AccountNote>,
}
