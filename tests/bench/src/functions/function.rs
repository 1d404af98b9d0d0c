//! The functions of the template, and what each is configured with there.

use std::time::Duration;

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    WebhookIngest,
    InboxWriter,
    ChangeRelay,
    ReplyDispatch,
    ProfileFetch,
    MediaFetch,
    PendingSweep,
    ScheduledSend,
    IdleClose,
    UnansweredClose,
    ReplyLimitClose,
    TokenRefresh,
    InboxApi,
    AdminApi,
}

impl Function {
    /// All of them, along the way of a message.
    pub(super) const ALL: [Self; 14] = [
        Self::WebhookIngest,
        Self::InboxWriter,
        Self::InboxApi,
        Self::AdminApi,
        Self::ChangeRelay,
        Self::ReplyDispatch,
        Self::ProfileFetch,
        Self::MediaFetch,
        Self::PendingSweep,
        Self::ScheduledSend,
        Self::IdleClose,
        Self::UnansweredClose,
        Self::ReplyLimitClose,
        Self::TokenRefresh,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::WebhookIngest => "webhook-ingest",
            Self::InboxWriter => "inbox-writer",
            Self::ChangeRelay => "change-relay",
            Self::ReplyDispatch => "reply-dispatch",
            Self::ProfileFetch => "profile-fetch",
            Self::MediaFetch => "media-fetch",
            Self::PendingSweep => "pending-sweep",
            Self::ScheduledSend => "scheduled-send",
            Self::IdleClose => "idle-close",
            Self::UnansweredClose => "unanswered-close",
            Self::ReplyLimitClose => "reply-limit-close",
            Self::TokenRefresh => "token-refresh",
            Self::InboxApi => "inbox-api",
            Self::AdminApi => "admin-api",
        }
    }

    /// What each invocation does here.
    pub(super) const fn job(self) -> &'static str {
        match self {
            Self::WebhookIngest => "a LINE webhook with one text",
            Self::InboxWriter => "one text into an existing conversation",
            Self::ChangeRelay => "one stream record, a reply",
            Self::ReplyDispatch => "one reply to Messenger",
            Self::ProfileFetch => "one name and picture from Messenger",
            Self::MediaFetch => "one picture of 60 KB from LINE; at last a video of 200 MB",
            Self::PendingSweep => "a tick that finds one reply",
            Self::ScheduledSend => "a tick that queues one reply",
            Self::IdleClose | Self::UnansweredClose | Self::ReplyLimitClose => "a tick that closes one chat",
            Self::TokenRefresh => "a tick that checks one Messenger login",
            Self::InboxApi => "`POST` of one reply",
            Self::AdminApi => "`PATCH` of a channel",
        }
    }

    /// Variables that the template gives it, beside those of every function.
    pub(super) const fn variables(self) -> &'static [&'static str] {
        match self {
            Self::WebhookIngest => &["INBOUND_QUEUE_URL", "SECRET_PREFIX", "PUBLIC_BASE_URL"],
            Self::InboxWriter
            | Self::ScheduledSend
            | Self::IdleClose
            | Self::UnansweredClose
            | Self::ReplyLimitClose => &["INBOX_TABLE", "DIRECTORY_TABLE"],
            Self::ChangeRelay => {
                &["OUTBOUND_QUEUE_URL", "PROFILES_QUEUE_URL", "MEDIA_QUEUE_URL", "SEARCH_QUEUE_URL"]
            }
            Self::ReplyDispatch => &[
                "INBOX_TABLE",
                "DIRECTORY_TABLE",
                "OUTBOUND_QUEUE_URL",
                "SECRET_PREFIX",
                "GRAPH_BASE_URL",
                "GRAPH_VERSION",
                "LINE_BASE_URL",
                "TWILIO_BASE_URL",
                "PUBLIC_BASE_URL",
            ],
            Self::ProfileFetch => &[
                "INBOX_TABLE",
                "DIRECTORY_TABLE",
                "SECRET_PREFIX",
                "GRAPH_BASE_URL",
                "GRAPH_VERSION",
                "LINE_BASE_URL",
            ],
            Self::MediaFetch => &[
                "INBOX_TABLE",
                "DIRECTORY_TABLE",
                "MEDIA_BUCKET",
                "MEDIA_QUEUE_URL",
                "SECRET_PREFIX",
                "GRAPH_BASE_URL",
                "LINE_BASE_URL",
                "LINE_DATA_BASE_URL",
                "TWILIO_BASE_URL",
            ],
            Self::PendingSweep => &[
                "INBOX_TABLE",
                "DIRECTORY_TABLE",
                "OUTBOUND_QUEUE_URL",
                "PROFILES_QUEUE_URL",
                "MEDIA_QUEUE_URL",
            ],
            Self::TokenRefresh => &[
                "DIRECTORY_TABLE",
                "SECRET_PREFIX",
                "GRAPH_BASE_URL",
                "GRAPH_VERSION",
                "LINE_BASE_URL",
                "TWILIO_BASE_URL",
                "PUBLIC_BASE_URL",
            ],
            Self::InboxApi => &["INBOX_TABLE", "DIRECTORY_TABLE", "AUDIT_TABLE", "MEDIA_BUCKET"],
            Self::AdminApi => {
                &["INBOX_TABLE", "DIRECTORY_TABLE", "AUDIT_TABLE", "INBOUND_QUEUE_URL", "SECRET_PREFIX"]
            }
        }
    }

    pub(super) const fn memory_mb(self) -> u32 {
        match self {
            Self::IdleClose | Self::UnansweredClose | Self::ReplyLimitClose => 1_769,
            Self::MediaFetch => 512,
            _ => 256,
        }
    }

    pub(super) const fn timeout(self) -> Duration {
        Duration::from_secs(match self {
            Self::WebhookIngest => 10,
            Self::InboxWriter => 20,
            Self::InboxApi | Self::AdminApi => 29,
            Self::ChangeRelay | Self::ReplyDispatch | Self::ProfileFetch => 30,
            Self::PendingSweep | Self::ScheduledSend => 60,
            Self::MediaFetch => 180,
            Self::IdleClose | Self::UnansweredClose | Self::ReplyLimitClose | Self::TokenRefresh => 120,
        })
    }

    /// Whether its events can be made before any of them is handed over. The others' are made one by one: a
    /// tick that found all of them at once would be another job.
    pub(super) const fn is_fed_ahead(self) -> bool {
        matches!(
            self,
            Self::WebhookIngest | Self::InboxWriter | Self::InboxApi | Self::AdminApi | Self::ChangeRelay
        )
    }
}
