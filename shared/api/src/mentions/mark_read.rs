//! `POST /api/me/mentions/read`: up to one of them. To say it again, or of an earlier one, changes nothing.

use axum::extract::State;
use axum::http::StatusCode;
use madoguchi_domain::MessageKey;
use madoguchi_store::Saved;
use serde::Deserialize;

use crate::auth::Operator;
use crate::input::JsonBody;
use crate::{ApiError, Shared};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Read {
    /// The `id` of a mention.
    through: String,
}

/// Mark one's mentions as read
///
/// Up to this one. Of an earlier one it changes nothing.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/me/mentions/read", operation_id = "readMentions", tag = "Notes",
    request_body = inline(Read),
    responses((status = 204, description = "Noted.")),
))]
pub(crate) async fn mark_read(
    State(api): Shared,
    operator: Operator,
    JsonBody(read): JsonBody<Read>,
) -> Result<StatusCode, ApiError> {
    let position: Option<MessageKey> = read.through.parse().ok();
    // What is yet to come cannot have been read.
    let position = position.filter(|position| position.at <= api.clock.now());
    let position = position
        .ok_or_else(|| ApiError::InvalidBody { what: "`through` must be the id of a mention".to_owned() })?;
    if api.inbox.read_mentions(&operator.id, &position.to_string()).await? == Saved::Conflict {
        tracing::debug!(operator.id = operator.id.0, "Mentions were read as far before");
    }
    Ok(StatusCode::NO_CONTENT)
}
