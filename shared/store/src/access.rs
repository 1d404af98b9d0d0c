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

/// The same, as it is spelled.
pub(crate) async fn item(client: &Client, table: &str, key: Item) -> Result<Option<Item>, StoreError> {
    let answer = client
        .get_item()
        .table_name(table)
        .set_key(Some(key))
        .consistent_read(true)
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
