//! Which Pages of a login become channels, and what these are called (CHN-8, CHN-11).

use maud::{Markup, html};
use serde_json::{Value, json};

use super::super::channels::data::Items;
use super::data::{Chosen, Page, Setup};
use super::{onward, refusals, troubles};
use crate::error::{For as _, Paged};
use crate::parts::{Icon, banner, empty, icon};
use crate::view::View;

pub(super) async fn show(view: &View, setup: &Setup) -> Paged {
    let again = format!("/console/settings/connect/{}?step=login", setup.id);
    let covered = view.get::<Items<Page>>(&format!("/api/setups/{}/pages", setup.id)).await;
    let covered = match covered {
        Ok(covered) => covered.items,
        // The login may have ended since: the way on is a new one.
        Err(refusal) if refusal.status.is_client_error() => {
            let told = refusals(view);
            let text = told.get(&refusal.id).and_then(Value::as_str).unwrap_or(&refusal.message);
            return Ok(html! {
                (banner("bad", &html! { (text) }))
                p { a.button.primary href=(again) { (view.say("もう一度ログインする", "Log in again")) } }
            });
        }
        Err(refusal) => return Err(refusal).for_(view),
    };
    let chosen = setup.facebook.as_ref().map_or(&[][..], |facebook| &facebook.pages);
    let mut errors = refusals(view);
    errors.insert(
        "pages_out_of_range".to_owned(),
        json!(view.say("1〜20ページを選んでください。", "Choose 1 to 20 Pages.")),
    );
    errors.insert(
        "page_not_covered".to_owned(),
        json!(view.say(
            "選んだページはこのログインに含まれていません。もう一度ログインしてください。",
            "The login does not cover a Page that you chose. Log in again.",
        )),
    );
    Ok(html! {
        h2 { (view.say("接続するページを選ぶ", "Choose the Pages to connect")) }
        p.lead { (view.say("選んだページごとにチャンネルが一つできます。名前は受信箱での表示名です。", "Each Page becomes a channel. The name is what it is called in the inbox.")) }
        (troubles(setup.problems_of(None)))
        @if covered.is_empty() {
            (empty(Icon::FileText, view.say("ページが見つかりません", "No Page was found"), &html! {
                p { (view.say("ログインし直し、Facebook の画面で接続したいページにチェックを入れてください。", "Log in again, and tick the Pages in Facebook's dialog.")) }
                a.button.primary href=(again) { (view.say("もう一度ログインする", "Log in again")) }
            }))
        } @else {
            form.form data-call=(format!("PUT /setups/{}/pages", setup.id)) data-go=(onward(setup)) data-errors=(Value::Object(errors).to_string()) {
                ul.pages data-rows="pages" {
                    @for page in &covered { li data-row { (one(view, setup, page, chosen.iter().find(|it| it.page_id == page.page_id))) } }
                }
                p.form-error data-form-error role="alert" hidden {}
                div.form-acts {
                    button type="submit" { (view.say("次へ", "Go on")) }
                    a.button href=(again) { (view.say("ページが見当たらない場合", "A Page is missing")) }
                }
            }
        }
    })
}

fn one(view: &View, setup: &Setup, page: &Page, chosen: Option<&Chosen>) -> Markup {
    let label = format!("{} — {}", page.name, view.say("チャンネル名", "name of the channel"));
    let resumes =
        page.available && page.problem.as_ref().is_some_and(|problem| problem.id == "channel_deleted");
    html! {
        label.check {
            input type="checkbox" data-row-switch checked[chosen.is_some()] disabled[!page.available];
            span { strong dir="auto" { (page.name) } span.hint { "ID " (page.page_id) } }
        }
        @if let Some(problem) = &page.problem { p.what-to-do { (problem.message) " " (problem.remedy) } }
        (troubles(setup.problems_of(Some(&page.page_id))))
        @if page.available {
            div.page-more {
                input type="hidden" name="page_id" value=(page.page_id);
                @if resumes {
                    label.check {
                        input type="checkbox" name="resume" checked[chosen.is_none_or(|chosen| chosen.resume)];
                        span { (view.say("前の会話と設定を引き継ぐ", "Go on with what was there")) }
                    }
                }
                label.field {
                    span.field-label { (icon(Icon::Pencil)) (view.say("チャンネル名", "Name of the channel")) }
                    input name="name" maxlength="100" data-type="skip-empty" autocomplete="off" dir="auto" aria-label=(label) value=(chosen.map_or(page.name.as_str(), |chosen| chosen.name.as_str()));
                }
            }
        }
    }
}
