//! Where the channels belong: their brand and their department, each of which may be none.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::super::channels::data::{Named, items};
use super::data::Setup;
use super::{onward, refusals};
use crate::error::{For as _, Paged};
use crate::parts::{Icon, field, icon};
use crate::view::View;

/// What is chosen, in words.
struct Place<'a> {
    /// The step, and the API's name of it.
    step: &'a str,
    list: &'a str,
    title: &'a str,
    lead: &'a str,
    none: &'a str,
    add: &'a str,
    chosen: Option<&'a str>,
}

pub(super) async fn brand(view: &View, setup: &Setup) -> Paged {
    choose(
        view,
        setup,
        &Place {
            step: "brand",
            list: "brands",
            title: view.say("ブランドを選ぶ", "Choose the brand"),
            lead: view.say(
                "お店やサービスごとに分けている場合に選びます。ブランドのタイマーと不適切な表現の設定が適用されます。あとで変更できます。",
                "If you keep shops or services apart. The brand's timers and its list of offensive words hold for the channel. It can be changed later.",
            ),
            none: view.say("ブランドなし", "No brand"),
            add: view.say("新しいブランドを作る", "Add a brand"),
            chosen: setup.brand_id.as_deref(),
        },
    )
    .await
}

pub(super) async fn department(view: &View, setup: &Setup) -> Paged {
    choose(
        view,
        setup,
        &Place {
            step: "department",
            list: "departments",
            title: view.say("部門を選ぶ", "Choose the department"),
            lead: view.say(
                "このチャンネルの会話を担当する部門です。営業時間もこの部門のものを使います。あとで変更できます。",
                "Whose the channel's conversations are, and whose business hours count. It can be changed later.",
            ),
            none: view.say("部門なし", "No department"),
            add: view.say("新しい部門を作る", "Add a department"),
            chosen: setup.department_id.as_deref(),
        },
    )
    .await
}

async fn choose(view: &View, setup: &Setup, place: &Place<'_>) -> Paged {
    let known: Vec<Named> = items(view, &format!("/api/{}", place.list)).await.for_(view)?;
    let mut errors = refusals(view);
    for id in ["brand_not_found", "department_not_found"] {
        let text = view.say(
            "選んだものは削除されました。ページを再読み込みしてください。",
            "What you chose is gone. Reload the page.",
        );
        errors.insert(id.to_owned(), json!(text));
    }
    let name = format!("{}_id", place.step);
    Ok(html! {
        h2 { (place.title) }
        p.lead { (place.lead) }
        form.form data-call=(format!("PUT /setups/{}/{}", setup.id, place.step)) data-go=(onward(setup)) data-errors=(Value::Object(errors).to_string()) {
            fieldset.offers {
                legend.sr { (place.title) }
                (choice(&name, "", place.none, place.chosen.is_none()))
                @for one in &known { (choice(&name, &one.id, &one.name, place.chosen == Some(&one.id))) }
            }
            p.form-error data-form-error role="alert" hidden {}
            div.form-acts { button type="submit" { (view.say("次へ", "Go on")) } }
        }
        details.by-hand {
            summary { (icon(Icon::Plus)) (place.add) }
            form.form data-call=(format!("POST /{}", place.list)) data-refresh="page" {
                (field("name", view.say("名前", "Name"), Some(view.say("100文字まで", "Up to 100 characters")), &html! {
                    input #name name="name" required maxlength="100" autocomplete="off" dir="auto" aria-describedby="name-hint";
                }))
                p.form-error data-form-error role="alert" hidden {}
                div.form-acts { button.plain.button type="submit" { (view.say("作る", "Add")) } }
            }
        }
    })
}

fn choice(name: &str, value: &str, words: &str, chosen: bool) -> Markup {
    html! {
        label.offer {
            input type="radio" name=(name) value=(value) data-type="text-or-null" checked[chosen];
            span dir="auto" { (words) }
        }
    }
}
