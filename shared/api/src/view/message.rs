//! A message as operators see it.

use std::collections::BTreeMap;

use madoguchi_channels::line;
use madoguchi_domain::event::{Album, Attachment, Inset, StandsFor, Template};
use madoguchi_domain::media::Token;
use madoguchi_domain::message::Body;
use madoguchi_domain::picture::Icon;
use madoguchi_domain::sender::{self, SenderName};
use madoguchi_domain::sms::{Segments, segments};
use madoguchi_domain::text::{Link, links};
use madoguchi_domain::{
    ChannelKind, Content, Conversation, Message, MessageKey, OperatorId, Problem, SendState, SentBy,
    Timestamp,
};
use serde::Serialize;

use super::ProblemView;
use super::file::FileView;
use crate::auth::Reader;

/// One message, or one line of the timeline.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct MessageView {
    /// Sorts as the messages do.
    id: MessageKey,
    /// `internal`: a note, which no customer sees.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::MessageDirection))]
    direction: &'static str,
    /// Of a message: `text`, `sticker`, `image`, `video`, `audio`, `file`, `location`, `postback`, `unknown`,
    /// `unsent`, `template`, or the provider's own word (`fallback`, `reel`, `post`, `template`,
    /// `appointment_booking` …); `album` for pictures that were sent together; `note` of an internal one. Of an
    /// event: `closed`, `reopened`, `followed`, `unfollowed`, `opted_out`, `referral`, `joined_group`,
    /// `left_group`, `members_joined`, `members_left`, `menu_switched`, `beacon`, `video_played`,
    /// `account_link`, `membership`, `opted_in`, `control_passed`, `control_taken`, `control_requested`,
    /// `scheduled_not_sent`, `labeled`, `unlabeled`, or `provider:` and the provider's word.
    kind: String,
    /// As last edited. Of an event its detail, such as the close reason.
    text: Option<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::MessageSentBy))]
    sent_by: &'static str,
    operator_id: Option<OperatorId>,
    /// Of an operator's reply: whom the customer sees. `account` also if the provider refused the name, or if
    /// Messenger has no persona of the operator yet.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::words::MessageSentAs>))]
    sent_as: Option<&'static str>,
    /// Sent as the operator the name that the customer sees, else what the operator signs in with.
    sender_name: Option<String>,
    /// Where the operator's picture is shown, below the API's address, as it was when the reply was written;
    /// left out if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    sender_picture: Option<String>,
    /// In a group the provider's id of who spoke.
    pub(super) participant: Option<String>,
    /// Their name, once fetched. Only in lists.
    participant_name: Option<String>,
    /// The message that it answers, if the page holds it too. Only in lists.
    reply_to: Option<MessageKey>,
    /// `received` for what came in, null for events. `delivered` and `read` are known on Messenger and
    /// WhatsApp, `delivered` on SMS. `unconfirmed`: nobody knows whether it arrived; an echo or a status of the
    /// provider may still tell. `retrying`: WhatsApp or SMS gave it up for a reason that may pass; it is sent once
    /// more by itself at `send_at`.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::words::MessageStatus>))]
    status: Option<&'static str>,
    /// Only of a `scheduled` or `retrying` reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    send_at: Option<String>,
    /// Only of a `scheduled` reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    unless_customer_writes: Option<bool>,
    /// Of a `failed` or `unconfirmed` reply.
    failure: Option<ProblemView>,
    /// Only of a reply that is sent, or was sent, once more by itself; what became of the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    first_try: Option<FirstTryView>,
    reactions: Vec<ReactionView>,
    /// Of a customer's: it holds offensive words, to be shown veiled. Left out of others.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    offensive: bool,
    edited: bool,
    /// The sender took it back; its content is gone.
    unsent: bool,
    /// Of a note, ids of people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    mentions: Option<Vec<OperatorId>>,
    /// Links in `text`, and LINE's own emoji and mentions, by their place in UTF-16 code units.
    insets: Vec<InsetView>,
    attachments: Vec<AttachmentView>,
    /// A text that the provider has approved (WhatsApp and SMS by Twilio).
    template: Option<Template>,
    /// Of a reply by SMS, which is paid for by the segment.
    sms: Option<SmsView>,
    /// The pieces of it by name: of a button its `payload` and what was picked, of a referral `source`, `type`,
    /// `ref` and `ad_id`, of other events what they are about.
    details: BTreeMap<String, String>,
    /// The set that a picture was sent in.
    pub(super) album: Option<AlbumView>,
    /// Of an `album` its messages, in its order; `attachments` then holds all of theirs.
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    parts: Vec<MessageView>,
    at: String,
    /// Counts its writes: of two that a client has, the higher is later. Of an `album` the sum of those of its
    /// `parts`, which live updates name one by one.
    version: u64,
    #[serde(skip)]
    key: MessageKey,
}

/// Of a reply by SMS, which is paid for by the segment.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct SmsView {
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    segments: usize,
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::SmsEncoding))]
    encoding: &'static str,
}

/// Only of a reply that is sent, or was sent, once more by itself; what became of the first time.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct FirstTryView {
    failed_at: String,
    /// One entry of the catalogue of what stands in the way of a reply, in the reader's language.
    failure: ProblemView,
    /// It reached the customer after all; with a status of `delivered` they may have it twice.
    delivered: bool,
}

/// The set that a picture was sent in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct AlbumView {
    pub(super) id: String,
    /// From 1; null where the app does not tell, and of the set itself.
    pub(super) index: Option<u32>,
    pub(super) total: Option<u32>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct InsetView {
    index: u32,
    length: u32,
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::InsetKind))]
    kind: &'static str,
    /// `product/emoji`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    emoji: Option<String>,
    /// The link, or where the emoji's picture is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    url: Option<String>,
    /// The provider's id of who is mentioned.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    user: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    everybody: bool,
    /// The official account itself.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    us: bool,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct ReactionView {
    /// The provider's id of who reacted.
    by: String,
    emoji: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct AttachmentView {
    /// `image`, `video`, `audio`, `file`, `sticker`, `location`, or the provider's word.
    kind: String,
    /// The provider's id of the content.
    reference: Option<String>,
    /// Usually short-lived. A `geo:` address for a location.
    url: Option<String>,
    title: Option<String>,
    /// How far a file has come; left out for attachments that are no files.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    file: Option<FileView>,
}

impl MessageView {
    /// The same of a message that was just written as it is here: it has been counted by the write.
    pub(crate) fn written(message: &Message, conversation: &Conversation, reader: Reader) -> Self {
        let view = Self::new(message, conversation, reader);
        Self { version: view.version + 1, ..view }
    }

    /// The message of `conversation`, whose watermarks tell what was delivered and read, for `reader`.
    pub(crate) fn new(message: &Message, conversation: &Conversation, reader: Reader) -> Self {
        let (status, failure) = progress(message, conversation, reader);
        let scheduled = match message.send {
            Some(SendState::Scheduled { at, unless_customer_writes, .. }) => {
                Some((at, Some(unless_customer_writes)))
            }
            Some(SendState::Retrying { at }) => Some((at, None)),
            _ => None,
        };
        let (kind, text, attachments) = match &message.body {
            Body::Said { content } => {
                (content.kind().to_owned(), said(content), attachments(content, conversation.channel_kind))
            }
            Body::Timeline { event, detail, .. } => (event.clone(), detail.clone(), Vec::new()),
            Body::Note { note } => {
                let said = note.deleted_at.is_none().then(|| note.text.clone());
                ("note".to_owned(), said, Vec::new())
            }
        };
        let (insets, details, album) = match &message.body {
            Body::Said { content: Content::Text { text, insets, payload, .. } } => {
                // An edit brings a text of its own.
                let insets = insets.iter().filter(|_| message.annotations.edit.is_none());
                let payload = payload.iter().map(|payload| ("payload".to_owned(), payload.clone()));
                let shown =
                    message.annotations.edit.as_ref().map_or(text.as_str(), |edit| edit.text.as_str());
                let links = links(shown).into_iter().map(InsetView::link);
                (insets.map(InsetView::from).chain(links).collect(), payload.collect(), None)
            }
            Body::Said { content: Content::Attachments { album, .. } } => {
                (Vec::new(), BTreeMap::new(), album.as_ref().map(AlbumView::from))
            }
            Body::Said { content: Content::Postback { payload, params, .. } } => {
                let payload = payload.iter().map(|payload| ("payload".to_owned(), payload.clone()));
                (Vec::new(), params.clone().into_iter().chain(payload).collect(), None)
            }
            Body::Timeline { facts, .. } => (Vec::new(), facts.clone(), None),
            Body::Said { .. } | Body::Note { .. } => (Vec::new(), BTreeMap::new(), None),
        };
        let annotations = &message.annotations;
        let edited = annotations.edit.as_ref().map(|edit| edit.text.clone());
        let reactions = annotations.reactions.iter().filter_map(|(by, reaction)| {
            Some(ReactionView { by: by.clone(), emoji: reaction.emoji.clone()? })
        });
        let note = message.note();
        let (direction, sent_by, operator_id) = match &message.sent_by {
            SentBy::System if note.is_some() => {
                ("internal", "operator", note.map(|note| note.author.clone()))
            }
            SentBy::Customer => ("in", "customer", None),
            SentBy::Operator { operator } if operator.is_client() => {
                ("out", "client", Some(operator.clone()))
            }
            SentBy::Operator { operator } => ("out", "operator", Some(operator.clone())),
            SentBy::ProviderInbox => ("out", "provider_app", None),
            SentBy::OtherApp => ("out", "other_app", None),
            SentBy::Automation => ("out", "automation", None),
            SentBy::Bot => ("out", "bot", None),
            SentBy::System => ("event", "system", None),
        };
        Self {
            id: message.key,
            direction,
            kind,
            edited: edited.is_some() || note.is_some_and(|note| note.edited_at.is_some()),
            offensive: message.offensive,
            text: edited.or(text),
            sent_by,
            sent_as: operator_id
                .as_ref()
                .filter(|_| note.is_none())
                .map(|_| if message.shown_sender().is_some() { "operator" } else { "account" }),
            sender_name: message
                .sender
                .as_ref()
                .map(|sender| sender.name().map_or(&*sender.operator, SenderName::as_str).to_owned())
                .or_else(|| note.map(|note| note.author_name.clone())),
            sender_picture: sender_picture(message),
            operator_id,
            participant: message.participant.clone(),
            participant_name: None,
            reply_to: None,
            status,
            send_at: scheduled.map(|(at, _)| at.to_string()),
            unless_customer_writes: scheduled.and_then(|(_, unless)| unless),
            failure,
            first_try: first_try(message, conversation, reader),
            reactions: reactions.collect(),
            unsent: annotations.unsent_at.is_some() || note.is_some_and(|note| note.deleted_at.is_some()),
            mentions: note.map(|note| note.mentions.iter().cloned().collect()),
            insets,
            attachments,
            template: template(message),
            sms: sms(message, conversation),
            details,
            album,
            parts: Vec::new(),
            at: message.key.at.to_string(),
            version: message.rev,
            key: message.key,
        }
    }

    /// With the name of who spoke in a group.
    pub(crate) fn spoken_by(self, name: Option<&String>) -> Self {
        Self { participant_name: name.cloned(), ..self }
    }

    /// With the message that it answers.
    pub(crate) fn answering(self, reply_to: Option<MessageKey>) -> Self {
        Self { reply_to, ..self }
    }

    /// One item for a set, of which `newest` is the newest part.
    pub(super) fn of_album(newest: Self) -> Self {
        let album = newest.album.clone().map(|album| AlbumView { index: None, ..album });
        let mut whole = Self {
            kind: "album".into(),
            text: None,
            sent_by: newest.sent_by,
            direction: newest.direction,
            operator_id: newest.operator_id.clone(),
            sent_as: newest.sent_as,
            sender_name: newest.sender_name.clone(),
            sender_picture: newest.sender_picture.clone(),
            participant: newest.participant.clone(),
            participant_name: newest.participant_name.clone(),
            reply_to: newest.reply_to,
            status: newest.status,
            send_at: None,
            unless_customer_writes: None,
            failure: None,
            first_try: None,
            reactions: Vec::new(),
            edited: false,
            offensive: false,
            unsent: false,
            mentions: None,
            insets: Vec::new(),
            attachments: Vec::new(),
            template: None,
            sms: None,
            details: BTreeMap::new(),
            album,
            parts: Vec::new(),
            at: newest.at.clone(),
            version: 0,
            id: newest.id,
            key: newest.key,
        };
        whole.take_in(newest);
        whole
    }

    /// Puts another part of the set in its place.
    pub(super) fn take_in(&mut self, part: Self) {
        self.parts.push(part);
        let place =
            |part: &Self| (part.album.as_ref().and_then(|album| album.index).unwrap_or(u32::MAX), part.key);
        self.parts.sort_by_key(place);
        // Higher with each write of any part.
        self.version = self.parts.iter().map(|part| part.version).sum();
        self.attachments = self.parts.iter().flat_map(|part| part.attachments.clone()).collect();
    }
}

impl From<&Album> for AlbumView {
    fn from(album: &Album) -> Self {
        Self { id: album.id.clone(), index: album.index, total: album.total }
    }
}

impl InsetView {
    fn link(link: Link<'_>) -> Self {
        let Link { index, length, url } = link;
        let place = |units: usize| u32::try_from(units).unwrap_or(u32::MAX);
        Self {
            index: place(index),
            length: place(length),
            kind: "link",
            emoji: None,
            url: Some(url.to_owned()),
            user: None,
            everybody: false,
            us: false,
        }
    }
}

impl From<&Inset> for InsetView {
    fn from(inset: &Inset) -> Self {
        let Inset { index, length, stands_for } = inset;
        let bare = Self {
            index: *index,
            length: *length,
            kind: "mention",
            emoji: None,
            url: None,
            user: None,
            everybody: false,
            us: false,
        };
        match stands_for {
            StandsFor::Emoji { emoji } => {
                let url = line::emoji_picture(emoji);
                Self { kind: "emoji", emoji: Some(emoji.clone()), url, ..bare }
            }
            StandsFor::Mention { user, everybody, us } => {
                Self { user: user.clone(), everybody: *everybody, us: *us, ..bare }
            }
        }
    }
}

fn first_try(message: &Message, conversation: &Conversation, reader: Reader) -> Option<FirstTryView> {
    let first = message.first_try.as_ref()?;
    let failure = ProblemView::new(first.reason.into(), conversation.channel_kind, reader.language);
    Some(FirstTryView {
        failed_at: first.failed_at.to_string(),
        failure: failure.said(&first.detail, None, reader),
        delivered: first.delivered_at.is_some(),
    })
}

fn progress(
    message: &Message,
    conversation: &Conversation,
    reader: Reader,
) -> (Option<&'static str>, Option<ProblemView>) {
    let problem = |problem| ProblemView::new(problem, conversation.channel_kind, reader.language);
    let status = match &message.send {
        None if message.sent_by == SentBy::System => return (None, None),
        None => "received",
        Some(SendState::Scheduled { .. }) => "scheduled",
        Some(SendState::Canceled { .. }) => "canceled",
        Some(SendState::Queued { .. }) => "queued",
        Some(SendState::Sending { .. }) => "sending",
        Some(SendState::Sent { at }) => sent(*at, conversation),
        Some(SendState::Retrying { .. }) => "retrying",
        Some(SendState::Delivered { .. }) => "delivered",
        Some(SendState::Read { .. }) => "read",
        Some(SendState::Failed { reason, detail, provider_text, meter, .. }) => {
            let failure = problem(Problem::from(*reason));
            let failure = failure.said(detail, provider_text.as_deref(), reader).metered(*meter);
            return (Some("failed"), Some(failure));
        }
        Some(SendState::Unconfirmed { detail, .. }) => {
            let failure = problem(Problem::Unconfirmed).said(detail, None, reader);
            return (Some("unconfirmed"), Some(failure));
        }
    };
    (Some(status), None)
}

fn sender_picture(message: &Message) -> Option<String> {
    let SentBy::Operator { operator } = &message.sent_by else { return None };
    let upload = message.sender.as_ref()?.icon.as_deref()?;
    Some(format!("/media/{}", Token::of(&Icon { operator, upload }.key())?))
}

fn template(message: &Message) -> Option<Template> {
    match &message.body {
        Body::Said { content: Content::Template(template) } => Some(template.clone()),
        _ => None,
    }
}

fn sms(message: &Message, conversation: &Conversation) -> Option<SmsView> {
    let is_ours = message.sent_by.is_ours() && conversation.channel_kind == ChannelKind::Sms;
    let text = message.reply_text().filter(|_| is_ours)?;
    let Segments { count, encoding, .. } =
        segments(&(sender::prefix(conversation.channel_kind, message.shown_sender()) + text));
    Some(SmsView { segments: count, encoding: encoding.as_str() })
}

/// Messenger tells by watermarks how far messages have come: everything sent until then. LINE does not tell, and
/// Twilio tells message by message.
fn sent(at: Timestamp, conversation: &Conversation) -> &'static str {
    let reached = |watermark: Option<Timestamp>| watermark.is_some_and(|through| at <= through);
    match conversation.channel_kind {
        ChannelKind::Messenger if reached(conversation.read_through) => "read",
        ChannelKind::Messenger if reached(conversation.delivered_through) => "delivered",
        ChannelKind::Messenger | ChannelKind::Line | ChannelKind::WhatsApp | ChannelKind::Sms => "sent",
    }
}

fn said(content: &Content) -> Option<String> {
    match content {
        Content::Text { text, .. } => Some(text.clone()),
        Content::Sticker { text, .. } => text.clone(),
        Content::Location { title, address, .. } => {
            let lines: Vec<_> = [title, address].into_iter().flatten().map(String::as_str).collect();
            (!lines.is_empty()).then(|| lines.join("\n"))
        }
        Content::Postback { title, payload, .. } => title.clone().or_else(|| payload.clone()),
        Content::Attachments { .. } | Content::Template(_) | Content::Unknown { .. } | Content::Unsent => {
            None
        }
    }
}

fn attachments(content: &Content, kind: ChannelKind) -> Vec<AttachmentView> {
    match content {
        Content::Text { attachments, .. } | Content::Attachments { attachments, .. } => {
            attachments.iter().map(AttachmentView::from).collect()
        }
        Content::Sticker { sticker, url, .. } => vec![AttachmentView {
            kind: "sticker".into(),
            reference: Some(sticker.clone()),
            // LINE names its stickers and gives no address.
            url: url.clone().or_else(|| line::sticker_picture(sticker).filter(|_| kind == ChannelKind::Line)),
            ..AttachmentView::default()
        }],
        Content::Location { title, latitude, longitude, .. } => vec![AttachmentView {
            kind: "location".into(),
            reference: None,
            // RFC 5870.
            url: Some(format!("geo:{latitude},{longitude}")),
            title: title.clone(),
            file: None,
        }],
        Content::Postback { .. } | Content::Template(_) | Content::Unknown { .. } | Content::Unsent => {
            Vec::new()
        }
    }
}

impl From<&Attachment> for AttachmentView {
    fn from(attachment: &Attachment) -> Self {
        Self {
            kind: attachment.kind.clone(),
            reference: attachment.reference.clone(),
            url: attachment.url.clone(),
            title: attachment.title.clone(),
            file: FileView::of(attachment),
        }
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::message::{Annotations, Edit, Reaction};
    use madoguchi_domain::send::FailureReason;
    use madoguchi_domain::sender::Sender;
    use madoguchi_domain::{ChannelId, Language, MessageId, Party, Span};
    use serde_json::json;

    use super::*;

    const AT: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    fn conversation(kind: ChannelKind) -> Conversation {
        Conversation::new(ChannelId::derive(kind, "1"), kind, Party::User("u".into()))
    }

    fn message(conversation: &Conversation, sent_by: SentBy, content: Content) -> Message {
        Message {
            key: MessageKey { at: AT, id: MessageId::of_reply(conversation.id, "k") },
            conversation_id: conversation.id,
            channel_id: conversation.channel_id,
            send: sent_by.is_ours().then_some(SendState::Sent { at: AT }),
            sent_by,
            sender: None,
            body: Body::Said { content },
            provider_message_id: None,
            participant: None,
            reply_to: None,
            read_token: None,
            annotations: Annotations::default(),
            stored_at: AT,
            noted_before: None,
            discarded: Vec::new(),
            first_try: None,
            awaits_ticket: false,
            offensive: false,
            rev: 1,
        }
    }

    fn shown(message: &Message, conversation: &Conversation) -> serde_json::Value {
        serde_json::to_value(MessageView::new(message, conversation, Reader::default())).unwrap()
    }

    #[test]
    fn snd_4_a_reply_tells_who_wrote_it_and_as_whom() {
        let sender = |shown: Option<&str>, refused| {
            let shown = shown.map(|name| SenderName::new(name).unwrap());
            Some(Sender { operator: "yamada".into(), shown, refused, icon: None })
        };
        let table = [
            (None, json!("account"), json!(null)),
            (sender(None, false), json!("account"), json!("yamada")),
            (sender(Some("山田"), false), json!("operator"), json!("山田")),
            (sender(Some("山田"), true), json!("account"), json!("yamada")),
        ];
        let conversation = conversation(ChannelKind::Line);
        for (sender, sent_as, name) in table {
            let operator = SentBy::Operator { operator: OperatorId("p".into()) };
            let reply = Message { sender, ..message(&conversation, operator, Content::text("はい")) };
            let view = shown(&reply, &conversation);
            assert_eq!((&view["sent_as"], &view["sender_name"]), (&sent_as, &name));
        }
        let received = shown(&message(&conversation, SentBy::Customer, Content::text("はい")), &conversation);
        assert_eq!((&received["sent_as"], &received["sender_name"]), (&json!(null), &json!(null)));
    }

    #[test]
    fn snd_1_the_name_before_an_sms_is_paid_for() {
        let conversation = conversation(ChannelKind::Sms);
        let operator = SentBy::Operator { operator: OperatorId("p".into()) };
        let bare = message(&conversation, operator, Content::text("あ".repeat(70)));
        let shown_name = SenderName::new("山田").ok();
        let sender =
            Some(Sender { operator: "yamada".into(), shown: shown_name, refused: false, icon: None });
        let named = Message { sender, ..bare.clone() };
        assert_eq!(shown(&bare, &conversation)["sms"]["segments"], 1);
        assert_eq!(shown(&named, &conversation)["sms"]["segments"], 2);
    }

    #[test]
    fn a_reply_is_shown_with_who_wrote_it_and_how_far_it_came() {
        let conversation = conversation(ChannelKind::Line);
        let operator = SentBy::Operator { operator: OperatorId("p".into()) };
        let reply = message(&conversation, operator, Content::text("はい"));
        assert_eq!(
            shown(&reply, &conversation),
            json!({
                "id": reply.key.to_string(),
                "direction": "out",
                "kind": "text",
                "text": "はい",
                "sent_by": "operator",
                "operator_id": "p",
                "sent_as": "account",
                "sender_name": null,
                "participant": null,
                "participant_name": null,
                "reply_to": null,
                "status": "sent",
                "failure": null,
                "reactions": [],
                "edited": false,
                "version": 1, "unsent": false,
                "insets": [],
                "attachments": [],
                "template": null,
                "sms": null,
                "details": {},
                "album": null,
                "parts": [],
                "at": "2023-11-14T22:13:20.000Z",
            })
        );
    }

    #[test]
    fn chn_5_a_text_message_tells_how_many_segments_it_takes() {
        let operator = || SentBy::Operator { operator: OperatorId("p".into()) };
        let text = "あ".repeat(71);
        for (kind, sent_by, expected) in [
            (ChannelKind::Sms, operator(), json!({"segments": 2, "encoding": "ucs2"})),
            (ChannelKind::Sms, SentBy::Customer, json!(null)),
            (ChannelKind::WhatsApp, operator(), json!(null)),
        ] {
            let conversation = conversation(kind);
            let message = message(&conversation, sent_by, Content::text(&text));
            assert_eq!(shown(&message, &conversation)["sms"], expected, "{kind}");
        }
    }

    #[test]
    fn chn_4_a_template_is_shown_by_its_id_and_what_was_filled_in() {
        let conversation = conversation(ChannelKind::WhatsApp);
        let template =
            Template { content_sid: "HX1".into(), variables: [("1".to_owned(), "花子".to_owned())].into() };
        let operator = SentBy::Operator { operator: OperatorId("p".into()) };
        let mut message = message(&conversation, operator, Content::Template(template));
        let view = shown(&message, &conversation);
        assert_eq!((&view["kind"], &view["text"]), (&json!("template"), &json!(null)));
        assert_eq!(view["template"], json!({"content_sid": "HX1", "variables": {"1": "花子"}}));
        // RPL-11, message by message.
        for (state, status) in
            [(SendState::Delivered { at: AT }, "delivered"), (SendState::Read { at: AT }, "read")]
        {
            message.send = Some(state);
            assert_eq!(shown(&message, &conversation)["status"], status);
        }
    }

    #[test]
    fn delivered_and_read_follow_messengers_watermarks() {
        let before = Some(AT - Span::from_ms(1));
        let table = [
            (ChannelKind::Messenger, None, None, "sent"),
            (ChannelKind::Messenger, before, None, "sent"),
            (ChannelKind::Messenger, Some(AT), None, "delivered"),
            (ChannelKind::Messenger, Some(AT), before, "delivered"),
            (ChannelKind::Messenger, Some(AT), Some(AT), "read"),
            (ChannelKind::Line, Some(AT), Some(AT), "sent"),
        ];
        for (kind, delivered, read, expected) in table {
            let mut conversation = conversation(kind);
            (conversation.delivered_through, conversation.read_through) = (delivered, read);
            let echo = message(&conversation, SentBy::ProviderInbox, Content::text("a"));
            assert_eq!(shown(&echo, &conversation)["status"], expected, "{kind} {delivered:?} {read:?}");
        }
    }

    #[test]
    fn what_was_not_sent_says_why_and_what_to_do() {
        let conversation = conversation(ChannelKind::Messenger);
        let mut reply = message(&conversation, SentBy::OtherApp, Content::text("a"));
        let text = Problem::ContactUnreachable.text(ChannelKind::Messenger, Language::Ja);
        let failed = |reason, provider_text: Option<&str>| SendState::Failed {
            at: AT,
            reason,
            detail: "551".into(),
            provider_text: provider_text.map(str::to_owned),
            meter: None,
        };
        let japanese = Reader { language: Language::Ja, administrator: false };
        let administrator = Reader { administrator: true, ..japanese };
        let told = |reply: &Message, reader| {
            serde_json::to_value(MessageView::new(reply, &conversation, reader)).unwrap()["failure"].clone()
        };
        reply.send = Some(failed(FailureReason::ContactUnreachable, None));
        assert_eq!(shown(&reply, &conversation)["status"], "failed");
        assert_eq!(
            told(&reply, japanese),
            json!({
                "id": "contact_unreachable", "message": text.message, "cause": text.cause,
                "remedy": text.remedy, "meter": null, "provider": null,
            })
        );
        assert!(told(&reply, Reader::default())["cause"].as_str().unwrap().contains("blocked the Page"));
        // What the provider said is for administrators.
        reply.send = Some(failed(FailureReason::ProviderRefused, Some("(#551) something new")));
        assert!(!told(&reply, japanese).to_string().contains("551"));
        let said = json!({"code": "551", "text": "(#551) something new"});
        assert_eq!(told(&reply, administrator)["provider"], said);
        reply.send = Some(SendState::Unconfirmed { at: AT, claimed_at: AT, detail: "timeout".into() });
        let unconfirmed = shown(&reply, &conversation);
        assert_eq!(unconfirmed["status"], "unconfirmed");
        assert_eq!(unconfirmed["failure"]["id"], "unconfirmed");
        assert_eq!(told(&reply, administrator)["provider"], json!({"code": "timeout", "text": null}));
        reply.send = Some(SendState::queued());
        assert_eq!(shown(&reply, &conversation)["status"], "queued");
    }

    #[test]
    fn edits_reactions_and_unsends_are_shown() {
        let conversation = conversation(ChannelKind::Messenger);
        let mut heard = message(&conversation, SentBy::Customer, Content::text("teh"));
        let reaction = |emoji: Option<&str>| Reaction { at: AT, emoji: emoji.map(str::to_owned) };
        heard.annotate(Annotations {
            reactions: [("1".to_owned(), reaction(Some("👍"))), ("2".to_owned(), reaction(None))].into(),
            edit: Some(Edit { at: AT, text: "the".into() }),
            unsent_at: None,
        });
        let edited = shown(&heard, &conversation);
        assert_eq!((&edited["text"], &edited["edited"]), (&json!("the"), &json!(true)));
        assert_eq!(edited["reactions"], json!([{"by": "1", "emoji": "👍"}]));
        assert_eq!(edited["status"], "received");
        heard.annotate(Annotations { unsent_at: Some(AT), ..Annotations::default() });
        let unsent = shown(&heard, &conversation);
        assert_eq!((&unsent["text"], &unsent["unsent"]), (&json!(null), &json!(true)));
        assert_eq!(unsent["kind"], "unsent");
    }

    #[test]
    fn a_line_of_the_timeline_is_an_event_without_a_status() {
        let conversation = conversation(ChannelKind::Line);
        let mut line = message(&conversation, SentBy::System, Content::Unsent);
        line.body = Body::Timeline {
            event: "members_joined".into(),
            detail: Some("U1".into()),
            facts: [("members".to_owned(), "U1".to_owned())].into(),
        };
        let line = shown(&line, &conversation);
        assert_eq!((&line["direction"], &line["kind"]), (&json!("event"), &json!("members_joined")));
        assert_eq!((&line["text"], &line["status"]), (&json!("U1"), &json!(null)));
        assert_eq!(line["details"], json!({"members": "U1"}));
    }

    fn part(conversation: &Conversation, number: u32, index: Option<u32>, total: Option<u32>) -> MessageView {
        let id = "S".to_owned();
        let attachments = vec![Attachment {
            kind: "image".into(),
            reference: Some(number.to_string()),
            set_id: Some(id.clone()),
            ..Attachment::default()
        }];
        let content = Content::Attachments { attachments, album: Some(Album { id, index, total }) };
        let mut image = message(conversation, SentBy::Customer, content);
        let at = AT + Span::from_ms(number.into());
        image.key = MessageKey { at, id: MessageId::of_provider(conversation.id, &number.to_string()) };
        MessageView::new(&image, conversation, Reader::default())
    }

    #[test]
    fn an_album_is_one_item_with_its_parts_in_order_however_they_came() {
        let conversation = conversation(ChannelKind::Line);
        let text = message(&conversation, SentBy::Customer, Content::text("見て"));
        let text = || MessageView::new(&text, &conversation, Reader::default());
        // Newest first, as a page is: the third picture came last, and a text in between.
        let page = vec![
            part(&conversation, 9, Some(3), Some(3)),
            part(&conversation, 8, Some(1), Some(3)),
            text(),
            part(&conversation, 7, Some(2), Some(3)),
        ];
        let shown = serde_json::to_value(super::super::grouped(page)).unwrap();
        let kinds: Vec<_> = shown.as_array().unwrap().iter().map(|item| item["kind"].clone()).collect();
        assert_eq!(kinds, ["album", "text"]);
        let album = &shown[0];
        assert_eq!(album["album"], json!({"id": "S", "index": null, "total": 3}));
        let order = |list: &serde_json::Value, name: &str| {
            list.as_array().unwrap().iter().map(|item| item[name].clone()).collect::<Vec<_>>()
        };
        assert_eq!(order(&album["attachments"], "reference"), ["8", "7", "9"]);
        assert_eq!(order(&album["parts"], "kind"), ["image"; 3]);
        assert_eq!(album["parts"][1]["album"], json!({"id": "S", "index": 2, "total": 3}));
        assert_ne!(album["parts"][0]["id"], album["parts"][1]["id"]);
    }

    #[test]
    fn an_album_without_places_is_shown_in_the_order_of_time_and_a_single_picture_by_itself() {
        let conversation = conversation(ChannelKind::Line);
        let page = vec![part(&conversation, 2, None, None), part(&conversation, 1, None, None)];
        let shown = serde_json::to_value(super::super::grouped(page)).unwrap();
        assert_eq!(shown.as_array().unwrap().len(), 1);
        assert_eq!(shown[0]["parts"][0]["attachments"][0]["reference"], "1");
        let shown = super::super::grouped(vec![part(&conversation, 1, Some(1), Some(1))]);
        assert_eq!(serde_json::to_value(shown).unwrap()[0]["kind"], "image");
    }

    #[test]
    fn emoji_and_mentions_are_shown_with_their_place() {
        let conversation = conversation(ChannelKind::Line);
        let inset = |index, stands_for| Inset { index, length: 5, stands_for };
        let insets = vec![
            inset(0, StandsFor::Mention { user: Some("U1".into()), everybody: false, us: true }),
            inset(6, StandsFor::Emoji { emoji: "5ac1bfd5040ab15980c9b435/001".into() }),
        ];
        let content = Content::Text {
            text: "@shop (ok)".into(),
            payload: Some("YES".into()),
            attachments: vec![],
            insets,
        };
        let mut said = message(&conversation, SentBy::Customer, content);
        let url = line::emoji_picture("5ac1bfd5040ab15980c9b435/001").unwrap();
        assert_eq!(
            shown(&said, &conversation)["insets"],
            json!([
                {"index": 0, "length": 5, "kind": "mention", "user": "U1", "us": true},
                {"index": 6, "length": 5, "kind": "emoji", "emoji": "5ac1bfd5040ab15980c9b435/001", "url": url},
            ])
        );
        said.annotations.edit = Some(Edit { at: AT, text: "other".into() });
        let edited = shown(&said, &conversation);
        assert_eq!((&edited["insets"], &edited["details"]), (&json!([]), &json!({"payload": "YES"})));
        said.annotations.edit = Some(Edit { at: AT, text: "→ https://example.com".into() });
        let link = json!([{"index": 2, "length": 19, "kind": "link", "url": "https://example.com"}]);
        assert_eq!(shown(&said, &conversation)["insets"], link);
    }

    #[test]
    fn msg_2_a_line_sticker_has_a_picture() {
        let conversation = conversation(ChannelKind::Line);
        let sticker = Content::Sticker { sticker: "446/1988".into(), url: None, text: None };
        let shown = shown(&message(&conversation, SentBy::Customer, sticker), &conversation);
        assert_eq!(shown["attachments"][0]["url"], line::sticker_picture("446/1988").unwrap());
    }

    #[test]
    fn every_kind_of_content_is_shown() {
        let conversation = conversation(ChannelKind::Line);
        let image = Attachment { kind: "image".into(), reference: Some("9".into()), ..Attachment::default() };
        let sticker = Content::Sticker {
            sticker: "1/2".into(),
            url: Some("https://s".into()),
            text: Some("hi".into()),
        };
        let place = Content::Location {
            title: Some("駅".into()),
            address: Some("東京".into()),
            latitude: 35.5,
            longitude: -139.25,
        };
        let nowhere = Content::Location { title: None, address: None, latitude: 0.0, longitude: 0.0 };
        let button = Content::Postback { title: None, payload: Some("BUY".into()), params: BTreeMap::new() };
        let unknown = Content::Unknown { name: "hologram".into(), raw: "{}".into() };
        let attached = |kind: &str, reference, url, title| json!([{"kind": kind, "reference": reference, "url": url, "title": title}]);
        let none = json!(null);
        let table = [
            (
                sticker,
                "sticker",
                json!("hi"),
                attached("sticker", json!("1/2"), json!("https://s"), none.clone()),
            ),
            (
                Content::Attachments { attachments: vec![image], album: None },
                "image",
                none.clone(),
                attached("image", json!("9"), none.clone(), none.clone()),
            ),
            (
                place,
                "location",
                json!("駅\n東京"),
                attached("location", none.clone(), json!("geo:35.5,-139.25"), json!("駅")),
            ),
            (
                nowhere,
                "location",
                none.clone(),
                attached("location", none.clone(), json!("geo:0,0"), none.clone()),
            ),
            (button, "postback", json!("BUY"), json!([])),
            (unknown, "unknown", none.clone(), json!([])),
        ];
        for (content, kind, text, attachments) in table {
            let shown = shown(&message(&conversation, SentBy::Customer, content), &conversation);
            assert_eq!(shown["kind"], kind);
            assert_eq!(shown["text"], text, "{kind}");
            assert_eq!(shown["attachments"], attachments, "{kind}");
        }
    }
}
