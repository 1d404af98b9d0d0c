//! `/console/settings/departments`: every department, whether it is open, and what belongs to it.

use maud::{Markup, html};

use super::super::organisation::{Channel, Department, channel_names, channels, departments, errors};
use super::super::timers::given;
use super::{standing, week};
use crate::error::{For as _, Paged};
use crate::parts::{Icon, empty, field, heading, icon};
use crate::view::View;

pub(super) async fn show(view: View) -> Paged {
    let (departments, channels) = tokio::try_join!(departments(&view), channels(&view)).for_(&view)?;
    let content = content(&view, &departments, &channels);
    if view.part {
        return Ok(content);
    }
    let title = view.say("部門と営業時間", "Departments and hours");
    let whole = html! {
        (heading(title, view.say(
            "応対するチームと、その営業時間です。会話はチャンネルの部門で受け、ほかの部門へ引き継げます。",
            "The teams that answer, and when. Conversations arrive at their channel's department, and can be transferred.",
        ), &html! {}))
        div #departments hx-get="/console/settings/departments" hx-trigger="renew" hx-swap="morph:innerHTML" { (content) }
    };
    Ok(super::super::page(&view, "departments", title, &whole))
}

fn content(view: &View, departments: &[Department], channels: &[Channel]) -> Markup {
    html! {
        form.card.form.inline-form data-call="POST /departments" data-go="/console/settings/departments/{id}" data-errors=[errors(view)] {
            (field("department-name", view.say("新しい部門", "New department"), None, &html! {
                input #department-name name="name" required maxlength="100" autocomplete="off" placeholder=(view.say("例：サポート", "Support"));
            }))
            p.field-error data-form-error role="alert" hidden {}
            div.form-acts { button type="submit" { (icon(Icon::Plus)) (view.say("追加", "Add")) } }
        }
        @if departments.is_empty() {
            (empty(Icon::Building2, view.say("部門はまだありません", "No departments yet"), &html! {
                p { (view.say(
                    "部門がなければ、いつでも営業時間内として扱われます。営業時間を使うとき、同じ種類のチャンネルを2つ以上つなぐとき、会話を引き継ぐときに追加します。",
                    "Without departments you are always open. Add them to have business hours, to connect more than one channel of a kind, and to transfer conversations.",
                )) }
            }))
        } @else {
            div.cards { @for department in departments { (card(view, department, channels)) } }
        }
    }
}

fn card(view: &View, department: &Department, channels: &[Channel]) -> Markup {
    let of = || channels.iter().filter(|channel| channel.department_id.as_deref() == Some(&department.id));
    let path = format!("/console/settings/departments/{}", department.id);
    html! {
        article.card.org-place {
            h2 { a href=(path) dir="auto" { (department.name) } }
            p.place-line { span.open-dot data-on=(department.open_now) aria-hidden="true" {} span { (standing(view, department.open_now, department.next_change_at)) } }
            @if let Some(hours) = &department.hours {
                p.place-line { (icon(Icon::Clock)) span { (week::summary(view, hours)) br; span.muted { (hours.time_zone) } } }
            }
            @if of().next().is_some() { (channel_names(of())) }
            @else { p.muted { (view.say("チャンネルはありません", "No channels")) } }
            p.place-line { (icon(Icon::Timer)) span { (given(view, &department.timers)) } }
            div.form-acts {
                a.button.small href=(path) { (icon(Icon::CalendarClock)) (view.say("営業時間を編集", "Edit hours")) span.sr { ": " (department.name) } }
                a.button.small href=(format!("/console/settings/timers/department/{}", department.id)) { (view.say("タイマー", "Timers")) span.sr { ": " (department.name) } }
            }
        }
    }
}
