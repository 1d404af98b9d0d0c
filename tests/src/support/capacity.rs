//! Counts the table capacity that requests consume, by asking DynamoDB to report it.

use std::collections::BTreeMap;

use axum::body::Bytes;
use serde_json::{Map, Value, json};

/// Capacity units consumed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Capacity {
    /// Read units, indexes included.
    pub read: f64,
    /// Write units, indexes included. A write that its condition refused is billed but not reported.
    pub write: f64,
    /// The part of each index in both.
    pub by_index: BTreeMap<String, f64>,
}

const READS: [&str; 5] = ["GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan"];
const WRITES: [&str; 5] = ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"];

/// Changes the request so that its answer reports what it consumed. `false`: it consumes nothing.
pub(super) fn ask(operation: &str, body: &mut Bytes) -> bool {
    if !READS.contains(&operation) && !WRITES.contains(&operation) {
        return false;
    }
    let Ok(mut input) = serde_json::from_slice::<Map<String, Value>>(body) else { return false };
    input.insert("ReturnConsumedCapacity".to_owned(), json!("INDEXES"));
    *body = Value::Object(input).to_string().into();
    true
}

impl Capacity {
    /// Adds what the answer to `operation` reports.
    pub(super) fn add(&mut self, operation: &str, answer: &[u8]) {
        let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        // An object for one table, an array where there may be several.
        let reports = match &answer["ConsumedCapacity"] {
            Value::Array(reports) => reports.clone(),
            Value::Null => return,
            report => vec![report.clone()],
        };
        for report in &reports {
            let units = report["CapacityUnits"].as_f64().unwrap_or_default();
            if READS.contains(&operation) {
                self.read += units;
            } else {
                self.write += units;
            }
            for kind in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
                for (index, part) in report[kind].as_object().into_iter().flatten() {
                    let units = part["CapacityUnits"].as_f64().unwrap_or_default();
                    *self.by_index.entry(index.clone()).or_default() += units;
                }
            }
        }
    }
}
