//! Finds messages by the leaves of the index, newest first.
//!
//! Leaves are read from the latest slot on, in pages of 1 MB; those that may have what is searched for are looked through, the
//! latest first. A message is a result once nothing that was not looked at can be newer.

use std::collections::{BTreeMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use futures::future::try_join_all;
use madoguchi_domain::search::{Grams, Leaf, Query, SLOT, slot, wanted};
use madoguchi_domain::{ChannelId, ConversationId, Message, MessageId, MessageKey, Span, Timestamp};
use madoguchi_store::search::{LeafCursor, LeafPage};
use madoguchi_store::{Inbox, Search};
use serde::{Deserialize, Serialize};

use super::result::FoundView;
use crate::ApiError;

/// How many chats are looked through at the same time.
const AT_ONCE: usize = 8;
/// So many messages are one look.
const ONE_LOOK: usize = 100;
/// How much of what was found goes along with a place at which many chats were under way.
const MOST_KEPT: usize = 25;

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
    /// Chats whose messages of one slot are looked through, some 3 RRU each; of more than a hundred messages, hundreds of them.
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
    /// What is known of it already.
    pub(super) among: Option<&'a Among>,
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
    pub(super) next: Option<Place>,
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) before: MessageKey,
    pub(super) among: Option<Among>,
}

/// What is known of a place at which more chats were under way than one page may look through: any of them can have what
/// stands right before it, so nothing is a result until all were looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Among {
    /// Those from here on were.
    done: ConversationId,
    /// The newest of what they have.
    found: Vec<(ConversationId, MessageKey)>,
    /// They have more, which stands before this.
    floor: Option<MessageKey>,
}

impl From<MessageKey> for Place {
    fn from(before: MessageKey) -> Self {
        Self { before, among: None }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.among {
            None => self.before.fmt(f),
            Some(_) => f.write_str(&BASE64.encode(serde_json::to_vec(self).unwrap_or_default())),
        }
    }
}

impl std::str::FromStr for Place {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        if let Ok(before) = text.parse::<MessageKey>() {
            return Ok(before.into());
        }
        let bytes = BASE64.decode(text).map_err(drop)?;
        let place: Self = serde_json::from_slice(&bytes).map_err(drop)?;
        let fits = place.among.as_ref().is_none_or(|among| among.found.len() <= MOST_KEPT);
        fits.then_some(place).ok_or(())
    }
}

/// One run of the index.
#[derive(Debug)]
struct Run {
    within: Within,
    cursor: Option<LeafCursor>,
    /// All that was not read of it stands before this; `None` once all of it was.
    unread: Option<MessageKey>,
}

/// The chats that may have it, by what of a slot was not looked at: all stands before the place, and was said no earlier than
/// the time. The latest are the last.
type Candidates = BTreeMap<(MessageKey, ConversationId, Timestamp), Timestamp>;

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
    if hunt.from > hunt.before.at {
        return Ok(Found::default());
    }
    let wanted = wanted(hunt.query);
    let latest = behind(slot(hunt.before.at) + SLOT);
    let mut runs: Vec<Run> =
        runs.into_iter().map(|within| Run { within, cursor: None, unread: Some(latest) }).collect();
    let mut candidates = Candidates::new();
    let mut matches = known(inbox, hunt).await?;
    let floor = hunt.among.and_then(|among| among.floor);
    let mut found = Found::default();
    let mut left = hunt.budget;
    let mut done = hunt.among.map(|among| among.done);
    loop {
        let unread = runs.iter().filter_map(|run| run.unread).max();
        let unseen = candidates.last_key_value().map(|((before, ..), _)| *before);
        // Nothing that was not looked at is later.
        let open = unread.max(unseen).max(floor);
        while matches.last_key_value().is_some_and(|(key, _)| open.is_none_or(|open| *key >= open)) {
            let Some((key, result)) = matches.pop_last() else { break };
            found.results.push(result);
            if found.results.len() == hunt.limit {
                let all = open.is_none() && matches.is_empty();
                found.next = (!all).then_some(key.into());
                return Ok(found);
            }
        }
        let Some(open) = open else { return Ok(found) };
        let is_spent = left.read == 0 || left.looks == 0;
        if Some(open) == floor || is_spent && open < hunt.before {
            found.next = Some(open.into());
            return Ok(found);
        }
        if let Some(done) = done.filter(|_| left.looks == 0 && unseen >= unread) {
            found.next = Some(Place { before: hunt.before, among: Some(Among::of(done, &matches, floor)) });
            return Ok(found);
        }
        if unseen >= unread {
            let mut batch = Vec::new();
            while batch.len() < AT_ONCE {
                let Some(next) = candidates.last_entry().filter(|next| Some(next.key().0) >= unread) else {
                    break;
                };
                batch.push(next.remove_entry());
            }
            done = batch.last().map(|((_, id, _), _)| *id);
            let looks = batch.iter().map(|((before, id, _), first)| {
                inbox.messages_between(*id, (*first, through(*before)), false)
            });
            for messages in try_join_all(looks).await? {
                left.looks = left.looks.saturating_sub(messages.len().div_ceil(ONE_LOOK).max(1));
                matches.extend(results(&messages, hunt));
            }
        } else {
            let due = runs.iter_mut().filter(|run| run.unread == unread).take(AT_ONCE);
            let pages = due.map(async |run| {
                let page = run.next(search, (hunt.from, hunt.before.at)).await?;
                let end = page.leaves.last().map(|leaf| behind(leaf.slot + SLOT - Span::from_ms(1)));
                run.unread = page.next.as_ref().and(end.or(run.unread));
                run.cursor = page.next;
                Ok::<_, ApiError>(page.leaves)
            });
            for leaves in try_join_all(pages).await? {
                left.read = left.read.saturating_sub(leaves.len());
                let leaves = leaves.into_iter().filter(|leaf| may_have(leaf, hunt, &wanted));
                together(&mut candidates, leaves, hunt);
            }
        }
    }
}

impl Among {
    fn of(
        done: ConversationId,
        matches: &BTreeMap<MessageKey, FoundView>,
        floor: Option<MessageKey>,
    ) -> Self {
        let found: Vec<_> =
            matches.iter().rev().take(MOST_KEPT).map(|(key, it)| (it.conversation(), *key)).collect();
        let least = found.last().filter(|_| matches.len() > found.len()).map(|(_, key)| *key);
        Self { done, floor: floor.max(least), found }
    }
}

/// What was found on the pages before, as it is by now.
async fn known(inbox: &Inbox, hunt: &Hunt<'_>) -> Result<BTreeMap<MessageKey, FoundView>, ApiError> {
    let Some(among) = hunt.among.filter(|among| !among.found.is_empty()) else { return Ok(BTreeMap::new()) };
    let messages = inbox.messages_of(&among.found).await?;
    Ok(results(&messages, hunt).collect())
}

/// Adds chats to those that may have it. Those whose every leaf of a slot may are looked through once.
fn together(candidates: &mut Candidates, leaves: impl Iterator<Item = Leaf>, hunt: &Hunt<'_>) {
    let mut slots: BTreeMap<(ConversationId, Timestamp), (Timestamp, Timestamp)> = BTreeMap::new();
    for leaf in leaves {
        let span = slots.entry((leaf.conversation_id, leaf.slot)).or_insert((leaf.first, leaf.last));
        *span = (span.0.min(leaf.first), span.1.max(leaf.last));
    }
    for ((id, slot), (first, last)) in slots {
        let before = behind(last).min(hunt.before);
        let is_done = hunt.among.is_some_and(|among| before == hunt.before && id >= among.done);
        let first = first.max(hunt.from);
        if !is_done && first <= through(before) {
            candidates
                .entry((before, id, slot))
                .and_modify(|known| *known = first.min(*known))
                .or_insert(first);
        }
    }
}

/// When what stands before `place` can have been said.
fn through(place: MessageKey) -> Timestamp {
    if place.id == MessageId::FIRST { place.at - Span::from_ms(1) } else { place.at }
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

    #[test]
    fn src_4_a_place_is_read_as_it_was_written() {
        let id: MessageId = "1809223c-a54e-5e9b-ae37-4058be706671".parse().unwrap();
        let done: ConversationId = "1809223c-a54e-5e9b-ae37-4058be706672".parse().unwrap();
        let key = MessageKey { at: Timestamp::from_ms(1_700_000_000_000), id };
        let among = |count| Some(Among { done, found: vec![(done, key); count], floor: Some(key) });
        for place in [Place::from(key), Place { before: key, among: among(MOST_KEPT) }] {
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        assert_eq!(Place::from(key).to_string(), key.to_string());
        let longer = Place { before: key, among: among(MOST_KEPT + 1) };
        assert_eq!(longer.to_string().parse::<Place>(), Err(()));
    }
}
