//! Contacts who are blocked: one item for each, which counts what was dropped of them since and stands in their channel's
//! list. Ordinary conversations have none.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use madoguchi_domain::block::Blocked;
use madoguchi_domain::{ChannelId, Conversation, ConversationId, Timestamp};

use super::Inbox;
use crate::access;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s, text};

fn partition(channel: ChannelId) -> String {
    format!("blocked#{channel}")
}

fn position(conversation: ConversationId, since: Timestamp) -> String {
    format!("{:013}-{conversation}", since.as_ms().max(0))
}

pub(super) fn key(contact: Blocked) -> Item {
    item::key(partition(contact.channel), position(contact.conversation, contact.since))
}

pub(super) fn encode(contact: Blocked) -> Item {
    let mut item = key(contact);
    item.insert("dropped".to_owned(), n(0));
    item
}

/// A page of blocked contacts.
#[derive(Debug)]
pub struct BlockedPage {
    /// Those who were blocked last first, with how many messages of theirs were dropped.
    pub contacts: Vec<(Conversation, u64)>,
    /// Where the next page begins, if there may be one.
    pub next: Option<String>,
}

impl Inbox {
    /// The blocked contacts of `channels`, after the position `before`. Each channel is asked for one page, so the cost
    /// depends on the page and not on the list.
    pub async fn blocked(
        &self,
        channels: &[ChannelId],
        before: Option<&str>,
        limit: usize,
    ) -> Result<BlockedPage, StoreError> {
        let pages = channels.iter().map(|channel| self.blocked_in(*channel, before, limit));
        let mut places: Vec<(String, u64)> =
            futures::future::try_join_all(pages).await?.into_iter().flatten().collect();
        places.sort_unstable_by(|a, b| b.cmp(a));
        let more = places.len() > limit;
        places.truncate(limit);
        let next = if more { places.last().map(|place| place.0.clone()) } else { None };
        let known: Vec<(ConversationId, u64)> = places
            .iter()
            .filter_map(|(place, dropped)| Some((place.get(14..)?.parse().ok()?, *dropped)))
            .collect();
        let ids: Vec<ConversationId> = known.iter().map(|(id, _)| *id).collect();
        let dropped = |id| known.iter().find(|known| known.0 == id).map_or(0, |known| known.1);
        let conversations = self.conversations(&ids).await?;
        let contacts =
            conversations.into_iter().map(|it| (dropped(it.id), it)).map(|(count, it)| (it, count));
        Ok(BlockedPage { contacts: contacts.collect(), next })
    }

    async fn blocked_in(
        &self,
        channel: ChannelId,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, u64)>, StoreError> {
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .expression_attribute_values(":pk", s(partition(channel)))
            .scan_index_forward(false)
            // One more than asked for tells whether there is a next page.
            .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX));
        query = match before {
            Some(before) => query
                .key_condition_expression("pk = :pk AND sk < :before")
                .expression_attribute_values(":before", s(before)),
            None => query.key_condition_expression("pk = :pk"),
        };
        let answer = query.send().await.map_err(|error| failed("Query", error))?;
        let items = answer.items.unwrap_or_default();
        Ok(items.iter().map(|item| (text(item, "sk").to_owned(), count(item))).collect())
    }

    /// How many messages were dropped of the contact since they were blocked. Up to a minute's may be missing.
    pub async fn dropped(&self, contact: Blocked) -> Result<u64, StoreError> {
        let item = access::item(&self.client, &self.table, key(contact)).await?;
        Ok(item.as_ref().map_or(0, count))
    }

    /// Adds `dropped` messages to those of the contact. Of one who was unblocked meanwhile nothing is counted.
    pub async fn add_dropped(&self, contact: Blocked, dropped: u64) -> Result<(), StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(contact)))
            .update_expression("ADD dropped :dropped")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":dropped", n(dropped))
            .send()
            .await;
        match answer {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(failed("UpdateItem", error)),
        }
    }
}

fn count(item: &Item) -> u64 {
    item.get("dropped").and_then(|count| count.as_n().ok()?.parse().ok()).unwrap_or_default()
}
