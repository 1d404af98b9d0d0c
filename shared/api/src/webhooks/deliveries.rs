//! `GET /api/webhooks/{webhook}/deliveries`: what it was told within 30 days and what came of it, the latest events first.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::WebhookId;
use madoguchi_domain::webhook::DeliveryKey;
use serde::Deserialize;

use super::view::DeliveryView;
use super::{SharedWebhooks, existing};
use crate::ApiError;
use crate::auth::Operator;
use crate::input::{InPath, InQuery, given, not_a_cursor, page_size};
use crate::view::PageView;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub(super) struct Page {
    limit: Option<String>,
    cursor: Option<String>,
}

/// What it was told within 30 days
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/webhooks/{webhook}/deliveries", operation_id = "listDeliveries", tag = "Webhooks",
    params(Page),
    responses(
        (
            status = 200, description = "A page of deliveries, the latest events first.", body =
            PageView<DeliveryView>,
        ),
    ),
))]
pub(super) async fn list(
    State(api): SharedWebhooks,
    _: Operator,
    InPath(id): InPath<WebhookId>,
    InQuery(page): InQuery<Page>,
) -> Result<Json<PageView<DeliveryView>>, ApiError> {
    let limit = page_size(page.limit.as_deref())?;
    let before = given(page.cursor.as_deref()).map(str::parse::<DeliveryKey>).transpose();
    let before = before.map_err(|_| not_a_cursor())?;
    existing(&api.directory, id).await?;
    let found = api.deliveries.page(id, before, limit).await?;
    let items = found.deliveries.iter().map(DeliveryView::from).collect();
    Ok(Json(PageView { items, next_cursor: found.next.map(|next| next.to_string()) }))
}
