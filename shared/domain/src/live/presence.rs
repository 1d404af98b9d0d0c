//! Who is looking at a conversation, and who is writing there (CON-5). Each connection says so for itself and says it again
//! while it lasts; what is not said again is over, so that nobody stays behind who lost the network.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::OperatorId;
use crate::role::Role;
use crate::time::{Span, Timestamp};

/// How long somebody counts as looking at a conversation. Clients say it again every half of it.
pub const VIEWING_LASTS: Span = Span::from_secs(60);
/// How long somebody counts as writing. Clients say it again while keys are pressed, at most every half of it.
pub const TYPING_LASTS: Span = Span::from_secs(10);

/// One connection that shows a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// The connection.
    pub connection: String,
    /// Whose it is.
    pub person: OperatorId,
    /// What colleagues call them.
    pub name: String,
    /// Their role when they connected.
    pub role: Role,
    /// Until when it counts.
    pub viewing_until: Timestamp,
    /// Until when they count as writing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typing_until: Option<Timestamp>,
}

/// One person who is looking at a conversation, on however many screens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Present {
    /// Who.
    pub person: OperatorId,
    /// What colleagues call them.
    pub name: String,
    /// Until when, unless they say it again.
    pub until: Timestamp,
    /// Until when they count as writing; `None` if they are not.
    pub typing_until: Option<Timestamp>,
}

/// Who is there at `now`, each person once, in the order of their ids.
pub fn present<'a>(viewers: impl IntoIterator<Item = &'a Viewer>, now: Timestamp) -> Vec<Present> {
    let mut people: BTreeMap<&str, Present> = BTreeMap::new();
    for viewer in viewers {
        if viewer.viewing_until <= now {
            continue;
        }
        let typing_until = viewer.typing_until.filter(|until| *until > now);
        let person = people.entry(&viewer.person.0).or_insert_with(|| Present {
            person: viewer.person.clone(),
            name: viewer.name.clone(),
            until: viewer.viewing_until,
            typing_until,
        });
        person.until = person.until.max(viewer.viewing_until);
        person.typing_until = person.typing_until.max(typing_until);
    }
    people.into_values().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    fn viewer(person: u8, viewing_s: i64, typing_s: Option<i64>) -> Viewer {
        Viewer {
            connection: format!("c-{person}-{viewing_s}"),
            person: OperatorId(format!("p{person}")),
            name: format!("n{person}"),
            role: Role::Operator,
            viewing_until: NOW + Span::from_secs(viewing_s),
            typing_until: typing_s.map(|s| NOW + Span::from_secs(s)),
        }
    }

    #[test]
    fn con_5_people_are_there_once_and_until_they_say_no_more() {
        let viewers =
            [viewer(2, 60, None), viewer(1, 30, Some(5)), viewer(1, 40, None), viewer(3, 0, Some(5))];
        let told = present(&viewers, NOW);
        let who: Vec<(&str, bool)> =
            told.iter().map(|one| (&*one.person.0, one.typing_until.is_some())).collect();
        assert_eq!(who, [("p1", true), ("p2", false)]);
        assert_eq!(told[0].until, NOW + Span::from_secs(40), "the screen that lasts longest");
        let later = present(&viewers, NOW + Span::from_secs(5));
        assert!(later.iter().all(|one| one.typing_until.is_none()), "writing ends by itself");
        assert_eq!(present(&viewers, NOW + Span::from_secs(40)).len(), 1);
        assert!(present(&viewers, NOW + VIEWING_LASTS).is_empty());
    }

    proptest! {
        #[test]
        fn con_5_nobody_stays_behind_and_the_order_does_not_matter(
            told in prop::collection::vec((0..4_u8, -5..60_i64, prop::option::of(-5..10_i64)), 0..20),
            after_s in 0..70_i64,
        ) {
            let mut viewers: Vec<Viewer> = told.into_iter().map(|(p, v, t)| viewer(p, v, t)).collect();
            let now = NOW + Span::from_secs(after_s);
            let people = present(&viewers, now);
            for one in &people {
                prop_assert!(one.until > now && one.typing_until.is_none_or(|until| until > now));
                prop_assert!(viewers.iter().any(|of| of.person == one.person && of.viewing_until == one.until));
            }
            prop_assert!(people.windows(2).all(|two| two[0].person.0 < two[1].person.0));
            viewers.reverse();
            prop_assert_eq!(present(&viewers, now), people);
        }
    }
}
