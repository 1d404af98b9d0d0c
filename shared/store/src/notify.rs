//! Work for `notify`, and e-mail that waits for its time: items of the Deliveries table, beside what other systems are told.

use madoguchi_domain::notify::{Batch, Happened};
use madoguchi_domain::{ConversationId, OperatorId, Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::access;
use crate::deliveries::{DueItem, LONGEST_DELAY};
use crate::directory::saved;
use crate::error::StoreError;
use crate::item::{self, Item, n, s};
use crate::{Deliveries, Saved};

/// How long a batch is kept after its last write: longer than a queue keeps what would be told again.
const KEPT: Span = Span::from_days(15);
/// Partition of the index of what is due.
const DUE: &str = "notify";

/// A message of the queue `notify`. One that comes again finds its work done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotifyWork {
    /// Something happened that somebody may want to be told of.
    Happened(Happened),
    /// The e-mail to this person about this conversation is due.
    Due {
        /// Whom to tell.
        operator: OperatorId,
        /// Of what.
        conversation_id: ConversationId,
    },
}

fn partition(operator: &OperatorId) -> String {
    format!("n#{}", operator.0)
}

fn key(operator: &OperatorId, conversation: ConversationId) -> Item {
    item::key(partition(operator), conversation.to_string())
}

impl Deliveries {
    /// What somebody is to be told of a conversation, and was.
    pub async fn batch(
        &self,
        operator: &OperatorId,
        conversation: ConversationId,
    ) -> Result<Option<Batch>, StoreError> {
        access::get(self.client(), self.table(), key(operator, conversation)).await
    }

    /// Writes a batch, if nobody has since it was read (`rev` 0: if there is none).
    pub async fn save_batch(&self, batch: &Batch, now: Timestamp) -> Result<Saved, StoreError> {
        let next = Batch { rev: batch.rev + 1, ..batch.clone() };
        let mut item = item::encode(key(&next.operator, next.conversation_id), &next)?;
        item.insert("expires_at".into(), n((now + KEPT).as_ms() / 1000));
        if let Some(look_at) = next.look_at() {
            item.insert("due_pk".into(), s(DUE));
            item.insert("due_at".into(), n(look_at.as_ms()));
        }
        let request = self.client().put_item().table_name(self.table()).set_item(Some(item));
        let request = match batch.rev {
            0 => request.condition_expression("attribute_not_exists(pk)"),
            read => request.condition_expression("rev = :rev").expression_attribute_values(":rev", n(read)),
        };
        saved("PutItem", request.send().await)
    }

    /// Up to `limit` batches whose time has come, the longest overdue first.
    pub async fn due_batches(&self, now: Timestamp, limit: usize) -> Result<Vec<DueItem>, StoreError> {
        self.due_of(DUE, now, limit).await
    }

    /// Takes a batch to have it sent; it is due again in a while, should that not come to an end. `None` if somebody else
    /// was faster.
    pub async fn take_batch(&self, due: &DueItem, now: Timestamp) -> Result<Option<NotifyWork>, StoreError> {
        let taken = self.take_item(due, now + LONGEST_DELAY).await?;
        let batch: Option<Batch> = taken.map(item::decode).transpose()?;
        Ok(batch.map(|batch| NotifyWork::Due {
            operator: batch.operator,
            conversation_id: batch.conversation_id,
        }))
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::MessageId;
    use madoguchi_domain::notify::What;

    use super::*;

    #[test]
    fn ntf_1_the_work_is_read_as_it_was_written() {
        let id = "1809223c-a54e-5e9b-ae37-4058be706671";
        let happened = |what| Happened {
            channel_id: id.parse().unwrap(),
            conversation_id: id.parse().unwrap(),
            at: Timestamp::from_ms(1),
            what,
        };
        let somebody = || OperatorId("a".into());
        let message = MessageId::of_timeline(id.parse().unwrap(), "1");
        for work in [
            NotifyWork::Happened(happened(What::Said { message, noted_before: None })),
            NotifyWork::Happened(happened(What::Said { message, noted_before: Some(3) })),
            NotifyWork::Happened(happened(What::HandedOver)),
            NotifyWork::Happened(happened(What::Assigned { to: somebody(), by: None })),
            NotifyWork::Happened(happened(What::Assigned { to: somebody(), by: Some(somebody()) })),
            NotifyWork::Due { operator: somebody(), conversation_id: id.parse().unwrap() },
        ] {
            let body = serde_json::to_string(&work).unwrap();
            assert_eq!(serde_json::from_str::<NotifyWork>(&body).unwrap(), work, "{body}");
        }
    }
}
