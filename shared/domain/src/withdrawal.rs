//! Somebody takes back what they allowed our app at Meta: their login (deauthorization), or everything that we have of
//! them (data deletion). Whoever that is has logged in to connect Pages: an administrator, never a customer.

use serde::{Deserialize, Serialize};

use crate::setup::{Account, Setup};
use crate::time::{Span, Timestamp};

/// How old a request may be. Meta documents no limit and sends it at once; a day is room for its repeats, and keeps what
/// was once intercepted from being of use for ever.
pub const OLDEST: Span = Span::from_days(1);
/// How far Meta's clock may be ahead of ours.
pub const AHEAD: Span = Span::from_minutes(5);

/// What is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// The login: our app may no longer act for the person.
    Login,
    /// All data of the person.
    Data,
}

/// A request to take something back, under a code that only its sender knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// Names it: of letters and digits.
    pub code: String,
    /// What is taken back.
    pub extent: Extent,
    /// The provider's id of the person; gone once the request is carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// When the person asked.
    pub issued_at: Timestamp,
    /// When we heard of it.
    pub received_at: Timestamp,
    /// When it was carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// How many logins it ended.
    #[serde(default)]
    pub logins: usize,
}

/// Why a request is not heeded although its signature is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untimely {
    /// Nothing that Meta sends is so old.
    #[error("the request is more than a day old")]
    TooOld,
    /// It says that it was made later than now.
    #[error("the request is from the future")]
    FromTheFuture,
}

impl Untimely {
    /// The name that it is counted by.
    pub const fn public_id(self) -> &'static str {
        match self {
            Self::TooOld => "too_old",
            Self::FromTheFuture => "from_the_future",
        }
    }
}

/// Whether a request of `issued_at` may be heeded at `now`.
pub fn timely(issued_at: Timestamp, now: Timestamp) -> Result<(), Untimely> {
    if now.since(issued_at) > OLDEST {
        return Err(Untimely::TooOld);
    }
    if issued_at.since(now) > AHEAD {
        return Err(Untimely::FromTheFuture);
    }
    Ok(())
}

/// Whether a request concerns a login of `authorized_at`. One that was made since is another: the person has allowed our
/// app anew. Meta tells whole seconds.
pub fn concerns(issued_at: Timestamp, authorized_at: Timestamp) -> bool {
    authorized_at.since(issued_at) < Span::from_secs(1)
}

/// Whether a way to a channel that is under way holds a login of this person.
pub fn names_login_of(setup: &Setup, user_id: &str) -> bool {
    match &setup.account {
        Account::Facebook(facebook) => {
            [&facebook.login, &facebook.offered].into_iter().flatten().any(|login| login.user_id == user_id)
        }
        Account::Keyed(_) => false,
    }
}

impl Withdrawal {
    /// It is carried out: nothing of the person is kept, their id included.
    #[must_use]
    pub fn completed(self, logins: usize, now: Timestamp) -> Self {
        Self { user_id: None, completed_at: Some(now), logins, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_000);

    #[test]
    fn a_request_is_heeded_for_a_day() {
        let table = [
            (Span::from_ms(0), Ok(())),
            (OLDEST, Ok(())),
            (OLDEST + Span::from_ms(1), Err(Untimely::TooOld)),
            (Span::from_days(400), Err(Untimely::TooOld)),
        ];
        for (age, expected) in table {
            assert_eq!(timely(NOW - age, NOW), expected, "{age:?}");
        }
        assert_eq!(timely(NOW + AHEAD, NOW), Ok(()));
        assert_eq!(timely(NOW + AHEAD + Span::from_ms(1), NOW), Err(Untimely::FromTheFuture));
    }

    #[test]
    fn a_login_that_was_made_since_is_another() {
        let table = [
            (Span::from_days(-30), true),
            (Span::from_ms(0), true),
            // The second in which both happened.
            (Span::from_ms(999), true),
            (Span::from_secs(1), false),
            (Span::from_days(1), false),
        ];
        for (later, expected) in table {
            assert_eq!(concerns(NOW, NOW + later), expected, "{later:?}");
        }
    }

    #[test]
    fn what_is_carried_out_names_nobody() {
        let asked = Withdrawal {
            code: "C0DE".into(),
            extent: Extent::Data,
            user_id: Some("17841400000000000".into()),
            issued_at: NOW,
            received_at: NOW,
            completed_at: None,
            logins: 0,
        };
        let done = asked.completed(2, NOW + Span::from_minutes(1));
        assert!(!serde_json::to_string(&done).unwrap().contains("17841400000000000"));
        assert_eq!((done.logins, done.completed_at), (2, Some(NOW + Span::from_minutes(1))));
    }
}
