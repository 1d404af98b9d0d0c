//! What is told about the functions.

use super::{FULL, Found, SHARED, SHARES_MB};
use crate::lambda::stats::{median_ms, ms, percentile_ms};
use crate::{Section, Table};

const MB: f64 = 1_000_000.0;

/// The section. `unlimited` says why no share of a CPU could be given.
pub(super) fn section(found: &[Found], unlimited: Option<String>) -> Section {
    let mut section = Section::new("functions", "Each function as Lambda runs it");
    section.method = method();
    section.tables.push(at_full_cpu(found));
    match unlimited {
        None => section.tables.push(at_shares(found)),
        Some(reason) => section.notes.push(format!("Shares of a CPU were not tried: {reason}.")),
    }
    section.notes.extend(found.iter().filter_map(largest));
    section.notes.push(
        "What Lambda adds is not here: a new micro-VM with the unpacked zip, TLS, and the way to AWS and back. The \
         function alone is; its init is what Lambda reports as *Init Duration*, less what a colder disk costs."
            .to_owned(),
    );
    figures(&mut section, found);
    section
}

/// What the largest job took.
fn largest(found: &Found) -> Option<String> {
    let took = ms(found.full.largest?) / 1_000.0;
    let name = found.function.name();
    Some(format!("`{name}` is given its largest job last, outside the warm figures: it took {took:.1} s."))
}

fn method() -> Vec<String> {
    vec![
        format!(
            "A Runtime API on 127.0.0.1 starts each function's release `bootstrap` alone, with what Lambda and the \
             template put into its environment, and hands it one event after the other. *Init* is from exec to the \
             first `GET /next`, *first* the first invocation of a process, both the median of {} fresh processes. \
             The last of them goes on with {} invocations that are not measured and {} that are. An invocation \
             lasts from the event's being handed over to the answer's having arrived. *CPU* is user and system time \
             of the process, as its control group counts it (where there is none: its threads), and *peak memory* \
             the largest resident set.",
            FULL.starts, FULL.warm_up, FULL.warm,
        ),
        "Every event is another one and has its effect, which is checked after each invocation: a message of a \
         queue, an item of the table, a text on the simulated phone, a chat that is closed. What one tick would take \
         all at once is prepared between the invocations, so that each has one thing to do."
            .to_owned(),
        "DynamoDB (dynoxide), SQS, Secrets Manager and the providers answer from the process that measures, over \
         plain HTTP: times are those of the code and of these stand-ins, not of AWS. Warm figures of functions that \
         call the table and a queue include a switch between the two stand-ins."
            .to_owned(),
        format!(
            "A share is a quota of a control group in periods of 20 ms: memory / 1,769 MB of one CPU. There each \
             figure is of {} starts and {} warm invocations. Lambda seems to lift the quota during init, so that \
             the inits of the second table are a worst case.",
            SHARED.starts, SHARED.warm,
        ),
    ]
}

fn at_full_cpu(found: &[Found]) -> Table {
    let columns = ["function", "zip", "init", "first", "warm p50", "warm p99", "CPU per warm", "peak memory"];
    let mut table = Table::new("At full CPU", &columns);
    for Found { function, zip_bytes, full, .. } in found {
        table.row([
            format!("`{}`: {}", function.name(), function.job()),
            format!("{:.2} MB", as_f64(*zip_bytes) / MB),
            in_ms(median_ms(&full.inits)),
            in_ms(median_ms(&full.firsts)),
            in_ms(median_ms(&full.warm)),
            in_ms(percentile_ms(&full.warm, 99)),
            in_ms(ms(full.cpu_per_warm)),
            format!("{:.1} MB", as_f64(full.peak_bytes) / MB),
        ]);
    }
    table
}

fn at_shares(found: &[Found]) -> Table {
    let mut columns = vec!["function".to_owned()];
    for figure in ["init", "first", "warm p50"] {
        columns.extend(SHARES_MB.map(|memory_mb| format!("{figure}, {memory_mb} MB")));
    }
    let columns: Vec<_> = columns.iter().map(String::as_str).collect();
    let mut table = Table::new("At the share of a CPU that goes with the memory", &columns);
    for Found { function, shares, .. } in found {
        let mut row = vec![format!("`{}`", function.name())];
        row.extend(shares.iter().map(|life| in_ms(median_ms(&life.inits))));
        row.extend(shares.iter().map(|life| in_ms(median_ms(&life.firsts))));
        row.extend(shares.iter().map(|life| in_ms(median_ms(&life.warm))));
        table.row(row);
    }
    table
}

fn figures(section: &mut Section, found: &[Found]) {
    let (mut max_init_ms, mut max_zip_mb) = (0.0_f64, 0.0_f64);
    for Found { function, zip_bytes, full, shares } in found {
        let name = function.name();
        let init_ms = median_ms(&full.inits);
        let zip_bytes = as_f64(*zip_bytes);
        max_init_ms = max_init_ms.max(init_ms);
        max_zip_mb = max_zip_mb.max(zip_bytes / MB);
        let figures = [
            ("zip_bytes", zip_bytes),
            ("init_ms", init_ms),
            ("first_ms", median_ms(&full.firsts)),
            ("warm_p50_ms", median_ms(&full.warm)),
            ("warm_p99_ms", percentile_ms(&full.warm, 99)),
            ("cpu_ms", ms(full.cpu_per_warm)),
            ("peak_mb", as_f64(full.peak_bytes) / MB),
        ];
        for (figure, value) in figures {
            section.figure(&format!("{name}.{figure}"), value);
        }
        if let Some(took) = full.largest {
            section.figure(&format!("{name}.largest_ms"), ms(took));
        }
        for (memory_mb, life) in SHARES_MB.iter().zip(shares) {
            section.figure(&format!("{name}.at_{memory_mb}_mb.init_ms"), median_ms(&life.inits));
            section.figure(&format!("{name}.at_{memory_mb}_mb.first_ms"), median_ms(&life.firsts));
            section.figure(&format!("{name}.at_{memory_mb}_mb.warm_p50_ms"), median_ms(&life.warm));
        }
    }
    section.figure("max_init_ms", max_init_ms);
    section.figure("max_zip_mb", max_zip_mb);
}

fn in_ms(figure: f64) -> String {
    if figure < 10.0 { format!("{figure:.2} ms") } else { format!("{figure:.1} ms") }
}

#[expect(clippy::cast_precision_loss, reason = "sizes stay exact up to nine petabytes")]
fn as_f64(bytes: u64) -> f64 {
    bytes as f64
}
