//! The price list, `prices.json`, and what it makes of work.
#![allow(clippy::missing_panics_doc)] // The list is part of the program: one that is wrong must stop it.

use std::collections::BTreeMap;

use madoguchi_tests::cost::template::{self, PlatformLines};
use madoguchi_tests::cost::{Function, Measured};
use serde::Deserialize;

const LIST: &str = include_str!("../prices.json");
const MILLION: f64 = 1_000_000.0;

/// Everything that a bill is made of and that is not measured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// What the list is.
    pub about: String,
    /// The prices by name.
    pub prices: BTreeMap<String, Price>,
    durations: Durations,
    platform_log: PlatformLog,
    access_log: AccessLog,
    transport: Transport,
}

/// What a number of units costs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// US dollars.
    pub dollars: f64,
    /// For so many.
    pub per: f64,
    /// Of what.
    pub unit: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Durations {
    #[expect(dead_code, reason = "for readers of the file")]
    about: String,
    aws_only_ms: f64,
    with_provider_call_ms: f64,
    further_record_ms: f64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlatformLog {
    #[expect(dead_code, reason = "for readers of the file")]
    about: String,
    text: Vec<String>,
    json: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccessLog {
    #[expect(dead_code, reason = "for readers of the file")]
    about: String,
    values: BTreeMap<String, String>,
    webhook_route: String,
    api_route: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Transport {
    #[expect(dead_code, reason = "for readers of the file")]
    about: String,
    bytes: f64,
}

/// A bill for a million messages.
#[derive(Clone, Debug)]
pub struct Bill {
    /// Its lines, always the same ones in the same order.
    pub lines: Vec<Line>,
}

/// One line of a bill.
#[derive(Clone, Debug)]
pub struct Line {
    /// What is charged for.
    pub what: &'static str,
    /// How much of it one message takes.
    pub each: String,
    /// What that comes to for a million messages.
    pub dollars: f64,
}

/// Bytes that an invocation of each function logs by itself.
pub type LoggedBytes = BTreeMap<Function, f64>;

impl Prices {
    /// The list.
    pub fn read() -> Self {
        serde_json::from_str(LIST).expect("prices.json is readable")
    }

    /// What a million such messages cost. `logged` stands in for what a job did not log itself.
    pub fn bill(&self, measured: &Measured, logged: &LoggedBytes) -> Bill {
        let messages = f64::from(measured.messages);
        let each = |total: f64| total / messages;
        let mut lines = Vec::new();
        let mut line = |what, each, dollars: f64| lines.push(Line { what, each, dollars: dollars * MILLION });

        let requests = each(number(measured.http_requests));
        line("HTTP API", count(requests, "request"), requests * self.price("http_api"));
        for (what, is_front) in [("its function", true), ("functions behind it", false)] {
            let (calls, gb_seconds) = self.compute(measured, is_front);
            let dollars = each(calls) * self.price("lambda_requests")
                + each(gb_seconds) * self.price("lambda_duration");
            let used = format!("{}, {:.2} GB·ms", count(each(calls), "call"), each(gb_seconds) * 1_000.0);
            line(what, used, dollars);
        }
        let sqs = each(number(measured.sqs_requests()));
        line("SQS", count(sqs, "request"), sqs * self.price("sqs_fifo"));
        let reads = each(measured.reads());
        line("table, reads", format!("{} RRU", plain(reads)), reads * self.price("dynamodb_reads"));
        let writes = each(measured.writes());
        line("table, writes", format!("{} WRU", plain(writes)), writes * self.price("dynamodb_writes"));
        let secrets = each(number(measured.secret_calls()));
        line("secrets", count(secrets, "call"), secrets * self.price("secrets_manager"));
        let bytes = each(self.logged(measured, logged));
        line("logs", format!("{bytes:.0} bytes"), bytes * self.price("logs"));
        let bytes = each(self.sent_out(measured));
        line("data out", format!("{bytes:.0} bytes"), bytes * self.price("data_out"));
        Bill { lines }
    }

    /// What one unit costs.
    fn price(&self, name: &str) -> f64 {
        let price = self.prices.get(name).unwrap_or_else(|| panic!("no price for `{name}`"));
        price.dollars / price.per
    }

    /// Invocations, and the GB-seconds that they are billed, of what API Gateway calls or of the rest.
    fn compute(&self, measured: &Measured, is_front: bool) -> (f64, f64) {
        let (mut calls, mut gb_seconds) = (0.0, 0.0);
        for &(function, records) in measured.invocations.iter().filter(|(of, _)| front(*of) == is_front) {
            let first = if function.calls_providers() {
                self.durations.with_provider_call_ms
            } else {
                self.durations.aws_only_ms
            };
            let ms = first + number(records as u64 - 1) * self.durations.further_record_ms;
            calls += 1.0;
            gb_seconds += f64::from(template::memory_mb(function)) / 1024.0 * ms / 1_000.0;
        }
        (calls, gb_seconds)
    }

    /// Bytes that are stored as logs: what functions log, what Lambda adds, and the access log.
    fn logged(&self, measured: &Measured, logged: &LoggedBytes) -> f64 {
        let mut bytes = 0.0;
        for (function, _) in &measured.invocations {
            bytes += self.platform_bytes(*function);
            if measured.logged_bytes.is_empty() {
                bytes += logged.get(function).copied().unwrap_or_default();
            }
        }
        bytes += measured.logged_bytes.values().map(|bytes| number(*bytes as u64)).sum::<f64>();
        for (function, _) in measured.invocations.iter().filter(|(function, _)| front(*function)) {
            bytes += self.access_bytes(*function);
        }
        bytes
    }

    /// What Lambda logs of one invocation.
    pub fn platform_bytes(&self, function: Function) -> f64 {
        let lines = match template::platform_lines(function) {
            PlatformLines::Text => &self.platform_log.text,
            PlatformLines::Json => &self.platform_log.json,
            PlatformLines::Off => return 0.0,
        };
        number(lines.iter().map(String::len).sum::<usize>() as u64)
    }

    /// What the HTTP API logs of one request to `function`.
    pub fn access_bytes(&self, function: Function) -> f64 {
        let route = if function == Function::InboxApi {
            &self.access_log.api_route
        } else {
            &self.access_log.webhook_route
        };
        let values = self.access_log.values.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut values: Vec<_> = values.chain([("routeKey", route.as_str())]).collect();
        // A name may begin with another one's.
        values.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        template::access_log_line(&values).map_or(0.0, |line| number(line.len() as u64 + 1))
    }

    fn sent_out(&self, measured: &Measured) -> f64 {
        let exchanges = number(measured.http_requests + measured.provider_calls());
        let bytes = measured.answered_bytes + measured.provider_bytes();
        number(bytes as u64) + exchanges * self.transport.bytes
    }
}

impl Bill {
    /// The sum.
    pub fn dollars(&self) -> f64 {
        self.lines.iter().map(|line| line.dollars).sum()
    }
}

/// Whether API Gateway calls it.
fn front(function: Function) -> bool {
    matches!(function, Function::WebhookIngest | Function::InboxApi)
}

#[expect(clippy::cast_precision_loss, reason = "nothing here is counted beyond 2^52")]
fn number(count: u64) -> f64 {
    count as f64
}

fn count(number: f64, what: &str) -> String {
    let plural = if (number - 1.0).abs() < 1e-9 { "" } else { "s" };
    format!("{} {what}{plural}", plain(number))
}

/// A number without needless digits.
pub fn plain(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_prices_what_a_message_takes() {
        let prices = Prices::read();
        let measured = Measured {
            messages: 2,
            http_requests: 2,
            polled: 4,
            invocations: vec![
                (Function::WebhookIngest, 1),
                (Function::WebhookIngest, 1),
                (Function::InboxWriter, 2),
            ],
            ..Measured::default()
        };
        let bill = prices.bill(&measured, &LoggedBytes::new());
        let dollars = |what: &str| bill.lines.iter().find(|line| line.what == what).unwrap().dollars;
        let close = |a: f64, b: f64| (a - b).abs() < 0.000_1;
        assert!(close(dollars("HTTP API"), 1.0));
        assert!(close(dollars("SQS"), 1.0), "two requests each");
        // 10 ms of 256 MB: 0.20 + 0.0333.
        assert!(close(dollars("its function"), 0.233_333_5), "{bill:?}");
        // One call of 20 ms for two messages.
        assert!(close(dollars("functions behind it"), 0.133_333_5), "{bill:?}");
        assert!(close(bill.dollars(), bill.lines.iter().map(|line| line.dollars).sum()));
    }

    #[test]
    fn every_price_says_what_it_is_for() {
        let prices = Prices::read();
        assert!(prices.prices.values().all(|price| price.dollars > 0.0 && price.per > 0.0));
        assert!(prices.platform_bytes(Function::InboxWriter) < 1_000.0);
        assert!(prices.access_bytes(Function::InboxApi) < 1_000.0);
    }

    #[test]
    fn numbers_are_written_without_needless_digits() {
        for (number, text) in [(4.0, "4"), (1.2, "1.2"), (0.126, "0.13"), (12.0, "12"), (100.0, "100")] {
            assert_eq!(plain(number), text);
        }
        assert_eq!(count(1.0, "request"), "1 request");
        assert_eq!(count(1.2, "request"), "1.2 requests");
    }
}
