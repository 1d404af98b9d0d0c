//! Subscriptions and deliveries as the API shows them.

use std::collections::BTreeSet;

use madoguchi_domain::webhook::{
    Attempt, Delivery, DeliveryState, EventKind, Fault, Health, OffBecause, Subscription,
};
use madoguchi_domain::{ChannelId, ConversationId, Timestamp, WebhookEventId, WebhookId};
use serde::Serialize;

/// One subscription. Its secret is shown when it is made, and never again.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct WebhookView {
    id: WebhookId,
    /// `https`, without user, password and fragment, and on the open internet: what its name leads to is looked at
    /// on every call.
    #[cfg_attr(feature = "openapi", schema(max_length = 2000))]
    url: String,
    #[cfg_attr(feature = "openapi", schema(min_items = 1))]
    events: BTreeSet<EventKind>,
    /// Only what happens on these channels; on all of them if there is none.
    channels: BTreeSet<ChannelId>,
    description: String,
    enabled: bool,
    /// `failing`: it took nothing for five days.
    off_because: Option<OffBecause>,
    #[cfg_attr(feature = "openapi", schema(format = DateTime))]
    off_since: Option<String>,
    /// Since when it has taken nothing.
    #[cfg_attr(feature = "openapi", schema(format = DateTime))]
    failing_since: Option<String>,
    /// Until when its former secret signs, too.
    #[cfg_attr(feature = "openapi", schema(format = DateTime))]
    previous_secret_until: Option<String>,
    /// As `ETag` tells it.
    version: u64,
    created_at: String,
    /// Only in answer to adding the webhook and to replacing its secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    secret: Option<String>,
}

impl WebhookView {
    pub(super) fn new(subscription: &Subscription, health: Health, now: Timestamp) -> Self {
        let previous_until = subscription.key.previous_until.filter(|until| now < *until);
        Self {
            id: subscription.id,
            url: subscription.url.clone(),
            events: subscription.events.clone(),
            channels: subscription.channels.clone(),
            description: subscription.description.clone(),
            enabled: subscription.is_on(),
            off_because: subscription.off.map(|off| off.because),
            off_since: subscription.off.map(|off| off.at.to_string()),
            failing_since: health.failing_since.map(|since| since.to_string()),
            previous_secret_until: previous_until.map(|until| until.to_string()),
            version: subscription.rev,
            created_at: subscription.created_at.to_string(),
            secret: None,
        }
    }

    /// The same with its secret: once, when it was made or replaced.
    pub(super) fn revealing(self, secret: String) -> Self {
        Self { secret: Some(secret), ..self }
    }
}

/// One line of the log.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct DeliveryView {
    id: String,
    /// The `webhook-id` of every attempt.
    event_id: WebhookEventId,
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::DeliveryType))]
    kind: EventKind,
    created_at: String,
    conversation_id: Option<ConversationId>,
    message_id: Option<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::DeliveryState))]
    state: &'static str,
    next_attempt_at: Option<String>,
    /// The latest 30, oldest first.
    attempts: Vec<AttemptView>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct AttemptView {
    at: String,
    duration_ms: i64,
    status: Option<u16>,
    error: Option<Fault>,
    /// The beginning of a refusal.
    answer: Option<String>,
}

impl From<&Delivery> for DeliveryView {
    fn from(delivery: &Delivery) -> Self {
        let next_attempt_at = match delivery.state {
            DeliveryState::Pending { next_at } => Some(next_at.to_string()),
            _ => None,
        };
        Self {
            id: delivery.key().to_string(),
            event_id: delivery.event.id,
            kind: delivery.event.kind,
            created_at: delivery.event.at.to_string(),
            conversation_id: delivery.event.conversation,
            message_id: delivery.event.message.map(|message| message.to_string()),
            state: delivery.state.as_str(),
            next_attempt_at,
            attempts: delivery.attempts.iter().map(AttemptView::from).collect(),
        }
    }
}

impl From<&Attempt> for AttemptView {
    fn from(attempt: &Attempt) -> Self {
        Self {
            at: attempt.at.to_string(),
            duration_ms: attempt.duration_ms,
            status: attempt.status,
            error: attempt.fault,
            answer: attempt.answer.clone(),
        }
    }
}
