//! What became of a channel's latest replies.

use madoguchi_domain::tally::{self, Recent, Tally};
use serde::Serialize;

/// The most frequent reasons that are shown.
const REASONS: usize = 5;

/// How replies ended that the provider was asked to take, each counted once. What a process had not yet written
/// down when it ended is missing: at most what was accepted within a minute.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct RepliesView {
    /// When the provider took the latest; null if it took none within eight days.
    last_accepted_at: Option<String>,
    /// Counted in stretches of ten minutes, so that up to as much before is counted with it.
    last_hour: TallyView,
    /// Counted in stretches of ten minutes, so that up to as much before is counted with it.
    last_24_hours: TallyView,
    /// Why replies were refused in the last 24 hours, the five most frequent.
    reasons: Vec<ReasonView>,
}

/// Counted in stretches of ten minutes, so that up to as much before is counted with it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct TallyView {
    accepted: u64,
    refused: u64,
    /// Those of which nobody knows whether they were sent.
    unconfirmed: u64,
    /// Not in `refused`. The customer has blocked the account, or the time to answer was over.
    refused_for_customer: u64,
    /// What part of accepted, refused and unconfirmed ones was refused or is unconfirmed, from 0 to 1.
    error_rate: Option<f64>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = RefusalReason))]
struct ReasonView {
    /// As of a reply's problem.
    id: String,
    count: u64,
    /// It says nothing about the channel.
    is_of_customer: bool,
}

impl From<&Recent> for RepliesView {
    fn from(recent: &Recent) -> Self {
        let reason = |(id, count): (&str, u64)| ReasonView {
            id: id.to_owned(),
            count,
            is_of_customer: tally::reason(id).is_some_and(tally::is_of_customer),
        };
        Self {
            last_accepted_at: recent.last_accepted_at.map(|at| at.to_string()),
            last_hour: TallyView::from(&recent.hour),
            last_24_hours: TallyView::from(&recent.day),
            reasons: recent.day.reasons().into_iter().take(REASONS).map(reason).collect(),
        }
    }
}

impl From<&Tally> for TallyView {
    fn from(tally: &Tally) -> Self {
        Self {
            accepted: tally.accepted,
            refused: tally.refused(),
            unconfirmed: tally.unconfirmed,
            refused_for_customer: tally.refused_of_customers(),
            error_rate: tally.error_rate(),
        }
    }
}
