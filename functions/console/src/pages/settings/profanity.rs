//! Offensive words (ABU-1, ABU-2): what each brand looks for, what follows, and a place to try it out.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use maud::{Markup, html};
use serde::Deserialize;

use crate::Console;
use crate::error::{For as _, Paged};
use crate::pages::known::{Names, Wanted, encoded};
use crate::parts::{self, Icon, icon};
use crate::view::View;

const AT: &str = "/console/settings/profanity";

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route(AT, get(show))
}

#[derive(Debug, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a box to tick")]
struct Profanity {
    on: bool,
    japanese: bool,
    english: bool,
    words: Vec<String>,
    exceptions: Vec<String>,
    limit: u32,
    block: bool,
    #[serde(default)]
    version: u64,
}

async fn show(view: View, wanted: Wanted) -> Paged {
    let title = view.say("不適切な表現", "Offensive words");
    let brands = Names::of(&view, "/api/brands").await.for_(&view)?;
    let chosen = wanted.get("brand").and_then(|id| brands.get(id)).or_else(|| brands.all().first());
    let lead = view.say(
        "お客様のメッセージに不適切な表現があると、目立たないように隠して表示し、続く場合は会話を自動で完了できます。ブランドごとに設定します。",
        "Messages of customers with offensive words are shown veiled; if they go on, the conversation can be closed by itself. Each brand has its own settings.",
    );
    let content = match chosen {
        None => html! {
            (parts::heading(title, lead, &html! {}))
            (parts::empty(Icon::Store, view.say("ブランドがまだありません", "There is no brand yet"), &html! {
                p { (view.say("ブランドを作成し、チャンネルに割り当てると設定できます。", "Make a brand and give it to channels; then you can set this up.")) }
                a.button.primary href="/console/settings/brands" { (view.say("ブランドを作成", "Make a brand")) }
            }))
        },
        Some(brand) => {
            let path = format!("/brands/{}/profanity", encoded(&brand.id));
            let set: Profanity = view.get(&format!("/api{path}")).await.for_(&view)?;
            html! {
                (parts::heading(title, lead, &html! {}))
                @if brands.all().len() > 1 {
                    nav.tabs aria-label=(view.say("ブランド", "Brands")) {
                        @for other in brands.all() {
                            a href=(format!("{AT}?brand={}", encoded(&other.id))) aria-current=[(other.id == brand.id).then_some("page")] dir="auto" { (other.name) }
                        }
                    }
                } @else { h2.page-of dir="auto" { (brand.name) } }
                div.two-columns {
                    (form(&view, &path, &brand.id, &set))
                    (trial(&view, &path))
                }
            }
        }
    };
    Ok(super::page(&view, "profanity", title, &content))
}

fn form(view: &View, path: &str, brand: &str, set: &Profanity) -> Markup {
    let lines = |id: &str, name: &str, hint: &str, lines: &[String]| {
        parts::field(
            id,
            name,
            Some(hint),
            &html! {
                textarea id=(id) name=(id) rows="6" data-type="list" dir="auto" spellcheck="false" aria-describedby=(format!("{id}-hint")) { (lines.join("\n")) }
            },
        )
    };
    let here = format!("{AT}?brand={}", encoded(brand));
    html! {
        form.card.form #profanity data-call=(format!("PUT {path}")) data-version=(format!("\"{}\"", set.version)) data-done=(view.say("保存しました。30秒以内に反映されます", "Saved. Conversations follow within half a minute")) data-refresh="#profanity"
            hx-get=(here) hx-trigger="renew" hx-select="#profanity" hx-swap="morph:outerHTML" {
            (parts::check("on", view.say("お客様のメッセージを確認する", "Look at customers' messages"), Some(view.say("オフの間は、隠すことも数えることもありません。", "While it is off nothing is veiled or counted.")), set.on))
            fieldset.choices {
                legend.field-label { (view.say("用意されたリスト", "Lists that come with it")) }
                (parts::check("japanese", view.say("日本語", "Japanese"), None, set.japanese))
                (parts::check("english", view.say("英語", "English"), None, set.english))
            }
            (lines("words", view.say("独自の言葉（1行に1つ、300個まで）", "Words of your own (one a line, at most 300)"), view.say(
                "英字は単語として一致します。語尾の変化も含めるには * を付けます（例: damn*）。日本語はどこにあっても一致します。\"\" で囲むと単独のときだけ一致します。",
                "Latin words match as words; * at an end lets them go on (damn*). Japanese matches anywhere; in quotes only by itself.",
            ), &set.words))
            (lines("exceptions", view.say("対象外にする表現（1行に1つ）", "Phrases in which no word counts (one a line)"), view.say(
                "この表現の中では、どの言葉も数えません。商品名などに使います。",
                "Such as names of products.",
            ), &set.exceptions))
            (parts::field("limit", view.say("会話を完了するまでの回数", "Offensive messages that close a conversation"), Some(view.say(
                "1つの会話でこの回数に達すると、自動で完了します（1〜100）。",
                "With this many in one conversation, it is closed by itself (1 to 100).",
            )), &html! { input id="limit" name="limit" type="number" min="1" max="100" required value=(set.limit) aria-describedby="limit-hint"; }))
            (parts::check("block", view.say("完了と同時にブロックする", "Block the contact then"), Some(view.say("以後のメッセージは受信箱に入りません。ブロックはいつでも解除できます。", "What they write from then on does not reach the inbox. It can be taken back at any time.")), set.block))
            p.field-error data-form-error role="alert" hidden {}
            div.form-acts { button.button.primary type="submit" { (view.say("保存", "Save")) } }
        }
    }
}

fn trial(view: &View, path: &str) -> Markup {
    let words = serde_json::json!({
        "nothing": view.say("見つかりませんでした。", "Nothing was found."),
        "found": view.say("{n}件見つかりました。", "Found: {n}."),
        "ja": view.say("日本語リスト", "Japanese list"),
        "en": view.say("英語リスト", "English list"),
        "own": view.say("独自の言葉", "your own words"),
    });
    html! {
        form.card.form data-tryout=(path) data-words=(words.to_string()) {
            h2 { (view.say("試してみる", "Try it out")) }
            p.hint { (view.say("左の設定（保存前の内容も含む）で確認します。何も保存されません。", "With the settings beside it, saved or not. Nothing is stored.")) }
            (parts::field("trial-text", view.say("文章", "Text"), None, &html! { textarea id="trial-text" rows="4" maxlength="5000" dir="auto" required {} }))
            div.form-acts { button.button.plain type="submit" { (icon(Icon::Search)) (view.say("確認する", "Look")) } }
            div data-tryout-found role="status" {}
        }
    }
}
