//! `PATCH /api/labels/{label}`: its name and its colour, on every conversation that has it.

use axum::extract::State;
use madoguchi_domain::LabelId;
use madoguchi_store::Saved;
use serde::Deserialize;

use super::{LabelView, current, existing, refused};
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::etag::{IfMatch, Tagged};
use crate::input::{InPath, JsonBody};
use crate::{ApiError, SharedOrganisation};

/// What is left out stays as it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Changes {
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    name: Option<String>,
    #[cfg_attr(feature = "openapi", schema(pattern = "^#[0-9a-fA-F]{6}$"))]
    color: Option<String>,
}

/// Change a label
///
/// For administrators. What is left out stays as it is.
#[cfg_attr(feature = "openapi", utoipa::path(
    patch, path = "/api/labels/{label}", operation_id = "changeLabel", tag = "Labels",
    params(IfMatch),
    request_body = inline(Changes),
    responses((status = 200, description = "The label.", body = LabelView, headers(("ETag")))),
    extensions(("x-errors" = json!(["name_taken"]))),
))]
pub(crate) async fn change(
    State(api): SharedOrganisation,
    administrator: Operator,
    InPath(id): InPath<LabelId>,
    meant: IfMatch,
    JsonBody(changes): JsonBody<Changes>,
) -> Result<Tagged<LabelView>, ApiError> {
    let api = api.by(&administrator);
    for _ in 0..TRIES {
        let before = existing(&api.directory, id).await?;
        meant.check(before.rev, || LabelView::from(&before))?;
        let mut after = before.clone();
        after.name = changes.name.clone().unwrap_or(after.name);
        after.color = changes.color.clone().unwrap_or(after.color);
        let mut after = after.checked().map_err(refused)?;
        if !after.is_namesake(&before)
            && current(&api.directory).await?.iter().any(|other| other.id != id && other.is_namesake(&after))
        {
            return Err(ApiError::NameTaken);
        }
        if after == before {
            return Ok(Tagged(before.rev, LabelView::from(&before)));
        }
        if api.directory.save_label(&after).await? == Saved::Done {
            tracing::info!(label.id = %id, operator.id = administrator.id.0, "Changed label `{id}`");
            after.rev += 1;
            return Ok(Tagged(after.rev, LabelView::from(&after)));
        }
    }
    Err(ApiError::contended("the label"))
}
