//! The bot of a channel: built in, it answers keywords with templates; outside, it is asked by a signed call (BOT-2). It hands
//! over to people when the customer asks, when it knows no answer, and when it fails (BOT-3). What it says is never an
//! operator's answer, and goes out inside the standard window only (RPL-10).

use serde::{Deserialize, Serialize};

use crate::automatic;
use crate::channel::ChannelSettings;
use crate::conversation::{Conversation, Mode, Noted, Switched};
use crate::deadline::DeadlineKind;
use crate::event::Content;
use crate::ids::{ChannelId, MessageId, TemplateId, WebhookId};
use crate::message::{Body, Message, MessageKey, SentBy};
use crate::reply::{self, ReplyRefused};
use crate::search::Folded;
use crate::text;
use crate::time::{Span, Timestamp};
use crate::webhook::{Key, URL_LENGTH};
use crate::window::Author;

/// How many rules a bot has.
pub const MOST_RULES: usize = 100;
/// How many words a rule, or the wish for a person, has.
pub const MOST_WORDS: usize = 20;
/// The longest of them, in characters.
pub const WORD_LENGTH: usize = 60;
/// How long an outside bot may think, in seconds.
pub const SECONDS: std::ops::RangeInclusive<u8> = 1..=10;
/// How many messages an outside bot answers one message with: as many as LINE takes with one reply token.
pub const MOST_ANSWERS: usize = 5;
/// How many of the latest messages are looked through for those that the bot has not answered.
pub const LOOKED_THROUGH: usize = 20;

/// The bot of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bot {
    /// Whose.
    pub channel: ChannelId,
    /// What it is.
    pub kind: BotKind,
    /// What customers say who want a person.
    #[serde(default)]
    pub hand_over_words: Vec<String>,
    /// When it was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Timestamp>,
    /// Counts the writes; every change is conditional on it.
    #[serde(default)]
    pub rev: u64,
}

/// What a bot is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BotKind {
    /// Built in: words lead to templates.
    Keywords {
        /// The first that fits counts.
        rules: Vec<Rule>,
        /// What follows when none does.
        fallback: Fallback,
    },
    /// Outside: it is asked, and answers.
    Webhook {
        /// Where.
        url: String,
        /// How long it may think.
        timeout_seconds: u8,
        /// What calls are signed with.
        id: WebhookId,
        /// Which generation of it.
        #[serde(default)]
        key: Key,
    },
}

/// Words that are answered with a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rule {
    /// Any of them in what the customer says.
    pub words: Vec<String>,
    /// What is said then.
    pub template_id: TemplateId,
}

/// What the built-in bot does when no rule fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Fallback {
    /// It hands over to people.
    #[default]
    HandOver,
    /// It says this, and goes on.
    Say {
        /// Which template.
        template_id: TemplateId,
    },
}

/// Why a bot cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BotRefused {
    /// None, or too many.
    #[error("`rules` takes 1 to {MOST_RULES} rules")]
    Rules,
    /// None, too many, empty, or too long.
    #[error("a rule takes 1 to {MOST_WORDS} `words` of at most {WORD_LENGTH} characters")]
    Words,
    /// Too many, empty, or too long.
    #[error("`hand_over_words` takes up to {MOST_WORDS} words of at most {WORD_LENGTH} characters")]
    HandOverWords,
    /// Out of its bounds.
    #[error("`timeout_seconds` must be from {} to {}", SECONDS.start(), SECONDS.end())]
    Timeout,
    /// Longer than anybody needs.
    #[error("`url` must have at most {URL_LENGTH} bytes")]
    Url,
}

impl Bot {
    /// The bot as it is kept.
    pub fn checked(self) -> Result<Self, BotRefused> {
        let fits = |word: &String| {
            word.chars().count() <= WORD_LENGTH && !Folded::new(word).as_str().trim().is_empty()
        };
        if self.hand_over_words.len() > MOST_WORDS || !self.hand_over_words.iter().all(fits) {
            return Err(BotRefused::HandOverWords);
        }
        match &self.kind {
            BotKind::Keywords { rules, .. } => {
                if !(1..=MOST_RULES).contains(&rules.len()) {
                    return Err(BotRefused::Rules);
                }
                let good =
                    |rule: &Rule| (1..=MOST_WORDS).contains(&rule.words.len()) && rule.words.iter().all(fits);
                if !rules.iter().all(good) {
                    return Err(BotRefused::Words);
                }
            }
            BotKind::Webhook { timeout_seconds, .. } if !SECONDS.contains(timeout_seconds) => {
                return Err(BotRefused::Timeout);
            }
            BotKind::Webhook { url, .. } if url.len() > URL_LENGTH => return Err(BotRefused::Url),
            BotKind::Webhook { .. } => {}
        }
        Ok(self)
    }

    /// The templates that it says.
    pub fn templates(&self) -> impl Iterator<Item = TemplateId> + '_ {
        let (rules, fallback) = match &self.kind {
            BotKind::Keywords { rules, fallback } => (rules.as_slice(), Some(*fallback)),
            BotKind::Webhook { .. } => (&[][..], None),
        };
        let last = match fallback {
            Some(Fallback::Say { template_id }) => Some(template_id),
            _ => None,
        };
        rules.iter().map(|rule| rule.template_id).chain(last)
    }

    /// What it does about what the customer said; `None` stands for what is no text.
    pub fn decide(&self, said: Option<&str>) -> Decision {
        let said = Folded::new(said.unwrap_or_default());
        let has = |word: &String| !said.find(Folded::new(word).as_str()).is_empty();
        if self.hand_over_words.iter().any(has) {
            return Decision::HandOver(Switched::Asked);
        }
        match &self.kind {
            BotKind::Webhook { .. } => Decision::Ask,
            BotKind::Keywords { rules, fallback } => {
                match (rules.iter().find(|rule| rule.words.iter().any(has)), fallback) {
                    (Some(rule), _) => Decision::Say(rule.template_id),
                    (None, Fallback::Say { template_id }) => Decision::Say(*template_id),
                    (None, Fallback::HandOver) => Decision::HandOver(Switched::NoAnswer),
                }
            }
        }
    }
}

/// What a bot does about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It says a template.
    Say(TemplateId),
    /// It is asked, outside.
    Ask,
    /// It hands over to people.
    HandOver(Switched<'static>),
}

/// What an outside bot answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Answer {
    /// What it says, in this order.
    pub messages: Vec<Said>,
    /// Whether people are to go on, after that.
    pub hand_over: bool,
}

/// One message of an outside bot.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Said {
    /// Its words.
    pub text: String,
}

/// What the bot of a conversation has dealt with, by what the conversation had noted: so a message that was said earlier and came in
/// later is still owed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dealt {
    /// What was noted when nothing was left to do.
    noted: Noted,
    /// What it has dealt with since, while something is left; at most [`LOOKED_THROUGH`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    since: Vec<MessageKey>,
}

/// How far a bot has come with what it owed.
#[derive(Clone, Copy, Debug)]
pub enum Through<'a> {
    /// With this message; something is left.
    One(MessageKey),
    /// With everything that was owed in the conversation as it was when that was looked up.
    All(&'a Conversation),
}

impl Conversation {
    /// Notes at `now` how far the bot has come. Tells whether that is news.
    pub fn note_bot(&mut self, through: Through<'_>, settings: &ChannelSettings, now: Timestamp) -> bool {
        let before = (self.bot_dealt.clone(), self.bot_waits_since);
        match through {
            Through::One(message) => {
                let since = &mut self.bot_dealt.get_or_insert_default().since;
                if !since.contains(&message) {
                    since.push(message);
                }
                if since.len() > LOOKED_THROUGH {
                    since.remove(0);
                }
            }
            // Of two deliveries of a record the one that read later tells.
            Through::All(read) if self.bot_dealt_count() <= read.noted.count() => {
                self.bot_dealt = Some(Dealt { noted: read.noted.clone(), since: Vec::new() });
                // What has come in since has a record of its own.
                let more = self.customer_clock > read.customer_clock || self.unread > read.unread;
                self.bot_waits_since = self.bot_waits_since.filter(|_| more).map(|since| since.max(now));
            }
            Through::All(_) => {}
        }
        let is_news = before != (self.bot_dealt.clone(), self.bot_waits_since);
        if is_news && self.armed.is_some_and(|armed| armed.kind == DeadlineKind::WindowReminder) {
            self.armed = None;
        }
        if is_news {
            self.rearm(settings);
        }
        is_news
    }

    fn bot_dealt_count(&self) -> u64 {
        self.bot_dealt.as_ref().map_or(0, |dealt| dealt.noted.count())
    }

    fn bot_has_dealt_with(&self, message: &Message) -> bool {
        let has = |dealt: &Dealt| dealt.noted.has(message) || dealt.since.contains(&message.key);
        self.bot_dealt.as_ref().is_some_and(has)
    }
}

/// The customer's messages that the bot owes an answer, oldest first: those of the `latest` (newest first) that no person of our
/// side has spoken after, and that the bot has not dealt with to the end. Who hands a conversation over to the bot wants it to
/// answer what waits. One that the conversation has not noted yet is owed as soon as it has.
pub fn owed<'a>(conversation: &Conversation, latest: &'a [Message]) -> Vec<&'a Message> {
    if conversation.mode != Mode::Bot || !conversation.is_open() {
        return Vec::new();
    }
    let said = latest.iter().filter(|message| matches!(message.body, Body::Said { .. }));
    // That the bot has begun to answer says nothing of what it had still to say.
    let automatic = |by: &SentBy| matches!(by, SentBy::Bot | SentBy::Automation);
    let since = said.take_while(|message| message.sent_by == SentBy::Customer || automatic(&message.sent_by));
    let mut owed: Vec<&Message> = since.filter(|message| message.sent_by == SentBy::Customer).collect();
    let begun = conversation.episode_started_at;
    owed.retain(|message| {
        begun.is_none_or(|begun| message.key.at >= begun)
            && conversation.has_noted(message)
            && !conversation.bot_has_dealt_with(message)
            && message.annotations.unsent_at.is_none()
    });
    owed.reverse();
    owed
}

/// Whether the bot may still say something to `asked`: nobody has taken the conversation over, and nobody has answered meanwhile.
pub fn is_its_turn(conversation: &Conversation, asked: &Message) -> bool {
    conversation.mode == Mode::Bot
        && conversation.is_open()
        && conversation.last_answer_at < Some(asked.key.at)
}

/// Whether the write that turned `before` into `after` gives the bot something to do: the customer has written, whenever that was
/// said, or the conversation was handed to it with something that waits.
pub fn is_called(before: Option<&Conversation>, after: &Conversation) -> bool {
    let wrote = before.map_or(0, |before| before.unread) < after.unread
        || before.and_then(|before| before.last_customer_at) < after.last_customer_at;
    let handed = before.is_some_and(|before| before.mode != Mode::Bot) && after.is_unreplied();
    after.mode == Mode::Bot && after.is_open() && (wrote || handed)
}

/// What the customer said, if it was a text.
pub fn text_of(message: &Message) -> Option<&str> {
    match &message.body {
        Body::Said { content: Content::Text { text, .. } } => Some(text),
        _ => None,
    }
}

/// Writes down the `number`th answer of the bot to `asked`, queued. Writing it again gives the same place and id.
pub fn write(
    conversation: &Conversation,
    settings: &ChannelSettings,
    asked: &Message,
    number: usize,
    words: &str,
    now: Timestamp,
) -> Result<Message, ReplyRefused> {
    let content = Content::text(words);
    reply::permitted(conversation, settings, Author::Automation, &content, now)?;
    text::check(conversation.channel_kind, words)?;
    let name = format!("bot:{}:{number}", asked.key);
    // Behind what it answers, and before whatever is said next; where it stands follows from that alone.
    let behind = i64::try_from(number).unwrap_or_default() + 1;
    let at = asked.key.at + Span::from_ms(behind);
    Ok(Message {
        key: MessageKey { at, id: MessageId::of_reply(conversation.id, &name) },
        sent_by: SentBy::Bot,
        ..automatic::message(conversation, &name, words, at, now)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::channel::ChannelKind;
    use crate::ids::Party;

    const T0: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    fn template(name: &str) -> TemplateId {
        TemplateId::derive(name, T0)
    }

    fn bot(fallback: Fallback) -> Bot {
        let rule = |words: &[&str], name: &str| Rule {
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            template_id: template(name),
        };
        let rules = vec![rule(&["営業時間", "ｵｰﾌﾟﾝ", "opening hours"], "hours"), rule(&["駐車場"], "parking")];
        Bot {
            channel: ChannelId::derive(ChannelKind::Line, "1"),
            kind: BotKind::Keywords { rules, fallback },
            hand_over_words: vec!["オペレーター".into(), "a person".into()],
            removed_at: None,
            rev: 0,
        }
    }

    #[test]
    fn bot_2_keywords_lead_to_templates_and_the_wish_for_a_person_comes_first() {
        let say = |name| Decision::Say(template(name));
        let no_answer = Decision::HandOver(Switched::NoAnswer);
        let asked = Decision::HandOver(Switched::Asked);
        for (said, expected) in [
            (Some("営業時間を教えてください"), say("hours")),
            (Some("おーぷんは何時？"), say("hours")),
            (Some("What are your OPENING  HOURS?"), say("hours")),
            (Some("駐車場の営業時間は"), say("hours")),
            (Some("駐車場はありますか"), say("parking")),
            (Some("オペレータと話したい、営業時間"), asked),
            (Some("Can I talk to A Person?"), asked),
            (Some("こんにちは"), no_answer),
            (Some(""), no_answer),
            (None, no_answer),
        ] {
            assert_eq!(bot(Fallback::HandOver).decide(said), expected, "{said:?}");
        }
        let welcome = Fallback::Say { template_id: template("welcome") };
        assert_eq!(bot(welcome).decide(None), say("welcome"));
        assert_eq!(bot(welcome).decide(Some("オペレーター")), asked);
    }

    #[test]
    fn a_bot_is_kept_within_its_bounds() {
        assert!(bot(Fallback::HandOver).checked().is_ok());
        let refused = |change: &dyn Fn(&mut Bot)| {
            let mut bot = bot(Fallback::HandOver);
            change(&mut bot);
            bot.checked().unwrap_err()
        };
        let rules = |bot: &mut Bot, count: usize| {
            let BotKind::Keywords { rules, .. } = &mut bot.kind else { unreachable!() };
            *rules = vec![rules[0].clone(); count];
        };
        assert_eq!(refused(&|bot| rules(bot, 0)), BotRefused::Rules);
        assert_eq!(refused(&|bot| rules(bot, MOST_RULES + 1)), BotRefused::Rules);
        let words = |bot: &mut Bot, words: Vec<String>| {
            let BotKind::Keywords { rules, .. } = &mut bot.kind else { unreachable!() };
            rules[0].words = words;
        };
        for bad in [
            vec![],
            vec!["a".into(); MOST_WORDS + 1],
            vec![" ー ".into()],
            vec!["あ".repeat(WORD_LENGTH + 1)],
        ] {
            assert_eq!(refused(&|bot| words(bot, bad.clone())), BotRefused::Words, "{bad:?}");
            if !bad.is_empty() {
                assert_eq!(refused(&|bot| bot.hand_over_words = bad.clone()), BotRefused::HandOverWords);
            }
        }
        let outside = |timeout_seconds| {
            let id = WebhookId::derive("bot");
            let url = "https://bot.example/".to_owned();
            let kind = BotKind::Webhook { url, timeout_seconds, id, key: Key::default() };
            Bot { kind, ..bot(Fallback::HandOver) }.checked()
        };
        assert_eq!(outside(0), Err(BotRefused::Timeout));
        assert_eq!(outside(11), Err(BotRefused::Timeout));
        assert!(outside(1).is_ok() && outside(10).is_ok());
        assert_eq!(outside(5).unwrap().decide(Some("オペレーター")), Decision::HandOver(Switched::Asked));
        assert_eq!(outside(5).unwrap().decide(Some("営業時間")), Decision::Ask);
    }

    fn conversation() -> Conversation {
        let mut new = Conversation::new(
            ChannelId::derive(ChannelKind::Line, "1"),
            ChannelKind::Line,
            Party::User("u".into()),
        );
        new.status = crate::conversation::Status::Open;
        new.mode = Mode::Bot;
        new.episode_started_at = Some(T0);
        new
    }

    fn message(conversation: &Conversation, minute: i64, name: &str, sent_by: SentBy) -> Message {
        let at = T0 + Span::from_minutes(minute);
        let id = MessageId::of_provider(conversation.id, name);
        Message { key: MessageKey { at, id }, sent_by, send: None, ..write_any(conversation) }
    }

    fn write_any(conversation: &Conversation) -> Message {
        let settings = ChannelSettings::default();
        let asked =
            reply::write(conversation, &settings, crate::ids::OperatorId("o".into()), "k", "a", None, T0);
        asked.unwrap()
    }

    proptest! {
        /// However customers, people, the bot and automatic texts take turns, in whatever order they are noted, and whenever the bot
        /// looks: what is owed is what the customer said since a person of our side spoke last, oldest first, each once.
        #[test]
        fn bot_2_what_is_owed_is_what_nobody_has_answered(
            turns in proptest::collection::vec((0..4_u8, 0..5_i64), 0..12),
            looks in proptest::collection::vec(0..12_usize, 0..4),
        ) {
            let sent_by = |turn: u8| match turn {
                0 => SentBy::Customer,
                1 => SentBy::Bot,
                2 => SentBy::Automation,
                _ => SentBy::Operator { operator: crate::ids::OperatorId("o".into()) },
            };
            let (mut conversation, mut stored) = (conversation(), Vec::<Message>::new());
            let mut dealt: Vec<MessageKey> = Vec::new();
            for (place, (turn, late)) in turns.iter().enumerate() {
                let minute = i64::try_from(place).unwrap();
                // Several may be said in the same moment, or arrive later than others.
                let said = message(&conversation, (minute - late).max(0), &place.to_string(), sent_by(*turn));
                conversation.note_message(&said);
                stored.push(said);
                stored.sort_by_key(|message| std::cmp::Reverse(message.key));
                let person = stored.iter().position(|it| matches!(it.sent_by, SentBy::Operator { .. }));
                let since = stored.iter().take(person.unwrap_or(stored.len()));
                let mut expected: Vec<MessageKey> = since
                    .filter(|it| it.sent_by == SentBy::Customer && !dealt.contains(&it.key))
                    .map(|it| it.key)
                    .collect();
                expected.reverse();
                let owed: Vec<MessageKey> = owed(&conversation, &stored).into_iter().map(|it| it.key).collect();
                prop_assert_eq!(&owed, &expected);
                if looks.contains(&place) {
                    // One by one, and cut off before the last if that is an odd place.
                    let (read, settings) = (conversation.clone(), ChannelSettings::default());
                    for (number, key) in owed.iter().enumerate() {
                        let last = number + 1 == owed.len();
                        if last && place % 2 == 1 {
                            break;
                        }
                        let through = if last { Through::All(&read) } else { Through::One(*key) };
                        conversation.note_bot(through, &settings, T0);
                        dealt.push(*key);
                    }
                    // What is covered by somebody's answer is dealt with, too.
                    if !owed.is_empty() && place % 2 == 0 {
                        dealt.extend(stored.iter().map(|it| it.key));
                    }
                }
            }
            let people = Conversation { mode: Mode::Operator, ..conversation.clone() };
            prop_assert!(super::owed(&people, &stored).is_empty());
        }
    }

    #[test]
    fn bot_2_a_message_that_arrives_late_or_in_the_same_moment_is_owed_and_calls_the_bot() {
        let mut conversation = conversation();
        let first = message(&conversation, 10, "first", SentBy::Customer);
        conversation.note_message(&first);
        conversation.last_customer_at = Some(first.key.at);
        conversation.unread = 1;
        let read = conversation.clone();
        assert!(conversation.note_bot(Through::All(&read), &ChannelSettings::default(), T0));
        assert!(!conversation.note_bot(Through::All(&read), &ChannelSettings::default(), T0), "a repetition");
        assert!(owed(&conversation, std::slice::from_ref(&first)).is_empty());
        for (name, minute) in [("late", 9), ("equal", 10)] {
            let next = message(&conversation, minute, name, SentBy::Customer);
            let before = conversation.clone();
            let mut latest = vec![first.clone(), next.clone()];
            latest.sort_by_key(|message| std::cmp::Reverse(message.key));
            assert!(owed(&before, &latest).is_empty(), "{name} is noted by nobody yet");
            let mut after = before.clone();
            after.note_message(&next);
            after.unread += 1;
            assert!(is_called(Some(&before), &after), "{name}");
            assert_eq!(owed(&after, &latest), [&next], "{name}");
            assert!(!is_called(Some(&after), &after), "{name}");
        }
    }

    #[test]
    fn rpl_10_an_answer_is_automatic_and_stands_behind_what_it_answers_whenever_it_is_written() {
        let kind = ChannelKind::Messenger;
        let mut conversation = conversation();
        conversation.channel_kind = kind;
        conversation.window_opened_at = Some(T0);
        let settings = ChannelSettings { human_agent: true, ..Default::default() };
        let asked = message(
            &Conversation { channel_kind: ChannelKind::Line, ..conversation.clone() },
            1,
            "asked",
            SentBy::Customer,
        );
        let answer = |now| write(&conversation, &settings, &asked, 0, "hi", now);
        let first = answer(T0 + Span::from_minutes(2)).unwrap();
        assert_eq!(first.key, answer(T0 + Span::from_hours(3)).unwrap().key);
        assert_eq!(first.sent_by, SentBy::Bot);
        assert!(!first.sent_by.is_answer() && first.sent_by.author() == Author::Automation);
        assert!(first.key > asked.key);
        // A person might still write, with HUMAN_AGENT.
        assert!(matches!(answer(T0 + Span::from_hours(25)), Err(ReplyRefused::Locked(_))));
    }
}
