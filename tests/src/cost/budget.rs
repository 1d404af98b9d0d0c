//! The committed figures, and how they are compared with measured ones.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Measured;

/// What a job may take, for all of its messages together, so that every figure is exact.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// How many messages it is.
    pub messages: u32,
    /// DynamoDB write units.
    pub write_units: f64,
    /// DynamoDB read units.
    pub read_units: f64,
    /// Calls of AWS by functions.
    pub aws_calls: u64,
    /// SQS requests, those of event source mappings included.
    pub sqs_requests: u64,
    /// Invocations of functions.
    pub invocations: u64,
    /// Calls of providers.
    pub provider_calls: u64,
}

/// The budget: a line for each job.
pub type Budget = BTreeMap<String, Line>;

impl From<&Measured> for Line {
    fn from(measured: &Measured) -> Self {
        Self {
            messages: measured.messages,
            write_units: measured.writes(),
            read_units: measured.reads(),
            aws_calls: measured.aws_calls(),
            sqs_requests: measured.sqs_requests(),
            invocations: measured.invocations.len() as u64,
            provider_calls: measured.provider_calls(),
        }
    }
}

/// Where it is committed.
pub fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("budget.json")
}

/// The committed budget.
pub fn read() -> Budget {
    let text = std::fs::read_to_string(path()).unwrap_or_default();
    if text.is_empty() { Budget::new() } else { serde_json::from_str(&text).expect("the budget is readable") }
}

/// Commits another budget.
pub fn write(budget: &Budget) {
    std::fs::write(path(), serde_json::to_string_pretty(budget).unwrap() + "\n").unwrap();
}

/// What is different, a line each with what to do about it; empty if nothing is.
pub fn differences(budget: &Budget, measured: &Budget) -> String {
    let mut text = String::new();
    for (job, line) in measured {
        let Some(allowed) = budget.get(job) else {
            let _ = writeln!(text, "`{job}` has no line in the budget");
            continue;
        };
        for (what, allowed, now) in figures(allowed, line) {
            if now > allowed {
                let _ = writeln!(
                    text,
                    "`{job}` takes {now} {what}, and {allowed} is its budget: it has become dearer"
                );
            } else if now < allowed {
                let _ =
                    writeln!(text, "`{job}` takes {now} {what} and no longer {allowed}: lower its budget");
            }
        }
    }
    for job in budget.keys().filter(|job| !measured.contains_key(*job)) {
        let _ = writeln!(text, "`{job}` is in the budget and was not measured: remove its line");
    }
    text
}

#[expect(clippy::cast_precision_loss, reason = "counts of calls are small")]
fn figures(budget: &Line, measured: &Line) -> [(&'static str, f64, f64); 7] {
    [
        ("messages", f64::from(budget.messages), f64::from(measured.messages)),
        ("write units", budget.write_units, measured.write_units),
        ("read units", budget.read_units, measured.read_units),
        ("AWS calls", budget.aws_calls as f64, measured.aws_calls as f64),
        ("SQS requests", budget.sqs_requests as f64, measured.sqs_requests as f64),
        ("invocations", budget.invocations as f64, measured.invocations as f64),
        ("provider calls", budget.provider_calls as f64, measured.provider_calls as f64),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Line = Line {
        messages: 1,
        write_units: 4.0,
        read_units: 1.0,
        aws_calls: 4,
        sqs_requests: 3,
        invocations: 2,
        provider_calls: 0,
    };

    fn budget(line: Line) -> Budget {
        Budget::from([("inbound_text".to_owned(), line)])
    }

    #[test]
    fn what_grows_and_what_shrinks_is_named() {
        assert_eq!(differences(&budget(LINE), &budget(LINE)), "");
        let dearer = differences(&budget(LINE), &budget(Line { write_units: 5.0, ..LINE }));
        assert!(
            dearer.contains("takes 5 write units, and 4 is its budget: it has become dearer"),
            "{dearer}"
        );
        let cheaper = differences(&budget(LINE), &budget(Line { aws_calls: 3, ..LINE }));
        assert!(cheaper.contains("takes 3 AWS calls and no longer 4: lower its budget"), "{cheaper}");
        assert!(differences(&Budget::new(), &budget(LINE)).contains("no line"));
        assert!(differences(&budget(LINE), &Budget::new()).contains("remove its line"));
    }
}
