//! `DELETE /api/templates/{template}`. Its texts are gone; its name stays for what refers to it.

use axum::extract::State;
use axum::http::StatusCode;
use madoguchi_domain::TemplateId;
use madoguchi_store::Saved;

use super::{existing, may_change};
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::input::InPath;
use crate::{ApiError, SharedOrganisation};

/// Remove a message template
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/templates/{template}", operation_id = "removeTemplate", tag = "Templates",
    responses((status = 204, description = "It is removed.")),
    extensions(("x-errors" = json!(["other_department"]))),
))]
pub(crate) async fn remove(
    State(api): SharedOrganisation,
    operator: Operator,
    InPath(id): InPath<TemplateId>,
) -> Result<StatusCode, ApiError> {
    for _ in 0..TRIES {
        let mut template = existing(&api.directory, id).await?;
        may_change(&api, &operator, template.department).await?;
        template.removed_at = Some(api.clock.now());
        template.variants.clear();
        if api.by(&operator).directory.save_template(&template).await? == Saved::Done {
            tracing::info!(template.id = %id, operator.id = operator.id.0, "Removed template `{id}`");
            return Ok(StatusCode::NO_CONTENT);
        }
    }
    Err(ApiError::contended("the template"))
}
