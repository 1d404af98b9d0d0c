//! What a provider told us, in words that no provider owns. `channels` makes these; nothing here
//! knows a provider's JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::Party;
use crate::message::MessageKey;
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
    /// The customer came in through a link or an advertisement; opens the reply window on Messenger.
    Referral {
        /// Short description for the timeline: source and reference.
        summary: String,
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
pub struct Template {
    /// The provider's id of it: Twilio's `HX…`.
    pub content_sid: String,
    /// What is filled in, by the name or number of the placeholder.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
}

/// A file that stays at the provider for now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// `image`, `video`, `audio`, `file`, or the provider's own word.
    pub kind: String,
    /// The provider's reference: a content id to fetch it by.
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
    /// The content type as the sender or the provider told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
}

impl Content {
    /// Plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), payload: None, attachments: Vec::new() }
    }

    /// The name of the kind as the API shows it.
    pub fn kind(&self) -> &str {
        match self {
            Self::Text { .. } => "text",
            Self::Sticker { .. } => "sticker",
            Self::Attachments { attachments } => attachments.first().map_or("file", |a| a.kind.as_str()),
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
            Self::Postback { title, payload } => {
                title.clone().or_else(|| payload.clone()).unwrap_or_else(|| "[postback]".into())
            }
        };
        crate::text::cut(&line.replace(['\n', '\r'], " "), 120)
    }
}
