//! The left column: sections with their counts, and saved views (SRC-5).

use std::collections::BTreeMap;

use madoguchi_domain::Act;
use maud::{Markup, html};
use serde::Deserialize;

use super::asked::Asked;
use crate::parts::{Icon, icon};
use crate::view::View;

/// How many conversations stand where.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Counts {
    unassigned: u64,
    mine: u64,
    others: u64,
    unanswered: u64,
    snoozed: u64,
    closed: u64,
}

impl Counts {
    fn of(self, section: &str) -> u64 {
        match section {
            "unassigned" => self.unassigned,
            "mine" => self.mine,
            "others" => self.others,
            "unanswered" => self.unanswered,
            "snoozed" => self.snoozed,
            "closed" => self.closed,
            _ => self.unassigned + self.mine + self.others + self.snoozed,
        }
    }
}

/// A saved view.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct SavedView {
    id: String,
    name: String,
    #[serde(default)]
    query: BTreeMap<String, String>,
    #[serde(default)]
    shared: bool,
    #[serde(default)]
    version: u64,
}

/// The name of a section, with its sign.
pub(crate) fn named(view: &View, section: &str) -> (Icon, &'static str) {
    match section {
        "unassigned" => (Icon::Inbox, view.say("未割り当て", "Unassigned")),
        "mine" => (Icon::UserCheck, view.say("自分の担当", "Mine")),
        "others" => (Icon::Users, view.say("他の担当", "Others’")),
        "assigned" => (Icon::Users, view.say("担当者あり", "Assigned")),
        "unanswered" => (Icon::CircleAlert, view.say("未対応", "Unanswered")),
        "snoozed" => (Icon::AlarmClock, view.say("保留", "Snoozed")),
        "closed" => (Icon::Archive, view.say("完了済み", "Closed")),
        _ => (Icon::MessagesSquare, view.say("未完了", "All open")),
    }
}

const SECTIONS: [&str; 7] = ["unanswered", "unassigned", "mine", "others", "open", "snoozed", "closed"];

/// The column.
pub(crate) fn sections(view: &View, asked: &Asked, counts: Counts, saved: &[SavedView]) -> Markup {
    let current = saved.iter().find(|one| Asked::saved(one.query.clone()) == *asked);
    html! {
        ul.sections-list {
            @for section in SECTIONS {
                @let (shape, name) = named(view, section);
                @let there = if section == "open" { Asked::default() } else { Asked::default().with("section", section) };
                @let here = current.is_none() && asked.section() == section;
                li {
                    a href=(there.address()) data-inbox-link data-section=(section) aria-current=[here.then_some("page")] {
                        (icon(shape)) span.sections-name { (name) } (number(view, section, counts.of(section)))
                    }
                }
            }
        }
        @if !saved.is_empty() {
            h2.sections-title { (view.say("保存ビュー", "Saved views")) }
            ul.sections-list {
                @for one in saved {
                    li.sections-view {
                        a href=(Asked::saved(one.query.clone()).address()) data-inbox-link
                            aria-current=[(current.is_some_and(|current| current.id == one.id)).then_some("page")] {
                            (icon(if one.shared { Icon::Users } else { Icon::Bookmark }))
                            span.sections-name dir="auto" { (one.name) @if one.shared { span.sr { (view.say("（全員）", " (everybody’s)")) } } }
                        }
                        @if !one.shared || view.may(Act::Administrate) { (edit(view, one)) }
                    }
                }
            }
        }
        button.sections-save type="button" data-command="save-view" {
            (icon(Icon::Plus)) (view.say("この表示をビューに保存", "Save this view"))
        }
        (form(view, asked))
    }
}

fn number(view: &View, section: &str, count: u64) -> Markup {
    // Nobody works through those.
    let quiet = matches!(section, "closed" | "others" | "open" | "snoozed");
    html! {
        @if count > 0 {
            span.sections-count.quiet[quiet] { (number_text(count)) span.sr { (view.say("件", " conversations")) } }
        }
    }
}

/// `1234` as `1,234`.
fn number_text(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn edit(view: &View, one: &SavedView) -> Markup {
    let say = |ja, en| view.say(ja, en);
    let path = format!("/views/{}", one.id);
    let form = format!("view-name-{}", one.id);
    html! {
        details data-popover {
            summary.icon-button.small title=(say("ビューを編集", "Edit this view")) {
                (icon(Icon::EllipsisVertical)) span.sr { (one.name) (say("を編集", ": edit")) }
            }
            div.popover {
                form.view-form data-call=(format!("PATCH {path}")) data-version=(format!("\"{}\"", one.version)) data-refresh="#sections" {
                    label for=(form) { (say("名前", "Name")) }
                    input id=(form) name="name" value=(one.name) required maxlength="100" autocomplete="off";
                    p.field-error data-form-error role="alert" hidden {}
                    button.button.small type="submit" { (say("名前を変更", "Rename")) }
                }
                button type="button" data-call=(format!("PATCH {path}")) data-body=(r#"{"position":0}"#) data-refresh="#sections" {
                    (icon(Icon::ChevronUp)) (say("一番上へ移動", "Move to the top"))
                }
                button type="button" data-command="view-query" data-path=(path) {
                    (icon(Icon::RefreshCw)) (say("今の条件で上書き", "Replace by what is shown now"))
                }
                button.danger-text type="button" data-call=(format!("DELETE {path}")) data-refresh="#sections"
                    data-confirm=(say("このビューを削除しますか？", "Remove this view?")) data-confirm-text=(one.name)
                    data-confirm-yes=(say("削除", "Remove")) data-done=(say("ビューを削除しました", "The view is removed")) {
                    (icon(Icon::Trash2)) (say("削除", "Remove"))
                }
            }
        }
    }
}

/// The form of a new view, which a dialog shows.
fn form(view: &View, asked: &Asked) -> Markup {
    let say = |ja, en| view.say(ja, en);
    html! {
        template #view-form {
            form.form data-call="POST /views" data-refresh="#sections" data-done=(say("ビューを保存しました", "The view is saved")) {
                h2 #dialog-title { (say("この表示をビューに保存", "Save this view")) }
                p.hint { (say("セクション・絞り込み・並び順に名前を付けて、いつでも開けるようにします。", "Section, filters and order under a name, one click away.")) }
                input type="hidden" name="query" data-type="json" value=(asked.json());
                div.field data-field="name" {
                    label for="view-name" { (say("名前", "Name")) }
                    input #view-name name="name" required maxlength="100" autocomplete="off" placeholder=(say("例：VIPのお客様", "Such as: VIP customers"));
                    p.field-error role="alert" hidden {}
                }
                @if view.may(Act::Administrate) {
                    label.check { input type="checkbox" name="shared"; span { (say("全員に表示する", "For everybody")) } }
                }
                p.field-error data-form-error role="alert" hidden {}
                div.dialog-acts {
                    button.button type="button" data-command="dialog-close" { (say("キャンセル", "Cancel")) }
                    button.button.primary type="submit" { (say("保存", "Save")) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_1_counts_are_read_at_a_glance() {
        for (count, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(number_text(count), text);
        }
    }
}
