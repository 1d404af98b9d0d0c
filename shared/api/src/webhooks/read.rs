//! `GET /api/webhooks/{webhook}`.

use axum::extract::State;
use madoguchi_domain::WebhookId;

use super::view::WebhookView;
use super::{SharedWebhooks, existing};
use crate::ApiError;
use crate::auth::Operator;
use crate::etag::Tagged;
use crate::input::InPath;

/// Read a webhook
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/webhooks/{webhook}", operation_id = "readWebhook", tag = "Webhooks",
    responses((status = 200, description = "The webhook.", body = WebhookView, headers(("ETag")))),
))]
pub(super) async fn read(
    State(api): SharedWebhooks,
    _: Operator,
    InPath(id): InPath<WebhookId>,
) -> Result<Tagged<WebhookView>, ApiError> {
    let subscription = existing(&api.directory, id).await?;
    let health = api.deliveries.health(id).await?;
    Ok(Tagged(subscription.rev, WebhookView::new(&subscription, health, api.clock.now())))
}
