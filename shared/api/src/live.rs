//! Tickets for live updates (CON-5): a browser can send no token with a WebSocket, so it asks for a ticket with its token
//! and connects with that.

mod ticket;

pub(crate) use ticket::ticket;

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(ticket::ticket))]
pub(crate) struct Described;
