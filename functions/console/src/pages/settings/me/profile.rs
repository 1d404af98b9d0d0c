//! How customers see the person: name, sender, picture.

use maud::{Markup, html};
use serde::Deserialize;

use crate::parts::{self, Icon, icon};
use crate::view::View;

#[derive(Debug, Deserialize)]
pub(super) struct Me {
    account_name: String,
    #[serde(default)]
    display_name: Option<String>,
    #[serde(default)]
    shown_name: Option<String>,
    sender: String,
    picture: Picture,
}

#[derive(Debug, Deserialize)]
struct Picture {
    state: String,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    problem: Option<Problem>,
}

#[derive(Debug, Deserialize)]
struct Problem {
    message: String,
}

pub(super) fn card(view: &View, me: &Me) -> Markup {
    let by_name = me.sender == "operator";
    let name = view.say("お客様への表示名", "Name that customers see");
    let hint = view.say(
        "20文字まで。空欄にすると、サインインの名前が使われます。",
        "At most 20 characters. Left empty, the name that you sign in with is used.",
    );
    let ways = [
        (
            "account",
            view.say("公式アカウントとして", "As the official account"),
            view.say(
                "お客様には店舗・公式アカウントの名前だけが見えます。",
                "Customers see the account's name only.",
            ),
        ),
        (
            "operator",
            view.say("自分の名前で", "Under my own name"),
            view.say(
                "LINE と Messenger では、あなたの名前と写真が表示されます。",
                "LINE and Messenger show your name and picture.",
            ),
        ),
    ];
    html! {
        section.card #profile aria-labelledby="profile-title" hx-get="/console/settings/me" hx-trigger="renew" hx-select="#profile" hx-swap="morph:outerHTML" {
            h2 #profile-title { (view.say("プロフィール", "Profile")) }
            div.me-columns {
                form.form data-call="PATCH /me" data-refresh="#profile" data-done=(view.say("保存しました", "Saved")) data-me {
                    (parts::field("display_name", name, Some(hint), &html! {
                        input id="display_name" name="display_name" data-type="text-or-null" maxlength="20" autocomplete="nickname"
                            aria-describedby="display_name-hint" dir="auto" value=(me.display_name.as_deref().unwrap_or_default()) placeholder=(me.account_name);
                    }))
                    fieldset.choices {
                        legend.field-label { (view.say("返信するときの差出人（初期値）", "Send replies (unless chosen otherwise)")) }
                        @for (value, words, meaning) in ways {
                            label.check {
                                input type="radio" name="sender" value=(value) checked[value == me.sender];
                                span { (words) span.hint { (meaning) } }
                            }
                        }
                    }
                    p.field-error data-form-error role="alert" hidden {}
                    div.form-acts { button.button.primary type="submit" { (view.say("保存", "Save")) } }
                }
                div {
                    (preview(view, me, by_name))
                    (picture(view, me))
                }
            }
        }
    }
}

/// A reply as customers see it; the page's script follows what is typed.
fn preview(view: &View, me: &Me, by_name: bool) -> Markup {
    let account = view.say("公式アカウント", "Official account");
    let name = me.shown_name.as_deref().or(me.display_name.as_deref()).unwrap_or(account);
    html! {
        figure.sender-preview data-by-name=(by_name) data-account-name=(me.account_name) {
            figcaption.field-label { (view.say("お客様からの見え方", "What the customer sees")) }
            div.sender-preview-line {
                span.sender-preview-own { (parts::avatar(name, me.picture.url.as_deref())) }
                span.sender-preview-official.avatar aria-hidden="true" { (icon(Icon::Store)) }
                div {
                    span.sender-preview-name.sender-preview-own dir="auto" data-shown-name { (name) }
                    span.sender-preview-name.sender-preview-official { (account) }
                    p.sender-preview-bubble { (view.say("お問い合わせありがとうございます。", "Thank you for your message.")) }
                }
            }
            p.hint.sender-preview-own {
                (view.say("WhatsApp と SMS には名前の表示がありません。チャンネルの設定により、本文の先頭に名前が付きます。", "WhatsApp and SMS show no names; a channel may put the name before the text."))
            }
        }
    }
}

fn picture(view: &View, me: &Me) -> Markup {
    let words = serde_json::json!({
        "wrong": view.say("JPEG または PNG の画像（5 MB まで）を選んでください。", "Choose a JPEG or PNG of at most 5 MB."),
        "failed": view.say("アップロードできませんでした。もう一度お試しください。", "The upload did not work. Please try again."),
        "uploading": view.say("アップロードしています…", "Uploading …"),
        "done": view.say("写真を受け付けました。まもなく表示されます。", "Your picture was taken. It is shown in a moment."),
    });
    html! {
        div.me-picture data-picture data-words=(words.to_string()) data-state=(me.picture.state) {
            span.field-label { (view.say("写真", "Picture")) }
            div.me-picture-row {
                (parts::avatar(me.shown_name.as_deref().unwrap_or(&me.account_name), me.picture.url.as_deref()))
                label.button {
                    (icon(Icon::Upload)) (view.say("写真を選ぶ", "Choose a picture"))
                    input.sr type="file" accept="image/jpeg,image/png";
                }
                @if me.picture.url.is_some() || me.picture.state == "pending" {
                    button.button.danger type="button" data-call="DELETE /me/picture" data-refresh="#profile"
                        data-confirm=(view.say("写真を削除しますか？", "Remove your picture?"))
                        data-confirm-text=(view.say("これまでの写真もすべて削除され、送信済みのメッセージからも消えます。", "Every picture that you have had is deleted; messages that were sent lose theirs."))
                        data-confirm-yes=(view.say("削除する", "Remove"))
                        data-done=(view.say("写真を削除しました", "The picture was removed")) {
                        (icon(Icon::Trash2)) (view.say("削除", "Remove"))
                    }
                }
            }
            p.hint { (view.say("JPEG または PNG、5 MB まで。中央が正方形に切り取られます。", "JPEG or PNG, up to 5 MB. Its middle is cut to a square.")) }
            @match me.picture.state.as_str() {
                "pending" => p.hint role="status" { (view.say("新しい写真を準備しています。", "Your new picture is being prepared.")) },
                "failed" => @if let Some(problem) = &me.picture.problem { (parts::banner("bad", &html! { (problem.message) })) },
                _ => {}
            }
            p.hint data-picture-told role="status" {}
        }
    }
}
