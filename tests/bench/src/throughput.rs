//! The code without the network: events per second on one core, and criterion's results.

use std::time::{Duration, Instant};

use crate::options::Options;
use crate::section::{Section, Table};

mod ingest;
mod micro;
mod rules;

/// How often the same work is done. The median counts: it does not see a neighbour's hiccup.
const BATCHES: usize = 15;
/// How long one batch is, about.
const BATCH: Duration = Duration::from_millis(200);

/// Runs the part.
pub async fn run(options: &Options) -> anyhow::Result<Section> {
    let criterion = options.criterion.clone();
    // On a thread of its own: it keeps a core busy for seconds.
    tokio::task::spawn_blocking(move || {
        let mut section = Section::new("throughput", "Throughput of the code");
        section.method.push(format!(
            "One thread, no network: {BATCHES} batches of the same work of about {} ms each. \
             The median counts; the best shows what the machine did undisturbed. Before it is timed, the work is \
             done once and its results are checked.",
            BATCH.as_millis()
        ));
        let mut table = Table::new("Per second on one core", &["Work", "Events (median)", "Events (best)", "µs per event"]);
        ingest::measure(&mut section, &mut table)?;
        rules::measure(&mut section, &mut table)?;
        section.tables.push(table);
        micro::read(&mut section, criterion.as_deref())?;
        if cfg!(debug_assertions) {
            section.notes.push("**Not a release build:** the figures per second say nothing.".to_owned());
        }
        Ok(section)
    })
    .await?
}

/// Events per second.
#[derive(Clone, Copy, Debug)]
struct Speed {
    median: f64,
    best: f64,
}

impl Speed {
    /// Of batches in which `events` were handled each.
    fn of(events: usize, mut batches: Vec<Duration>) -> Self {
        batches.sort_unstable();
        let per_second = |batch: Duration| exact(events) / batch.as_secs_f64();
        Self { median: per_second(batches[batches.len() / 2]), best: per_second(batches[0]) }
    }

    fn row(self, table: &mut Table, name: &str) {
        let thousands = |value: f64| grouped(value.round());
        table.row([
            name.to_owned(),
            thousands(self.median),
            thousands(self.best),
            format!("{:.2}", 1_000_000.0 / self.median),
        ]);
    }
}

/// How fast `work` goes, which handles `events` of them each time.
fn speed(events: usize, mut work: impl FnMut()) -> Speed {
    let times = calibrated(&mut work);
    let taken = (0..BATCHES).map(|_| timed(times, &mut work)).collect();
    Speed::of(times * events, taken)
}

/// How often `work` must be done to fill a batch.
fn calibrated(work: &mut impl FnMut()) -> usize {
    let mut times = 1;
    loop {
        let taken = timed(times, work);
        if taken >= BATCH {
            return times;
        }
        times = if taken < BATCH / 10 { times * 10 } else { times * 2 };
    }
}

fn timed(times: usize, work: &mut impl FnMut()) -> Duration {
    let begun = Instant::now();
    for _ in 0..times {
        work();
    }
    begun.elapsed()
}

#[expect(clippy::cast_precision_loss)] // Far below 2^52.
fn exact(count: usize) -> f64 {
    count as f64
}

/// `1234567` → `1,234,567`.
fn grouped(whole: f64) -> String {
    let digits = format!("{whole:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_groups() {
        let written = [7.0, 999.0, 1000.0, 123_456.0, 1_234_567.0].map(grouped);
        assert_eq!(written, ["7", "999", "1,000", "123,456", "1,234,567"]);
    }

    #[test]
    fn the_median_batch_counts_and_the_best_is_told() {
        let batches = [300, 100, 200, 250, 9_000].map(Duration::from_millis).to_vec();
        let Speed { median, best } = Speed::of(1_000, batches);
        assert_eq!((median.round(), best.round()), (4_000.0, 10_000.0));
    }

    #[test]
    fn a_batch_is_as_much_work_as_fills_its_time() {
        let mut done = 0_usize;
        let times = calibrated(&mut || done = std::hint::black_box(done + 1));
        assert!(times > 1_000 && done >= times, "{times}");
    }
}
