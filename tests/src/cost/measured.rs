//! What a job took.

use std::collections::BTreeMap;

use super::meter::{Call, Service};
use super::{Function, pollers};

/// Everything that was counted while a job ran.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// How many messages (or closes, or ticks) it was: figures are divided by it.
    pub messages: u32,
    /// What the functions called, providers included.
    pub calls: Vec<Call>,
    /// The functions that ran, each time with how many records.
    pub invocations: Vec<(Function, usize)>,
    /// SQS requests of the event source mappings.
    pub polled: u64,
    /// Requests that the HTTP API took.
    pub http_requests: u64,
    /// Bytes that the HTTP API answered with.
    pub answered_bytes: usize,
    /// Bytes that functions have logged, where they run elsewhere than in this process.
    pub logged_bytes: BTreeMap<Function, usize>,
}

/// How often each function called each operation.
pub type CallTable = BTreeMap<(Function, String), u64>;

impl Measured {
    /// DynamoDB write units, of all messages together.
    pub fn writes(&self) -> f64 {
        self.calls.iter().map(|call| call.write).sum()
    }

    /// DynamoDB read units, of all messages together.
    pub fn reads(&self) -> f64 {
        self.calls.iter().map(|call| call.read).sum()
    }

    /// Calls of AWS services by the functions; calls of providers are none.
    pub fn aws_calls(&self) -> u64 {
        self.calls.iter().filter(|call| call.service != Service::Provider).count() as u64
    }

    /// SQS requests: those that the functions make, and those that it takes to hand them batches.
    pub fn sqs_requests(&self) -> u64 {
        let sent: u64 = self.of(Service::Sqs).map(|call| pollers::requests_of_payload(call.sent_bytes)).sum();
        sent + self.polled
    }

    /// Calls of Secrets Manager.
    pub fn secret_calls(&self) -> u64 {
        self.of(Service::SecretsManager).count() as u64
    }

    /// Calls of providers.
    pub fn provider_calls(&self) -> u64 {
        self.of(Service::Provider).count() as u64
    }

    /// Bytes sent to providers.
    pub fn provider_bytes(&self) -> usize {
        self.of(Service::Provider).map(|call| call.sent_bytes).sum()
    }

    /// Invocations of a function.
    pub fn invocations_of(&self, function: Function) -> usize {
        self.invocations.iter().filter(|(of, _)| *of == function).count()
    }

    /// Calls of AWS by function and operation.
    pub fn call_table(&self) -> CallTable {
        let mut table = CallTable::new();
        for call in self.calls.iter().filter(|call| call.service != Service::Provider) {
            *table.entry((call.function, call.operation.clone())).or_default() += 1;
        }
        table
    }

    /// Write units by table and index.
    pub fn writes_by_place(&self) -> BTreeMap<String, f64> {
        let mut places = BTreeMap::new();
        for call in self.calls.iter().filter(|call| call.write > 0.0) {
            let indexes: f64 = call.by_index.values().sum();
            *places.entry("table".to_owned()).or_default() += call.write - indexes;
            for (index, units) in &call.by_index {
                *places.entry(index.clone()).or_default() += units;
            }
        }
        places
    }

    fn of(&self, service: Service) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(move |call| call.service == service)
    }
}
