//! What became of a channel's latest replies.

use madoguchi_domain::tally::{self, Recent, Tally};
use serde::Serialize;

/// The most frequent reasons that are shown.
const REASONS: usize = 5;

/// How replies ended, of late.
#[derive(Debug, Serialize)]
pub(crate) struct RepliesView {
    /// Null if none was within eight days.
    last_accepted_at: Option<String>,
    last_hour: TallyView,
    last_24_hours: TallyView,
    /// Why the provider refused some in the last 24 hours, the most frequent first.
    reasons: Vec<ReasonView>,
}

#[derive(Debug, Serialize)]
struct TallyView {
    accepted: u64,
    refused: u64,
    unconfirmed: u64,
    /// Those that say nothing about the channel.
    refused_for_customer: u64,
    /// From 0 to 1; null if nothing can be said.
    error_rate: Option<f64>,
}

#[derive(Debug, Serialize)]
struct ReasonView {
    id: String,
    count: u64,
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
