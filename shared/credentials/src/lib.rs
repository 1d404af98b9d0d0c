//! What a channel is called with: where its secrets are, what they hold, and tokens made from them.

mod calls;
mod names;
mod shapes;

pub use calls::{CredentialError, Credentials, Freshness, PageCredential, TwilioCredential};
pub use names::SecretNames;
pub use shapes::{
    AccountSecret, LineSecret, MessengerSecret, MetaAppSecret, SetupSecret, SharedKey, TwilioSecret,
};
