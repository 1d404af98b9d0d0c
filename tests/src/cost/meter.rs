//! Counts what a function calls: a gate in front of AWS and of the providers, one for each function.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use dynoxide::types::{item_size, write_capacity_units};
use serde_json::{Map, Value, json};

use super::Function;
use crate::support::dynamo::Dynamo;
use crate::support::serve;

/// Whose operation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// The tables.
    DynamoDb,
    /// The queues.
    Sqs,
    /// The secrets.
    SecretsManager,
    /// Meta or LINE.
    Provider,
}

/// One call, and what it consumed.
#[derive(Clone, Debug)]
pub struct Call {
    /// Who called.
    pub function: Function,
    /// Whom.
    pub service: Service,
    /// An operation of AWS, or method and path at a provider.
    pub operation: String,
    /// DynamoDB read units, indexes included.
    pub read: f64,
    /// DynamoDB write units, indexes included; also those of a write that its condition refused.
    pub write: f64,
    /// The part of each index in both.
    pub by_index: BTreeMap<String, f64>,
    /// The status of the answer.
    pub status: u16,
    /// Bytes of the request: of its body for AWS, of all of it for a provider.
    pub sent_bytes: usize,
}

/// Where the gates lead.
#[derive(Clone)]
pub struct Behind {
    /// DynamoDB.
    pub table: Dynamo,
    /// SQS and Secrets Manager.
    pub aws_url: String,
    /// The providers.
    pub provider_url: String,
}

/// What went through all of its gates. Clones share it.
#[derive(Clone)]
pub struct Meter {
    behind: Arc<Behind>,
    client: reqwest::Client,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Meter {
    /// Nothing has been counted yet.
    pub fn new(behind: Behind) -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_backend_preconfigured(madoguchi_runtime::tls::client_config().unwrap())
            .build()
            .unwrap();
        Self { behind: Arc::new(behind), client, calls: Arc::default() }
    }

    /// Opens the gate of a function: the address that it finds AWS and the providers at.
    pub async fn gate(&self, function: Function) -> String {
        let meter = self.clone();
        serve(Router::new().fallback(move |request: Request| {
            let meter = meter.clone();
            async move { meter.pass(function, request).await }
        }))
        .await
    }

    /// What was called since the last time.
    pub fn take(&self) -> Vec<Call> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    async fn pass(&self, function: Function, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let mut body = to_bytes(body, usize::MAX).await.unwrap();
        let (service, operation) = called(&parts);
        let sent_bytes = match service {
            Service::Provider => size_of(&parts) + body.len(),
            _ => body.len(),
        };
        let input = body.clone();
        if service == Service::DynamoDb {
            body = ask_for_capacity(&body);
        }
        let url = match service {
            Service::DynamoDb => self.behind.table.url(),
            Service::Sqs | Service::SecretsManager => &self.behind.aws_url,
            Service::Provider => &self.behind.provider_url,
        };
        let mut headers = parts.headers;
        for hop in [header::HOST, header::CONTENT_LENGTH, header::CONNECTION, header::TRANSFER_ENCODING] {
            headers.remove(hop);
        }
        let call = self.client.request(parts.method, format!("{url}{}", parts.uri)).headers(headers);
        let answer = match call.body(body).send().await {
            Ok(answer) => answer,
            Err(error) => return (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
        };
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        let Ok(body) = answer.bytes().await else { return StatusCode::BAD_GATEWAY.into_response() };
        let mut call = Call {
            function,
            service,
            operation,
            read: 0.0,
            write: 0.0,
            by_index: BTreeMap::new(),
            status: status.as_u16(),
            sent_bytes,
        };
        if service == Service::DynamoDb {
            self.meter(&mut call, &input, &body);
        }
        self.calls.lock().unwrap().push(call);
        headers.remove(header::TRANSFER_ENCODING);
        headers.remove(header::CONTENT_LENGTH);
        (status, headers, Body::from(body)).into_response()
    }

    fn meter(&self, call: &mut Call, input: &Bytes, answer: &Bytes) {
        let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        let is_read = ["Get", "BatchGet", "TransactGet", "Query", "Scan"]
            .iter()
            .any(|read| call.operation.starts_with(read));
        // An object for one table, an array where there may be several.
        let reports = match &answer["ConsumedCapacity"] {
            Value::Array(reports) => reports.clone(),
            Value::Null => Vec::new(),
            report => vec![report.clone()],
        };
        for report in &reports {
            let units = report["CapacityUnits"].as_f64().unwrap_or_default();
            *(if is_read { &mut call.read } else { &mut call.write }) += units;
            for kind in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
                for (index, part) in report[kind].as_object().into_iter().flatten() {
                    let units = part["CapacityUnits"].as_f64().unwrap_or_default();
                    *call.by_index.entry(index.clone()).or_default() += units;
                }
            }
        }
        let error = answer["__type"].as_str().unwrap_or_default();
        if error.ends_with("ConditionalCheckFailedException")
            || error.ends_with("TransactionCanceledException")
        {
            let input = serde_json::from_slice(input).unwrap_or_default();
            call.write += self.refused_units(&input);
        }
    }

    /// DynamoDB bills a write that its condition refused by the size of the item that is there, and at least
    /// one unit; a cancelled transaction twice that for each of its writes. The answer does not report it.
    fn refused_units(&self, input: &Value) -> f64 {
        match input["TransactItems"].as_array() {
            None => self.existing_units(input),
            Some(items) => {
                let writes = items.iter().filter_map(|item| item.as_object()?.values().next());
                2.0 * writes.map(|write| self.existing_units(write)).sum::<f64>()
            }
        }
    }

    fn existing_units(&self, write: &Value) -> f64 {
        let key = match &write["Key"] {
            Value::Null => json!({"pk": write["Item"]["pk"], "sk": write["Item"]["sk"]}),
            key => key.clone(),
        };
        let request = json!({"TableName": write["TableName"], "Key": key, "ConsistentRead": true});
        let request = serde_json::from_value(request).unwrap();
        let existing = self.behind.table.database().get_item(request).unwrap().item;
        write_capacity_units(existing.as_ref().map_or(0, item_size))
    }
}

fn called(parts: &Parts) -> (Service, String) {
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    match target.and_then(|target| target.split_once('.')) {
        Some(("AmazonSQS", operation)) => (Service::Sqs, operation.to_owned()),
        Some(("secretsmanager", operation)) => (Service::SecretsManager, operation.to_owned()),
        Some((_, operation)) => (Service::DynamoDb, operation.to_owned()),
        None => (Service::Provider, format!("{} {}", parts.method, parts.uri.path())),
    }
}

/// The request line and the headers as they are sent.
fn size_of(parts: &Parts) -> usize {
    let line = parts.method.as_str().len() + parts.uri.to_string().len() + " HTTP/1.1\r\n".len() + 1;
    let headers: usize =
        parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum();
    line + headers + "\r\n".len()
}

fn ask_for_capacity(body: &Bytes) -> Bytes {
    let mut input: Map<String, Value> = serde_json::from_slice(body).unwrap();
    input.insert("ReturnConsumedCapacity".to_owned(), json!("INDEXES"));
    Value::Object(input).to_string().into()
}
