//! The last step: everything that was chosen at one glance, and the press that connects (CHN-10).

use maud::{Markup, html};
use serde_json::Value;

use super::super::channels::data::{Named, items};
use super::data::{Note, Setup};
use super::{name, onward, refusals, troubles};
use crate::error::{For as _, Paged};
use crate::parts::{Icon, badge, banner, channel_name, icon};
use crate::view::View;

pub(super) async fn show(view: &View, setup: &Setup) -> Paged {
    let (brands, departments) =
        tokio::join!(items::<Named>(view, "/api/brands"), items::<Named>(view, "/api/departments"));
    let (brands, departments) = (brands.for_(view)?, departments.for_(view)?);
    let pages = setup.facebook.as_ref().map_or(&[][..], |facebook| &facebook.pages);
    let failed = pages.iter().any(|page| page.state == "failed");
    let anew = setup.channel_id.is_some();
    Ok(html! {
        h2 { @if anew { (view.say("再認証する", "Authorize anew")) } @else { (view.say("内容を確認して接続する", "Review and connect")) } }
        @if failed {
            (banner("warning", &html! { (view.say("接続できなかったページがあります。対処のあと、もう一度「接続する」を押してください。接続済みのページには影響しません。", "Some Pages could not be connected. Do what is said below and press again; what works is not touched.")) }))
        }
        (troubles(setup.problems.iter()))
        dl.facts.review {
            (fact(view, setup, "", view.say("種類", "Kind"), &html! { (channel_name(setup.kind)) }))
            @if let Some(facebook) = &setup.facebook {
                @if let Some(login) = &facebook.login { (fact(view, setup, "login", name(view, "login"), &html! { span dir="auto" { (login.user_name) } })) }
                @if !anew {
                    (fact(view, setup, "pages", name(view, "pages"), &html! {
                        ul.chosen {
                            @for page in pages {
                                li {
                                    span dir="auto" { (page.name) } @if page.name != page.page_name { " " span.muted { "(" (page.page_name) ")" } }
                                    " " (state(view, &page.state))
                                    @if page.resume { " " span.muted { (view.say("前の会話と設定を引き継ぐ", "goes on with what was there")) } }
                                }
                            }
                        }
                    }))
                }
            }
            @if let Some(account) = &setup.account {
                (fact(view, setup, "credentials", name(view, "credentials"), &html! {
                    span dir="auto" { (account.account_name.as_deref().unwrap_or(&account.external_id)) } " " code { (account.external_id) }
                }))
                (fact(view, setup, "credentials", view.say("チャンネル名", "Name of the channel"), &html! { span dir="auto" { (account.name) } @if account.resume { " " span.muted { (view.say("前の会話と設定を引き継ぐ", "goes on with what was there")) } } }))
            }
            @if !anew {
                (fact(view, setup, "brand", name(view, "brand"), &place(view, &brands, setup.brand_id.as_deref())))
                (fact(view, setup, "department", name(view, "department"), &place(view, &departments, setup.department_id.as_deref())))
            }
        }
        @if let Some(account) = &setup.account { (notes(view, &account.notes)) }
        p.hint { (view.say("接続すると、認証情報の保管、Webhook の登録、実際の呼び出しによる確認を行います。30秒ほどかかることがあります。", "Connecting stores the credential, has the provider send what comes in, and proves it by real calls. It may take half a minute.")) }
        form data-call=(format!("POST /setups/{}/finish", setup.id)) data-go=(onward(setup)) data-errors=(Value::Object(refusals(view)).to_string()) {
            p.form-error data-form-error role="alert" hidden {}
            div.form-acts {
                button type="submit" { (icon(Icon::PlugZap)) @if anew { (view.say("再認証する", "Authorize anew")) } @else { (view.say("接続する", "Connect")) } }
            }
        }
    })
}

/// One line of the review, with the way to change it.
fn fact(view: &View, setup: &Setup, step: &str, label: &str, value: &Markup) -> Markup {
    html! {
        dt { (label) }
        dd {
            div { (value) }
            @if !step.is_empty() {
                a href=(format!("{}?step={step}", onward(setup))) aria-label=(format!("{}: {label}", view.say("変更", "Change"))) { (view.say("変更", "Change")) }
            }
        }
    }
}

fn place(view: &View, of: &[Named], id: Option<&str>) -> Markup {
    match of.iter().find(|place| Some(place.id.as_str()) == id) {
        Some(place) => html! { span dir="auto" { (place.name) } },
        None => html! { span.muted { (view.say("なし", "None")) } },
    }
}

/// What became of a Page.
pub(super) fn state(view: &View, state: &str) -> Markup {
    match state {
        "connected" => badge("good", view.say("接続済み", "Connected")),
        "failed" => badge("bad", view.say("失敗", "Failed")),
        _ => html! {},
    }
}

/// What to know about an account, with what to do.
pub(super) fn notes(view: &View, notes: &[Note]) -> Markup {
    html! {
        @for note in notes {
            @let tone = match note.light.as_str() { "red" => "bad", "yellow" => "warning", _ => "info" };
            (banner(tone, &html! { p { strong { (note.message) } } p { (view.say("対処: ", "What to do: ")) (note.remedy) } }))
        }
    }
}
