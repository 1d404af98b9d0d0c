//! Reports (OPS-3): what happened, counted by channel, hour and operator.
//!
//! A committed write tells [`Fact`]s, each under a name that follows from the write: told again, it is the same fact. The facts
//! of an hour make its [`Hour`], which is always made anew from all of them. So nothing counts twice, whatever comes again or
//! out of order. Hours are sums, and so are their histograms: days, weeks, channels and the whole are hours put together.
//! Neither holds a name or a word: operators are known by their ids, customers not at all.

mod fact;
mod figures;
mod histogram;
mod hour;
mod period;
#[cfg(test)]
mod tests;
mod watch;

pub use fact::{Fact, LATE, What, of_conversation, of_message};
pub use figures::{Figures, Grid, Report, fold};
pub use histogram::{Histogram, RELATIVE_ERROR};
pub use hour::{Hour, Work};
pub use period::{LONGEST_PERIOD_DAYS, Local, Period, PeriodRefused};
pub use watch::{ChannelDay, ChannelState, Ended, SLOTS_PER_DAY, Watch, watch_slot};

use crate::time::{Span, Timestamp};

/// Facts are counted by the hour of UTC.
pub const HOUR: Span = Span::from_hours(1);
/// Facts of one conversation within so long are kept together.
pub const SLOT: Span = Span::from_minutes(10);
/// How long facts are kept: longer than any record of them can still be on its way (a day in the stream, four in the queue,
/// twice fourteen among its dead letters).
pub const FACTS_KEPT: Span = Span::from_days(40);
/// Until when an hour is made anew, after it began: its facts are all there then.
pub const OPEN_FOR: Span = Span::from_days(38);

/// The beginning of the hour of UTC that `at` is in.
pub const fn hour_of(at: Timestamp) -> Timestamp {
    floor(at, HOUR)
}

/// The beginning of the slot that `at` is in.
pub const fn slot_of(at: Timestamp) -> Timestamp {
    floor(at, SLOT)
}

const fn floor(at: Timestamp, span: Span) -> Timestamp {
    Timestamp::from_ms(at.as_ms() - at.as_ms().rem_euclid(span.as_ms()))
}
