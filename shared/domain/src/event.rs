//! What a provider told us, in words that no provider owns. `channels` makes these; nothing here
//! knows a provider's JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::happening::{Happening, Referral, ThreadControl};
use crate::ids::Party;
use crate::media::Media;
use crate::message::{MessageKey, ReadToken};
use crate::send::Refusal;
use crate::time::Timestamp;

/// One thing that a provider told us about one conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The provider's id of the event, or a digest where it has none. Equal for redeliveries.
    pub id: String,
    /// When it happened, by the provider's clock.
    pub at: Timestamp,
    /// When the webhook reached us.
    pub received_at: Timestamp,
    /// Whose conversation it belongs to.
    pub party: Party,
    /// In a group: who acted.
    pub participant: Option<String>,
    /// What the event tells of the contact beside what happened.
    pub sender: Sender,
    /// Another app controls the thread: store, do not answer.
    pub standby: bool,
    /// What happened.
    pub body: EventBody,
}

/// What an event tells of the contact in passing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sender {
    /// The display name, where providers send it along (WhatsApp by Twilio).
    pub name: Option<String>,
    /// The address to answer to, where it is not the party's id.
    pub address: Option<String>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum EventBody {
    /// The customer wrote, or pressed a button.
    Message(CustomerMessage),
    /// The company's side wrote: our own send coming back, or somebody in the provider's app (ING-13).
    Echo(Echo),
    /// Everything sent at or before `through` has reached the customer's device.
    Delivered {
        /// The watermark.
        through: Timestamp,
    },
    /// Everything sent at or before `through` has been read.
    Read {
        /// The watermark.
        through: Timestamp,
    },
    /// How far one message of ours has come (Twilio's status callbacks).
    Progress(Progress),
    /// The customer asked not to be written to any more, or took it back (STOP, START).
    OptOut {
        /// Whether nothing may be sent from now on.
        opted_out: bool,
    },
    /// A reaction was set, changed or taken back (`emoji: None`).
    Reaction {
        /// The provider's id of the message reacted to.
        target: String,
        /// What is shown; `None` = withdrawn.
        emoji: Option<String>,
    },
    /// A message's text was changed.
    Edit {
        /// The provider's id of the edited message.
        target: String,
        /// The new text.
        text: String,
        /// A one-use token to answer with (LINE).
        reply_token: Option<String>,
    },
    /// A message was taken back; the stored copy must go (LINE asks so).
    Unsend {
        /// The provider's id of the message.
        target: String,
    },
    /// The customer added the account as a friend, or lifted a block.
    Follow {
        /// LINE's hint that it was a lifted block; not reliable.
        unblocked: bool,
        /// A one-use token to answer with.
        reply_token: Option<String>,
    },
    /// The customer blocked the account.
    Unfollow,
    /// The customer came in through a link or an advertisement.
    Referral(Referral),
    /// The provider says which app may answer.
    Control(ThreadControl),
    /// Something happened that nobody said: a line of the timeline, and perhaps a change of state.
    Happened {
        /// What.
        what: Happening,
        /// A one-use token to answer with (LINE).
        reply_token: Option<String>,
    },
    /// An event that we do not know (yet). Kept as it came (ING-10).
    Unknown {
        /// The provider's name of it.
        kind: String,
        /// The provider's JSON, cut if over-long.
        raw: String,
    },
}

/// What the customer wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomerMessage {
    /// The provider's id of the message; deduplicates it (ING-5).
    pub provider_message_id: String,
    /// What it says.
    pub content: Content,
    /// The provider's id of the message it quotes.
    pub reply_to: Option<String>,
    /// A one-use token to answer with (LINE).
    pub reply_token: Option<String>,
    /// What marks it and all before it as read (LINE).
    pub read_token: Option<ReadToken>,
    /// The link or advertisement that brought the customer here with this message.
    pub referral: Option<Referral>,
}

/// A message of the company's side, as the provider reports it.
#[derive(Clone, Debug, PartialEq)]
pub struct Echo {
    /// The provider's id of the message.
    pub provider_message_id: String,
    /// Our own message, by the metadata that we sent along.
    pub ours: Option<MessageKey>,
    /// Who wrote it if it is not ours.
    pub source: EchoSource,
    /// What it says.
    pub content: Content,
}

/// How far one message of ours has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The provider's id of the message.
    pub provider_message_id: String,
    /// Our own message, by what we sent along.
    pub ours: Option<MessageKey>,
    /// What is known now.
    pub stage: Stage,
}

/// A stage on the way of a message of ours. See [`crate::progress`] for how they follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The provider has it.
    Taken,
    /// It has reached the customer's device.
    Delivered,
    /// It was read.
    Read,
    /// The provider gave it up.
    Failed(Refusal),
}

/// Who wrote a message that did not come from us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EchoSource {
    /// A person in the provider's own inbox: counts as an operator's answer.
    ProviderInbox,
    /// Another application: may be a bot, so it does not.
    OtherApp,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// Text; a quick reply's payload rides along.
    Text {
        /// As written.
        text: String,
        /// The payload of a tapped quick reply.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payload: Option<String>,
        /// Links and files that came along.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attachments: Vec<Attachment>,
        /// The provider's own emoji and mentions in the text, in its order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        insets: Vec<Inset>,
    },
    /// A sticker.
    Sticker {
        /// LINE: `package/sticker`; Messenger: the sticker's number.
        sticker: String,
        /// An address of its picture, where the provider gives one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// Words that describe it, where the provider gives some.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// Files without text.
    Attachments {
        /// One or more.
        attachments: Vec<Attachment>,
        /// The set that they belong to, where the provider sends each of a set by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        album: Option<Album>,
    },
    /// A place.
    Location {
        /// Name of the place, cut to 100 characters.
        title: Option<String>,
        /// Address, cut to 300 characters.
        address: Option<String>,
        /// Degrees.
        latitude: f64,
        /// Degrees.
        longitude: f64,
    },
    /// A pressed button.
    Postback {
        /// What the button said, if known.
        title: Option<String>,
        /// What it means to whoever made the button.
        payload: Option<String>,
        /// What was picked with it, such as `datetime`, by the provider's names.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        params: BTreeMap<String, String>,
    },
    /// A text that the provider has approved beforehand and keeps; we send its id and what to fill in (TPL-6).
    Template(Template),
    /// A message of a kind that we do not know (yet).
    Unknown {
        /// The provider's name of it.
        name: String,
        /// The provider's JSON, cut if over-long.
        raw: String,
    },
    /// The sender took the message back; its content is gone.
    Unsent,
}

/// A template at the provider, with what is filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Template {
    /// The provider's id of it: Twilio's `HX…`.
    #[cfg_attr(feature = "openapi", schema(pattern = "^HX[0-9a-fA-F]{32}$"))]
    pub content_sid: String,
    /// What is filled in, by the name or number of the placeholder.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
}

/// Several messages that were sent as one, such as the pictures of an album. They arrive in any order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Album {
    /// The provider's id of the set.
    pub id: String,
    /// Which one of the set, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// How many there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u32>,
}

/// A stretch of a text that stands for more than its characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inset {
    /// Where it begins, in UTF-16 code units of the text.
    pub index: u32,
    /// How long it is, in UTF-16 code units.
    pub length: u32,
    /// What it stands for.
    #[serde(flatten)]
    pub stands_for: StandsFor,
}

/// What an [`Inset`] stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stands_for", rename_all = "snake_case")]
pub enum StandsFor {
    /// A picture of the provider's own set.
    Emoji {
        /// LINE: `product/emoji`.
        emoji: String,
    },
    /// Somebody who is spoken to.
    Mention {
        /// The provider's id of the person; `None` where it is not told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<String>,
        /// Everybody in the group.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        everybody: bool,
        /// Our own account.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        us: bool,
    },
}

/// Something attached: a file, which is copied (see [`Media`]), or a link.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// `image`, `video`, `audio`, `file`, or the provider's own word.
    pub kind: String,
    /// The provider's reference: a content id to fetch it by. Of a reply: the upload's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// An address, usually short-lived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// File name or title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Bytes, where told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// Milliseconds, where told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Several images sent together share this id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_id: Option<String>,
    /// The content type as the sender or the provider told it; see [`crate::media::Stored`] for what it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// What has become of the file; `None` for what is no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<Media>,
    /// Of a reply: a link to the file is sent in place of the file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_link: bool,
}

impl Content {
    /// Plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), payload: None, attachments: Vec::new(), insets: Vec::new() }
    }

    /// The name of the kind as the API shows it.
    pub fn kind(&self) -> &str {
        match self {
            Self::Text { .. } => "text",
            Self::Sticker { .. } => "sticker",
            Self::Attachments { attachments, .. } => attachments.first().map_or("file", |a| a.kind.as_str()),
            Self::Location { .. } => "location",
            Self::Postback { .. } => "postback",
            Self::Template(_) => "template",
            Self::Unknown { .. } => "unknown",
            Self::Unsent => "unsent",
        }
    }

    /// One line for a list: 120 bytes, which is 40 Japanese characters or 120 Latin ones.
    pub fn preview(&self) -> String {
        let line = match self {
            Self::Text { text, .. } => text.clone(),
            Self::Sticker { text, .. } => text.clone().unwrap_or_else(|| "[sticker]".into()),
            Self::Attachments { .. } | Self::Template(_) | Self::Unknown { .. } | Self::Unsent => {
                format!("[{}]", self.kind())
            }
            Self::Location { title, .. } => title.clone().unwrap_or_else(|| "[location]".into()),
            Self::Postback { title, payload, .. } => {
                title.clone().or_else(|| payload.clone()).unwrap_or_else(|| "[postback]".into())
            }
        };
        crate::text::cut(&line.replace(['\n', '\r'], " "), 120)
    }
}
