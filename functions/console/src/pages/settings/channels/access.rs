//! `/console/settings/channels/{id}/access`: the credential and its renewal (AUT-7), switching off, deleting (CHN-21).

use axum::extract::Path;
use madoguchi_domain::{Act, ChannelKind};
use maud::{Markup, html};
use serde_json::json;

use super::super::connect::credentials;
use super::data::{Channel, Credential, Health};
use super::frame::{self, Tab};
use crate::error::{For as _, Paged};
use crate::parts::{Icon, banner, icon};
use crate::view::View;

pub(super) async fn show(view: View, Path(id): Path<String>) -> Paged {
    let path = format!("/api/channels/{id}/health");
    let (channel, health) = tokio::join!(Channel::read(&view, &id), view.get::<Health>(&path));
    let (channel, health) = (channel.for_(&view)?, health.for_(&view)?);
    let content = html! {
        @if channel.is_deleted() {
            (again(&view, &channel))
        } @else {
            section.card aria-labelledby="access-title" {
                h2 #access-title { (view.say("認証", "Access to the account")) }
                (wrong(&view, &channel))
                (facts(&view, &health.credential))
                @if view.may(Act::Authorize) { (anew(&view, &channel)) }
            }
            (switch(&view, &channel))
            (removal(&view, &channel))
        }
    };
    Ok(frame::page(&view, &channel, Tab::Access, &content))
}

/// What is wrong with the credential and what to do, if something is.
fn wrong(view: &View, channel: &Channel) -> Markup {
    let Some((message, remedy)) = channel.trouble(view).filter(|_| channel.is_held()) else {
        return html! {};
    };
    banner(
        "bad",
        &html! {
            p { strong { (message) } }
            p { (view.say("対処: ", "What to do: ")) (remedy) }
            p { (view.say("待機中の返信は、認証が済むと順番に送信されます。受信は続いています。", "Replies that wait go out in order once it is done. Receiving goes on.")) }
        },
    )
}

fn facts(view: &View, credential: &Credential) -> Markup {
    html! {
        dl.facts {
            @if let Some(of) = &credential.r#type {
                dt { (view.say("方式", "By")) }
                dd { (name(view, of)) }
            }
            @if let Some(at) = credential.authorized_at {
                dt { (view.say("最後に認証した日時", "Last authorized")) }
                dd { (view.time(at)) }
            }
            dt { (view.say("有効期限", "Ends")) }
            dd {
                @match credential.expires_at {
                    Some(at) => {
                        (view.time(at))
                        @if let Some(days) = credential.days_left { " " span.muted { @if view.is_japanese() { "あと" (days) "日" } @else { (days) " days left" } } }
                    }
                    None => (view.say("期限なし", "Never")),
                }
            }
            @if let Some(at) = credential.checked_at {
                dt { (view.say("最終確認", "Last checked")) }
                dd { (view.time(at)) }
            }
        }
    }
}

fn name<'a>(view: &View, of: &'a str) -> &'a str {
    match of {
        "user_and_page_token" => view.say("Facebook ログイン", "Login at Facebook"),
        "stateless_channel_token" => view.say("チャネルシークレット", "Channel secret"),
        "auth_token" => view.say("Auth Token", "Auth Token"),
        "api_key" => view.say("API キー", "API key"),
        other => other,
    }
}

/// How its credential is renewed.
fn anew(view: &View, channel: &Channel) -> Markup {
    let call = format!("PUT /channels/{}/credential", channel.id);
    let go = format!("/console/settings/channels/{}", channel.id);
    let submit = html! {
        p.form-error data-form-error role="alert" hidden {}
        div.form-acts { button type="submit" { (icon(Icon::KeyRound)) (view.say("認証情報を更新", "Authorize anew")) } }
        p.hint { (view.say("1分以内に確認され、問題がなければ待機中の返信が送信されます。", "It is looked at within a minute; if it works, replies that waited go out.")) }
    };
    let errors = credentials::errors(view).to_string();
    match channel.kind {
        ChannelKind::Messenger => html! {
            p { (view.say("Facebook にもう一度ログインし、このページを選んだままにして、すべての権限を許可してください。同じログインで接続したほかのページも一緒に更新されます。", "Log in at Facebook again, keep this Page ticked and allow every permission. Other Pages of the same login are renewed with it.")) }
            button.button.primary type="button" data-call="POST /setups" data-body=(json!({ "channel_id": channel.id })) data-go="/console/settings/connect/{id}" {
                (icon(Icon::KeyRound)) (view.say("Facebook で再認証する", "Re-authorize at Facebook"))
            }
            details.by-hand {
                summary { (view.say("ユーザーアクセストークンを直接入力する", "Enter a user access token by hand")) }
                form.form data-call=(call) data-go=(go) data-errors=(errors) {
                    (credentials::secret(view, "user_access_token", view.say("ユーザーアクセストークン", "User access token"), view.say("ページを管理する人のトークンです。", "The token of a person who manages the Page."), true))
                    (submit)
                }
            }
        },
        ChannelKind::Line => html! {
            form.form data-call=(call) data-go=(go) data-errors=(errors) {
                (credentials::secret(view, "channel_secret", view.say("チャネルシークレット", "Channel secret"), view.say("LINE Developers コンソール → チャネル → 「チャネル基本設定」→「チャネルシークレット」からコピーします。", "Copy it from the LINE Developers console: channel, Basic settings, Channel secret."), true))
                (submit)
            }
        },
        ChannelKind::WhatsApp | ChannelKind::Sms => html! {
            form.form data-call=(call) data-go=(go) data-errors=(errors) {
                (credentials::secret(view, "auth_token", "Auth Token", view.say("Twilio コンソールのトップ「Account Info」にあります。新しい Auth Token は、プライマリに昇格してから入力してください。", "On the first page of the Twilio console, Account Info. Enter a new token after it was promoted."), true))
                (credentials::api_key(view))
                (submit)
            }
        },
    }
}

fn switch(view: &View, channel: &Channel) -> Markup {
    let path = format!("/channels/{}", channel.id);
    html! {
        section.card aria-labelledby="switch-title" {
            @if channel.is_on() {
                h2 #switch-title { (view.say("停止", "Switch it off")) }
                p { (view.say("停止中は送信も受信もしません。停止中にお客様が書いたメッセージは、再開しても届きません。待機中の返信は送信されずに失敗になります。会話と設定は残ります。", "While it is off it neither sends nor receives. What customers write meanwhile is not fetched later, and replies that wait fail. Conversations and settings stay.")) }
                button.button.danger type="button" data-call=(format!("POST {path}/disable"))
                    data-confirm=(view.say("このチャンネルを停止しますか？", "Switch this channel off?"))
                    data-confirm-text=(view.say("停止中に届いたメッセージは受信箱に入りません。いつでも再開できます。", "What customers write meanwhile does not arrive. It can be switched on again at any time."))
                    data-confirm-yes=(view.say("停止する", "Switch off")) data-refresh="page" {
                    (icon(Icon::PowerOff)) (view.say("停止する", "Switch off"))
                }
            } @else {
                h2 #switch-title { (view.say("停止中です", "It is off")) }
                p { (view.say("再開するとすぐに受信を始めます。認証情報の確認が済むと、1分以内に送信もできるようになります。", "Switched on it receives at once, and sends as soon as its credential was looked at, within a minute.")) }
                button.button.primary type="button" data-call=(format!("POST {path}/enable")) data-refresh="page" {
                    (icon(Icon::Power)) (view.say("再開する", "Switch on"))
                }
            }
        }
    }
}

fn removal(view: &View, channel: &Channel) -> Markup {
    let after = match channel.kind {
        ChannelKind::Messenger => view.say(
            "ページの Webhook 登録は自動で解除されます。",
            "The Page's subscription is ended by itself.",
        ),
        ChannelKind::Line => view.say(
            "LINE Developers コンソールで「Webhookの利用」をオフにしてください。",
            "Switch “Use webhook” off in the LINE Developers console.",
        ),
        ChannelKind::WhatsApp | ChannelKind::Sms => view.say(
            "Twilio の送信者の設定から Webhook のアドレスを削除してください。",
            "Take the address out of the sender's settings at Twilio.",
        ),
    };
    html! {
        section.card aria-labelledby="removal-title" {
            h2 #removal-title { (view.say("削除", "Delete it")) }
            ul.told-list {
                li { (view.say("未完了の会話は1〜2分で完了になり、以後は閲覧だけできます。", "Its conversations are closed within a minute or two and can only be read from then on.")) }
                li { (view.say("認証情報は破棄されます。", "Its credential is destroyed.")) }
                li { (after) }
                li { (view.say("同じアカウントをあとで接続し直すと、会話と設定を引き継げます。", "Connect the same account again later, and conversations and settings go on.")) }
            }
            button.button.danger type="button" data-call=(format!("DELETE /channels/{}", channel.id)) data-body=(json!({ "confirm": channel.name }))
                data-confirm=(view.say("このチャンネルを削除しますか？", "Delete this channel?"))
                data-confirm-text=(view.say("送受信は直ちに止まります。続けるには、チャンネル名を入力してください。", "Nothing is sent or received from now on. To go on, type the name of the channel."))
                data-confirm-type=(channel.name) data-confirm-yes=(view.say("削除する", "Delete")) data-go="/console/settings/channels" {
                (icon(Icon::Trash2)) (view.say("チャンネルを削除", "Delete the channel"))
            }
        }
    }
}

/// One that was deleted: what is left, and the way back.
fn again(view: &View, channel: &Channel) -> Markup {
    html! {
        section.card aria-labelledby="again-title" {
            h2 #again-title { (view.say("削除済みのチャンネルです", "This channel was deleted")) }
            p { (view.say("会話の履歴は閲覧できます。もう一度接続すると、同じ会話と設定で再開します。", "Its conversations can be read. Connected again, it goes on with the same conversations and settings.")) }
            @if view.may(Act::Authorize) {
                button.button.primary type="button" data-call="POST /setups" data-body=(json!({ "kind": channel.kind })) data-go="/console/settings/connect/{id}" {
                    (icon(Icon::PlugZap)) (view.say("もう一度接続する", "Connect it again"))
                }
            }
        }
    }
}
