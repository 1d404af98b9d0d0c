//! Rounds → ratios, tables and notes.

use super::contestant::{Contestant, Lineup};
use super::turn::{BACK_TO_BACK, PACE, PACED, STARTS, Turn, WARM_UP};
use crate::lambda::stats::{median, median_ms, ms};
use crate::{Section, Table};

const BYTES_PER_MB: f64 = 1e6;

/// A figure of one turn.
struct Measure {
    name: &'static str,
    head: &'static str,
    of: fn(&Turn) -> f64,
    /// The name of theirs divided by ours.
    ratio: Option<&'static str>,
}

const MEASURES: [Measure; 7] = [
    Measure { name: "init_ms", head: "init, ms", of: |turn| ms(turn.init), ratio: Some("init_ratio") },
    Measure {
        name: "peak_mb",
        head: "peak memory, MB",
        of: |turn| megabytes(turn.peak_bytes),
        ratio: Some("memory_ratio"),
    },
    Measure {
        name: "cpu_back_to_back_ms",
        head: "CPU back to back, ms",
        of: |turn| ms(turn.cpu_back_to_back),
        ratio: Some("cpu_back_to_back_ratio"),
    },
    Measure {
        name: "cpu_paced_ms",
        head: "CPU 50 ms apart, ms",
        of: |turn| ms(turn.cpu_paced),
        ratio: Some("cpu_paced_ratio"),
    },
    Measure { name: "first_ms", head: "first, ms", of: |turn| ms(turn.first), ratio: None },
    Measure {
        name: "warm_p50_ms",
        head: "warm p50, ms",
        of: |turn| median_ms(&turn.back_to_back),
        ratio: None,
    },
    Measure {
        name: "paced_p50_ms",
        head: "warm p50 50 ms apart, ms",
        of: |turn| median_ms(&turn.paced),
        ratio: None,
    },
];

/// `rounds` hold a turn of each of the lineup's contestants, in their order.
pub(super) fn section(lineup: &Lineup, rounds: &[Vec<Turn>]) -> Section {
    let mut section = Section::new("peers", "The same job by what else could do it");
    let ratios = ratios(&mut section, &lineup.contestants, rounds);
    let figures = figures(&mut section, &lineup.contestants, rounds);
    section.tables = vec![ratios, figures, made_of(lineup)];
    section.method = method(rounds.len());
    section.notes = notes(lineup);
    section
}

fn ratios(section: &mut Section, contestants: &[Contestant], rounds: &[Vec<Turn>]) -> Table {
    let compared = || MEASURES.iter().filter_map(|measure| Some((measure, measure.ratio?)));
    let heads = compared().map(|(measure, _)| measure.head.split(", ").next().unwrap_or_default());
    let columns: Vec<_> = std::iter::once("").chain(heads).collect();
    let caption =
        format!("How many times more the others take than ours: the median ratio of {} rounds", rounds.len());
    let mut table = Table::new(&caption, &columns);
    for (at, contestant) in contestants.iter().enumerate().filter(|(_, contestant)| !contestant.is_ours()) {
        let mut row = vec![contestant.label.clone()];
        for (measure, name) in compared() {
            let per_round: Vec<_> =
                rounds.iter().map(|turns| (measure.of)(&turns[at]) / (measure.of)(&turns[0])).collect();
            let ratio = median(&per_round);
            section.figure(&format!("{name}.{}", contestant.name), ratio);
            row.push(format!("{ratio:.1}"));
        }
        table.row(row);
    }
    table
}

fn figures(section: &mut Section, contestants: &[Contestant], rounds: &[Vec<Turn>]) -> Table {
    let columns: Vec<_> = std::iter::once("").chain(MEASURES.iter().map(|measure| measure.head)).collect();
    let caption = format!("The figures themselves: medians of {} rounds", rounds.len());
    let mut table = Table::new(&caption, &columns);
    for (at, contestant) in contestants.iter().enumerate() {
        let mut row = vec![contestant.label.clone()];
        for measure in &MEASURES {
            let per_round: Vec<_> = rounds.iter().map(|turns| (measure.of)(&turns[at])).collect();
            let figure = median(&per_round);
            section.figure(&format!("{}.{}", contestant.name, measure.name), figure);
            row.push(rounded(figure));
        }
        table.row(row);
    }
    table
}

fn made_of(lineup: &Lineup) -> Table {
    let mut table = Table::new("What they are made of", &["", "made of"]);
    for contestant in &lineup.contestants {
        table.row([contestant.label.clone(), contestant.made_of.join(", ")]);
    }
    table
}

fn method(rounds: usize) -> Vec<String> {
    vec![
        "The job is to take a LINE webhook from API Gateway: verify the signature over the raw body, put each event \
         into a FIFO queue in the group of its conversation and under a deduplication id that is its event's, and \
         answer 200. Before anything is measured, each contestant shows that it does so: 23 events of two people, a \
         group and a room (more than one batch of SQS), the same in Base64, and an empty webhook are answered 200, \
         and the queue then holds exactly these events with the right ids, in order; signatures under another \
         secret, of another body, and none at all are answered 401 or 403, and the queue holds nothing. One that \
         fails ends the benchmark."
            .to_owned(),
        format!(
            "All run in turn, {rounds} rounds, each turn in fresh processes: {STARTS} starts (*init*: from exec \
             to the first request for an event, the median of these), and in the last process the *first* invocation, {WARM_UP} that are not measured, {BACK_TO_BACK} \
             back to back, {PACED} with {} ms from one to the next. Each invocation is one webhook with one text, \
             like no other before, and must be queued. CPU is the user and system time of the process with all its \
             threads, per invocation; pauses are included. Peak memory is the largest resident set (`VmHWM`). \
             Ratios are taken within each round, then the median of the rounds.",
            PACE.as_millis()
        ),
        "SQS is a stand-in in the benchmark's own process that answers from memory, so that the figures are those \
         of the functions. They have the environment that Lambda sets and the CPU of the whole machine; sources are in \
         `tests/bench/peers`."
            .to_owned(),
    ]
}

fn notes(lineup: &Lineup) -> Vec<String> {
    let mut notes = vec![
        "In favour of the others: their LINE secret is in an environment variable, while ours is fetched from \
         Secrets Manager in the first invocation; they keep no count, write no log line and do not limit the size of \
         a body, while ours does; Python's libraries and code are compiled beforehand, which a zip from the usual \
         tools is not; Python only checks the signature and does not turn events into objects of its SDK."
            .to_owned(),
        "The runtime clients are the real ones, awslambdaric for Python and aws-lambda-ric for Node, native parts \
         included. Node runs with `NODE_ENV=production` and default options; its bundle is one minified module."
            .to_owned(),
    ];
    for left_out in &lineup.left_out {
        notes.push(format!("`{}` was left out: {}.", left_out.name, left_out.reason));
    }
    notes
}

fn rounded(figure: f64) -> String {
    match figure {
        _ if figure < 1.0 => format!("{figure:.3}"),
        _ if figure < 10.0 => format!("{figure:.2}"),
        _ => format!("{figure:.1}"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "no process has petabytes")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / BYTES_PER_MB
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::contestant::LeftOut;
    use super::*;
    use crate::lambda::Program;

    fn turn(factor: u32) -> Turn {
        let ms = |ms: u64| Duration::from_millis(ms) * factor;
        Turn {
            init: ms(3),
            first: ms(2),
            back_to_back: vec![ms(1); 3],
            paced: vec![ms(2); 3],
            cpu_back_to_back: ms(1),
            cpu_paced: ms(2),
            peak_bytes: 8_000_000 * u64::from(factor),
        }
    }

    #[test]
    fn ratios_are_taken_within_a_round_and_then_their_median() {
        let contestant = |name: &str| Contestant {
            name: name.to_owned(),
            label: name.to_owned(),
            made_of: vec!["nothing".to_owned()],
            program: Program::new(name, ["true"]),
        };
        let left_out = LeftOut { name: "node".to_owned(), reason: "npm was not found".to_owned() };
        let lineup =
            Lineup { contestants: vec![contestant("rust"), contestant("python")], left_out: vec![left_out] };
        // The machine was slow in the second round, for both.
        let rounds = [[1, 10], [10, 90], [1, 11]].map(|round| round.map(turn).to_vec());
        let section = section(&lineup, &rounds);
        let expected = [
            ("peers.init_ratio.python", 10.0),
            ("peers.memory_ratio.python", 10.0),
            ("peers.cpu_back_to_back_ratio.python", 10.0),
            ("peers.cpu_paced_ratio.python", 10.0),
            ("peers.rust.init_ms", 3.0),
            ("peers.python.init_ms", 33.0),
            ("peers.python.peak_mb", 88.0),
            ("peers.python.cpu_paced_ms", 22.0),
            ("peers.python.warm_p50_ms", 11.0),
        ];
        for (name, figure) in expected {
            assert!((section.figures[name] - figure).abs() < 1e-9, "{name}: {}", section.figures[name]);
        }
        assert!(
            section.tables.iter().all(|table| table.rows.iter().all(|row| row.len() == table.columns.len()))
        );
        assert_eq!(section.notes.last().unwrap(), "`node` was left out: npm was not found.");
    }
}
