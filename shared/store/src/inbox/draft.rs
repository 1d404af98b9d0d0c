//! Drafts: one for each person and conversation, in the conversation's partition, and a pointer to it in the person's.

use aws_sdk_dynamodb::types::Put;
use madoguchi_domain::draft::{DRAFT_LIFE, Draft};
use madoguchi_domain::{ChannelId, Conversation, ConversationId, OperatorId, Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Inbox, conversation};
use crate::Saved;
use crate::access;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, reference_key, s};

/// Prefix of the drafts of a conversation.
const PREFIX: &str = "d#";
/// The first save of each day renews the pointer.
const POINTER_AGE: Span = Span::from_days(1);

/// Where a person has a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftPointer {
    /// In which conversation.
    pub conversation_id: ConversationId,
    /// Whose that is.
    pub channel_id: ChannelId,
}

/// A page of the places where a person has drafts.
#[derive(Debug)]
pub struct DraftPage {
    /// By conversation. What was thrown away or has expired may still be among them.
    pub places: Vec<DraftPointer>,
    /// Where the next page begins, if there may be one.
    pub next: Option<ConversationId>,
}

fn key(id: ConversationId, person: &OperatorId) -> Item {
    item::key(conversation::partition(id), format!("{PREFIX}{}", reference_key(&person.0)))
}

fn pointers(person: &OperatorId) -> String {
    format!("drafts#{}", reference_key(&person.0))
}

impl Inbox {
    /// What `person` has begun to write in a conversation, or what is left of it.
    pub async fn draft(&self, id: ConversationId, person: &OperatorId) -> Result<Option<Draft>, StoreError> {
        access::get(&self.client, &self.table, key(id, person)).await
    }

    /// Stores `next` in place of `stored`, unless somebody saved since that was read.
    pub async fn save_draft(
        &self,
        conversation: &Conversation,
        person: &OperatorId,
        stored: Option<&Draft>,
        next: &Draft,
    ) -> Result<Saved, StoreError> {
        let now = next.saved_at;
        // Before the draft: a place without one is harmless, a draft that no list shows is lost.
        if stored.is_none_or(|it| !it.is_alive(now) || is_old(it, now)) {
            self.point_at_draft(conversation, person, now).await?;
        }
        self.replace_draft(conversation.id, person, stored, next).await
    }

    /// The same without a place in the person's list: of what is thrown away.
    pub async fn replace_draft(
        &self,
        id: ConversationId,
        person: &OperatorId,
        stored: Option<&Draft>,
        next: &Draft,
    ) -> Result<Saved, StoreError> {
        let mut item = item::encode(key(id, person), next)?;
        item.insert("expires_at".into(), n(next.expires_at().as_ms() / 1000));
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = match stored {
            None => put.condition_expression("attribute_not_exists(pk)"),
            // The table may have forgotten it meanwhile.
            Some(stored) => put
                .condition_expression("attribute_not_exists(pk) OR rev = :rev")
                .expression_attribute_values(":rev", n(stored.rev)),
        };
        let put = put
            .build()
            .map_err(|error| StoreError::Unavailable { operation: "PutItem", detail: error.to_string() })?;
        self.put_alone(put).await
    }

    async fn point_at_draft(
        &self,
        conversation: &Conversation,
        person: &OperatorId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let place = DraftPointer { conversation_id: conversation.id, channel_id: conversation.channel_id };
        let mut item = item::encode(item::key(pointers(person), conversation.id.to_string()), &place)?;
        item.insert("expires_at".into(), n((now + DRAFT_LIFE + POINTER_AGE).as_ms() / 1000));
        access::put(&self.client, &self.table, item).await
    }

    /// Where `person` has drafts, after the conversation `after`.
    pub async fn drafts(
        &self,
        person: &OperatorId,
        after: Option<ConversationId>,
        limit: usize,
    ) -> Result<DraftPage, StoreError> {
        let after = after.map(|after| after.to_string()).unwrap_or_default();
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk > :after")
            .expression_attribute_values(":pk", s(pointers(person)))
            // No sort key is empty, and none begins with a blank.
            .expression_attribute_values(":after", s(if after.is_empty() { " ".to_owned() } else { after }))
            .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| failed("Query", error))?;
        let mut places: Vec<DraftPointer> =
            answer.items.unwrap_or_default().into_iter().map(item::decode).collect::<Result<_, _>>()?;
        let more = places.len() > limit;
        places.truncate(limit);
        let next = places.last().filter(|_| more).map(|place| place.conversation_id);
        Ok(DraftPage { places, next })
    }
}

fn is_old(draft: &Draft, now: Timestamp) -> bool {
    let day = |at: Timestamp| at.as_ms() / POINTER_AGE.as_ms();
    day(draft.saved_at) != day(now)
}
