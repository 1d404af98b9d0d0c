//! What a client that comes back has missed.
//!
//! Several batches are told at once, so a client may have been told number 6 and have lost its connection before number 5
//! reached it. Whoever tells number 5 took it at most [`OVERLAP`] before that moment: what was logged that long before the
//! last number that the client has is told again. Repetitions do no harm ([`super::is_news`]).

use crate::time::{Span, Timestamp};

/// How long changes are logged for clients that come back.
pub const LOG_KEPT: Span = Span::from_hours(1);
/// Longer than `live-push` may take between numbering a change and telling it: its time-out, and clocks that differ.
pub const OVERLAP: Span = Span::from_secs(30);
/// Whoever missed more loads anew: that is quicker than so many single fetches.
pub const MOST_MISSED: u64 = 500;

/// What a client that comes back is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resume {
    /// Everything that was logged from this instant on.
    Replay {
        /// From when.
        from: Timestamp,
    },
    /// To load everything anew.
    Reload,
}

/// Whether a client whose last number is `after` loads anew whatever the log has, when the last of all is `current`.
pub const fn is_out_of_reach(after: u64, current: u64) -> bool {
    // A number that was not given yet is of a log that is gone.
    after > current || current - after > MOST_MISSED
}

/// What a client is told whose last number is `after`, logged at `logged_at` if it is in the log, when the last of all is
/// `current`.
pub fn resume(after: u64, current: u64, logged_at: Option<Timestamp>, now: Timestamp) -> Resume {
    match logged_at {
        Some(at) if !is_out_of_reach(after, current) && now.since(at) < LOG_KEPT - OVERLAP => {
            Resume::Replay { from: at - OVERLAP }
        }
        // It is too long ago, too much, or of a log that is gone.
        _ => Resume::Reload,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    #[test]
    fn con_9_a_client_is_told_what_it_missed_or_to_load_anew() {
        let ago = |span: Span| Some(NOW - span);
        let minute = Span::from_minutes(1);
        // The client's number; the last of all; when the client's was logged; whether it is told what it missed.
        let table = [
            (7, 7, ago(minute), true),
            (7, 9, ago(minute), true),
            (7, 7 + MOST_MISSED, ago(minute), true),
            (7, 8 + MOST_MISSED, ago(minute), false),
            (7, 9, ago(LOG_KEPT - OVERLAP - Span::from_ms(1)), true),
            (7, 9, ago(LOG_KEPT - OVERLAP), false),
            (7, 9, None, false),
            (0, 0, None, false),
            // Of another stack, or the counter began anew.
            (9, 7, ago(minute), false),
            (u64::MAX, 7, None, false),
        ];
        for (after, current, logged_at, replayed) in table {
            let told = resume(after, current, logged_at, NOW);
            let expected = match logged_at {
                Some(at) if replayed => Resume::Replay { from: at - OVERLAP },
                _ => Resume::Reload,
            };
            assert_eq!(told, expected, "{after} of {current}");
            assert!(!replayed || !is_out_of_reach(after, current));
        }
        for (after, current, expected) in [
            (0, 0, false),
            (7, 7 + MOST_MISSED, false),
            (7, 8 + MOST_MISSED, true),
            (0, u64::MAX, true),
            (8, 7, true),
            (u64::MAX, 7, true),
        ] {
            assert_eq!(is_out_of_reach(after, current), expected, "{after} of {current}");
        }
    }

    /// A batch: when it was numbered, and how long until it is told.
    fn batches() -> impl Strategy<Value = Vec<(i64, i64)>> {
        prop::collection::vec((0..20_000_i64, 0..OVERLAP.as_ms()), 1..40)
    }

    proptest! {
        /// However late batches are told, a client that loses its connection at any moment and comes back has been told
        /// of each, before or then.
        #[test]
        fn con_9_nothing_is_missed_between_two_connections(batches in batches(), lost_ms in 0..700_000_i64) {
            let (mut at, mut log) = (NOW, Vec::new());
            for (gap, delay) in batches {
                at = at + Span::from_ms(gap);
                log.push((at, at + Span::from_ms(delay)));
            }
            let lost_at = NOW + Span::from_ms(lost_ms);
            let told_before = |batch: &(Timestamp, Timestamp)| batch.1 < lost_at;
            let last = log.iter().rposition(told_before);
            let now = at + OVERLAP;
            if let Some(last) = last {
                let (after, current) = (last as u64 + 1, log.len() as u64);
                if let Resume::Replay { from } = resume(after, current, Some(log[last].0), now) {
                    for batch in &log {
                        prop_assert!(told_before(batch) || batch.0 >= from);
                    }
                }
            }
        }
    }
}
