//! Finds messages by the leaves of the index, newest first.
//!
//! Leaves are read from the latest slot on, in pages of 1 MB; those that may have what is searched for are looked through, the
//! latest first. A message is a result once nothing that was not looked at can be newer.

use std::collections::{BTreeMap, BinaryHeap, HashSet};

use futures::future::try_join_all;
use madoguchi_domain::search::{Grams, Leaf, Query, SLOT, slot, wanted};
use madoguchi_domain::{ChannelId, ConversationId, Message, MessageId, MessageKey, Span, Timestamp};
use madoguchi_store::search::{LeafCursor, LeafPage};
use madoguchi_store::{Inbox, Search};

use super::result::FoundView;
use crate::ApiError;

/// How many leaves are looked through at the same time.
const AT_ONCE: usize = 8;

/// Where to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Within {
    /// In everything on a channel.
    Channel(ChannelId),
    /// In a conversation.
    Conversation(ConversationId),
}

/// How much one page may cost. What is not looked at by then is on the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    /// Leaves read, of up to 1 KB: 0.13 RRU each.
    pub(super) read: usize,
    /// Leaves whose messages are looked through: some 3 RRU each.
    pub(super) looks: usize,
}

/// What to look for.
#[derive(Debug)]
pub(super) struct Hunt<'a> {
    pub(super) query: &'a Query,
    /// No earlier than this.
    pub(super) from: Timestamp,
    /// Only what stands before this.
    pub(super) before: MessageKey,
    /// Only in these conversations; `None` = in all.
    pub(super) only: Option<&'a HashSet<ConversationId>>,
    pub(super) limit: usize,
    pub(super) budget: Budget,
}

/// A page of what was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Newest first.
    pub(super) results: Vec<FoundView>,
    /// Where the next page begins; `None` if everything was looked at.
    pub(super) next: Option<MessageKey>,
}

/// One run of the index.
#[derive(Debug)]
struct Run {
    within: Within,
    cursor: Option<LeafCursor>,
    /// Nothing that was not read of it is later; `None` once all of it was.
    unread: Option<Timestamp>,
}

/// A leaf that may have it. The latest comes out first.
#[derive(Debug)]
struct Candidate(Leaf);

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Candidate {}
impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |leaf: &Leaf| (leaf.last, leaf.conversation_id, leaf.slot, leaf.number);
        key(&self.0).cmp(&key(&other.0))
    }
}

/// The first place behind everything that was said until `at`.
pub(super) fn behind(at: Timestamp) -> MessageKey {
    MessageKey { at: at + Span::from_ms(1), id: MessageId::FIRST }
}

/// Looks through `runs`.
pub(super) async fn hunt(
    (inbox, search): (&Inbox, &Search),
    runs: impl IntoIterator<Item = Within>,
    hunt: &Hunt<'_>,
) -> Result<Found, ApiError> {
    let wanted = wanted(hunt.query);
    let latest = slot(hunt.before.at) + SLOT;
    let mut runs: Vec<Run> =
        runs.into_iter().map(|within| Run { within, cursor: None, unread: Some(latest) }).collect();
    let mut candidates: BinaryHeap<Candidate> = BinaryHeap::new();
    let mut matches: BTreeMap<MessageKey, FoundView> = BTreeMap::new();
    let mut found = Found::default();
    let mut left = hunt.budget;
    loop {
        let unread = runs.iter().filter_map(|run| run.unread).max();
        let unseen = candidates.peek().map(|candidate| candidate.0.last);
        let open = unread.max(unseen);
        while matches.last_key_value().is_some_and(|(key, _)| open.is_none_or(|open| key.at > open)) {
            let Some((key, result)) = matches.pop_last() else { break };
            found.results.push(result);
            if found.results.len() == hunt.limit {
                let all = open.is_none() && matches.is_empty();
                found.next = (!all).then_some(key);
                return Ok(found);
            }
        }
        let Some(open) = open else { return Ok(found) };
        // It is only worth a page if that goes on from somewhere else.
        if (left.read == 0 || left.looks == 0) && behind(open) < hunt.before {
            found.next = Some(behind(open));
            return Ok(found);
        }
        if unseen >= unread {
            let mut batch = Vec::new();
            while batch.len() < AT_ONCE && candidates.peek().is_some_and(|next| Some(next.0.last) >= unread) {
                batch.extend(candidates.pop());
            }
            left.looks = left.looks.saturating_sub(batch.len());
            let looks = batch.iter().map(|Candidate(leaf)| {
                inbox.messages_between(leaf.conversation_id, (leaf.first, leaf.last), false)
            });
            for messages in try_join_all(looks).await? {
                matches.extend(results(&messages, hunt));
            }
        } else {
            let due = runs.iter_mut().filter(|run| run.unread == unread).take(AT_ONCE);
            let pages = due.map(async |run| {
                let page = run.next(search, (hunt.from, hunt.before.at)).await?;
                let end = page.leaves.last().map(|leaf| leaf.slot + SLOT - Span::from_ms(1));
                run.unread = page.next.as_ref().and(end.or(run.unread));
                run.cursor = page.next;
                Ok::<_, ApiError>(page.leaves)
            });
            for leaves in try_join_all(pages).await? {
                left.read = left.read.saturating_sub(leaves.len());
                let leaves = leaves.into_iter().filter(|leaf| may_have(leaf, hunt, &wanted));
                candidates.extend(leaves.map(|leaf| candidate(leaf, hunt)));
            }
        }
    }
}

impl Run {
    async fn next(&mut self, search: &Search, span: (Timestamp, Timestamp)) -> Result<LeafPage, ApiError> {
        let cursor = self.cursor.take();
        let page = match self.within {
            Within::Channel(id) => search.leaves_of_channel(id, span, cursor).await?,
            Within::Conversation(id) => search.leaves_of_conversation(id, span, cursor).await?,
        };
        Ok(page)
    }
}

/// What of `leaf` is asked for.
fn candidate(leaf: Leaf, hunt: &Hunt<'_>) -> Candidate {
    let (first, last) = (leaf.first.max(hunt.from), leaf.last.min(hunt.before.at));
    Candidate(Leaf { first, last, ..leaf })
}

fn may_have(leaf: &Leaf, hunt: &Hunt<'_>, wanted: &Grams) -> bool {
    leaf.last >= hunt.from
        && leaf.first <= hunt.before.at
        && hunt.only.is_none_or(|only| only.contains(&leaf.conversation_id))
        && leaf.may_have(wanted)
}

/// What of `messages` is searched for.
pub(super) fn results<'a>(
    messages: &'a [Message],
    hunt: &'a Hunt<'_>,
) -> impl Iterator<Item = (MessageKey, FoundView)> + 'a {
    messages
        .iter()
        .filter(|message| message.key < hunt.before && message.key.at >= hunt.from)
        .filter_map(|message| Some((message.key, FoundView::new(message, hunt.query)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn src_3_the_place_behind_a_time_is_behind_all_that_was_said_then() {
        let at = Timestamp::from_ms(1_700_000_000_000);
        let said = MessageKey { at, id: "ffffffff-ffff-ffff-ffff-ffffffffffff".parse().unwrap() };
        let later = MessageKey {
            at: at + Span::from_ms(1),
            id: "00000000-0000-0000-0000-000000000001".parse().unwrap(),
        };
        assert!(said < behind(at) && behind(at) < later);
    }
}
