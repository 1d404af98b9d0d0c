//! Internal notes: messages of their conversation's partition, and a pointer for each person who is mentioned.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use madoguchi_domain::note::MENTION_LIFE;
use madoguchi_domain::{ChannelId, ConversationId, Message, MessageKey, OperatorId, Timestamp};
use serde::{Deserialize, Serialize};

use super::commit::lost_race;
use super::{Inbox, message};
use crate::Saved;
use crate::access;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, reference_key, s};

/// Prefix of the mentions of a person, and of how far they have read them.
const PREFIX: &str = "n#";
const READ: &str = "read";

/// Where somebody was mentioned. What was said stands in the note alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    /// In which conversation.
    pub conversation_id: ConversationId,
    /// Whose that is.
    pub channel_id: ChannelId,
    /// Which note.
    pub note: MessageKey,
    /// When; a note can mention somebody later than it was written.
    pub at: Timestamp,
}

impl Mention {
    /// Its place among a person's mentions, which sorts by time.
    pub fn position(&self) -> String {
        format!("{:013}-{}", self.at.as_ms().max(0), self.note.id)
    }
}

/// A page of a person's mentions.
#[derive(Debug)]
pub struct MentionPage {
    /// Newest first.
    pub mentions: Vec<Mention>,
    /// Where the next (older) page begins, if there may be one.
    pub next: Option<String>,
}

#[derive(Deserialize)]
struct ReadThrough {
    read_through: String,
}

fn partition(person: &OperatorId) -> String {
    format!("mentions#{}", reference_key(&person.0))
}

fn encode(person: &OperatorId, mention: &Mention) -> Result<Item, StoreError> {
    let mut item =
        item::encode(item::key(partition(person), format!("{PREFIX}{}", mention.position())), mention)?;
    item.insert("expires_at".into(), n((mention.at + MENTION_LIFE).as_ms() / 1000));
    Ok(item)
}

impl Inbox {
    /// Stores a note, new (`rev` 0) or changed, with a mention for each of `people`: all or nothing.
    pub async fn write_note(
        &self,
        note: &Message,
        people: &[OperatorId],
        now: Timestamp,
    ) -> Result<Saved, StoreError> {
        if people.is_empty() {
            return if note.rev == 0 { self.create(note).await } else { self.save_message(note).await };
        }
        let (condition, values) = match note.rev {
            0 => ("attribute_not_exists(pk)", None),
            rev => ("rev = :rev", Some(HashMap::from([(":rev".to_owned(), n(rev))]))),
        };
        let put = Put::builder().table_name(&self.table).set_item(Some(message::encode(note)?));
        let put = put.condition_expression(condition).set_expression_attribute_values(values);
        let mut puts = vec![put];
        let mention = Mention {
            conversation_id: note.conversation_id,
            channel_id: note.channel_id,
            note: note.key,
            at: now,
        };
        for person in people {
            let item = encode(person, &mention)?;
            puts.push(Put::builder().table_name(&self.table).set_item(Some(item)));
        }
        let writes: Result<Vec<_>, _> = puts
            .into_iter()
            .map(|put| put.build().map(|put| TransactWriteItem::builder().put(put).build()))
            .collect();
        let writes = writes.map_err(|error| StoreError::Unavailable {
            operation: "TransactWriteItems",
            detail: error.to_string(),
        })?;
        match self.client.transact_write_items().set_transact_items(Some(writes)).send().await {
            Ok(_) => Ok(Saved::Done),
            Err(error) if lost_race(&error) => Ok(Saved::Conflict),
            Err(error) => Err(failed("TransactWriteItems", error)),
        }
    }

    /// Where `person` was mentioned, before the position `before`.
    pub async fn mentions(
        &self,
        person: &OperatorId,
        before: Option<&str>,
        limit: usize,
    ) -> Result<MentionPage, StoreError> {
        // The character after `#`: everything with the prefix sorts below it.
        let end = before.map_or_else(|| "n$".to_owned(), |before| format!("{PREFIX}{before}"));
        let mut mentions = self.mentions_between(person, PREFIX, &end, limit + 2).await?;
        if let Some(before) = before {
            mentions.retain(|mention| mention.position().as_str() < before);
        }
        let more = mentions.len() > limit;
        mentions.truncate(limit);
        let next = mentions.last().filter(|_| more).map(Mention::position);
        Ok(MentionPage { mentions, next })
    }

    /// The latest mentions that `person` has not read, at most `most`.
    pub async fn unread_mentions(
        &self,
        person: &OperatorId,
        most: usize,
    ) -> Result<Vec<Mention>, StoreError> {
        let start = match self.mentions_read(person).await? {
            // No position begins with another one, and none has this character.
            Some(through) => format!("{PREFIX}{through}~"),
            None => PREFIX.to_owned(),
        };
        self.mentions_between(person, &start, "n$", most).await
    }

    /// The position up to which `person` has read their mentions.
    pub async fn mentions_read(&self, person: &OperatorId) -> Result<Option<String>, StoreError> {
        let key = item::key(partition(person), READ);
        let read: Option<ReadThrough> = access::get(&self.client, &self.table, key).await?;
        Ok(read.map(|read| read.read_through))
    }

    /// Notes that `person` has read their mentions up to a position; [`Saved::Conflict`] if they had read as far before.
    pub async fn read_mentions(&self, person: &OperatorId, through: &str) -> Result<Saved, StoreError> {
        let mut item = item::key(partition(person), READ);
        item.insert("read_through".into(), s(through));
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk) OR read_through < :through")
            .expression_attribute_values(":through", s(through))
            .build()
            .map_err(|error| StoreError::Unavailable { operation: "PutItem", detail: error.to_string() })?;
        self.put_alone(put).await
    }

    async fn mentions_between(
        &self,
        person: &OperatorId,
        start: &str,
        end: &str,
        limit: usize,
    ) -> Result<Vec<Mention>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :start AND :end")
            .expression_attribute_values(":pk", s(partition(person)))
            .expression_attribute_values(":start", s(start))
            .expression_attribute_values(":end", s(end))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| failed("Query", error))?;
        answer.items.unwrap_or_default().into_iter().map(item::decode).collect()
    }
}
