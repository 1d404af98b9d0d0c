//! `/console/settings/bots/{id}`: what the bot of a channel answers, when, and a box to try it out.

use axum::extract::{Path, Query};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::channels::bot_use;
use super::super::channels::data::Channel;
use super::{Bot, Rule, Template, bot_of, templates};
use crate::assets::address;
use crate::error::{For as _, Paged};
use crate::parts::{Icon, banner, channel_badge, field, icon};
use crate::view::View;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    kind: Option<String>,
}

pub(super) async fn show(view: View, Path(id): Path<String>, Query(wanted): Query<Wanted>) -> Paged {
    let (channel, bot, templates) =
        tokio::join!(Channel::tagged(&view, &id), bot_of(&view, &id), templates(&view));
    let (channel, version) = channel.for_(&view)?;
    let (bot, templates) = (bot.for_(&view)?, templates.for_(&view)?);
    let (bot, bot_version) = bot.map_or((None, String::new()), |(bot, version)| (Some(bot), version));
    let is = bot.as_ref().map(|bot| bot.kind.as_str());
    let kind = wanted.kind.as_deref().or(is).unwrap_or("none");
    let shown = bot.as_ref().filter(|bot| bot.kind == kind);
    let base = format!("/console/settings/bots/{id}");
    let kinds = [
        ("none", Icon::Ban, view.say("ボットなし", "No bot")),
        ("keywords", Icon::List, view.say("キーワードで答える", "Answer keywords")),
        ("webhook", Icon::Webhook, view.say("外部のボット", "An outside bot")),
    ];
    let content = html! {
        p.way-up { a href="/console/settings/bots" { (icon(Icon::ArrowLeft)) (view.say("ボットの一覧", "All bots")) } }
        div.wizard-head { (channel_badge(channel.kind)) h1 dir="auto" { (channel.name) } }
        nav.tabs aria-label=(view.say("ボットの種類", "Kind of bot")) {
            @for (value, shape, name) in kinds {
                a href=(format!("{base}?kind={value}")) aria-current=[(value == kind).then_some("page")] {
                    (icon(shape)) " " (name) @if is.unwrap_or("none") == value { " " span.badge.good { (view.say("使用中", "In use")) } }
                }
            }
        }
        @match kind {
            "keywords" => (keywords(&view, &id, shown, &bot_version, &templates)),
            "webhook" => (outside(&view, &id, shown, &bot_version)),
            _ => (none(&view, &id, is.is_some())),
        }
        @if is.is_some() {
            (trial(&view, &base))
            (times(&view, &channel, &version))
        }
        script type="module" src=(address("js/bots.js")) {}
    };
    Ok(super::super::page(
        &view,
        "bots",
        view.say("ボット", "Bots"),
        &html! { div.connections { (content) } },
    ))
}

fn none(view: &View, id: &str, has: bool) -> Markup {
    html! {
        section.card {
            @if has {
                h2 { (view.say("ボットを外す", "Take the bot away")) }
                p { (view.say("ボットが対応中の会話は、お客様の次のメッセージでオペレーターに引き継がれます。", "Conversations that it has go to people with the customer's next message.")) }
                button.button.danger type="button" data-call=(format!("DELETE /channels/{id}/bot"))
                    data-confirm=(view.say("このチャンネルのボットを外しますか？", "Take the bot of this channel away?"))
                    data-confirm-text=(view.say("ルールと設定は削除されます。", "Its rules and settings are deleted."))
                    data-confirm-yes=(view.say("外す", "Take away")) data-go="/console/settings/bots" { (icon(Icon::Trash2)) (view.say("ボットを外す", "Take the bot away")) }
            } @else {
                h2 { (view.say("このチャンネルにボットはありません", "This channel has no bot")) }
                p { (view.say("「キーワードで答える」では、メッセージに含まれる言葉に応じてテンプレートを返します。「外部のボット」では、お持ちのプログラムに問い合わせます。", "“Answer keywords” says a template when a word is in what the customer writes. “An outside bot” asks a program of yours.")) }
            }
        }
    }
}

fn errors(view: &View) -> String {
    json!({
        "changed_meanwhile": view.say("ほかの人がこのボットを変更しました。ページを再読み込みしてください。", "Somebody else has changed this bot. Reload the page."),
        "template_not_found": view.say("選んだテンプレートは削除されました。ページを再読み込みしてください。", "A template that you chose is gone. Reload the page."),
        "invalid_body": view.say("テンプレートに、ボットでは埋められない差し込み項目があります。{{項目|代わりの文}} のように、値がないときの文を付けてください。", "A template has a field that a bot has nothing for. Give the field a text of its own, as in {{field|…}}."),
        "invalid_body:rules": view.say("ルールは1〜100件です。", "1 to 100 rules."),
        "invalid_body:words": view.say("ルールごとに言葉を1〜20個（それぞれ60文字まで）入力してください。", "Each rule takes 1 to 20 words of at most 60 characters."),
        "invalid_body:hand_over_words": { "field": "hand_over_words", "text": view.say("20個まで、それぞれ60文字までです。", "Up to 20 words of at most 60 characters.") },
        "invalid_body:timeout_seconds": { "field": "timeout_seconds", "text": view.say("1〜10秒です。", "1 to 10 seconds.") },
        "webhook_url_invalid": { "field": "url", "text": view.say("https:// で始まるアドレスを入力してください。", "An address that begins with https://.") },
        "webhook_url_not_public": { "field": "url", "text": view.say("インターネットから届くアドレスを入力してください。", "An address that can be reached from the internet.") },
        "webhook_url_too_long": { "field": "url", "text": view.say("アドレスが長すぎます。", "The address is too long.") },
    })
    .to_string()
}

fn keywords(view: &View, id: &str, bot: Option<&Bot>, version: &str, templates: &[Template]) -> Markup {
    if templates.is_empty() {
        return banner(
            "info",
            &html! {
                (view.say("ボットはテンプレートで答えます。先にテンプレートを作ってください。", "The bot answers with templates. Make one first. "))
                " " a href="/console/settings/templates" { (view.say("テンプレート", "Templates")) }
            },
        );
    }
    let none = [];
    let rules = bot.map_or(&none[..], |bot| &bot.rules);
    let fallback =
        bot.and_then(|bot| bot.fallback.as_ref()).and_then(|fallback| fallback.template_id.as_deref());
    html! {
        form.form.bot-form data-call=(format!("PUT /channels/{id}/bot")) data-version=[bot.map(|_| version)] data-errors=(errors(view))
            data-go=(format!("/console/settings/bots/{id}")) {
            input type="hidden" name="kind" value="keywords";
            section.card aria-labelledby="rules-title" {
                h2 #rules-title { (view.say("ルール", "Rules")) }
                p.hint { (view.say("上から順に調べ、言葉が一つでも含まれていれば、そのテンプレートで答えます。大文字・小文字、全角・半角、ひらがな・カタカナは区別しません。", "The first rule of which any word is in what the customer says answers with its template. Capitals, width and kana make no difference.")) }
                ol.rules #rules data-rows="rules" {
                    @for rule in rules { (row(view, Some(rule), templates)) }
                    @if rules.is_empty() { (row(view, None, templates)) }
                }
                button.button type="button" data-move="add" { (icon(Icon::Plus)) (view.say("ルールを追加", "Add a rule")) }
            }
            section.card aria-labelledby="fallback-title" {
                h2 #fallback-title { (view.say("当てはまるルールがないとき", "When no rule fits")) }
                fieldset.offers {
                    legend.sr { (view.say("当てはまるルールがないとき", "When no rule fits")) }
                    label.offer { input type="radio" name="fallback.do" value="hand_over" checked[fallback.is_none()]; span { (view.say("オペレーターに引き継ぐ", "Hand over to people")) } }
                    label.offer { input type="radio" name="fallback.do" value="say" data-opens="fallback-part" checked[fallback.is_some()]; span { (view.say("このテンプレートで答えて、ボットが続ける", "Say this template and go on")) } }
                }
                fieldset.optional-body #fallback-part disabled[fallback.is_none()] {
                    label.field { span.field-label { (view.say("テンプレート", "Template")) } (choice("fallback.template_id", fallback, templates)) }
                }
            }
            (hand_over(view, bot))
            (save(view))
        }
        template #rule { (row(view, None, templates)) }
    }
}

/// One rule: its words, its template, and where it stands.
fn row(view: &View, rule: Option<&Rule>, templates: &[Template]) -> Markup {
    let button = |of: &str, shape: Icon, words: &str| {
        html! {
            button.icon-button.small type="button" data-move=(of) data-label=(words) title=(words) { (icon(shape)) }
        }
    };
    html! {
        li.rule data-row {
            span.rule-number data-number aria-hidden="true" {}
            label.field {
                span.field-label { (view.say("言葉（1行に1つ）", "Words, one a line")) }
                textarea name="words" data-type="list" rows="3" required dir="auto" data-label=(view.say("ルール{n}の言葉（1行に1つ）", "Words of rule {n}, one a line")) {
                    (rule.map_or_else(String::new, |rule| rule.words.join("\n")))
                }
            }
            label.field {
                span.field-label { (view.say("答えるテンプレート", "Answer with")) }
                (choice("template_id", rule.map(|rule| rule.template_id.as_str()), templates))
            }
            div.rule-acts {
                (button("up", Icon::ChevronUp, view.say("ルール{n}を上へ", "Move rule {n} up")))
                (button("down", Icon::ChevronDown, view.say("ルール{n}を下へ", "Move rule {n} down")))
                (button("away", Icon::Trash2, view.say("ルール{n}を削除", "Remove rule {n}")))
            }
        }
    }
}

fn choice(name: &str, chosen: Option<&str>, templates: &[Template]) -> Markup {
    html! {
        select name=(name) {
            @for template in templates { option value=(template.id) selected[chosen == Some(&template.id)] { (template.path()) } }
        }
    }
}

fn hand_over(view: &View, bot: Option<&Bot>) -> Markup {
    let words = bot.map_or_else(String::new, |bot| bot.hand_over_words.join("\n"));
    html! {
        section.card {
            (field("hand_over_words", view.say("オペレーターに引き継ぐ言葉", "Words that ask for a person"), Some(view.say("お客様がこの言葉を使うと、すぐに引き継ぎます。1行に1つ、20個まで（それぞれ60文字まで）。例: オペレーター、担当者、人と話したい", "Whoever says one of them gets a person at once. One a line, up to 20, each of at most 60 characters.")), &html! {
                textarea #hand_over_words name="hand_over_words" data-type="list" rows="3" dir="auto" aria-describedby="hand_over_words-hint" { (words) }
            }))
        }
    }
}

fn save(view: &View) -> Markup {
    html! {
        p.form-error data-form-error role="alert" hidden {}
        div.form-acts.sticky { button type="submit" { (view.say("ボットを保存", "Save the bot")) } }
    }
}

fn outside(view: &View, id: &str, bot: Option<&Bot>, version: &str) -> Markup {
    let secret: Value = json!({
        "title": view.say("署名のシークレット", "The secret that calls are signed with"),
        "text": view.say("今だけ表示されます。コピーして、ボット側で安全に保管してください。", "It is shown now and never again. Copy it and keep it safe at your bot."),
        "copy": view.say("コピー", "Copy"),
        "copied": view.say("コピーしました", "Copied"),
        "close": view.say("閉じる", "Close"),
        "go": format!("/console/settings/bots/{id}"),
    });
    html! {
        form.form.bot-form data-call=(format!("PUT /channels/{id}/bot")) data-version=[bot.map(|_| version)] data-errors=(errors(view))
            data-done=(view.say("ボットを保存しました", "The bot is saved")) data-secret=(secret.to_string()) {
            input type="hidden" name="kind" value="webhook";
            section.card {
                h2 { (view.say("外部のボット", "An outside bot")) }
                p.hint { (view.say("お客様のメッセージごとに、署名付きの POST で問い合わせます。最大5件のメッセージで答えるか、引き継ぎを指示できます。時間内に答えがない場合やエラーの場合は、オペレーターに引き継ぎます。", "It is asked by a signed POST for each message of a customer, and answers with up to five messages or hands over. If it does not answer in time, or with an error, people take over.")) }
                (field("url", view.say("アドレス", "Address"), Some(view.say("https:// で始まる、インターネットから届くアドレス", "One that begins with https:// and can be reached from the internet")), &html! {
                    input #url name="url" type="url" required autocomplete="off" aria-describedby="url-hint" placeholder="https://bot.example.com/answer" value=[bot.map(|bot| bot.url.as_str())];
                }))
                (field("timeout_seconds", view.say("待つ時間（秒）", "How long it may think, in seconds"), Some(view.say("1〜10秒", "1 to 10")), &html! {
                    input #timeout_seconds name="timeout_seconds" type="number" min="1" max="10" required aria-describedby="timeout_seconds-hint" value=(bot.and_then(|bot| bot.timeout_seconds).unwrap_or(5));
                }))
                @if bot.is_some() {
                    label.check {
                        input type="checkbox" name="replace_secret";
                        span { (view.say("新しいシークレットを発行する", "Make a new secret")) span.hint { (view.say("これまでのシークレットでも1日は署名されます。", "The one before goes on signing for a day.")) } }
                    }
                } @else {
                    p.hint { (view.say("保存すると、署名のシークレットが一度だけ表示されます。", "Once you save, the secret that calls are signed with is shown once.")) }
                }
            }
            (hand_over(view, bot))
            (save(view))
        }
    }
}

fn trial(view: &View, base: &str) -> Markup {
    html! {
        section.card aria-labelledby="trial-title" {
            h2 #trial-title { (view.say("試してみる", "Try it out")) }
            p.hint { (view.say("お客様の言葉を入力すると、保存済みのボットの動きを確かめられます。何も送信されません。", "Type what a customer might say to see what the saved bot would do. Nothing is sent.")) }
            form.trial hx-get=(format!("{base}/trial")) hx-target="#trial-outcome" hx-swap="innerHTML" {
                label.sr for="trial-text" { (view.say("お客様の言葉", "What the customer says")) }
                input #trial-text name="text" required dir="auto" autocomplete="off" placeholder=(view.say("例: 営業時間を教えてください", "Such as: when are you open?"));
                button.plain.button type="submit" { (icon(Icon::Play)) (view.say("試す", "Try")) }
            }
            div #trial-outcome.trial-outcome role="status" {}
        }
    }
}

fn times(view: &View, channel: &Channel, version: &str) -> Markup {
    html! {
        section.card aria-labelledby="times-title" {
            h2 #times-title { (view.say("ボットが対応するとき", "When the bot answers")) }
            form.form data-call=(format!("PATCH /channels/{}", channel.id)) data-version=(version) data-errors=(errors(view))
                data-go=(format!("/console/settings/bots/{}", channel.id)) {
                (bot_use(view, &channel.settings))
                p.form-error data-form-error role="alert" hidden {}
                div.form-acts { button type="submit" { (view.say("保存", "Save")) } }
            }
        }
    }
}
