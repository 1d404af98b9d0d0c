//! `POST /api/webhooks`: tells another system from now on. Its secret is shown here and nowhere else.

use std::collections::BTreeSet;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use madoguchi_domain::webhook::{EventKind, Health, Key, MOST_SUBSCRIPTIONS, Subscription};
use madoguchi_domain::{ChannelId, WebhookId};
use madoguchi_runtime::unguessable;
use madoguchi_store::Saved;
use madoguchi_store::requests::REPEATED;
use serde::Deserialize;

use super::view::WebhookView;
use super::{SharedWebhooks, WebhooksApi, description, events};
use crate::ApiError;
use crate::auth::Operator;
use crate::etag::Tagged;
use crate::idempotency::RequestKey;
use crate::input::JsonBody;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct NewWebhook {
    /// `https`, without user, password and fragment, and on the open internet: what its name leads to is looked at
    /// on every call.
    #[cfg_attr(feature = "openapi", schema(max_length = 2000))]
    url: String,
    #[cfg_attr(feature = "openapi", schema(min_items = 1))]
    events: BTreeSet<EventKind>,
    /// Only what happens on these channels; on all of them if there is none.
    #[serde(default)]
    channels: BTreeSet<ChannelId>,
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    description: String,
}

/// Tell another system what happens
///
/// The answer shows the secret that events are signed with (`whsec_…`), once. Events are posted as
/// `WebhookEvent`, in no particular order and at least once, with the headers `webhook-id`, `webhook-timestamp`
/// (seconds) and `webhook-signature` of [Standard Webhooks](https://www.standardwebhooks.com). An answer of 200
/// to 299 within 10 seconds takes an event; anything else, redirects too, has it tried again for a day. A machine
/// also needs the scope `conversations:read`.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/webhooks", operation_id = "addWebhook", tag = "Webhooks",
    request_body = inline(NewWebhook),
    responses((status = 201, description = "The webhook.", body = WebhookView)),
    extensions(("x-errors" = json!([
        "channel_not_found", "too_many_webhooks", "webhook_url_invalid", "webhook_url_not_public", "webhook_url_too_long",
    ]))),
))]
pub(super) async fn add(
    State(api): SharedWebhooks,
    administrator: Operator,
    asked: Option<Extension<RequestKey>>,
    JsonBody(new): JsonBody<NewWebhook>,
) -> Result<(StatusCode, Tagged<WebhookView>), ApiError> {
    administrator.sends_conversations()?;
    let api = api.by(&administrator);
    let now = api.clock.now();
    let mut id = WebhookId::derive(&unguessable()?);
    if let Some(Extension(RequestKey(asked))) = asked {
        let derived = WebhookId::derive(&asked);
        match api.directory.webhook(derived).await? {
            None => id = derived,
            // It was added, and the answer was lost.
            Some(there) if there.removed_at.is_none() && now.since(there.created_at) < REPEATED => {
                return shown(&api, &there).await;
            }
            Some(_) => {}
        }
    }
    let mut subscription = Subscription {
        id,
        url: api.url(&new.url)?,
        events: events(new.events)?,
        channels: api.channels(new.channels).await?,
        description: description(new.description)?,
        off: None,
        key: Key::default(),
        created_at: now,
        removed_at: None,
        rev: 0,
    };
    let there = api.directory.webhooks().await?;
    if there.iter().filter(|other| other.removed_at.is_none()).count() >= MOST_SUBSCRIPTIONS {
        return Err(ApiError::TooManyWebhooks);
    }
    // Nothing may fail any more once it is added.
    let secret = api.keys.secret(subscription.id, subscription.key.generation).await?;
    if api.directory.save_webhook(&subscription).await? == Saved::Conflict {
        return Err(ApiError::contended("the webhook"));
    }
    subscription.rev += 1;
    tracing::info!(webhook.id = %id, operator.id = administrator.id.0, "Added webhook `{id}`");
    let view = WebhookView::new(&subscription, Health::default(), now).revealing(secret.reveal());
    Ok((StatusCode::CREATED, Tagged(subscription.rev, view)))
}

/// One that was added before; with its secret if nobody has touched it since.
async fn shown(
    api: &WebhooksApi,
    there: &Subscription,
) -> Result<(StatusCode, Tagged<WebhookView>), ApiError> {
    let health = api.deliveries.health(there.id).await?;
    let view = WebhookView::new(there, health, api.clock.now());
    let view = if there.rev == 1 {
        view.revealing(api.keys.secret(there.id, there.key.generation).await?.reveal())
    } else {
        view
    };
    Ok((StatusCode::CREATED, Tagged(there.rev, view)))
}
