//! The end of making the index anew: what stands in it and belongs to nothing any more goes.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt as _;
use madoguchi_domain::search::SLOT;
use madoguchi_domain::{Conversation, ConversationId, Span};
use madoguchi_store::StoreError;
use madoguchi_store::search::Entry;

use super::{CONCURRENCY, Fault, Indexer, Task};

/// DynamoDB: the most items of one call.
const TOGETHER: usize = 100;

impl Indexer {
    /// Looks after a piece of the index; returns where the next one begins.
    pub(super) async fn sweep(&self, cursor: Option<&str>) -> Result<Option<String>, Fault> {
        let page = self.search.entries(cursor, self.piece).await?;
        let mut entries: BTreeMap<ConversationId, Vec<Entry>> = BTreeMap::new();
        for entry in page.entries {
            entries.entry(entry.conversation_id).or_default().push(entry);
        }
        let ids: Vec<ConversationId> = entries.keys().copied().collect();
        let mut there = BTreeSet::new();
        for ids in ids.chunks(TOGETHER) {
            let known = self.inbox.conversations(ids).await?;
            there.extend(known.iter().filter(|known| !known.is_erased()).map(|known| known.id));
        }
        let swept = futures::stream::iter(&entries)
            .map(async |(id, entries)| {
                if there.contains(id) {
                    self.sweep_slots(*id, entries).await
                } else {
                    self.sweep_gone(*id, entries).await
                }
            })
            .buffer_unordered(CONCURRENCY)
            .collect::<Vec<_>>();
        swept.await.into_iter().collect::<Result<(), _>>()?;
        Ok(page.next)
    }

    async fn sweep_gone(&self, id: ConversationId, entries: &[Entry]) -> Result<(), Fault> {
        // As last written: it may have begun a moment ago.
        match self.inbox.conversation(id).await {
            Ok(conversation) if conversation.as_ref().is_none_or(Conversation::is_erased) => {}
            // What cannot be read is there.
            Ok(_) | Err(StoreError::Unreadable { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        self.forget(id).await?;
        for entry in entries {
            self.search.remove_entry(entry).await?;
        }
        Ok(())
    }

    /// Leaves of which no message is left.
    async fn sweep_slots(&self, id: ConversationId, entries: &[Entry]) -> Result<(), Fault> {
        let slots: BTreeSet<_> = entries.iter().filter_map(|entry| entry.slot).collect();
        for slot in slots {
            let whole = (slot, slot + SLOT - Span::from_ms(1));
            if self.inbox.is_silent(id, whole).await? {
                self.slot(id, slot, &Task { changed: true, ..Task::default() }).await?;
            }
        }
        Ok(())
    }
}
