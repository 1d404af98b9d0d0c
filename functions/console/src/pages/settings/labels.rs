//! Labels: what conversations are marked with.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use madoguchi_domain::Act;
use maud::{Markup, html};
use serde::Deserialize;

use super::organisation::{Items, errors, tag};
use crate::Console;
use crate::error::{For as _, Paged};
use crate::parts::{Icon, empty, field, heading, icon};
use crate::view::View;

/// Colours that can be told apart, in either theme.
const PALETTE: [(&str, &str, &str); 10] = [
    ("#d93a32", "赤", "Red"),
    ("#e07b15", "オレンジ", "Orange"),
    ("#c9a20c", "黄", "Yellow"),
    ("#5a9e2f", "緑", "Green"),
    ("#16907c", "青緑", "Teal"),
    ("#2f84d6", "青", "Blue"),
    ("#4f5bd5", "藍", "Indigo"),
    ("#8f4bd0", "紫", "Purple"),
    ("#cf4690", "ピンク", "Pink"),
    ("#76807b", "グレー", "Grey"),
];

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/settings/labels", get(show))
}

#[derive(Deserialize)]
struct Label {
    id: String,
    name: String,
    color: String,
    version: u64,
}

async fn show(view: View) -> Paged {
    let labels = view.get::<Items<Label>>("/api/labels").await.for_(&view)?.items;
    let content = content(&view, &labels);
    if view.part {
        return Ok(content);
    }
    let title = view.say("ラベル", "Labels");
    let whole = html! {
        (heading(title, view.say(
            "会話に付ける目印です。受信箱の絞り込みとレポートで使えます。名前や色を変えると、付いている会話すべてに反映されます。",
            "Marks for conversations, to filter the inbox and reports by. A new name or colour shows on every conversation that has the label.",
        ), &html! {}))
        div #labels hx-get="/console/settings/labels" hx-trigger="renew" hx-swap="morph:innerHTML" { (content) }
    };
    Ok(super::page(&view, "labels", title, &whole))
}

fn content(view: &View, labels: &[Label]) -> Markup {
    let may = view.may(Act::Administrate);
    html! {
        @if may {
            form.card.form.inline-form data-call="POST /labels" data-done=(view.say("ラベルを追加しました", "Label added")) data-refresh="#labels" data-clear data-errors=[errors(view)] {
                (field("label-name", view.say("新しいラベル", "New label"), None, &html! {
                    input #label-name name="name" required maxlength="100" autocomplete="off" placeholder=(view.say("例：返金希望", "Refund wanted"));
                }))
                (colours(view, "new", PALETTE[5].0))
                p.field-error data-form-error role="alert" hidden {}
                div.form-acts { button type="submit" { (icon(Icon::Plus)) (view.say("追加", "Add")) } }
            }
        }
        @if labels.is_empty() {
            (empty(Icon::Tags, view.say("ラベルはまだありません", "No labels yet"), &html! {
                p { @if may { (view.say("上の欄に名前を入れて追加すると、会話の画面から付けられるようになります。", "Add one above: it can then be put on conversations.")) }
                    @else { (view.say("管理者が追加すると、会話に付けられるようになります。", "Once an administrator has added some, they can be put on conversations.")) } }
            }))
        } @else {
            ul.org-rows { @for label in labels { (row(view, label, may)) } }
        }
    }
}

fn row(view: &View, label: &Label, may: bool) -> Markup {
    let path = format!("/labels/{}", label.id);
    let remove =
        view.say("ラベル「{}」を削除しますか？", "Delete the label “{}”?").replace("{}", &label.name);
    html! {
        li.org-row #(format!("label-{}", label.id)) {
            @if may {
                details.org-edit {
                    summary { (dot(&label.color)) span.org-row-name dir="auto" { (label.name) } span.org-row-hint { (icon(Icon::Pencil)) span.sr { (view.say("編集", "Edit")) } } }
                    form.form data-call=(format!("PATCH {path}")) data-version=(tag(label.version)) data-done=(view.say("保存しました", "Saved")) data-refresh="#labels" data-close data-errors=[errors(view)] {
                        (field(&format!("name-{}", label.id), view.say("名前", "Name"), None, &html! {
                            input id=(format!("name-{}", label.id)) name="name" required maxlength="100" autocomplete="off" value=(label.name) dir="auto";
                        }))
                        (colours(view, &label.id, &label.color))
                        p.field-error data-form-error role="alert" hidden {}
                        div.form-acts {
                            button type="submit" { (view.say("保存", "Save")) }
                            button.button.danger type="button" data-call=(format!("DELETE {path}")) data-confirm=(remove)
                                data-confirm-text=(view.say(
                                    "会話を探すときに使えなくなります。付いている会話からは、次にラベルが変更されたときに外れます。元に戻せません。",
                                    "Conversations can no longer be found by it, and lose it when their labels are next changed. This cannot be undone.",
                                ))
                                data-confirm-yes=(view.say("削除する", "Delete")) data-done=(view.say("ラベルを削除しました", "Label deleted")) data-refresh="#labels" data-errors=[errors(view)] {
                                (icon(Icon::Trash2)) (view.say("削除", "Delete"))
                            }
                        }
                    }
                }
                a.button.small href=(format!("/console/inbox?label={}", label.id)) { (view.say("会話を見る", "Conversations")) }
            } @else {
                (dot(&label.color)) span.org-row-name dir="auto" { (label.name) }
            }
        }
    }
}

/// A label's colour; an attribute of the picture, since pages have no styles of their own.
fn dot(color: &str) -> Markup {
    html! { svg.org-label-dot viewBox="0 0 16 16" aria-hidden="true" focusable="false" { circle cx="8" cy="8" r="7" fill=(color) {} } }
}

/// A choice of colours. `of` tells the forms of a page apart.
fn colours(view: &View, of: &str, chosen: &str) -> Markup {
    let other = !PALETTE.iter().any(|(color, ..)| *color == chosen);
    let part = format!("other-{of}");
    html! {
        fieldset.swatches {
            legend.field-label { (view.say("色", "Colour")) }
            @for (color, ja, en) in PALETTE {
                label title=(view.say(ja, en)) {
                    input type="radio" name="color" value=(color) checked[color == chosen]; (dot(color)) span.sr { (view.say(ja, en)) }
                }
            }
            label.swatch-other {
                input type="radio" name="color" data-type="none" data-opens=(part) checked[other]; span { (view.say("ほかの色", "Other")) }
            }
            fieldset.opened #(part) disabled[!other] {
                input type="color" name="color" value=(chosen) aria-label=(view.say("ほかの色", "Other colour"));
            }
        }
    }
}
