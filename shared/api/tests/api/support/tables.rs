//! The tables, as the template has them.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use madoguchi_runtime::{Aws, AwsConfig, Secret};

pub(crate) const INBOX: &str = "inbox";
pub(crate) const DIRECTORY: &str = "directory";
pub(crate) const AUDIT: &str = "audit";
pub(crate) const DELIVERIES: &str = "deliveries";
pub(crate) const SEARCH: &str = "search";
pub(crate) const LIVE: &str = "live";
pub(crate) const REPORTS: &str = "reports";

/// Clients of a local AWS endpoint.
pub(crate) fn clients(endpoint: String) -> Aws {
    Aws::new(AwsConfig {
        region: "eu-central-1".into(),
        access_key_id: "test".into(),
        secret_access_key: Secret::new("test".into()),
        session_token: None,
        endpoint_url: Some(endpoint),
    })
    .unwrap()
}

pub(crate) async fn start() -> Client {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let database = dynoxide::Database::memory().unwrap();
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    let client = clients(format!("http://{address}")).dynamodb();
    create_inbox(&client).await;
    create_directory(&client).await;
    create_audit(&client).await;
    create_deliveries(&client).await;
    create_search(&client).await;
    create_plain(&client, LIVE).await;
    create_plain(&client, REPORTS).await;
    client
}

async fn create_inbox(client: &Client) {
    client
        .create_table()
        .table_name(INBOX)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes(&[
            "pk",
            "sk",
            "inbox_pk",
            "inbox_sk",
            "mine_pk",
            "#waiting_at",
            "#window_at",
            "deadline_pk",
            "#deadline_due",
            "pending_pk",
            "pending_sk",
        ])))
        .set_key_schema(Some(keys("pk", "sk")))
        .global_secondary_indexes(noting(
            "inbox",
            "inbox_pk",
            "inbox_sk",
            &["fc", "ag", "mine_pk", "window_at"],
        ))
        .global_secondary_indexes(noting("mine", "mine_pk", "inbox_sk", &["fc", "inbox_pk", "window_at"]))
        .global_secondary_indexes(noting("waiting", "inbox_pk", "waiting_at", &["fc", "ag", "mine_pk"]))
        .global_secondary_indexes(noting("window", "inbox_pk", "window_at", &["fc", "ag", "mine_pk"]))
        .global_secondary_indexes(index("deadline", "deadline_pk", "deadline_due"))
        .global_secondary_indexes(index("pending", "pending_pk", "pending_sk"))
        .send()
        .await
        .unwrap();
}

async fn create_directory(client: &Client) {
    client
        .create_table()
        .table_name(DIRECTORY)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes(&["pk", "sk", "credential_pk", "#credential_due"])))
        .set_key_schema(Some(keys("pk", "sk")))
        .global_secondary_indexes(index("credential", "credential_pk", "credential_due"))
        .send()
        .await
        .unwrap();
}

async fn create_deliveries(client: &Client) {
    client
        .create_table()
        .table_name(DELIVERIES)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes(&["pk", "sk", "due_pk", "#due_at"])))
        .set_key_schema(Some(keys("pk", "sk")))
        .global_secondary_indexes(index("due", "due_pk", "due_at"))
        .send()
        .await
        .unwrap();
}

async fn create_search(client: &Client) {
    let whole = Projection::builder().projection_type(ProjectionType::All).build();
    let time = GlobalSecondaryIndex::builder().index_name("time").projection(whole);
    client
        .create_table()
        .table_name(SEARCH)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes(&["pk", "sk", "channel", "slot"])))
        .set_key_schema(Some(keys("pk", "sk")))
        .global_secondary_indexes(time.set_key_schema(Some(keys("channel", "slot"))).build().unwrap())
        .send()
        .await
        .unwrap();
}

async fn create_audit(client: &Client) {
    let pk = KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash).build().unwrap();
    let by = |name, hash| {
        let whole = Projection::builder().projection_type(ProjectionType::All).build();
        let index = GlobalSecondaryIndex::builder().index_name(name).projection(whole);
        index.set_key_schema(Some(keys(hash, "position"))).build().unwrap()
    };
    client
        .create_table()
        .table_name(AUDIT)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes(&[
            "pk",
            "position",
            "month",
            "actor",
            "channel",
            "conversation",
        ])))
        .key_schema(pk)
        .global_secondary_indexes(by("time", "month"))
        .global_secondary_indexes(by("actor", "actor"))
        .global_secondary_indexes(by("channel", "channel"))
        .global_secondary_indexes(by("conversation", "conversation"))
        .send()
        .await
        .unwrap();
}

/// A table of items by `pk` and `sk`.
async fn create_plain(client: &Client, table: &str) {
    client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes(&["pk", "sk"])))
        .set_key_schema(Some(keys("pk", "sk")))
        .send()
        .await
        .unwrap();
}

/// Strings; a leading `#` stands for a number.
fn attributes(names: &[&str]) -> Vec<AttributeDefinition> {
    let attribute = |name: &&str| {
        let (name, kind) = match name.strip_prefix('#') {
            Some(name) => (name, ScalarAttributeType::N),
            None => (*name, ScalarAttributeType::S),
        };
        AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap()
    };
    names.iter().map(attribute).collect()
}

fn keys(hash: &str, range: &str) -> Vec<KeySchemaElement> {
    [(hash, KeyType::Hash), (range, KeyType::Range)]
        .into_iter()
        .map(|(name, kind)| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap())
        .collect()
}

fn index(name: &str, hash: &str, range: &str) -> GlobalSecondaryIndex {
    GlobalSecondaryIndex::builder()
        .index_name(name)
        .set_key_schema(Some(keys(hash, range)))
        .projection(keys_only())
        .build()
        .unwrap()
}

fn noting(name: &str, hash: &str, range: &str, noted: &[&str]) -> GlobalSecondaryIndex {
    let projection = Projection::builder().projection_type(ProjectionType::Include);
    let noted = noted.iter().map(|name| (*name).to_owned()).collect();
    GlobalSecondaryIndex::builder()
        .index_name(name)
        .set_key_schema(Some(keys(hash, range)))
        .projection(projection.set_non_key_attributes(Some(noted)).build())
        .build()
        .unwrap()
}

fn keys_only() -> Projection {
    Projection::builder().projection_type(ProjectionType::KeysOnly).build()
}
