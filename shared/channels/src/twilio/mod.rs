//! WhatsApp and SMS by Twilio: Programmable Messaging webhooks, status callbacks and REST API.

mod callback;
pub mod error;
mod form;
mod lookup;
mod parse;
#[cfg(test)]
mod properties;
mod send;
mod setup;
mod split;
mod status;
pub mod token;
mod verify;

pub use callback::{Callback, status_callback, webhook_address};
pub use form::Form;
pub use lookup::{Recipient, list};
pub use parse::parse;
pub use send::{Outgoing, OutgoingContent, send};
pub use setup::{FoundSender, SenderWebhooks, SetupHosts, find_sender, set_webhooks};
pub use split::split;
pub use verify::{SharedKey, SignedRequest, SigningKeys, verify_signature};

/// Whom calls are made as.
#[derive(Clone, Copy)]
pub struct Account<'a> {
    /// `AC…`: names the account in every address.
    pub account_sid: &'a str,
    /// The user of Basic authentication: the account's sid, or an API key's `SK…`.
    pub user: &'a str,
    /// Its password: the Auth Token, or the API key's secret.
    pub password: &'a str,
}

impl std::fmt::Debug for Account<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("account_sid", &self.account_sid).finish_non_exhaustive()
    }
}
