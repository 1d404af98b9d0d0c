//! How much one connection may say: enough for a person at a keyboard, too little for a loop.

use serde::{Deserialize, Serialize};

use crate::time::{Span, Timestamp};

/// The time that messages are counted over.
pub const PACE_WINDOW: Span = Span::from_secs(10);
/// How many messages are heard in it. A person who types and changes between chats sends one a second at most.
pub const MESSAGES_PER_WINDOW: u32 = 20;

/// What a connection has said lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    since: Timestamp,
    count: u32,
}

impl Pace {
    /// Counts a message; false if it is one too many, which is not heard.
    pub fn take(&mut self, now: Timestamp) -> bool {
        if now.since(self.since) >= PACE_WINDOW {
            *self = Self { since: now, count: 0 };
        }
        // What is not heard is not counted either, so that it costs no write.
        let is_heard = self.count < MESSAGES_PER_WINDOW;
        self.count += u32::from(is_heard);
        is_heard
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    #[test]
    fn a_loop_is_stopped_until_the_window_is_over() {
        let mut pace = Pace::default();
        let heard = (0..100).filter(|_| pace.take(NOW)).count();
        assert_eq!(heard, MESSAGES_PER_WINDOW as usize);
        assert!(!pace.take(NOW + PACE_WINDOW - Span::from_ms(1)));
        assert!(pace.take(NOW + PACE_WINDOW));
        // A clock that is set back does not open another window.
        assert_eq!((0..100).filter(|_| pace.take(NOW)).count(), MESSAGES_PER_WINDOW as usize - 1);
    }

    proptest! {
        #[test]
        fn no_span_of_a_window_hears_more_than_two_windows_may(gaps in prop::collection::vec(0..2_000_i64, 1..200)) {
            let (mut pace, mut now, mut heard) = (Pace::default(), NOW, Vec::new());
            for gap in gaps {
                now = now + Span::from_ms(gap);
                if pace.take(now) {
                    heard.push(now);
                }
            }
            for (at, first) in heard.iter().enumerate() {
                let within = heard[at..].iter().take_while(|other| other.since(*first) < PACE_WINDOW).count();
                prop_assert!(within <= 2 * MESSAGES_PER_WINDOW as usize);
            }
        }
    }
}
