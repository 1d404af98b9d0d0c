//! What a customer sees of the counter besides messages: that theirs were read, and that somebody is writing.
//!
//! Nothing depends on it. Where it cannot be shown, or too late, it is left out.

use serde::{Deserialize, Serialize};

use crate::channel::{Channel, ChannelKind, Sending};
use crate::conversation::Conversation;
use crate::message::MessageKey;
use crate::reply::{Composer, composer};
use crate::time::{Span, Timestamp};
use crate::window::{Author, Window, window};

/// How often a conversation's customer is shown anew that somebody is writing.
pub const TYPING_EVERY: Span = Span::from_secs(10);
/// For how many seconds LINE is asked to show it: until the next time, and a moment. Messenger takes 20 by itself.
pub const TYPING_SECONDS: u8 = 15;
/// What was written this long ago is not being written any more.
pub const TYPING_LIFE: Span = Span::from_secs(10);

/// What an operator's client tells of the operator, for the customer to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Courtesy {
    /// Everything up to this place was read.
    Read {
        /// The place.
        through: MessageKey,
        /// Everything up to there had been read before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<MessageKey>,
    },
    /// Somebody is writing an answer.
    Typing {
        /// When they were.
        asked_at: Timestamp,
    },
}

/// Why a courtesy is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeftOut {
    /// Twilio: the provider shows nothing of the kind.
    #[error("the provider has none")]
    Unknown,
    /// LINE shows the loading indicator to users only; groups and rooms are refused (Messaging API reference).
    #[error("groups are not shown it")]
    Group,
    /// Nobody could answer now.
    #[error("no answer can be written now")]
    Locked,
    /// Meta takes sender actions while it takes ordinary messages; they carry no tag.
    #[error("the reply window is over")]
    WindowClosed,
    /// Another app controls the thread.
    #[error("another app controls the chat")]
    Standby,
    /// The contact blocked the account, or the bot is no longer in the group.
    #[error("the contact is gone")]
    ContactGone,
    /// There is no such channel any more.
    #[error("the channel is unlinked")]
    ChannelUnlinked,
    /// The channel needs re-authorization, or rests.
    #[error("the channel cannot be called now")]
    ChannelHeld,
    /// It was asked for too long ago.
    #[error("it is too late for it")]
    Late,
    /// The customer has written nothing that was not marked before.
    #[error("nothing of the customer is new")]
    NothingNew,
}

/// Whether the customer could be shown this at all: what is asked before it is written down.
pub fn possible(conversation: &Conversation, courtesy: &Courtesy) -> Result<(), LeftOut> {
    match (conversation.channel_kind, courtesy) {
        (ChannelKind::WhatsApp | ChannelKind::Sms, _) => Err(LeftOut::Unknown),
        (_, Courtesy::Typing { .. }) if conversation.is_group() => Err(LeftOut::Group),
        (ChannelKind::Messenger | ChannelKind::Line, _) => Ok(()),
    }
}

/// How far a client may say that it was read: not beyond the latest message, so that a wrong place does not stand in
/// the way of the right ones after it. `None` of a conversation without messages.
pub fn read_through(conversation: &Conversation, shown: MessageKey) -> Option<MessageKey> {
    conversation.preview.as_ref().map(|latest| latest.key.min(shown))
}

/// Whether the provider is asked to show `courtesy` at `now`.
pub fn permitted(
    courtesy: &Courtesy,
    conversation: &Conversation,
    channel: Option<&Channel>,
    now: Timestamp,
) -> Result<(), LeftOut> {
    possible(conversation, courtesy)?;
    let channel = channel.ok_or(LeftOut::ChannelUnlinked)?;
    if channel.sending(now) != Sending::Allowed {
        return Err(LeftOut::ChannelHeld);
    }
    if conversation.is_standby(now) {
        return Err(LeftOut::Standby);
    }
    let contact = &conversation.contact;
    if conversation.is_blocked() {
        return Err(LeftOut::Locked);
    }
    if contact.unreachable_since.is_some() || contact.following.is_some_and(|told| !told.following) {
        return Err(LeftOut::ContactGone);
    }
    let opened_at = conversation.window_opened_at;
    // As of a text that nobody tags: a person's longer window is granted to messages only.
    match window(conversation.channel_kind, opened_at, false, Author::Automation, now) {
        Window::Unlimited | Window::Standard { .. } => {}
        Window::HumanAgent { .. } | Window::TemplateOnly { .. } | Window::Closed { .. } => {
            return Err(LeftOut::WindowClosed);
        }
    }
    match courtesy {
        Courtesy::Read { through, after } => {
            // Of the same millisecond there may be another message.
            let is_new = |at: Timestamp| after.is_none_or(|after| after.at <= at && after < *through);
            let news = conversation.last_customer_at.is_some_and(is_new);
            if news { Ok(()) } else { Err(LeftOut::NothingNew) }
        }
        Courtesy::Typing { asked_at } if now.since(*asked_at) >= TYPING_LIFE => Err(LeftOut::Late),
        Courtesy::Typing { .. } => match composer(conversation, &channel.settings, Author::Person, now) {
            Composer::Locked(_) => Err(LeftOut::Locked),
            _ => Ok(()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::{ChannelHealth, ChannelSettings};
    use crate::conversation::{Control, Following, Preview, Status};
    use crate::credential::Cause;
    use crate::ids::{ChannelId, ConnectionId, MessageId, Party};
    use crate::window::STANDARD;
    use ChannelKind::{Line, Messenger, Sms, WhatsApp};

    const T0: Timestamp = Timestamp::from_ms(1_700_000_000_000);
    const MS: Span = Span::from_ms(1);

    fn chat(kind: ChannelKind, party: Party) -> Conversation {
        let new = Conversation::new(ChannelId::derive(kind, "1"), kind, party);
        Conversation { status: Status::Open, last_customer_at: Some(T0), window_opened_at: Some(T0), ..new }
    }

    fn with_one(kind: ChannelKind) -> Conversation {
        chat(kind, Party::User("u".into()))
    }

    fn channel(kind: ChannelKind) -> Channel {
        Channel {
            settings: ChannelSettings { human_agent: true, ..ChannelSettings::default() },
            health: ChannelHealth::Healthy { since: T0 },
            ..Channel::new(kind, "a", "1", ConnectionId::derive(kind, "1"), T0)
        }
    }

    fn key(at: Timestamp, which: &str) -> MessageKey {
        let conversation = with_one(Line).id;
        MessageKey { at, id: MessageId::of_provider(conversation, which) }
    }

    fn read() -> Courtesy {
        Courtesy::Read { through: key(T0, "a"), after: None }
    }

    const TYPING: Courtesy = Courtesy::Typing { asked_at: T0 };

    #[test]
    fn who_is_shown_what() {
        use LeftOut::{ContactGone, Group, Locked, Standby, Unknown};
        let closed = |kind| Conversation { status: Status::New, ..with_one(kind) };
        let standby =
            |kind| Conversation { control: Some(Control { at: T0, standby: true }), ..with_one(kind) };
        let blocked = |following| {
            let mut chat = with_one(Line);
            chat.contact.following = Some(Following { at: T0, following });
            chat
        };
        let mut unreachable = with_one(Messenger);
        unreachable.contact.unreachable_since = Some(T0);
        let group = chat(Line, Party::Group("C1".into()));
        let room = chat(Line, Party::Room("R1".into()));
        let (yes, no) = (Ok(()), Err);
        // Conversation; marked as read; shown that somebody writes.
        let table = [
            ("one on LINE", with_one(Line), yes, yes),
            ("one on Messenger", with_one(Messenger), yes, yes),
            ("a group", group, yes, no(Group)),
            ("a room", room, yes, no(Group)),
            ("WhatsApp", with_one(WhatsApp), no(Unknown), no(Unknown)),
            ("SMS", with_one(Sms), no(Unknown), no(Unknown)),
            ("closed, and read all the same", closed(Line), yes, no(Locked)),
            ("closed on Messenger", closed(Messenger), yes, no(Locked)),
            ("another app has it", standby(Messenger), no(Standby), no(Standby)),
            ("another module has it", standby(Line), no(Standby), no(Standby)),
            ("blocked", blocked(false), no(ContactGone), no(ContactGone)),
            ("a friend", blocked(true), yes, yes),
            ("unreachable", unreachable, no(ContactGone), no(ContactGone)),
        ];
        for (what, conversation, marked, typing) in table {
            let channel = channel(conversation.channel_kind);
            assert_eq!(permitted(&read(), &conversation, Some(&channel), T0), marked, "{what}");
            assert_eq!(permitted(&TYPING, &conversation, Some(&channel), T0), typing, "{what}");
        }
    }

    #[test]
    fn a_channel_that_cannot_be_called_shows_nothing() {
        let held = ChannelHealth::NeedsReauthorization {
            cause: Cause::TokenExpired,
            since: T0,
            detail: "401".into(),
        };
        let healthy = || channel(Line);
        let table = [
            ("healthy", Some(healthy()), Ok(())),
            ("removed", None, Err(LeftOut::ChannelUnlinked)),
            ("held", Some(Channel { health: held, ..healthy() }), Err(LeftOut::ChannelHeld)),
            (
                "not checked yet",
                Some(Channel { health: ChannelHealth::Connecting, ..healthy() }),
                Err(LeftOut::ChannelHeld),
            ),
            ("rests", Some(Channel { paused_until: Some(T0 + MS), ..healthy() }), Err(LeftOut::ChannelHeld)),
            ("has rested", Some(Channel { paused_until: Some(T0), ..healthy() }), Ok(())),
        ];
        for (what, channel, expected) in table {
            for courtesy in [read(), TYPING] {
                assert_eq!(permitted(&courtesy, &with_one(Line), channel.as_ref(), T0), expected, "{what}");
            }
        }
    }

    #[test]
    fn nothing_is_shown_after_the_window_or_too_late() {
        let typing = |asked_at| Courtesy::Typing { asked_at };
        let over = Err(LeftOut::WindowClosed);
        let table = [
            (Messenger, read(), STANDARD - MS, Ok(())),
            (Messenger, typing(T0 + STANDARD - MS), STANDARD - MS, Ok(())),
            // A person may still answer with a tag, which a sender action cannot carry.
            (Messenger, read(), STANDARD, over),
            (Messenger, typing(T0 + STANDARD), STANDARD, over),
            (Line, read(), Span::from_days(90), Ok(())),
            (Line, typing(T0 + Span::from_days(90)), Span::from_days(90), Ok(())),
            (Line, TYPING, TYPING_LIFE - MS, Ok(())),
            (Line, TYPING, TYPING_LIFE, Err(LeftOut::Late)),
            // Clocks of two machines.
            (Line, typing(T0 + MS), Span::default(), Ok(())),
        ];
        for (kind, courtesy, later, expected) in table {
            let answer = permitted(&courtesy, &with_one(kind), Some(&channel(kind)), T0 + later);
            assert_eq!(answer, expected, "{kind} {courtesy:?} +{}ms", later.as_ms());
        }
    }

    #[test]
    fn only_what_the_customer_has_written_since_is_marked() {
        let before = key(T0 - MS, "before");
        let (first, second) = (key(T0, "a").min(key(T0, "b")), key(T0, "a").max(key(T0, "b")));
        let answer = key(T0 + MS, "answer");
        let later = key(T0 + MS + MS, "later");
        let table = [
            (second, None, Ok(())),
            (second, Some(before), Ok(())),
            (second, Some(first), Ok(())),
            (later, Some(answer), Err(LeftOut::NothingNew)),
            (first, Some(first), Err(LeftOut::NothingNew)),
        ];
        for (through, after, expected) in table {
            let courtesy = Courtesy::Read { through, after };
            let answer = permitted(&courtesy, &with_one(Line), Some(&channel(Line)), T0);
            assert_eq!(answer, expected, "{after:?} to {through:?}");
        }
        let silent = Conversation { last_customer_at: None, ..with_one(Line) };
        assert_eq!(permitted(&read(), &silent, Some(&channel(Line)), T0), Err(LeftOut::NothingNew));
    }

    #[test]
    fn nobody_reads_further_than_what_was_said() {
        let (early, latest, beyond) = (key(T0 - MS, "a"), key(T0, "b"), key(T0 + MS, "c"));
        let said = Conversation {
            preview: Some(Preview { key: latest, text: "b".into(), offensive: false }),
            ..with_one(Line)
        };
        for (shown, expected) in [(early, early), (latest, latest), (beyond, latest)] {
            assert_eq!(read_through(&said, shown), Some(expected));
        }
        assert_eq!(read_through(&with_one(Line), latest), None);
    }
}
