//! What an operator may upload, and send then.

use madoguchi_domain::media::{Accepted, MediaKind};
use madoguchi_domain::reply::Upload;
use madoguchi_domain::{ConversationId, Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Inbox, conversation};
use crate::access;
use crate::error::StoreError;
use crate::item::{self, Item, n};

/// An upload that is not sent is forgotten; the bucket removes its object about then.
const UPLOAD_LIFE: Span = Span::from_days(1);

fn key(id: ConversationId, upload: &str) -> Item {
    item::key(conversation::partition(id), format!("u#{upload}"))
}

#[derive(Serialize, Deserialize)]
struct Stored {
    id: String,
    name: String,
    kind: MediaKind,
    content_type: String,
    size_bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
    #[serde(default)]
    as_link: bool,
}

impl Inbox {
    /// Notes what was accepted for being uploaded.
    pub async fn announce_upload(
        &self,
        id: ConversationId,
        upload: &Upload,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Upload { accepted: Accepted { kind, content_type }, .. } = upload;
        let stored = Stored {
            id: upload.id.clone(),
            name: upload.name.clone(),
            kind: *kind,
            content_type: content_type.clone(),
            size_bytes: upload.size_bytes,
            duration_ms: upload.duration_ms,
            as_link: upload.as_link,
        };
        let mut item = item::encode(key(id, &upload.id), &stored)?;
        item.insert("expires_at".into(), n((now + UPLOAD_LIFE).as_ms() / 1000));
        access::put(&self.client, &self.table, item).await
    }

    /// What was accepted under an id.
    pub async fn upload(&self, id: ConversationId, upload: &str) -> Result<Option<Upload>, StoreError> {
        let stored: Option<Stored> = access::get(&self.client, &self.table, key(id, upload)).await?;
        Ok(stored.map(|stored| Upload {
            id: stored.id,
            name: stored.name,
            accepted: Accepted { kind: stored.kind, content_type: stored.content_type },
            size_bytes: stored.size_bytes,
            duration_ms: stored.duration_ms,
            as_link: stored.as_link,
        }))
    }
}
