//! What must be true after every step.

use std::collections::BTreeMap;

use madoguchi_domain::conversation::{Counter, Facet, Section, Standing, facets};
use madoguchi_domain::deadline::deadline;
use madoguchi_domain::message::Body;
use madoguchi_domain::timers::Timing;
use madoguchi_domain::{ChannelKind, CloseReason, Content, Conversation, Mode, SentBy, Span, Status};

use crate::model::Chat;
use crate::world::World;

const WEEK: Span = Span::from_days(7);

impl World {
    pub(crate) fn check(&mut self) {
        for (place, chat) in self.chats.iter().enumerate() {
            check_words(chat);
            check_tickets(chat);
            if let Some(conversation) = &chat.stored {
                Self::check_conversation(chat, conversation);
                if self.is_to_check[place] {
                    self.check_deadline(chat, conversation);
                }
            }
        }
        self.is_to_check.fill(false);
        self.check_sections();
        for (operator, duty) in &self.duties {
            assert_eq!(duty.available, self.switches[operator], "the last switch of {operator:?} counts");
        }
    }

    fn check_conversation(chat: &Chat, conversation: &Conversation) {
        let account = &chat.account;
        assert_eq!(conversation.episode, account.episode, "episodes");
        assert_eq!(conversation.is_open(), account.open, "open or not");
        assert_eq!(conversation.is_blocked(), account.blocked, "blocked or not");
        if account.open {
            assert_eq!(conversation.assignee, account.assignee, "whose it is");
        }
        match conversation.status {
            Status::Closed { reason, at } => {
                assert_eq!(account.closes.last(), Some(&reason), "why it was closed");
                assert!(
                    conversation.last_closed_at == Some(at) && conversation.episode_started_at <= Some(at)
                );
                assert_eq!((conversation.unread, &conversation.armed), (0, &None), "a closed one rests");
            }
            Status::New => assert!(account.closes.is_empty() && account.episode == 0),
            Status::Open => {}
        }
        // A bot, a reminder, a warning and a farewell are nobody's answer, and move no timer of people.
        assert_eq!(conversation.last_answer_at, account.answered_at, "the latest answer of a person");
        assert_eq!(conversation.activity_clock, account.spoke_at, "when somebody spoke last");
        assert_eq!(conversation.customer_clock, account.heard_at, "when the customer was heard last");
        assert_eq!(conversation.snooze.is_some(), account.snoozed, "set aside or not");
        assert!(conversation.snooze.is_none() || conversation.is_open());
        if conversation.is_open() {
            let answered = account.is_answered(conversation);
            assert!(!(answered && conversation.is_unanswered()), "未対応 although a person has answered");
            assert!(!conversation.is_done() || !conversation.is_unanswered() && !conversation.is_unreplied());
            let waits = conversation.waiting_since();
            assert_eq!(waits.is_some(), conversation.is_unreplied());
            if let Some(since) = waits {
                assert!(Some(since) > conversation.answered_through(), "waits for what was answered");
                assert!(Some(since) <= conversation.last_customer_at);
            }
        }
    }

    /// A closer looks in time.
    fn check_deadline(&self, chat: &Chat, conversation: &Conversation) {
        if self.is_settled[chat.channel] {
            let settings = self.channels[chat.channel].acting_settings();
            let truth = deadline(conversation, self.timing(&settings, chat)).map(|truth| truth.due_at);
            let armed = conversation.armed.map(|armed| armed.due_at);
            let in_time = truth.is_none_or(|truth| armed.is_some_and(|armed| armed <= truth));
            assert!(in_time, "armed for {armed:?}, due at {truth:?}");
        }
    }

    /// Each conversation is in one section, the one that follows from what happened, and what is counted is what the
    /// lists hold.
    fn check_sections(&self) {
        let mut counted: BTreeMap<Counter, usize> = BTreeMap::new();
        let mut listed: BTreeMap<Counter, usize> = BTreeMap::new();
        for chat in &self.chats {
            let Some(conversation) = chat.stored.as_ref().filter(|stored| stored.sorted_at.is_some()) else {
                assert!(chat.stored.as_ref().and_then(Standing::of).is_none());
                continue;
            };
            let account = &chat.account;
            let section = match (account.open, account.snoozed, &account.assignee) {
                (false, ..) => Section::Closed,
                (true, true, _) => Section::Snoozed,
                (true, false, Some(_)) => Section::Assigned,
                (true, false, None) => Section::Unassigned,
            };
            assert_eq!(conversation.section(), section);
            let standing = Standing::of(conversation).unwrap();
            for counter in standing.counters() {
                *counted.entry(counter).or_default() += 1;
            }
            *listed.entry(Counter::Section(section)).or_default() += 1;
            if let (Section::Assigned, Some(operator)) = (section, &account.assignee) {
                *listed.entry(Counter::Of(operator.clone())).or_default() += 1;
            }
            let facets = facets(conversation);
            if facets.contains(&Facet::Unanswered) {
                *listed.entry(Counter::Unanswered).or_default() += 1;
            }
            assert_eq!(
                facets.contains(&Facet::NeverReplied),
                account.answered_at.is_none(),
                "C6: replies alone count"
            );
            assert_eq!(facets.contains(&Facet::Bot), conversation.mode == Mode::Bot);
        }
        assert_eq!(counted, listed, "counts and contents");
    }

    /// Whether a timer may close what it is about to close.
    pub(crate) fn check_close(
        &self,
        chat: usize,
        conversation: &Conversation,
        timing: Timing<'_>,
        reason: CloseReason,
    ) {
        let (account, settings, now) = (&self.chats[chat].account, timing.settings, self.now);
        let answered = account.is_answered(conversation);
        let began = conversation.episode_started_at;
        let over = |from: Option<madoguchi_domain::Timestamp>, period: Option<Span>| {
            let from = from.max(began).unwrap();
            assert!(from + period.expect("the timer is on") <= now, "closed too early: {reason:?}");
            assert!(!account.snoozed, "closed while it was set aside: {reason:?}");
        };
        match reason {
            CloseReason::Unanswered => {
                assert!(
                    !answered && conversation.mode == Mode::Operator,
                    "a person has answered, or a bot holds it"
                );
                over(account.heard_at, settings.unanswered_after());
            }
            CloseReason::Idle => {
                assert!(
                    answered && conversation.mode == Mode::Operator,
                    "nobody has answered, or a bot holds it"
                );
                over(account.spoke_at, settings.idle_after());
            }
            CloseReason::BotTimer => {
                assert_eq!(conversation.mode, Mode::Bot);
                over(account.spoke_at, settings.bot_after());
            }
            CloseReason::ReplyLimit => {
                assert_eq!(conversation.channel_kind, ChannelKind::Messenger);
                assert!(conversation.window_opened_at.unwrap() + WEEK <= now);
            }
            other => panic!("no timer closes for {other:?}"),
        }
    }

    /// What is true when everything that follows has followed.
    pub(crate) fn check_settled(&self) {
        for chat in &self.chats {
            if let Some(conversation) = chat.shown() {
                self.check_due(chat, conversation);
            }
            let waiting = chat.book.open.and_then(|stretch| stretch.due_at);
            assert!(waiting.is_none_or(|due_at| due_at > self.now), "a ticket is due");
        }
        for (operator, duty) in &self.duties {
            for held in &duty.held {
                let chat = self.chats.iter().find(|chat| chat.id == *held).unwrap();
                assert!(
                    chat.account.open && chat.account.assignee.as_ref() == Some(operator),
                    "held and not theirs"
                );
                assert!(self.may_see(operator, chat.channel), "held without access");
            }
        }
        for chat in self.chats.iter().filter(|chat| chat.account.open) {
            if let Some(operator) = &chat.account.assignee {
                assert!(self.duties[operator].held.contains(&chat.id), "whose it is does not hold it");
            }
        }
    }

    /// Nothing is overdue.
    fn check_due(&self, chat: &Chat, conversation: &Conversation) {
        let (account, now) = (&chat.account, self.now);
        let settings = self.channels[chat.channel].acting_settings();
        if !account.open {
            return;
        }
        if let Some(snooze) = &conversation.snooze {
            assert!(snooze.until.is_none_or(|until| until > now), "its time to come back has passed");
            return;
        }
        let timing = self.timing(&settings, chat);
        let from = |clock: Option<madoguchi_domain::Timestamp>| {
            clock.max(conversation.episode_started_at).max(conversation.timers_from).unwrap()
        };
        let running =
            |clock, period: Option<Span>| period.and_then(|period| timing.after(from(clock), period));
        let closes_at = match conversation.mode {
            Mode::Bot => settings.bot_after().map(|period| from(account.spoke_at) + period),
            Mode::Operator if account.is_answered(conversation) => {
                running(account.spoke_at, settings.idle_after())
            }
            Mode::Operator if conversation.is_done() => None,
            Mode::Operator => running(account.heard_at, settings.unanswered_after()),
        };
        assert!(closes_at.is_none_or(|at| at > now), "it should have been closed at {closes_at:?}");
    }
}

/// Whatever a customer said is there, once, until it is deleted for ever; and of what they took back no word.
fn check_words(chat: &Chat) {
    for (name, key) in &chat.account.said {
        let message =
            chat.messages.get(key).unwrap_or_else(|| panic!("what the customer said is lost: {name}"));
        assert_eq!(message.sent_by, SentBy::Customer);
        let Body::Said { content } = &message.body else { panic!("no words") };
        if chat.account.unsent.contains(name) {
            assert_eq!(content, &Content::Unsent, "what was taken back");
        } else {
            let Content::Text { text, .. } = content else { panic!("{content:?}") };
            assert!(text.ends_with(name.trim_start_matches('p')), "other words than were said");
        }
    }
    let said = chat.messages.values().filter(|message| message.sent_by == SentBy::Customer);
    let named = said.clone().filter_map(|message| message.provider_message_id.as_ref());
    let names: std::collections::BTreeSet<&String> = named.collect();
    assert_eq!(names.len(), said.count(), "a message is there twice");
}

/// Every message is in one ticket at most, and every ticket has the messages that it says it has.
fn check_tickets(chat: &Chat) {
    for (batch, ticket) in &chat.tickets {
        let placed = chat.places.iter().filter(|(_, place)| *place == batch);
        let keys: Vec<_> = placed.map(|(key, _)| *key).collect();
        assert_eq!(
            (ticket.batch, ticket.messages as usize),
            (*batch, keys.len()),
            "the messages of a ticket"
        );
        assert_eq!((Some(&ticket.first), Some(&ticket.last)), (keys.first(), keys.last()));
    }
    if let Some(open) = chat.book.open {
        assert!(!chat.tickets.contains_key(&open.batch), "a stretch that waits is a ticket already");
    }
}
