//! `/console/settings/templates`: by folder and name, with search and filters.

use axum::extract::Query;
use maud::{Markup, html};
use serde::Deserialize;

use super::super::organisation::{Department, Items, departments, errors};
use super::{Template, language};
use crate::error::{For as _, Paged};
use crate::parts::{Icon, empty, heading, icon};
use crate::view::View;

/// How many are shown at once.
const PAGE: &str = "50";

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    search: String,
    department: String,
    folder: String,
    language: String,
    cursor: String,
}

impl Wanted {
    fn query(&self, with: &[(&str, &str)]) -> String {
        let own = [("search", &self.search), ("department", &self.department), ("folder", &self.folder)];
        let own = own.into_iter().map(|(name, value)| (name, value.as_str()));
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in own.chain(with.iter().copied()) {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }

    fn is_any(&self) -> bool {
        [&self.search, &self.department, &self.folder, &self.language]
            .iter()
            .all(|text| text.trim().is_empty())
    }
}

pub(super) async fn show(view: View, Query(wanted): Query<Wanted>) -> Paged {
    let path = format!("/api/templates?{}", wanted.query(&[("limit", PAGE), ("cursor", &wanted.cursor)]));
    let (page, departments) =
        tokio::try_join!(view.get::<Items<Template>>(&path), departments(&view)).for_(&view)?;
    let list = list(&view, &wanted, &page, &departments);
    if view.part {
        return Ok(list);
    }
    let title = view.say("テンプレート", "Templates");
    let whole = html! {
        (heading(title, view.say(
            "よく使う返信を保存しておき、お客様の名前などを差し込んで送れます。",
            "Replies that are sent again and again, with the customer's name and the like filled in.",
        ), &html! { a.button.primary href="/console/settings/templates/new" { (icon(Icon::Plus)) (view.say("新しいテンプレート", "New template")) } }))
        (filters(&view, &wanted, &page.items, &departments))
        div #templates { (list) }
    };
    Ok(super::super::page(&view, "templates", title, &whole))
}

fn filters(view: &View, wanted: &Wanted, templates: &[Template], departments: &[Department]) -> Markup {
    let mut folders: Vec<String> = templates
        .iter()
        .map(|template| template.folder.join("/"))
        .filter(|folder| !folder.is_empty())
        .collect();
    if !wanted.folder.is_empty() {
        folders.push(wanted.folder.clone());
    }
    folders.sort();
    folders.dedup();
    html! {
        form.org-filters role="search" method="get" action="/console/settings/templates" hx-get="/console/settings/templates" hx-target="#templates"
            hx-trigger="input delay:250ms, change, submit" hx-swap="morph:innerHTML" hx-sync="this:replace" hx-replace-url="true" {
            label { span.sr { (view.say("名前・本文で検索", "Search names and texts")) }
                input type="search" name="search" value=(wanted.search) placeholder=(view.say("名前・本文で検索", "Search names and texts")) autocomplete="off";
            }
            @if !folders.is_empty() {
                label { span.sr { (view.say("フォルダー", "Folder")) }
                    select name="folder" {
                        option value="" { (view.say("すべてのフォルダー", "Every folder")) }
                        @for folder in &folders { option value=(folder) selected[*folder == wanted.folder] { (folder) } }
                    }
                }
            }
            @if !departments.is_empty() {
                label { span.sr { (view.say("部門", "Department")) }
                    select name="department" {
                        option value="" { (view.say("すべての部門", "Every department")) }
                        @for of in departments { option value=(of.id) selected[of.id == wanted.department] { (of.name) } }
                    }
                }
            }
            label { span.sr { (view.say("言語", "Language")) }
                select name="language" {
                    option value="" { (view.say("すべての言語", "Every language")) }
                    @for (tag, name) in super::LANGUAGES { option value=(tag) selected[tag == wanted.language] { (name) } }
                }
            }
        }
    }
}

fn list(view: &View, wanted: &Wanted, page: &Items<Template>, departments: &[Department]) -> Markup {
    let in_language =
        |template: &&Template| wanted.language.is_empty() || template.variants.contains_key(&wanted.language);
    let shown: Vec<_> = page.items.iter().filter(in_language).collect();
    if shown.is_empty() && page.next_cursor.is_none() {
        return if wanted.is_any() {
            empty(
                Icon::FileText,
                view.say("テンプレートはまだありません", "No templates yet"),
                &html! {
                    p { (view.say("あいさつやよくある質問への返信を作っておくと、会話の画面からすぐに送れます。", "Greetings and answers to common questions can be sent from a conversation in no time.")) }
                    a.button.primary href="/console/settings/templates/new" { (view.say("最初のテンプレートを作る", "Write the first one")) }
                },
            )
        } else {
            empty(
                Icon::Search,
                view.say("見つかりません", "None found"),
                &html! {
                    p { (view.say("条件を変えるか、検索の文字を短くしてください。", "Change the filters, or search for less.")) }
                    a.button href="/console/settings/templates" { (view.say("条件を消す", "Clear filters")) }
                },
            )
        };
    }
    html! {
        @if !shown.is_empty() {
            ul.org-rows { @for template in shown { (row(view, template, departments)) } }
        }
        @if let Some(cursor) = &page.next_cursor {
            p.org-more {
                a.button href=(format!("/console/settings/templates?{}", wanted.query(&[("language", &wanted.language), ("cursor", cursor)]))) { (view.say("次のページ", "Next page")) }
            }
        }
    }
}

fn row(view: &View, template: &Template, departments: &[Department]) -> Markup {
    let path = format!("/console/settings/templates/{}", template.id);
    let department = departments.iter().find(|of| template.department_id.as_deref() == Some(&of.id));
    let confirm = view
        .say("テンプレート「{}」を削除しますか？", "Delete the template “{}”?")
        .replace("{}", &template.name);
    let first = template.variants.get("ja").or_else(|| template.variants.values().next());
    let approved = template.variants.values().any(|variant| variant.approved.is_some());
    html! {
        li.org-row.template-row {
            div.template-what {
                p {
                    @if !template.folder.is_empty() { span.muted dir="auto" { (template.folder.join(" / ")) " / " } }
                    a href=(path) dir="auto" { b { (template.name) } }
                }
                @if let Some(variant) = first { p.template-text.muted dir="auto" { (variant.text) } }
                p.template-facts {
                    @for tag in template.variants.keys() { span.badge lang=(tag) { (language(tag)) } }
                    @if let Some(of) = department { span.badge.info { (of.name) } }
                    @if approved { span.badge.good { (view.say("WhatsApp 承認済み", "WhatsApp approved")) } }
                    span.muted {
                        (view.say("使用 ", "Sent ")) (template.uses) (view.say("回", if template.uses == 1 { " time" } else { " times" }))
                        @if let Some(at) = template.last_used_at { " · " (view.say("最終 ", "last ")) (view.time(at)) }
                    }
                }
            }
            div.template-acts {
                a.button.small href=(path) { (icon(Icon::Pencil)) (view.say("編集", "Edit")) span.sr { ": " (template.name) } }
                a.icon-button.small href=(format!("/console/settings/templates/new?from={}", template.id)) title=(view.say("複製", "Duplicate")) { (icon(Icon::Copy)) span.sr { (view.say("複製", "Duplicate")) ": " (template.name) } }
                button.icon-button.small type="button" title=(view.say("削除", "Delete")) data-call=(format!("DELETE /templates/{}", template.id)) data-confirm=(confirm)
                    data-confirm-text=(view.say("会話の画面から選べなくなります。これまでに送ったメッセージは残ります。元に戻せません。", "It can no longer be chosen. What was sent stays. This cannot be undone."))
                    data-confirm-yes=(view.say("削除する", "Delete")) data-done=(view.say("テンプレートを削除しました", "Template deleted")) data-remove=".org-row" data-errors=[errors(view)] {
                    (icon(Icon::Trash2)) span.sr { (view.say("削除", "Delete")) ": " (template.name) }
                }
            }
        }
    }
}
