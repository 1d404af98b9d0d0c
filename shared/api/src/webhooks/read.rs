//! `GET /api/webhooks/{webhook}`.

use axum::extract::State;
use madoguchi_domain::WebhookId;

use super::view::WebhookView;
use super::{SharedWebhooks, existing};
use crate::ApiError;
use crate::auth::Operator;
use crate::etag::Tagged;
use crate::input::InPath;

pub(super) async fn read(
    State(api): SharedWebhooks,
    _: Operator,
    InPath(id): InPath<WebhookId>,
) -> Result<Tagged<WebhookView>, ApiError> {
    let subscription = existing(&api.directory, id).await?;
    let health = api.deliveries.health(id).await?;
    Ok(Tagged(subscription.rev, WebhookView::new(&subscription, health, api.clock.now())))
}
