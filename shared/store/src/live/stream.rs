//! What a record of the Inbox table's stream is told as.

use madoguchi_domain::ChannelId;
use madoguchi_domain::live::{Change, ChangeKind};
use serde_dynamo::AttributeValue;

use crate::inbox::SORT_KEY;

/// What a conversation has that was deleted for ever, as it is spelled in the table, and one that stands in a list.
const ERASED: &str = "er";
const LISTED: &str = "inbox_pk";

/// The write of a conversation or of a message that a stream record tells of; `None` for every other write.
pub fn committed(
    keys: &serde_dynamo::Item,
    (old, new): (&serde_dynamo::Item, &serde_dynamo::Item),
) -> Option<Change> {
    let conversation_id = text(keys, "pk")?.strip_prefix("c#")?.parse().ok()?;
    let position = text(keys, "sk")?;
    let is_gone = new.inner().is_empty();
    // What is left of a conversation that was deleted for ever stands in no list.
    let has = |name: &str| new.inner().contains_key(name);
    let is_shell = position == SORT_KEY && has(ERASED) && !has(LISTED);
    let removed = is_gone || is_shell;
    let image = if is_gone { old } else { new };
    let (kind, id, version) = if position == SORT_KEY {
        (ChangeKind::Conversation, format!("{conversation_id}"), "version")
    } else {
        (ChangeKind::Message, position.strip_prefix("m#")?.to_owned(), "rev")
    };
    let channel_id = channel(image)?;
    let version = text(image, version)?.parse().ok()?;
    Some(Change { kind, id, conversation_id, channel_id, version, removed })
}

/// A message names its channel; a conversation in its place among the lists, or by initials.
fn channel(image: &serde_dynamo::Item) -> Option<ChannelId> {
    let named = text(image, "channel_id").or_else(|| text(image, "ch"));
    named.or_else(|| Some(text(image, LISTED)?.split_once('#')?.0))?.parse().ok()
}

fn text<'a>(item: &'a serde_dynamo::Item, name: &str) -> Option<&'a str> {
    match item.inner().get(name)? {
        AttributeValue::S(text) | AttributeValue::N(text) => Some(text),
        _ => None,
    }
}
