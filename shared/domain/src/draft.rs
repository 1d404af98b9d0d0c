//! What an operator has begun to write in a conversation (CON-6): kept for them alone, for a while, and with a count of the
//! saves, so that of two browser tabs neither overwrites the other unseen.

use serde::{Deserialize, Serialize};

use crate::text;
use crate::time::{Span, Timestamp};

/// The longest draft, in characters: of it some providers take several messages.
pub const DRAFT_LENGTH: usize = 10_000;
/// How long a draft is kept after it was saved last.
pub const DRAFT_LIFE: Span = Span::from_days(30);
/// How long it is remembered that a draft was thrown away.
pub const GONE_LIFE: Span = Span::from_days(1);

/// A draft, or what is left of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The words; empty once it is thrown away.
    pub text: String,
    /// Counts the saves, also over its end.
    pub rev: u64,
    /// When it was saved.
    pub saved_at: Timestamp,
}

/// Why a draft cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DraftRefused {
    /// Nothing, or too much.
    #[error("`text` must have 1 to {DRAFT_LENGTH} characters")]
    Length,
    /// Another save came first; how it is now, if there is one.
    #[error("another save came first")]
    Outdated(Option<Draft>),
}

impl Draft {
    /// When it is forgotten.
    pub fn expires_at(&self) -> Timestamp {
        self.saved_at + if self.text.is_empty() { GONE_LIFE } else { DRAFT_LIFE }
    }

    /// Whether there is something to show. The table may keep what has expired for a while.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        !self.text.is_empty() && now < self.expires_at()
    }
}

/// What is stored when `text` is saved over the revision `read` (0 = there was none), where `stored` is there.
pub fn save(stored: Option<&Draft>, read: u64, text: &str, now: Timestamp) -> Result<Draft, DraftRefused> {
    let length = text.chars().count();
    if !text::shows_something(text) || length > DRAFT_LENGTH {
        return Err(DraftRefused::Length);
    }
    next(stored, read, text, now)
}

/// What is stored when the draft of revision `read` is thrown away; `None` if there is none.
pub fn throw_away(stored: Option<&Draft>, read: u64, now: Timestamp) -> Result<Option<Draft>, DraftRefused> {
    match stored {
        Some(draft) if draft.is_alive(now) => next(stored, read, "", now).map(Some),
        _ => Ok(None),
    }
}

fn next(stored: Option<&Draft>, read: u64, text: &str, now: Timestamp) -> Result<Draft, DraftRefused> {
    let alive = stored.filter(|draft| draft.is_alive(now));
    if alive.map_or(0, |draft| draft.rev) != read {
        return Err(DraftRefused::Outdated(alive.cloned()));
    }
    let rev = stored.map_or(0, |draft| draft.rev) + 1;
    Ok(Draft { text: text.to_owned(), rev, saved_at: now })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    #[test]
    fn con_6_a_save_names_the_one_that_it_follows() {
        let first = save(None, 0, "a", NOW).unwrap();
        assert_eq!((first.rev, first.text.as_str()), (1, "a"));
        assert_eq!(save(None, 1, "a", NOW), Err(DraftRefused::Outdated(None)));
        let second = save(Some(&first), 1, "b", NOW).unwrap();
        assert_eq!(save(Some(&second), 1, "c", NOW), Err(DraftRefused::Outdated(Some(second.clone()))));
        let gone = throw_away(Some(&second), 2, NOW).unwrap().unwrap();
        assert!(!gone.is_alive(NOW));
        assert_eq!(throw_away(Some(&gone), 3, NOW), Ok(None));
        assert_eq!(throw_away(None, 0, NOW), Ok(None));
        // A tab that still shows what was thrown away does not bring it back unseen.
        assert_eq!(save(Some(&gone), 2, "c", NOW), Err(DraftRefused::Outdated(None)));
        assert_eq!(save(Some(&gone), 0, "c", NOW).unwrap().rev, 4);
    }

    #[test]
    fn con_6_a_draft_is_bounded_and_forgotten_after_30_days() {
        for (length, fits) in [(0, false), (1, true), (10_000, true), (10_001, false)] {
            assert_eq!(save(None, 0, &"あ".repeat(length), NOW).is_ok(), fits, "{length}");
        }
        for nothing in [" \n", "\u{200B}", "\u{3164} "] {
            assert_eq!(save(None, 0, nothing, NOW), Err(DraftRefused::Length), "{nothing:?}");
        }
        let draft = save(None, 0, "a", NOW).unwrap();
        let end = NOW + DRAFT_LIFE;
        assert!(draft.is_alive(end - Span::from_ms(1)) && !draft.is_alive(end));
        assert_eq!(save(Some(&draft), 0, "b", end).unwrap().rev, 2, "it is as if there were none");
    }

    proptest! {
        #[test]
        fn con_6_of_two_saves_over_the_same_revision_one_is_refused(
            steps in prop::collection::vec((any::<bool>(), 0_u64..4), 1..20)
        ) {
            let mut stored: Option<Draft> = None;
            for (away, read) in steps {
                let alive = stored.as_ref().filter(|draft| draft.is_alive(NOW)).map_or(0, |draft| draft.rev);
                let next = if away {
                    throw_away(stored.as_ref(), read, NOW)
                } else {
                    save(stored.as_ref(), read, "x", NOW).map(Some)
                };
                match next {
                    Ok(Some(next)) => {
                        prop_assert_eq!(read, alive);
                        prop_assert!(next.rev > stored.as_ref().map_or(0, |draft| draft.rev));
                        stored = Some(next);
                    }
                    Ok(None) => prop_assert!(away && alive == 0),
                    Err(_) => prop_assert_ne!(read, alive),
                }
            }
        }
    }
}
