//! What narrows a list down: the panel that chooses, and the chips that show what was chosen and take it away.

use maud::{Markup, html};

use super::asked::Asked;
use super::names::{Named, Names};
use super::row::dot;
use crate::parts::{Icon, icon};
use crate::view::View;

/// What can be chosen, beside what rows show by name.
#[derive(Debug)]
pub(crate) struct Choices {
    pub(crate) departments: Vec<Named>,
    pub(crate) brands: Vec<Named>,
}

/// Times that windows may end within, in minutes, with their names.
const ENDS: [(&str, &str, &str); 5] = [
    ("30", "30分以内", "30 minutes"),
    ("120", "2時間以内", "2 hours"),
    ("360", "6時間以内", "6 hours"),
    ("1440", "24時間以内", "24 hours"),
    ("10080", "7日以内", "7 days"),
];

/// The orders, with their names.
const SORTS: [(&str, &str, &str); 3] = [
    ("activity", "新しい順", "Latest first"),
    ("waiting", "待ち時間が長い順", "Longest wait first"),
    ("window", "返信期限が近い順", "Reply time ends first"),
];

/// The form around a list: its order, and the panel of filters.
pub(crate) fn form(view: &View, asked: &Asked, names: &Names, choices: &Choices) -> Markup {
    let say = |ja, en| view.say(ja, en);
    let whose = !matches!(asked.section(), "mine" | "others");
    let set = chips(view, asked, names, choices).len();
    html! {
        form.list-filters id="filters" method="get" action="/console/inbox" {
            @if let Some(section) = asked.get("section") { input type="hidden" name="section" value=(section); }
            label.sr for="filter-sort" { (say("並び順", "Order")) }
            select.filters-sort #filter-sort name="sort" {
                @for (value, ja, en) in SORTS {
                    option value=(if value == "activity" { "" } else { value }) selected[asked.sort() == value] { (say(ja, en)) }
                }
            }
            details data-popover {
                summary.icon-button.filters-open title=(say("絞り込み", "Filter")) {
                    span.sr { (say("絞り込み", "Filter")) }
                    (icon(Icon::Filter)) @if set > 0 { span.filters-set aria-hidden="true" { (set) } }
                }
                div.popover.filters-panel {
                    (choice(view, asked, "channel", say("チャンネル", "Channel"), names.channels.iter().map(|one| (one.id.as_str(), one.name.as_str()))))
                    @if whose {
                        (choice(view, asked, "assignee", say("担当者", "Assigned to"), std::iter::once(("me", say("自分", "Me"))).chain(names.operators.iter().map(|one| (one.id.as_str(), one.name.as_str())))))
                    }
                    (choice(view, asked, "mode", say("応答モード", "Answered by"), [("operator", say("担当者", "People")), ("bot", say("ボット", "Bot"))].into_iter()))
                    (choice(view, asked, "window_ends_within_minutes", say("返信期限", "Reply time ends within"), ENDS.into_iter().map(|(value, ja, en)| (value, say(ja, en)))))
                    (choice(view, asked, "contacts", say("お客様", "Customers"), [("registered", say("本登録", "Registered")), ("provisional", say("仮登録", "Provisional"))].into_iter()))
                    @if !choices.departments.is_empty() {
                        (choice(view, asked, "department", say("部署", "Department"), choices.departments.iter().map(|one| (one.id.as_str(), one.name.as_str()))))
                    }
                    @if !choices.brands.is_empty() {
                        (choice(view, asked, "brand", say("ブランド", "Brand"), choices.brands.iter().map(|one| (one.id.as_str(), one.name.as_str()))))
                    }
                    label.check {
                        input type="checkbox" name="never_replied" value="true" checked[asked.get("never_replied") == Some("true")];
                        span { (say("一度も返信していない", "Never replied to")) }
                    }
                    @if !names.labels.is_empty() {
                        fieldset.filters-labels {
                            legend { (say("ラベル（すべて付いているもの）", "Labels (all of them)")) }
                            @for label in &names.labels {
                                label.check {
                                    input type="checkbox" name="label" value=(label.id) checked[asked.labels().any(|id| id == label.id)];
                                    span dir="auto" { (dot(&label.color)) " " (label.name) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn choice<'a>(
    view: &View,
    asked: &Asked,
    name: &str,
    label: &str,
    options: impl Iterator<Item = (&'a str, &'a str)>,
) -> Markup {
    let id = format!("filter-{name}");
    html! {
        div.field {
            label for=(id) { (label) }
            select id=(id) name=(name) {
                option value="" { (view.say("すべて", "All")) }
                @for (value, text) in options { option value=(value) selected[asked.get(name) == Some(value)] { (text) } }
            }
        }
    }
}

/// One filter that is set: its words, and the list without it.
pub(crate) type Chip = (String, Asked);

/// What is set, each with the list without it.
pub(crate) fn chips(view: &View, asked: &Asked, names: &Names, choices: &Choices) -> Vec<Chip> {
    let say = |ja, en| view.say(ja, en);
    let unknown = || say("不明", "Unknown").to_owned();
    let of = |list: &[Named], id: &str| {
        list.iter().find(|one| one.id == id).map_or_else(unknown, |one| one.name.clone())
    };
    let mut chips = Vec::new();
    let mut chip = |name: &str, text: &dyn Fn(&str) -> String| {
        if let Some(value) = asked.get(name) {
            chips.push((text(value), asked.without(name)));
        }
    };
    chip("channel", &|id| names.channel(id).map_or_else(unknown, |channel| channel.name.clone()));
    if !matches!(asked.section(), "mine" | "others") {
        chip("assignee", &|id| {
            let name = if id == "me" { Some(say("自分", "me")) } else { names.operator(id) };
            format!("{}{}", say("担当者：", "Assigned to "), name.unwrap_or(say("不明", "unknown")))
        });
    }
    chip("mode", &|mode| {
        if mode == "bot" { say("ボット対応", "Bot") } else { say("担当者対応", "People answer") }.to_owned()
    });
    chip("window_ends_within_minutes", &|minutes| {
        let known = ENDS.into_iter().find(|(value, ..)| *value == minutes);
        let within = known.map_or_else(
            || format!("{minutes}{}", say("分以内", " minutes")),
            |(_, ja, en)| say(ja, en).to_owned(),
        );
        format!("{}{within}", say("返信期限：", "Reply time ends within "))
    });
    chip("contacts", &|contacts| {
        match contacts {
            "registered" => say("本登録のお客様", "Registered customers"),
            "provisional" => say("仮登録のお客様", "Provisional customers"),
            _ => say("すべてのお客様", "All customers"),
        }
        .to_owned()
    });
    chip("department", &|id| of(&choices.departments, id));
    chip("brand", &|id| of(&choices.brands, id));
    chip("never_replied", &|_| say("一度も返信していない", "Never replied to").to_owned());
    let labels = asked.labels().map(|id| {
        (names.label(id).map_or_else(unknown, |label| label.name.clone()), asked.without_label(id))
    });
    chips.extend(labels);
    chips
}

/// The chips as they are shown.
pub(crate) fn shown(view: &View, chips: &[Chip]) -> Markup {
    html! {
        @if !chips.is_empty() {
            ul.list-chips aria-label=(view.say("絞り込み中", "Filters")) {
                @for (text, without) in chips {
                    li {
                        a.list-chip href=(without.address()) data-inbox-link title=(view.say("この条件を外す", "Remove this filter")) {
                            span dir="auto" { (text) } (icon(Icon::X))
                        }
                    }
                }
            }
        }
    }
}
