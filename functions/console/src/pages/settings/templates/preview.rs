//! `POST /console/settings/templates/preview`: what a template would say, while it is written.

use std::collections::BTreeMap;

use axum::Json;
use madoguchi_domain::message_template::{Filled, Object, Pattern, PatternRefused, Values};
use madoguchi_domain::{ChannelKind, text};
use maud::{Markup, html};
use serde::Deserialize;

use crate::error::Paged;
use crate::parts::{Icon, channel_name, icon};
use crate::view::View;

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct Draft {
    object: String,
    variants: BTreeMap<String, Option<Text>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Text {
    text: String,
}

pub(super) async fn show(view: View, Json(draft): Json<Draft>) -> Paged {
    let object = draft.object.parse().unwrap_or_default();
    let variants = draft.variants.iter().filter_map(|(tag, variant)| Some((tag, variant.as_ref()?)));
    Ok(html! { @for (tag, variant) in variants { (shown(&view, tag, &variant.text, object)) } })
}

/// What the text in the language `tag` says, to whom everything is known of and to whom nothing is.
pub(super) fn shown(view: &View, tag: &str, text: &str, object: Object) -> Markup {
    let pattern = Pattern::parse(text, object);
    html! {
        div.variant-preview id=(format!("preview-{tag}")) aria-live="polite" {
            @match &pattern {
                Err(refused) => { p.preview-line.bad { (icon(Icon::CircleAlert)) span { (refusal(view, refused)) } } },
                Ok(pattern) => {
                    @let known = pattern.fill(object, &sample(view, pattern, object));
                    @let unknown = pattern.fill(object, &Values::default());
                    p.hint { (view.say("プレビュー（例）", "Preview (an example)")) }
                    (bubble(view, tag, &known))
                    @if unknown != known {
                        p.hint { (view.say("値がわからないとき", "Where nothing is known")) }
                        (bubble(view, tag, &unknown))
                        @if !unknown.missing.is_empty() {
                            p.hint { (view.say("印の項目は、値がないと送れません。「|」で代わりの言葉を付けられます。", "Without a value the marked fields keep it from being sent; give them a text after “|”.")) }
                        }
                    }
                    (lengths(view, &known.text))
                },
            }
        }
    }
}

fn bubble(view: &View, tag: &str, filled: &Filled) -> Markup {
    html! {
        p.org-bubble dir="auto" lang=(tag) {
            @if filled.text.trim().is_empty() { span.muted lang=(view.say("ja", "en")) { (view.say("本文を書くと、ここに表示されます。", "What you write shows here.")) } }
            @else { (marked(filled)) }
        }
    }
}

/// The text with fields that have no value set off.
fn marked(filled: &Filled) -> Markup {
    let mut pieces: Vec<(bool, &str)> = Vec::new();
    let mut rest = filled.text.as_str();
    for field in &filled.missing {
        let spelled = format!("{{{{{field}}}}}");
        let Some(at) = rest.find(&spelled) else { continue };
        pieces.push((false, &rest[..at]));
        pieces.push((true, &rest[at..at + spelled.len()]));
        rest = &rest[at + spelled.len()..];
    }
    pieces.push((false, rest));
    html! { @for (missing, piece) in pieces { @if missing { mark { (piece) } } @else { (piece) } } }
}

/// Whether each kind of channel takes a text of this length.
fn lengths(view: &View, filled: &str) -> Markup {
    let count = filled.chars().count();
    let refused = |kind: &ChannelKind| text::check(*kind, filled).is_err();
    let too_long: Vec<_> = ChannelKind::ALL.into_iter().filter(refused).collect();
    html! {
        p.hint {
            (count) (view.say("文字", if count == 1 { " character" } else { " characters" }))
            @if !filled.trim().is_empty() {
                @for kind in &too_long {
                    " · " b.over { (channel_name(*kind)) (view.say(" の上限 ", " takes at most ")) (text::limit(*kind).max) (view.say(" を超えています", "")) }
                }
                @if too_long.is_empty() { " · " (view.say("すべてのチャンネルで送れる長さです", "short enough for every channel")) }
            }
        }
    }
}

/// Values as a conversation might have them.
fn sample(view: &View, pattern: &Pattern, object: Object) -> Values {
    let mut values = Values::default();
    let known = [
        (Object::Contact, "name", view.say("山田 花子", "Hanako Yamada")),
        (Object::Contact, "phone", "+819012345678"),
        (Object::Contact, "external_id", "U4af4980629"),
        (Object::Conversation, "id", "8f14e45f-ceea"),
        (Object::Conversation, "channel", view.say("青空ストア公式", "Aozora Store")),
        (Object::Conversation, "brand", view.say("青空ストア", "Aozora")),
        (Object::Conversation, "department", view.say("サポート", "Support")),
        (Object::Operator, "name", view.visitor.name()),
        (Object::Operator, "account", "support@example.com"),
    ];
    for (object, field, value) in known {
        values.set(object, field, Some(value));
    }
    let record = pattern.fields(object).filter(|(object, _)| *object == Object::Record);
    let record = record.map(|(_, field)| (field.clone(), format!("〔{field}〕"))).collect();
    // More fields than a record takes stay as they are spelled.
    let _too_many = values.set_record(record);
    values
}

fn refusal(view: &View, refused: &PatternRefused) -> String {
    match refused {
        PatternRefused::Unclosed(begins) => view
            .say(
                "「{}」から始まる差込項目が閉じていません。{{contact.name}} のように書きます。",
                "The field that begins with “{}” has no end. Write it such as {{contact.name}}.",
            )
            .replacen("{}", begins, 1),
        PatternRefused::UnknownField { field } => view
            .say(
                "「{}」という差込項目はありません。ボタンから選んでください。",
                "There is no field “{}”. Choose one by the buttons.",
            )
            .replacen("{}", field, 1),
        PatternRefused::TooMany(count) => view
            .say("差込項目が多すぎます（{}）。", "There are too many fields ({}).")
            .replacen("{}", &count.to_string(), 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tpl_4_fields_without_a_value_are_set_off_and_the_text_is_escaped() {
        for (text, missing, expected) in [
            ("a", vec![], "a"),
            ("<b>{{contact.name}}!", vec!["contact.name"], "&lt;b&gt;<mark>{{contact.name}}</mark>!"),
            ("{{a.b}} {{c.d}}", vec!["a.b", "c.d"], "<mark>{{a.b}}</mark> <mark>{{c.d}}</mark>"),
        ] {
            let missing = missing.into_iter().map(str::to_owned).collect();
            let filled = Filled { text: text.to_owned(), missing };
            assert_eq!(marked(&filled).into_string(), expected);
        }
    }
}
