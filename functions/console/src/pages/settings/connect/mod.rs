//! The wizard that connects a channel (CHN-7 to CHN-11) or authorizes Pages anew (AUT-7): one page per step of a setup. What
//! was chosen is the API's; so a setup can be left at any step and resumed.

mod begin;
mod consent;
pub(super) mod credentials;
mod data;
mod finish;
mod login;
mod pages;
mod place;
mod ready;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use maud::{Markup, html};
use serde::Deserialize;

use self::data::{Problem, Setup};
use crate::Console;
use crate::assets::address;
use crate::error::{For as _, Paged};
use crate::parts::{Icon, banner, channel_badge, channel_name, icon};
use crate::view::View;

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/settings/connect", get(begin::show))
        .route("/console/settings/connect/{id}", get(show))
}

/// What an address says about where in the wizard to be.
#[derive(Default, Deserialize)]
#[serde(default)]
struct At {
    step: Option<String>,
    /// What takes over the login that the browser came back with.
    login: Option<String>,
}

/// The console's own address with what a browser comes back with from Facebook; `None` if it comes from elsewhere.
pub(crate) fn way_back(query: Option<&str>) -> Option<Response> {
    let pairs: Vec<_> = form_urlencoded::parse(query?.as_bytes()).into_owned().collect();
    let of = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let setup =
        of("setup").filter(|id| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))?;
    let mut to = format!("/console/settings/connect/{setup}");
    if let Some(login) = of("login") {
        to.push('?');
        to.push_str(&form_urlencoded::Serializer::new(String::new()).append_pair("login", login).finish());
    }
    Some(Redirect::to(&to).into_response())
}

async fn show(view: View, Path(id): Path<String>, Query(at): Query<At>) -> Paged {
    let setup: Setup = view.get(&format!("/api/setups/{id}")).await.for_(&view)?;
    let title = title(&view, &setup);
    let content = if setup.is_finished() {
        ready::show(&view, &setup).await?
    } else if setup.state == "expired" {
        ended(
            &view,
            view.say(
                "この設定は7日以上前に始められたため、続けられません。",
                "This was begun more than 7 days ago and can no longer be resumed.",
            ),
        )
    } else if setup.started_by != view.visitor.id() {
        ended(
            &view,
            view.say(
                "ほかの人が進めている設定です。ご自分で新しく始めてください。",
                "Somebody else is doing this. Begin one of your own.",
            ),
        )
    } else if let Some(login) = &at.login {
        login::taking_over(&view, &setup, login)
    } else {
        let step = setup.at(at.step.as_deref());
        let content = match step {
            "consent" => consent::show(&view, &setup).await?,
            "brand" => place::brand(&view, &setup).await?,
            "department" => place::department(&view, &setup).await?,
            "login" => login::show(&view, &setup).await?,
            "pages" => pages::show(&view, &setup).await?,
            "credentials" => credentials::show(&view, &setup).await?,
            _ => finish::show(&view, &setup).await?,
        };
        html! { (progress(&view, &setup, step)) section.card.step { (content) } (leave(&view, &setup)) }
    };
    let whole = html! {
        p.way-up { a href="/console/settings/connect" { (icon(Icon::ArrowLeft)) (view.say("接続の一覧", "All connections under way")) } }
        div.wizard-head { (channel_badge(setup.kind)) h1 { (title) } }
        (content)
        script type="module" src=(address("js/channels.js")) {}
    };
    Ok(super::page(&view, "connect", &title, &html! { div.connections { (whole) } }))
}

fn title(view: &View, setup: &Setup) -> String {
    let name = channel_name(setup.kind);
    match (setup.channel_id.is_some(), view.is_japanese()) {
        (true, true) => format!("{name} を再認証"),
        (true, false) => format!("Re-authorize {name}"),
        (false, true) => format!("{name} を接続"),
        (false, false) => format!("Connect {name}"),
    }
}

/// What a step is called.
fn name<'a>(view: &View, step: &'a str) -> &'a str {
    match step {
        "consent" => view.say("同意", "Consent"),
        "brand" => view.say("ブランド", "Brand"),
        "login" => view.say("ログイン", "Log in"),
        "pages" => view.say("ページ", "Pages"),
        "credentials" => view.say("アカウント", "Account"),
        "department" => view.say("部門", "Department"),
        "finish" => view.say("確認と接続", "Review and connect"),
        other => other,
    }
}

/// Which steps there are, which are done, and the way back to those.
fn progress(view: &View, setup: &Setup, at: &str) -> Markup {
    html! {
        nav.wizard-steps aria-label=(view.say("手順", "Steps")) {
            ol {
                @for (number, step) in setup.steps.iter().enumerate() {
                    @let current = step.id == at;
                    @let open = setup.at(Some(&step.id)) == step.id;
                    li.done[step.done] aria-current=[current.then_some("step")] {
                        span.step-number aria-hidden="true" { @if step.done { (icon(Icon::Check)) } @else { (number + 1) } }
                        @if open && !current {
                            a href=(format!("/console/settings/connect/{}?step={}", setup.id, step.id)) { (name(view, &step.id)) }
                        } @else {
                            span { (name(view, &step.id)) }
                        }
                        @if step.done { span.sr { (view.say("（完了）", " (done)")) } }
                    }
                }
            }
        }
    }
}

/// It can be left and resumed, or given up.
fn leave(view: &View, setup: &Setup) -> Markup {
    html! {
        div.leave {
            p.hint { (view.say("途中で離れても、7日以内ならここから再開できます。期限まで ", "You can leave and go on here within 7 days. Left: ")) (view.until(setup.ends_at)) }
            button.button.small type="button" data-call=(format!("DELETE /setups/{}", setup.id))
                data-confirm=(view.say("この接続をやめますか？", "Give this up?"))
                data-confirm-text=(view.say("ここまでの入力内容とログイン情報は破棄されます。", "What was entered so far, and the login, are destroyed."))
                data-confirm-yes=(view.say("やめる", "Give up")) data-go="/console/settings/connect" {
                (view.say("接続をやめる", "Give up"))
            }
        }
    }
}

fn ended(view: &View, text: &str) -> Markup {
    html! {
        (banner("warning", &html! { (text) }))
        p { a.button.primary href="/console/settings/connect" { (view.say("新しく始める", "Begin anew")) } }
    }
}

/// What stands in the way, with what to do.
fn troubles<'a>(problems: impl Iterator<Item = &'a Problem>) -> Markup {
    html! {
        @for problem in problems {
            (banner("bad", &html! { p { strong { (problem.message) } } p { (problem.remedy) } }))
        }
    }
}

/// Where a step's form leads: to the next one.
fn onward(setup: &Setup) -> String {
    format!("/console/settings/connect/{}", setup.id)
}

/// What any step may be answered with.
fn refusals(view: &View) -> serde_json::Map<String, serde_json::Value> {
    let texts = [
        ("setup_expired", view.say("この設定の期限が切れました。新しく始めてください。", "The time of this setup is over. Begin a new one.")),
        ("setup_not_yours", view.say("ほかの人が進めている設定です。", "Somebody else began this setup.")),
        ("setup_finished", view.say("この設定は完了しています。ページを再読み込みしてください。", "This setup is finished. Reload the page.")),
        ("consent_outdated", view.say("同意書が更新されました。ページを再読み込みして、新しい内容をご確認ください。", "The consent text has changed. Reload the page and read it again.")),
        ("setup_incomplete", view.say("まだ終わっていない手順があります。上の手順からお進みください。", "A step before this one is open. Go there by the list above.")),
        ("login_ended", view.say("Facebook のログインが切れました。「ログイン」の手順からやり直してください。", "The login at Facebook has ended. Go back to the step “Log in”.")),
        ("login_not_yours", view.say("このログインは使えません（期限切れ、使用済み、または別の設定のもの）。もう一度ログインしてください。", "This login cannot be used: it is too old, was used before, or belongs to another setup. Log in again.")),
        ("login_needed", view.say("先に Facebook にログインしてください。", "Log in at Facebook first.")),
        ("meta_app_missing", view.say("Meta アプリの情報がまだ登録されていません。システムの管理者に、シークレット meta-app の登録をご依頼ください。", "The app at Meta is not known here yet. Ask who runs this system to enter the secret meta-app.")),
        ("provider_unavailable", view.say("プロバイダーから応答がありません。数分待ってからもう一度お試しください。", "The provider did not answer. Try again in a few minutes.")),
        ("provider_refused", view.say("プロバイダーに拒否されました。もう一度ログインし、続く場合はシステムの管理者にご連絡ください。", "The provider refused the call. Log in again, and tell who runs this system if it stays.")),
        ("connection_busy", view.say("認証情報を更新中です。少し待ってからもう一度お試しください。", "It is being renewed at this moment. Try again shortly.")),
        ("channel_exists", view.say("このアカウントはすでに接続されています。チャンネル一覧をご確認ください。", "This account is connected already. See the list of channels.")),
        ("channel_deleted", view.say("このアカウントのチャンネルは以前に削除されています。「アカウント」の手順に戻り、「前の会話と設定を引き継ぐ」を選んでください。", "The channel of this account was deleted before. Go back to the step “Account” and tick “Go on with what was there”.")),
        ("too_many_channels", view.say("この種類のチャンネルは部門の数まで接続できます。部門を追加するか、使っていないチャンネルを削除してください。", "As many channels of a kind can be connected as there are departments. Add a department, or delete a channel that is not used.")),
    ];
    texts.into_iter().map(|(id, text)| (id.to_owned(), text.into())).collect()
}

#[cfg(test)]
mod tests {
    use axum::http::header::LOCATION;

    use super::*;

    #[test]
    fn chn_8_a_browser_that_comes_back_from_facebook_is_led_into_the_wizard() {
        for (query, expected) in [
            (None, None),
            (Some("a=b"), None),
            (Some("setup=../x&login=1"), None),
            (Some("setup=0a-1"), Some("/console/settings/connect/0a-1")),
            (Some("setup=0a-1&login=A_b-%26"), Some("/console/settings/connect/0a-1?login=A_b-%26")),
        ] {
            let answer = way_back(query);
            let to = answer.as_ref().map(|answer| answer.headers()[LOCATION].to_str().unwrap());
            assert_eq!(to, expected, "{query:?}");
        }
    }
}
