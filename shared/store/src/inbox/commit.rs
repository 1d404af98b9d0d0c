//! Writing what an event or an operator changed: a conversation with its messages.
//!
//! What is new in most events is one message. It is stored first, by a write of its own, and the conversation after it:
//! half the price of a transaction. The conversation's condition fails if anybody wrote in between, and what was cut
//! off between the two writes is found out by the rules and made up for. Everything rarer is one transaction.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use madoguchi_domain::block::{Blocked, Moved};
use madoguchi_domain::conversation::{Change, Closed, Completed, Told, WAITING_LIFE, Waiting};
use madoguchi_domain::message::Annotations;
use madoguchi_domain::{Conversation, ConversationId, Message, Timestamp};

use super::{Inbox, blocked, conversation, load, message, participant};
use crate::Saved;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n};

impl Inbox {
    /// Stores what an event changed. After [`Saved::Conflict`] a message that stands [alone](Change::alone) may be
    /// stored, and its conversation not: [load](Inbox::load) again, and apply again.
    pub async fn commit(&self, change: &Change, now: Timestamp) -> Result<Saved, StoreError> {
        if let Some(message) = change.alone() {
            if self.create(message).await? == Saved::Conflict {
                return Ok(Saved::Conflict);
            }
            return self.save_conversation(&change.conversation).await;
        }
        if let Some(message) = change.replaced_alone() {
            return self.save_message(message).await;
        }
        let mut writes = Writes::of(self, &change.conversation)?;
        if let Some(contact) = change.blocks {
            writes.put(blocked::encode(contact), None)?;
        }
        for message in &change.create {
            writes.create(message)?;
        }
        if let Some(message) = &change.replace {
            writes.replace(message)?;
        }
        match &change.waiting {
            Some(Waiting::Keep(id, annotations)) => writes.wait(id, annotations, now)?,
            Some(Waiting::Forget(id)) => writes.forget(id)?,
            None => {}
        }
        for person in &change.participants {
            writes.put(participant::encode(person)?, Some(participant::unchanged(person)))?;
        }
        writes.execute().await
    }

    /// Stores a close or a reopening with its line in the timeline.
    pub async fn commit_closed(&self, closed: &Closed) -> Result<Saved, StoreError> {
        let mut writes = Writes::of(self, &closed.conversation)?;
        writes.create(&closed.line)?;
        writes.execute().await
    }

    /// Stores a close with its line and the farewell that goes with it.
    pub async fn commit_completed(&self, completed: &Completed) -> Result<Saved, StoreError> {
        let mut writes = Writes::of(self, &completed.closed.conversation)?;
        writes.create(&completed.closed.line)?;
        if let Some(farewell) = &completed.farewell {
            writes.create(farewell)?;
        }
        writes.execute().await
    }

    /// Stores what somebody did with a conversation and the line that tells it, both or none.
    pub async fn commit_told(&self, told: &Told) -> Result<Saved, StoreError> {
        self.commit_noted(&told.conversation, Some(&told.line)).await
    }

    /// Stores that a contact was blocked, with its line and its place in the list of those who are.
    pub async fn commit_blocked(&self, moved: &Moved) -> Result<Saved, StoreError> {
        let mut writes = Writes::of(self, &moved.conversation)?;
        writes.create(&moved.line)?;
        if let Some(contact) = moved.conversation.blocked() {
            writes.put(blocked::encode(contact), None)?;
        }
        writes.execute().await
    }

    /// Stores that `contact` is not blocked any more.
    pub async fn commit_unblocked(&self, moved: &Moved, contact: Blocked) -> Result<Saved, StoreError> {
        let mut writes = Writes::of(self, &moved.conversation)?;
        writes.create(&moved.line)?;
        writes.delete(blocked::key(contact))?;
        writes.execute().await
    }

    /// Stores a reply's new state with the line of the timeline that tells it, both or none.
    pub async fn save_told(&self, changed: &Message, line: &Message) -> Result<Saved, StoreError> {
        let mut writes =
            Writes { inbox: self, id: changed.conversation_id, puts: Vec::with_capacity(2), delete: None };
        writes.replace(changed)?;
        writes.create(line)?;
        writes.execute().await
    }

    /// Stores that a conversation took note of a reply, with the line that this may bring.
    pub(super) async fn commit_noted(
        &self,
        conversation: &Conversation,
        line: Option<&Message>,
    ) -> Result<Saved, StoreError> {
        let mut writes = Writes::of(self, conversation)?;
        if let Some(line) = line {
            writes.create(line)?;
        }
        writes.execute().await
    }

    /// Stores a conversation whose messages did not change (a deadline, a profile).
    pub async fn save_conversation(&self, conversation: &Conversation) -> Result<Saved, StoreError> {
        Writes::of(self, conversation)?.execute().await
    }
}

pub(super) struct Writes<'a> {
    inbox: &'a Inbox,
    id: ConversationId,
    puts: Vec<Put>,
    delete: Option<Delete>,
}

impl<'a> Writes<'a> {
    pub(super) fn of(inbox: &'a Inbox, conversation: &Conversation) -> Result<Self, StoreError> {
        let (condition, value) = conversation::unchanged(conversation);
        let put = Put::builder()
            .table_name(&inbox.table)
            .set_item(Some(conversation::encode(conversation)?))
            .condition_expression(condition)
            .set_expression_attribute_values(value.map(|value| [value].into()))
            .build()
            .map_err(incomplete)?;
        Ok(Self { inbox, id: conversation.id, puts: vec![put], delete: None })
    }

    pub(super) fn put(
        &mut self,
        item: Item,
        condition: Option<(&str, Option<u64>)>,
    ) -> Result<(), StoreError> {
        let mut put = Put::builder().table_name(&self.inbox.table).set_item(Some(item));
        if let Some((condition, rev)) = condition {
            put = put.condition_expression(condition);
            if let Some(rev) = rev {
                put = put.expression_attribute_values(":rev", n(rev));
            }
        }
        self.puts.push(put.build().map_err(incomplete)?);
        Ok(())
    }

    fn create(&mut self, message: &Message) -> Result<(), StoreError> {
        self.put(message::encode(message)?, Some(("attribute_not_exists(pk)", None)))
    }

    fn replace(&mut self, message: &Message) -> Result<(), StoreError> {
        self.put(message::encode(message)?, Some(("rev = :rev", Some(message.rev))))
    }

    fn wait(&mut self, id: &str, annotations: &Annotations, now: Timestamp) -> Result<(), StoreError> {
        let mut item = item::encode(load::waiting_key(self.id, id), annotations)?;
        item.insert("expires_at".into(), n((now + WAITING_LIFE).as_ms() / 1000));
        self.put(item, None)
    }

    fn forget(&mut self, id: &str) -> Result<(), StoreError> {
        self.delete(load::waiting_key(self.id, id))
    }

    fn delete(&mut self, key: Item) -> Result<(), StoreError> {
        let delete = Delete::builder().table_name(&self.inbox.table).set_key(Some(key));
        self.delete = Some(delete.build().map_err(incomplete)?);
        Ok(())
    }

    pub(super) async fn execute(mut self) -> Result<Saved, StoreError> {
        if self.puts.len() == 1 && self.delete.is_none() {
            return match self.puts.pop() {
                Some(put) => self.inbox.put_alone(put).await,
                None => Ok(Saved::Done),
            };
        }
        let puts = self.puts.into_iter().map(|put| TransactWriteItem::builder().put(put).build());
        let deletes =
            self.delete.into_iter().map(|delete| TransactWriteItem::builder().delete(delete).build());
        let answer = self
            .inbox
            .client
            .transact_write_items()
            .set_transact_items(Some(puts.chain(deletes).collect()))
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Saved::Done),
            Err(error) if lost_race(&error) => Ok(Saved::Conflict),
            Err(error) => Err(failed("TransactWriteItems", error)),
        }
    }
}

impl Inbox {
    pub(super) async fn put_alone(&self, put: Put) -> Result<Saved, StoreError> {
        let answer = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(put.item))
            .set_condition_expression(put.condition_expression)
            .set_expression_attribute_values(put.expression_attribute_values)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Saved::Done),
            Err(error) if error.as_service_error().is_some_and(lost_put) => Ok(Saved::Conflict),
            Err(error) => Err(failed("PutItem", error)),
        }
    }
}

/// A put that came too late, or while a transaction held the item.
fn lost_put(error: &PutItemError) -> bool {
    error.is_conditional_check_failed_exception() || error.is_transaction_conflict_exception()
}

/// A transaction that was cancelled because somebody else wrote before or at the same time.
pub(super) fn lost_race(error: &SdkError<TransactWriteItemsError>) -> bool {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            let mut codes = cancelled
                .cancellation_reasons()
                .iter()
                .filter_map(|reason| reason.code())
                .filter(|c| *c != "None");
            let all_races =
                codes.all(|code| matches!(code, "ConditionalCheckFailed" | "TransactionConflict"));
            all_races && !cancelled.cancellation_reasons().is_empty()
        }
        Some(TransactWriteItemsError::TransactionInProgressException(_)) => true,
        _ => false,
    }
}

pub(super) fn incomplete(error: aws_sdk_dynamodb::error::BuildError) -> StoreError {
    StoreError::Unavailable { operation: "TransactWriteItems", detail: error.to_string() }
}
