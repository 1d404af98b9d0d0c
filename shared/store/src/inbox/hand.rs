//! Giving conversations to operators: the conversation, its line of the timeline, what each of the two operators holds,
//! and whose turn it is next, in one transaction.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use madoguchi_domain::assignment::Handed;
use madoguchi_domain::{ChannelId, ConversationId, OperatorId, Timestamp};

use super::commit::{incomplete, lost_race};
use super::duty::{self, AVAILABLE, GIVEN_AT, HELD, compact};
use super::{Inbox, conversation, message};
use crate::access;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s, text};

const TURNS: &str = "turn";
/// Place of the duty that gets the conversation among the transaction's writes.
const GIVEN: usize = 2;

/// Whom the rule of a channel gave its last conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Whose rule.
    pub channel_id: ChannelId,
    /// Whom.
    pub last: Option<OperatorId>,
    /// Counts the writes; every change is conditional on it.
    rev: u64,
}

/// How giving somebody a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Given {
    /// Everything is stored.
    Done,
    /// Somebody else wrote in between: read again and decide again. Nothing is stored.
    Conflict,
    /// The operator is not available, or has no room, any more. Nothing is stored.
    Refused,
}

impl Inbox {
    /// Whose turn it was last.
    pub async fn turn(&self, channel_id: ChannelId) -> Result<Turn, StoreError> {
        let item = access::item(&self.client, &self.table, turn_key(channel_id)).await?.unwrap_or_default();
        let rev = item.get("rev").and_then(|rev| rev.as_n().ok()?.parse().ok()).unwrap_or_default();
        let last = Some(text(&item, "last")).filter(|last| !last.is_empty());
        Ok(Turn { channel_id, last: last.map(|last| OperatorId(last.to_owned())), rev })
    }

    /// Stores a move. Who gets the conversation must be available and hold fewer than `room`; if the rule chose them, it
    /// was their `turn`.
    pub async fn hand(
        &self,
        handed: &Handed,
        room: usize,
        turn: Option<&Turn>,
        now: Timestamp,
    ) -> Result<Given, StoreError> {
        let id = handed.conversation.id;
        let mut writes = vec![self.moved(handed)?, self.told(handed)?];
        // Who keeps it is neither given it nor freed of it.
        let moves = handed.from != handed.to;
        if let Some(to) = handed.to.as_ref().filter(|_| moves) {
            writes.push(self.give(to, id, room, now)?);
        }
        if let Some(from) = handed.from.as_ref().filter(|_| moves) {
            writes.push(self.take(from, id)?);
        }
        if let Some((turn, to)) = turn.zip(handed.to.as_ref()) {
            writes.push(self.next_turn(turn, to)?);
        }
        let answer = self.client.transact_write_items().set_transact_items(Some(writes)).send().await;
        match answer {
            Ok(_) => Ok(Given::Done),
            Err(error) if lost_race(&error) => {
                let refused = moves && handed.to.is_some() && only_duty_failed(&error);
                Ok(if refused { Given::Refused } else { Given::Conflict })
            }
            Err(error) => Err(failed("TransactWriteItems", error)),
        }
    }

    fn moved(&self, handed: &Handed) -> Result<TransactWriteItem, StoreError> {
        let (condition, value) = conversation::unchanged(&handed.conversation);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(conversation::encode(&handed.conversation)?))
            .condition_expression(condition)
            .set_expression_attribute_values(value.map(|value| [value].into()));
        Ok(TransactWriteItem::builder().put(put.build().map_err(incomplete)?).build())
    }

    fn told(&self, handed: &Handed) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(message::encode(&handed.line)?))
            .condition_expression("attribute_not_exists(pk)");
        Ok(TransactWriteItem::builder().put(put.build().map_err(incomplete)?).build())
    }

    fn give(
        &self,
        to: &OperatorId,
        id: ConversationId,
        room: usize,
        now: Timestamp,
    ) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(duty::key(to)))
            .update_expression("SET #given_at = :now ADD #held :one")
            .condition_expression(
                "#available = :on AND (attribute_not_exists(#held) OR size(#held) < :room OR contains(#held, :this))",
            )
            .expression_attribute_names("#available", AVAILABLE)
            .expression_attribute_names("#held", HELD)
            .expression_attribute_names("#given_at", GIVEN_AT)
            .expression_attribute_values(":on", AttributeValue::Bool(true))
            .expression_attribute_values(":room", n(room))
            .expression_attribute_values(":now", n(now.as_ms()))
            .expression_attribute_values(":one", AttributeValue::Bs(vec![compact(id)]))
            .expression_attribute_values(":this", AttributeValue::B(compact(id)));
        Ok(TransactWriteItem::builder().update(update.build().map_err(incomplete)?).build())
    }

    fn take(&self, from: &OperatorId, id: ConversationId) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(duty::key(from)))
            .update_expression("DELETE #held :one")
            .expression_attribute_names("#held", HELD)
            .expression_attribute_values(":one", AttributeValue::Bs(vec![compact(id)]));
        Ok(TransactWriteItem::builder().update(update.build().map_err(incomplete)?).build())
    }

    fn next_turn(&self, turn: &Turn, to: &OperatorId) -> Result<TransactWriteItem, StoreError> {
        let mut item = turn_key(turn.channel_id);
        item.insert("last".to_owned(), s(&to.0));
        item.insert("rev".to_owned(), n(turn.rev + 1));
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = match turn.rev {
            0 => put.condition_expression("attribute_not_exists(pk)"),
            rev => put.condition_expression("rev = :rev").expression_attribute_values(":rev", n(rev)),
        };
        Ok(TransactWriteItem::builder().put(put.build().map_err(incomplete)?).build())
    }
}

fn turn_key(channel: ChannelId) -> Item {
    item::key(TURNS, channel.to_string())
}

/// Whether everything else could have been written.
fn only_duty_failed(error: &SdkError<TransactWriteItemsError>) -> bool {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error()
    else {
        return false;
    };
    let failed = |reason: &aws_sdk_dynamodb::types::CancellationReason| {
        reason.code().is_some_and(|code| code != "None")
    };
    let reasons = cancelled.cancellation_reasons();
    let others = reasons.iter().enumerate().any(|(place, reason)| place != GIVEN && failed(reason));
    let duty = reasons.get(GIVEN).and_then(|reason| reason.code());
    duty == Some("ConditionalCheckFailed") && !others
}
