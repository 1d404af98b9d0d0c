//! Who looks at a conversation: an item per connection that shows it.

use madoguchi_domain::live::{Connection, TYPING_LASTS, VIEWING_LASTS, Viewer};
use madoguchi_domain::{ConversationId, Timestamp};

use super::{Live, expiry};
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s};

fn partition(conversation: ConversationId) -> String {
    format!("c#{conversation}")
}

fn key(conversation: ConversationId, connection: &str) -> Item {
    item::key(partition(conversation), connection)
}

impl Live {
    /// Notes that a connection shows a conversation, and, if anything is said of it, whether its person is writing there.
    pub async fn note_viewer(
        &self,
        conversation: ConversationId,
        connection: &Connection,
        typing: Option<bool>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let until = now + VIEWING_LASTS;
        let set = "SET #connection = :connection, person = :person, #name = :name, #role = :role, \
                   viewing_until = :until, expires_at = :end";
        let update = match typing {
            None => set.to_owned(),
            Some(true) => format!("{set}, typing_until = :typing"),
            Some(false) => format!("{set} REMOVE typing_until"),
        };
        let mut request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(conversation, &connection.id)))
            .update_expression(update)
            .expression_attribute_names("#connection", "connection")
            .expression_attribute_names("#name", "name")
            .expression_attribute_names("#role", "role")
            .expression_attribute_values(":connection", s(&connection.id))
            .expression_attribute_values(":person", s(&connection.person.0))
            .expression_attribute_values(":name", s(&connection.name))
            .expression_attribute_values(":role", s(connection.role.as_str()))
            .expression_attribute_values(":until", n(until.as_ms()))
            .expression_attribute_values(":end", expiry(until));
        if typing == Some(true) {
            let typing_until = now + TYPING_LASTS;
            request = request.expression_attribute_values(":typing", n(typing_until.as_ms()));
        }
        request.send().await.map(drop).map_err(|error| failed("UpdateItem", error))
    }

    /// Notes that a connection shows a conversation no more; once more is harmless.
    pub async fn remove_viewer(
        &self,
        conversation: ConversationId,
        connection: &str,
    ) -> Result<(), StoreError> {
        let key = key(conversation, connection);
        let request = self.client.delete_item().table_name(&self.table).set_key(Some(key));
        request.send().await.map(drop).map_err(|error| failed("DeleteItem", error))
    }

    /// Which connections show a conversation; those that have not said so for a while may be among them.
    pub async fn viewers(&self, conversation: ConversationId) -> Result<Vec<Viewer>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(partition(conversation)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| failed("Query", error))?;
        // A page holds some thousands of them.
        answer.items.unwrap_or_default().into_iter().map(item::decode).collect()
    }
}
