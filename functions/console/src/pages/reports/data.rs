//! What the API reports, as far as it is shown.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct Report {
    pub(super) total: Figures,
    pub(super) days: Vec<Day>,
    #[serde(default)]
    pub(super) hours: Vec<Hour>,
    #[serde(default)]
    pub(super) week: Vec<WeekHour>,
    #[serde(default)]
    pub(super) channels: Vec<Channel>,
    #[serde(default)]
    pub(super) operators: Vec<Operator>,
    #[serde(default)]
    pub(super) within_minutes: u32,
}

impl Report {
    /// Whether there is nothing to draw.
    pub(super) fn is_empty(&self) -> bool {
        let total = &self.total;
        total.incoming() == 0 && total.answers == 0 && total.closed == 0
    }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Figures {
    #[serde(default)]
    pub(super) incoming: Option<u64>,
    #[serde(default)]
    pub(super) automatic: Option<u64>,
    #[serde(default)]
    pub(super) begun: Option<u64>,
    #[serde(default)]
    pub(super) answers: u64,
    #[serde(default)]
    pub(super) closed: u64,
    #[serde(default)]
    pub(super) closed_by_reason: BTreeMap<String, u64>,
    #[serde(default)]
    pub(super) first_answer: Durations,
    #[serde(default)]
    pub(super) to_close: Durations,
}

impl Figures {
    pub(super) fn incoming(&self) -> u64 {
        self.incoming.unwrap_or_default()
    }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Durations {
    #[serde(default)]
    pub(super) count: u64,
    #[serde(default)]
    pub(super) median_seconds: Option<f64>,
    #[serde(default)]
    pub(super) p90_seconds: Option<f64>,
    #[serde(default)]
    pub(super) within_share: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Day {
    pub(super) date: Date,
    #[serde(flatten)]
    pub(super) figures: Figures,
}

#[derive(Debug, Deserialize)]
pub(super) struct Hour {
    pub(super) at: Timestamp,
    #[serde(flatten)]
    pub(super) figures: Figures,
}

#[derive(Debug, Deserialize)]
pub(super) struct WeekHour {
    pub(super) weekday: String,
    pub(super) hour: u8,
    #[serde(flatten)]
    pub(super) figures: Figures,
}

#[derive(Debug, Deserialize)]
pub(super) struct Channel {
    pub(super) name: String,
    #[serde(default)]
    pub(super) kind: String,
    #[serde(flatten)]
    pub(super) figures: Figures,
}

#[derive(Debug, Deserialize)]
pub(super) struct Operator {
    #[serde(default)]
    pub(super) operator_id: Option<String>,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(flatten)]
    pub(super) figures: Figures,
}

#[derive(Debug, Deserialize)]
pub(super) struct Channels {
    pub(super) channels: Vec<Fared>,
}

/// How a channel fared.
#[derive(Debug, Deserialize)]
pub(super) struct Fared {
    pub(super) name: String,
    #[serde(default)]
    pub(super) kind: String,
    pub(super) days: Vec<FaredDay>,
}

#[derive(Debug, Deserialize)]
pub(super) struct FaredDay {
    pub(super) date: Date,
    #[serde(default)]
    pub(super) healthy_minutes: i64,
    #[serde(default)]
    pub(super) needs_reauthorization_minutes: i64,
    #[serde(default)]
    pub(super) off_minutes: i64,
    #[serde(default)]
    pub(super) replies: Replies,
    #[serde(default)]
    pub(super) quota: Option<Quota>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Replies {
    #[serde(default)]
    pub(super) accepted: u64,
    #[serde(default)]
    pub(super) refused: u64,
    #[serde(default)]
    pub(super) refused_of_customers: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Quota {
    pub(super) used: u64,
    #[serde(default)]
    pub(super) limit: Option<u64>,
}
