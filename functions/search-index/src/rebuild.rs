//! Makes the index anew, a megabyte of the Inbox table at a time, and of the index itself after that. Each step writes how far it has come, and the table's stream
//! leads from that write to the next step: the queue and its batching window set the pace.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use madoguchi_domain::search::{Leaf, slot};
use madoguchi_domain::{ConversationId, Message, Timestamp};
use madoguchi_store::inbox::Rebuild;

use super::{CONCURRENCY, Fault, Indexer, Task};

impl Indexer {
    /// One step, if `rev` is the latest write of how far it is.
    pub(super) async fn rebuild(&self, rev: u64) -> Result<(), Fault> {
        let Some(state) = self.inbox.rebuild().await? else { return Ok(()) };
        if state.rev != rev || state.finished_at.is_some() {
            return Ok(());
        }
        if state.sweeping {
            let cursor = self.sweep(state.cursor.as_deref()).await?;
            let finished_at = cursor.is_none().then(|| self.clock.now());
            return self.next(Rebuild { cursor, finished_at, ..state }).await;
        }
        let piece = self.inbox.piece(state.cursor.as_deref(), self.piece).await?;
        let read = piece.conversations.len() + piece.messages.len();
        let contacts = futures::stream::iter(&piece.conversations)
            .map(async |conversation| {
                if conversation.is_erased() {
                    self.forget(conversation.id).await
                } else {
                    self.contact(conversation.id).await
                }
            })
            .buffer_unordered(CONCURRENCY)
            .collect::<Vec<_>>();
        contacts.await.into_iter().collect::<Result<(), _>>()?;
        let slots = slots(&piece.messages);
        // What stands at an end of the piece may go on in another.
        let ends = [piece.messages.first(), piece.messages.last()];
        let ends = ends.map(|message| message.map(|message| (message.conversation_id, slot(message.key.at))));
        let made = futures::stream::iter(&slots)
            .map(|(place, messages)| {
                let whole = !ends.contains(&Some(*place));
                self.remake(*place, messages, whole)
            })
            .buffer_unordered(CONCURRENCY)
            .collect::<Vec<_>>();
        made.await.into_iter().collect::<Result<(), _>>()?;
        let read = state.read + u64::try_from(read).unwrap_or_default();
        self.next(Rebuild { sweeping: piece.next.is_none(), cursor: piece.next, read, ..state }).await
    }

    /// Writes how far it is.
    async fn next(&self, next: Rebuild) -> Result<(), Fault> {
        let next = Rebuild { at: self.clock.now(), ..next };
        // Whoever wrote in between goes on from there.
        let _saved_or_overtaken = self.inbox.save_rebuild(&next).await?;
        if next.finished_at.is_some() {
            tracing::info!(search.read = next.read, "Made the index of search anew");
        }
        Ok(())
    }

    async fn remake(
        &self,
        (id, slot): (ConversationId, Timestamp),
        messages: &[&Message],
        whole: bool,
    ) -> Result<(), Fault> {
        if whole {
            let next = Leaf::of_slot(messages.iter().copied());
            let leaves = self.search.leaves(id, slot).await?;
            let same = leaves.len() == next.len() && leaves.iter().zip(&next).all(|(a, b)| a.says(b));
            if same {
                return Ok(());
            }
            // Written only where nothing stands: what stands may know of a message that came after the piece was read.
            if leaves.is_empty()
                && self.search.replace_leaves(&[], &next).await? == madoguchi_store::Saved::Done
            {
                return Ok(());
            }
        }
        self.slot(id, slot, &Task { changed: true, ..Task::default() }).await
    }
}

/// Messages of one conversation and slot together.
fn slots(messages: &[Message]) -> BTreeMap<(ConversationId, Timestamp), Vec<&Message>> {
    let mut slots: BTreeMap<_, Vec<&Message>> = BTreeMap::new();
    for message in messages {
        slots.entry((message.conversation_id, slot(message.key.at))).or_default().push(message);
    }
    slots
}
