//! What a record of the Inbox table's stream is told as.

use madoguchi_domain::ChannelId;
use madoguchi_domain::live::{Change, ChangeKind};
use serde_dynamo::AttributeValue;

use crate::inbox::SORT_KEY;

/// The write of a conversation or of a message that a stream record tells of; `None` for every other write.
pub fn committed(
    keys: &serde_dynamo::Item,
    (old, new): (&serde_dynamo::Item, &serde_dynamo::Item),
) -> Option<Change> {
    let conversation_id = text(keys, "pk")?.strip_prefix("c#")?.parse().ok()?;
    let removed = new.inner().is_empty();
    let image = if removed { old } else { new };
    let position = text(keys, "sk")?;
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
    named.or_else(|| Some(text(image, "inbox_pk")?.split_once('#')?.0))?.parse().ok()
}

fn text<'a>(item: &'a serde_dynamo::Item, name: &str) -> Option<&'a str> {
    match item.inner().get(name)? {
        AttributeValue::S(text) | AttributeValue::N(text) => Some(text),
        _ => None,
    }
}
