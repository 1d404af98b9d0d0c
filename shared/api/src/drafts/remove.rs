//! `DELETE /api/conversations/{conversation}/draft`: thrown away, if it is still the one that was read. That there is none
//! is fine.

use axum::extract::State;
use axum::http::StatusCode;
use madoguchi_domain::{ConversationId, draft};
use madoguchi_store::Saved;
use serde::Deserialize;

use super::refused;
use crate::auth::Operator;
use crate::conversations::{TRIES, existing};
use crate::input::{InPath, InQuery};
use crate::{Api, ApiError, Shared};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub(crate) struct RemoveQuery {
    #[cfg_attr(feature = "openapi", param(value_type = Option<u32>, minimum = 0))]
    revision: Option<String>,
}

/// Throw away what one has begun to write
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/conversations/{conversation}/draft", operation_id = "removeDraft", tag = "Notes",
    params(RemoveQuery),
    responses((status = 204, description = "There is none any more.")),
    extensions(("x-errors" = json!(["changed_meanwhile"]))),
))]
pub(crate) async fn remove(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    InQuery(query): InQuery<RemoveQuery>,
) -> Result<StatusCode, ApiError> {
    existing(&api, &operator, id).await?;
    let revision = query.revision.as_deref().map(str::parse).transpose();
    let what = "`revision` must be that of the draft".to_owned();
    let revision = revision.ok().flatten().ok_or(ApiError::InvalidQuery { what })?;
    throw_away(&api, &operator, id, revision).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Throws the draft of revision `read` away that has become a message. The message stands whether this succeeds or not, and
/// so does a draft that another tab has gone on with.
pub(crate) async fn finish(api: &Api, operator: &Operator, id: ConversationId, read: u64) {
    if let Err(error) = throw_away(api, operator, id, read).await {
        tracing::warn!(%error, conversation.id = %id, "A draft that was sent was not thrown away");
    }
}

async fn throw_away(api: &Api, operator: &Operator, id: ConversationId, read: u64) -> Result<(), ApiError> {
    for _ in 0..TRIES {
        let stored = api.inbox.draft(id, &operator.id).await?;
        let gone = draft::throw_away(stored.as_ref(), read, api.clock.now());
        let Some(gone) = gone.map_err(|it| refused(id, it))? else { return Ok(()) };
        if api.inbox.replace_draft(id, &operator.id, stored.as_ref(), &gone).await? == Saved::Done {
            return Ok(());
        }
    }
    Err(ApiError::contended("a draft"))
}
