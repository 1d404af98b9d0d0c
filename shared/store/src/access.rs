//! The two calls that most access patterns are made of.

use aws_sdk_dynamodb::Client;
use serde::de::DeserializeOwned;

use crate::error::{StoreError, failed};
use crate::item::{self, Item};

/// The item under `key` as last written: strongly consistent, half a read unit dearer per 4 KB.
pub(crate) async fn get<T: DeserializeOwned>(
    client: &Client,
    table: &str,
    key: Item,
) -> Result<Option<T>, StoreError> {
    item(client, table, key).await?.map(item::decode).transpose()
}

/// The same as one of the replicas knows it, which may be without the latest writes: half a read unit per 4 KB.
pub(crate) async fn get_replica<T: DeserializeOwned>(
    client: &Client,
    table: &str,
    key: Item,
) -> Result<Option<T>, StoreError> {
    read(client, table, key, false).await?.map(item::decode).transpose()
}

/// The item under `key` as last written and as it is spelled.
pub(crate) async fn item(client: &Client, table: &str, key: Item) -> Result<Option<Item>, StoreError> {
    read(client, table, key, true).await
}

async fn read(client: &Client, table: &str, key: Item, consistent: bool) -> Result<Option<Item>, StoreError> {
    // A caller may ask for any id; the table refuses to look for some.
    if !item::can_be(&key) {
        return Ok(None);
    }
    let answer = client
        .get_item()
        .table_name(table)
        .set_key(Some(key))
        .consistent_read(consistent)
        .send()
        .await
        .map_err(|error| failed("GetItem", error))?;
    Ok(answer.item)
}

/// Writes `item`, whatever was there.
pub(crate) async fn put(client: &Client, table: &str, item: Item) -> Result<(), StoreError> {
    let answer = client.put_item().table_name(table).set_item(Some(item)).send().await;
    answer.map(drop).map_err(|error| failed("PutItem", error))
}
