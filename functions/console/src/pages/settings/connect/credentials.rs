//! What a LINE account or a sender at Twilio is reached with (CHN-2): where to find it, and fields to put it into. It is tried
//! out at once and never shown again.

use madoguchi_domain::ChannelKind;
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::super::channels::data::Channel;
use super::data::{Account, Setup};
use super::finish::notes;
use super::{onward, refusals, troubles};
use crate::error::{For as _, Paged};
use crate::parts::{Icon, banner, field, icon};
use crate::view::View;

pub(super) async fn show(view: &View, setup: &Setup) -> Paged {
    let channels = Channel::all(view).await.for_(view)?;
    let deleted = channels.iter().any(|channel| channel.is_deleted() && channel.kind == setup.kind);
    let account = setup.account.as_ref();
    let mut told = refusals(view);
    told.extend(errors(view).as_object().cloned().unwrap_or_default());
    Ok(html! {
        @match setup.kind {
            ChannelKind::Line => (line(view)),
            kind => (twilio(view, kind)),
        }
        (troubles(setup.problems_of(None)))
        @if let Some(account) = account { (entered(view, setup, account)) }
        form.form data-call=(format!("PUT /setups/{}/credentials", setup.id)) data-go=(onward(setup)) data-errors=(Value::Object(told).to_string()) autocomplete="off" {
            (field("name", view.say("チャンネル名", "Name of the channel"), Some(view.say("受信箱での表示名です。お客様には表示されません（100文字まで）。", "What it is called in the inbox; customers do not see it. Up to 100 characters.")), &html! {
                input #name name="name" required maxlength="100" dir="auto" autocomplete="off" aria-describedby="name-hint" value=[account.map(|account| account.name.as_str())];
            }))
            @match setup.kind {
                ChannelKind::Line => (line_fields(view, account)),
                kind => (twilio_fields(view, kind, account)),
            }
            @if deleted {
                label.check {
                    input type="checkbox" name="resume" checked[account.is_some_and(|account| account.resume)];
                    span { (view.say("前の会話と設定を引き継ぐ", "Go on with what was there")) span.hint { (view.say("以前に削除した同じアカウントのチャンネルを再開する場合に選びます。", "For an account whose channel was deleted before.")) } }
                }
            }
            p.form-error data-form-error role="alert" hidden {}
            div.form-acts { button type="submit" { (view.say("確認して次へ", "Try it out and go on")) } }
            p.hint { (icon(Icon::Lock)) " " (view.say("入力内容は実際に接続して確認され、暗号化して保管されます。画面に再表示されることはありません。", "It is tried out by a real call and kept encrypted. It is never shown again.")) }
        }
    })
}

/// What was entered before: it can stay as it is.
fn entered(view: &View, setup: &Setup, account: &Account) -> Markup {
    html! {
        (banner("good", &html! {
            p {
                (view.say("確認済み: ", "Tried out: ")) strong dir="auto" { (account.account_name.as_deref().unwrap_or(&account.name)) } " " code { (account.external_id) }
            }
            p { (view.say("変更する場合は、すべて入力し直してください。", "To change it, enter everything again.")) " " a href=(onward(setup)) { (view.say("このまま次へ", "Go on as it is")) } }
        }))
        (notes(view, &account.notes))
    }
}

fn line(view: &View) -> Markup {
    html! {
        h2 { (view.say("LINE公式アカウントの情報を入力する", "Enter what the LINE account is reached with")) }
        details.guide open {
            summary { (view.say("準備と、入力する値の見つけ方", "What you need and where to find it")) }
            ol.guide-steps {
                li { (view.say("LINE公式アカウントを用意します。まだの場合は ", "Have a LINE Official Account; make one at ")) (out("https://manager.line.biz/", "LINE Official Account Manager")) (view.say(" で作成します（管理者権限が必要です）。", ". You need to be its administrator.")) }
                li { (view.say("LINE Official Account Manager の「設定」→「Messaging API」で「Messaging APIを利用する」を押し、プロバイダーを選びます。", "There, under Settings, Messaging API, press “Enable Messaging API” and choose a provider.")) }
                li { (out("https://developers.line.biz/console/", view.say("LINE Developers コンソール", "LINE Developers console"))) (view.say(" で同じプロバイダーの Messaging API チャネルを開きます。", ": open the Messaging API channel of that provider.")) }
                li { (view.say("「チャネル基本設定」の「チャネルID」（数字）と「チャネルシークレット」を下の欄に貼り付けます。アクセストークンは不要です。", "From Basic settings copy the channel id (a number) and the channel secret into the fields below. No access token is needed.")) }
                li { (view.say("「Messaging API設定」で「Webhookの利用」と「Webhookの再送」をオンにします。アドレスはこちらで自動登録します。", "In the tab Messaging API switch “Use webhook” and “Webhook redelivery” on. The address is entered by us.")) }
                li { (view.say("LINE Official Account Manager の「応答設定」で、自動応答と二重にならないよう「応答メッセージ」をオフにします。", "In the Official Account Manager's response settings switch auto-response off, so that customers do not get two answers.")) }
            }
        }
    }
}

fn line_fields(view: &View, account: Option<&Account>) -> Markup {
    html! {
        (field("line_channel_id", view.say("チャネルID", "Channel id"), Some(view.say("数字だけの ID です。例: 1650000001", "Digits only, such as 1650000001")), &html! {
            input #line_channel_id name="line_channel_id" required pattern="[0-9]{1,32}" inputmode="numeric" autocomplete="off" aria-describedby="line_channel_id-hint" value=[account.map(|account| account.external_id.as_str())];
        }))
        (secret(view, "channel_secret", view.say("チャネルシークレット", "Channel secret"), view.say("英数字32文字です。", "32 letters and digits."), true))
    }
}

fn twilio(view: &View, kind: ChannelKind) -> Markup {
    let whatsapp = kind == ChannelKind::WhatsApp;
    html! {
        h2 {
            @if whatsapp { (view.say("Twilio の WhatsApp 送信者を入力する", "Enter the WhatsApp sender at Twilio")) }
            @else { (view.say("Twilio の SMS 送信者を入力する", "Enter the SMS sender at Twilio")) }
        }
        details.guide open {
            summary { (view.say("準備と、入力する値の見つけ方", "What you need and where to find it")) }
            ol.guide-steps {
                li { (out("https://console.twilio.com/", view.say("Twilio コンソール", "Twilio console"))) (view.say(" にログインします（トライアルでは、確認済みの番号にしか送れません）。", ": log in. On trial, it sends to verified numbers only.")) }
                @if whatsapp {
                    li { (view.say("「Messaging」→「Senders」→「WhatsApp senders」で送信者を登録し、状態が「Online」になるのを待ちます。", "Under Messaging, Senders, WhatsApp senders, register a sender and wait until it is Online.")) }
                } @else {
                    li { (view.say("「Phone Numbers」→「Manage」→「Active numbers」の番号か、「Messaging」→「Services」の Messaging Service（MG…）を用意します。", "Have a number under Phone Numbers, Manage, Active numbers, or a messaging service (MG…) under Messaging, Services.")) }
                    li { (view.say("STOP・START への自動応答には、Messaging Service の「Opt-Out Management」で Advanced Opt-Out をオンにします。", "For STOP and START, switch Advanced Opt-Out on in the service's Opt-Out Management.")) }
                }
                li { (view.say("コンソールのトップにある「Account Info」から Account SID（AC…）と Auth Token をコピーします。", "From Account Info on the first page copy the Account SID (AC…) and the Auth Token.")) }
                li { (view.say("できれば「API keys & tokens」で API キーも作成します。送信には Auth Token の代わりにキーが使われます。", "Better also make an API key under API keys & tokens: it then sends in place of the token.")) }
            }
        }
    }
}

fn twilio_fields(view: &View, kind: ChannelKind, account: Option<&Account>) -> Markup {
    let (label, hint) = if kind == ChannelKind::WhatsApp {
        (
            view.say("WhatsApp の番号", "WhatsApp number"),
            view.say(
                "国番号から。例: +815012345678。Messaging Service（MG…）も使えます。",
                "With the country's code, such as +815012345678; or a messaging service, MG…",
            ),
        )
    } else {
        (
            view.say("送信元の番号または Messaging Service", "Number or messaging service"),
            view.say(
                "例: +815012345678、または MG で始まる SID",
                "Such as +815012345678, or a sid that begins with MG",
            ),
        )
    };
    html! {
        (field("sender", label, Some(hint), &html! {
            input #sender name="sender" required autocomplete="off" aria-describedby="sender-hint" value=[account.map(|account| account.external_id.as_str())];
        }))
        (field("account_sid", "Account SID", Some(view.say("AC と英数字32文字", "AC and 32 characters")), &html! {
            input #account_sid name="account_sid" required pattern="\\s*AC[0-9a-fA-F]{32}\\s*" autocomplete="off" spellcheck="false" aria-describedby="account_sid-hint";
        }))
        (secret(view, "auth_token", "Auth Token", view.say("届いたメッセージの署名の確認に使います。", "It verifies what comes in."), true))
        (api_key(view))
    }
}

/// An API key of a Twilio account: both fields or none.
pub(in crate::pages::settings) fn api_key(view: &View) -> Markup {
    html! {
        details.by-hand {
            summary { (view.say("API キーを使う（任意）", "With an API key (optional)")) }
            div.form {
                (field("api_key_sid", view.say("API キーの SID", "SID of the API key"), Some(view.say("SK と英数字32文字。シークレットと一緒に入力します。", "SK and 32 characters; goes with its secret.")), &html! {
                    input #api_key_sid name="api_key_sid" data-type="skip-empty" autocomplete="off" spellcheck="false" aria-describedby="api_key_sid-hint";
                }))
                (secret(view, "api_key_secret", view.say("API キーのシークレット", "Secret of the API key"), view.say("キーの作成時に一度だけ表示されます。", "Twilio shows it once, when the key is made."), false))
            }
        }
    }
}

/// A field for a secret, which can be looked at while it is entered.
pub(in crate::pages::settings) fn secret(
    view: &View,
    name: &str,
    label: &str,
    hint: &str,
    required: bool,
) -> Markup {
    field(
        name,
        label,
        Some(hint),
        &html! {
            div.secret-field {
                input id=(name) name=(name) type="password" required[required] data-type=[(!required).then_some("skip-empty")] autocomplete="off" spellcheck="false" aria-describedby=(format!("{name}-hint"));
                button.icon-button type="button" data-peek=(name) aria-pressed="false" title=(view.say("表示する", "Show")) {
                    (icon(Icon::Eye)) span.sr { (view.say("入力内容を表示する", "Show what is entered")) }
                }
            }
        },
    )
}

/// What a provider may not take of what was entered, at the field where it can be mended.
pub(in crate::pages::settings) fn errors(view: &View) -> Value {
    let mut told = Map::new();
    told.insert(
        "credential_refused".to_owned(),
        json!(view.say(
            "プロバイダーがこの認証情報を受け付けません。ID とシークレット（または SID とトークン）が同じアカウントのもので、コピー漏れがないかご確認ください。",
            "The provider does not take this. See that id and secret (or SID and token) belong to the same account and were copied whole.",
        )),
    );
    let fields = [
        ("name", view.say("1行・1〜100文字で入力してください。", "One line of 1 to 100 characters.")),
        (
            "line_channel_id",
            view.say(
                "チャネルIDは数字だけで入力してください（チャネルシークレットや @ID ではありません）。",
                "The channel id is digits only: neither the secret nor the account's @id.",
            ),
        ),
        (
            "channel_secret",
            view.say(
                "チャネルシークレットを、空白なしで貼り付けてください。",
                "Paste the channel secret without blanks.",
            ),
        ),
        (
            "sender",
            view.say(
                "国番号付きの番号（+81…）、または MG と英数字32文字で入力してください。",
                "A number with the country's code (+81…), or MG and 32 characters.",
            ),
        ),
        ("account_sid", view.say("AC と英数字32文字で入力してください。", "AC and 32 hexadecimal digits.")),
        (
            "auth_token",
            view.say("Auth Token を、空白なしで貼り付けてください。", "Paste the Auth Token without blanks."),
        ),
        (
            "api_key_sid",
            view.say(
                "SID とシークレットを両方入力してください。SID は SK と英数字32文字です。",
                "Enter both SID and secret. The SID is SK and 32 hexadecimal digits.",
            ),
        ),
        (
            "api_key_secret",
            view.say("SID とシークレットを両方入力してください。", "Enter both SID and secret."),
        ),
        (
            "user_access_token",
            view.say("トークンを、空白なしで貼り付けてください。", "Paste the token without blanks."),
        ),
    ];
    for (name, text) in fields {
        told.insert(format!("invalid_body:{name}"), json!({ "field": name, "text": text }));
    }
    Value::Object(told)
}

/// A link to a provider's own site.
fn out(href: &str, words: &str) -> Markup {
    html! { a href=(href) target="_blank" rel="noopener noreferrer" { (words) (icon(Icon::ExternalLink)) } }
}
