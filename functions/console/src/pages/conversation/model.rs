//! What the API tells of a conversation, as far as its page shows it. Words that are not known are kept as they are.

use std::collections::BTreeMap;

use jiff::Timestamp;
use madoguchi_domain::ChannelKind;
use serde::Deserialize;

/// A page of a list.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    #[serde(default)]
    pub(super) next_cursor: Option<String>,
    #[serde(default)]
    pub(super) newer_cursor: Option<String>,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { items: Vec::new(), next_cursor: None, newer_cursor: None }
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Conversation {
    pub(super) id: String,
    pub(super) channel_id: String,
    pub(super) channel_kind: ChannelKind,
    pub(super) kind: String,
    pub(super) contact: Contact,
    pub(super) status: String,
    pub(super) section: String,
    pub(super) assignee_id: Option<String>,
    pub(super) department_id: Option<String>,
    #[serde(default)]
    pub(super) labels: Vec<String>,
    pub(super) mode: String,
    pub(super) snooze: Option<Snooze>,
    #[serde(default)]
    pub(super) unreplied: bool,
    #[serde(default)]
    pub(super) done: bool,
    pub(super) waiting_since: Option<Timestamp>,
    #[serde(default)]
    pub(super) episode: u32,
    #[serde(default)]
    pub(super) unread: u32,
    #[serde(default)]
    pub(super) offences: u32,
    pub(super) deadline: Option<Deadline>,
    pub(super) composer: Composer,
    pub(super) window: Window,
    pub(super) limits: serde_json::Value,
    #[serde(default)]
    pub(super) problems: Vec<Problem>,
    #[serde(default)]
    pub(super) participants: Option<Vec<Participant>>,
    #[serde(default)]
    pub(super) files: serde_json::Value,
    pub(super) version: u64,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Contact {
    pub(super) external_id: String,
    pub(super) name: Option<String>,
    pub(super) picture_url: Option<String>,
    pub(super) following: Option<bool>,
    #[serde(default)]
    pub(super) unreachable: bool,
    pub(super) blocked: Option<Blocked>,
    #[serde(default)]
    pub(super) registered: bool,
}

impl Contact {
    /// The name, or what the provider calls them.
    pub(super) fn shown(&self) -> &str {
        self.name.as_deref().filter(|name| !name.trim().is_empty()).unwrap_or(&self.external_id)
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Blocked {
    pub(super) since: Timestamp,
    pub(super) by: Option<String>,
    pub(super) reason: String,
    pub(super) dropped: Option<u64>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Snooze {
    pub(super) until: Option<Timestamp>,
    pub(super) by: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Deadline {
    pub(super) kind: String,
    pub(super) due_at: Timestamp,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Composer {
    pub(super) state: String,
    pub(super) reason: Option<String>,
    pub(super) message: Option<String>,
    pub(super) cause: Option<String>,
    pub(super) remedy: Option<String>,
    pub(super) controlled_by: Option<String>,
    pub(super) until: Option<Timestamp>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Window {
    pub(super) kind: String,
    pub(super) until: Option<Timestamp>,
}

/// What stands in the way of a reply.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Problem {
    pub(super) id: String,
    pub(super) message: String,
    #[serde(default)]
    pub(super) cause: String,
    #[serde(default)]
    pub(super) remedy: String,
    #[serde(default)]
    pub(super) provider: Option<Provider>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Provider {
    pub(super) code: String,
    pub(super) text: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Participant {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) picture_url: Option<String>,
    #[serde(default)]
    pub(super) present: bool,
}

/// A message, or a line of the timeline.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) direction: String,
    pub(super) kind: String,
    pub(super) text: Option<String>,
    pub(super) sent_by: String,
    pub(super) operator_id: Option<String>,
    pub(super) sent_as: Option<String>,
    pub(super) sender_name: Option<String>,
    pub(super) participant: Option<String>,
    pub(super) participant_name: Option<String>,
    pub(super) reply_to: Option<String>,
    pub(super) status: Option<String>,
    pub(super) send_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) unless_customer_writes: Option<bool>,
    pub(super) failure: Option<Problem>,
    pub(super) first_try: Option<FirstTry>,
    #[serde(default)]
    pub(super) reactions: Vec<Reaction>,
    #[serde(default)]
    pub(super) offensive: bool,
    #[serde(default)]
    pub(super) edited: bool,
    #[serde(default)]
    pub(super) unsent: bool,
    #[serde(default)]
    pub(super) insets: Vec<Inset>,
    #[serde(default)]
    pub(super) attachments: Vec<Attachment>,
    pub(super) template: Option<Template>,
    pub(super) sms: Option<Sms>,
    #[serde(default)]
    pub(super) details: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) parts: Vec<Self>,
    pub(super) at: Timestamp,
    #[serde(default)]
    pub(super) version: u64,
}

impl Message {
    /// The oldest id among it and its parts: what is older than this is not shown by it.
    pub(super) fn oldest(&self) -> &str {
        self.parts.iter().map(|part| part.id.as_str()).chain([self.id.as_str()]).min().unwrap_or(&self.id)
    }

    /// A line between the messages, which nobody said.
    pub(super) fn is_line(&self) -> bool {
        self.direction == "event"
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct FirstTry {
    pub(super) failure: Problem,
    #[serde(default)]
    pub(super) delivered: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Reaction {
    pub(super) by: String,
    pub(super) emoji: String,
}

/// A piece of a text by its place in UTF-16 code units.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Inset {
    pub(super) index: u32,
    pub(super) length: u32,
    pub(super) kind: String,
    pub(super) url: Option<String>,
    #[serde(default)]
    pub(super) us: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Attachment {
    pub(super) kind: String,
    pub(super) reference: Option<String>,
    pub(super) url: Option<String>,
    pub(super) title: Option<String>,
    pub(super) file: Option<File>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct File {
    pub(super) state: String,
    pub(super) content_type: Option<String>,
    pub(super) size_bytes: Option<u64>,
    pub(super) width: Option<u32>,
    pub(super) height: Option<u32>,
    pub(super) duration_ms: Option<u64>,
    #[serde(default)]
    pub(super) as_link: bool,
    pub(super) failure: Option<Failure>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Failure {
    pub(super) message: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Template {
    pub(super) content_sid: String,
    #[serde(default)]
    pub(super) variables: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Sms {
    pub(super) segments: u32,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Channel {
    pub(super) name: String,
    pub(super) installer_id: Option<String>,
    #[serde(default)]
    pub(super) settings: ChannelSettings,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct ChannelSettings {
    #[serde(default)]
    pub(super) reopen: String,
    #[serde(default)]
    pub(super) only_assignee_answers: bool,
}

/// Somebody who can be given conversations.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Operator {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) available: bool,
    #[serde(default)]
    pub(super) load: u64,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Department {
    pub(super) id: String,
    pub(super) name: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Label {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) color: String,
}

/// How customers see the visitor.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Me {
    #[serde(default)]
    pub(super) sender: String,
    pub(super) shown_name: Option<String>,
}

/// What the visitor has begun to write.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Draft {
    pub(super) text: String,
    pub(super) revision: u64,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Ticket {
    pub(super) number: u64,
    pub(super) subject: String,
    pub(super) status: String,
    pub(super) conversation_id: String,
    pub(super) created_at: Timestamp,
}

/// A message that a search found.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Found {
    pub(super) message_id: String,
    pub(super) at: Timestamp,
    pub(super) direction: String,
    pub(super) excerpt: Excerpt,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Excerpt {
    pub(super) text: String,
    #[serde(default)]
    pub(super) begins_inside: bool,
    #[serde(default)]
    pub(super) ends_inside: bool,
    #[serde(default)]
    pub(super) marks: Vec<Mark>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Mark {
    pub(super) index: u32,
    pub(super) length: u32,
}

/// A short-lived link to a file.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Link {
    pub(super) url: String,
    pub(super) preview_url: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct MessageTemplate {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) folder: Vec<String>,
    #[serde(default)]
    pub(super) variants: BTreeMap<String, Variant>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Variant {
    pub(super) text: String,
    #[serde(default)]
    pub(super) approved: Option<serde_json::Value>,
}
