//! What the API shows. The shapes are public: fields may be added, never renamed or removed.

mod album;
mod channel;
mod conversation;
mod file;
mod message;
mod problem;
mod quarantine;
mod replies;
mod subscription;

use serde::Serialize;

pub(crate) use album::{album, grouped, incomplete};
pub(crate) use channel::ChannelView;
pub(crate) use conversation::ConversationView;
pub(crate) use message::MessageView;
pub(crate) use problem::ProblemView;
pub(crate) use quarantine::{QuarantinedId, QuarantinedView};
pub(crate) use replies::RepliesView;
pub(crate) use subscription::SubscriptionView;

/// A page of a list.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct PageView<T> {
    pub(crate) items: Vec<T>,
    /// What to send as `cursor` for the next page; null on the last.
    pub(crate) next_cursor: Option<String>,
}
