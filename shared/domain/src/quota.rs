//! What an account may send in a month.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// How much of a month's messages is used, as the provider told when it was last asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Messages that the plan allows in this month; `None`: the plan sets no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Messages used so far, those of other tools included. LINE calls it approximate.
    pub used: u64,
    /// When the provider was asked.
    pub read_at: Timestamp,
}

/// How near a quota is to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum QuotaLevel {
    /// There is room.
    Ample,
    /// Nine tenths are used.
    Low,
    /// Nothing is left: only answers with a reply token go out.
    Exhausted,
}

impl Quota {
    /// Messages that are left; `None`: no limit.
    pub fn left(&self) -> Option<u64> {
        self.limit.map(|limit| limit.saturating_sub(self.used))
    }

    /// How near it is to its end.
    pub fn level(&self) -> QuotaLevel {
        match self.limit {
            Some(limit) if self.used >= limit => QuotaLevel::Exhausted,
            Some(limit) if self.used.saturating_mul(10) >= limit.saturating_mul(9) => QuotaLevel::Low,
            _ => QuotaLevel::Ample,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rpl_13_a_quota_is_low_at_nine_tenths_and_exhausted_at_its_limit() {
        let table = [
            (None, 1_000_000, QuotaLevel::Ample, None),
            (Some(200), 0, QuotaLevel::Ample, Some(200)),
            (Some(200), 179, QuotaLevel::Ample, Some(21)),
            (Some(200), 180, QuotaLevel::Low, Some(20)),
            (Some(200), 199, QuotaLevel::Low, Some(1)),
            (Some(200), 200, QuotaLevel::Exhausted, Some(0)),
            (Some(200), 230, QuotaLevel::Exhausted, Some(0)),
            (Some(0), 0, QuotaLevel::Exhausted, Some(0)),
            (Some(u64::MAX), u64::MAX - 1, QuotaLevel::Low, Some(1)),
        ];
        for (limit, used, level, left) in table {
            let quota = Quota { limit, used, read_at: Timestamp::from_ms(0) };
            assert_eq!((quota.level(), quota.left()), (level, left), "{used} of {limit:?}");
        }
    }
}
