//! Whether the provider is told to send us what customers write. Meta ends a Page's subscription by itself after an hour in which
//! its calls failed, and an administrator may end it by mistake; the daily check notices and renews it.

use serde::{Deserialize, Serialize};

use crate::channel::{Channel, ChannelHealth};
use crate::time::{Span, Timestamp};

/// So long a loss that was renewed is told of: messages of that time may be missing.
pub const TOLD: Span = Span::from_days(7);

/// How a channel's subscription was found, and its latest loss.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// When the provider last told.
    pub checked_at: Timestamp,
    /// The latest time that it was not as it should be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<Loss>,
}

/// A subscription that was found ended, or without some of what it must hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// When it was found.
    pub found_at: Timestamp,
    /// What was missing: names of webhook fields.
    pub missing: Vec<String>,
    /// Whether nothing of it was left.
    pub is_whole: bool,
    /// The latest that is known to have come in before, or that it stood; `None`: nothing is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silent_since: Option<Timestamp>,
    /// When it was renewed; `None`: not yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewed_at: Option<Timestamp>,
    /// The provider's code, why it could not be renewed; for maintainers, never a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What a look at the provider found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// All is there.
    Complete,
    /// Something was missing.
    Incomplete {
        /// What.
        missing: Vec<String>,
        /// Whether nothing was there.
        is_whole: bool,
        /// Whether it was renewed, or the provider's code.
        renewed: Result<(), String>,
    },
}

impl Look {
    /// Whether something was missing.
    pub const fn is_incomplete(&self) -> bool {
        matches!(self, Self::Incomplete { .. })
    }
}

impl Subscription {
    /// Whether it stands, as far as known.
    pub fn stands(&self) -> bool {
        self.loss.as_ref().is_none_or(|loss| loss.renewed_at.is_some())
    }

    /// The loss that is to be told of at `now`.
    pub fn told_loss(&self, now: Timestamp) -> Option<&Loss> {
        self.loss.as_ref().filter(|loss| loss.renewed_at.is_none_or(|at| now < at + TOLD))
    }

    /// What is known of the subscription of `channel` after `look`. `last_received_at`: when a customer last wrote. That
    /// nothing is there when a channel has just been connected is no loss.
    pub fn after(
        channel: &Channel,
        look: &Look,
        last_received_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Self {
        let before = channel.subscription.as_ref();
        let known = before.and_then(|before| before.loss.clone());
        let open = known.as_ref().filter(|loss| loss.renewed_at.is_none());
        let loss = match look {
            Look::Complete => known.map(|loss| Loss { renewed_at: loss.renewed_at.or(Some(now)), ..loss }),
            Look::Incomplete { renewed: Ok(()), .. } if is_first(channel) => None,
            Look::Incomplete { missing, is_whole, renewed } => {
                let stood = before.map(|before| before.checked_at);
                Some(Loss {
                    found_at: open.map_or(now, |open| open.found_at),
                    missing: missing.clone(),
                    is_whole: *is_whole,
                    silent_since: open.map_or(stood.max(last_received_at), |open| open.silent_since),
                    renewed_at: renewed.is_ok().then_some(now),
                    detail: renewed.as_ref().err().cloned(),
                })
            }
        };
        Self { checked_at: now, loss }
    }
}

/// Channels of earlier releases have no note of it, and were subscribed if they worked.
const fn is_first(channel: &Channel) -> bool {
    channel.subscription.is_none() && !matches!(channel.health, ChannelHealth::Healthy { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::ChannelKind;
    use crate::ids::ConnectionId;

    const T: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    fn day(n: i64) -> Timestamp {
        T + Span::from_days(n)
    }

    fn hour(n: i64) -> Timestamp {
        T + Span::from_hours(n)
    }

    fn channel(is_healthy: bool, subscription: Option<Subscription>) -> Channel {
        let kind = ChannelKind::Messenger;
        let health = if is_healthy { ChannelHealth::Healthy { since: T } } else { ChannelHealth::Connecting };
        Channel {
            health,
            subscription,
            ..Channel::new(kind, "Page", "1", ConnectionId::derive(kind, "1"), T)
        }
    }

    fn look(renewed: Result<(), &str>) -> Look {
        let renewed = renewed.map_err(str::to_owned);
        Look::Incomplete { missing: vec!["messages".into()], is_whole: true, renewed }
    }

    fn stood(at: Timestamp) -> Subscription {
        Subscription { checked_at: at, loss: None }
    }

    #[test]
    fn chn_27_a_loss_is_told_from_the_first_subscription() {
        // Whether the channel worked; what was known; what was found; whether that is a loss.
        for (is_healthy, known, found, is_loss) in [
            (false, None, look(Ok(())), false),
            (false, None, look(Err("2")), true),
            (true, None, look(Ok(())), true),
            (false, Some(stood(T)), look(Ok(())), true),
            (true, Some(stood(T)), look(Ok(())), true),
            (true, None, Look::Complete, false),
        ] {
            let after = Subscription::after(&channel(is_healthy, known.clone()), &found, None, day(1));
            assert_eq!(after.loss.is_some(), is_loss, "{is_healthy} {known:?} {found:?}");
            assert_eq!(after.checked_at, day(1));
        }
    }

    #[test]
    fn chn_27_nothing_came_in_since_it_was_last_seen_or_the_last_message() {
        for (known, received, since) in [
            (Some(stood(T)), None, Some(T)),
            (Some(stood(T)), Some(hour(-9)), Some(T)),
            (Some(stood(T)), Some(hour(9)), Some(hour(9))),
            (None, Some(hour(9)), Some(hour(9))),
            (None, None, None),
        ] {
            let after = Subscription::after(&channel(true, known), &look(Ok(())), received, day(1));
            assert_eq!(after.loss.unwrap().silent_since, since, "{received:?}");
        }
    }

    #[test]
    fn chn_27_a_loss_that_cannot_be_renewed_stays_one_until_it_is() {
        let first =
            Subscription::after(&channel(true, Some(stood(T))), &look(Err("2")), Some(hour(3)), day(1));
        let loss = first.loss.clone().unwrap();
        assert_eq!((loss.found_at, loss.silent_since), (day(1), Some(hour(3))));
        assert_eq!((loss.renewed_at, loss.detail.as_deref()), (None, Some("2")));
        assert!(!first.stands());

        let second =
            Subscription::after(&channel(true, Some(first)), &look(Err("200")), Some(hour(3)), day(2));
        let loss = second.loss.clone().unwrap();
        assert_eq!((loss.found_at, loss.silent_since), (day(1), Some(hour(3))), "one incident");
        assert_eq!(loss.detail.as_deref(), Some("200"));

        for found in [look(Ok(())), Look::Complete] {
            let third = Subscription::after(&channel(true, Some(second.clone())), &found, None, day(3));
            assert!(third.stands());
            let loss = third.loss.clone().unwrap();
            assert_eq!((loss.found_at, loss.renewed_at), (day(1), Some(day(3))));
            // Told of for a week; what came before stays as it was renewed then.
            let later = Subscription::after(&channel(true, Some(third)), &Look::Complete, None, day(5));
            assert!(later.told_loss(day(10) - Span::from_ms(1)).is_some());
            assert_eq!(later.told_loss(day(10)), None);
            let again = Subscription::after(&channel(true, Some(later)), &look(Ok(())), None, day(6));
            assert_eq!(again.loss.unwrap().found_at, day(6), "another incident");
        }
    }
}
