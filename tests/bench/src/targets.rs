//! What the figures should be, and whether they are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A figure with a bound.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Under which heading it stands.
    pub group: Group,
    /// The figure's name.
    pub figure: &'static str,
    /// What it says, for people.
    pub about: &'static str,
    /// Where it should be.
    pub bound: Bound,
    /// How it is written.
    pub unit: Unit,
    /// Why it is missed and what would be needed: printed only when it is missed.
    pub if_missed: Option<&'static str>,
}

/// What targets are about, in the order in which they are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Against the same job in other languages.
    Ratios,
    /// Size and start of our functions.
    Functions,
    /// What a message costs.
    Work,
    /// What deadlines cost.
    Deadlines,
    /// What operators wait for, and what it costs.
    Inbox,
    /// What a person waits for in the console.
    Console,
}

impl Group {
    /// All groups, ratios first.
    pub const ALL: [Self; 6] =
        [Self::Ratios, Self::Functions, Self::Work, Self::Deadlines, Self::Inbox, Self::Console];

    /// The heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Ratios => "Ratios: how many times less than the same job in other languages",
            Self::Functions => "Size and start of each function",
            Self::Work => "Work and dollars per message",
            Self::Deadlines => "Deadlines",
            Self::Inbox => "Lists, search and live updates",
            Self::Console => "The console",
        }
    }
}

/// Where a figure should be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
    /// Less than this.
    Below(f64),
}

/// How a figure is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// `83 ×`.
    Times,
    /// `2.41 MB`.
    Megabytes,
    /// `94.0 KB`.
    Kilobytes,
    /// `8.4 ms`.
    Milliseconds,
    /// `95.0 s`.
    Seconds,
    /// `7 WRU`.
    WriteUnits,
    /// `1.5 RRU`.
    ReadUnits,
    /// `1.3`.
    Requests,
    /// `$5.67`.
    Dollars,
}

/// How a figure compares with its target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// The figure is where it should be.
    Met,
    /// It is not, by so much of the bound (0.1: a tenth).
    Missed(f64),
    /// Nobody measured it.
    NotMeasured,
}

/// Tenths that were added up are not exact: 13 requests for 10 messages may be 1.3 and a trace.
const BINARY_NOISE: f64 = 1e-9;

/// Why a busy ingest does not use an eighth of the CPU.
const BUSY_CPU: &str = "A warm webhook is some 940,000 instructions (as callgrind \
    counts them, with SHA-256 in software), and most of them are the AWS SDK's path of one \
    `SendMessageBatch` (endpoint rules, credentials, signature, retries, serialising), the HTTP client and the kernel's \
    part of six messages on two sockets; both contestants' just-in-time or C code does the same in a hot loop at its best \
    here. Size was bought with a part of it: `opt-level = \"s\"` costs a fifth more instructions than 3, for a quarter \
    less to load at a cold start. An eighth would take a queue client of our own in place of the SDK, which is not worth \
    its upkeep: at 10 ms billed, CPU is a thirtieth of what a message costs.";
/// Why a reply alone in its batch costs more.
const LONE_REPLY: &str = "A reply alone in its batch pays for every hop by itself: three SQS requests ($1.50), a \
    relay ($0.23) and a sender that waits a quarter of a second for the provider ($1.03). It would take the queue away, \
    and with it the order and the retries of a conversation's replies.";
/// Why replies in full batches may cost more.
const BATCHED_REPLY: &str = "Nine write units make $5.63 of it: place of the idempotency key, message, its entry in \
    `pending` and its removal, conversation, its move in the list (2), claim, settlement. Each is what one of the promises \
    rests on: no reply twice, none lost. It would take one of them away, or the HTTP API ($1.00) in favour of a function \
    URL.";

/// Why a client may hear late of a change on the local stack.
const EMULATED_STREAM: &str = "The emulator looks for new records of a stream when its other work is done, and runs one \
    invocation after the other; Lambda asks each shard four times a second.";

use Bound::{AtLeast, AtMost, Below};

/// Every target, in the order in which they are reported.
pub const TARGETS: &[Target] = &[
    ratio("peers.init_ratio.python", "init, against Python", 80.0),
    ratio("peers.init_ratio.node", "init, against Node", 30.0),
    ratio("peers.init_ratio.node_bundled", "init, against Node in one bundle", 25.0),
    ratio("peers.memory_ratio.python", "peak memory, against Python", 7.0),
    ratio("peers.memory_ratio.node", "peak memory, against Node", 7.0),
    ratio("peers.memory_ratio.node_bundled", "peak memory, against Node in one bundle", 7.0),
    ratio("peers.cpu_back_to_back_ratio.python", "CPU per warm invocation back to back, against Python", 8.0)
        .if_missed(BUSY_CPU),
    ratio("peers.cpu_back_to_back_ratio.node", "CPU per warm invocation back to back, against Node", 8.0)
        .if_missed(BUSY_CPU),
    ratio(
        "peers.cpu_back_to_back_ratio.node_bundled",
        "CPU per warm invocation back to back, against Node in one bundle",
        8.0,
    )
    .if_missed(BUSY_CPU),
    ratio("peers.cpu_paced_ratio.python", "CPU per warm invocation every 50 ms, against Python", 3.0),
    ratio("peers.cpu_paced_ratio.node", "CPU per warm invocation every 50 ms, against Node", 3.0),
    ratio(
        "peers.cpu_paced_ratio.node_bundled",
        "CPU per warm invocation every 50 ms, against Node in one bundle",
        3.0,
    ),
    function(
        "functions.max_init_ms",
        "longest init of any function, at full CPU",
        AtMost(10.0),
        Unit::Milliseconds,
    ),
    function("functions.max_zip_mb", "largest zip of any function", AtMost(3.0), Unit::Megabytes),
    function(
        "functions.media-fetch.peak_mb",
        "peak memory of `media-fetch`, through which a video of 200 MB passes",
        Below(128.0),
        Unit::Megabytes,
    ),
    work("work.inbound_text.wru", "inbound text: write units", AtMost(8.0), Unit::WriteUnits),
    work("work.inbound_text.rru", "inbound text: read units", AtMost(2.0), Unit::ReadUnits),
    work(
        "work.inbound_text.sqs_requests",
        "inbound text, unbatched: SQS requests",
        AtMost(4.0),
        Unit::Requests,
    ),
    work(
        "work.inbound_text_batch_of_10.sqs_requests",
        "inbound text, full batches: SQS requests",
        AtMost(1.3),
        Unit::Requests,
    ),
    work(
        "work.inbound_text.dollars_per_million",
        "a million inbound messages, unbatched",
        Below(6.0),
        Unit::Dollars,
    ),
    work(
        "work.inbound_text_batch_of_10.dollars_per_million",
        "a million inbound messages, full batches",
        Below(6.0),
        Unit::Dollars,
    ),
    work("work.reply.dollars_per_million", "a million replies, unbatched", Below(8.0), Unit::Dollars)
        .if_missed(LONE_REPLY),
    work(
        "work.reply_batch_of_10.dollars_per_million",
        "a million replies, full batches",
        Below(8.0),
        Unit::Dollars,
    )
    .if_missed(BATCHED_REPLY),
    deadline(
        "work.tick.rru_per_shard",
        "a tick with nothing due: read units per shard",
        AtMost(1.0),
        Unit::ReadUnits,
    ),
    deadline(
        "deadlines.idle_1000000.rru_per_shard",
        "the same with 1,000,000 conversations open",
        AtMost(1.0),
        Unit::ReadUnits,
    ),
    deadline(
        "deadlines.due_50000.emulated_s",
        "50,000 due in one minute: emulated time until the last close",
        AtMost(120.0),
        Unit::Seconds,
    ),
    inbox(
        "inbox.lists.worst_growth",
        "a page of any list, of 1,000,000 conversations instead of 100: read units",
        AtMost(1.05),
        Unit::Times,
    ),
    inbox(
        "inbox.search.seconds_at_100000",
        "a word in a conversation of 100,000 messages",
        Below(1.0),
        Unit::Seconds,
    ),
    inbox(
        "live.median_s",
        "a change, from its commit to a client on the local stack",
        Below(1.0),
        Unit::Seconds,
    )
    .if_missed(EMULATED_STREAM),
    console(
        "console.kilobytes",
        "everything that the first load of the inbox needs, compressed",
        Below(150.0),
        Unit::Kilobytes,
    ),
    console(
        "console.first_paint_s",
        "the first paint of the inbox on the local stack, functions warm, cache empty",
        Below(1.0),
        Unit::Seconds,
    ),
    console(
        "console.bubble_s",
        "a message, from its commit to the bubble in the page, on the local stack",
        Below(1.0),
        Unit::Seconds,
    )
    .if_missed(EMULATED_STREAM),
];

const fn console(figure: &'static str, about: &'static str, bound: Bound, unit: Unit) -> Target {
    Target::new(Group::Console, figure, about, bound, unit)
}

const fn inbox(figure: &'static str, about: &'static str, bound: Bound, unit: Unit) -> Target {
    Target::new(Group::Inbox, figure, about, bound, unit)
}

const fn ratio(figure: &'static str, about: &'static str, least: f64) -> Target {
    Target::new(Group::Ratios, figure, about, AtLeast(least), Unit::Times)
}

const fn function(figure: &'static str, about: &'static str, bound: Bound, unit: Unit) -> Target {
    Target::new(Group::Functions, figure, about, bound, unit)
}

const fn work(figure: &'static str, about: &'static str, bound: Bound, unit: Unit) -> Target {
    Target::new(Group::Work, figure, about, bound, unit)
}

const fn deadline(figure: &'static str, about: &'static str, bound: Bound, unit: Unit) -> Target {
    Target::new(Group::Deadlines, figure, about, bound, unit)
}

impl Target {
    const fn new(group: Group, figure: &'static str, about: &'static str, bound: Bound, unit: Unit) -> Self {
        Self { group, figure, about, bound, unit, if_missed: None }
    }

    /// The same with a sentence for the case that it is missed: why, and what would be needed. Chain it to
    /// a target of [`TARGETS`].
    #[must_use]
    pub const fn if_missed(self, why: &'static str) -> Self {
        Self { if_missed: Some(why), ..self }
    }

    /// The figure's value, if it was measured.
    pub fn value(&self, figures: &BTreeMap<String, f64>) -> Option<f64> {
        figures.get(self.figure).copied().filter(|value| value.is_finite())
    }

    /// Whether the target is met.
    pub fn verdict(&self, figures: &BTreeMap<String, f64>) -> Verdict {
        match self.value(figures) {
            None => Verdict::NotMeasured,
            Some(value) if self.bound.holds(value) => Verdict::Met,
            Some(value) => Verdict::Missed((value - self.bound.at()).abs() / self.bound.at()),
        }
    }
}

impl Bound {
    /// Whether `value` is where it should be.
    pub fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound - BINARY_NOISE * bound,
            Self::AtMost(bound) => value <= bound + BINARY_NOISE * bound,
            Self::Below(bound) => value < bound,
        }
    }

    /// The number in it.
    pub const fn at(self) -> f64 {
        match self {
            Self::AtLeast(bound) | Self::AtMost(bound) | Self::Below(bound) => bound,
        }
    }

    /// For people: `≥ 80 ×`.
    pub fn text(self, unit: Unit) -> String {
        let sign = match self {
            Self::AtLeast(_) => "≥",
            Self::AtMost(_) => "≤",
            Self::Below(_) => "<",
        };
        format!("{sign} {}", unit.exactly(self.at()))
    }
}

impl Unit {
    /// For people, with three or four digits. A figure is never rounded to the other side of a bound:
    /// next to one it is written out.
    pub fn text(self, value: f64, bound: Bound) -> String {
        let digits = match value.abs() {
            size if size >= 100.0 => 0,
            size if size >= 10.0 => 1,
            _ => 2,
        };
        (digits..6)
            .map(|digits| format!("{value:.digits$}"))
            .find(|text| text.parse().is_ok_and(|shown| bound.holds(shown) == bound.holds(value)))
            .map_or_else(|| self.exactly(value), |text| self.with(&text))
    }

    fn exactly(self, value: f64) -> String {
        self.with(&value.to_string())
    }

    fn with(self, number: &str) -> String {
        match self {
            Self::Times => format!("{number} ×"),
            Self::Megabytes => format!("{number} MB"),
            Self::Kilobytes => format!("{number} KB"),
            Self::Milliseconds => format!("{number} ms"),
            Self::Seconds => format!("{number} s"),
            Self::WriteUnits => format!("{number} WRU"),
            Self::ReadUnits => format!("{number} RRU"),
            Self::Requests => number.to_owned(),
            Self::Dollars => format!("${number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::options::Part;

    fn target(bound: Bound) -> Target {
        work("work.x", "x", bound, Unit::WriteUnits)
    }

    fn verdict(bound: Bound, value: f64) -> Verdict {
        target(bound).verdict(&BTreeMap::from([("work.x".to_owned(), value)]))
    }

    #[test]
    fn a_target_is_met_on_its_bound_unless_it_lies_below() {
        assert_eq!(verdict(AtLeast(80.0), 80.0), Verdict::Met);
        assert_eq!(verdict(AtMost(8.0), 8.0), Verdict::Met);
        assert_eq!(verdict(Below(6.0), 5.999), Verdict::Met);
        assert_eq!(verdict(Below(6.0), 6.0), Verdict::Missed(0.0));
        assert_eq!(verdict(AtMost(1.3), 0.1 + 0.2 + 1.0), Verdict::Met);
        assert!(matches!(verdict(AtMost(1.3), 1.300_001), Verdict::Missed(_)));
    }

    #[test]
    fn it_is_missed_by_a_share_of_its_bound() {
        assert_eq!(verdict(AtLeast(80.0), 60.0), Verdict::Missed(0.25));
        assert_eq!(verdict(AtMost(8.0), 10.0), Verdict::Missed(0.25));
    }

    #[test]
    fn why_a_target_is_missed_stands_beside_it() {
        let target = target(AtMost(8.0)).if_missed("because");
        assert_eq!((target.if_missed, target.figure), (Some("because"), "work.x"));
    }

    #[test]
    fn what_was_not_measured_is_never_met() {
        assert_eq!(target(AtMost(8.0)).verdict(&BTreeMap::new()), Verdict::NotMeasured);
        assert_eq!(verdict(AtMost(8.0), f64::NAN), Verdict::NotMeasured);
        assert_eq!(verdict(AtLeast(8.0), f64::INFINITY), Verdict::NotMeasured);
    }

    #[test]
    fn rounding_never_makes_a_miss_look_met() {
        assert_eq!(Unit::Times.text(79.97, AtLeast(80.0)), "79.97 ×");
        assert_eq!(Unit::Times.text(83.44, AtLeast(80.0)), "83.4 ×");
        assert_eq!(Unit::Dollars.text(5.999, Below(6.0)), "$5.999");
        assert_eq!(Unit::WriteUnits.text(8.0, AtMost(8.0)), "8.00 WRU");
        assert_eq!(Unit::Times.text(279.6, AtLeast(80.0)), "280 ×");
    }

    #[test]
    fn every_target_names_a_figure_of_a_part_once() {
        let names: BTreeSet<_> = TARGETS.iter().map(|target| target.figure).collect();
        assert_eq!(names.len(), TARGETS.len());
        let parts = Part::ALL.map(Part::id);
        assert!(names.iter().all(|name| name.split_once('.').is_some_and(|(part, _)| parts.contains(&part))));
    }
}
