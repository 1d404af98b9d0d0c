//! Live updates (CON-5, CON-9): what clients that are connected are told, and who is looking at which conversation.
//!
//! A client is told that something changed, with its version, and fetches it if it shows it. It may be told twice, late or
//! out of order: it keeps what has the higher version ([`is_news`]).

mod change;
mod pace;
mod presence;
mod resume;

pub use change::{Change, ChangeKind, Numbered, coalesced, is_news};
pub use pace::{MESSAGES_PER_WINDOW, PACE_WINDOW, Pace};
pub use presence::{Present, TYPING_LASTS, VIEWING_LASTS, Viewer, present};
pub use resume::{LOG_KEPT, MOST_MISSED, OVERLAP, Resume, is_out_of_reach, resume};

use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::ids::{ConversationId, OperatorId};
use crate::membership;
use crate::person::Person;
use crate::role::Role;
use crate::time::{Span, Timestamp};

/// How long a ticket opens a connection.
pub const TICKET_LASTS: Span = Span::from_secs(30);
/// API Gateway: a WebSocket connection lasts at most two hours.
pub const CONNECTION_LASTS: Span = Span::from_hours(2);
/// The most connections of one person: a window each, and some that died without a word.
pub const MOST_CONNECTIONS: usize = 25;
/// The longest message that a client may send. API Gateway takes 128 KB; what clients say has less than 200 bytes.
pub const LONGEST_MESSAGE_BYTES: usize = 1024;

/// Opens one connection, once: browsers can send no token with a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// For whom.
    pub person: OperatorId,
    /// What colleagues call them.
    pub name: String,
    /// Their role, by the token that the ticket was asked for with.
    pub role: Role,
    /// Until when it opens something.
    pub ends_at: Timestamp,
    /// When that token ends, where it tells: the connection ends with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_ends_at: Option<Timestamp>,
}

/// A client that is, or was, connected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// As API Gateway names it.
    pub id: String,
    /// Whose.
    pub person: OperatorId,
    /// What colleagues call them.
    pub name: String,
    /// Their role when they connected.
    pub role: Role,
    /// Since when.
    pub connected_at: Timestamp,
    /// When it ends at the latest.
    pub ends_at: Timestamp,
    /// When it was found to be closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// The conversation that it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viewing: Option<ConversationId>,
    /// How much it says.
    #[serde(default)]
    pub pace: Pace,
}

impl Connection {
    /// The connection `id` that `ticket` opens at `now`.
    pub fn open(id: String, ticket: Ticket, now: Timestamp) -> Self {
        let longest = now + CONNECTION_LASTS;
        Self {
            id,
            person: ticket.person,
            name: ticket.name,
            role: ticket.role,
            connected_at: now,
            ends_at: ticket.token_ends_at.map_or(longest, |end| end.min(longest)),
            closed_at: None,
            viewing: None,
            pace: Pace::default(),
        }
    }

    /// Whether it is told of anything. One that died without a word is open until somebody tries to tell it.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.closed_at.is_none() && now < self.ends_at
    }

    /// Until when its client may come back and be told what it missed. While there is one such, changes are logged.
    pub fn may_resume_until(&self) -> Timestamp {
        self.closed_at.map_or(self.ends_at, |closed| closed.min(self.ends_at)) + LOG_KEPT
    }
}

/// Whether a connection is told of what happens on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hearing {
    /// It is.
    Yes,
    /// Its person may not see the channel.
    No,
    /// Its person was removed: it ends.
    Ended,
}

/// Whether somebody who connected with `role`, of whom `person` is known by now, is told of `channel`: whoever may see it,
/// with the lesser of the two roles. What a channel left behind that is gone stays readable, as by the API.
pub fn hearing(role: Role, channel: Option<&Channel>, person: Option<&Person>) -> Hearing {
    if person.is_some_and(|person| person.removed_at.is_some()) {
        return Hearing::Ended;
    }
    let role = person.map_or(role, |person| person.role.min(role));
    if channel.is_none_or(|channel| membership::may_see(role, channel, person)) {
        Hearing::Yes
    } else {
        Hearing::No
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::{ChannelKind, OperatorAccess};
    use crate::ids::ConnectionId;
    use crate::membership::Ask;
    use crate::person::Seen;

    const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    fn ticket(token_ends_at: Option<Timestamp>) -> Ticket {
        let person = OperatorId("p".into());
        Ticket { person, name: "山田".into(), role: Role::Operator, ends_at: NOW, token_ends_at }
    }

    #[test]
    fn con_5_a_connection_ends_with_its_token_and_after_two_hours() {
        let hour = Span::from_hours(1);
        for (token_ends_at, ends_at) in [
            (None, NOW + CONNECTION_LASTS),
            (Some(NOW + hour), NOW + hour),
            (Some(NOW + Span::from_days(1)), NOW + CONNECTION_LASTS),
        ] {
            let mut connection = Connection::open("c".into(), ticket(token_ends_at), NOW);
            assert_eq!(connection.ends_at, ends_at);
            assert!(connection.is_open(NOW) && connection.is_open(ends_at - Span::from_ms(1)));
            assert!(!connection.is_open(ends_at));
            assert_eq!(connection.may_resume_until(), ends_at + LOG_KEPT);
            connection.closed_at = Some(NOW + Span::from_secs(1));
            assert!(!connection.is_open(NOW));
            assert_eq!(connection.may_resume_until(), NOW + Span::from_secs(1) + LOG_KEPT);
        }
    }

    #[test]
    fn con_5_whoever_may_see_a_channel_is_told_of_it_and_nobody_else() {
        let connection = ConnectionId::derive(ChannelKind::Line, "1");
        let open = Channel::new(ChannelKind::Line, "n", "1", connection, NOW);
        let mut closed = open.clone();
        closed.settings.operators = OperatorAccess::Associated;
        let person = |role, member: bool, removed: bool| {
            let seen = Seen { name: "n".into(), account: None, role, signed_in_at: None };
            let mut person = Person::new(OperatorId("p".into()), &seen, NOW);
            if member {
                person.associate(closed.id, Ask::Nothing, NOW);
            }
            if removed {
                person.remove(NOW);
            }
            person
        };
        let (operator, administrator) = (Role::Operator, Role::Administrator);
        // Role at the connect; channel; what is known of the person by now; what follows.
        let table = [
            (operator, Some(&open), None, Hearing::Yes),
            (operator, Some(&closed), None, Hearing::No),
            (operator, None, None, Hearing::Yes),
            (operator, Some(&closed), Some(person(operator, false, false)), Hearing::No),
            (operator, Some(&closed), Some(person(operator, true, false)), Hearing::Yes),
            (operator, Some(&open), Some(person(operator, true, true)), Hearing::Ended),
            (operator, None, Some(person(operator, true, true)), Hearing::Ended),
            (administrator, Some(&closed), None, Hearing::Yes),
            (administrator, Some(&closed), Some(person(administrator, false, false)), Hearing::Yes),
            // Became an operator, or an administrator, meanwhile.
            (administrator, Some(&closed), Some(person(operator, false, false)), Hearing::No),
            (operator, Some(&closed), Some(person(administrator, false, false)), Hearing::No),
        ];
        for (role, channel, person, expected) in table {
            assert_eq!(hearing(role, channel, person.as_ref()), expected, "{role} {person:?}");
        }
    }
}
