//! `POST /api/webhooks/{webhook}/test`: sends it an event that says nothing, also while it is off.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use madoguchi_domain::WebhookId;
use madoguchi_domain::audit::Fields;
use madoguchi_domain::webhook::{Delivery, Event};
use madoguchi_runtime::unguessable;
use madoguchi_store::Saved;

use super::view::DeliveryView;
use super::{SharedWebhooks, existing};
use crate::ApiError;
use crate::auth::Operator;
use crate::input::InPath;

/// Send an event that says nothing
///
/// Of type `webhook.test`, also while the webhook is off. What came of it is in the log.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/webhooks/{webhook}/test", operation_id = "testWebhook", tag = "Webhooks",
    responses((status = 202, description = "It is on its way.", body = DeliveryView)),
))]
pub(super) async fn test(
    State(api): SharedWebhooks,
    administrator: Operator,
    InPath(id): InPath<WebhookId>,
) -> Result<impl IntoResponse, ApiError> {
    existing(&api.directory, id).await?;
    let now = api.clock.now();
    let asks = administrator.asks("webhook.tested", format!("webhook/{id}"), Fields::new(), now);
    let _recorded = api.audit.record(&asks).await?;
    let mut delivery = Delivery::new(id, Event::test(id, &unguessable()?, now), now);
    if api.deliveries.save(&delivery, now).await? == Saved::Conflict {
        return Err(ApiError::contended("the test"));
    }
    delivery.rev += 1;
    api.start(&delivery).await?;
    Ok((StatusCode::ACCEPTED, Json(DeliveryView::from(&delivery))))
}
