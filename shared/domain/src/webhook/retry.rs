//! How often an event is told to somebody who does not take it, and when.

use crate::ids::WebhookEventId;
use crate::time::Span;

/// How long after each failure it is tried again: for a day, ever more slowly.
pub const DELAYS: [Span; 10] = [
    Span::from_secs(5),
    Span::from_secs(30),
    Span::from_minutes(2),
    Span::from_minutes(10),
    Span::from_minutes(30),
    Span::from_hours(1),
    Span::from_hours(2),
    Span::from_hours(4),
    Span::from_hours(8),
    Span::from_hours(8),
];

/// How often it is tried before it is given up.
pub const ATTEMPTS: u32 = 11;

/// How long to wait after failure number `failures` (from 1); `None` when it is given up. Each is up to a tenth longer,
/// by event: what failed together does not come back together.
pub fn delay(event: WebhookEventId, failures: u32) -> Option<Span> {
    let delay = DELAYS.get(usize::try_from(failures.checked_sub(1)?).ok()?)?;
    let spread = i64::from(event.spread(failures));
    Some(Span::from_ms(delay.as_ms() + delay.as_ms() * spread / 2_560))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ops_2_an_event_is_tried_for_a_day_and_then_given_up() {
        let sum: i64 = DELAYS.iter().map(|delay| delay.as_ms()).sum();
        let day = Span::from_days(1).as_ms();
        assert!((day * 9 / 10..=day).contains(&sum), "{sum} ms");
        assert_eq!(DELAYS.len() + 1, ATTEMPTS as usize);
        assert!(DELAYS.is_sorted());
    }

    proptest! {
        #[test]
        fn ops_2_no_wait_is_shorter_than_the_table_nor_a_tenth_longer(seed in ".{1,20}", failures in 0_u32..20) {
            let event = WebhookEventId::derive(super::super::EVENTS, &seed);
            match delay(event, failures) {
                None => prop_assert!(failures == 0 || failures >= ATTEMPTS),
                Some(wait) => {
                    let least = DELAYS[failures as usize - 1].as_ms();
                    prop_assert!((least..=least + least / 10).contains(&wait.as_ms()));
                }
            }
        }
    }

    #[test]
    fn ops_2_what_fails_together_comes_back_apart() {
        let wait = |seed: &str| delay(WebhookEventId::derive(super::super::EVENTS, seed), 9);
        let waits: std::collections::BTreeSet<_> = (0..20).map(|seed| wait(&seed.to_string())).collect();
        assert!(waits.len() > 15, "{waits:?}");
    }
}
