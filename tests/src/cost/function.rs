//! The functions that take part in a message.

use std::fmt;

/// A function of the template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Function {
    /// Takes webhooks.
    WebhookIngest,
    /// Writes events.
    InboxWriter,
    /// Follows the table's stream.
    ChangeRelay,
    /// Sends replies.
    ReplyDispatch,
    /// Fetches profiles.
    ProfileFetch,
    /// Closes by deadline.
    UnansweredClose,
    /// Answers operators.
    InboxApi,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::WebhookIngest,
        Self::InboxWriter,
        Self::ChangeRelay,
        Self::ReplyDispatch,
        Self::ProfileFetch,
        Self::UnansweredClose,
        Self::InboxApi,
    ];

    /// The crate's name, and the binary's.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WebhookIngest => "webhook-ingest",
            Self::InboxWriter => "inbox-writer",
            Self::ChangeRelay => "change-relay",
            Self::ReplyDispatch => "reply-dispatch",
            Self::ProfileFetch => "profile-fetch",
            Self::UnansweredClose => "unanswered-close",
            Self::InboxApi => "inbox-api",
        }
    }

    /// The logical id in the template.
    pub const fn resource(self) -> &'static str {
        match self {
            Self::WebhookIngest => "WebhookIngest",
            Self::InboxWriter => "InboxWriter",
            Self::ChangeRelay => "ChangeRelay",
            Self::ReplyDispatch => "ReplyDispatch",
            Self::ProfileFetch => "ProfileFetch",
            Self::UnansweredClose => "UnansweredClose",
            Self::InboxApi => "InboxApi",
        }
    }

    /// Whether it waits for a provider and not only for AWS.
    pub const fn calls_providers(self) -> bool {
        matches!(self, Self::ReplyDispatch | Self::ProfileFetch)
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
