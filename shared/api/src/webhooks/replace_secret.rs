//! `POST /api/webhooks/{webhook}/secret`: a new secret, shown here and nowhere else. Each that signs by
//! then goes on for a day.

use axum::extract::State;
use madoguchi_domain::WebhookId;
use madoguchi_store::Saved;

use super::view::WebhookView;
use super::{SharedWebhooks, existing};
use crate::ApiError;
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::etag::Tagged;
use crate::input::InPath;

/// Replace the secret
///
/// The answer shows the new one, once. Each that signs by then goes on signing beside it for 24 hours.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/webhooks/{webhook}/secret", operation_id = "replaceWebhookSecret", tag = "Webhooks",
    responses((status = 200, description = "The webhook.", body = WebhookView, headers(("ETag")))),
))]
pub(super) async fn replace_secret(
    State(api): SharedWebhooks,
    administrator: Operator,
    InPath(id): InPath<WebhookId>,
) -> Result<Tagged<WebhookView>, ApiError> {
    let api = api.by(&administrator);
    for _ in 0..TRIES {
        let mut subscription = existing(&api.directory, id).await?;
        let now = api.clock.now();
        subscription.key = subscription.key.replaced(now);
        let secret = api.keys.secret(id, subscription.key.generation).await?;
        // Read before: once it is replaced nothing may keep the answer from being given.
        let health = api.deliveries.health(id).await?;
        if api.directory.save_webhook(&subscription).await? == Saved::Done {
            let person = &administrator.id.0;
            tracing::info!(webhook.id = %id, operator.id = person, "Replaced the secret of webhook `{id}`");
            subscription.rev += 1;
            let view = WebhookView::new(&subscription, health, now).revealing(secret.reveal());
            return Ok(Tagged(subscription.rev, view));
        }
    }
    Err(ApiError::contended("the webhook"))
}
