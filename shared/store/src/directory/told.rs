//! What administrators were told by e-mail, one item per connection.

use madoguchi_domain::ConnectionId;
use madoguchi_domain::alert::Told;

use super::{Directory, connection};
use crate::Saved;
use crate::access;
use crate::error::StoreError;
use crate::item::{self, Item};

const PARTITION: &str = "mail";

fn key(connection: ConnectionId) -> Item {
    item::key(PARTITION, connection.to_string())
}

impl Directory {
    /// What administrators were told of a connection.
    pub async fn told(&self, connection: ConnectionId) -> Result<Told, StoreError> {
        let told = access::get(&self.client, &self.table, key(connection)).await?;
        Ok(told.unwrap_or_default())
    }

    /// Writes what administrators were told, if nobody has since it was read (`rev` 0: if nothing was).
    pub async fn save_told(&self, connection: ConnectionId, told: &Told) -> Result<Saved, StoreError> {
        let next = Told { rev: told.rev + 1, ..told.clone() };
        self.save(key(connection), told.rev, &next).await
    }
}

/// The connection whose check a record of the Directory's stream tells of; `None` for every other write.
pub fn checked(
    keys: &serde_dynamo::Item,
    (old, new): (&serde_dynamo::Item, &serde_dynamo::Item),
) -> Option<ConnectionId> {
    let text = |name: &str| match keys.inner().get(name) {
        Some(serde_dynamo::AttributeValue::S(text)) => Some(text.as_str()),
        _ => None,
    };
    let (before, after) = (old.inner().get("checked_at"), new.inner().get("checked_at"));
    let is_check = text("pk") == Some(connection::PARTITION) && after.is_some() && after != before;
    text("sk").filter(|_| is_check)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use madoguchi_domain::ChannelKind;
    use serde_dynamo::AttributeValue::{N, S};

    use super::*;

    #[test]
    fn only_a_check_of_a_connection_is_one() {
        let id = ConnectionId::derive(ChannelKind::Messenger, "login");
        let image = |checked_at: Option<&str>| -> serde_dynamo::Item {
            let fields = checked_at.map(|at| ("checked_at".to_owned(), N(at.to_owned())));
            fields.into_iter().collect::<HashMap<_, _>>().into()
        };
        for (pk, before, after, expected) in [
            ("connection", Some("1"), Some("2"), Some(id)),
            ("connection", None, Some("2"), Some(id)),
            ("connection", Some("2"), Some("2"), None),
            ("connection", None, None, None),
            ("connection", Some("1"), None, None),
            ("channel", Some("1"), Some("2"), None),
        ] {
            let keys: serde_dynamo::Item =
                HashMap::from([("pk".to_owned(), S(pk.to_owned())), ("sk".to_owned(), S(id.to_string()))])
                    .into();
            assert_eq!(
                checked(&keys, (&image(before), &image(after))),
                expected,
                "{pk} {before:?} {after:?}"
            );
        }
    }
}
