//! What the control routes and the Rust interface speak of.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who is being played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// The Graph API and Messenger.
    Messenger,
    /// The LINE platform.
    Line,
}

impl Provider {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Messenger => "messenger",
            Self::Line => "line",
        }
    }
}

/// The accounts that exist from the start.
pub mod demo {
    /// The Meta app.
    pub const APP_ID: &str = "1000000000000001";
    /// Signs Messenger webhooks.
    pub const APP_SECRET: &str = "test-app-secret";
    /// The GET handshake's token.
    pub const VERIFY_TOKEN: &str = "test-verify-token";
    /// The page "Demo Shop".
    pub const PAGE: &str = "2000000000000001";
    /// A second subscribed page, "Demo Shop Osaka".
    pub const SECOND_PAGE: &str = "2000000000000002";
    /// A user token with 60 days from the first start.
    pub const LONG_USER_TOKEN: &str = "test-user-token-long";
    /// A user token with one hour.
    pub const SHORT_USER_TOKEN: &str = "test-user-token-short";
    /// The LINE channel "デモ商店".
    pub const LINE_CHANNEL: &str = "1650000001";
    /// Signs LINE webhooks and is the OAuth client secret.
    pub const LINE_SECRET: &str = "test-line-secret";

    /// The first page token, derived from the long-lived user token.
    pub fn page_token(page_id: &str) -> String {
        format!("test-page-token-{page_id}")
    }
}

/// What a customer (or the company, in the provider's own app) does.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Act {
    /// On which provider.
    pub provider: Provider,
    /// The page or LINE channel written to; the first one by default.
    #[serde(default)]
    pub account: Option<String>,
    /// The customer's id in the simulator; the first one by default.
    #[serde(default)]
    pub customer: Option<String>,
    /// LINE: the group or room in which it happens.
    #[serde(default)]
    pub group: Option<String>,
    /// When it happened (Unix milliseconds); now by default. Back-dating also moves the reply window.
    #[serde(default)]
    pub at_ms: Option<i64>,
    /// What happens.
    #[serde(flatten)]
    pub action: Action,
}

/// The verb of an [`Act`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// Writes a text.
    Text {
        /// The words.
        text: String,
        /// The message that it quotes.
        #[serde(default)]
        quote: Option<String>,
    },
    /// Taps a quick reply (Messenger: a text with a payload; LINE: a postback).
    QuickReply {
        /// What the button says.
        title: String,
        /// What the company gets.
        payload: String,
    },
    /// Taps a button.
    Postback {
        /// What the button says.
        title: String,
        /// What the company gets.
        payload: String,
    },
    /// Sends a sticker.
    Sticker {
        /// LINE: the package.
        #[serde(default)]
        package_id: Option<String>,
        /// The sticker.
        #[serde(default)]
        sticker_id: Option<String>,
    },
    /// Sends one picture, or an album.
    Image {
        /// How many pictures at once.
        #[serde(default)]
        count: Option<usize>,
    },
    /// Sends a file, an audio, a video or a place.
    Attachment {
        /// `audio`, `video`, `file` or `location`.
        attachment: String,
        /// File name or place.
        #[serde(default)]
        title: Option<String>,
    },
    /// Messenger: reacts to a message.
    Reaction {
        /// The message.
        message_id: String,
        /// The emoji.
        emoji: String,
        /// Takes the reaction back.
        #[serde(default)]
        remove: bool,
    },
    /// Edits an own message (Messenger; LINE in groups).
    Edit {
        /// The message.
        message_id: String,
        /// Its new text.
        text: String,
    },
    /// LINE: takes an own message back.
    Unsend {
        /// The message.
        message_id: String,
    },
    /// LINE: adds or unblocks the account.
    Follow,
    /// LINE: blocks the account. Messenger: blocks the page, which sends no event.
    Unfollow,
    /// Messenger: comes back through a link with a reference.
    Referral {
        /// The reference of the link.
        reference: String,
    },
    /// Messenger: somebody answers in the Page Inbox.
    PageInbox {
        /// The words.
        text: String,
    },
    /// LINE: the bot is taken into the group.
    Join,
    /// LINE: the bot is removed from the group.
    Leave,
    /// Sends an event as given; sender, time and ids are filled in where they are missing.
    Raw {
        /// The provider's event object.
        event: Value,
    },
}

/// A message that the product sent and the provider accepted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SentMessage {
    /// Where it was sent.
    pub provider: Provider,
    /// The page or LINE channel.
    pub account: String,
    /// The page-scoped id, LINE user, group or room.
    pub recipient: String,
    /// The simulator's customer, in one-to-one chats.
    pub customer: Option<String>,
    /// The provider's message id.
    pub id: String,
    /// `text`, `image`, `template`, …
    pub kind: String,
    /// The text, if any.
    pub text: Option<String>,
    /// `send` (Messenger), `reply` or `push` (LINE).
    pub via: String,
    /// Messenger: `RESPONSE`, `UPDATE` or `MESSAGE_TAG`.
    pub messaging_type: Option<String>,
    /// Messenger: the tag.
    pub tag: Option<String>,
    /// Messenger: the caller's own mark.
    pub metadata: Option<String>,
    /// LINE: the retry key of the push.
    pub retry_key: Option<String>,
    /// LINE: the shown sender.
    pub sender_name: Option<String>,
    /// When it was accepted (Unix milliseconds, the simulator's clock).
    pub at_ms: i64,
    /// Requests that named this message, repeats under the same retry key included.
    pub attempts: u32,
    /// How often the customer's phone shows it: 0 when blocked, 2 when something sent it twice.
    pub times_received: usize,
    /// The message object of the request.
    pub request: Value,
}

/// One request that the product made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Call {
    /// Whose API.
    pub provider: Provider,
    /// The HTTP method.
    pub method: String,
    /// The path without the query, which may hold a token.
    pub path: String,
    /// The answer's status; `None` when the connection was cut.
    pub status: Option<u16>,
    /// The fault that shaped the answer.
    pub fault: Option<String>,
    /// When it was answered (Unix milliseconds, the simulator's clock).
    pub at_ms: i64,
}

/// When the echo of an accepted Messenger message reaches the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Echo {
    /// Right after the answer to the send.
    After,
    /// Before the answer to the send: the echo's delivery is waited for.
    Before,
    /// Never.
    Off,
}
