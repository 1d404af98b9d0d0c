//! `GET /api/conversations/{conversation}/messages/{message}/attachments/{attachment}`: a link to the file that is good
//! for five minutes.

use axum::Json;
use axum::extract::State;
use axum::http::Method;
use madoguchi_domain::media::{Media, serving};
use madoguchi_domain::{ConversationId, MessageKey};
use madoguchi_runtime::bucket::{Described, disposition};
use serde::Serialize;

use super::LINK_LIFE;
use crate::auth::Operator;
use crate::conversations::existing;
use crate::input::{AttachmentIndex, InPath};
use crate::{ApiError, Shared};

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct LinkView {
    url: String,
    preview_url: Option<String>,
    expires_at: String,
    content_type: &'static str,
    size_bytes: u64,
}

/// Get a link to a file
///
/// The link is good for five minutes. Pictures, sounds and videos are shown, everything else is saved.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/conversations/{conversation}/messages/{message}/attachments/{attachment}",
    operation_id = "linkAttachment", tag = "Messages",
    responses((status = 200, description = "The link.", body = LinkView)),
    extensions(("x-errors" = json!(["attachment_pending", "attachment_gone", "media"]))),
))]
pub(crate) async fn link(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    InPath(key): InPath<MessageKey>,
    InPath(AttachmentIndex(index)): InPath<AttachmentIndex>,
) -> Result<Json<LinkView>, ApiError> {
    existing(&api, &operator, id).await?;
    let message = api.inbox.message(id, &key).await?.ok_or(ApiError::MessageNotFound)?;
    let attachment = message.attachments().get(index).ok_or(ApiError::AttachmentNotFound)?;
    let stored = match &attachment.media {
        Some(Media::Stored(stored)) => stored,
        Some(Media::Pending { .. }) => return Err(ApiError::AttachmentPending),
        Some(Media::Failed { reason, .. }) => return Err(ApiError::AttachmentFailed(*reason)),
        Some(Media::Gone) => return Err(ApiError::AttachmentGone),
        None => return Err(ApiError::AttachmentNotFound),
    };
    api.is_read(id, message.channel_id, &operator).await?;
    let serving = serving(&stored.content_type);
    let disposition = disposition(serving.inline, attachment.title.as_deref());
    let described = Described { content_type: serving.content_type, disposition: &disposition };
    let link = |key: &str, described| api.bucket.link(&Method::GET, key, LINK_LIFE, described);
    Ok(Json(LinkView {
        url: link(&stored.key, Some(described)),
        preview_url: stored.preview_key.as_deref().map(|key| link(key, None)),
        expires_at: (api.clock.now() + LINK_LIFE).to_string(),
        content_type: serving.content_type,
        size_bytes: stored.size_bytes,
    }))
}
