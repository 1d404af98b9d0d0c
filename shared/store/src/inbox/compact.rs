//! How a conversation is spelled in the table. It is written with every message, and every kilobyte of it is a write unit:
//! attributes are named by initials, and what the keys say is not said again.

use madoguchi_domain::deadline::{Deadline, DeadlineKind};
use madoguchi_domain::{Conversation, Timestamp};

use super::list::{MINE, WINDOW};
use crate::error::StoreError;
use crate::item::{self, Item, n, s, text};

/// The field of [`Conversation`] that each attribute holds.
const NAMES: [(&str, &str); 37] = [
    ("ac", "activity_clock"),
    ("ag", "assignee"),
    ("bd", "bot_dealt"),
    ("bw", "bot_waits_since"),
    ("cc", "customer_clock"),
    ("ch", "channel_id"),
    ("ck", "channel_kind"),
    ("ct", "control"),
    ("dn", "done_through"),
    ("dp", "department"),
    ("dt", "delivered_through"),
    ("ep", "episode"),
    ("er", "erased_at"),
    ("es", "episode_started_at"),
    ("la", "last_answer_at"),
    ("lb", "labels"),
    ("lc", "last_customer_at"),
    ("ls", "last_activity_at"),
    ("lx", "last_closed_at"),
    ("md", "mode"),
    ("ms", "mode_since"),
    ("nt", "noted"),
    ("of", "offences"),
    ("ow", "owner"),
    ("pa", "previous_assignee"),
    ("pv", "preview"),
    ("rm", "reminded"),
    ("rt", "read_through"),
    ("sz", "snooze"),
    ("tf", "timers_from"),
    ("tk", "reply_token"),
    ("uh", "unassigned_by_hand"),
    ("un", "unread"),
    ("wd", "warned"),
    ("wg", "waiting"),
    ("wo", "window_opened_at"),
    ("wu", "waiting_until"),
];

/// `item` as [`item::encode`] made it from a conversation, with its keys.
pub(super) fn compact(mut item: Item) -> Item {
    for derived in ["id", "armed"] {
        item.remove(derived);
    }
    if item.contains_key("inbox_pk") {
        item.remove("channel_id");
        item.remove("sorted_at");
    }
    if item.contains_key(MINE) {
        item.remove("assignee");
    }
    if item.contains_key(WINDOW) {
        item.remove("window_opened_at");
    }
    for (short, long) in NAMES {
        if let Some(value) = item.remove(long) {
            item.insert(short.to_owned(), value);
        }
    }
    item
}

/// The conversation that `item` holds.
pub(crate) fn expand(mut item: Item) -> Result<Conversation, StoreError> {
    for (short, long) in NAMES {
        if let Some(value) = item.remove(short) {
            item.insert(long.to_owned(), value);
        }
    }
    let id = text(&item, "pk").strip_prefix("c#").unwrap_or_default().to_owned();
    item.insert("id".to_owned(), s(id));
    if let Some((channel, _)) = text(&item, "inbox_pk").split_once('#') {
        let channel = s(channel);
        item.insert("channel_id".to_owned(), channel);
    }
    let position = text(&item, "inbox_sk").split_once('-').and_then(|(at, _)| at.parse::<i64>().ok());
    if let Some(sorted_at) = position {
        item.insert("sorted_at".to_owned(), n(sorted_at));
    }
    for (key, field) in [(MINE, "assignee"), (WINDOW, "window_opened_at")] {
        if let Some(value) = item.get(key).cloned() {
            item.insert(field.to_owned(), value);
        }
    }
    let armed = armed(&item);
    let mut conversation: Conversation = item::decode(item)?;
    conversation.armed = armed;
    Ok(conversation)
}

fn armed(item: &Item) -> Option<Deadline> {
    let (kind, _) = text(item, "deadline_pk").split_once('#')?;
    let kind = DeadlineKind::ALL.into_iter().find(|known| known.as_str() == kind)?;
    let due_at = item.get("deadline_due")?.as_n().ok()?.parse().ok()?;
    Some(Deadline { kind, due_at: Timestamp::from_ms(due_at) })
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::block::Block;
    use madoguchi_domain::conversation::{
        CloseReason, Contact, Control, Following, Offences, ReplyToken, Status, ThreadOwner,
    };
    use madoguchi_domain::picture::Portrait;
    use madoguchi_domain::{ChannelId, ChannelKind, Party};

    use super::*;
    use crate::inbox::conversation::encode;

    fn stored(conversation: &Conversation) -> Conversation {
        let item = encode(conversation).unwrap();
        Conversation { version: conversation.version, ..expand(item).unwrap() }
    }

    #[test]
    fn a_conversation_is_read_as_it_was_written() {
        let channel = ChannelId::derive(ChannelKind::Line, "1");
        let new = Conversation::new(channel, ChannelKind::Line, Party::Group("G1".into()));
        assert_eq!(stored(&new), new);
        let at = |ms: i64| Some(Timestamp::from_ms(1_700_000_000_000 + ms));
        let full = Conversation {
            contact: Contact {
                name: Some("名前".into()),
                portrait: Portrait {
                    url: Some("https://example.test/p".into()),
                    since: at(1),
                    secret: Some("s".into()),
                },
                following: at(1).map(|at| Following { at, following: true }),
                unreachable_since: at(2),
                blocked: at(2).map(|since| Block { since, by: None, reason: "abuse".into() }),
                ..Contact::default()
            },
            status: at(3).map_or(Status::New, |at| Status::Closed { reason: CloseReason::Idle, at }),
            episode: 3,
            episode_started_at: at(4),
            last_closed_at: at(5),
            last_customer_at: at(6),
            last_answer_at: at(7),
            last_activity_at: at(8),
            customer_clock: at(9),
            activity_clock: at(10),
            window_opened_at: at(11),
            reminded: at(11),
            sorted_at: at(12),
            unread: 4,
            delivered_through: at(13),
            read_through: at(14),
            control: at(15).map(|at| Control { at, standby: true }),
            owner: at(15).map(|at| ThreadOwner { at, app: Some("7".into()) }),
            reply_token: at(16).map(|event_at| ReplyToken {
                event_at,
                received_at: event_at,
                token: "t".into(),
            }),
            offences: Some(Offences { episode: 3, count: 2 }),
            waiting_until: at(17),
            armed: at(18).map(|due_at| Deadline { kind: DeadlineKind::ReplyLimit, due_at }),
            version: 7,
            ..new
        };
        assert_eq!(stored(&full), full);
        let names = encode(&full).unwrap().into_keys().filter(|name| name.len() > 2).collect::<Vec<_>>();
        let told = ["contact", "deadline_due", "deadline_pk", "inbox_pk", "inbox_sk", "party"];
        let more = ["pending_pk", "pending_sk", "pending_state", "status", "version"];
        assert!(names.iter().all(|name| told.contains(&&**name) || more.contains(&&**name)), "{names:?}");
    }
}
