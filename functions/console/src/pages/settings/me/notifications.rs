//! What the person is told of, how they try it out, and why nothing may come.

use std::collections::HashMap;

use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use crate::error::{For as _, Paged};
use crate::parts::{self, Icon, icon};
use crate::view::View;

#[derive(Debug, Deserialize)]
pub(super) struct Notifications {
    #[serde(default)]
    version: u64,
    #[serde(default)]
    kinds: HashMap<String, Ways>,
    #[serde(default)]
    channel_trouble: Option<Ways>,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    email: Email,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct Ways {
    #[serde(default)]
    desktop: bool,
    #[serde(default)]
    email: bool,
}

#[derive(Debug, Default, Deserialize)]
struct Email {
    #[serde(default)]
    address: Option<String>,
    #[serde(default)]
    problem: Option<Trouble>,
}

#[derive(Debug, Deserialize)]
struct Trouble {
    cause: String,
    remedy: String,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    at: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
struct Troubles {
    troubles: Vec<Trouble>,
}

pub(super) fn card(view: &View, set: &Notifications) -> Markup {
    let version = format!("\"{}\"", set.version);
    html! {
        section.card #notifications aria-labelledby="notifications-title" hx-get="/console/settings/me" hx-trigger="renew" hx-select="#notifications" hx-swap="morph:outerHTML" {
            h2 #notifications-title { (view.say("通知", "Notifications")) }
            form.form data-call="PUT /me/notifications" data-version=(version) data-refresh="#notifications, #troubles" data-done=(view.say("保存しました", "Saved")) {
                (matrix(view, set))
                (address(view, set))
                p.field-error data-form-error role="alert" hidden {}
                div.form-acts { button.button.primary type="submit" { (view.say("保存", "Save")) } }
            }
            (test(view))
            div #troubles hx-get="/console/settings/me/troubles" hx-trigger="load, renew" hx-swap="morph:innerHTML" {}
        }
    }
}

fn matrix(view: &View, set: &Notifications) -> Markup {
    let rows = [
        (
            "mine",
            view.say("担当している会話にお客様から届いた", "A customer writes in a conversation of mine"),
        ),
        ("assigned", view.say("会話が自分に割り当てられた", "A conversation is given to me")),
        (
            "unassigned",
            view.say(
                "担当者のいない会話に届いた（対応中のとき）",
                "A customer writes where nobody is assigned, while I am available",
            ),
        ),
        (
            "others",
            view.say("ほかの人が担当する会話に届いた", "A customer writes in a colleague's conversation"),
        ),
    ];
    let ways = [("desktop", view.say("デスクトップ", "Desktop")), ("email", view.say("メール", "E-mail"))];
    html! {
        div.table-scroll {
            table.matrix {
                caption.sr { (view.say("通知の種類と受け取り方", "Kinds of notifications and how you are told")) }
                thead { tr {
                    th scope="col" { (view.say("できごと", "What happens")) }
                    @for (_, words) in ways { th scope="col" { (words) } }
                } }
                tbody {
                    @for (kind, words) in rows {
                        @let on = set.kinds.get(kind).copied().unwrap_or_default();
                        tr {
                            th scope="row" { (words) }
                            @for (way, how) in ways {
                                td { label.matrix-box {
                                    input type="checkbox" name=(format!("kinds.{kind}.{way}")) checked[if way == "email" { on.email } else { on.desktop }];
                                    span.sr { (words) ": " (how) }
                                } }
                            }
                        }
                    }
                    @if let Some(trouble) = set.channel_trouble {
                        tr {
                            th scope="row" { (view.say("チャンネルに対応が必要（管理者・常に通知）", "A channel needs an administrator (always told)")) }
                            @for (on, (_, how)) in [trouble.desktop, trouble.email].into_iter().zip(ways) {
                                td { @if on { (parts::sign(Icon::Check, how)) } @else { span.muted { "–" } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn address(view: &View, set: &Notifications) -> Markup {
    let language = set.language.as_deref().unwrap_or("ja");
    html! {
        @match (&set.email.address, &set.email.problem) {
            (Some(address), _) => p.hint { (view.say("メールの送り先", "E-mail goes to")) ": " strong { (address) } },
            (None, Some(problem)) => (parts::banner("warning", &html! { (problem.cause) " " (problem.remedy) })),
            (None, None) => {}
        }
        p.hint { (view.say(
            "メールは、届いてから1分たっても返信・既読・対応完了になっていないときだけ送られます。本文は含まれません。",
            "E-mail comes a minute after the message, unless somebody has answered, read or done it by then. It never holds what was written.",
        )) }
        fieldset.choices.in-line {
            legend.field-label { (view.say("メールの言語", "Language of e-mail")) }
            @for (value, words) in [("ja", "日本語"), ("en", "English")] {
                label.check { input type="radio" name="language" value=(value) checked[value == language]; span lang=(value) { (words) } }
            }
        }
    }
}

/// Buttons that send a test; the page's script tells what came of it.
fn test(view: &View) -> Markup {
    let words = serde_json::json!({
        "sent": view.say("テストを送りました。数秒で届かない場合は、下の説明をご確認ください。", "The test was sent. If it does not arrive within seconds, see below."),
        "refused": view.say("送信先に受け付けられませんでした", "It was not accepted"),
        "no_email_address": view.say("サインインの名前がメールアドレスではないため、メールを送れません。", "What you sign in with is no e-mail address."),
        "mail_from_not_set": view.say("送信元のメールアドレスが設定されていません。管理者にお問い合わせください。", "No sender address is set up. Ask your administrator."),
        "no_push_subscription": view.say("通知を受け取るブラウザーがまだ登録されていません。下の「このブラウザー」でオンにしてください。", "No browser is registered yet. Switch it on under “This browser”."),
    });
    html! {
        div.test-row data-notification-test data-words=(words.to_string()) {
            span.field-label { (view.say("試してみる", "Try it out")) }
            button.button.small type="button" data-call="POST /me/notifications/test" data-body=r#"{"by":"desktop"}"# data-refresh="#troubles" {
                (icon(Icon::BellRing)) (view.say("デスクトップ通知を送る", "Send a desktop notification"))
            }
            button.button.small type="button" data-call="POST /me/notifications/test" data-body=r#"{"by":"email"}"# data-refresh="#troubles" {
                (icon(Icon::Mail)) (view.say("メールを送る", "Send an e-mail"))
            }
            p.hint data-test-told role="status" {}
        }
    }
}

pub(super) async fn troubles(view: View) -> Paged {
    let Troubles { troubles } = view.get("/api/me/notifications/troubleshooting").await.for_(&view)?;
    Ok(html! {
        h3 { (view.say("通知が届かないとき", "If nothing comes")) }
        @if troubles.is_empty() {
            p.with-badge { span.good-text { (icon(Icon::CircleCheck)) } (view.say("サーバー側に問題は見つかりません。", "Nothing is wrong on our side.")) }
        } @else {
            ul.troubles {
                @for trouble in &troubles {
                    li {
                        (icon(Icon::TriangleAlert))
                        div {
                            strong { (trouble.cause) }
                            p { (trouble.remedy) }
                            @if let Some(code) = &trouble.code {
                                p.hint { code { (code) } @if let Some(at) = trouble.at { " · " (view.time(at)) } }
                            }
                        }
                    }
                }
            }
        }
    })
}
