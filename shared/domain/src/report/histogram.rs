//! How long things took: counts by length, whose number does not grow with what is counted.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::time::Span;

/// How far a length that is told may be from the true one, as a part of that. Of lengths below five seconds it may be half a second
/// instead.
pub const RELATIVE_ERROR: f64 = 0.1;

/// Widths that a bucket may have, in seconds.
const WIDTHS: [i64; 12] = [1, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 21_600, 86_400, 604_800];
/// From so many seconds on all are one: 98 days.
const END: i64 = 8_467_200;

/// Where buckets begin, in seconds. Each is at most a fifth of its beginning wide, so that its middle is within
/// [`RELATIVE_ERROR`] of whatever is in it, and begins at a multiple of its width: whole minutes up to 25, of five up to 50, and
/// whole hours up to 30 are between two of them, so that what took less is counted exactly. Stored counts depend on it:
/// it never changes.
static BEGINS: LazyLock<Vec<i64>> = LazyLock::new(|| {
    let mut begins = vec![0];
    let mut at = 0;
    while at < END {
        let fits = |width: &&i64| **width * 5 <= at && at % **width == 0;
        at += WIDTHS.iter().rev().find(fits).copied().unwrap_or(1);
        begins.push(at);
    }
    begins
});

/// Counts of lengths of time. Two of them are put together by adding, and so lose nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    counts: BTreeMap<u8, u64>,
}

impl Histogram {
    /// Counts a length.
    pub fn note(&mut self, span: Span) {
        self.put(bucket(span), 1);
    }

    /// Counts those of `other` as well.
    pub fn add(&mut self, other: &Self) {
        for (bucket, count) in &other.counts {
            self.put(*bucket, *count);
        }
    }

    /// How many were counted.
    pub fn count(&self) -> u64 {
        self.counts.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The length that so many of a thousand do not exceed (the nearest rank): 500 is the median. The middle of its bucket, and so
    /// within [`RELATIVE_ERROR`] of the true one; what is longer than 98 days is told as that. `None` if nothing was counted.
    pub fn quantile(&self, permille: u16) -> Option<Span> {
        let rank = self.count().checked_mul(permille.into())?.div_ceil(1_000).max(1);
        let mut seen = 0_u64;
        let (found, _) = self.counts.iter().find(|(_, count)| {
            seen = seen.saturating_add(**count);
            seen >= rank
        })?;
        Some(middle(*found))
    }

    /// What part took less than `limit`, from 0 to 1; exact where a bucket begins there, and else as if those of its bucket
    /// were spread evenly. `None` if nothing was counted.
    #[expect(clippy::cast_precision_loss, reason = "a part needs no more than 52 bits")]
    pub fn within(&self, limit: Span) -> Option<f64> {
        let all = self.count();
        let within: f64 = self
            .counts
            .iter()
            .map(|(bucket, count)| {
                let (begin, end) = ends(*bucket);
                let width = (end - begin).as_ms().max(1) as f64;
                *count as f64 * (limit.as_ms().saturating_sub(begin.as_ms()) as f64 / width).clamp(0.0, 1.0)
            })
            .sum();
        (all > 0).then(|| within / all as f64)
    }

    /// The counts by the number of their bucket, as they are stored.
    pub fn counts(&self) -> impl Iterator<Item = (u8, u64)> {
        self.counts.iter().map(|(bucket, count)| (*bucket, *count))
    }

    /// Counts of a bucket that were stored.
    pub fn put(&mut self, bucket: u8, count: u64) {
        if count > 0 {
            let known = self.counts.entry(bucket).or_default();
            *known = known.saturating_add(count);
        }
    }
}

fn bucket(span: Span) -> u8 {
    let seconds = span.as_ms().max(0) / 1_000;
    let place = BEGINS.partition_point(|begin| *begin <= seconds).saturating_sub(1);
    u8::try_from(place).unwrap_or(u8::MAX)
}

/// Where a bucket begins and ends; the last one does not end.
fn ends(bucket: u8) -> (Span, Span) {
    let at = |place: usize| Span::from_secs(BEGINS.get(place).copied().unwrap_or(END));
    (at(bucket.into()), at(usize::from(bucket) + 1))
}

fn middle(bucket: u8) -> Span {
    let (begin, end) = ends(bucket);
    Span::from_ms(i64::midpoint(begin.as_ms(), end.as_ms()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(spans: &[i64]) -> Histogram {
        let mut histogram = Histogram::default();
        for ms in spans {
            histogram.note(Span::from_ms(*ms));
        }
        histogram
    }

    /// The nearest rank among all of them.
    fn exact(spans: &[i64], permille: usize) -> i64 {
        let mut sorted = spans.to_vec();
        sorted.sort_unstable();
        sorted[(sorted.len() * permille).div_ceil(1_000).max(1) - 1]
    }

    #[test]
    fn ops_3_buckets_are_narrow_and_begin_at_whole_minutes() {
        assert_eq!(BEGINS.len(), 165, "stored counts depend on it");
        assert!(u8::try_from(BEGINS.len()).is_ok());
        for pair in BEGINS.windows(2) {
            let (begin, width) = (pair[0], pair[1] - pair[0]);
            assert!(width == 1 && begin < 5 || width * 5 <= begin, "{pair:?}");
        }
        let minutes = (1..=25).chain([30, 35, 40, 45, 50, 60, 90, 120]).map(|minutes| minutes * 60);
        let hours = (1..=30).chain([36, 48, 72, 96, 120, 168, 720]).map(|hours| hours * 3_600);
        for whole in minutes.chain(hours) {
            assert!(BEGINS.binary_search(&whole).is_ok(), "{whole} s");
        }
    }

    #[test]
    fn ops_3_what_is_within_a_limit() {
        let counted = of(&[0, 59_999, 60_000, 299_999, 300_000, 3_600_000]);
        for (limit, expected) in [
            (Span::from_secs(0), 0.0),
            (Span::from_minutes(1), 2.0 / 6.0),
            (Span::from_minutes(5), 4.0 / 6.0),
            (Span::from_hours(1), 5.0 / 6.0),
            (Span::from_days(30), 1.0),
        ] {
            let within = counted.within(limit).unwrap();
            assert!((within - expected).abs() < 1e-9, "{limit:?}: {within}");
        }
        let halfway = of(&[1_500_000; 4]).within(Span::from_ms(1_650_000)).unwrap();
        assert!((halfway - 0.5).abs() < 1e-9, "25 to 30 minutes, spread evenly: {halfway}");
        assert_eq!(
            (Histogram::default().within(Span::from_minutes(1)), Histogram::default().quantile(500)),
            (None, None)
        );
    }

    #[test]
    fn ops_3_what_takes_longer_than_all_buckets_is_told_as_their_end() {
        let long = of(&[Span::from_days(400).as_ms(), Span::from_days(99).as_ms()]);
        assert_eq!(long.quantile(900), Some(Span::from_days(98)));
        assert_eq!(of(&[-5]).quantile(500), of(&[0]).quantile(500), "clocks differ");
    }

    fn spans() -> impl Strategy<Value = Vec<i64>> {
        // As many of seconds as of hours and of weeks.
        let span = (0_u32..34, 0.0..1.0_f64).prop_map(|(power, part)| {
            let below = 1_i64 << power.min(33);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_precision_loss,
                reason = "a length for a test"
            )]
            let ms = below + (below as f64 * part) as i64;
            ms.min(END * 1_000 - 1)
        });
        prop::collection::vec(span, 1..60)
    }

    proptest! {
        #[test]
        fn ops_3_a_quantile_is_within_a_tenth_of_the_true_one(spans in spans(), permille in 1_usize..=1_000) {
            let truth = exact(&spans, permille);
            let told = of(&spans).quantile(u16::try_from(permille).unwrap()).unwrap().as_ms();
            #[expect(clippy::cast_precision_loss, reason = "a length for a test")]
            let allowed = if truth < 5_000 { 500.0 } else { truth as f64 * RELATIVE_ERROR };
            #[expect(clippy::cast_precision_loss, reason = "a length for a test")]
            let off = (told - truth).abs() as f64;
            prop_assert!(off <= allowed, "{told} instead of {truth}");
        }

        #[test]
        fn ops_3_histograms_put_together_say_what_one_of_all_says(a in spans(), b in spans()) {
            let (mut together, mut turned) = (of(&a), of(&b));
            together.add(&of(&b));
            turned.add(&of(&a));
            let all: Vec<i64> = a.into_iter().chain(b).collect();
            prop_assert_eq!(&together, &of(&all));
            prop_assert_eq!(&together, &turned);
            prop_assert_eq!(together.count(), all.len() as u64);
        }

        #[test]
        fn ops_3_a_longer_limit_never_holds_fewer(spans in spans(), limit in 0_i64..20_000_000, more in 0_i64..20_000_000) {
            let counted = of(&spans);
            let (less, more) = (Span::from_ms(limit), Span::from_ms(limit + more));
            prop_assert!(counted.within(less).unwrap() <= counted.within(more).unwrap() + 1e-9);
        }
    }
}
