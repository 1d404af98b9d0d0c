//! `GET /api/labels`: all of them, by name.

use axum::Json;
use axum::extract::State;

use super::{LabelView, current};
use crate::auth::Operator;
use crate::view::PageView;
use crate::{ApiError, SharedOrganisation};

/// List the labels
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/labels", operation_id = "listLabels", tag = "Labels",
    responses((status = 200, description = "Every label, by name.", body = PageView<LabelView>)),
))]
pub(crate) async fn list(
    State(api): SharedOrganisation,
    _: Operator,
) -> Result<Json<PageView<LabelView>>, ApiError> {
    let mut labels = current(&api.directory).await?;
    labels.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    Ok(Json(PageView { items: labels.iter().map(LabelView::from).collect(), next_cursor: None }))
}
