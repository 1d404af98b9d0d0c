//! `GET /api/quarantine`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use crate::auth::Operator;
use crate::input::{InQuery, page_size};
use crate::view::{PageView, QuarantinedView};
use crate::{ApiError, SharedAdmin};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub(crate) struct ListQuery {
    limit: Option<String>,
}

/// List what could not be filed
///
/// For administrators. Kept for 90 days. What customers wrote is not shown.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/quarantine", operation_id = "listQuarantine", tag = "Quarantine",
    params(ListQuery),
    responses((status = 200, description = "The first pieces.", body = PageView<QuarantinedView>)),
))]
pub(crate) async fn list(
    State(api): SharedAdmin,
    _: Operator,
    InQuery(query): InQuery<ListQuery>,
) -> Result<Json<PageView<QuarantinedView>>, ApiError> {
    let limit = i32::try_from(page_size(query.limit.as_deref())?).unwrap_or(i32::MAX);
    let quarantined = api.inbox.quarantined(limit).await?;
    let items = quarantined.iter().map(QuarantinedView::from).collect();
    Ok(Json(PageView { items, next_cursor: None }))
}
