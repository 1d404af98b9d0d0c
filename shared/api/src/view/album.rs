//! Messages that were sent as one are shown as one.

use std::collections::{HashMap, HashSet};

use madoguchi_domain::event::Album;
use madoguchi_domain::message::Body;
use madoguchi_domain::{Content, Message};

use super::MessageView;

/// The set that a message belongs to.
pub(crate) fn album(message: &Message) -> Option<&Album> {
    match &message.body {
        Body::Said { content: Content::Attachments { album, .. } } => album.as_ref(),
        _ => None,
    }
}

/// The sets of which parts are missing among `messages`, or may be.
pub(crate) fn incomplete(messages: &[Message]) -> HashSet<&str> {
    let mut parts: HashMap<&str, (usize, Option<u32>)> = HashMap::new();
    for album in messages.iter().filter_map(album) {
        let (count, total) = parts.entry(&album.id).or_default();
        *count += 1;
        *total = (*total).max(album.total);
    }
    let missing = |(count, total): (usize, Option<u32>)| total.is_none_or(|total| count < total as usize);
    parts.into_iter().filter(|(_, parts)| missing(*parts)).map(|(id, _)| id).collect()
}

/// The messages with each set in one place, that of its newest part, and its parts in their order.
pub(crate) fn grouped(messages: Vec<MessageView>) -> Vec<MessageView> {
    let mut shown: Vec<MessageView> = Vec::with_capacity(messages.len());
    let mut places: HashMap<(String, Option<String>), usize> = HashMap::new();
    for message in messages {
        let Some(album) = &message.album else {
            shown.push(message);
            continue;
        };
        if album.total == Some(1) {
            shown.push(message);
            continue;
        }
        let set = (album.id.clone(), message.participant.clone());
        if let Some(place) = places.get(&set) {
            shown[*place].take_in(message);
        } else {
            places.insert(set, shown.len());
            shown.push(MessageView::of_album(message));
        }
    }
    shown
}
