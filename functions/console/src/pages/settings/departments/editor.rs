//! `/console/settings/departments/{department}`: its name, its week, its holidays, and giving it up.

use axum::extract::Path;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::super::organisation::{
    Channel, Department, Holiday, Hours, Shift, channel_names, channels, departments, errors, tag,
};
use super::{preview, week};
use crate::assets::address;
use crate::error::{For as _, PageError, Paged};
use crate::parts::{Icon, field, heading, icon};
use crate::view::View;

/// What a department begins with when its hours are limited for the first time.
const FIRST: (&str, &str) = ("09:00", "18:00");

pub(super) async fn show(view: View, Path(id): Path<String>) -> Paged {
    let (departments, channels) = tokio::try_join!(departments(&view), channels(&view)).for_(&view)?;
    let department = departments.into_iter().find(|department| department.id == id);
    let Some(department) = department else { return Err(PageError::no_page(&view)) };
    let content = content(&view, &department, &channels);
    if view.part {
        return Ok(content);
    }
    let whole = html! {
        p.org-back { a href="/console/settings/departments" { (icon(Icon::ArrowLeft)) (view.say("部門と営業時間", "Departments and hours")) } }
        div #department hx-get=(view.path) hx-trigger="renew" hx-swap="morph:innerHTML" { (content) }
        script type="module" src=(address("js/hours.js")) {}
    };
    Ok(super::super::page(&view, "departments", &department.name, &whole))
}

fn content(view: &View, department: &Department, channels: &[Channel]) -> Markup {
    let path = format!("PATCH /departments/{}", department.id);
    html! {
        (heading(&department.name, "", &html! {
            a.button href=(format!("/console/settings/timers/department/{}", department.id)) { (icon(Icon::Timer)) (view.say("タイマー", "Timers")) }
        }))
        (hours(view, department, &path))
        (removal(view, department, channels))
    }
}

fn hours(view: &View, department: &Department, path: &str) -> Markup {
    let first = Hours { time_zone: zone(view), ..Hours::default() };
    let shown = department.hours.as_ref().unwrap_or(&first);
    let value = department.hours.as_ref().map_or(Value::Null, json_of);
    let always = department.hours.is_none();
    html! {
        section.card aria-labelledby="hours-title" {
            form.form.hours-form data-call=(path) data-version=(tag(department.version)) data-done=(view.say("部門を保存しました", "Department saved")) data-refresh="#department"
                data-preview="/console/settings/departments/preview" data-hours data-errors=[errors(view)] {
                (field("name", view.say("部門名", "Name"), None, &html! {
                    input.org-short #name name="name" required maxlength="100" autocomplete="off" value=(department.name) dir="auto";
                }))
                input type="hidden" name="hours" data-type="json" value=(value);
                fieldset.org-choice {
                    legend.field-label { (view.say("営業時間", "Business hours")) }
                    label { input type="radio" name="kind" value="always" data-type="none" checked[always]; span { (view.say("いつでも（24時間365日）", "Always open")) } }
                    label { input type="radio" name="kind" value="week" data-type="none" data-opens="week" checked[!always]; span { (view.say("曜日と時間を決める", "By day and time")) } }
                }
                fieldset.opened #week disabled[always] {
                    (zones(view, &shown.time_zone))
                    div.week {
                        @for day in 0..week::DAYS.len() { (day_row(view, day, shown, always)) }
                    }
                    div.form-acts {
                        button.button.small type="button" data-hours-copy="weekdays" { (icon(Icon::Copy)) (view.say("月曜日を平日にコピー", "Copy Monday to weekdays")) }
                        button.button.small type="button" data-hours-copy="all" { (icon(Icon::Copy)) (view.say("月曜日を毎日にコピー", "Copy Monday to every day")) }
                    }
                    p.hint { (view.say(
                        "昼休みなどは時間帯を分けて入れます。その日の終わりは 24:00 です。日をまたぐときは、翌日の 00:00 から続きを入れます。",
                        "Split shifts around a break. The end of the day is 24:00; what goes on after midnight begins at 00:00 of the next day.",
                    )) }
                    (holidays(view, shown))
                }
                (preview::shown(view, &value))
                p.field-error data-form-error role="alert" hidden {}
                div.form-acts { button type="submit" { (view.say("保存", "Save")) } }
                (times())
                template data-shift-template { (shift_row(view, &Shift { from: FIRST.0.to_owned(), to: FIRST.1.to_owned() })) }
                template data-holiday-template { (holiday_row(view, &Holiday::default())) }
            }
        }
    }
}

/// The zone that a visitor's browser is in; Japan's until it has told.
fn zone(view: &View) -> String {
    view.zone.iana_name().filter(|name| *name != "UTC").unwrap_or("Asia/Tokyo").to_owned()
}

fn json_of(hours: &Hours) -> Value {
    let shifts = |shifts: &[Shift]| -> Vec<Value> {
        shifts.iter().map(|of| json!({ "from": of.from, "to": of.to })).collect()
    };
    let week: serde_json::Map<_, _> =
        hours.week.iter().map(|(day, of)| (day.clone(), Value::from(shifts(of)))).collect();
    let holidays = hours.holidays.iter();
    let holidays: Vec<_> = holidays
        .map(|day| json!({ "date": day.date, "name": day.name, "shifts": shifts(&day.shifts) }))
        .collect();
    json!({ "time_zone": hours.time_zone, "week": week, "holidays": holidays })
}

fn zones(view: &View, chosen: &str) -> Markup {
    let mut zones: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    zones.retain(|name| name.contains('/') && !name.starts_with("Etc/") && !name.starts_with("posix"));
    if !zones.iter().any(|name| name == chosen) {
        zones.push(chosen.to_owned());
    }
    zones.sort();
    html! {
        (field("zone", view.say("タイムゾーン", "Time zone"), None, &html! {
            select.org-short #zone data-type="none" data-hours-zone {
                @for name in &zones { option value=(name) selected[name == chosen] { (name) } }
            }
        }))
    }
}

fn day_row(view: &View, day: usize, hours: &Hours, suggest: bool) -> Markup {
    let name = week::DAYS[day];
    let suggested = [Shift { from: FIRST.0.to_owned(), to: FIRST.1.to_owned() }];
    let shifts = if suggest && day < 5 {
        &suggested[..]
    } else {
        hours.week.get(name).map(Vec::as_slice).unwrap_or_default()
    };
    let words = week::short(view, day);
    let title = if view.is_japanese() { format!("{words}曜日") } else { words.to_owned() };
    html! {
        div.org-day role="group" aria-label=(title) data-day=(name) {
            span.day-name aria-hidden="true" { (title) }
            div.shifts data-shifts { @for shift in shifts { (shift_row(view, shift)) } }
            span.day-closed.muted { (view.say("休み", "Closed")) }
            div.day-acts {
                button.icon-button.small type="button" data-hours-add title=(view.say("時間帯を追加", "Add a shift")) { (icon(Icon::Plus)) span.sr { (title) ": " (view.say("時間帯を追加", "add a shift")) } }
                button.button.small type="button" data-hours-whole { (view.say("24時間", "24 h")) span.sr { ": " (title) } }
            }
        }
    }
}

fn shift_row(view: &View, shift: &Shift) -> Markup {
    let time = |kind: &str, value: &str, label: &str| {
        html! {
            input.time type="text" inputmode="numeric" data-type="none" data-time=(kind) required pattern="([01][0-9]|2[0-3]):[0-5][0-9]|24:00" maxlength="5" list="times"
                autocomplete="off" placeholder="09:00" value=(value) aria-label=(label) title=(view.say("24時間表記（例 09:00）", "24-hour clock, such as 09:00"));
        }
    };
    html! {
        span.shift data-shift {
            (time("from", &shift.from, view.say("開始", "From")))
            span aria-hidden="true" { "–" }
            (time("to", &shift.to, view.say("終了", "To")))
            button.icon-button.small type="button" data-hours-drop title=(view.say("この時間帯を削除", "Remove this shift")) { (icon(Icon::X)) span.sr { (view.say("この時間帯を削除", "Remove this shift")) } }
        }
    }
}

/// Half hours to choose from.
fn times() -> Markup {
    html! {
        datalist #times {
            @for half in 0..=48 { option value=(format!("{:02}:{:02}", half / 2, half % 2 * 30)) {} }
        }
    }
}

fn holidays(view: &View, hours: &Hours) -> Markup {
    html! {
        div.holidays data-holidays {
            h3 { (view.say("休業日・特別な営業日", "Holidays and special days")) }
            p.hint { (view.say(
                "その日は曜日の営業時間の代わりに、ここの設定が使われます。時間帯がなければ休みです。",
                "On these days the hours here hold in place of the week's; without shifts it is closed.",
            )) }
            div.holiday-rows data-holiday-rows { @for day in &hours.holidays { (holiday_row(view, day)) } }
            div.form-acts {
                button.button.small type="button" data-hours-holiday { (icon(Icon::Plus)) (view.say("日を追加", "Add a day")) }
                button.button.small type="button" data-hours-public=(public(view)) { (icon(Icon::Flag)) (view.say("日本の祝日を追加", "Add Japan's public holidays")) }
            }
        }
    }
}

/// Japan's holidays of this year and the next, for the script: pairs of day and name.
fn public(view: &View) -> Value {
    let days = super::holidays::ahead(view.date(view.now)).into_iter();
    days.map(|(day, name)| json!([day.to_string(), name])).collect()
}

fn holiday_row(view: &View, day: &Holiday) -> Markup {
    html! {
        div.holiday role="group" aria-label=(view.say("休業日", "Holiday")) data-holiday {
            input type="date" data-type="none" data-date required value=(day.date) aria-label=(view.say("日付", "Date"));
            input type="text" data-type="none" data-name required maxlength="100" value=(day.name) dir="auto" placeholder=(view.say("例：年末年始", "New Year")) aria-label=(view.say("名前", "Name"));
            div.shifts data-shifts { @for shift in &day.shifts { (shift_row(view, shift)) } }
            span.day-closed.muted { (view.say("休み", "Closed")) }
            div.day-acts {
                button.button.small type="button" data-hours-add { (icon(Icon::Plus)) (view.say("時間帯", "Shift")) }
                button.icon-button.small type="button" data-hours-forget title=(view.say("この日を削除", "Remove this day")) { (icon(Icon::Trash2)) span.sr { (view.say("この日を削除", "Remove this day")) } }
            }
        }
    }
}

fn removal(view: &View, department: &Department, channels: &[Channel]) -> Markup {
    let of = || channels.iter().filter(|channel| channel.department_id.as_deref() == Some(&department.id));
    let confirm =
        view.say("部門「{}」を削除しますか？", "Delete the department “{}”?").replace("{}", &department.name);
    html! {
        section.card aria-labelledby="removal" {
            h2 #removal { (view.say("部門の削除", "Delete this department")) }
            @if of().next().is_some() {
                p { (view.say("次のチャンネルがこの部門のものです。チャンネルの設定で別の部門に移すと、削除できます。", "These channels belong to it. Move them to another department in their settings first.")) }
                (channel_names(of()))
            } @else {
                p { (view.say(
                    "この部門へ引き継がれた会話は、チャンネルの部門に戻ります。この部門のテンプレートは残ります。",
                    "Conversations that were transferred to it stand with their channel's department again. Its templates stay.",
                )) }
                div.form-acts {
                    button.button.danger type="button" data-call=(format!("DELETE /departments/{}", department.id)) data-confirm=(confirm)
                        data-confirm-text=(view.say("営業時間とタイマーの設定もなくなります。元に戻せません。", "Its hours and timers are gone, too. This cannot be undone."))
                        data-confirm-yes=(view.say("削除する", "Delete")) data-go="/console/settings/departments" data-errors=[errors(view)] {
                        (icon(Icon::Trash2)) (view.say("削除", "Delete"))
                    }
                }
            }
        }
    }
}
