//! What the control routes and the Rust interface speak of.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::media::{MediaKind, Opened};

/// Who is being played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// The Graph API and Messenger.
    Messenger,
    /// The LINE platform.
    Line,
    /// WhatsApp through Twilio.
    #[serde(rename = "whatsapp")]
    WhatsApp,
    /// SMS and MMS through Twilio.
    Sms,
}

impl Provider {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Messenger => "messenger",
            Self::Line => "line",
            Self::WhatsApp => "whatsapp",
            Self::Sms => "sms",
        }
    }

    pub(crate) const fn is_twilio(self) -> bool {
        matches!(self, Self::WhatsApp | Self::Sms)
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

    /// The Twilio account.
    pub const TWILIO_ACCOUNT: &str = "AC00000000000000000000000000000001";
    /// Signs Twilio's webhooks, and is a password of its API.
    pub const TWILIO_AUTH_TOKEN: &str = "test-twilio-auth-token";
    /// An API key of the account; it can neither verify webhooks nor read the account.
    pub const TWILIO_API_KEY: &str = "SK00000000000000000000000000000001";
    /// The API key's password.
    pub const TWILIO_API_KEY_SECRET: &str = "test-twilio-key-secret";
    /// The company's number on WhatsApp.
    pub const WHATSAPP_SENDER: &str = "whatsapp:+815012345678";
    /// The company's number for SMS.
    pub const SMS_SENDER: &str = "+815087654321";
    /// A messaging service without senders; see `/control/twilio/service`.
    pub const TWILIO_SERVICE: &str = "MG00000000000000000000000000000001";
    /// An approved WhatsApp template with two variables.
    pub const TWILIO_TEMPLATE: &str = "HX00000000000000000000000000000001";
    /// A template that WhatsApp has paused.
    pub const TWILIO_PAUSED_TEMPLATE: &str = "HX00000000000000000000000000000002";

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
    /// The page, LINE channel or Twilio sender written to; the first one by default.
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
    /// Sends a file with everything that can be chosen about it.
    Media(MediaAct),
    /// Sends a file, an audio, a video or a place.
    Attachment {
        /// `audio`, `video`, `file`, `location`; WhatsApp and SMS: `contact`.
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

/// What is sent by [`Action::Media`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MediaAct {
    /// What it is.
    pub media: MediaKind,
    /// WhatsApp, SMS: the words below it.
    pub text: Option<String>,
    /// A document's name.
    pub name: Option<String>,
    /// How many at once (pictures only on LINE); one by default.
    pub count: Option<usize>,
    /// Files that were handed over at `/control/files`, by their ids, in place of samples.
    pub files: Vec<String>,
    /// LINE, WhatsApp: each in a webhook of its own, all at once.
    pub apart: bool,
    /// As large as this; the samples are a few kilobytes.
    pub size_bytes: Option<u64>,
    /// LINE: how long its content is not ready (answer 202).
    pub preparing_ms: Option<i64>,
    /// LINE: the content lies elsewhere (`contentProvider.type` is `external`).
    pub external: bool,
}

/// A file of an accepted message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SentMedia {
    /// What it is.
    pub kind: MediaKind,
    /// The product's address of it.
    pub url: String,
    /// LINE: the preview's address.
    pub preview_url: Option<String>,
    /// What came of fetching it: at once on Messenger and Twilio, on LINE when the customer opened it.
    pub opened: Option<Opened>,
}

/// What the status callbacks of an accepted Twilio message say so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SentStatus {
    /// `queued`, `sent`, `delivered`, `read`, `failed`, …
    pub status: String,
    /// Why it failed.
    pub error_code: Option<u32>,
    /// Where status callbacks go.
    pub callback: Option<String>,
}

/// A message that the product sent and the provider accepted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SentMessage {
    /// Where it was sent.
    pub provider: Provider,
    /// The page, LINE channel or Twilio sender.
    pub account: String,
    /// The page-scoped id, LINE user, group or room, telephone number or WhatsApp user.
    pub recipient: String,
    /// The simulator's customer, in one-to-one chats.
    pub customer: Option<String>,
    /// The provider's message id.
    pub id: String,
    /// `text`, `image`, `template`, …
    pub kind: String,
    /// The text, if any.
    pub text: Option<String>,
    /// `send` (Messenger, Twilio), `reply` or `push` (LINE).
    pub via: String,
    /// Messenger: `RESPONSE`, `UPDATE` or `MESSAGE_TAG`.
    pub messaging_type: Option<String>,
    /// Messenger: the tag.
    pub tag: Option<String>,
    /// Messenger: the caller's own mark.
    pub metadata: Option<String>,
    /// LINE: the retry key of the push.
    pub retry_key: Option<String>,
    /// The shown sender: LINE's, or the name of Messenger's persona.
    pub sender_name: Option<String>,
    /// Its files.
    pub media: Vec<SentMedia>,
    /// Twilio: its state.
    pub status: Option<SentStatus>,
    /// When it was accepted (Unix milliseconds, the simulator's clock).
    pub at_ms: i64,
    /// Requests that named this message, repeats under the same retry key included.
    pub attempts: u32,
    /// How often the customer's phone shows it: 0 when blocked, 2 when something sent it twice.
    pub times_received: usize,
    /// The message object of the request.
    pub request: Value,
}

/// What the company did in a chat without writing, for its customer to see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Where.
    pub provider: Provider,
    /// The page or LINE channel.
    pub account: String,
    /// The page-scoped id, LINE user, group or room.
    pub recipient: String,
    /// `typing_on`, `typing_off`, `mark_seen`; LINE: `loading`, `mark_as_read`.
    pub what: String,
    /// Of marking: the newest message of the customer that it covers.
    pub through: Option<String>,
    /// When (Unix milliseconds, the simulator's clock).
    pub at_ms: i64,
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

/// When the product hears of an accepted message: Messenger's echo, Twilio's status callbacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Echo {
    /// Right after the answer to the send.
    After,
    /// Before the answer to the send: their delivery is waited for.
    Before,
    /// Never.
    Off,
}
