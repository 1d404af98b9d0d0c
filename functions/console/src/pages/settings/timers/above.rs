//! From where a channel takes a timer that it does not have itself (TMR-5).

use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use super::super::organisation::{Brand, Channel, Department, Settings, Timers};
use crate::view::View;

/// What is above a channel. It travels in the address of previews.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Above {
    department: Option<String>,
    department_unanswered: Option<u32>,
    department_idle: Option<u32>,
    department_bot: Option<u32>,
    brand: Option<String>,
    brand_unanswered: Option<u32>,
    brand_idle: Option<u32>,
    brand_bot: Option<u32>,
}

/// One of the three timers that are taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Unanswered,
    Idle,
    Bot,
}

/// How long a timer is, and who says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Effective {
    pub(super) minutes: Option<u32>,
    pub(super) from: Source,
}

/// Who says how long a timer is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Source {
    /// The thing itself, be it that it is off.
    #[default]
    Own,
    /// The channel's department.
    Department(String),
    /// The channel's brand.
    Brand(String),
}

impl Above {
    pub(super) fn of(channel: &Channel, departments: &[Department], brands: &[Brand]) -> Self {
        let department = departments.iter().find(|of| channel.department_id.as_deref() == Some(&of.id));
        let brand = brands.iter().find(|of| channel.brand_id.as_deref() == Some(&of.id));
        let [theirs, its] =
            [department.map(|of| of.timers), brand.map(|of| of.timers)].map(Option::unwrap_or_default);
        Self {
            department: department.map(|of| of.name.clone()),
            department_unanswered: theirs.unanswered_close_after_minutes,
            department_idle: theirs.idle_close_after_minutes,
            department_bot: theirs.bot_close_after_minutes,
            brand: brand.map(|of| of.name.clone()),
            brand_unanswered: its.unanswered_close_after_minutes,
            brand_idle: its.idle_close_after_minutes,
            brand_bot: its.bot_close_after_minutes,
        }
    }

    /// Whether there is anything that could be taken over.
    pub(super) fn is_any(&self) -> bool {
        self.department.is_some() || self.brand.is_some()
    }

    /// The timer as it acts on a channel of these settings: its own, else its department's, else its brand's.
    pub(super) fn effective(&self, settings: &Settings, which: Which) -> Effective {
        let (own, department, brand) = match which {
            Which::Unanswered => {
                (settings.unanswered_close_after_minutes, self.department_unanswered, self.brand_unanswered)
            }
            Which::Idle => (settings.idle_close_after_minutes, self.department_idle, self.brand_idle),
            Which::Bot => (settings.bot_close_after_minutes, self.department_bot, self.brand_bot),
        };
        if own.is_some() || settings.own_timers {
            return Effective { minutes: own, from: Source::Own };
        }
        let from_department = self.department.clone().zip(department);
        let from_brand = self.brand.clone().zip(brand);
        match (from_department, from_brand) {
            (Some((name, minutes)), _) => {
                Effective { minutes: Some(minutes), from: Source::Department(name) }
            }
            (None, Some((name, minutes))) => Effective { minutes: Some(minutes), from: Source::Brand(name) },
            (None, None) => Effective::default(),
        }
    }
}

impl Source {
    /// `部門「サポート」の設定`; nothing of a thing's own.
    pub(super) fn label(&self, view: &View) -> Markup {
        let (words, name) = match self {
            Self::Own => return html! {},
            Self::Department(name) => (view.say("部門「{}」の設定", "from the department “{}”"), name),
            Self::Brand(name) => (view.say("ブランド「{}」の設定", "from the brand “{}”"), name),
        };
        html! { span.badge.info { (words.replace("{}", name)) } }
    }
}

impl From<Timers> for Settings {
    fn from(timers: Timers) -> Self {
        Self {
            unanswered_close_after_minutes: timers.unanswered_close_after_minutes,
            idle_close_after_minutes: timers.idle_close_after_minutes,
            bot_close_after_minutes: timers.bot_close_after_minutes,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::ChannelSettings;
    use madoguchi_domain::timers::{self, Timers as Given};

    use super::*;

    #[test]
    fn tmr_5_what_is_shown_is_what_acts() {
        let choices = [None, Some(20), Some(30)];
        for own in choices {
            for department in choices {
                for brand in choices {
                    for own_timers in [false, true] {
                        let given =
                            |minutes| Given { unanswered_close_after_minutes: minutes, ..Given::default() };
                        let acting = ChannelSettings {
                            unanswered_close_after_minutes: own,
                            own_timers,
                            ..ChannelSettings::default()
                        };
                        let acting =
                            timers::effective(&acting, Some(&given(department)), Some(&given(brand)));
                        let settings = Settings {
                            unanswered_close_after_minutes: own,
                            own_timers,
                            ..Settings::default()
                        };
                        let above = Above {
                            department: Some("D".into()),
                            department_unanswered: department,
                            brand: Some("B".into()),
                            brand_unanswered: brand,
                            ..Above::default()
                        };
                        let shown = above.effective(&settings, Which::Unanswered);
                        assert_eq!(
                            shown.minutes, acting.unanswered_close_after_minutes,
                            "{own:?} {department:?} {brand:?}"
                        );
                        let taken = own.is_none() && !own_timers && shown.minutes.is_some();
                        assert_eq!(shown.from != Source::Own, taken);
                    }
                }
            }
        }
    }
}
