//! `GET /api/webhooks`: all of them, the oldest first.

use axum::Json;
use axum::extract::State;

use super::SharedWebhooks;
use super::view::WebhookView;
use crate::ApiError;
use crate::auth::Operator;
use crate::view::PageView;

/// List the outgoing webhooks
///
/// For administrators, as is everything here.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/webhooks", operation_id = "listWebhooks", tag = "Webhooks",
    responses((status = 200, description = "Every webhook, the oldest first.", body = PageView<WebhookView>)),
))]
pub(super) async fn list(
    State(api): SharedWebhooks,
    _: Operator,
) -> Result<Json<PageView<WebhookView>>, ApiError> {
    let mut subscriptions = api.directory.webhooks().await?;
    subscriptions.retain(|subscription| subscription.removed_at.is_none());
    subscriptions.sort_by_key(|subscription| (subscription.created_at, subscription.id));
    let now = api.clock.now();
    let mut items = Vec::with_capacity(subscriptions.len());
    for subscription in &subscriptions {
        items.push(WebhookView::new(subscription, api.deliveries.health(subscription.id).await?, now));
    }
    Ok(Json(PageView { items, next_cursor: None }))
}
