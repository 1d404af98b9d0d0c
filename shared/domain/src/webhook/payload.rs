//! An event as other systems read it. What stands here is a promise: fields are added, and never changed or taken away.

use serde::Serialize;
use serde_json::{Value, json};

use super::Event;
use crate::catalogue::Problem;
use crate::conversation::{Conversation, Status};
use crate::event::{Attachment, Content};
use crate::ids::{ChannelId, ConversationId};
use crate::message::{Body, Message, SendState, SentBy};
use crate::time::Timestamp;

/// Version of the form.
const V: u8 = 1;

#[derive(Serialize)]
struct Payload<'a> {
    v: u8,
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    created_at: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    /// What is told of the change itself.
    change: Value,
    conversation: Option<ConversationView<'a>>,
    message: Option<MessageView<'a>>,
}

#[derive(Serialize)]
struct ConversationView<'a> {
    id: ConversationId,
    /// Grows with every change: what is told late can be told from what is news.
    version: u64,
    channel_id: ChannelId,
    channel_kind: &'static str,
    status: &'static str,
    close_reason: Option<&'static str>,
    answered: bool,
    assignee: Option<&'a str>,
    episode: u32,
    unread: u32,
    contact: ContactView<'a>,
    last_activity_at: Option<String>,
}

#[derive(Serialize)]
struct ContactView<'a> {
    /// The provider's id, with its kind: `user:…`, `group:…`, `room:…`.
    party: String,
    name: Option<&'a str>,
}

#[derive(Serialize)]
struct MessageView<'a> {
    id: String,
    at: String,
    sent_by: &'static str,
    operator_id: Option<&'a str>,
    kind: &'a str,
    text: Option<&'a str>,
    attachments: Vec<AttachmentView<'a>>,
    send: Option<SendView>,
}

#[derive(Serialize)]
struct AttachmentView<'a> {
    kind: &'a str,
    name: Option<&'a str>,
    size_bytes: Option<u64>,
}

#[derive(Serialize)]
struct SendView {
    state: &'static str,
    failure: Option<&'static str>,
}

/// The JSON that is sent of `event`, with conversation and message as they stand now.
pub fn payload(event: &Event, conversation: Option<&Conversation>, message: Option<&Message>) -> Value {
    let payload = Payload {
        v: V,
        id: event.id.to_string(),
        kind: event.kind.as_str(),
        created_at: event.at.to_string(),
        data: Data {
            change: json!(event.change),
            conversation: conversation.map(of_conversation),
            message: message.and_then(of_message),
        },
    };
    // Strings, numbers and lists of them: nothing that JSON cannot say.
    serde_json::to_value(payload).unwrap_or_default()
}

fn of_conversation(conversation: &Conversation) -> ConversationView<'_> {
    let (status, close_reason) = match conversation.status {
        Status::New => ("new", None),
        Status::Open => ("open", None),
        Status::Closed { reason, .. } => ("closed", Some(reason.public_id())),
    };
    ConversationView {
        id: conversation.id,
        version: conversation.version,
        channel_id: conversation.channel_id,
        channel_kind: conversation.channel_kind.as_str(),
        status,
        close_reason,
        answered: conversation.is_answered(),
        assignee: conversation.assignee.as_ref().map(|operator| operator.0.as_str()),
        episode: conversation.episode,
        unread: conversation.unread,
        contact: ContactView {
            party: conversation.party.to_string(),
            name: conversation.contact.name.as_deref(),
        },
        last_activity_at: conversation.last_activity_at.as_ref().map(Timestamp::to_string),
    }
}

/// Lines of the timeline are none.
fn of_message(message: &Message) -> Option<MessageView<'_>> {
    let Body::Said { content } = &message.body else { return None };
    let edited = message.annotations.edit.as_ref().map(|edit| edit.text.as_str());
    let (sent_by, operator_id) = match &message.sent_by {
        SentBy::Customer => ("customer", None),
        SentBy::Operator { operator } => ("operator", Some(operator.0.as_str())),
        SentBy::ProviderInbox => ("provider_inbox", None),
        SentBy::OtherApp => ("other_app", None),
        SentBy::Automation => ("automation", None),
        SentBy::System => ("system", None),
    };
    Some(MessageView {
        id: message.key.to_string(),
        at: message.key.at.to_string(),
        sent_by,
        operator_id,
        kind: content.kind(),
        text: edited.or_else(|| text(content)),
        attachments: message.attachments().iter().map(of_attachment).collect(),
        send: message.send.as_ref().map(of_send),
    })
}

fn text(content: &Content) -> Option<&str> {
    match content {
        Content::Text { text, .. } => Some(text),
        Content::Sticker { text, .. } => text.as_deref(),
        Content::Location { title, .. } | Content::Postback { title, .. } => title.as_deref(),
        _ => None,
    }
}

/// Not the address of the file: whoever may read it asks the API.
fn of_attachment(attachment: &Attachment) -> AttachmentView<'_> {
    let name = attachment.title.as_deref();
    AttachmentView { kind: &attachment.kind, name, size_bytes: attachment.size_bytes }
}

fn of_send(send: &SendState) -> SendView {
    let (state, failure) = match send {
        SendState::Scheduled { .. } => ("scheduled", None),
        SendState::Canceled { .. } => ("canceled", None),
        SendState::Queued { .. } => ("queued", None),
        SendState::Sending { .. } => ("sending", None),
        SendState::Sent { .. } => ("sent", None),
        SendState::Retrying { .. } => ("retrying", None),
        SendState::Delivered { .. } => ("delivered", None),
        SendState::Read { .. } => ("read", None),
        SendState::Failed { reason, .. } => ("failed", Some(Problem::from(*reason).public_id())),
        SendState::Unconfirmed { .. } => ("unconfirmed", None),
    };
    SendView { state, failure }
}

#[cfg(test)]
mod tests {
    use super::super::EventKind;
    use super::*;
    use crate::channel::ChannelKind;
    use crate::conversation::CloseReason;
    use crate::ids::{MessageId, OperatorId, Party};
    use crate::message::{Annotations, Edit, MessageKey};
    use crate::send::FailureReason;

    const NOW: Timestamp = Timestamp::from_ms(1_793_491_200_000);

    fn conversation() -> Conversation {
        let channel = ChannelId::derive(ChannelKind::Line, "1");
        let mut conversation = Conversation::new(channel, ChannelKind::Line, Party::User("U1".into()));
        conversation.contact.name = Some("山田".into());
        conversation.version = 7;
        conversation
    }

    fn message(conversation: &Conversation, sent_by: SentBy, send: Option<SendState>) -> Message {
        Message {
            key: MessageKey { at: NOW, id: MessageId::of_provider(conversation.id, "m") },
            conversation_id: conversation.id,
            channel_id: conversation.channel_id,
            sent_by,
            sender: None,
            body: Body::Said { content: Content::text("こんにちは") },
            provider_message_id: None,
            participant: None,
            reply_to: None,
            read_token: None,
            send,
            annotations: Annotations::default(),
            stored_at: NOW,
            noted_before: None,
            discarded: Vec::new(),
            first_try: None,
            rev: 1,
        }
    }

    #[test]
    fn ops_1_an_event_has_a_stable_form() {
        let mut conversation = conversation();
        let of = (conversation.channel_id, conversation.id);
        let message = message(&conversation, SentBy::Customer, None);
        let event = Event::new(EventKind::MessageReceived, of, "m", NOW).of_message(message.key);
        let told = payload(&event, Some(&conversation), Some(&message));
        let expected = json!({
            "v": 1,
            "id": event.id.to_string(),
            "type": "message.received",
            "created_at": "2026-11-01T00:00:00.000Z",
            "data": {
                "change": {},
                "conversation": {
                    "id": conversation.id,
                    "version": 7,
                    "channel_id": conversation.channel_id,
                    "channel_kind": "line",
                    "status": "new",
                    "close_reason": null,
                    "answered": false,
                    "assignee": null,
                    "episode": 0,
                    "unread": 0,
                    "contact": { "party": "user:U1", "name": "山田" },
                    "last_activity_at": null,
                },
                "message": {
                    "id": message.key.to_string(),
                    "at": "2026-11-01T00:00:00.000Z",
                    "sent_by": "customer",
                    "operator_id": null,
                    "kind": "text",
                    "text": "こんにちは",
                    "attachments": [],
                    "send": null,
                },
            },
        });
        assert_eq!(told, expected);
        conversation.status = Status::Closed { reason: CloseReason::Idle, at: NOW };
        let closed = Event::new(EventKind::ConversationClosed, of, "1", NOW).telling("reason", "idle");
        let told = payload(&closed, Some(&conversation), None);
        assert_eq!(told["data"]["conversation"]["close_reason"], "idle");
        assert_eq!(
            (&told["data"]["change"], &told["data"]["message"]),
            (&json!({"reason": "idle"}), &json!(null))
        );
    }

    #[test]
    fn ops_1_a_reply_tells_who_wrote_it_and_how_it_ended() {
        let conversation = conversation();
        let operator = SentBy::Operator { operator: OperatorId("person-1".into()) };
        let failed = SendState::Failed {
            at: NOW,
            reason: FailureReason::ContactUnreachable,
            detail: "551".into(),
            provider_text: None,
            meter: None,
        };
        let mut message = message(&conversation, operator, Some(failed));
        message.annotations.edit = Some(Edit { at: NOW, text: "今日は".into() });
        let told = payload(&Event::test(crate::ids::WebhookId::derive("s"), "1", NOW), None, Some(&message));
        let told = &told["data"]["message"];
        assert_eq!(told["operator_id"], "person-1");
        assert_eq!(told["send"], json!({"state": "failed", "failure": "contact_unreachable"}));
        assert_eq!(told["text"], "今日は", "as it was last changed");
    }
}
