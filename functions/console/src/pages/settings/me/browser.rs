//! What is this browser's own: notifications while no page is open, sound, keys, language, appearance. Its script
//! (`push.js`, `sound.js`) says how it stands.

use jiff::Timestamp;
use madoguchi_domain::Language;
use maud::{Markup, html};
use serde::Deserialize;

use crate::parts::{Icon, icon};
use crate::view::View;

#[derive(Debug, Deserialize)]
pub(super) struct Browsers {
    application_server_key: String,
    items: Vec<Browser>,
}

#[derive(Debug, Deserialize)]
struct Browser {
    id: String,
    created_at: Timestamp,
}

pub(super) fn card(view: &View, browsers: Option<&Browsers>) -> Markup {
    html! {
        section.card #browser aria-labelledby="browser-title" hx-get="/console/settings/me" hx-trigger="renew" hx-select="#browser" hx-swap="morph:outerHTML" {
            h2 #browser-title { (view.say("このブラウザー", "This browser")) }
            @if let Some(browsers) = browsers { (push(view, browsers)) }
            (switches(view))
            (appearance(view))
        }
    }
}

fn push(view: &View, browsers: &Browsers) -> Markup {
    let words = serde_json::json!({
        "on": view.say("オン：コンソールを閉じていても通知が届きます。", "On: you are told even while the console is closed."),
        "off": view.say("オフ：コンソールを開いている間だけお知らせします。", "Off: you are told only while the console is open."),
        "denied": view.say("このブラウザーで通知がブロックされています。アドレスバーの左のアイコン（鍵や設定のマーク）から「通知」を「許可」に変え、ページを読み込み直してください。", "This browser blocks notifications from this site. Open the icon left of the address, set “Notifications” to “Allow”, and load the page again."),
        "unsupported": view.say("このブラウザーは通知に対応していません。iPhone・iPad では、共有メニューの「ホーム画面に追加」から開くと使えます。", "This browser cannot show notifications. On iPhone and iPad add the console to the Home Screen and open it from there."),
        "dismissed": view.say("通知が許可されませんでした。もう一度押して「許可」を選んでください。", "Notifications were not allowed. Press again and choose “Allow”."),
        "failed": view.say("登録できませんでした。企業の管理設定やプライベートウィンドウでは使えないことがあります。", "The browser could not be registered. Managed browsers and private windows may not allow it."),
        "here": view.say("このブラウザー", "this browser"),
    });
    html! {
        div.browser-row data-push data-key=(browsers.application_server_key) data-words=(words.to_string()) {
            div {
                span.field-label { (view.say("閉じているときの通知", "Notifications while the console is closed")) }
                p.hint data-push-told role="status" {}
            }
            button.button type="button" data-command="push-on" hidden { (icon(Icon::Bell)) (view.say("オンにする", "Switch on")) }
            button.button type="button" data-command="push-off" hidden { (icon(Icon::BellOff)) (view.say("オフにする", "Switch off")) }
        }
        @if !browsers.items.is_empty() {
            details.browsers {
                summary { (view.say("登録済みのブラウザー", "Registered browsers")) " (" (browsers.items.len()) ")" }
                ul {
                    @for browser in &browsers.items {
                        li data-browser=(browser.id) {
                            span { (view.say("登録", "Added")) " " (view.time(browser.created_at)) " " span.muted data-here {} }
                            button.button.small type="button" data-call=(format!("DELETE /me/push-subscriptions/{}", browser.id)) data-refresh="#browser, #troubles"
                                data-confirm=(view.say("このブラウザーへの通知をやめますか？", "Stop telling this browser?")) data-confirm-yes=(view.say("やめる", "Stop")) {
                                (view.say("解除", "Remove"))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn switches(view: &View) -> Markup {
    html! {
        div.browser-row {
            label.check {
                input type="checkbox" data-kept="madoguchi_sound";
                span {
                    (view.say("新しいメッセージで音を鳴らす", "Sound for new messages"))
                    span.hint { (view.say("コンソールを開いている間、短い音でお知らせします。", "A short sound while the console is open.")) }
                }
            }
            button.button.small type="button" data-command="sound" { (icon(Icon::Volume2)) (view.say("音を聞く", "Listen")) }
        }
        div.browser-row {
            label.check {
                input type="checkbox" data-kept="madoguchi_keys";
                span {
                    (view.say("キーボードショートカット", "Keyboard shortcuts"))
                    span.hint { (view.say("1文字のキーで操作します。音声入力などと重なるときはオフにしてください。", "Single keys act. Switch them off if they get in the way of dictation or other tools.")) }
                }
            }
            button.button.small type="button" data-command="keys" { (icon(Icon::Keyboard)) (view.say("一覧", "Show them")) }
        }
    }
}

fn appearance(view: &View) -> Markup {
    let themes = [
        ("auto", view.say("システムに合わせる", "As the system")),
        ("light", view.say("ライト", "Light")),
        ("dark", view.say("ダーク", "Dark")),
    ];
    html! {
        div.form-row {
            fieldset.choices.in-line data-preference="madoguchi_theme" {
                legend.field-label { (view.say("表示", "Appearance")) }
                @for (value, words) in themes {
                    label.check { input type="radio" name="own_theme" value=(value) checked[value == view.theme.as_str()]; span { (words) } }
                }
            }
            fieldset.choices.in-line data-preference="madoguchi_language" {
                legend.field-label { "言語 · Language" }
                @for (value, words, of) in [("ja", "日本語", Language::Ja), ("en", "English", Language::En)] {
                    label.check { input type="radio" name="own_language" value=(value) checked[of == view.language]; span lang=(value) { (words) } }
                }
            }
        }
        p.hint {
            @let zone = view.zone.iana_name().unwrap_or("UTC");
            (view.say("時刻はこのブラウザーのタイムゾーンで表示します", "Times are shown in this browser's time zone")) ": " (zone)
        }
    }
}
