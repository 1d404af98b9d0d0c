//! Which events a committed write is. Each follows from what stood there before and after, so that telling a write twice
//! tells the same events.

use super::{Event, EventKind};
use crate::conversation::{Conversation, Status};
use crate::message::{Body, Message, SendState, SentBy};
use crate::time::Timestamp;

/// What happened to a conversation by one write at `at`; nothing when it is deleted.
pub fn of_conversation(
    before: Option<&Conversation>,
    after: Option<&Conversation>,
    at: Timestamp,
) -> Vec<Event> {
    let Some(after) = after else { return Vec::new() };
    let which = after.version.to_string();
    let event = |kind| Event::new(kind, (after.channel_id, after.id), &which, at);
    let mut events = Vec::new();
    let was_open = before.is_some_and(Conversation::is_open);
    match (before.map(|before| before.status), after.status) {
        (Some(Status::Closed { .. }), Status::Open) => events.push(event(EventKind::ConversationReopened)),
        (_, Status::Open) if !was_open => events.push(event(EventKind::ConversationOpened)),
        (_, Status::Closed { reason, .. }) if was_open => {
            events.push(event(EventKind::ConversationClosed).telling("reason", reason.public_id()));
        }
        _ => {}
    }
    let previous = before.and_then(|before| before.assignee.as_ref());
    if previous != after.assignee.as_ref() {
        let mut assigned = event(EventKind::ConversationAssigned);
        for (name, operator) in [("assignee", after.assignee.as_ref()), ("previous_assignee", previous)] {
            if let Some(operator) = operator {
                assigned = assigned.telling(name, operator.0.clone());
            }
        }
        events.push(assigned);
    }
    events
}

/// What the timeline tells when a ticket is made.
const TICKET_CREATED: &str = "ticket_created";

/// What happened to a message by one write at `at`; of the lines of the timeline only a new ticket's is an event, and nothing
/// is when it is deleted.
pub fn of_message(before: Option<&Message>, after: Option<&Message>, at: Timestamp) -> Option<Event> {
    if let Some(Message { key, body: Body::Timeline { event, facts, .. }, .. }) = after
        && let Some(line) = after.filter(|_| event == TICKET_CREATED && before.is_none())
    {
        let of = (line.channel_id, line.conversation_id);
        let created = Event::new(EventKind::TicketCreated, of, &key.to_string(), at);
        return Some(facts.iter().fold(created, |event, (name, fact)| event.telling(name, fact)));
    }
    let after = after.filter(|message| matches!(message.body, Body::Said { .. }))?;
    let event = |kind, which: &str| {
        Some(Event::new(kind, (after.channel_id, after.conversation_id), which, at).of_message(after.key))
    };
    if after.send.is_none() {
        let kind = match after.sent_by {
            SentBy::Customer => EventKind::MessageReceived,
            // The provider tells of it once it is sent.
            _ if after.sent_by.is_ours() => EventKind::MessageSent,
            _ => return None,
        };
        return if before.is_none() { event(kind, &after.key.to_string()) } else { None };
    }
    let ended = outcome(after.send.as_ref())?;
    if outcome(before.and_then(|before| before.send.as_ref())) == Some(ended) {
        return None;
    }
    // It can end more than once: what failed can be sent again.
    let again = format!("{}.{}", after.key, after.rev);
    let event = event(ended, &again)?;
    match &after.send {
        Some(SendState::Failed { reason, .. }) => {
            Some(event.telling("failure", crate::catalogue::Problem::from(*reason).public_id()))
        }
        _ => Some(event),
    }
}

/// What is told of a reply that stands so.
const fn outcome(send: Option<&SendState>) -> Option<EventKind> {
    match send {
        Some(SendState::Sent { .. } | SendState::Delivered { .. } | SendState::Read { .. }) => {
            Some(EventKind::MessageSent)
        }
        Some(SendState::Failed { .. }) => Some(EventKind::MessageFailed),
        Some(SendState::Unconfirmed { .. }) => Some(EventKind::MessageUnconfirmed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::ChannelKind;
    use crate::conversation::CloseReason;
    use crate::event::Content;
    use crate::ids::{ChannelId, MessageId, OperatorId, Party};
    use crate::message::{Annotations, Facts, MessageKey};
    use crate::send::FailureReason;

    const NOW: Timestamp = Timestamp::from_ms(1_793_491_200_000);

    fn conversation(status: Status, assignee: Option<&str>) -> Conversation {
        let channel = ChannelId::derive(ChannelKind::Line, "1");
        let mut conversation = Conversation::new(channel, ChannelKind::Line, Party::User("u".into()));
        conversation.status = status;
        conversation.assignee = assignee.map(|id| OperatorId(id.into()));
        conversation.version = 3;
        conversation
    }

    fn kinds(events: &[Event]) -> Vec<&str> {
        events.iter().map(|event| event.kind.as_str()).collect()
    }

    #[test]
    fn ops_1_a_conversation_tells_when_it_opens_closes_and_changes_hands() {
        type Stand = (Status, Option<&'static str>);
        let closed = Status::Closed { reason: CloseReason::Idle, at: NOW };
        let table: &[(Option<Stand>, Stand, &[&str])] = &[
            (None, (Status::New, None), &[]),
            (None, (Status::Open, None), &["conversation.opened"]),
            (Some((Status::New, None)), (Status::Open, None), &["conversation.opened"]),
            (Some((Status::Open, None)), (Status::Open, None), &[]),
            (Some((Status::Open, None)), (closed, None), &["conversation.closed"]),
            (Some((closed, None)), (closed, None), &[]),
            (Some((closed, None)), (Status::Open, None), &["conversation.reopened"]),
            (Some((Status::Open, None)), (Status::Open, Some("a")), &["conversation.assigned"]),
            (Some((Status::Open, Some("a"))), (Status::Open, Some("b")), &["conversation.assigned"]),
            (Some((Status::Open, Some("a"))), (Status::Open, None), &["conversation.assigned"]),
            (
                Some((closed, None)),
                (Status::Open, Some("a")),
                &["conversation.reopened", "conversation.assigned"],
            ),
        ];
        for (before, after, expected) in table {
            let before = before.map(|(status, assignee)| conversation(status, assignee));
            let after = conversation(after.0, after.1);
            let events = of_conversation(before.as_ref(), Some(&after), NOW);
            assert_eq!(kinds(&events), *expected, "{before:?}");
            assert_eq!(events, of_conversation(before.as_ref(), Some(&after), NOW), "told again");
        }
        let open = conversation(Status::Open, Some("a"));
        assert_eq!(of_conversation(Some(&open), None, NOW), [], "deleted");
        let told = of_conversation(Some(&open), Some(&conversation(closed, Some("b"))), NOW);
        assert_eq!(told[0].change["reason"], "idle");
        assert_eq!((&*told[1].change["assignee"], &*told[1].change["previous_assignee"]), ("b", "a"));
    }

    fn message(sent_by: SentBy, send: Option<SendState>) -> Message {
        let conversation = conversation(Status::Open, None);
        Message {
            key: MessageKey { at: NOW, id: MessageId::of_provider(conversation.id, "m") },
            conversation_id: conversation.id,
            channel_id: conversation.channel_id,
            sent_by,
            sender: None,
            body: Body::Said { content: Content::text("a") },
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
            awaits_ticket: false,
            offensive: false,
            rev: 1,
        }
    }

    #[test]
    fn ops_1_a_message_tells_when_it_is_received_and_how_a_reply_ends() {
        let operator = || SentBy::Operator { operator: OperatorId("a".into()) };
        let failed = || SendState::Failed {
            at: NOW,
            reason: FailureReason::ContactUnreachable,
            detail: String::new(),
            provider_text: None,
            meter: None,
        };
        let unconfirmed = SendState::Unconfirmed { at: NOW, claimed_at: NOW, detail: String::new() };
        let (queued, sent, read) =
            (SendState::queued(), SendState::Sent { at: NOW }, SendState::Read { at: NOW });
        let reply = |send: &SendState| message(operator(), Some(send.clone()));
        let said = |sent_by| message(sent_by, None);
        let table = vec![
            (None, said(SentBy::Customer), Some("message.received")),
            (Some(said(SentBy::Customer)), said(SentBy::Customer), None),
            (None, said(SentBy::ProviderInbox), Some("message.sent")),
            (None, said(SentBy::OtherApp), Some("message.sent")),
            (None, said(SentBy::System), None),
            (None, reply(&queued), None),
            (Some(reply(&queued)), reply(&sent), Some("message.sent")),
            (Some(reply(&sent)), reply(&read), None),
            (Some(reply(&queued)), reply(&read), Some("message.sent")),
            (Some(reply(&queued)), reply(&failed()), Some("message.failed")),
            (None, reply(&failed()), Some("message.failed")),
            (Some(reply(&failed())), reply(&queued), None),
            (Some(reply(&sent)), reply(&failed()), Some("message.failed")),
            (Some(reply(&queued)), reply(&unconfirmed), Some("message.unconfirmed")),
            (Some(reply(&unconfirmed)), reply(&sent), Some("message.sent")),
        ];
        for (before, after, expected) in table {
            let event = of_message(before.as_ref(), Some(&after), NOW);
            assert_eq!(event.as_ref().map(|event| event.kind.as_str()), expected, "{before:?} {after:?}");
            if let Some(event) = event {
                assert_eq!(event.message, Some(after.key));
                let failure = event.change.get("failure").map(String::as_str);
                assert_eq!(failure.is_some(), event.kind == EventKind::MessageFailed);
            }
        }
        assert_eq!(of_message(Some(&said(SentBy::Customer)), None, NOW), None, "deleted");
        let mut line = said(SentBy::System);
        line.body = Body::Timeline { event: "closed".into(), detail: None, facts: Facts::new() };
        assert_eq!(of_message(None, Some(&line), NOW), None);
        let facts = Facts::from([("number".to_owned(), "7".to_owned())]);
        line.body = Body::Timeline { event: TICKET_CREATED.into(), detail: None, facts };
        let created = of_message(None, Some(&line), NOW).unwrap();
        assert_eq!((created.kind, created.message), (EventKind::TicketCreated, None));
        assert_eq!(created.change["number"], "7");
        assert_eq!(of_message(Some(&line), Some(&line), NOW), None);
    }

    #[test]
    fn ops_1_a_reply_that_ends_twice_is_two_events() {
        let operator = SentBy::Operator { operator: OperatorId("a".into()) };
        let sent = message(operator, Some(SendState::Sent { at: NOW }));
        let again = Message { rev: 4, ..sent.clone() };
        let id = |after: &Message| of_message(None, Some(after), NOW).unwrap().id;
        assert_ne!(id(&sent), id(&again));
        assert_eq!(id(&sent), id(&sent.clone()));
    }
}
