//! One JSON line per event on standard output, where Lambda collects it.
//!
//! A subscriber of our own, because each byte of a line is paid for and each crate of a function is loaded at its
//! start: what `tracing-subscriber` needs spans for, an environment has only one of at a time, the invocation.

use std::cell::RefCell;
use std::fmt;
use std::io::Write as _;
use std::panic::PanicHookInfo;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::Clock;

thread_local! {
    /// Lambda gives an environment one invocation at a time, and a function runs on one thread.
    static INVOCATION: RefCell<Invocation> = const { RefCell::new(Invocation::NONE) };
}

struct Invocation {
    request_id: String,
    cold_start: bool,
}

impl Invocation {
    const NONE: Self = Self { request_id: String::new(), cold_start: false };
}

/// Starts logging for the function of crate `function` (such as `inbox_writer`). The level comes
/// from `LOG_LEVEL` (`error`, `warn`, `info`, `debug` or `trace`); `info` unless set.
///
/// Other crates are kept at `warn` whatever the level says: below that they print requests.
pub(crate) fn init(function: &'static str) {
    let level = level(std::env::var("LOG_LEVEL").ok().as_deref());
    let lines = Lines { function, level, clock: Clock::system(), write: to_stdout };
    // A second start in one process (tests) keeps the first subscriber.
    let _ = tracing::subscriber::set_global_default(lines);
    std::panic::set_hook(Box::new(log_panic));
}

/// Names the invocation that the lines from now on belong to.
pub(crate) fn begin(request_id: &str, cold_start: bool) {
    INVOCATION.set(Invocation { request_id: request_id.to_owned(), cold_start });
}

fn level(text: Option<&str>) -> Level {
    text.and_then(|text| text.trim().parse().ok()).unwrap_or(Level::INFO)
}

fn to_stdout(line: &[u8]) {
    // Nobody could be told that the log is gone.
    let _ = std::io::stdout().lock().write_all(line);
}

// Where, and never what: the message of a panic may quote what a customer wrote.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let (file, line) = panic.location().map(|at| (at.file(), at.line())).unzip();
    tracing::error!(panic.file = file, panic.line = line, "Panicked");
}

/// Writes events as lines.
struct Lines<W> {
    function: &'static str,
    level: Level,
    clock: Clock,
    write: W,
}

impl<W: Fn(&[u8]) + 'static> Subscriber for Lines<W>
where
    W: Send + Sync,
{
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let ours = ["madoguchi", self.function].iter().any(|prefix| metadata.target().starts_with(prefix));
        *metadata.level() <= if ours { self.level } else { self.level.min(Level::WARN) }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::from_level(self.level))
    }

    fn event(&self, event: &Event<'_>) {
        let (level, target) = (*event.metadata().level(), event.metadata().target());
        let mut line = Line::new(level, &self.clock);
        event.record(&mut line);
        // What went well is told by its ids. What did not is looked for from all sides.
        if level != Level::INFO {
            INVOCATION.with_borrow(|invocation| {
                line.text("request_id", &invocation.request_id);
                line.raw("cold_start", if invocation.cold_start { "true" } else { "false" });
            });
            line.text("target", target);
        }
        (self.write)(&line.finish());
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// A JSON object in the making.
struct Line {
    json: Vec<u8>,
}

impl Line {
    fn new(level: Level, clock: &Clock) -> Self {
        let mut line = Self { json: Vec::with_capacity(512) };
        // Lambda reads these two; their names are its own.
        line.text("timestamp", &clock.now().to_string());
        line.text("level", level.as_str());
        line
    }

    fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        // Writing into memory does not fail.
        let _ = serde_json::to_writer(&mut self.json, value);
    }

    fn raw(&mut self, name: &str, json: &str) {
        self.name(name);
        self.json.extend_from_slice(json.as_bytes());
    }

    fn name(&mut self, name: &str) {
        self.json.push(if self.json.is_empty() { b'{' } else { b',' });
        let _ = serde_json::to_writer(&mut self.json, name);
        self.json.push(b':');
    }

    fn finish(mut self) -> Vec<u8> {
        self.json.extend_from_slice(b"}\n");
        self.json
    }
}

impl Visit for Line {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.raw(field.name(), &value.to_string());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.raw(field.name(), &value.to_string());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.raw(field.name(), if value { "true" } else { "false" });
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field.name(), &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use madoguchi_domain::Timestamp;
    use serde_json::{Value, json};

    use super::*;

    /// What `work` logs for the function `inbox_writer` at `level`.
    fn logged(level: Level, work: impl FnOnce()) -> Vec<Value> {
        let text = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&text);
        let write = move |line: &[u8]| to.lock().unwrap().extend_from_slice(line);
        let (clock, _) = Clock::stopped_at(Timestamp::from_ms(1_700_000_000_123));
        tracing::subscriber::with_default(Lines { function: "inbox_writer", level, clock, write }, work);
        let text = String::from_utf8(text.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn an_event_is_one_json_line() {
        let lines = logged(Level::INFO, || {
            tracing::info!(
                target: "inbox_writer::handler",
                { conversation.id = "c-1", attempt = 2, left = -1_i64, again = true, error = %"\"no\"" },
                "Stored\n`c-1`"
            );
            tracing::debug!(target: "inbox_writer::handler", "left out");
            tracing::info!(target: "hyper_util::client", "left out");
        });
        assert_eq!(
            lines,
            [json!({
                "timestamp": "2023-11-14T22:13:20.123Z", "level": "INFO", "message": "Stored\n`c-1`",
                "conversation.id": "c-1", "attempt": 2, "left": -1, "again": true, "error": "\"no\"",
            })]
        );
    }

    #[test]
    fn a_warning_names_its_place_and_its_invocation() {
        begin("r-1", true);
        let lines = logged(Level::INFO, || tracing::warn!(target: "aws_smithy_runtime", "kept"));
        assert_eq!(lines.len(), 1);
        let expected = json!({
            "timestamp": "2023-11-14T22:13:20.123Z", "level": "WARN", "message": "kept",
            "request_id": "r-1", "cold_start": true, "target": "aws_smithy_runtime",
        });
        assert_eq!(lines[0], expected);
    }

    #[test]
    fn even_at_trace_other_crates_stay_at_warn() {
        let lines = logged(Level::TRACE, || {
            tracing::debug!(target: "aws_smithy_runtime", "request with a token");
            tracing::trace!(target: "madoguchi_store", "kept");
        });
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["level"], "TRACE");
    }

    #[test]
    fn spans_are_carried_through_and_leave_no_trace() {
        let lines = logged(Level::INFO, || {
            let span = tracing::error_span!(target: "inbox_writer", "attempt", token = "hidden");
            span.clone().in_scope(|| tracing::info!(target: "inbox_writer", "Inside"));
        });
        assert_eq!(lines.len(), 1);
        assert!(lines[0].get("token").is_none(), "{lines:?}");
    }

    #[test]
    fn an_unknown_level_means_info() {
        let table = [
            (None, Level::INFO),
            (Some("loud"), Level::INFO),
            (Some("DEBUG"), Level::DEBUG),
            (Some(" warn "), Level::WARN),
        ];
        for (text, expected) in table {
            assert_eq!(level(text), expected, "{text:?}");
        }
    }
}
