//! The first step: what connecting means, and that somebody accepts it (CHN-7).

use maud::{Markup, html};
use serde_json::Value;

use super::data::{ConsentText, Setup};
use super::{onward, refusals};
use crate::error::{For as _, Paged};
use crate::parts::banner;
use crate::view::View;

pub(super) async fn show(view: &View, setup: &Setup) -> Paged {
    let text: ConsentText = view.get("/api/consent").await.for_(view)?;
    Ok(html! {
        h2 { (view.say("データの取り扱いに同意する", "Consent to what is done with the data")) }
        (accepted(view, setup))
        blockquote.consent { p { (text.text) } }
        form.form data-call=(format!("PUT /setups/{}/consent", setup.id)) data-go=(onward(setup)) data-errors=(Value::Object(refusals(view)).to_string()) {
            input type="hidden" name="version" value=(text.version);
            label.check {
                input type="checkbox" required;
                span { (view.say("内容を確認し、同意します", "I have read this and accept it")) span.hint { (view.say("あなたの名前と日時が記録されます。", "Your name and the time are kept.")) } }
            }
            p.form-error data-form-error role="alert" hidden {}
            div.form-acts { button type="submit" { (view.say("同意して次へ", "Accept and go on")) } }
        }
    })
}

fn accepted(view: &View, setup: &Setup) -> Markup {
    match setup.consent.as_ref().filter(|_| setup.is_done("consent")) {
        None => html! {},
        Some(consent) => banner(
            "good",
            &html! { (view.say("同意済み: ", "Accepted: ")) (consent.name) " · " (view.time(consent.at)) },
        ),
    }
}
