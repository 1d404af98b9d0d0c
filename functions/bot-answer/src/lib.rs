//! `bot-answer`: what a channel's bot says (BOT-2), and the hand-over to people when the customer asks, when it knows no answer,
//! and when it fails (BOT-3).
//!
//! A record says that a customer has written to the bot. What is owed follows from the conversation as it is, so records may
//! come again and late. An answer's id follows from what it answers: it is written once. Answers go out like every reply.

use std::time::Duration;

use madoguchi_domain::Channel;
use madoguchi_domain::bot::{self, Answer, Bot, BotKind, Decision, MOST_ANSWERS};
use madoguchi_domain::conversation::{Switched, switch_mode};
use madoguchi_domain::message_template::{Object, Values};
use madoguchi_domain::{ChannelSettings, Conversation, ConversationId, Message, Mode, TemplateId, Timestamp};
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
        if owed.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let channel = self.channels.channel(conversation.channel_id, now).await?;
        let settings = channel.as_ref().map(Channel::acting_settings).unwrap_or_default();
        let bot = self.channels.directory().bot(conversation.channel_id).await?;
        let bot = bot.filter(|bot| bot.removed_at.is_none());
        let Some(bot) = bot.filter(|_| channel.as_ref().is_some_and(|channel| channel.status.is_on())) else {
            return self.hand_over(id, Switched::Failed, &settings).await;
        };
        for asked in owed {
            // A person may have taken over meanwhile.
            let Some(current) = self.inbox.conversation(id).await? else { return Ok(()) };
            if current.mode != Mode::Bot || !current.is_open() {
                return Ok(());
            }
            let words = self.words(&bot, &current, asked).await?;
            if self.say(current, &settings, asked, words).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn words(&self, bot: &Bot, conversation: &Conversation, asked: &Message) -> Result<Words, Failure> {
        Ok(match bot.decide(bot::text_of(asked)) {
            Decision::HandOver(why) => Words::hand_over(why),
            Decision::Say(template) => match self.filled(template, conversation).await? {
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
        conversation: &Conversation,
    ) -> Result<Option<String>, StoreError> {
        let template = self.channels.directory().template(id).await?;
        let Some(template) = template.filter(|template| template.removed_at.is_none()) else {
            return Ok(None);
        };
        let mut values = Values::default();
        values.set(Object::Contact, "name", conversation.contact.name.as_deref());
        values.set(Object::Contact, "external_id", Some(conversation.party.external_id()));
        values.set(Object::Conversation, "id", Some(&conversation.id.to_string()));
        let channel = self.channels.channel(conversation.channel_id, self.clock.now()).await?;
        values.set(Object::Conversation, "channel", channel.as_ref().map(|channel| channel.name.as_str()));
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

    /// Writes down what is said. Tells whether people go on from here.
    async fn say(
        &self,
        mut conversation: Conversation,
        settings: &ChannelSettings,
        asked: &Message,
        words: Words,
    ) -> Result<bool, Failure> {
        let (id, now) = (conversation.id, self.clock.now());
        // What is handed over, people answer; all else is dealt with when the last word of it is noted.
        let dealt_with = words.hand_over.is_none().then_some(asked.key.at);
        let mut noted = false;
        for (number, text) in words.say.iter().enumerate() {
            let answer = match bot::write(&conversation, settings, asked, number, text, now) {
                Ok(answer) => answer,
                Err(refused) => {
                    self.metrics.count("BotsFailed", 1);
                    tracing::warn!(conversation.id = %id, %refused, "What the bot says cannot be sent");
                    self.hand_over(id, Switched::Failed, settings).await?;
                    return Ok(true);
                }
            };
            let answer = match self.inbox.create(&answer).await? {
                Saved::Done => answer,
                // Written by an earlier delivery of the record.
                Saved::Conflict => self.inbox.message(id, &answer.key).await?.unwrap_or(answer),
            };
            if number + 1 == words.say.len() {
                conversation.bot_through = conversation.bot_through.max(dealt_with);
            }
            let before = conversation.version;
            conversation = self.inbox.note_reply(conversation, settings, &answer, now).await?;
            noted = conversation.version > before && conversation.bot_through >= dealt_with;
        }
        if let Some(through) = dealt_with.filter(|_| !noted) {
            self.note_dealt_with(id, through).await?;
        }
        match words.hand_over {
            Some(why) => self.hand_over(id, why, settings).await.map(|()| true),
            None => Ok(false),
        }
    }

    async fn note_dealt_with(&self, id: ConversationId, through: Timestamp) -> Result<(), Failure> {
        for _ in 0..TRIES {
            let Some(mut conversation) = self.inbox.conversation(id).await? else { return Ok(()) };
            if conversation.bot_through >= Some(through) {
                return Ok(());
            }
            conversation.bot_through = Some(through);
            if self.inbox.save_conversation(&conversation).await? == Saved::Done {
                return Ok(());
            }
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
