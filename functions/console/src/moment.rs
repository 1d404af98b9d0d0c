//! Instants and spans as people read them, in their zone and language.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use maud::{Markup, html};

use crate::view::View;

impl View {
    /// `14:05` today, `昨日 14:05`, `11月3日 14:05`, with the year if it is another.
    pub(crate) fn moment(&self, at: Timestamp) -> String {
        let then = at.to_zoned(self.zone.clone());
        let clock = then.strftime("%H:%M").to_string();
        match self.day_name(then.date()) {
            None => clock,
            Some(day) => format!("{day} {clock}"),
        }
    }

    /// The day as a separator shows it: `今日`, `昨日`, `11月3日（火）`.
    pub(crate) fn day(&self, at: Timestamp) -> String {
        let date = at.to_zoned(self.zone.clone()).date();
        self.day_name(date).unwrap_or_else(|| self.say("今日", "Today").to_owned())
    }

    /// The date in the visitor's zone.
    pub(crate) fn date(&self, at: Timestamp) -> Date {
        at.to_zoned(self.zone.clone()).date()
    }

    /// `None` for today.
    fn day_name(&self, date: Date) -> Option<String> {
        let today = self.now.to_zoned(self.zone.clone()).date();
        if date == today {
            return None;
        }
        if today.yesterday().is_ok_and(|yesterday| yesterday == date) {
            return Some(self.say("昨日", "Yesterday").to_owned());
        }
        let weekday = self.weekday(date.weekday());
        let year = date.year() != today.year();
        Some(if self.is_japanese() {
            let year = if year { format!("{}年", date.year()) } else { String::new() };
            format!("{year}{}月{}日（{weekday}）", date.month(), date.day())
        } else {
            let year = if year { format!(" {}", date.year()) } else { String::new() };
            format!("{weekday} {} {}{year}", date.day(), date.strftime("%b"))
        })
    }

    /// `月`, `Mon`.
    pub(crate) const fn weekday(&self, weekday: Weekday) -> &'static str {
        match weekday {
            Weekday::Monday => self.say("月", "Mon"),
            Weekday::Tuesday => self.say("火", "Tue"),
            Weekday::Wednesday => self.say("水", "Wed"),
            Weekday::Thursday => self.say("木", "Thu"),
            Weekday::Friday => self.say("金", "Fri"),
            Weekday::Saturday => self.say("土", "Sat"),
            Weekday::Sunday => self.say("日", "Sun"),
        }
    }

    /// How long that is, in its largest unit: `12分`, `3時間`, `2日`; `12 min`, `3 h`, `2 d`.
    pub(crate) fn span(&self, seconds: i64) -> String {
        let minutes = seconds.max(0) / 60;
        let (count, ja, en) = match minutes {
            0 => return self.say("1分未満", "under 1 min").to_owned(),
            1..60 => (minutes, "分", " min"),
            60..1_440 => (minutes / 60, "時間", " h"),
            _ => (minutes / 1_440, "日", " d"),
        };
        format!("{count}{}", self.say(ja, en))
    }

    /// An instant as an element that tells it exactly when asked.
    pub(crate) fn time(&self, at: Timestamp) -> Markup {
        let exact = at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string();
        html! { time datetime=(at) title=(exact) { (self.moment(at)) } }
    }

    /// How long ago that is; kept current by the page's script.
    pub(crate) fn ago(&self, at: Timestamp) -> Markup {
        let seconds = self.now.as_second() - at.as_second();
        let exact = at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string();
        html! { time datetime=(at) title=(exact) data-since { (self.span(seconds)) } }
    }

    /// How long until then; kept current by the page's script.
    pub(crate) fn until(&self, at: Timestamp) -> Markup {
        let seconds = at.as_second() - self.now.as_second();
        let exact = at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string();
        html! { time datetime=(at) title=(exact) data-until { (self.span(seconds)) } }
    }
}
