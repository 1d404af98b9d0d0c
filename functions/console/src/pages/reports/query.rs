//! What the report is asked to be about: a period, a channel, a person.

use std::fmt::Write as _;

use jiff::ToSpan as _;
use jiff::civil::Date;
use maud::{Markup, html};

use super::AT;
use crate::pages::known::{Names, Wanted, encoded, select};
use crate::parts::{Icon, icon};
use crate::view::View;

/// Periods that end today, in days.
const PERIODS: [&str; 3] = ["1", "7", "28"];
/// The one that is shown first.
const USUAL: &str = "7";

#[derive(Debug)]
pub(super) struct Asked {
    period: String,
    pub(super) from: Date,
    pub(super) to: Date,
    zone: String,
    channel: Option<String>,
    pub(super) operator: Option<String>,
}

impl Asked {
    pub(super) fn new(view: &View, wanted: &Wanted) -> Self {
        let today = view.date(view.now);
        let day = |name| wanted.get(name).and_then(|text| text.parse::<Date>().ok());
        let own = (day("from"), day("to"));
        let (period, from, to) = match own {
            (Some(from), to) => ("own".to_owned(), from, to.unwrap_or(today).max(from)),
            _ => {
                let period = wanted.get("period").filter(|period| PERIODS.contains(period)).unwrap_or(USUAL);
                let back = period.parse::<i64>().unwrap_or(1) - 1;
                (period.to_owned(), today.checked_sub(back.days()).unwrap_or(today), today)
            }
        };
        Self {
            period,
            from,
            to,
            zone: view.zone.iana_name().unwrap_or("UTC").to_owned(),
            channel: wanted.get("channel").map(str::to_owned),
            operator: wanted.get("operator").map(str::to_owned),
        }
    }

    /// Whether it is about one day, and thus shown by the hour.
    pub(super) fn is_one_day(&self) -> bool {
        self.from == self.to
    }

    fn query(&self) -> String {
        let mut query = format!("from={}&to={}&zone={}", self.from, self.to, encoded(&self.zone));
        if let Some(channel) = &self.channel {
            let _infallible = write!(query, "&channel_id={}", encoded(channel));
        }
        query
    }

    /// The API's address of a report.
    pub(super) fn path(&self, path: &str) -> String {
        let operator = self.operator.as_deref().map(|id| format!("&operator_id={}", encoded(id)));
        format!("{path}?{}{}", self.query(), operator.unwrap_or_default())
    }

    /// That of how channels fared, which is about no person.
    pub(super) fn channels_path(&self) -> String {
        format!("/api/reports/channels?{}", self.query())
    }

    pub(super) fn export(&self, table: &str) -> String {
        if table == "channel_days" {
            return format!("/reports/export?{}&table={table}", self.query());
        }
        format!("{}&table={table}", self.path("/reports/export"))
    }

    /// This page with another period.
    fn with_period(&self, period: &str) -> String {
        let mut address = format!("{AT}?period={period}");
        for (name, value) in [("channel", &self.channel), ("operator", &self.operator)] {
            if let Some(value) = value {
                let _infallible = write!(address, "&{name}={}", encoded(value));
            }
        }
        address
    }
}

pub(super) fn picker(view: &View, asked: &Asked, channels: &Names, people: &Names) -> Markup {
    let names = [view.say("今日", "Today"), view.say("7日間", "7 days"), view.say("28日間", "28 days")];
    let all = view.say("すべて", "All");
    let mut on = vec![("", all)];
    on.extend(channels.all().iter().map(|channel| (channel.id.as_str(), channel.name.as_str())));
    let mut persons = vec![("", view.say("全員", "Everybody")), ("me", view.say("自分", "Me"))];
    persons.extend(people.all().iter().map(|person| (person.id.as_str(), person.name.as_str())));
    html! {
        div.report-picker {
            nav.segments aria-label=(view.say("期間", "Period")) {
                @for (period, name) in PERIODS.into_iter().zip(names) {
                    a href=(asked.with_period(period)) aria-current=[(period == asked.period).then_some("true")] { (name) }
                }
            }
            form.report-filters method="get" action=(AT) {
                @let is_own = asked.period == "own";
                div.field { label for="from" { (view.say("開始日", "From")) } input type="date" id="from" name=[is_own.then_some("from")] data-report-day value=(asked.from); }
                div.field { label for="to" { (view.say("終了日", "To")) } input type="date" id="to" name=[is_own.then_some("to")] data-report-day value=(asked.to); }
                div.field { label for="channel" { (view.say("チャンネル", "Channel")) } (select("channel", "channel", asked.channel.as_deref().unwrap_or_default(), &on)) }
                div.field { label for="operator" { (view.say("オペレーター", "Operator")) } (select("operator", "operator", asked.operator.as_deref().unwrap_or_default(), &persons)) }
                @if !is_own { input type="hidden" name="period" value=(asked.period); }
                button.button type="submit" { (icon(Icon::Filter)) (view.say("表示", "Show")) }
            }
        }
    }
}
