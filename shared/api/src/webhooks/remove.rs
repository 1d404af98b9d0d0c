//! `DELETE /api/webhooks/{webhook}`: tells it nothing more, nor what it has not taken yet.

use axum::extract::State;
use axum::http::StatusCode;
use madoguchi_domain::WebhookId;
use madoguchi_store::Saved;

use super::{SharedWebhooks, existing};
use crate::ApiError;
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::input::InPath;

/// Give a webhook up
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/webhooks/{webhook}", operation_id = "removeWebhook", tag = "Webhooks",
    responses((status = 204, description = "It is told nothing more.")),
))]
pub(super) async fn remove(
    State(api): SharedWebhooks,
    administrator: Operator,
    InPath(id): InPath<WebhookId>,
) -> Result<StatusCode, ApiError> {
    let api = api.by(&administrator);
    for _ in 0..TRIES {
        let mut subscription = existing(&api.directory, id).await?;
        subscription.removed_at = Some(api.clock.now());
        if api.directory.save_webhook(&subscription).await? == Saved::Done {
            tracing::info!(webhook.id = %id, operator.id = administrator.id.0, "Removed webhook `{id}`");
            return Ok(StatusCode::NO_CONTENT);
        }
    }
    Err(ApiError::contended("the webhook"))
}
