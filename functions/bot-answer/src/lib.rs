//! `bot-answer`: what a channel's bot says (BOT-2), and the hand-over to people when the customer asks, when it knows no answer,
//! and when it fails (BOT-3).
//!
//! A record says that a customer has written to the bot. What is owed follows from the conversation as it is, so records may
//! come again and late. An answer's id follows from what it answers: it is written once, and only while the conversation is the bot's.
//! Answers go out like every reply. Whose record is lost, or ends here each time, people get after some minutes (`scheduled-send`).

use std::time::Duration;

use madoguchi_domain::Channel;
use madoguchi_domain::bot::{self, Answer, Bot, BotKind, Decision, MOST_ANSWERS, Through};
use madoguchi_domain::conversation::{Switched, Told, switch_mode};
use madoguchi_domain::{ChannelSettings, Conversation, ConversationId, Message, Mode, TemplateId, reply};
use madoguchi_runtime::outgoing::Receivers;
use madoguchi_runtime::signature::{KeyError, WebhookKeys, headers};
use madoguchi_runtime::{Clock, Metrics};
use madoguchi_store::work::BotWork;
use madoguchi_store::{ChannelCache, Inbox, Saved, StoreError};
use serde_json::json;

/// As much of an outside bot's answer as is read.
const LONGEST_ANSWER: usize = 64 * 1024;
/// How often a lost race is tried again before the record comes again.
const TRIES: usize = 8;

/// Why a record must come again.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is nothing to sign with.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The record is not readable.
    #[error("the record is not readable: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// Others kept writing to the conversation.
    #[error("others kept writing to the conversation")]
    Contended,
}

/// Answers for bots.
#[derive(Debug)]
pub struct BotAnswerer {
    inbox: Inbox,
    channels: ChannelCache,
    keys: WebhookKeys,
    receivers: Receivers,
    clock: Clock,
    metrics: Metrics,
}

/// What is to be said, and whether people go on after it.
#[derive(Default)]
struct Words {
    say: Vec<String>,
    hand_over: Option<Switched<'static>>,
}

/// Whether the bot goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// With what else it owes.
    GoesOn,
    /// People answer from here.
    Over,
}

impl Words {
    fn hand_over(why: Switched<'static>) -> Self {
        Self { say: Vec::new(), hand_over: Some(why) }
    }
}

impl BotAnswerer {
    /// Reads and writes `inbox`; what bots say is in the Directory behind `channels`.
    pub fn new(
        inbox: Inbox,
        channels: ChannelCache,
        keys: WebhookKeys,
        receivers: Receivers,
        clock: Clock,
        metrics: Metrics,
    ) -> Self {
        Self { inbox, channels, keys, receivers, clock, metrics }
    }

    /// Handles one record.
    pub async fn handle(&self, body: &str) -> Result<(), Failure> {
        let BotWork { conversation_id: id, .. } = serde_json::from_str(body)?;
        let Some(conversation) = self.inbox.conversation(id).await? else { return Ok(()) };
        let latest = self.inbox.messages(id, None, bot::LOOKED_THROUGH).await?.messages;
        let owed = bot::owed(&conversation, &latest);
        if owed.is_empty() && conversation.bot_waits_since.is_none() {
            return Ok(());
        }
        let now = self.clock.now();
        let channel = self.channels.channel(conversation.channel_id, now).await?;
        let settings = channel.as_ref().map(Channel::acting_settings).unwrap_or_default();
        if owed.is_empty() {
            return self.note(&conversation, Through::All(&conversation), &settings).await;
        }
        let bot = self.channels.directory().bot(conversation.channel_id).await?;
        let bot = bot.filter(|bot| bot.removed_at.is_none());
        let Some(bot) = bot.filter(|_| channel.as_ref().is_some_and(|channel| channel.status.is_on())) else {
            return self.hand_over(id, Switched::Failed, &settings).await;
        };
        for (place, asked) in owed.iter().copied().enumerate() {
            let through =
                if place + 1 == owed.len() { Through::All(&conversation) } else { Through::One(asked.key) };
            // Nobody asks for what people answer by now.
            if self.its_turn(id, asked).await?.is_none() {
                return Ok(());
            }
            let words = self.words(&bot, channel.as_ref(), &conversation, asked).await?;
            if self.say(id, &settings, (asked, words), through).await? == Turn::Over {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The conversation as it is now, if the bot may still answer `asked`.
    async fn its_turn(
        &self,
        id: ConversationId,
        asked: &Message,
    ) -> Result<Option<Conversation>, StoreError> {
        let current = self.inbox.conversation(id).await?;
        Ok(current.filter(|current| bot::is_its_turn(current, asked)))
    }

    async fn words(
        &self,
        bot: &Bot,
        channel: Option<&Channel>,
        conversation: &Conversation,
        asked: &Message,
    ) -> Result<Words, Failure> {
        Ok(match bot.decide(bot::text_of(asked)) {
            Decision::HandOver(why) => Words::hand_over(why),
            Decision::Say(template) => match self.filled(template, channel, conversation).await? {
                Some(text) => Words { say: vec![text], hand_over: None },
                None => Words::hand_over(Switched::Failed),
            },
            Decision::Ask => self.ask(bot, conversation, asked).await?,
        })
    }

    /// The template for this customer; `None` if it is gone, or something that it needs is not known.
    async fn filled(
        &self,
        id: TemplateId,
        channel: Option<&Channel>,
        conversation: &Conversation,
    ) -> Result<Option<String>, StoreError> {
        let template = self.channels.directory().template(id).await?;
        let Some(template) = template.filter(|template| template.removed_at.is_none()) else {
            return Ok(None);
        };
        let values = self.channels.directory().merge_values(&template, None, conversation, channel).await?;
        let filling = template.fill(None, None, &values, false);
        Ok(filling.filter(|filling| filling.missing.is_empty()).map(|filling| filling.text))
    }

    /// Asks an outside bot. The id of the call follows from the message, so that a bot can tell a repetition.
    async fn ask(&self, bot: &Bot, conversation: &Conversation, asked: &Message) -> Result<Words, Failure> {
        let BotKind::Webhook { url, timeout_seconds, id, key } = &bot.kind else {
            return Ok(Words::hand_over(Switched::Failed));
        };
        let at = self.clock.now();
        let mut secrets = Vec::new();
        for generation in key.signing(at) {
            secrets.push(self.keys.secret(*id, generation).await?);
        }
        let call_id = asked.key.id.derived("bot").to_string();
        let body = json!({
            "type": "message.received",
            "id": call_id,
            "conversation": {
                "id": conversation.id,
                "channel_id": conversation.channel_id,
                "channel_kind": conversation.channel_kind,
                "episode": conversation.episode,
                "contact": {
                    "name": conversation.contact.name,
                    "external_id": conversation.party.external_id(),
                    "registered": conversation.contact.registered,
                },
            },
            "message": {
                "id": asked.key,
                "at": asked.key.at.to_string(),
                "text": bot::text_of(asked),
            },
        });
        let body = body.to_string();
        let headers = headers(&secrets, &call_id, at, &body);
        let timeout = Duration::from_secs((*timeout_seconds).into());
        let answered = self.receivers.ask(url, &headers, body, timeout, LONGEST_ANSWER).await;
        let answer: Option<Answer> = match &answered {
            Ok(bytes) if bytes.is_empty() => Some(Answer::default()),
            Ok(bytes) => serde_json::from_slice(bytes).ok(),
            Err(_) => None,
        };
        let Some(Answer { messages, hand_over }) =
            answer.filter(|answer| answer.messages.len() <= MOST_ANSWERS)
        else {
            self.metrics.count("BotsFailed", 1);
            let fault = answered.err().map_or("unreadable", |fault| fault.as_str());
            tracing::warn!(conversation.id = %conversation.id, fault, "The bot of `{}` failed", bot.channel);
            return Ok(Words::hand_over(Switched::Failed));
        };
        let say = messages.into_iter().map(|said| said.text).collect();
        Ok(Words { say, hand_over: hand_over.then_some(Switched::BotAsked) })
    }

    /// Writes down what is said, and that the bot has come `through`. What is handed over, people answer.
    async fn say(
        &self,
        id: ConversationId,
        settings: &ChannelSettings,
        (asked, words): (&Message, Words),
        through: Through<'_>,
    ) -> Result<Turn, Failure> {
        let through = Some(through).filter(|_| words.hand_over.is_none());
        for (number, text) in words.say.iter().enumerate() {
            // With the last word of it all is dealt with, so that no crash comes between.
            let through = through.filter(|_| number + 1 == words.say.len());
            if self.write(id, settings, (asked, number, text.as_str()), through).await? == Turn::Over {
                return Ok(Turn::Over);
            }
        }
        match words.hand_over {
            Some(why) => self.hand_over(id, why, settings).await.map(|()| Turn::Over),
            None if words.say.is_empty() => self.note_silence(id, through, settings).await,
            None => Ok(Turn::GoesOn),
        }
    }

    /// Writes down the `number`th word of the answer to `asked` together with its note, unless people have taken over since: the
    /// write is conditional on what was read.
    async fn write(
        &self,
        id: ConversationId,
        settings: &ChannelSettings,
        (asked, number, text): (&Message, usize, &str),
        through: Option<Through<'_>>,
    ) -> Result<Turn, Failure> {
        for _ in 0..TRIES {
            let now = self.clock.now();
            let Some(current) = self.its_turn(id, asked).await? else { return Ok(Turn::Over) };
            let answer = match bot::write(&current, settings, asked, number, text, now) {
                Ok(answer) => answer,
                Err(refused) => {
                    self.metrics.count("BotsFailed", 1);
                    tracing::warn!(conversation.id = %id, %refused, "What the bot says cannot be sent");
                    return self.hand_over(id, Switched::Failed, settings).await.map(|()| Turn::Over);
                }
            };
            // An earlier delivery of the record has come as far as this.
            let Some((mut conversation, _)) = reply::take_note(current, settings, &answer, now) else {
                return self.note_silence(id, through, settings).await;
            };
            if let Some(through) = through {
                conversation.note_bot(through, settings, now);
            }
            let key = answer.key;
            if self.inbox.commit_told(&Told { conversation, line: answer }).await? == Saved::Done {
                return Ok(Turn::GoesOn);
            }
            // Another delivery was faster; else others have written to the conversation.
            if self.inbox.message(id, &key).await?.is_some() {
                return self.note_silence(id, through, settings).await;
            }
        }
        Err(Failure::Contended)
    }

    /// Notes how far the bot has come, without a word.
    async fn note_silence(
        &self,
        id: ConversationId,
        through: Option<Through<'_>>,
        settings: &ChannelSettings,
    ) -> Result<Turn, Failure> {
        if let Some(through) = through
            && let Some(current) = self.inbox.conversation(id).await?
        {
            self.note(&current, through, settings).await?;
        }
        Ok(Turn::GoesOn)
    }

    async fn note(
        &self,
        read: &Conversation,
        through: Through<'_>,
        settings: &ChannelSettings,
    ) -> Result<(), Failure> {
        let mut current = read.clone();
        for _ in 0..TRIES {
            if current.mode != Mode::Bot || !current.is_open() {
                return Ok(());
            }
            let is_news = current.note_bot(through, settings, self.clock.now());
            if !is_news || self.inbox.save_conversation(&current).await? == Saved::Done {
                return Ok(());
            }
            let Some(newer) = self.inbox.conversation(read.id).await? else { return Ok(()) };
            current = newer;
        }
        Err(Failure::Contended)
    }

    async fn hand_over(
        &self,
        id: ConversationId,
        why: Switched<'static>,
        settings: &ChannelSettings,
    ) -> Result<(), Failure> {
        for _ in 0..TRIES {
            let Some(conversation) = self.inbox.conversation(id).await? else { return Ok(()) };
            let now = self.clock.now();
            let Some(told) = switch_mode(conversation, Mode::Operator, why, settings, now) else {
                return Ok(());
            };
            if self.inbox.commit_told(&told).await? == Saved::Done {
                tracing::info!(conversation.id = %id, why = why.as_str(), "Handed conversation `{id}` over to people");
                return Ok(());
            }
        }
        Err(Failure::Contended)
    }
}
