//! Percentiles of durations.

use std::time::Duration;

/// The median, in milliseconds. Zero of nothing.
pub fn median_ms(durations: &[Duration]) -> f64 {
    percentile_ms(durations, 50)
}

/// The smallest duration that `percent` of all do not exceed, in milliseconds. Zero of nothing.
pub fn percentile_ms(durations: &[Duration], percent: usize) -> f64 {
    let mut sorted = durations.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().map_or(0.0, ms)
}

/// A duration in milliseconds.
pub fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// The median of figures such as ratios: the mean of the two in the middle if their number is even. Zero of nothing.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        length if length % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(values: impl IntoIterator<Item = u64>) -> Vec<Duration> {
        values.into_iter().map(Duration::from_millis).collect()
    }

    #[test]
    fn percentiles_are_values_that_occurred() {
        for (percent, expected) in [(50, 50.0), (99, 99.0), (100, 100.0), (0, 1.0)] {
            let figure = percentile_ms(&millis((1..=100).rev()), percent);
            assert!((figure - expected).abs() < 1e-9, "{percent}: {figure}");
        }
        assert!((median_ms(&millis([7])) - 7.0).abs() < 1e-9);
        assert!(median_ms(&[]).abs() < 1e-9);
    }

    #[test]
    fn the_median_of_an_even_number_of_figures_is_between_two() {
        for (figures, expected) in [(vec![3.0, 1.0, 2.0], 2.0), (vec![4.0, 1.0], 2.5), (vec![], 0.0)] {
            assert!((median(&figures) - expected).abs() < 1e-9, "{figures:?}");
        }
    }
}
