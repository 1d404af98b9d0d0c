//! Messages: list, send, send again, cancel.

mod cancel;
mod list;
mod resend;
mod send;
mod send_file;
mod sender;
mod write_down;

pub(crate) use cancel::cancel;
pub(crate) use list::list;
pub(crate) use resend::resend;
pub(crate) use send::{prefix_of, send};

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(list::list, send::send, cancel::cancel, resend::resend))]
pub(crate) struct Described;
