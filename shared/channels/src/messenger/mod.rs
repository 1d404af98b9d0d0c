//! Facebook Messenger: Graph webhooks, Send API, tokens.

mod attachment;
mod courtesy;
mod element;
pub mod error;
pub mod graph;
pub mod login;
mod parse;
mod persona;
mod profile;
mod send;
mod signed_request;
mod split;
pub mod token;
mod verify;

pub use courtesy::{SenderAction, act};
pub use graph::{GraphConfig, MetaApp, PageAccess};
pub use parse::parse;
pub use persona::{create_persona, delete_persona, list_personas};
pub use profile::profile;
pub use send::{OutgoingMessage, send};
pub use signed_request::{SignedRequest, SignedRequestError, read_signed_request, signed_request_of};
pub use split::split;
pub use verify::{verify_signature, verify_token_matches};
