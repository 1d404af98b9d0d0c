//! Work for `assign`, and what of it follows from committed writes.

use madoguchi_domain::assignment::{Duty, follows};
use madoguchi_domain::{ChannelId, ConversationId, OperatorId};
use serde::{Deserialize, Serialize};

use crate::Committed;
use crate::inbox::duty;
use crate::item::{Item, text};

/// A message of the queue `assignment`. One that comes again finds its work done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum AssignmentWork {
    /// This conversation waits for somebody.
    Waits {
        /// Its channel.
        channel_id: ChannelId,
        /// Which.
        conversation_id: ConversationId,
        /// Whether it was somebody's before: they may have it again whatever the channel's rule (ASG-13).
        #[serde(default)]
        was_somebodys: bool,
    },
    /// This conversation may not keep this operator busy any more.
    Freed {
        /// Whom.
        operator: OperatorId,
        /// Which.
        conversation_id: ConversationId,
    },
    /// Somebody may have room for what waits.
    Room,
    /// This operator may hold what is not theirs any more.
    LookAfter {
        /// Who.
        operator: OperatorId,
    },
}

impl AssignmentWork {
    /// What follows from the write that turned `old` into `new`.
    pub fn of(new: &serde_dynamo::Item, old: &serde_dynamo::Item) -> Vec<Self> {
        let read = |item: &serde_dynamo::Item| Item::from(item.clone());
        let key = if new.inner().is_empty() { old } else { new };
        if text(&read(key), "pk") == duty::PARTITION {
            return of_duty(&read(new), &read(old));
        }
        match Committed::of(new.clone(), old.clone()) {
            Some(Committed::Conversation { before, after }) => {
                let follows = follows(before.as_deref(), after.as_deref());
                let Some(conversation) = after.as_deref().or(before.as_deref()) else { return Vec::new() };
                let conversation_id = conversation.id;
                let freed = follows.freed.map(|operator| Self::Freed { operator, conversation_id });
                let waits = follows.waits.then(|| Self::Waits {
                    channel_id: conversation.channel_id,
                    conversation_id,
                    was_somebodys: conversation.previous_assignee.is_some(),
                });
                freed.into_iter().chain(waits).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Somebody was switched on, may have more than before, or may see less.
fn of_duty(new: &Item, old: &Item) -> Vec<AssignmentWork> {
    if new.is_empty() {
        return Vec::new();
    }
    let (after, before) = (duty::decode(new), duty::decode(old));
    let able = |duty: &Duty| (duty.available, duty.capacity);
    let mut work = Vec::new();
    if new.get(duty::LOOK_AT) != old.get(duty::LOOK_AT) {
        work.push(AssignmentWork::LookAfter { operator: after.operator.clone() });
    }
    if after.available && able(&before) != able(&after) {
        work.push(AssignmentWork::Room);
    }
    work
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use aws_sdk_dynamodb::types::AttributeValue;

    use super::*;
    use crate::item::{n, s};

    fn item(pairs: Vec<(&str, AttributeValue)>) -> serde_dynamo::Item {
        let mut item: HashMap<String, AttributeValue> =
            pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        item.insert("pk".to_owned(), s("duty"));
        item.insert("sk".to_owned(), s("a"));
        item.into()
    }

    #[test]
    fn asg_12_what_follows_from_what_somebody_is_on() {
        let none = || serde_dynamo::Item::from(HashMap::<String, AttributeValue>::new());
        let on = |more: Vec<(&'static str, AttributeValue)>| {
            item([vec![("available", AttributeValue::Bool(true))], more].concat())
        };
        let off = || item(vec![("available", AttributeValue::Bool(false))]);
        let look = AssignmentWork::LookAfter { operator: OperatorId("a".into()) };
        for (old, new, expected) in [
            (none(), on(vec![]), vec![AssignmentWork::Room]),
            (off(), on(vec![]), vec![AssignmentWork::Room]),
            (on(vec![]), on(vec![("given_at", n(1))]), vec![]),
            (on(vec![]), off(), vec![]),
            (on(vec![("capacity", n(1))]), on(vec![("capacity", n(2))]), vec![AssignmentWork::Room]),
            (off(), item(vec![("look_at", n(1))]), vec![look.clone()]),
            (on(vec![("look_at", n(1))]), on(vec![("look_at", n(2))]), vec![look]),
            (on(vec![]), none(), vec![]),
        ] {
            assert_eq!(AssignmentWork::of(&new, &old), expected, "{old:?} {new:?}");
        }
    }

    #[test]
    fn the_work_is_read_as_it_was_written() {
        let id: ConversationId = "1809223c-a54e-5e9b-ae37-4058be706671".parse().unwrap();
        let channel_id: ChannelId = "1809223c-a54e-5e9b-ae37-4058be706671".parse().unwrap();
        let operator = OperatorId("a".into());
        for work in [
            AssignmentWork::Waits { channel_id, conversation_id: id, was_somebodys: true },
            AssignmentWork::Freed { operator: operator.clone(), conversation_id: id },
            AssignmentWork::Room,
            AssignmentWork::LookAfter { operator },
        ] {
            let body = serde_json::to_string(&work).unwrap();
            assert_eq!(serde_json::from_str::<AssignmentWork>(&body).unwrap(), work);
        }
    }
}
