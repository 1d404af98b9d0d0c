//! The only place that asks what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use madoguchi_domain::{Span, Timestamp};

/// Tells the time. Clones of one clock always agree.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Set(Arc<Hand>),
}

/// Moves a clock that was made by [`Clock::stopped_at`].
#[derive(Clone, Debug)]
pub struct ClockHand(Arc<Hand>);

#[derive(Debug, Default)]
struct Hand {
    ms: AtomicI64,
    /// By how much each look at the clock moves it.
    ms_per_look: AtomicI64,
}

impl Clock {
    /// The machine's wall clock.
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `now` until its hand is moved.
    pub fn stopped_at(now: Timestamp) -> (Self, ClockHand) {
        let hand = Arc::new(Hand { ms: AtomicI64::new(now.as_ms()), ..Hand::default() });
        (Self(Source::Set(Arc::clone(&hand))), ClockHand(hand))
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => system_now(),
            Source::Set(hand) => {
                let step = hand.ms_per_look.load(Ordering::SeqCst);
                Timestamp::from_ms(hand.ms.fetch_add(step, Ordering::SeqCst))
            }
        }
    }
}

impl ClockHand {
    /// Puts the clock at `now`.
    pub fn set(&self, now: Timestamp) {
        self.0.ms.store(now.as_ms(), Ordering::SeqCst);
    }

    /// Lets `span` pass.
    pub fn advance(&self, span: Span) {
        self.0.ms.fetch_add(span.as_ms(), Ordering::SeqCst);
    }

    /// Lets `span` pass after each look at the clock, from now on: for work that takes its time.
    pub fn advance_at_each_look(&self, span: Span) {
        self.0.ms_per_look.store(span.as_ms(), Ordering::SeqCst);
    }
}

// Wall clock and not a monotonic one: an environment may be frozen for hours between two calls.
fn system_now() -> Timestamp {
    let ms = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(_) => 0,
    };
    Timestamp::from_ms(ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopped_clock_moves_only_by_its_hand() {
        let (clock, hand) = Clock::stopped_at(Timestamp::from_ms(1_000));
        let clone = clock.clone();
        hand.advance(Span::from_secs(2));
        assert_eq!(clone.now(), Timestamp::from_ms(3_000));
        hand.set(Timestamp::from_ms(5));
        assert_eq!(clock.now(), Timestamp::from_ms(5));
        hand.advance_at_each_look(Span::from_ms(2));
        assert_eq!([clock.now(), clock.now()], [5, 7].map(Timestamp::from_ms));
    }

    #[test]
    fn the_system_clock_is_past_2023() {
        assert!(Clock::system().now() > Timestamp::from_ms(1_700_000_000_000));
    }
}
