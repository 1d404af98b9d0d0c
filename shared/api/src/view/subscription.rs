//! Whether the provider sends what customers write.

use madoguchi_domain::Timestamp;
use madoguchi_domain::subscription::{Loss, Subscription};
use serde::Serialize;

/// A channel's subscription to webhooks.
#[derive(Debug, Serialize)]
pub(crate) struct SubscriptionView {
    is_subscribed: bool,
    checked_at: String,
    /// The latest loss; null if there was none within seven days.
    loss: Option<LossView>,
}

#[derive(Debug, Serialize)]
struct LossView {
    found_at: String,
    missing: Vec<String>,
    silent_since: Option<String>,
    renewed_at: Option<String>,
}

impl SubscriptionView {
    pub(crate) fn new(known: &Subscription, now: Timestamp) -> Self {
        Self {
            is_subscribed: known.stands(),
            checked_at: known.checked_at.to_string(),
            loss: known.told_loss(now).map(LossView::from),
        }
    }
}

impl From<&Loss> for LossView {
    fn from(loss: &Loss) -> Self {
        Self {
            found_at: loss.found_at.to_string(),
            missing: loss.missing.clone(),
            silent_since: loss.silent_since.map(|at| at.to_string()),
            renewed_at: loss.renewed_at.map(|at| at.to_string()),
        }
    }
}
