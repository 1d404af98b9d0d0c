//! The form of a template, new or not.

use axum::extract::{Path, Query};
use maud::{Markup, html};
use serde::Deserialize;

use super::super::organisation::{Department, departments, errors, tag};
use super::{LANGUAGES, Template, Variant, try_out, variant};
use crate::assets::address;
use crate::error::{For as _, Paged};
use crate::parts::{Icon, field, heading, icon};
use crate::view::View;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct From {
    from: String,
}

/// A new one, or a copy.
pub(super) async fn new(view: View, Query(From { from }): Query<From>) -> Paged {
    let departments = departments(&view).await.for_(&view)?;
    let template = if from.is_empty() {
        let language = view.say("ja", "en").to_owned();
        Template { variants: [(language, Variant::default())].into(), ..Template::default() }
    } else {
        let mut copy = view.get::<Template>(&format!("/api/templates/{from}")).await.for_(&view)?;
        copy.name = format!("{}{}", copy.name, view.say("のコピー", " (copy)"));
        copy
    };
    let title = view.say("新しいテンプレート", "New template");
    let content = html! {
        (form(&view, &template, &departments, "POST /templates", None))
    };
    Ok(framed(&view, title, &html! { (heading(title, "", &html! {})) (content) }))
}

/// One that there is.
pub(super) async fn edit(view: View, Path(id): Path<String>) -> Paged {
    let path = format!("/api/templates/{id}");
    let (template, departments) =
        tokio::try_join!(view.get::<Template>(&path), departments(&view)).for_(&view)?;
    let call = format!("PATCH /templates/{id}");
    let content = html! {
        (heading(&template.name, "", &html! {
            a.button href=(format!("/console/settings/templates/new?from={id}")) { (icon(Icon::Copy)) (view.say("複製", "Duplicate")) }
        }))
        (form(&view, &template, &departments, &call, Some(&tag(template.version))))
    };
    if view.part {
        return Ok(content);
    }
    let languages: Vec<_> = template.variants.keys().cloned().collect();
    let whole = html! {
        div #template hx-get=(view.path) hx-trigger="renew" hx-swap="morph:innerHTML" { (content) }
        (try_out::choice(&view, &id, &languages).await)
    };
    Ok(framed(&view, &template.name, &whole))
}

fn framed(view: &View, title: &str, content: &Markup) -> Markup {
    let whole = html! {
        p.org-back { a href="/console/settings/templates" { (icon(Icon::ArrowLeft)) (view.say("テンプレート", "Templates")) } }
        (content)
        script type="module" src=(address("js/templates.js")) {}
    };
    super::super::page(view, "templates", title, &whole)
}

fn form(
    view: &View,
    template: &Template,
    departments: &[Department],
    call: &str,
    version: Option<&str>,
) -> Markup {
    let is_new = version.is_none();
    html! {
        form.form.template-form data-call=(call) data-version=[version] data-preview="/console/settings/templates/preview" data-errors=[errors(view)]
            data-go=[is_new.then_some("/console/settings/templates/{id}")] data-done=(view.say("テンプレートを保存しました", "Template saved")) data-refresh=[(!is_new).then_some("#template")] {
            section.card {
                div.form-row {
                    (field("name", view.say("名前", "Name"), None, &html! { input #name name="name" required maxlength="100" autocomplete="off" dir="auto" value=(template.name) placeholder=(view.say("例：はじめのあいさつ", "Greeting")); }))
                    (field("folder", view.say("フォルダー", "Folder"), Some(view.say("「/」で区切ると階層になります。空欄でもかまいません。", "With “/” between levels; may be empty.")), &html! {
                        input #folder name="folder" data-type="path" autocomplete="off" dir="auto" value=(template.folder.join("/")) placeholder=(view.say("例：あいさつ", "Greetings")) aria-describedby="folder-hint";
                    }))
                    (field("department", view.say("部門", "Department"), None, &html! {
                        select #department name="department_id" data-type="text-or-null" {
                            option value="" { (view.say("全員で使う", "Everybody's")) }
                            @for of in departments { option value=(of.id) selected[template.department_id.as_deref() == Some(&of.id)] { (of.name) } }
                        }
                    }))
                }
                // Fields that name no object stay with what the template was made for.
                @if !template.object.is_empty() { input type="hidden" name="object" value=(template.object); }
            }
            div.stack #variants { @for (tag, of) in &template.variants { (variant::section(view, tag, of)) } }
            div.form-acts {
                label { span.sr { (view.say("追加する言語", "Language to add")) }
                    select data-type="none" data-variant-choice { @for (tag, name) in LANGUAGES { option value=(tag) lang=(tag) { (name) } } }
                }
                button.button type="button" data-variant-add { (icon(Icon::Plus)) (view.say("言語を追加", "Add language")) }
            }
            p.hint { (view.say("返信するときは、選んだ言語の本文が使われます。その言語がなければ日本語、英語の順に探します。", "Replies use the text of the chosen language; where it is not there, Japanese, then English.")) }
            p.field-error data-form-error role="alert" hidden {}
            div.form-acts.sticky-acts { button type="submit" { (view.say("保存", "Save")) } a.button href="/console/settings/templates" { (view.say("一覧へ戻る", "Back to the list")) } }
            // The script puts a language in place of the two underscores.
            template data-variant-template { (variant::section(view, "__", &Variant::default())) }
        }
    }
}
