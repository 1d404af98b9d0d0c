//! The text of a template in one language, as a part of its form.

use madoguchi_domain::message_template::Object;
use maud::{Markup, html};

use super::{Variant, language, preview};
use crate::parts::{Icon, icon};
use crate::view::View;

/// Fields that have a value in every conversation but for some, with what stands there for the others.
fn fields(view: &View) -> [(Object, &'static str, &'static str, &'static str); 9] {
    use Object::{Contact, Conversation, Operator};
    [
        (Contact, "name", view.say("お客様の名前", "Customer's name"), view.say("お客様", "there")),
        (Contact, "phone", view.say("電話番号", "Phone number"), view.say("（未登録）", "(unknown)")),
        (Contact, "external_id", view.say("お客様のID", "Customer's id"), ""),
        (Operator, "name", view.say("担当者の名前", "Operator's name"), ""),
        (Operator, "account", view.say("担当者のアカウント", "Operator's account"), view.say("担当者", "us")),
        (Conversation, "channel", view.say("チャンネル名", "Channel"), ""),
        (Conversation, "brand", view.say("ブランド名", "Brand"), view.say("当店", "our store")),
        (Conversation, "department", view.say("部門名", "Department"), view.say("担当部門", "our team")),
        (Conversation, "id", view.say("会話番号", "Conversation id"), ""),
    ]
}

/// The section of a form for the text in the language `tag`.
pub(super) fn section(view: &View, tag: &str, variant: &Variant) -> Markup {
    let (name, text) = (format!("variants.{tag}"), format!("text-{tag}"));
    let part = format!("approved-{tag}");
    let approved = variant.approved.clone();
    let lines = approved.iter().flat_map(|approved| &approved.variables);
    let lines: Vec<_> = lines.map(|(name, value)| format!("{name}: {value}")).collect();
    html! {
        section.card.variant data-variant=(tag) {
            div.timer-head {
                h2 lang=(tag) { (language(tag)) }
                button.button.small type="button" data-variant-drop { (icon(Icon::Trash2)) (view.say("この言語を削除", "Remove this language")) }
            }
            div.variant-both {
                div.variant-edit {
                    div.field {
                        label for=(text) { (view.say("本文", "Text")) }
                        textarea id=(text) name=(format!("{name}.text")) required maxlength="5000" rows="7" dir="auto" lang=(tag) { (variant.text) }
                    }
                    div.org-chips role="group" aria-label=(view.say("差込項目", "Merge fields")) {
                        span.hint { (view.say("差し込む：", "Insert:")) }
                        @for (object, field, words, fallback) in fields(view) {
                            @let path = format!("{}.{field}", object.as_str());
                            @let spelled = if fallback.is_empty() { format!("{{{{{path}}}}}") } else { format!("{{{{{path}|{fallback}}}}}") };
                            button.org-chip type="button" data-insert=(spelled) data-into=(text) title=(path) { (words) }
                        }
                        button.org-chip type="button" data-insert=(format!("{{{{record.{}}}}}", view.say("項目名", "field"))) data-into=(text) title=(view.say("ほかのシステムの項目", "A field of another system")) { (view.say("外部の項目", "Record field")) }
                    }
                    p.hint { (view.say("「|」の後ろは、値がないときに代わりに入る言葉です。", "What stands after “|” is said where there is no value.")) }
                    details.approved open[approved.is_some()] {
                        summary { (view.say("WhatsApp の承認済みテンプレート（返信期限の後でも送れます）", "Template approved by WhatsApp, for after the reply window")) }
                        label.check.switch { input type="checkbox" name=(format!("{name}.approved")) data-type="gate" data-opens=(part) checked[approved.is_some()]; span { (view.say("承認済みテンプレートを使う", "Use an approved template")) } }
                        fieldset.opened #(part) disabled[approved.is_none()] {
                            div.field {
                                label for=(format!("sid-{tag}")) { "Content SID" }
                                input id=(format!("sid-{tag}")) name=(format!("{name}.approved.content_sid")) required pattern="HX[0-9a-fA-F]{32}" autocomplete="off" spellcheck="false"
                                    placeholder="HX0123456789abcdef0123456789abcdef" value=(approved.as_ref().map(|of| of.content_sid.as_str()).unwrap_or_default());
                                p.hint { (view.say("Twilio のコンソールの Content Template Builder で確認できる、HX で始まる番号です。", "The id that begins with HX, in the Content Template Builder of Twilio's console.")) }
                            }
                            div.field {
                                label for=(format!("variables-{tag}")) { (view.say("変数", "Variables")) }
                                textarea id=(format!("variables-{tag}")) name=(format!("{name}.approved.variables")) data-type="map" rows="3" dir="auto"
                                    placeholder=(view.say("1: {{contact.name|お客様}}", "1: {{contact.name|there}}")) { (lines.join("\n")) }
                                p.hint { (view.say("1行に1つ、「番号: 値」の形で書きます。値には差込項目も使えます。", "One a line, as “number: value”. Values may have merge fields.")) }
                            }
                        }
                    }
                }
                (preview::shown(view, tag, &variant.text, Object::default()))
            }
        }
    }
}
