//! One JSON line per event on standard output, where Lambda collects it.

use std::panic::PanicHookInfo;

use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::prelude::*;

/// Starts logging for the function of crate `function` (such as `inbox_writer`). The level comes
/// from `LOG_LEVEL` (`error`, `warn`, `info`, `debug` or `trace`); `info` unless set.
///
/// Other crates are kept at `warn` whatever the level says: below that they print requests.
pub(crate) fn init(function: &str) {
    let level = level(std::env::var("LOG_LEVEL").ok().as_deref());
    // A second start in one process (tests) keeps the first subscriber.
    let _ = tracing::subscriber::set_global_default(subscriber(function, level, std::io::stdout));
    std::panic::set_hook(Box::new(log_panic));
}

fn subscriber<W>(function: &str, level: Level, writer: W) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let level = LevelFilter::from_level(level);
    let targets = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("madoguchi", level)
        .with_target(function.to_owned(), level);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_writer(writer);
    tracing_subscriber::registry().with(lines.with_filter(targets))
}

fn level(text: Option<&str>) -> Level {
    text.and_then(|text| text.trim().parse().ok()).unwrap_or(Level::INFO)
}

// Where, and never what: the message of a panic may quote what a customer wrote.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let (file, line) = panic.location().map(|at| (at.file(), at.line())).unzip();
    tracing::error!(panic.file = file, panic.line = line, "Panicked");
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl Lines {
        fn parsed(&self) -> Vec<serde_json::Value> {
            let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        }
    }

    #[test]
    fn an_event_is_one_json_line_with_the_invocation_it_belongs_to() {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = subscriber("inbox_writer", Level::INFO, move || writer.clone());
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::info_span!(target: "inbox_writer", "invocation", request_id = "r-1");
            let _entered = span.enter();
            tracing::info!(target: "inbox_writer::handler", { conversation.id = "c-1" }, "Stored\n`c-1`");
            tracing::debug!(target: "inbox_writer::handler", "left out");
            tracing::info!(target: "hyper_util::client", "left out");
            tracing::warn!(target: "aws_smithy_runtime", "kept");
        });
        let lines = lines.parsed();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["conversation.id"], "c-1");
        assert_eq!(lines[0]["span"]["request_id"], "r-1");
        assert_eq!(lines[1]["message"], "kept");
    }

    #[test]
    fn even_at_trace_other_crates_stay_at_warn() {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = subscriber("inbox_writer", Level::TRACE, move || writer.clone());
        tracing::subscriber::with_default(subscriber, || {
            tracing::debug!(target: "aws_smithy_runtime", "request with a token");
            tracing::trace!(target: "madoguchi_store", "kept");
        });
        assert_eq!(lines.parsed().len(), 1);
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
