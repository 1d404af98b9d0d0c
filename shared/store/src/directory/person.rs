//! People, each with their channels: one item tells what somebody may see.

use madoguchi_domain::membership::Verdict;
use madoguchi_domain::{ChannelId, OperatorId, Person};

use super::Directory;
use super::channel::saved;
use crate::Saved;
use crate::access;
use crate::error::StoreError;
use crate::item::{self, Item, n};

const PARTITION: &str = "person";

fn key(person: &OperatorId) -> Item {
    item::key(PARTITION, person.0.clone())
}

impl Directory {
    /// The person, removed or not; `None` of somebody who was never here.
    pub async fn person(&self, id: &OperatorId) -> Result<Option<Person>, StoreError> {
        if !id.is_possible() {
            return Ok(None);
        }
        access::get(&self.client, &self.table, key(id)).await
    }

    /// Everybody who was ever here, those who were removed among them.
    pub async fn people(&self) -> Result<Vec<Person>, StoreError> {
        self.list(PARTITION).await
    }

    /// Writes what is known of a person, if nobody has since it was read (`rev` 0: if nothing was known).
    pub async fn save_person(&self, person: &Person) -> Result<Saved, StoreError> {
        let next = Person { rev: person.rev + 1, ..person.clone() };
        self.save(key(&next.id), person.rev, &next).await
    }

    /// Takes note of a verdict as [`madoguchi_domain::Membership::tell`] does, without reading first.
    /// [`Saved::Conflict`]: it is no news, or there is no such association.
    pub async fn tell_membership(
        &self,
        channel: ChannelId,
        person: &OperatorId,
        verdict: Verdict,
    ) -> Result<Saved, StoreError> {
        let stored = serde_dynamo::to_attribute_value(verdict).map_err(|error| StoreError::Unreadable {
            key: format!("{PARTITION}/{}", person.0),
            detail: error.to_string(),
        })?;
        let older = "attribute_exists(#channels.#channel) AND (attribute_not_exists(#channels.#channel.#verdict) \
                     OR #channels.#channel.#verdict.#at < :at \
                     OR (#channels.#channel.#verdict.#at = :at AND #channels.#channel.#verdict.#outcome < :outcome))";
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(person)))
            .update_expression("SET #channels.#channel.#verdict = :verdict, #rev = #rev + :one")
            .condition_expression(older)
            .expression_attribute_names("#channels", "channels")
            .expression_attribute_names("#channel", channel.to_string())
            .expression_attribute_names("#verdict", "verdict")
            .expression_attribute_names("#at", "at")
            .expression_attribute_names("#outcome", "outcome")
            .expression_attribute_names("#rev", "rev")
            .expression_attribute_values(":verdict", stored)
            .expression_attribute_values(":at", n(verdict.at.as_ms()))
            .expression_attribute_values(":outcome", item::s(verdict.outcome.public_id()))
            .expression_attribute_values(":one", n(1));
        saved("UpdateItem", request.send().await)
    }
}
