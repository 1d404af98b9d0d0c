//! The conversation item.

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use madoguchi_domain::conversation::{ProfileState, Section, facets};
use madoguchi_domain::{Conversation, ConversationId};

use super::Inbox;
use super::compact::{compact, expand};
use super::deadline::deadline_partition;
use super::list::{FACETS, MINE, WAITING, WINDOW, facets_text, list_partition, list_position, window_opened};
use super::pending::{Work, portrait_position};
use super::rebuild::readable;
use crate::access;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s};

pub(crate) const SORT_KEY: &str = "conversation";

pub(super) fn partition(conversation: ConversationId) -> String {
    format!("c#{conversation}")
}

pub(super) fn key(conversation: ConversationId) -> Item {
    item::key(partition(conversation), SORT_KEY)
}

/// The item as it is written: `version` is one higher than the one that was read.
pub(super) fn encode(conversation: &Conversation) -> Result<Item, StoreError> {
    let mut next = conversation.clone();
    next.version += 1;
    let mut item = item::encode(key(next.id), &next)?;
    if let Some(sorted_at) = next.sorted_at {
        item.insert("inbox_pk".into(), s(list_partition(next.channel_id, next.section())));
        item.insert("inbox_sk".into(), s(list_position(sorted_at, next.id)));
        item.insert(FACETS.into(), s(facets_text(&facets(&next))));
        if let Some(since) = next.waiting_since() {
            item.insert(WAITING.into(), n(since.as_ms()));
        }
        if let Some(opened_at) = window_opened(&next) {
            item.insert(WINDOW.into(), n(opened_at.as_ms()));
        }
        if let Some(assignee) = next.assignee.as_ref().filter(|_| next.section() == Section::Assigned) {
            item.insert(MINE.into(), s(&assignee.0));
        }
    }
    if let Some(armed) = next.armed {
        item.insert("deadline_pk".into(), s(deadline_partition(armed.kind, next.id)));
        item.insert("deadline_due".into(), n(armed.due_at.as_ms()));
    }
    if next.contact.profile == ProfileState::Wanted {
        item.insert("pending_pk".into(), s(Work::Profile.partition(next.channel_id)));
        item.insert("pending_sk".into(), s(next.id.to_string()));
        item.insert("pending_state".into(), s("profile"));
    } else if next.contact.portrait.is_wanted() {
        item.insert("pending_pk".into(), s(Work::Media.partition(next.channel_id)));
        item.insert("pending_sk".into(), s(portrait_position(next.id, None)));
        item.insert("pending_state".into(), s("portrait"));
    }
    Ok(compact(item))
}

/// The condition under which [`encode`]'s item may be written, with its values.
pub(super) fn unchanged(conversation: &Conversation) -> (&'static str, Option<(String, AttributeValue)>) {
    match conversation.version {
        0 => ("attribute_not_exists(pk)", None),
        version => ("version = :version", Some((":version".to_owned(), n(version)))),
    }
}

impl Inbox {
    /// The conversation as last written.
    pub async fn conversation(&self, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        access::item(&self.client, &self.table, key(id)).await?.map(expand).transpose()
    }

    /// Several conversations in the order of `ids`; those that are gone, or cannot be read, are left out. At
    /// most 100.
    pub async fn conversations(&self, ids: &[ConversationId]) -> Result<Vec<Conversation>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = Vec::with_capacity(ids.len());
        let keys: Vec<Item> = ids.iter().map(|id| key(*id)).collect();
        let mut request =
            Some(KeysAndAttributes::builder().set_keys(Some(keys)).build().map_err(|error| {
                StoreError::Unavailable { operation: "BatchGetItem", detail: error.to_string() }
            })?);
        while let Some(keys) = request {
            let answer = self
                .client
                .batch_get_item()
                .request_items(&self.table, keys)
                .send()
                .await
                .map_err(|error| failed("BatchGetItem", error))?;
            for item in answer.responses.unwrap_or_default().remove(&self.table).unwrap_or_default() {
                found.extend(readable(expand(item)));
            }
            request = answer.unprocessed_keys.unwrap_or_default().remove(&self.table);
        }
        found.sort_by_key(|conversation| ids.iter().position(|id| *id == conversation.id));
        Ok(found)
    }
}
