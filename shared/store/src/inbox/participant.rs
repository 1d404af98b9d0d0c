//! The people of a group: an item each, read when they do something.

use aws_sdk_dynamodb::types::Put;
use madoguchi_domain::conversation::ProfileState;
use madoguchi_domain::{ConversationId, Participant};

use super::pending::{Work, portrait_position};
use super::{Inbox, conversation};
use crate::Saved;
use crate::access;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, reference_key, s};

/// Prefix of the people of a group.
const PREFIX: &str = "p#";

fn key(conversation: ConversationId, person: &str) -> Item {
    item::key(conversation::partition(conversation), format!("{PREFIX}{}", reference_key(person)))
}

/// The item as it is written: `rev` is one higher than the one that was read.
pub(super) fn encode(person: &Participant) -> Result<Item, StoreError> {
    let mut next = person.clone();
    next.rev += 1;
    let mut item = item::encode(key(next.conversation_id, &next.id), &next)?;
    if next.profile == ProfileState::Wanted {
        item.insert("pending_pk".into(), s(Work::Profile.partition(next.channel_id)));
        item.insert("pending_sk".into(), s(format!("{}#{}", next.conversation_id, next.id)));
        item.insert("pending_state".into(), s("profile"));
    } else if next.portrait.is_wanted() {
        item.insert("pending_pk".into(), s(Work::Media.partition(next.channel_id)));
        item.insert("pending_sk".into(), s(portrait_position(next.conversation_id, Some(&next.id))));
        item.insert("pending_state".into(), s("portrait"));
    }
    Ok(item)
}

/// The condition under which [`encode`]'s item may be written; with the revision that it names, if any.
pub(super) const fn unchanged(person: &Participant) -> (&'static str, Option<u64>) {
    match person.rev {
        0 => ("attribute_not_exists(pk)", None),
        rev => ("rev = :rev", Some(rev)),
    }
}

impl Inbox {
    /// Somebody in a group, as last written.
    pub async fn participant(
        &self,
        conversation: ConversationId,
        person: &str,
    ) -> Result<Option<Participant>, StoreError> {
        access::get(&self.client, &self.table, key(conversation, person)).await
    }

    /// Those of `people` who are known in a group. `surely` asks for what was written last; otherwise a moment may be
    /// missing, at half the price.
    pub async fn participants(
        &self,
        conversation: ConversationId,
        people: &[&str],
        surely: bool,
    ) -> Result<Vec<Participant>, StoreError> {
        let known = people.iter().map(async |person| {
            let key = key(conversation, person);
            if surely {
                access::get(&self.client, &self.table, key).await
            } else {
                access::get_replica(&self.client, &self.table, key).await
            }
        });
        let known = futures::future::try_join_all(known).await?;
        Ok(known.into_iter().flatten().collect())
    }

    /// The people of a group, at most `limit`.
    pub async fn group(
        &self,
        conversation: ConversationId,
        limit: usize,
    ) -> Result<Vec<Participant>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", s(conversation::partition(conversation)))
            .expression_attribute_values(":prefix", s(PREFIX))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| failed("Query", error))?;
        answer.items.unwrap_or_default().into_iter().map(item::decode).collect()
    }

    /// Stores what is known of somebody now, if nobody else wrote since it was read.
    pub async fn save_participant(&self, person: &Participant) -> Result<Saved, StoreError> {
        let (condition, rev) = unchanged(person);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(encode(person)?))
            .condition_expression(condition)
            .set_expression_attribute_values(rev.map(|rev| [(":rev".to_owned(), n(rev))].into()))
            .build()
            .map_err(|error| StoreError::Unavailable { operation: "PutItem", detail: error.to_string() })?;
        self.put_alone(put).await
    }
}
