//! What `DynamoDB` takes per second.

use std::collections::HashMap;

use serde_json::Value;
use tokio::time::Instant;

/// Writes of one partition per second, of a table and of an index alike. More than that is thrown back,
/// however much the table as a whole may take.
pub(super) const PARTITION: f64 = 1_000.0;
/// Writes per second of an on-demand table, and of each of its indexes, that has never had more to do.
pub(super) const NEW_TABLE: f64 = 4_000.0;

/// Units that a write takes from one bucket: the table's or an index's, or one partition of an index.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Charge {
    index: &'static str,
    /// `None`: the table or index as a whole.
    partition: Option<String>,
    units: f64,
}

/// Token buckets, each holding what a second allows.
#[derive(Default)]
pub(super) struct Limits {
    /// What a partition and what a whole table or index takes.
    rates: Option<(f64, f64)>,
    buckets: HashMap<(&'static str, Option<String>), (f64, Instant)>,
}

impl Limits {
    /// What a partition and what a table or index takes per second.
    pub(super) fn new(partition: f64, whole: f64) -> Self {
        Self { rates: Some((partition, whole)), buckets: HashMap::new() }
    }

    /// Whether there are any.
    pub(super) const fn any(&self) -> bool {
        self.rates.is_some()
    }

    /// Takes all of `charges`, or none if one of them is too much now.
    pub(super) fn admit(&mut self, charges: &[Charge]) -> bool {
        let Some((partition, whole)) = self.rates else { return true };
        let now = Instant::now();
        let mut wanted: HashMap<(&'static str, Option<String>), f64> = HashMap::new();
        for charge in charges {
            *wanted.entry((charge.index, charge.partition.clone())).or_default() += charge.units;
        }
        for (name, units) in &wanted {
            let rate = if name.1.is_some() { partition } else { whole };
            let (left, at) = self.buckets.entry(name.clone()).or_insert((rate, now));
            *left = (*left + now.duration_since(*at).as_secs_f64() * rate).min(rate);
            *at = now;
            if *left < *units {
                return false;
            }
        }
        for (name, units) in wanted {
            self.buckets.entry(name).and_modify(|(left, _)| *left -= units);
        }
        true
    }
}

/// What it takes to put `new` in place of `old`: `base` units of the table, and one unit of an index's
/// partition for each entry that goes and for each that comes. The indexes hold keys only, so an entry that
/// stays is not written.
pub(super) fn charges(old: &Value, new: &Value, base: f64) -> Vec<Charge> {
    let mut charges = vec![Charge { index: "", partition: None, units: base }];
    for (index, partition, position) in [
        ("inbox", "inbox_pk", "inbox_sk"),
        ("deadline", "deadline_pk", "deadline_due"),
        ("pending", "pending_pk", "pending_sk"),
    ] {
        let entry = |item: &Value| {
            let partition = item[partition]["S"].as_str()?.to_owned();
            Some((partition, item[position].clone()))
        };
        let (old, new) = (entry(old), entry(new));
        if old == new {
            continue;
        }
        for (partition, _) in [old, new].into_iter().flatten() {
            charges.push(Charge { index, partition: None, units: 1.0 });
            charges.push(Charge { index, partition: Some(partition), units: 1.0 });
        }
    }
    charges
}
