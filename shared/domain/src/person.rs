//! People of the organisation (MEM-1). The identity provider says who they are; they are known here from their first
//! request on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, OperatorId};
use crate::membership::{Ask, Membership, MembershipState};
use crate::role::Role;
use crate::time::{Span, Timestamp};

/// How often it is written down that somebody was here.
pub const SEEN_EVERY: Span = Span::from_hours(24);

/// What is known of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Who, as the identity provider numbers them.
    pub id: OperatorId,
    /// What colleagues call them.
    pub name: String,
    /// What they sign in with, where the token tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Their role when they were last seen. What they may do is told by each request's own token.
    pub role: Role,
    /// When they came first.
    pub first_seen_at: Timestamp,
    /// When they were here last, to the day.
    pub last_seen_at: Timestamp,
    /// When an administrator removed them; their name stays for what refers to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Timestamp>,
    /// The channels that they are associated with (ASG-8).
    #[serde(default)]
    pub channels: BTreeMap<ChannelId, Membership>,
    /// Counts the writes; every change is conditional on it.
    #[serde(default)]
    pub rev: u64,
}

/// What a request tells of who makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// As [`Person::name`].
    pub name: String,
    /// As [`Person::account`].
    pub account: Option<String>,
    /// By the groups of the token.
    pub role: Role,
    /// When they signed in, where the token tells.
    pub signed_in_at: Option<Timestamp>,
}

impl Person {
    /// Somebody who came for the first time at `now`.
    pub fn new(id: OperatorId, seen: &Seen, now: Timestamp) -> Self {
        Self {
            id,
            name: seen.name.clone(),
            account: seen.account.clone(),
            role: seen.role,
            first_seen_at: now,
            last_seen_at: now,
            removed_at: None,
            channels: BTreeMap::new(),
            rev: 0,
        }
    }

    /// Takes note of a request; false if there is nothing to write down. Whoever was removed is back when they have
    /// signed in again, without the channels that they had.
    pub fn seen(&mut self, seen: &Seen, now: Timestamp) -> bool {
        if let Some(removed_at) = self.removed_at
            && seen.signed_in_at.is_some_and(|at| at <= removed_at)
        {
            return false;
        }
        let told = (&self.name, &self.account, self.role, self.removed_at);
        let same = told == (&seen.name, &seen.account, seen.role, None);
        if same && now.since(self.last_seen_at) < SEEN_EVERY {
            return false;
        }
        self.name.clone_from(&seen.name);
        self.account.clone_from(&seen.account);
        self.role = seen.role;
        self.last_seen_at = now;
        self.removed_at = None;
        true
    }

    /// Ends every association, and their place among the people; false if that was done before.
    pub fn remove(&mut self, now: Timestamp) -> bool {
        let here = self.removed_at.is_none();
        if here {
            self.removed_at = Some(now);
            self.channels.clear();
        }
        here
    }

    /// Associates them with a channel; false if they are already.
    pub fn associate(&mut self, channel: ChannelId, ask: Ask, now: Timestamp) -> bool {
        let fresh = !self.is_member(channel);
        if fresh {
            self.channels.insert(channel, Membership::new(ask, now));
        }
        fresh
    }

    /// Whether they are associated with a channel.
    pub fn is_member(&self, channel: ChannelId) -> bool {
        self.channels.contains_key(&channel)
    }

    /// Whether the provider of a channel must accept them and has not been asked yet.
    pub fn is_waiting(&self, channel: ChannelId) -> bool {
        self.channels.get(&channel).is_some_and(|of| of.state() == MembershipState::Waiting)
    }

    /// Whether a search for `text` finds them: by a part of name or account, whatever the case, by their id, or by
    /// that of a channel of theirs (MEM-8).
    pub fn matches(&self, text: &str) -> bool {
        let text = text.trim().to_lowercase();
        let has = |field: &str| field.to_lowercase().contains(&text);
        has(&self.name)
            || self.account.as_deref().is_some_and(has)
            || self.id.0.to_lowercase() == text
            || self.channels.keys().any(|channel| channel.to_string() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::ChannelKind;

    const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    fn seen() -> Seen {
        let account = Some("yamada@example.com".to_owned());
        Seen { name: "山田 花子".into(), account, role: Role::Operator, signed_in_at: Some(NOW) }
    }

    fn person() -> Person {
        Person::new(OperatorId("Person-1".into()), &seen(), NOW)
    }

    #[test]
    fn mem_1_that_somebody_was_here_is_written_once_a_day_or_when_they_changed() {
        let day = Span::from_hours(24);
        let changed = |change: fn(&mut Seen)| {
            let mut seen = seen();
            change(&mut seen);
            seen
        };
        let table = [
            (seen(), Span::from_ms(0), false),
            (seen(), day - Span::from_ms(1), false),
            (seen(), day, true),
            (changed(|seen| seen.signed_in_at = None), Span::from_ms(0), false),
            (changed(|seen| seen.name = "佐藤".into()), Span::from_ms(1), true),
            (changed(|seen| seen.account = None), Span::from_ms(1), true),
            (changed(|seen| seen.role = Role::Owner), Span::from_ms(1), true),
        ];
        for (seen, later, expected) in table {
            let mut person = person();
            assert_eq!(person.seen(&seen, NOW + later), expected, "{seen:?} {later:?}");
            let last = if expected { NOW + later } else { NOW };
            assert_eq!((person.last_seen_at, person.first_seen_at), (last, NOW));
            assert!(!person.seen(&seen, NOW + later), "it is no news any more");
        }
    }

    #[test]
    fn mem_9_who_is_removed_loses_the_channels_and_comes_back_without_them() {
        let channel = ChannelId::derive(ChannelKind::Line, "1");
        let mut person = person();
        assert!(person.associate(channel, Ask::Nothing, NOW));
        assert!(!person.associate(channel, Ask::Provider, NOW), "they are already");
        let removed_at = NOW + Span::from_hours(48);
        assert!(person.remove(removed_at));
        assert!(!person.remove(removed_at + Span::from_ms(1)));
        assert_eq!((person.removed_at, person.is_member(channel)), (Some(removed_at), false));
        let later = removed_at + Span::from_hours(48);
        assert!(!person.seen(&seen(), later), "the token is of before");
        let again = Seen { signed_in_at: Some(removed_at + Span::from_ms(1)), ..seen() };
        assert!(person.seen(&again, later));
        assert_eq!((person.removed_at, person.is_member(channel)), (None, false));
        person.remove(later);
        assert!(person.seen(&Seen { signed_in_at: None, ..seen() }, later), "nobody knows of when it is");
    }

    #[test]
    fn mem_8_people_are_found_by_name_account_and_channel() {
        let channel = ChannelId::derive(ChannelKind::Line, "1");
        let mut person = person();
        person.associate(channel, Ask::Nothing, NOW);
        let other = ChannelId::derive(ChannelKind::Line, "2").to_string();
        for (text, expected) in [
            ("山田", true),
            (" 花子 ", true),
            ("YAMADA@", true),
            ("person-1", true),
            ("person", false),
            ("佐藤", false),
            (&channel.to_string(), true),
            (&other, false),
        ] {
            assert_eq!(person.matches(text), expected, "{text}");
        }
    }
}
