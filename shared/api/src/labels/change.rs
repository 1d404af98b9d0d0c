//! `PATCH /api/labels/{label}`: its name and its colour, on every conversation that has it.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::LabelId;
use madoguchi_store::Saved;
use serde::Deserialize;

use super::{LabelView, current, existing, refused};
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::input::{InPath, JsonBody};
use crate::{ApiError, SharedOrganisation};

/// What is left out stays as it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Changes {
    name: Option<String>,
    color: Option<String>,
}

pub(crate) async fn change(
    State(api): SharedOrganisation,
    administrator: Operator,
    InPath(id): InPath<LabelId>,
    JsonBody(changes): JsonBody<Changes>,
) -> Result<Json<LabelView>, ApiError> {
    let api = api.by(&administrator);
    for _ in 0..TRIES {
        let before = existing(&api.directory, id).await?;
        let mut after = before.clone();
        after.name = changes.name.clone().unwrap_or(after.name);
        after.color = changes.color.clone().unwrap_or(after.color);
        let after = after.checked().map_err(refused)?;
        if !after.is_namesake(&before)
            && current(&api.directory).await?.iter().any(|other| other.id != id && other.is_namesake(&after))
        {
            return Err(ApiError::NameTaken);
        }
        if after == before || api.directory.save_label(&after).await? == Saved::Done {
            tracing::info!(label.id = %id, operator.id = administrator.id.0, "Changed label `{id}`");
            return Ok(Json(LabelView::from(&after)));
        }
    }
    Err(ApiError::contended("the label"))
}
