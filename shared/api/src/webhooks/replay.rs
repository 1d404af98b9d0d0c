//! `POST /api/webhooks/{webhook}/deliveries/{delivery}/replay`: tells it once more, under the same id.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use madoguchi_domain::WebhookId;
use madoguchi_domain::audit::Fields;
use madoguchi_domain::webhook::{Delivery, DeliveryKey};
use madoguchi_store::Saved;

use super::view::DeliveryView;
use super::{SharedWebhooks, WebhooksApi, existing};
use crate::ApiError;
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::input::InPath;

/// Tell an event once more
///
/// Under the same id, whatever became of it before, and for a day if it is not taken.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/webhooks/{webhook}/deliveries/{delivery}/replay",
    operation_id = "replayDelivery", tag = "Webhooks",
    responses((status = 202, description = "It is on its way.", body = DeliveryView)),
))]
pub(super) async fn replay(
    State(api): SharedWebhooks,
    administrator: Operator,
    InPath(id): InPath<WebhookId>,
    InPath(key): InPath<DeliveryKey>,
) -> Result<impl IntoResponse, ApiError> {
    existing(&api.directory, id).await?;
    let now = api.clock.now();
    let told = Fields::from([("delivery".to_owned(), key.to_string().into())]);
    let asks = administrator.asks("webhook.replayed", format!("webhook/{id}"), told, now);
    for _ in 0..TRIES {
        let delivery = api.deliveries.delivery(id, key).await?;
        let mut delivery = delivery.ok_or(ApiError::DeliveryNotFound)?;
        let _recorded = api.audit.record(&asks).await?;
        delivery.replay(now);
        if api.deliveries.save(&delivery, now).await? == Saved::Done {
            delivery.rev += 1;
            api.start(&delivery).await?;
            return Ok((StatusCode::ACCEPTED, Json(DeliveryView::from(&delivery))));
        }
    }
    Err(ApiError::contended("the delivery"))
}

impl WebhooksApi {
    /// Queues the attempt that is due. What the queue does not take is found when it is missed.
    pub(super) async fn start(&self, delivery: &Delivery) -> Result<(), ApiError> {
        let work = serde_json::to_string(&delivery.work());
        let work = work.map_err(|error| ApiError::Internal { detail: error.to_string() })?;
        if let Err(error) = self.queue.send(&work).await {
            tracing::warn!(%error, webhook.id = %delivery.webhook, "An event is told when it is missed");
        }
        Ok(())
    }
}
