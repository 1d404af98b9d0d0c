//! The only crate that knows a provider's JSON, headers and error codes.
//!
//! One folder per provider, each with the same verbs:
//!
//! | file | verb |
//! |---|---|
//! | `verify` | is this body from the provider? |
//! | `split` | a webhook body → one [`envelope::InboundEvent`] per event, the unit of work of the inbound queue |
//! | `parse` | one inbound event → [`madoguchi_domain::Event`], in words that no provider owns |
//! | `send` | one reply → [`madoguchi_domain::send::Outcome`] |
//! | `token` | look at, renew and subscribe with a credential |
//! | `profile` | a contact's name and picture |
//! | `media` | a file that a customer sent |
//! | `error` | the provider's codes → what they mean for us |
//!
//! Whatever a provider sends under a good signature is kept: what cannot be split goes to
//! quarantine ([`envelope::quarantine_parts`]), what cannot be parsed becomes
//! [`madoguchi_domain::EventBody::Unknown`]. A provider's refusal is a result, not an error.
//!
//! Nothing here reads a clock, holds a credential or builds an HTTP client: callers pass them in.

mod digest;
pub mod envelope;
pub mod http;
mod json;
pub mod line;
pub mod media;
pub mod messenger;
mod outgoing;
pub mod parse;
pub mod profile;
pub mod signature;
pub mod token;
pub mod twilio;
pub mod verdict;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod test_server;

pub use envelope::{InboundEvent, InboundWork, Malformed, QuarantinePart};
pub use http::ProviderHttp;
pub use media::{Download, MediaAnswer};
pub use outgoing::{Outgoing, Place};
pub use parse::{ParseOptions, parse};
pub use profile::{Profile, ProfileAnswer};
pub use signature::SignatureError;
pub use token::{Token, TokenError};
pub use verdict::Verdict;
