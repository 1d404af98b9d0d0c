//! `POST /console/settings/departments/preview`: what hours would come to, while they are typed.

use axum::Json;
use madoguchi_domain::Timestamp;
use madoguchi_domain::organisation::BusinessHours;
use madoguchi_domain::organisation::hours::{HOLIDAYS, HoursRefused, SHIFTS_PER_DAY};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::{standing, week};
use crate::error::Paged;
use crate::parts::{Icon, icon};
use crate::view::View;

#[derive(Deserialize)]
pub(super) struct Draft {
    #[serde(default)]
    hours: Value,
}

pub(super) async fn show(view: View, Json(draft): Json<Draft>) -> Paged {
    Ok(shown(&view, &draft.hours))
}

/// Whether a department with these `hours` would be open, or what is wrong with them, in its place.
pub(super) fn shown(view: &View, hours: &Value) -> Markup {
    html! { div.org-preview #hours-preview role="status" { (line(view, hours)) } }
}

fn line(view: &View, hours: &Value) -> Markup {
    if hours.is_null() {
        return good(view, true, None, None);
    }
    let shown = serde_json::from_value(hours.clone()).ok();
    let checked = serde_json::from_value::<BusinessHours>(hours.clone()).map(BusinessHours::checked);
    let wrong = match checked {
        Ok(Ok(hours)) => {
            let now = Timestamp::from_ms(view.now.as_millisecond());
            let change = hours.next_change(now);
            let change = change.and_then(|at| jiff::Timestamp::from_millisecond(at.as_ms()).ok());
            let summary = shown.map(|hours| week::summary(view, &hours));
            return good(view, hours.is_open(now), change, summary);
        }
        Ok(Err(refused)) => refusal(view, &refused),
        Err(_) => view
            .say("入力の途中です。時刻と日付を入れてください。", "Not complete yet: fill in times and dates.")
            .to_owned(),
    };
    html! { p.preview-line.bad { (icon(Icon::CircleAlert)) span { (wrong) } } }
}

fn good(view: &View, open: bool, change: Option<jiff::Timestamp>, summary: Option<String>) -> Markup {
    html! {
        p.preview-line { span.open-dot data-on=(open) aria-hidden="true" {} b { (standing(view, open, change)) } }
        @if let Some(summary) = summary { p.hint { (summary) } }
    }
}

fn refusal(view: &View, refused: &HoursRefused) -> String {
    if !view.is_japanese() {
        let words = refused.to_string();
        let mut letters = words.chars();
        let first = letters.next().map(char::to_uppercase).into_iter().flatten();
        return first.chain(letters).chain(['.']).collect();
    }
    match refused {
        HoursRefused::Backwards(from, to) => format!(
            "{from}〜{to} は、終わりが始まりより後になっていません。日をまたぐときは、24:00 までと翌日の 00:00 からに分けてください。"
        ),
        HoursRefused::Overlap(from) => format!("{from} からの時間帯が、ほかの時間帯と重なっています。"),
        HoursRefused::TooManyShifts => format!("1日に入れられる時間帯は {SHIFTS_PER_DAY} つまでです。"),
        HoursRefused::TooManyHolidays => {
            format!("休業日は {HOLIDAYS} 日までです。過ぎたものを削除してください。")
        }
        HoursRefused::Twice(day) => format!("{day} が2回入っています。"),
        HoursRefused::HolidayName => "休業日には100文字までの名前を付けてください。".to_owned(),
    }
}
