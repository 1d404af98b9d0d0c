//! `DynamoDB` without a network: the SDK's requests reach the in-process table directly, are counted, and are
//! answered when emulated time says so. A runtime whose clock is paused moves on as soon as nothing
//! else is left to do, so that what runs is the closer itself and what passes is only time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use dynoxide::{Database, DynoxideError};
use madoguchi_tests::support::dynamo::{Dynamo, INBOX};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};

use super::limits::{Charge, Limits};

/// What emulated time is made of.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Costs {
    /// From the arrival of a request to its answer.
    pub(super) answer: Duration,
    /// CPU time of the caller per request. A function has one thread, so requests queue for it.
    pub(super) cpu: Duration,
}

/// The table, what it was asked, and what that cost.
#[derive(Clone)]
pub(super) struct Table {
    database: Database,
    costs: Costs,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    counted: Counted,
    in_flight: usize,
    cpu_free_at: Option<Instant>,
    limits: Limits,
    /// Puts are kept here and not carried out.
    captured: Option<Vec<Value>>,
}

/// What passed.
#[derive(Clone, Debug, Default)]
pub(super) struct Counted {
    /// Requests by operation, repeated ones included.
    pub(super) requests: BTreeMap<String, usize>,
    /// Most requests without an answer at any moment.
    pub(super) parallelism: usize,
    /// Requests that were refused because a limit was reached.
    pub(super) throttled: usize,
    /// Read units of the Inbox table and the Directory table.
    pub(super) read: f64,
    /// Write units, indexes included.
    pub(super) write: f64,
    /// Write units by index.
    pub(super) by_index: BTreeMap<String, f64>,
}

impl Counted {
    /// All requests.
    pub(super) fn requests(&self) -> usize {
        self.requests.values().sum()
    }
}

impl Table {
    pub(super) fn new(dynamo: &Dynamo, costs: Costs, limits: Limits) -> Self {
        let state = State { limits, ..State::default() };
        Self { database: dynamo.database().clone(), costs, state: Arc::new(Mutex::new(state)) }
    }

    /// A client with the retries and time-outs of the functions.
    pub(super) fn client(&self, dynamo: &Dynamo) -> Client {
        let config = dynamo.clients().dynamodb().config().to_builder().http_client(self.clone()).build();
        Client::from_conf(config)
    }

    /// What passed since the last call.
    pub(super) fn take(&self) -> Counted {
        std::mem::take(&mut self.state().counted)
    }

    /// The items that `work` puts, which are not put: the table's own spelling for a bulk load.
    pub(super) async fn captured(&self, work: impl Future<Output = ()>) -> Vec<Value> {
        self.state().captured = Some(Vec::new());
        work.await;
        self.state().captured.take().unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    async fn answer(&self, operation: &str, body: &[u8]) -> (u16, String) {
        let mut input: Value = serde_json::from_slice(body).unwrap();
        if let Some(captured) = self.state().captured.as_mut() {
            captured.push(input["Item"].take());
            return (200, "{}".to_owned());
        }
        self.compute().await;
        {
            let mut state = self.state();
            state.in_flight += 1;
            state.counted.parallelism = state.counted.parallelism.max(state.in_flight);
            *state.counted.requests.entry(operation.to_owned()).or_default() += 1;
        }
        let answer = self.carry_out(operation, input);
        if !self.costs.answer.is_zero() {
            sleep(self.costs.answer).await;
        }
        self.state().in_flight -= 1;
        answer
    }

    /// Waits for the caller's only CPU and uses it.
    async fn compute(&self) {
        if self.costs.cpu.is_zero() {
            return;
        }
        let done = {
            let mut state = self.state();
            let done =
                state.cpu_free_at.map_or_else(Instant::now, |at| at.max(Instant::now())) + self.costs.cpu;
            state.cpu_free_at = Some(done);
            done
        };
        sleep_until(done).await;
    }

    fn carry_out(&self, operation: &str, mut input: Value) -> (u16, String) {
        let charges = self.charges(operation, &input);
        if !self.state().limits.admit(&charges) {
            self.state().counted.throttled += 1;
            return (400, refusal(operation, &input).to_string());
        }
        input["ReturnConsumedCapacity"] = json!("INDEXES");
        match dispatch(&self.database, operation, input) {
            Ok(output) => {
                self.state().counted.bill(operation, &output);
                (200, output.to_string())
            }
            Err(error) => (error.status_code(), error.to_json()),
        }
    }

    /// What a write takes from where, by the item before and after.
    fn charges(&self, operation: &str, input: &Value) -> Vec<Charge> {
        if !self.state().limits.any() {
            return Vec::new();
        }
        let puts: Vec<&Value> = match operation {
            "PutItem" => vec![input],
            "TransactWriteItems" => {
                input["TransactItems"].as_array().unwrap().iter().map(|write| &write["Put"]).collect()
            }
            _ => Vec::new(),
        };
        // DynamoDB writes an item of a transaction twice.
        let base = if operation == "TransactWriteItems" { 2.0 } else { 1.0 };
        let mut charges = Vec::new();
        for put in puts.into_iter().filter(|put| put["TableName"] == INBOX) {
            let new = &put["Item"];
            let key = json!({ "TableName": INBOX, "Key": { "pk": new["pk"], "sk": new["sk"] } });
            let old = dispatch(&self.database, "GetItem", key).unwrap();
            charges.extend(super::limits::charges(&old["Item"], new, base));
        }
        charges
    }
}

impl Counted {
    fn bill(&mut self, operation: &str, output: &Value) {
        let reports = match &output["ConsumedCapacity"] {
            Value::Array(reports) => reports.clone(),
            report => vec![report.clone()],
        };
        let writes = ["PutItem", "UpdateItem", "TransactWriteItems"].contains(&operation);
        for report in reports {
            let units = report["CapacityUnits"].as_f64().unwrap_or_default();
            *(if writes { &mut self.write } else { &mut self.read }) += units;
            for (index, part) in report["GlobalSecondaryIndexes"].as_object().into_iter().flatten() {
                if writes {
                    let units = part["CapacityUnits"].as_f64().unwrap_or_default();
                    *self.by_index.entry(index.clone()).or_default() += units;
                }
            }
        }
    }
}

/// How `DynamoDB` says that it is asked for too much.
fn refusal(operation: &str, input: &Value) -> Value {
    if operation == "TransactWriteItems" {
        let mut reasons = vec![json!({ "Code": "None" }); input["TransactItems"].as_array().unwrap().len()];
        reasons[0] =
            json!({ "Code": "ThrottlingError", "Message": "Throughput exceeds the current capacity" });
        let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason["Code"].as_str()).collect();
        return json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": format!(
                "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
                codes.join(", ")
            ),
            "CancellationReasons": reasons,
        });
    }
    json!({
        "__type": "com.amazon.coral.availability#ThrottlingException",
        "message": "Throughput exceeds the current capacity of your table or index.",
    })
}

/// One operation of the table, as its protocol spells it.
pub(super) fn dispatch(database: &Database, operation: &str, input: Value) -> Result<Value, DynoxideError> {
    fn call<I: DeserializeOwned, O: Serialize>(
        input: Value,
        operation: impl FnOnce(I) -> Result<O, DynoxideError>,
    ) -> Result<Value, DynoxideError> {
        Ok(serde_json::to_value(operation(serde_json::from_value(input).unwrap())?).unwrap())
    }
    match operation {
        "BatchGetItem" => call(input, |input| database.batch_get_item(input)),
        "GetItem" => call(input, |input| database.get_item(input)),
        "PutItem" => call(input, |input| database.put_item(input)),
        "Query" => call(input, |input| database.query(input)),
        "Scan" => call(input, |input| database.scan(input)),
        "TransactWriteItems" => call(input, |input| database.transact_write_items(input)),
        "UpdateItem" => call(input, |input| database.update_item(input)),
        "UpdateTable" => call(input, |input| database.update_table(input)),
        other => panic!("{other} is not among the operations that a closer calls"),
    }
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").finish_non_exhaustive()
    }
}

impl HttpClient for Table {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Table {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let table = self.clone();
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default();
            let operation = target.rsplit('.').next().unwrap_or_default();
            let (status, body) = table.answer(operation, request.body().bytes().unwrap_or_default()).await;
            Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body)))
        })
    }
}
