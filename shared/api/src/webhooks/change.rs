//! `PATCH /api/webhooks/{webhook}`: another address, other events, on and off.

use std::collections::BTreeSet;

use axum::extract::State;
use madoguchi_domain::webhook::{EventKind, OffBecause, Subscription, SwitchedOff};
use madoguchi_domain::{ChannelId, WebhookId};
use madoguchi_store::Saved;
use serde::Deserialize;

use super::view::WebhookView;
use super::{SharedWebhooks, WebhooksApi, description, events, existing};
use crate::ApiError;
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::etag::{IfMatch, Tagged};
use crate::input::{InPath, JsonBody, named};

/// What is left out stays as it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct Changes {
    /// `https`, without user, password and fragment, and on the open internet: what its name leads to is looked at
    /// on every call.
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(max_length = 2000, nullable = false))]
    url: Option<String>,
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(min_items = 1, nullable = false))]
    events: Option<BTreeSet<EventKind>>,
    /// Only what happens on these channels; on all of them if there is none.
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    channels: Option<BTreeSet<ChannelId>>,
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(max_length = 200, nullable = false))]
    description: Option<String>,
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    enabled: Option<bool>,
}

impl Changes {
    /// Whether other things are told than before, or to somebody else.
    const fn leads_elsewhere(&self) -> bool {
        self.url.is_some() || self.events.is_some() || self.channels.is_some()
    }
}

/// Change a webhook, switch it off and on
///
/// What is left out stays as it is. What was not taken before it was switched off is not tried again.
/// For `url`, `events` and `channels` a machine also needs the scope `conversations:read`.
#[cfg_attr(feature = "openapi", utoipa::path(
    patch, path = "/api/webhooks/{webhook}", operation_id = "changeWebhook", tag = "Webhooks",
    params(IfMatch),
    request_body = inline(Changes),
    responses((status = 200, description = "The webhook.", body = WebhookView, headers(("ETag")))),
    extensions(("x-errors" = json!([
        "channel_not_found", "webhook_url_invalid", "webhook_url_not_public", "webhook_url_too_long",
    ]))),
))]
pub(super) async fn change(
    State(api): SharedWebhooks,
    administrator: Operator,
    InPath(id): InPath<WebhookId>,
    meant: IfMatch,
    JsonBody(changes): JsonBody<Changes>,
) -> Result<Tagged<WebhookView>, ApiError> {
    if changes.leads_elsewhere() {
        administrator.sends_conversations()?;
    }
    let api = api.by(&administrator);
    for _ in 0..TRIES {
        let before = existing(&api.directory, id).await?;
        let health = api.deliveries.health(id).await?;
        meant.check(before.rev, || WebhookView::new(&before, health, api.clock.now()))?;
        let mut after = changed(&api, &before, changes.clone()).await?;
        if after == before {
            return Ok(Tagged(before.rev, WebhookView::new(&before, health, api.clock.now())));
        }
        if api.directory.save_webhook(&after).await? == Saved::Done {
            after.rev += 1;
            tracing::info!(webhook.id = %id, operator.id = administrator.id.0, "Changed webhook `{id}`");
            if before.off.is_some() && after.off.is_none() {
                // It gets its days anew.
                api.deliveries.note_success(id).await?;
            }
            let health = api.deliveries.health(id).await?;
            return Ok(Tagged(after.rev, WebhookView::new(&after, health, api.clock.now())));
        }
    }
    Err(ApiError::contended("the webhook"))
}

async fn changed(
    api: &WebhooksApi,
    before: &Subscription,
    changes: Changes,
) -> Result<Subscription, ApiError> {
    let mut after = before.clone();
    if let Some(url) = &changes.url {
        after.url = api.url(url)?;
    }
    if let Some(named) = changes.events {
        after.events = events(named)?;
    }
    if let Some(named) = changes.channels {
        after.channels = api.channels(named).await?;
    }
    if let Some(text) = changes.description {
        after.description = description(text)?;
    }
    let off = SwitchedOff { at: api.clock.now(), because: OffBecause::Administrator };
    match changes.enabled {
        Some(true) => after.off = None,
        Some(false) => after.off = before.off.or(Some(off)),
        None => {}
    }
    Ok(after)
}
