//! DynamoDB in this process, with the tables of the template.

use std::sync::Arc;

use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
    Projection, ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType,
    TimeToLiveSpecification,
};
use dynoxide::Database;
use dynoxide::actions::describe_stream::DescribeStreamRequest;
use dynoxide::actions::get_records::GetRecordsRequest;
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use dynoxide::actions::list_streams::ListStreamsRequest;
use madoguchi_runtime::{Aws, Clock};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::aws::clients;

/// The name of the Inbox table.
pub const INBOX: &str = "inbox";
/// The name of the Directory table.
pub const DIRECTORY: &str = "directory";
/// The name of the Search table.
pub const SEARCH: &str = "search";
/// The name of the Audit table.
pub const AUDIT: &str = "audit";
/// The name of the Live table.
pub const LIVE: &str = "live";
/// The name of the Deliveries table.
pub const DELIVERIES: &str = "deliveries";
/// The name of the Reports table.
pub const REPORTS: &str = "reports";
/// The name of the Requests table.
pub const REQUESTS: &str = "requests";
/// The name of the Sessions table.
pub const SESSIONS: &str = "sessions";

/// A batch that keeps failing is a bug in the function, not something to wait for.
const MAX_ATTEMPTS: usize = 10;

/// The database. Reads are always strongly consistent and nothing is ever throttled.
#[derive(Clone)]
pub struct Dynamo {
    database: Database,
    url: String,
}

impl Dynamo {
    /// Starts a database with the tables, empty. `clock` decides what is past its time to live.
    pub async fn start(clock: &Clock) -> Self {
        let database = Database::memory_with_clock(Arc::new(DatabaseClock(clock.clone()))).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(dynoxide::server::serve_on(listener, database.clone()));
        let dynamo = Self { database, url };
        let client = dynamo.clients().dynamodb();
        create_inbox(&client).await;
        create_directory(&client).await;
        create_audit(&client).await;
        create_search(&client).await;
        create_deliveries(&client).await;
        create_plain(&client, LIVE).await;
        create_plain(&client, REPORTS).await;
        create_by_pk(&client, REQUESTS).await;
        create_by_pk(&client, SESSIONS).await;
        dynamo
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Clients for it.
    pub fn clients(&self) -> Aws {
        clients(&self.url)
    }

    /// The database itself: to fill it in bulk, past streams and capacity.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Every item of `table`, as DynamoDB writes items, in the order of the keys.
    pub async fn items(&self, table: &str) -> Vec<Value> {
        let client = self.clients().dynamodb();
        let mut items: Vec<Value> = Vec::new();
        let mut start = None;
        loop {
            let page = client.scan().table_name(table).set_exclusive_start_key(start).send().await.unwrap();
            items.extend(
                page.items()
                    .iter()
                    .map(|item| plain(&aws_sdk_dynamodb::types::AttributeValue::M(item.clone()))),
            );
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        let key = |item: &Value| (item["pk"].to_string(), item["sk"].to_string());
        items.sort_by_key(key);
        items
    }

    /// Deletes what is past its time to live; returns how many items. AWS takes up to two days.
    pub fn sweep_expired(&self) -> usize {
        self.database.sweep_ttl().unwrap()
    }

    /// Reads the Inbox table's stream from its beginning.
    pub fn stream(&self) -> StreamReader {
        StreamReader::new(self.database.clone(), INBOX)
    }

    /// Reads the Directory table's stream from its beginning.
    pub fn directory_stream(&self) -> StreamReader {
        StreamReader::new(self.database.clone(), DIRECTORY)
    }
}

/// Hands a table's changes to a function, as Lambda's stream trigger does.
pub struct StreamReader {
    database: Database,
    arn: String,
    shard: String,
    position: Position,
}

#[derive(Clone)]
enum Position {
    Beginning,
    At(String),
    After(String),
}

impl StreamReader {
    fn new(database: Database, table: &str) -> Self {
        let request = ListStreamsRequest { table_name: Some(table.to_owned()), ..Default::default() };
        let arn = database.list_streams(request).unwrap().streams.remove(0).stream_arn;
        let request = DescribeStreamRequest { stream_arn: arn.clone(), ..Default::default() };
        let shard = database.describe_stream(request).unwrap().stream_description.shards.remove(0).shard_id;
        Self { database, arn, shard, position: Position::Beginning }
    }

    /// The next records, at most `max`, without moving on.
    pub fn peek(&self, max: usize) -> Event {
        let (kind, number) = match self.position.clone() {
            Position::Beginning => ("TRIM_HORIZON", None),
            Position::At(number) => ("AT_SEQUENCE_NUMBER", Some(number)),
            Position::After(number) => ("AFTER_SEQUENCE_NUMBER", Some(number)),
        };
        let request = GetShardIteratorRequest {
            stream_arn: self.arn.clone(),
            shard_id: self.shard.clone(),
            shard_iterator_type: kind.to_owned(),
            sequence_number: number,
        };
        let shard_iterator = self.database.get_shard_iterator(request).unwrap().shard_iterator.unwrap();
        let request = GetRecordsRequest { shard_iterator, limit: Some(max) };
        let records = self.database.get_records(request).unwrap().records;
        serde_json::from_value(json!({ "Records": records })).unwrap()
    }

    /// Moves behind `event`, or to the first failure that `response` reports.
    pub fn checkpoint(&mut self, event: &Event, response: &DynamoDbEventResponse) {
        let number = |record: &aws_lambda_events::event::dynamodb::EventRecord| {
            record.change.sequence_number.clone().unwrap()
        };
        let failed =
            response.batch_item_failures.iter().filter_map(|failure| failure.item_identifier.clone());
        self.position = match (failed.min(), event.records.last()) {
            // An empty number stands for the whole batch.
            (Some(failed), _) if failed.is_empty() => Position::At(number(&event.records[0])),
            (Some(failed), _) => Position::At(failed),
            (None, Some(last)) => Position::After(number(last)),
            (None, None) => return,
        };
    }

    /// Hands batches of up to `size` to `function` until the stream is at its end; returns how many
    /// records `function` was given.
    pub async fn drain(
        &mut self,
        size: usize,
        function: impl AsyncFn(Event) -> DynamoDbEventResponse,
    ) -> usize {
        let (mut handed, mut attempts) = (0, 0);
        loop {
            let event = self.peek(size);
            if event.records.is_empty() {
                return handed;
            }
            handed += event.records.len();
            let response = function(event.clone()).await;
            attempts = if response.batch_item_failures.is_empty() { 0 } else { attempts + 1 };
            assert!(attempts < MAX_ATTEMPTS, "the batch keeps failing: {response:?}");
            self.checkpoint(&event, &response);
        }
    }
}

/// An attribute as plain JSON: numbers as numbers, bytes as a list of them, without the type names.
fn plain(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::M(map) => map.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
        AttributeValue::B(bytes) => bytes.as_ref().into(),
        other => serde_dynamo::from_attribute_value(other.clone()).unwrap(),
    }
}

struct DatabaseClock(Clock);

impl dynoxide::storage_backend::Clock for DatabaseClock {
    fn now_unix_secs(&self) -> u64 {
        u64::try_from(self.0.now().as_ms() / 1000).unwrap()
    }

    #[expect(clippy::cast_precision_loss, reason = "milliseconds stay exact for 285,000 years")]
    fn now_unix_secs_f64(&self) -> f64 {
        self.0.now().as_ms() as f64 / 1000.0
    }
}

async fn create_inbox(client: &Client) {
    client
        .create_table()
        .table_name(INBOX)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(vec![
            attribute("pk", ScalarAttributeType::S),
            attribute("sk", ScalarAttributeType::S),
            attribute("inbox_pk", ScalarAttributeType::S),
            attribute("inbox_sk", ScalarAttributeType::S),
            attribute("deadline_pk", ScalarAttributeType::S),
            attribute("deadline_due", ScalarAttributeType::N),
            attribute("pending_pk", ScalarAttributeType::S),
            attribute("mine_pk", ScalarAttributeType::S),
            attribute("waiting_at", ScalarAttributeType::N),
            attribute("window_at", ScalarAttributeType::N),
            attribute("pending_sk", ScalarAttributeType::S),
        ]))
        .set_key_schema(Some(keys("pk", "sk")))
        .global_secondary_indexes(index(
            "inbox",
            keys("inbox_pk", "inbox_sk"),
            noting(&["fc", "ag", "mine_pk", "window_at"]),
        ))
        .global_secondary_indexes(index(
            "mine",
            keys("mine_pk", "inbox_sk"),
            noting(&["fc", "inbox_pk", "window_at"]),
        ))
        .global_secondary_indexes(index(
            "waiting",
            keys("inbox_pk", "waiting_at"),
            noting(&["fc", "ag", "mine_pk"]),
        ))
        .global_secondary_indexes(index(
            "window",
            keys("inbox_pk", "window_at"),
            noting(&["fc", "ag", "mine_pk"]),
        ))
        .global_secondary_indexes(index("deadline", keys("deadline_pk", "deadline_due"), keys_only()))
        .global_secondary_indexes(index("pending", keys("pending_pk", "pending_sk"), keys_only()))
        .stream_specification(images())
        .send()
        .await
        .unwrap();
    expire(client, INBOX).await;
}

async fn create_directory(client: &Client) {
    client
        .create_table()
        .table_name(DIRECTORY)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(vec![
            attribute("pk", ScalarAttributeType::S),
            attribute("sk", ScalarAttributeType::S),
            attribute("credential_pk", ScalarAttributeType::S),
            attribute("credential_due", ScalarAttributeType::N),
        ]))
        .set_key_schema(Some(keys("pk", "sk")))
        .global_secondary_indexes(index("credential", keys("credential_pk", "credential_due"), keys_only()))
        .stream_specification(images())
        .send()
        .await
        .unwrap();
}

async fn create_search(client: &Client) {
    let whole = Projection::builder().projection_type(ProjectionType::All).build();
    let names = ["pk", "sk", "channel", "slot"];
    client
        .create_table()
        .table_name(SEARCH)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(names.map(|name| attribute(name, ScalarAttributeType::S)).into()))
        .set_key_schema(Some(keys("pk", "sk")))
        .global_secondary_indexes(index("time", keys("channel", "slot"), whole))
        .send()
        .await
        .unwrap();
}

async fn create_audit(client: &Client) {
    let whole = || Projection::builder().projection_type(ProjectionType::All).build();
    let names = ["pk", "position", "month", "actor", "channel", "conversation"];
    let pk = KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash).build().unwrap();
    client
        .create_table()
        .table_name(AUDIT)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(names.map(|name| attribute(name, ScalarAttributeType::S)).into()))
        .key_schema(pk)
        .global_secondary_indexes(index("time", keys("month", "position"), whole()))
        .global_secondary_indexes(index("actor", keys("actor", "position"), whole()))
        .global_secondary_indexes(index("channel", keys("channel", "position"), whole()))
        .global_secondary_indexes(index("conversation", keys("conversation", "position"), whole()))
        .send()
        .await
        .unwrap();
    expire(client, AUDIT).await;
}

/// A table of items by `pk` and `sk` that end by themselves.
async fn create_plain(client: &Client, table: &str) {
    client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(
            ["pk", "sk"].map(|name| attribute(name, ScalarAttributeType::S)).into(),
        ))
        .set_key_schema(Some(keys("pk", "sk")))
        .send()
        .await
        .unwrap();
    expire(client, table).await;
}

async fn create_deliveries(client: &Client) {
    client
        .create_table()
        .table_name(DELIVERIES)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(vec![
            attribute("pk", ScalarAttributeType::S),
            attribute("sk", ScalarAttributeType::S),
            attribute("due_pk", ScalarAttributeType::S),
            attribute("due_at", ScalarAttributeType::N),
        ]))
        .set_key_schema(Some(keys("pk", "sk")))
        .global_secondary_indexes(index("due", keys("due_pk", "due_at"), keys_only()))
        .send()
        .await
        .unwrap();
    expire(client, DELIVERIES).await;
}

/// A table without sort key and index, in which everything ends by itself.
async fn create_by_pk(client: &Client, table: &str) {
    let pk = KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash).build().unwrap();
    client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk", ScalarAttributeType::S))
        .key_schema(pk)
        .send()
        .await
        .unwrap();
    expire(client, table).await;
}

fn images() -> StreamSpecification {
    let stream = StreamSpecification::builder().stream_enabled(true);
    stream.stream_view_type(StreamViewType::NewAndOldImages).build().unwrap()
}

async fn expire(client: &Client, table: &str) {
    let expiry =
        TimeToLiveSpecification::builder().enabled(true).attribute_name("expires_at").build().unwrap();
    client.update_time_to_live().table_name(table).time_to_live_specification(expiry).send().await.unwrap();
}

fn attribute(name: &str, kind: ScalarAttributeType) -> AttributeDefinition {
    AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap()
}

fn keys(hash: &str, range: &str) -> Vec<KeySchemaElement> {
    let key = |name, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    vec![key(hash, KeyType::Hash), key(range, KeyType::Range)]
}

fn noting(attributes: &[&str]) -> Projection {
    let attributes = attributes.iter().map(|name| (*name).to_owned()).collect();
    let projection = Projection::builder().projection_type(ProjectionType::Include);
    projection.set_non_key_attributes(Some(attributes)).build()
}

fn keys_only() -> Projection {
    Projection::builder().projection_type(ProjectionType::KeysOnly).build()
}

fn index(name: &str, keys: Vec<KeySchemaElement>, projection: Projection) -> GlobalSecondaryIndex {
    GlobalSecondaryIndex::builder()
        .index_name(name)
        .set_key_schema(Some(keys))
        .projection(projection)
        .build()
        .unwrap()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use aws_lambda_events::event::streams::DynamoDbBatchItemFailure;
    use aws_sdk_dynamodb::error::ProvideErrorMetadata;
    use aws_sdk_dynamodb::types::{
        AttributeValue, ConditionCheck, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    };
    use madoguchi_domain::{Span, Timestamp};
    use madoguchi_runtime::ClockHand;

    use super::*;
    use crate::support::capacity::Capacity;
    use crate::support::fault::Faults;

    async fn dynamo() -> (Dynamo, Client, ClockHand) {
        let (clock, hand) = Clock::stopped_at(Timestamp::from_ms(1_700_000_000_000));
        let dynamo = Dynamo::start(&clock).await;
        let client = dynamo.clients().dynamodb();
        (dynamo, client, hand)
    }

    fn text(value: &str) -> AttributeValue {
        AttributeValue::S(value.to_owned())
    }

    fn number(value: i64) -> AttributeValue {
        AttributeValue::N(value.to_string())
    }

    fn item(attributes: &[(&str, AttributeValue)]) -> HashMap<String, AttributeValue> {
        attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    async fn put(client: &Client, attributes: &[(&str, AttributeValue)]) {
        client.put_item().table_name(INBOX).set_item(Some(item(attributes))).send().await.unwrap();
    }

    #[tokio::test]
    async fn sparse_indexes_hold_what_has_their_keys_and_project_what_they_should() {
        let (_dynamo, client, _hand) = dynamo().await;
        put(
            &client,
            &[
                ("pk", text("c#1")),
                ("sk", text("conversation")),
                ("deadline_pk", text("idle#00")),
                ("deadline_due", number(5)),
                ("pending_pk", text("reply#1")),
                ("pending_sk", text("1")),
                ("pending_state", text("queued")),
                ("other", text("x")),
            ],
        )
        .await;
        put(&client, &[("pk", text("c#2")), ("sk", text("conversation"))]).await;
        let query = |index: &str, condition: &str| {
            client.query().table_name(INBOX).index_name(index).key_condition_expression(condition)
        };
        let due = query("deadline", "deadline_pk = :pk and deadline_due <= :now")
            .expression_attribute_values(":pk", text("idle#00"))
            .expression_attribute_values(":now", number(10));
        let due = due.send().await.unwrap();
        assert_eq!(due.items().len(), 1);
        assert!(!due.items()[0].contains_key("other"));
        let open = query("pending", "pending_pk = :pk").expression_attribute_values(":pk", text("reply#1"));
        let open = open.send().await.unwrap();
        assert!(
            !open.items()[0].contains_key("pending_state"),
            "keys only: a claim does not write the index"
        );
        assert!(!open.items()[0].contains_key("other"));
        let error = query("inbox", "inbox_pk = :pk")
            .consistent_read(true)
            .expression_attribute_values(":pk", text("x"));
        assert!(error.send().await.is_err(), "a global index has no consistent reads");
    }

    #[tokio::test]
    async fn a_refused_transaction_names_the_condition_and_returns_the_item() {
        let (_dynamo, client, _hand) = dynamo().await;
        put(&client, &[("pk", text("c#1")), ("sk", text("conversation")), ("version", number(3))]).await;
        let message = Put::builder()
            .table_name(INBOX)
            .set_item(Some(item(&[("pk", text("c#1")), ("sk", text("m#1"))])))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .unwrap();
        let conversation = ConditionCheck::builder()
            .table_name(INBOX)
            .set_key(Some(item(&[("pk", text("c#1")), ("sk", text("conversation"))])))
            .condition_expression("version = :read")
            .expression_attribute_values(":read", number(2))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .unwrap();
        let error = client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(message).build())
            .transact_items(TransactWriteItem::builder().condition_check(conversation).build())
            .send()
            .await
            .unwrap_err()
            .into_service_error();
        let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(
            cancelled,
        ) = error
        else {
            panic!("{error:?}")
        };
        let reasons = cancelled.cancellation_reasons();
        assert_eq!(reasons[0].code(), Some("None"));
        assert_eq!(reasons[1].code(), Some("ConditionalCheckFailed"));
        assert_eq!(reasons[1].item().unwrap()["version"], number(3));
        let absent = client
            .get_item()
            .table_name(INBOX)
            .set_key(Some(item(&[("pk", text("c#1")), ("sk", text("m#1"))])));
        assert!(absent.send().await.unwrap().item.is_none(), "all or nothing");
    }

    #[tokio::test]
    async fn a_refused_write_returns_the_item_that_was_there() {
        let (_dynamo, client, _hand) = dynamo().await;
        put(&client, &[("pk", text("c#1")), ("sk", text("m#1")), ("rev", number(4))]).await;
        let error = client
            .update_item()
            .table_name(INBOX)
            .set_key(Some(item(&[("pk", text("c#1")), ("sk", text("m#1"))])))
            .update_expression("SET rev = :new")
            .condition_expression("rev = :read")
            .expression_attribute_values(":new", number(9))
            .expression_attribute_values(":read", number(8))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await
            .unwrap_err()
            .into_service_error();
        assert_eq!(error.code(), Some("ConditionalCheckFailedException"));
        let aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(
            refused,
        ) = error
        else {
            panic!("{error:?}")
        };
        assert_eq!(refused.item.unwrap()["rev"], number(4));
    }

    #[tokio::test]
    async fn a_transaction_repeated_with_its_token_takes_effect_once() {
        let (_dynamo, client, _hand) = dynamo().await;
        for _ in 0..2 {
            let put = Put::builder()
                .table_name(INBOX)
                .set_item(Some(item(&[("pk", text("c#1")), ("sk", text("m#1"))])))
                .condition_expression("attribute_not_exists(pk)")
                .build()
                .unwrap();
            let call = client.transact_write_items().client_request_token("token");
            call.transact_items(TransactWriteItem::builder().put(put).build()).send().await.unwrap();
        }
    }

    #[tokio::test]
    async fn the_stream_gives_every_change_in_order_from_any_checkpoint() {
        let (dynamo, client, _hand) = dynamo().await;
        for (sk, state) in [("m#1", "queued"), ("m#1", "sent"), ("m#2", "queued")] {
            put(&client, &[("pk", text("c#1")), ("sk", text(sk)), ("pending_state", text(state))]).await;
        }
        let mut stream = dynamo.stream();
        let event = stream.peek(10);
        let names: Vec<_> = event.records.iter().map(|record| record.event_name.as_str()).collect();
        assert_eq!(names, ["INSERT", "MODIFY", "INSERT"]);
        let change = &event.records[1].change;
        let state = |image: &serde_dynamo::Item| -> String {
            let image: HashMap<String, String> = serde_dynamo::from_item(image.clone()).unwrap();
            image["pending_state"].clone()
        };
        assert_eq!((state(&change.old_image), state(&change.new_image)), ("queued".into(), "sent".into()));

        let mut response = DynamoDbEventResponse::default();
        let mut failure = DynamoDbBatchItemFailure::default();
        failure.item_identifier.clone_from(&change.sequence_number);
        response.batch_item_failures.push(failure);
        stream.checkpoint(&event, &response);
        assert_eq!(stream.peek(10).records.len(), 2);
        assert_eq!(stream.drain(1, async |_| DynamoDbEventResponse::default()).await, 2);
        assert!(stream.peek(10).records.is_empty());
        put(&client, &[("pk", text("c#2")), ("sk", text("m#1"))]).await;
        assert_eq!(stream.peek(10).records.len(), 1);
    }

    #[tokio::test]
    async fn items_expire_by_the_clock_of_the_test() {
        let (dynamo, client, hand) = dynamo().await;
        put(&client, &[("pk", text("e")), ("sk", text("1")), ("expires_at", number(1_700_000_060))]).await;
        assert_eq!(dynamo.sweep_expired(), 0);
        hand.advance(Span::from_secs(61));
        assert_eq!(dynamo.sweep_expired(), 1);
        assert_eq!(dynamo.items(INBOX).await, Vec::<Value>::new());
    }

    #[tokio::test]
    async fn consumed_capacity_is_counted_with_its_indexes() {
        let (dynamo, _, _hand) = dynamo().await;
        let faults = Faults::new();
        let client = clients(&faults.proxy(dynamo.url()).await).dynamodb();
        put(&client, &[("pk", text("c#1")), ("sk", text("m#1"))]).await;
        let written = |write| Capacity { write, ..Capacity::default() };
        assert_eq!(faults.take_capacity(), written(1.0));
        let pending = [("pending_pk", text("reply#1")), ("pending_sk", text("c#1"))];
        put(&client, &[&[("pk", text("c#1")), ("sk", text("m#1"))], &pending[..]].concat()).await;
        let indexed = faults.take_capacity();
        assert_eq!((indexed.write, indexed.by_index["pending"]), (2.0, 1.0));
        let get = client.get_item().table_name(INBOX).consistent_read(true);
        get.set_key(Some(item(&[("pk", text("c#1")), ("sk", text("m#1"))]))).send().await.unwrap();
        assert_eq!(faults.take_capacity(), Capacity { read: 1.0, ..Capacity::default() });
        let transaction = client.transact_write_items();
        let put = Put::builder()
            .table_name(INBOX)
            .set_item(Some(item(&[("pk", text("c#1")), ("sk", text("m#2"))])));
        let put = TransactWriteItem::builder().put(put.build().unwrap()).build();
        transaction.transact_items(put).send().await.unwrap();
        assert_eq!(faults.take_capacity(), written(2.0));
    }
}
