//! When what customers write becomes a ticket by itself.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::channel::SettingsOutOfBounds;
use crate::ids::DepartmentId;
use crate::time::Span;

/// Bounds of the timer, in minutes (TKT-2: up to 24 hours).
pub const MINUTES: RangeInclusive<u32> = 1..=1_440;
/// What the timer is set to if nobody says how long (TKT-2).
const STANDARD_MINUTES: u32 = 60;

/// What becomes of a customer's message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TicketAfter {
    /// Nothing by itself (TKT-4, *None*). Every channel begins with it: a company that works without tickets gets none.
    #[default]
    Never,
    /// Each becomes a ticket at once (TKT-4, *Always*).
    Always,
    /// It becomes one after a while, together with what is written until then (TKT-2, TKT-3).
    Timer {
        /// How long after it was received: 1 minute to 24 hours.
        #[serde(default = "standard")]
        minutes: u32,
    },
}

const fn standard() -> u32 {
    STANDARD_MINUTES
}

impl TicketAfter {
    /// How long a message waits; `None` of those that do not wait.
    pub fn wait(self) -> Option<Span> {
        match self {
            Self::Timer { minutes } => Some(Span::from_minutes(minutes.into())),
            Self::Never | Self::Always => None,
        }
    }
}

/// A channel's timers (TKT-5): one for the channel, and others for departments that its conversations may belong to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TicketSettings {
    /// For conversations of any other department, or of none.
    pub after: TicketAfter,
    /// For those of these departments.
    pub departments: BTreeMap<DepartmentId, TicketAfter>,
}

impl TicketSettings {
    /// What holds for conversations of `department`.
    pub fn of(&self, department: Option<DepartmentId>) -> TicketAfter {
        department.and_then(|id| self.departments.get(&id)).copied().unwrap_or(self.after)
    }

    /// Whether any message becomes a ticket by itself.
    pub fn is_on(&self) -> bool {
        self.all().any(|(_, after)| after != TicketAfter::Never)
    }

    /// Refuses a timer outside its bounds.
    pub fn check(&self) -> Result<(), SettingsOutOfBounds> {
        for (field, after) in self.all() {
            if let TicketAfter::Timer { minutes } = after
                && !MINUTES.contains(&minutes)
            {
                return Err(SettingsOutOfBounds {
                    field,
                    value: minutes,
                    min: *MINUTES.start(),
                    max: *MINUTES.end(),
                    off: "\"never\"",
                });
            }
        }
        Ok(())
    }

    fn all(&self) -> impl Iterator<Item = (&'static str, TicketAfter)> {
        let departments = self.departments.values().map(|after| ("tickets.departments", *after));
        std::iter::once(("tickets.after", self.after)).chain(departments)
    }
}
