//! A message as operators see it.

use madoguchi_domain::event::{Attachment, Template};
use madoguchi_domain::message::Body;
use madoguchi_domain::sms::{Segments, segments};
use madoguchi_domain::{
    ChannelKind, Content, Conversation, Message, MessageKey, OperatorId, SendState, SentBy, Timestamp,
};
use serde::Serialize;

/// One message, or one line of the timeline.
#[derive(Debug, Serialize)]
pub(crate) struct MessageView {
    id: MessageKey,
    direction: &'static str,
    kind: String,
    text: Option<String>,
    sent_by: &'static str,
    operator_id: Option<OperatorId>,
    participant: Option<String>,
    status: Option<&'static str>,
    failure: Option<FailureView>,
    reactions: Vec<ReactionView>,
    edited: bool,
    unsent: bool,
    attachments: Vec<AttachmentView>,
    template: Option<Template>,
    sms: Option<SmsView>,
    at: String,
}

/// What an SMS of ours costs: it is paid for by the segment.
#[derive(Debug, Serialize)]
struct SmsView {
    segments: usize,
    encoding: &'static str,
}

#[derive(Debug, Serialize)]
struct FailureView {
    id: &'static str,
    message: &'static str,
}

#[derive(Debug, Serialize)]
struct ReactionView {
    by: String,
    emoji: String,
}

#[derive(Debug, Default, PartialEq, Serialize)]
struct AttachmentView {
    kind: String,
    reference: Option<String>,
    url: Option<String>,
    title: Option<String>,
}

const UNCONFIRMED: FailureView = FailureView {
    id: "unconfirmed",
    message: "Nobody knows whether this has reached the customer. Look into the chat in the provider's own \
              app, and send it again only if it is not there.",
};

impl MessageView {
    /// The message of `conversation`, whose watermarks tell what was delivered and read.
    pub(crate) fn new(message: &Message, conversation: &Conversation) -> Self {
        let (status, failure) = progress(message, conversation);
        let (kind, text, attachments) = match &message.body {
            Body::Said { content } => (content.kind().to_owned(), said(content), attachments(content)),
            Body::Timeline { event, detail } => (event.clone(), detail.clone(), Vec::new()),
        };
        let annotations = &message.annotations;
        let edited = annotations.edit.as_ref().map(|edit| edit.text.clone());
        let reactions = annotations.reactions.iter().filter_map(|(by, reaction)| {
            Some(ReactionView { by: by.clone(), emoji: reaction.emoji.clone()? })
        });
        let (direction, sent_by, operator_id) = match &message.sent_by {
            SentBy::Customer => ("in", "customer", None),
            SentBy::Operator { operator } => ("out", "operator", Some(operator.clone())),
            SentBy::ProviderInbox => ("out", "provider_app", None),
            SentBy::OtherApp => ("out", "other_app", None),
            SentBy::System => ("event", "system", None),
        };
        Self {
            id: message.key,
            direction,
            kind,
            edited: edited.is_some(),
            text: edited.or(text),
            sent_by,
            operator_id,
            participant: message.participant.clone(),
            status,
            failure,
            reactions: reactions.collect(),
            unsent: annotations.unsent_at.is_some(),
            attachments,
            template: template(message),
            sms: sms(message, conversation),
            at: message.key.at.to_string(),
        }
    }
}

fn progress(message: &Message, conversation: &Conversation) -> (Option<&'static str>, Option<FailureView>) {
    let status = match &message.send {
        None if message.sent_by == SentBy::System => return (None, None),
        None => "received",
        Some(SendState::Queued { .. }) => "queued",
        Some(SendState::Sending { .. }) => "sending",
        Some(SendState::Sent { at }) => sent(*at, conversation),
        Some(SendState::Delivered { .. }) => "delivered",
        Some(SendState::Read { .. }) => "read",
        Some(SendState::Failed { reason, .. }) => {
            let message = reason.message(conversation.channel_kind);
            return (Some("failed"), Some(FailureView { id: reason.public_id(), message }));
        }
        Some(SendState::Unconfirmed { .. }) => return (Some("unconfirmed"), Some(UNCONFIRMED)),
    };
    (Some(status), None)
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
    let Segments { count, encoding, .. } = segments(text);
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
        Content::Postback { title, payload } => title.clone().or_else(|| payload.clone()),
        Content::Attachments { .. } | Content::Template(_) | Content::Unknown { .. } | Content::Unsent => {
            None
        }
    }
}

fn attachments(content: &Content) -> Vec<AttachmentView> {
    match content {
        Content::Text { attachments, .. } | Content::Attachments { attachments } => {
            attachments.iter().map(AttachmentView::from).collect()
        }
        Content::Sticker { sticker, url, .. } => vec![AttachmentView {
            kind: "sticker".into(),
            reference: Some(sticker.clone()),
            url: url.clone(),
            title: None,
        }],
        Content::Location { title, latitude, longitude, .. } => vec![AttachmentView {
            kind: "location".into(),
            reference: None,
            // RFC 5870.
            url: Some(format!("geo:{latitude},{longitude}")),
            title: title.clone(),
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
        }
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::message::{Annotations, Edit, Reaction};
    use madoguchi_domain::send::FailureReason;
    use madoguchi_domain::{ChannelId, MessageId, Party, Span};
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
            body: Body::Said { content },
            provider_message_id: None,
            participant: None,
            reply_to: None,
            annotations: Annotations::default(),
            stored_at: AT,
            noted_before: None,
            rev: 1,
        }
    }

    fn shown(message: &Message, conversation: &Conversation) -> serde_json::Value {
        serde_json::to_value(MessageView::new(message, conversation)).unwrap()
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
                "participant": null,
                "status": "sent",
                "failure": null,
                "reactions": [],
                "edited": false,
                "unsent": false,
                "attachments": [],
                "template": null,
                "sms": null,
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
        let reason = FailureReason::ContactUnreachable;
        reply.send = Some(SendState::Failed { at: AT, reason, detail: "551".into() });
        let failed = shown(&reply, &conversation);
        assert_eq!(failed["status"], "failed");
        assert_eq!(failed["failure"]["id"], "contact_unreachable");
        assert_eq!(failed["failure"]["message"], reason.message(ChannelKind::Messenger));
        assert!(!failed.to_string().contains("551"));
        reply.send = Some(SendState::Unconfirmed { at: AT, claimed_at: AT, detail: "timeout".into() });
        let unconfirmed = shown(&reply, &conversation);
        assert_eq!(unconfirmed["status"], "unconfirmed");
        assert_eq!(unconfirmed["failure"]["id"], "unconfirmed");
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
        line.body = Body::Timeline { event: "closed".into(), detail: Some("idle".into()) };
        let line = shown(&line, &conversation);
        assert_eq!((&line["direction"], &line["kind"]), (&json!("event"), &json!("closed")));
        assert_eq!((&line["text"], &line["status"]), (&json!("idle"), &json!(null)));
    }

    #[test]
    fn every_kind_of_content_is_shown() {
        let conversation = conversation(ChannelKind::Line);
        let image = Attachment {
            kind: "image".into(),
            reference: Some("9".into()),
            url: None,
            title: None,
            size_bytes: None,
            duration_ms: None,
            set_id: None,
            content_type: None,
        };
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
        let button = Content::Postback { title: None, payload: Some("BUY".into()) };
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
                Content::Attachments { attachments: vec![image] },
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
