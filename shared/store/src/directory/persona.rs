//! Personas: under which name and picture an operator appears on a Messenger channel.

use madoguchi_domain::sender::Persona;
use madoguchi_domain::{ChannelId, OperatorId};

use super::Directory;
use crate::access;
use crate::error::{StoreError, failed};
use crate::item::{self, Item};

fn partition(channel: ChannelId) -> String {
    format!("persona#{channel}")
}

fn key(channel: ChannelId, operator: &OperatorId) -> Item {
    item::key(partition(channel), operator.0.clone())
}

impl Directory {
    /// An operator's persona on a channel, which a replica may know a moment late: at worst the provider refuses it.
    pub async fn persona(
        &self,
        channel: ChannelId,
        operator: &OperatorId,
    ) -> Result<Option<Persona>, StoreError> {
        access::get_replica(&self.client, &self.table, key(channel, operator)).await
    }

    /// Every persona that we have made on a channel.
    pub async fn personas(&self, channel: ChannelId) -> Result<Vec<Persona>, StoreError> {
        self.list(&partition(channel)).await
    }

    /// Keeps a persona that the provider has made.
    pub async fn save_persona(&self, channel: ChannelId, persona: &Persona) -> Result<(), StoreError> {
        let item = item::encode(key(channel, &persona.operator), persona)?;
        access::put(&self.client, &self.table, item).await
    }

    /// Forgets an operator's persona on a channel.
    pub async fn forget_persona(&self, channel: ChannelId, operator: &OperatorId) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.table).set_key(Some(key(channel, operator)));
        request.send().await.map(drop).map_err(|error| failed("DeleteItem", error))
    }
}
