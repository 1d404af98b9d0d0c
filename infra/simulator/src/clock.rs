//! The simulator's clock: the machine's, moved by an offset that tests and people may set.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

pub(crate) const SECOND_MS: i64 = 1_000;
pub(crate) const MINUTE_MS: i64 = 60 * SECOND_MS;
pub(crate) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(crate) struct Clock {
    offset_ms: i64,
    last_stamp_ms: i64,
}

impl Clock {
    pub(crate) fn now_ms(&self) -> i64 {
        machine_ms() + self.offset_ms
    }

    /// A time for one event. No two are equal, so that the provider's order is never a matter of taste.
    pub(crate) fn stamp_ms(&mut self) -> i64 {
        self.last_stamp_ms = self.now_ms().max(self.last_stamp_ms + 1);
        self.last_stamp_ms
    }

    pub(crate) fn offset_ms(&self) -> i64 {
        self.offset_ms
    }

    pub(crate) fn set_offset_ms(&mut self, offset_ms: i64) {
        self.offset_ms = offset_ms;
        self.last_stamp_ms = self.last_stamp_ms.min(self.now_ms());
    }
}

/// The machine's own time, for identifiers that must stay unique whatever the offset.
pub(crate) fn machine_ms() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}
