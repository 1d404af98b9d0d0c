//! Lists of conversations, newest first, over any number of channels and sections.

use std::collections::HashSet;

use madoguchi_domain::{ChannelId, Conversation, ConversationId, Section, Timestamp};

use super::Inbox;
use crate::error::{StoreError, failed};
use crate::item::{Item, s, text};

pub(super) fn list_partition(channel: ChannelId, section: Section) -> String {
    format!("{channel}#{}", section.as_str())
}

pub(super) fn list_position(sorted_at: Timestamp, conversation: ConversationId) -> String {
    format!("{:013}-{conversation}", sorted_at.as_ms().max(0))
}

/// A page of a list.
#[derive(Debug)]
pub struct ListPage {
    /// Newest first.
    pub conversations: Vec<Conversation>,
    /// Where the next page begins, if there may be one.
    pub next: Option<String>,
}

impl Inbox {
    /// The newest conversations of `sections` in `channels`, after the position `before`. Each
    /// partition is asked for one page, so the cost depends on the page and not on the list.
    pub async fn list(
        &self,
        channels: &[ChannelId],
        sections: &[Section],
        before: Option<&str>,
        limit: usize,
    ) -> Result<ListPage, StoreError> {
        let partitions = channels
            .iter()
            .flat_map(|channel| sections.iter().map(|section| list_partition(*channel, *section)));
        let pages = partitions.map(|partition| self.positions(partition, before, limit));
        let mut positions: Vec<String> =
            futures::future::try_join_all(pages).await?.into_iter().flatten().collect();
        positions.sort_unstable_by(|a, b| b.cmp(a));
        // A conversation that moves between two of the queries can stand in both, at different places.
        let mut seen = HashSet::new();
        positions.retain(|position| seen.insert(position.get(14..).map(str::to_owned)));
        let more = positions.len() > limit;
        positions.truncate(limit);
        let next = more.then(|| positions.last().cloned()).flatten();
        let ids: Vec<ConversationId> =
            positions.iter().filter_map(|position| position.get(14..)?.parse().ok()).collect();
        Ok(ListPage { conversations: self.conversations(&ids).await?, next })
    }

    /// Every conversation of one partition, page by page: what a changed setting must reach.
    pub async fn open_conversations(
        &self,
        channel: ChannelId,
        section: Section,
        before: Option<&str>,
    ) -> Result<ListPage, StoreError> {
        self.list(&[channel], &[section], before, 100).await
    }

    async fn positions(
        &self,
        partition: String,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("inbox")
            .expression_attribute_values(":pk", s(partition))
            .scan_index_forward(false)
            // One more than asked for tells whether there is a next page.
            .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX));
        query = match before {
            Some(before) => query
                .key_condition_expression("inbox_pk = :pk AND inbox_sk < :before")
                .expression_attribute_values(":before", s(before)),
            None => query.key_condition_expression("inbox_pk = :pk"),
        };
        let answer = query.send().await.map_err(|error| failed("Query", error))?;
        Ok(answer
            .items
            .unwrap_or_default()
            .iter()
            .map(|item: &Item| text(item, "inbox_sk").to_owned())
            .collect())
    }
}
