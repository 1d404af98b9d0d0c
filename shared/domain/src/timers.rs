//! What timers go by: settings of the channel, defaults of its department and brand (TMR-5), business hours (TMR-10).

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::channel::{self, Channel, ChannelSettings, SettingsOutOfBounds};
use crate::conversation::Conversation;
use crate::deadline::DeadlineKind;
use crate::ids::{BrandId, DepartmentId};
use crate::organisation::{Brand, BusinessHours, Department};
use crate::time::{Span, Timestamp};

/// Timers that a department or a brand gives to its channels where they have none of their own (TMR-5); `None` = none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Timers {
    /// Closes when nobody has answered for so long; null = off. As [`ChannelSettings::unanswered_close_after_minutes`].
    #[cfg_attr(feature = "openapi", schema(minimum = 15, maximum = 43200))]
    pub unanswered_close_after_minutes: Option<u32>,
    /// Closes when neither side has written for so long; null = off. As [`ChannelSettings::idle_close_after_minutes`].
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1440))]
    pub idle_close_after_minutes: Option<u32>,
    /// Closes what a bot holds when neither side has written for so long; null = off. As
    /// [`ChannelSettings::bot_close_after_minutes`].
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1440))]
    pub bot_close_after_minutes: Option<u32>,
}

impl Timers {
    /// Refuses timers outside their bounds, naming the field and the bounds.
    pub fn check(&self) -> Result<(), SettingsOutOfBounds> {
        channel::check_timers(
            self.unanswered_close_after_minutes,
            self.idle_close_after_minutes,
            self.bot_close_after_minutes,
        )
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// `settings` with the timers that the channel does not have itself: the department's come before the brand's. A channel with
/// `own_timers` takes none.
pub fn effective(
    settings: &ChannelSettings,
    department: Option<&Timers>,
    brand: Option<&Timers>,
) -> ChannelSettings {
    let mut effective = settings.clone();
    let above = [department, brand].into_iter().flatten().filter(|_| !settings.own_timers);
    for timers in above {
        let inherit = |own: &mut Option<u32>, inherited| *own = own.or(inherited);
        inherit(&mut effective.unanswered_close_after_minutes, timers.unanswered_close_after_minutes);
        inherit(&mut effective.idle_close_after_minutes, timers.idle_close_after_minutes);
        inherit(&mut effective.bot_close_after_minutes, timers.bot_close_after_minutes);
    }
    effective
}

/// Settings with the hours in which timers run. Whoever only writes what came in may leave the hours out: time outside of them
/// makes a deadline later, and what is armed may be earlier than what is true.
#[derive(Clone, Copy, Debug)]
pub struct Timing<'a> {
    /// As they act, see [`Channel::acting_settings`] and [`effective`].
    pub settings: &'a ChannelSettings,
    /// Those of the conversation's department; `None` = always.
    pub hours: Option<&'a BusinessHours>,
}

impl<'a> From<&'a ChannelSettings> for Timing<'a> {
    fn from(settings: &'a ChannelSettings) -> Self {
        Self { settings, hours: None }
    }
}

impl Timing<'_> {
    /// When `span` will have passed after `from`, by business hours if timers pause outside of them; `None` = never.
    pub fn after(self, from: Timestamp, span: Span) -> Option<Timestamp> {
        match self.hours.filter(|_| self.settings.pause_outside_hours) {
            Some(hours) => hours.after(from, span),
            None => Some(from + span),
        }
    }
}

impl Timing<'_> {
    /// When the timer of `kind` has run for `period`. That of bots never pauses.
    pub(crate) fn count(self, kind: DeadlineKind, from: Timestamp, period: Span) -> Option<Timestamp> {
        if kind == DeadlineKind::BotTimer { Some(from + period) } else { self.after(from, period) }
    }
}

/// Departments and brands, as far as timers need them.
#[derive(Clone, Debug, Default)]
pub struct Organisation {
    departments: HashMap<DepartmentId, Department>,
    brands: HashMap<BrandId, Brand>,
}

impl Organisation {
    /// Of these.
    #[must_use]
    pub fn new(
        departments: impl IntoIterator<Item = Department>,
        brands: impl IntoIterator<Item = Brand>,
    ) -> Self {
        Self {
            departments: departments.into_iter().map(|department| (department.id, department)).collect(),
            brands: brands.into_iter().map(|brand| (brand.id, brand)).collect(),
        }
    }

    /// `channel` with the timers that act, changed when any of what they follow from was. It is for reading alone.
    #[must_use]
    pub fn resolve(&self, mut channel: Channel) -> Channel {
        let department = channel.department.and_then(|id| self.departments.get(&id));
        let brand = channel.brand.and_then(|id| self.brands.get(&id));
        channel.settings =
            effective(&channel.settings, department.map(|d| &d.timers), brand.map(|brand| &brand.timers));
        let own = [department.and_then(|d| d.timers_changed_at), brand.and_then(|b| b.timers_changed_at)];
        // A conversation can have been transferred to any of them.
        let everywhere = self.departments.values().filter(|_| channel.settings.pause_outside_hours);
        let changes = own.into_iter().chain(everywhere.map(|department| department.timers_changed_at));
        let changed_at = changes.flatten().max().unwrap_or_default();
        channel.settings_changed_at = channel.settings_changed_at.max(changed_at);
        channel
    }

    /// The hours in which timers of `conversation` run: those of the department that it was transferred to, if that was not
    /// given up, else of its channel's.
    pub fn hours(&self, channel: &Channel, conversation: &Conversation) -> Option<&BusinessHours> {
        let mut departments = hours_of(channel, conversation).filter_map(|id| self.departments.get(&id));
        departments.find(|department| department.removed_at.is_none())?.hours.as_ref()
    }
}

/// Whether timers of `channel` depend on its department or brand.
pub const fn inherits(channel: &Channel) -> bool {
    let settings = &channel.settings;
    let all_set = settings.unanswered_close_after_minutes.is_some()
        && settings.idle_close_after_minutes.is_some()
        && settings.bot_close_after_minutes.is_some();
    (channel.department.is_some() || channel.brand.is_some()) && !settings.own_timers && !all_set
}

/// The departments of which the first that was not given up has the hours that timers of `conversation` run in; with none
/// they run always.
pub fn hours_of(channel: &Channel, conversation: &Conversation) -> impl Iterator<Item = DepartmentId> {
    let departments = [conversation.department, channel.department].into_iter().flatten();
    let pauses = channel.settings.pause_outside_hours;
    departments.filter(move |_| pauses)
}

#[cfg(test)]
#[path = "timers_tests.rs"]
mod tests;
