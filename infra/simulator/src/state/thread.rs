//! One chat between an account and a customer, a group or a room.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{media::Media, model::Provider};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PeerKind {
    OneToOne,
    Group,
    Room,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts that tests switch one by one")]
pub(crate) struct Thread {
    pub(crate) provider: Provider,
    pub(crate) account: String,
    /// A page-scoped id; a LINE user, group or room id; a telephone number or WhatsApp user.
    pub(crate) peer: String,
    pub(crate) peer_kind: PeerKind,
    pub(crate) customer: Option<String>,
    pub(crate) messages: Vec<ThreadMessage>,
    /// When the customer last did something that opens the reply window.
    pub(crate) last_opener_ms: Option<i64>,
    /// LINE: the customer added the account as a friend.
    pub(crate) friend: bool,
    /// The customer blocked the account.
    pub(crate) blocked: bool,
    /// Messenger: the person is deactivated or gone (error 551).
    pub(crate) unavailable: bool,
    /// Another app owns the thread: the product only listens.
    pub(crate) standby: bool,
    /// Whether Messenger reports delivery and reading.
    pub(crate) receipts: bool,
    /// Until when Messenger's typing indicator or LINE's loading animation shows.
    #[serde(default)]
    pub(crate) loading_until_ms: Option<i64>,
    /// What the company did in the chat without writing, oldest first.
    #[serde(default)]
    pub(crate) shown: Vec<Courtesy>,
    /// Twilio: the customer wrote STOP.
    #[serde(default)]
    pub(crate) opted_out: bool,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ThreadMessage {
    pub(crate) id: String,
    pub(crate) from_company: bool,
    /// The customer who wrote, in groups and rooms.
    pub(crate) author: Option<String>,
    pub(crate) at_ms: i64,
    pub(crate) kind: String,
    pub(crate) text: Option<String>,
    pub(crate) sticker_id: Option<String>,
    pub(crate) media: Vec<Media>,
    /// LINE: the customer's file is not at LINE but at an address of its own.
    pub(crate) kept_elsewhere: bool,
    pub(crate) place: Option<Place>,
    pub(crate) choices: Vec<Choice>,
    pub(crate) sender_name: Option<String>,
    /// The address of the shown sender's picture.
    pub(crate) sender_picture: Option<String>,
    /// The message that the customer answered with this one.
    pub(crate) quotes: Option<String>,
    pub(crate) quote_token: Option<String>,
    /// LINE: marks this message and all before it as read.
    pub(crate) read_token: Option<String>,
    pub(crate) customer_reaction: Option<String>,
    pub(crate) company_reaction: Option<String>,
    pub(crate) edits: u32,
    pub(crate) unsent: bool,
    pub(crate) delivered_at_ms: Option<i64>,
    pub(crate) read_at_ms: Option<i64>,
    /// Set on what the company sent through the API.
    pub(crate) sent: Option<SentDetails>,
    /// Set on what went through Twilio.
    pub(crate) journey: Option<Journey>,
}

/// Somewhere on the map.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Place {
    pub(crate) title: String,
    pub(crate) address: String,
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
}

/// What becomes of a message that Twilio accepted.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Journey {
    pub(crate) status: String,
    pub(crate) error_code: Option<u32>,
    pub(crate) callback: Option<String>,
    pub(crate) service: Option<String>,
    /// As the request named the recipient.
    pub(crate) to: String,
    pub(crate) segments: usize,
    pub(crate) updated_at_ms: i64,
}

/// Something the company showed without writing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Courtesy {
    /// `typing_on`, `typing_off`, `mark_seen`; LINE: `loading`, `mark_as_read`.
    pub(crate) what: String,
    /// The newest message that it marked.
    pub(crate) through: Option<String>,
    pub(crate) at_ms: i64,
}

/// Something a customer can tap: a quick reply or a button.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Choice {
    pub(crate) kind: ChoiceKind,
    pub(crate) title: String,
    pub(crate) payload: String,
    /// Buttons stay; quick replies vanish with the next message.
    pub(crate) lasting: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChoiceKind {
    QuickReply,
    Postback,
    Message,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct SentDetails {
    /// `send`, `reply` or `push`.
    pub(crate) via: String,
    pub(crate) messaging_type: Option<String>,
    pub(crate) tag: Option<String>,
    pub(crate) metadata: Option<String>,
    pub(crate) retry_key: Option<String>,
    /// Requests that named this message, repeats under the same retry key included.
    pub(crate) attempts: u32,
    /// Accepted is not delivered: a blocker's phone shows nothing.
    pub(crate) received: bool,
    pub(crate) request: Value,
}

pub(super) fn key(provider: Provider, account: &str, peer: &str) -> String {
    format!("{}:{account}:{peer}", provider.as_str())
}

impl Thread {
    pub(super) fn new(
        provider: Provider,
        account: &str,
        peer: &str,
        peer_kind: PeerKind,
        customer: Option<String>,
    ) -> Self {
        Self {
            provider,
            account: account.to_owned(),
            peer: peer.to_owned(),
            peer_kind,
            customer,
            messages: Vec::new(),
            last_opener_ms: None,
            friend: false,
            blocked: false,
            unavailable: false,
            standby: false,
            receipts: true,
            shown: Vec::new(),
            loading_until_ms: None,
            opted_out: false,
        }
    }

    /// The company has read up to the message at `last`, or everything. Tells which of the customer's messages is the
    /// newest of these.
    pub(crate) fn read_by_company(&mut self, last: Option<usize>, now_ms: i64) -> Option<String> {
        let end = last.map_or(self.messages.len(), |last| last + 1);
        let mut newest = None;
        for message in self.messages[..end].iter_mut().filter(|message| !message.from_company) {
            message.read_at_ms.get_or_insert(now_ms);
            newest = Some(message.id.clone());
        }
        newest
    }

    pub(crate) fn show(&mut self, what: &str, through: Option<String>, at_ms: i64) {
        self.shown.push(Courtesy { what: what.to_owned(), through, at_ms });
    }

    pub(crate) fn message(&self, id: &str) -> Option<&ThreadMessage> {
        self.messages.iter().find(|message| message.id == id)
    }

    pub(crate) fn message_mut(&mut self, id: &str) -> Option<&mut ThreadMessage> {
        self.messages.iter_mut().find(|message| message.id == id)
    }

    /// What the customer's phone shows.
    pub(crate) fn visible(&self) -> impl Iterator<Item = &ThreadMessage> {
        self.messages.iter().filter(|message| message.sent.as_ref().is_none_or(|sent| sent.received))
    }

    /// How often the phone shows this message: Messenger texts of the product are told apart by
    /// `metadata`, all others by what they say.
    pub(crate) fn times_received(&self, message: &ThreadMessage) -> usize {
        let metadata = |message: &ThreadMessage| message.sent.as_ref().and_then(|sent| sent.metadata.clone());
        let same = |other: &&ThreadMessage| match metadata(message) {
            Some(own) => metadata(other).as_ref() == Some(&own),
            None => {
                other.kind == message.kind
                    && other.text == message.text
                    && other.sticker_id == message.sticker_id
                    && other.place == message.place
                    && links(other) == links(message)
            }
        };
        self.visible().filter(|other| other.from_company).filter(same).count()
    }
}

fn links(message: &ThreadMessage) -> Vec<Option<&str>> {
    message.media.iter().map(|media| media.link.as_ref().map(|link| link.url.as_str())).collect()
}
