//! Items: how things are spelled in the table.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::error::StoreError;

/// An item or a key.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// A string attribute.
pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number attribute.
pub(crate) fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// The primary key.
pub(crate) fn key(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    HashMap::from([("pk".to_owned(), s(pk)), ("sk".to_owned(), s(sk))])
}

/// Whether the table can have an item under `key`: each part has at least 1 byte, and at most 2,048 and 1,024 (DynamoDB's limits).
pub(crate) fn can_be(key: &Item) -> bool {
    (1..=2_048).contains(&text(key, "pk").len()) && (1..=1_024).contains(&text(key, "sk").len())
}

/// Serialises `value` under `key`.
pub(crate) fn encode(key: Item, value: &impl Serialize) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(value)
        .map_err(|error| StoreError::Unreadable { key: format!("{key:?}"), detail: error.to_string() })?;
    item.extend(key);
    Ok(item)
}

/// Reads an item back.
pub(crate) fn decode<T: DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    let key = format!("{}/{}", text(&item, "pk"), text(&item, "sk"));
    serde_dynamo::from_item(item).map_err(|error| StoreError::Unreadable { key, detail: error.to_string() })
}

/// A string attribute's text; empty if there is none.
pub(crate) fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

/// A provider's id as part of a key: ids longer than the key allows are replaced by a digest.
pub(crate) fn reference_key(id: &str) -> String {
    const LONGEST: usize = 200;
    if id.len() <= LONGEST && !id.is_empty() {
        return id.to_owned();
    }
    format!("digest:{}", Uuid::new_v5(&Uuid::NAMESPACE_OID, id.as_bytes()))
}
