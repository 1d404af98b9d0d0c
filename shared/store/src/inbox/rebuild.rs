//! Making the index of search anew: how far that is, and everything that is read for it.

use madoguchi_domain::{Conversation, Message, Timestamp};
use serde::{Deserialize, Serialize};

use super::conversation::SORT_KEY;
use super::{Inbox, message, read_conversation};
use crate::directory::saved;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s, text};
use crate::{Saved, access};

const PARTITION: &str = "search";
const REBUILD: &str = "rebuild";

/// How far it is. The table's stream takes each write of this to the next step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rebuild {
    /// When it began.
    pub started_at: Timestamp,
    /// Who asked for it.
    pub started_by: String,
    /// Where the next step begins; `None` at the beginning and at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Everything was read; what stands in the index is looked after now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sweeping: bool,
    /// Messages and conversations read so far.
    pub read: u64,
    /// When it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// When this was written.
    pub at: Timestamp,
    /// Counts the writes; every write is conditional on it.
    pub rev: u64,
}

/// A piece of the table.
#[derive(Debug, Default)]
pub struct Piece {
    /// Conversations in it.
    pub conversations: Vec<Conversation>,
    /// Messages in it: those of one conversation stand together, oldest first.
    pub messages: Vec<Message>,
    /// Where the next piece begins; `None` after the last.
    pub next: Option<String>,
}

impl Inbox {
    /// How far the making of the index is, if anybody ever asked for it.
    pub async fn rebuild(&self) -> Result<Option<Rebuild>, StoreError> {
        access::get(&self.client, &self.table, item::key(PARTITION, REBUILD)).await
    }

    /// Writes how far it is, unless somebody wrote since it was read.
    pub async fn save_rebuild(&self, rebuild: &Rebuild) -> Result<Saved, StoreError> {
        let next = Rebuild { rev: rebuild.rev + 1, ..rebuild.clone() };
        let item = item::encode(item::key(PARTITION, REBUILD), &next)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = match rebuild.rev {
            0 => put.condition_expression("attribute_not_exists(pk)"),
            rev => put.condition_expression("rev = :rev").expression_attribute_values(":rev", n(rev)),
        };
        saved("PutItem", put.send().await)
    }

    /// The next megabyte of the table, which is 128 read units at half price, or the next `most` items of it.
    pub async fn piece(&self, cursor: Option<&str>, most: Option<usize>) -> Result<Piece, StoreError> {
        let start = cursor.and_then(|cursor| serde_json::from_str::<(String, String)>(cursor).ok());
        let answer = self
            .client
            .scan()
            .table_name(&self.table)
            .set_exclusive_start_key(start.map(|(pk, sk)| item::key(pk, sk)))
            .filter_expression("sk = :conversation OR begins_with(sk, :message)")
            .expression_attribute_values(":conversation", s(SORT_KEY))
            .expression_attribute_values(":message", s(message::PREFIX))
            .set_limit(most.map(|most| i32::try_from(most).unwrap_or(i32::MAX)))
            .send()
            .await
            .map_err(|error| failed("Scan", error))?;
        let next =
            answer.last_evaluated_key.map(|key| (text(&key, "pk").to_owned(), text(&key, "sk").to_owned()));
        let mut piece =
            Piece { next: next.and_then(|next| serde_json::to_string(&next).ok()), ..Piece::default() };
        for item in answer.items.unwrap_or_default() {
            if text(&item, "sk") == SORT_KEY {
                piece.conversations.extend(readable(read_conversation(item)));
            } else {
                piece.messages.extend(readable(item::decode(item)));
            }
        }
        Ok(piece)
    }
}

/// What was read; what cannot be is left out, so that nothing stops at it.
pub(super) fn readable<T>(read: Result<T, StoreError>) -> Option<T> {
    let tell = |error: &StoreError| {
        // What is wrong with it may quote it.
        if let StoreError::Unreadable { key, .. } = error {
            tracing::warn!(item.key = key, "An item cannot be read and is left out");
        }
    };
    read.inspect_err(tell).ok()
}

/// The write of a [`Rebuild`] that a stream record tells of, if there is a step to follow.
pub fn rebuild_step(new: &serde_dynamo::Item) -> Option<u64> {
    let item = Item::from(new.clone());
    if text(&item, "pk") != PARTITION || text(&item, "sk") != REBUILD || item.contains_key("finished_at") {
        return None;
    }
    item.get("rev")?.as_n().ok()?.parse().ok()
}
