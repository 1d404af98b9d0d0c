//! Whether the provider sends what customers write.

use madoguchi_domain::Timestamp;
use madoguchi_domain::subscription::{Loss, Subscription};
use serde::Serialize;

/// Null where the provider is not asked for it, or was not yet.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct SubscriptionView {
    is_subscribed: bool,
    checked_at: String,
    /// The latest time that it was not; null if it was renewed more than seven days ago.
    loss: Option<LossView>,
}

/// The latest time that it was not; null if it was renewed more than seven days ago.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct LossView {
    found_at: String,
    /// Webhook fields.
    missing: Vec<String>,
    /// When a customer last wrote or the subscription was last seen. What came then may be missing.
    #[cfg_attr(feature = "openapi", schema(format = DateTime))]
    silent_since: Option<String>,
    /// Null while it could not be.
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
