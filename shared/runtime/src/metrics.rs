//! Metrics in the embedded metric format: log lines that AWS counts, so that a metric costs no
//! call. Identifiers belong in logs; every dimension value is a metric to pay for.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use madoguchi_domain::{ChannelKind, Span, Timestamp};
use serde_json::{Map, Value, json};

const NAMESPACE: &str = "Madoguchi";
/// The format's limit of values per metric and line; further durations of one flush are dropped.
const MAX_VALUES: usize = 100;

/// Collects what one invocation counts. Clones collect into the same place.
#[derive(Clone, Debug)]
pub struct Metrics {
    function: &'static str,
    pending: Arc<Mutex<BTreeMap<Key, Samples>>>,
}

type Key = (Option<ChannelKind>, &'static str);

#[derive(Debug, PartialEq)]
enum Samples {
    Count(u64),
    Milliseconds(Vec<i64>),
}

impl Metrics {
    /// Metrics of `function`, the value of their only constant dimension.
    pub fn new(function: &'static str) -> Self {
        Self { function, pending: Arc::default() }
    }

    /// Adds `amount` to the counter `name`.
    pub fn count(&self, name: &'static str, amount: u64) {
        self.add_count((None, name), amount);
    }

    /// Adds `amount` to the counter `name` of one kind of channel.
    pub fn count_for(&self, kind: ChannelKind, name: &'static str, amount: u64) {
        self.add_count((Some(kind), name), amount);
    }

    /// Notes that something took, or is late by, `span`.
    pub fn duration(&self, name: &'static str, span: Span) {
        self.add_duration((None, name), span);
    }

    /// The same for one kind of channel.
    pub fn duration_for(&self, kind: ChannelKind, name: &'static str, span: Span) {
        self.add_duration((Some(kind), name), span);
    }

    /// What the counter `name` stands at since the last flush, over all kinds of channel.
    pub fn counted(&self, name: &str) -> u64 {
        let of_name = |((_, key), samples): (&Key, &Samples)| match samples {
            Samples::Count(count) if *key == name => *count,
            _ => 0,
        };
        self.pending().iter().map(of_name).sum()
    }

    /// Writes what was collected to standard output and starts anew.
    pub fn flush(&self, now: Timestamp) {
        let lines = self.drain(now);
        if !lines.is_empty() {
            // Nobody could be told that the log is gone.
            let _ = std::io::stdout().lock().write_all(lines.as_bytes());
        }
    }

    fn add_count(&self, key: Key, amount: u64) {
        match self.pending().entry(key).or_insert(Samples::Count(0)) {
            Samples::Count(count) => *count = count.saturating_add(amount),
            Samples::Milliseconds(_) => tracing::error!("`{}` is a duration, not a counter", key.1),
        }
    }

    fn add_duration(&self, key: Key, span: Span) {
        match self.pending().entry(key).or_insert_with(|| Samples::Milliseconds(Vec::new())) {
            Samples::Milliseconds(values) if values.len() < MAX_VALUES => values.push(span.as_ms()),
            Samples::Milliseconds(_) => {}
            Samples::Count(_) => tracing::error!("`{}` is a counter, not a duration", key.1),
        }
    }

    /// One line per set of dimensions, since all metrics of a line share theirs.
    fn drain(&self, now: Timestamp) -> String {
        let mut by_kind: BTreeMap<Option<ChannelKind>, Vec<(&'static str, Samples)>> = BTreeMap::new();
        for ((kind, name), samples) in std::mem::take(&mut *self.pending()) {
            by_kind.entry(kind).or_default().push((name, samples));
        }
        by_kind.into_iter().map(|(kind, metrics)| self.line(kind, metrics, now) + "\n").collect()
    }

    fn line(
        &self,
        kind: Option<ChannelKind>,
        metrics: Vec<(&'static str, Samples)>,
        now: Timestamp,
    ) -> String {
        let mut fields = Map::new();
        let mut dimensions = vec!["Function"];
        let mut definitions = Vec::new();
        fields.insert("Function".to_owned(), self.function.into());
        if let Some(kind) = kind {
            dimensions.push("ChannelKind");
            fields.insert("ChannelKind".to_owned(), kind.as_str().into());
        }
        for (name, samples) in metrics {
            let (unit, value): (_, Value) = match samples {
                Samples::Count(count) => ("Count", count.into()),
                Samples::Milliseconds(values) => ("Milliseconds", values.into()),
            };
            definitions.push(json!({ "Name": name, "Unit": unit }));
            fields.insert(name.to_owned(), value);
        }
        let directive = json!({
            "Namespace": NAMESPACE,
            "Dimensions": [dimensions],
            "Metrics": definitions,
        });
        fields
            .insert("_aws".to_owned(), json!({ "Timestamp": now.as_ms(), "CloudWatchMetrics": [directive] }));
        Value::Object(fields).to_string()
    }

    fn pending(&self) -> MutexGuard<'_, BTreeMap<Key, Samples>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(metrics: &Metrics) -> Vec<Value> {
        let text = metrics.drain(Timestamp::from_ms(1_000));
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn counters_and_durations_become_one_line() {
        let metrics = Metrics::new("webhook_ingest");
        metrics.count("EventsAccepted", 2);
        metrics.clone().count("EventsAccepted", 3);
        metrics.duration("CloseLateness", Span::from_secs(2));
        metrics.duration("CloseLateness", Span::from_ms(5));
        assert_eq!(metrics.counted("EventsAccepted"), 5);
        assert_eq!(
            lines(&metrics),
            [json!({
                "Function": "webhook_ingest",
                "EventsAccepted": 5,
                "CloseLateness": [2000, 5],
                "_aws": {"Timestamp": 1000, "CloudWatchMetrics": [{
                    "Namespace": "Madoguchi",
                    "Dimensions": [["Function"]],
                    "Metrics": [
                        {"Name": "CloseLateness", "Unit": "Milliseconds"},
                        {"Name": "EventsAccepted", "Unit": "Count"},
                    ],
                }]},
            })]
        );
        assert!(lines(&metrics).is_empty());
    }

    #[test]
    fn each_kind_of_channel_has_its_own_line() {
        let metrics = Metrics::new("webhook_ingest");
        metrics.count_for(ChannelKind::Line, "SignaturesRefused", 1);
        metrics.count_for(ChannelKind::Messenger, "SignaturesRefused", 2);
        assert_eq!(metrics.counted("SignaturesRefused"), 3);
        let lines = lines(&metrics);
        assert_eq!(lines.len(), 2);
        for line in lines {
            let kind = line["ChannelKind"].as_str().unwrap();
            assert_eq!(line["SignaturesRefused"], if kind == "line" { 1 } else { 2 });
            assert_eq!(
                line["_aws"]["CloudWatchMetrics"][0]["Dimensions"],
                json!([["Function", "ChannelKind"]])
            );
        }
    }

    #[test]
    fn a_line_never_holds_more_values_than_the_format_allows() {
        let metrics = Metrics::new("idle_close");
        for _ in 0..150 {
            metrics.duration("CloseLateness", Span::from_ms(1));
        }
        assert_eq!(lines(&metrics)[0]["CloseLateness"].as_array().unwrap().len(), MAX_VALUES);
    }
}
