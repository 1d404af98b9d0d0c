//! Replies that are written now and sent later (RPL-15).

use crate::assignment::may_answer;
use crate::channel::ChannelSettings;
use crate::conversation::{Conversation, timeline};
use crate::event::Content;
use crate::ids::{MessageId, OperatorId};
use crate::message::{Body, Facts, Message, SendState, SentBy};
use crate::reply::{self, Composer, Lock, ReplyRefused, Route};
use crate::second_try;
use crate::send::FailureReason;
use crate::sender::Writer;
use crate::time::{Span, Timestamp};
use crate::window::{self, Author, Window};

/// How far ahead a reply may be scheduled.
pub const LONGEST_WAIT: Span = Span::from_days(30);

/// When a reply is to go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// When.
    pub at: Timestamp,
    /// It is dropped, with notice, if the customer writes before.
    pub unless_customer_writes: bool,
}

/// Writes down the reply that a client named `idempotency_key`, to be queued at its time. It stands at that time among
/// the messages and is no answer until then. Refused like a reply that is sent at once, and also if the window that
/// is open now will be over.
pub fn schedule(
    conversation: &Conversation,
    settings: &ChannelSettings,
    writer: impl Into<Writer>,
    idempotency_key: &str,
    content: Content,
    plan: Plan,
    now: Timestamp,
) -> Result<Message, ReplyRefused> {
    let Plan { at, unless_customer_writes } = plan;
    if at <= now || at > now + LONGEST_WAIT {
        return Err(ReplyRefused::SendTime);
    }
    let (is_template, place) = (matches!(content, Content::Template(_)), Some(at));
    let reply = reply::write_content(conversation, settings, writer, idempotency_key, content, place, now)?;
    open_then(conversation, settings, reply.sent_by.author(), is_template, at)?;
    let heard = conversation.customer_clock;
    let scheduled = SendState::Scheduled { at, unless_customer_writes, heard };
    Ok(Message { send: Some(scheduled), noted_before: None, ..reply })
}

fn open_then(
    conversation: &Conversation,
    settings: &ChannelSettings,
    author: Author,
    is_template: bool,
    at: Timestamp,
) -> Result<(), Lock> {
    let (kind, opened_at) = (conversation.channel_kind, conversation.window_opened_at);
    match window::window(kind, opened_at, settings.human_agent, author, at) {
        Window::Unlimited | Window::Standard { .. } | Window::HumanAgent { .. } => Ok(()),
        Window::TemplateOnly { .. } if is_template => Ok(()),
        Window::TemplateOnly { ended_at } | Window::Closed { ended_at } => {
            Err(Lock::WindowOverByThen { ends_at: ended_at })
        }
    }
}

/// What is done with a scheduled reply whose time has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Due {
    /// It is queued, and goes the way of every reply.
    Send(Box<Message>),
    /// It failed before it was sent.
    Drop {
        /// With the reason.
        reply: Box<Message>,
        /// Tells it in the timeline.
        line: Box<Message>,
    },
    /// It is not sent a second time: it stays failed.
    GiveUp(Box<Message>),
    /// Its time has not come, or somebody was faster.
    Nothing,
}

/// Who wrote a scheduled reply: it is sent only if they may still answer when its time comes. What was sent once is the
/// company's, whoever wrote it.
pub fn author(reply: &Message) -> Option<&OperatorId> {
    match (&reply.send, &reply.sent_by) {
        // A machine answers on every channel.
        (Some(SendState::Scheduled { .. }), SentBy::Operator { operator }) if !operator.is_client() => {
            Some(operator)
        }
        _ => None,
    }
}

/// Decides about `reply` at `now`; `settings` are those of its channel, or why that is not in use or
/// not its [`author`]'s any more. The write must be
/// conditional on the `rev` that was read.
pub fn due(
    conversation: &Conversation,
    settings: Result<&ChannelSettings, FailureReason>,
    reply: &Message,
    now: Timestamp,
) -> Due {
    let (at, unless_customer_writes, heard) = match reply.send {
        Some(SendState::Scheduled { at, unless_customer_writes, heard }) => {
            (at, unless_customer_writes, heard)
        }
        Some(SendState::Retrying { at }) if at <= now => {
            return match second_try::queue(conversation, settings, reply, now) {
                Ok(queued) => Due::Send(Box::new(queued)),
                Err(failed) => Due::GiveUp(failed),
            };
        }
        _ => return Due::Nothing,
    };
    if at > now {
        return Due::Nothing;
    }
    let settings = match settings {
        Ok(settings) => settings,
        Err(reason) => return drop(conversation, reply, reason, now),
    };
    if unless_customer_writes && conversation.customer_clock > heard {
        return drop(conversation, reply, FailureReason::CustomerWroteFirst, now);
    }
    if let Some(reason) = barred(conversation, settings, reply, now) {
        return drop(conversation, reply, reason, now);
    }
    match reply::route(conversation, settings, reply.sent_by.author(), reply, None, now) {
        Route::By(_) => Due::Send(Box::new(queue(reply.clone(), conversation, now))),
        Route::Refused(reason) => drop(conversation, reply, reason, now),
    }
}

/// Why a reply that would go out may not be given any more, as one that were written now: the conversation is final (CLS-7), or another's
/// where only the assignee answers (CON-5). One that was closed otherwise stays closed and gets it.
fn barred(
    conversation: &Conversation,
    settings: &ChannelSettings,
    reply: &Message,
    now: Timestamp,
) -> Option<FailureReason> {
    if reply::composer(conversation, settings, reply.sent_by.author(), now) == Composer::Locked(Lock::Final) {
        return Some(FailureReason::ConversationCompleted);
    }
    let SentBy::Operator { operator } = &reply.sent_by else { return None };
    let may = may_answer(conversation, settings, operator);
    (!may).then_some(FailureReason::OnlyTheAssignee)
}

/// `reply` as it is sent now. The conversation takes note of it like of one that was written in this moment.
pub fn queue(reply: Message, conversation: &Conversation, now: Timestamp) -> Message {
    let noted_before = Some(conversation.noted.count());
    Message { send: Some(SendState::queued()), noted_before, stored_at: now, ..reply }
}

/// `reply` as it is sent again by hand. One that was dropped before it was sent is noted now.
pub fn queue_again(reply: Message, conversation: &Conversation, now: Timestamp) -> Message {
    match reply.noted_before {
        Some(_) => Message { send: Some(SendState::queued()), ..reply },
        None => queue(reply, conversation, now),
    }
}

/// `reply` without its sending; `None` if it is not scheduled any more. One that waits for its second time stays failed.
pub fn cancel(reply: &Message, now: Timestamp) -> Option<Message> {
    if matches!(reply.send, Some(SendState::Retrying { .. })) {
        return Some(second_try::give_up(reply, None, now));
    }
    let scheduled = matches!(reply.send, Some(SendState::Scheduled { .. }));
    scheduled.then(|| Message { send: Some(SendState::Canceled { at: now }), ..reply.clone() })
}

fn drop(conversation: &Conversation, reply: &Message, reason: FailureReason, now: Timestamp) -> Due {
    let mut line = timeline(conversation, "scheduled_not_sent", reason.public_id(), now, now);
    line.key.id = MessageId::of_timeline(conversation.id, &format!("scheduled_not_sent:{}", reply.key));
    if let Body::Timeline { facts, .. } = &mut line.body {
        *facts = Facts::from([("message".to_owned(), reply.key.to_string())]);
    }
    let detail = "before it was queued".to_owned();
    let failed = SendState::Failed { at: now, reason, detail, provider_text: None, meter: None };
    let reply = Message { send: Some(failed), ..reply.clone() };
    Due::Drop { reply: Box::new(reply), line: Box::new(line) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::channel::ChannelKind;
    use crate::channel::ReopenPolicy;
    use crate::conversation::{CloseReason, Status};
    use crate::event::Template;
    use crate::ids::{ChannelId, Party};

    const T0: Timestamp = Timestamp::from_ms(1_700_000_000_000);
    const HOUR: Span = Span::from_hours(1);
    const MS: Span = Span::from_ms(1);

    fn open(kind: ChannelKind) -> Conversation {
        let new = Conversation::new(ChannelId::derive(kind, "1"), kind, Party::User("u".into()));
        Conversation {
            status: Status::Open,
            customer_clock: Some(T0),
            last_customer_at: Some(T0),
            window_opened_at: Some(T0),
            ..new
        }
    }

    fn template() -> Content {
        let content_sid = format!("HX{}", "0".repeat(32));
        Content::Template(Template { content_sid, variables: std::collections::BTreeMap::new() })
    }

    fn plan(at: Timestamp, unless_customer_writes: bool) -> Plan {
        Plan { at, unless_customer_writes }
    }

    fn write(
        conversation: &Conversation,
        human_agent: bool,
        content: Content,
        plan: Plan,
    ) -> Result<Message, ReplyRefused> {
        let settings = ChannelSettings { human_agent, ..ChannelSettings::default() };
        schedule(conversation, &settings, OperatorId("o".into()), "k", content, plan, T0)
    }

    /// RPL-15: who may be written to at which hour, by what was granted and what is sent.
    #[test]
    fn rpl_15_the_window_must_still_be_open_then() {
        let day = Span::from_hours(24);
        let (text, week) = (|| Content::text("x"), Span::from_days(7));
        let over = |after| Err(ReplyRefused::Locked(Lock::WindowOverByThen { ends_at: Some(T0 + after) }));
        let table = [
            (ChannelKind::Messenger, false, text(), day - MS, Ok(())),
            (ChannelKind::Messenger, false, text(), day, over(day)),
            (ChannelKind::Messenger, true, text(), day, Ok(())),
            (ChannelKind::Messenger, true, text(), week, Ok(())),
            (ChannelKind::Messenger, true, text(), week + MS, over(week)),
            (ChannelKind::WhatsApp, false, text(), day - MS, Ok(())),
            (ChannelKind::WhatsApp, false, text(), day, over(day)),
            (ChannelKind::WhatsApp, false, template(), LONGEST_WAIT, Ok(())),
            (ChannelKind::Line, false, text(), LONGEST_WAIT, Ok(())),
            (ChannelKind::Sms, false, text(), LONGEST_WAIT, Ok(())),
            (ChannelKind::Sms, false, text(), LONGEST_WAIT + MS, Err(ReplyRefused::SendTime)),
            (ChannelKind::Sms, false, text(), Span::default(), Err(ReplyRefused::SendTime)),
        ];
        for (kind, granted, content, after, expected) in table {
            let written = write(&open(kind), granted, content, plan(T0 + after, false));
            assert_eq!(
                written.map(std::mem::drop),
                expected,
                "{kind} {granted} +{}h",
                after.as_ms() / HOUR.as_ms()
            );
        }
    }

    #[test]
    fn rpl_15_what_is_scheduled_stands_at_its_time_and_nobody_has_noted_it() {
        let conversation = open(ChannelKind::Line);
        let reply = write(&conversation, false, Content::text("x"), plan(T0 + HOUR, true)).unwrap();
        assert_eq!(reply.key.at, T0 + HOUR);
        assert!(conversation.has_noted(&reply) && !reply.is_pending());
        let Due::Send(queued) = due(&conversation, Ok(&ChannelSettings::default()), &reply, T0 + HOUR) else {
            panic!("its time has come")
        };
        assert!(!conversation.has_noted(&queued) && queued.is_pending());
        assert_eq!((author(&reply), author(&queued)), (Some(&OperatorId("o".into())), None));
        assert_eq!(due(&conversation, Ok(&ChannelSettings::default()), &queued, T0 + HOUR), Due::Nothing);
        let canceled = cancel(&reply, T0).unwrap();
        assert_eq!((cancel(&canceled, T0), cancel(&queued, T0)), (None, None));
        assert_eq!(
            due(&conversation, Err(FailureReason::ChannelUnlinked), &canceled, T0 + HOUR),
            Due::Nothing
        );
    }

    #[test]
    fn rpl_15_what_cannot_be_sent_any_more_fails_by_its_reason() {
        let wrote = |kind| Conversation { customer_clock: Some(T0 + MS), ..open(kind) };
        let on = Ok(ChannelSettings::default());
        let (off, gone) = (Err(FailureReason::ChannelOff), Err(FailureReason::ChannelUnlinked));
        let left = Err(FailureReason::AuthorLeft);
        let expired =
            Conversation { window_opened_at: Some(T0 - Span::from_days(2)), ..open(ChannelKind::Messenger) };
        let with = |reopen, only_assignee_answers| {
            Ok(ChannelSettings { reopen, only_assignee_answers, ..ChannelSettings::default() })
        };
        let of = |whose: &str| Conversation {
            assignee: Some(OperatorId(whose.into())),
            ..open(ChannelKind::Line)
        };
        let status = Status::Closed { reason: CloseReason::Operator, at: T0 + MS };
        let closed = Conversation { status, ..of("p") };
        let table = vec![
            (wrote(ChannelKind::Line), on.clone(), true, Some(FailureReason::CustomerWroteFirst)),
            (wrote(ChannelKind::Line), on.clone(), false, None),
            (open(ChannelKind::Line), on.clone(), true, None),
            (open(ChannelKind::Line), gone, false, Some(FailureReason::ChannelUnlinked)),
            (wrote(ChannelKind::Line), off, true, Some(FailureReason::ChannelOff)),
            (wrote(ChannelKind::Line), left, true, Some(FailureReason::AuthorLeft)),
            (expired, on.clone(), false, Some(FailureReason::ReplyWindowClosed)),
            (closed.clone(), on.clone(), false, None),
            (closed.clone(), with(ReopenPolicy::OnCustomerMessage, true), false, None),
            (closed, with(ReopenPolicy::Never, false), false, Some(FailureReason::ConversationCompleted)),
            (of("o"), with(ReopenPolicy::Never, true), false, None),
            (of("p"), with(ReopenPolicy::Always, true), false, Some(FailureReason::OnlyTheAssignee)),
            (
                open(ChannelKind::Line),
                with(ReopenPolicy::Always, true),
                true,
                Some(FailureReason::OnlyTheAssignee),
            ),
            (of("p"), on, false, None),
        ];
        for (now_is, settings, unless, expected) in table {
            let kind = now_is.channel_kind;
            let reply = write(&open(kind), false, Content::text("x"), plan(T0 + HOUR, unless)).unwrap();
            let reason = match due(&now_is, settings.as_ref().map_err(|reason| *reason), &reply, T0 + HOUR) {
                Due::Drop { reply, line } => {
                    assert!(matches!(line.body, Body::Timeline { .. }));
                    let Some(SendState::Failed { reason, .. }) = reply.send else {
                        panic!("{:?}", reply.send)
                    };
                    assert!(
                        !now_is.has_noted(&queue_again((*reply).clone(), &now_is, T0 + HOUR)),
                        "sent by hand"
                    );
                    Some(reason)
                }
                Due::Send(_) => None,
                Due::GiveUp(_) | Due::Nothing => panic!("its time has come"),
            };
            assert_eq!(reason, expected, "{kind} {unless}");
        }
    }

    proptest! {
        /// Nothing is queued before its time, and what may be written down is never refused at that very moment.
        #[test]
        fn rpl_15_what_was_accepted_goes_out_at_its_time_if_nothing_happens(
            after in 1..=LONGEST_WAIT.as_ms(), early in 1..1_000_i64, kind in 0..4_usize, granted: bool, unless: bool,
        ) {
            let kinds = [ChannelKind::Messenger, ChannelKind::Line, ChannelKind::WhatsApp, ChannelKind::Sms];
            let (conversation, at) = (open(kinds[kind]), T0 + Span::from_ms(after));
            let settings = ChannelSettings { human_agent: granted, ..ChannelSettings::default() };
            if let Ok(reply) = write(&conversation, granted, Content::text("x"), plan(at, unless)) {
                let before = at - Span::from_ms(early);
                prop_assert_eq!(due(&conversation, Ok(&settings), &reply, before), Due::Nothing);
                prop_assert!(matches!(due(&conversation, Ok(&settings), &reply, at), Due::Send(_)));
            }
        }
    }
}
