//! A reply that is a file: what was uploaded is looked at, and written down like a text. It goes out when `media-fetch`
//! has made it ready.

use madoguchi_domain::media::{self, Outbound};
use madoguchi_domain::{ChannelSettings, Conversation, Message, reply};
use serde::Deserialize;

use super::send::Author;
use super::write_down::{Moment, Written, write_down};
use crate::{Api, ApiError};

/// Enough to tell what a file is.
const HEAD_BYTES: u64 = 4096;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct FileDraft {
    /// Of a file that has been uploaded by its form.
    upload_id: String,
}

pub(crate) async fn send_file(
    api: &Api,
    author: Author<'_>,
    conversation: Conversation,
    key: &str,
    draft: &FileDraft,
) -> Result<Written, ApiError> {
    let (id, kind) = (conversation.id, conversation.channel_kind);
    let upload = api.inbox.upload(id, &draft.upload_id).await?.ok_or(ApiError::UploadNotFound)?;
    let place = Outbound { conversation: id, upload: &upload.id };
    // A repetition may come when the upload has long been removed.
    let uploaded = api.bucket.head(&place.upload_key()).await?;
    let is_repetition = |message: &Message| {
        message.attachments().first().is_some_and(|sent| sent.reference.as_deref() == Some(&upload.id))
    };
    let head = match &uploaded {
        Some(_) => api.bucket.read(&place.upload_key(), 0, HEAD_BYTES).await?,
        None => None,
    };
    let write = |conversation: &Conversation, settings: &ChannelSettings, Moment { placed_at, now }| {
        let (Some(uploaded), Some(head)) = (&uploaded, &head) else {
            return Err(ApiError::UploadIncomplete);
        };
        if uploaded.size_bytes != upload.size_bytes {
            return Err(ApiError::UploadIncomplete);
        }
        let sniffed = media::sniff(head);
        media::check_bytes(kind, &upload.accepted, sniffed.as_deref(), uploaded.size_bytes, upload.as_link)
            .map_err(ApiError::File)?;
        let writer = author.writer.clone();
        reply::write_file(conversation, settings, writer, key, &upload, placed_at, now)
            .map_err(|refused| ApiError::refused(refused, kind))
    };
    write_down(api, author.operator, conversation, key, None, write, is_repetition).await
}
