//! The login at Facebook (CHN-8, CHN-9): there in the same tab, and back here with what takes it over.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::super::channels::data::items;
use super::data::{Linked, Login, Setup};
use super::{onward, refusals, troubles};
use crate::error::{For as _, Paged};
use crate::parts::{Icon, banner, icon};
use crate::view::View;

pub(super) async fn show(view: &View, setup: &Setup) -> Paged {
    let linked: Vec<Linked> = match setup.channel_id {
        Some(_) => Vec::new(),
        None => items(view, "/api/connections").await.for_(view)?,
    };
    let login = setup.facebook.as_ref().and_then(|facebook| facebook.login.as_ref());
    let waits = setup.facebook.as_ref().is_some_and(|facebook| facebook.login_waits);
    let errors = Value::Object(refusals(view)).to_string();
    Ok(html! {
        h2 { (view.say("Facebook にログインする", "Log in at Facebook")) }
        (troubles(setup.problems_of(None)))
        @if let Some(login) = login { (logged_in(view, setup, login)) }
        @if waits && login.is_none() {
            (banner("warning", &html! { (view.say("Facebook から戻りましたが、ログインの引き継ぎが終わっていません。もう一度ログインしてください。", "You came back from Facebook, but the login was not taken over. Log in again.")) }))
        }
        p { (view.say("始める前に必要なもの:", "What you need before you begin:")) }
        ul.told-list {
            li { (view.say("接続する Facebook ページで「メッセージ」への回答ができる役割（フルコントロールなど）", "A role on the Facebook Page that may answer its messages, such as full control")) }
            li { (view.say("その役割を持つ人の Facebook アカウントでのログイン", "The Facebook account of a person who has it")) }
        }
        p { (view.say("Facebook の画面では:", "In Facebook's dialog:")) }
        ol.told-list {
            li { (view.say("接続したいページを、すべて選んだままにします。", "Keep every Page ticked that you want to connect.")) }
            li { (view.say("表示された権限を、すべて許可します。", "Allow every permission that is asked for.")) }
            li { (view.say("「完了」まで進むと、10分以内にこの画面へ戻ります。", "Go on to the end; within 10 minutes you come back here.")) }
        }
        div.form-acts {
            button.button.(if login.is_none() { "primary" } else { "plain" }) type="button" data-call=(format!("POST /setups/{}/facebook", setup.id)) data-follow="login_url" data-errors=(errors) {
                (icon(Icon::ExternalLink))
                @if login.is_some() { (view.say("もう一度ログインする", "Log in again")) } @else { (view.say("Facebook でログイン", "Log in at Facebook")) }
            }
        }
        @if !linked.is_empty() {
            h3 { (view.say("連携済みのアカウントを使う", "Use an account that is linked")) }
            ul.linked {
                @for account in &linked {
                    li {
                        div {
                            strong dir="auto" { (account.user_name.as_deref().unwrap_or(view.say("トークンで連携", "Linked by a token"))) }
                            p.muted { @for (at, page) in account.channels.iter().enumerate() { @if at > 0 { "、" } (page.name) } }
                        }
                        button.button.small type="button" data-call=(format!("PUT /setups/{}/facebook", setup.id)) data-body=(json!({ "connection_id": account.connection_id })) data-go=(onward(setup)) {
                            (view.say("このアカウントを使う", "Use this account"))
                        }
                    }
                }
            }
        }
    })
}

fn logged_in(view: &View, setup: &Setup, login: &Login) -> Markup {
    let tone = if login.left_out.is_empty() { "good" } else { "warning" };
    html! {
        (banner(tone, &html! {
            p { (view.say("ログイン済み: ", "Logged in as ")) strong dir="auto" { (login.user_name) } }
            @if let Some(other) = &login.instead_of {
                p { (view.say("これまでのログインから切り替わります: ", "It takes the place of the login of ")) (other) }
            }
            @if !login.left_out.is_empty() {
                p { (view.say("許可されていない権限: ", "Permissions that were left out: ")) code { (login.left_out.join(", ")) } }
            }
        }))
        @if setup.is_done("login") { p { a.button.primary href=(onward(setup)) { (view.say("このログインで次へ", "Go on with this login")) } } }
    }
}

/// The browser came back: the page's script takes the login over, and the address forgets it.
pub(super) fn taking_over(view: &View, setup: &Setup, login: &str) -> Markup {
    let again = format!("/console/settings/connect/{}?step=login", setup.id);
    html! {
        section.card.step {
            h2 { (view.say("ログインを引き継いでいます…", "Taking the login over …")) }
            form data-call=(format!("PUT /setups/{}/facebook", setup.id)) data-at-once data-go=(onward(setup)) data-errors=(Value::Object(refusals(view)).to_string()) {
                input type="hidden" name="login" value=(login);
                p.form-error data-form-error role="alert" hidden {}
                div.form-acts {
                    button.button type="submit" { (view.say("続ける", "Go on")) }
                    a.button href=(again) { (view.say("もう一度ログインする", "Log in again")) }
                }
            }
        }
    }
}
