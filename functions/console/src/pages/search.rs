//! Search over everything said, and for customers by name or number (SRC-4).

use std::sync::Arc;

use axum::Router;
use axum::extract::RawQuery;
use axum::routing::get;
use form_urlencoded::Serializer;
use jiff::Timestamp;
use jiff::civil::Date;
use madoguchi_domain::{Act, OperatorId};
use maud::{Markup, html};
use serde::Deserialize;

use crate::Console;
use crate::error::{For as _, Paged};
use crate::pages::inbox::names::{Items, Names};
use crate::pages::inbox::row::{badge_of, label_mark};
use crate::parts::{self, Icon, empty, icon};
use crate::shell::{Place, page};
use crate::view::View;

pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/search", get(show)).route("/console/search/hits", get(more))
}

/// What is searched for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Sought {
    q: String,
    contact: String,
    phone: String,
    label: String,
    channel: String,
    /// Days, as date fields write them.
    from: String,
    to: String,
    cursor: String,
}

#[derive(Debug, Deserialize)]
struct Hit {
    conversation: Contact,
    message: Option<Found>,
}

#[derive(Debug, Deserialize)]
struct Contact {
    id: String,
    channel_id: String,
    channel_kind: String,
    contact_name: Option<String>,
    #[serde(default)]
    external_id: String,
    #[serde(default)]
    section: String,
    assignee: Option<OperatorId>,
    #[serde(default)]
    labels: Vec<String>,
    last_activity_at: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
struct Found {
    message_id: String,
    at: Timestamp,
    #[serde(default)]
    direction: String,
    excerpt: Excerpt,
}

#[derive(Debug, Deserialize)]
struct Excerpt {
    text: String,
    #[serde(default)]
    begins_inside: bool,
    #[serde(default)]
    ends_inside: bool,
    #[serde(default)]
    marks: Vec<Mark>,
}

/// A place that was found, in UTF-16 code units.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Mark {
    index: usize,
    length: usize,
}

impl Sought {
    fn parse(query: &str) -> Self {
        let mut sought = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim().to_owned();
            match &*name {
                "q" => sought.q = value,
                "contact" => sought.contact = value,
                "phone" => sought.phone = value,
                "label" => sought.label = value,
                "channel" => sought.channel = value,
                "from" => sought.from = value,
                "to" => sought.to = value,
                "cursor" => sought.cursor = value,
                _ => {}
            }
        }
        sought
    }

    /// Whether there is anything to search for: filters alone find nothing.
    fn is_something(&self) -> bool {
        [&self.q, &self.contact, &self.phone].into_iter().any(|text| !text.is_empty())
    }

    fn is_narrowed(&self) -> bool {
        [&self.contact, &self.phone, &self.label, &self.channel, &self.from, &self.to]
            .into_iter()
            .any(|text| !text.is_empty())
    }

    fn pairs(&self) -> [(&'static str, &str); 7] {
        [
            ("q", &self.q),
            ("contact", &self.contact),
            ("phone", &self.phone),
            ("label", &self.label),
            ("channel", &self.channel),
            ("from", &self.from),
            ("to", &self.to),
        ]
    }

    /// The next page of the results.
    fn next(&self, cursor: &str) -> String {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(self.pairs().into_iter().filter(|(_, value)| !value.is_empty()));
        query.append_pair("cursor", cursor);
        format!("/console/search/hits?{}", query.finish())
    }

    /// As the API is asked. Days are those of the visitor's zone, the last one whole.
    fn asked(&self, view: &View) -> String {
        let instant = |day: &str, whole: bool| {
            let day: Date = day.parse().ok()?;
            let day = if whole { day.tomorrow().ok()? } else { day };
            let at = day.to_zoned(view.zone.clone()).ok()?.timestamp();
            let at = if whole { at.checked_sub(jiff::SignedDuration::from_millis(1)).ok()? } else { at };
            Some(at.to_string())
        };
        let mut query = Serializer::new(String::new());
        for (name, value) in self.pairs() {
            let value = match name {
                _ if value.is_empty() => None,
                "from" => instant(value, false),
                "to" => instant(value, true),
                _ => Some(value.to_owned()),
            };
            if let Some(value) = value {
                query.append_pair(name, &value);
            }
        }
        if !self.cursor.is_empty() {
            query.append_pair("cursor", &self.cursor);
        }
        query.append_pair("limit", "30");
        format!("/api/search?{}", query.finish())
    }
}

async fn show(view: View, RawQuery(query): RawQuery) -> Paged {
    let sought = Sought::parse(&query.unwrap_or_default());
    let title = view.say("検索", "Search");
    let found = async {
        if !sought.is_something() {
            return Ok(None);
        }
        view.get::<Items<Hit>>(&sought.asked(&view)).await.map(Some)
    };
    let (names, found) = tokio::join!(Names::get(&view), found);
    let names = names?;
    // What cannot be searched for is told beside the form, where it can be mended.
    let results = match found {
        Ok(None) => tips(&view),
        Ok(Some(found)) if found.items.is_empty() && found.next_cursor.is_none() => nothing(&view),
        Ok(Some(found)) => {
            html! { ol.hits #hits aria-label=(view.say("検索結果", "Results")) { (hits(&view, &names, &sought, &found)) } }
        }
        Err(refusal) if refusal.status.is_client_error() => {
            parts::banner("warning", &html! { p { (refusal.message) } })
        }
        Err(refusal) => return Err(refusal).for_(&view),
    };
    let content = html! {
        div.page.search {
            (parts::heading(title, view.say("すべてのチャットのメッセージとお客様を検索します。", "Everything that was said, on every channel."), &html! {}))
            (form(&view, &names, &sought))
            (results)
        }
    };
    Ok(page(&view, Place::Search, title, &content))
}

/// `GET /console/search/hits?q=…&cursor=…`: the next results.
async fn more(view: View, RawQuery(query): RawQuery) -> Paged {
    let sought = Sought::parse(&query.unwrap_or_default());
    let found = async { view.get::<Items<Hit>>(&sought.asked(&view)).await.for_(&view) };
    let (names, found) = tokio::try_join!(Names::get(&view), found)?;
    Ok(hits(&view, &names, &sought, &found))
}

fn form(view: &View, names: &Names, sought: &Sought) -> Markup {
    let say = |ja, en| view.say(ja, en);
    html! {
        form.search-form role="search" method="get" action="/console/search" {
            div.search-main {
                label.sr for="search-q" { (say("メッセージの検索語", "Words of a message")) }
                input #search-q type="search" name="q" value=(sought.q) maxlength="200" autofocus[!sought.is_something()]
                    placeholder=(say("メッセージを検索（例：返品 送料）", "Search messages, such as: refund shipping"));
                button.button.primary type="submit" { (icon(Icon::Search)) (say("検索", "Search")) }
            }
            details.search-more open[sought.is_narrowed()] {
                summary { (say("条件を追加", "More conditions")) }
                div.search-fields {
                    (input(say("お客様の名前・ID", "Customer’s name or id"), "contact", "text", &sought.contact))
                    (input(say("電話番号（末尾4桁以上）", "Phone number, or its end"), "phone", "tel", &sought.phone))
                    div.field {
                        label for="search-channel" { (say("チャンネル", "Channel")) }
                        select #search-channel name="channel" {
                            option value="" { (say("すべて", "All")) }
                            @for one in &names.channels { option value=(one.id) selected[one.id == sought.channel] { (one.name) } }
                        }
                    }
                    div.field {
                        label for="search-label" { (say("ラベル", "Label")) }
                        select #search-label name="label" {
                            option value="" { (say("すべて", "All")) }
                            @for one in &names.labels { option value=(one.id) selected[one.id == sought.label] { (one.name) } }
                        }
                    }
                    (input(say("開始日", "From"), "from", "date", &sought.from))
                    (input(say("終了日", "To"), "to", "date", &sought.to))
                }
            }
        }
    }
}

fn input(label: &str, name: &str, kind: &str, value: &str) -> Markup {
    let id = format!("search-{name}");
    html! { div.field { label for=(id) { (label) } input id=(id) type=(kind) name=(name) value=(value) autocomplete="off"; } }
}

fn hits(view: &View, names: &Names, sought: &Sought, found: &Items<Hit>) -> Markup {
    html! {
        @for hit in &found.items { li { (shown(view, names, hit)) } }
        @if let Some(cursor) = &found.next_cursor {
            li.hits-more {
                button.button.small type="button" hx-get=(sought.next(cursor)) hx-target="closest li" hx-swap="outerHTML" {
                    @if found.items.is_empty() { (view.say("ここまで見つかりません。続きを検索", "Nothing so far. Search on")) }
                    @else { (view.say("さらに表示", "Show more")) }
                }
            }
        }
    }
}

fn shown(view: &View, names: &Names, hit: &Hit) -> Markup {
    let Contact { id, channel_id, channel_kind, contact_name, external_id, section, .. } = &hit.conversation;
    let name = contact_name.as_deref().filter(|name| !name.trim().is_empty()).unwrap_or(external_id);
    let message = hit.message.as_ref();
    let mut query = Serializer::new(String::new());
    query.append_pair("section", section_of(section));
    if let Some(message) = message {
        query.append_pair("message", &message.message_id);
    }
    let href = format!("/console/inbox/{id}?{}", query.finish());
    let at = message.map(|message| message.at).or(hit.conversation.last_activity_at);
    html! {
        a.hit href=(href) {
            (badge_of(channel_kind))
            span.hit-name dir="auto" { (name) }
            @if let Some(at) = at { span.hit-time { (view.time(at)) } }
            @if let Some(message) = message {
                span.hit-text dir="auto" {
                    @match message.direction.as_str() {
                        "out" => { (view.say("返信：", "Answer: ")) }
                        "internal" => { (view.say("社内メモ：", "Note: ")) }
                        _ => {}
                    }
                    @if message.excerpt.begins_inside { "…" }
                    @for (is_marked, text) in pieces(&message.excerpt) {
                        @if is_marked { mark { (text) } } @else { (text) }
                    }
                    @if message.excerpt.ends_inside { "…" }
                }
            }
            span.hit-text {
                span.row-marks {
                    @if let Some(channel) = names.telling(channel_id) { span.mark.plain { (channel) } }
                    @if section == "closed" { span.mark.plain { (icon(Icon::Archive)) (view.say("完了済み", "Closed")) } }
                    @if let Some(assignee) = hit.conversation.assignee.as_ref().and_then(|id| names.operator(&id.0)) {
                        span.mark.plain { (icon(Icon::User)) (assignee) }
                    }
                    @for label in hit.conversation.labels.iter().filter_map(|id| names.label(id)) { (label_mark(label)) }
                }
            }
        }
    }
}

/// The list that a found conversation is shown beside.
const fn section_of(section: &str) -> &'static str {
    match section.as_bytes() {
        b"closed" => "closed",
        b"snoozed" => "snoozed",
        _ => "open",
    }
}

/// The text in pieces, each with whether it was found. Places are UTF-16 code units, and not trusted to be any.
fn pieces(excerpt: &Excerpt) -> Vec<(bool, String)> {
    let units: Vec<u16> = excerpt.text.encode_utf16().collect();
    let mut pieces = Vec::new();
    let mut put = |is_marked: bool, from: usize, to: usize| {
        if from < to {
            pieces.push((is_marked, String::from_utf16_lossy(&units[from..to])));
        }
    };
    let mut place = 0;
    for mark in &excerpt.marks {
        let from = mark.index.clamp(place, units.len());
        let to = mark.index.saturating_add(mark.length).clamp(from, units.len());
        put(false, place, from);
        put(true, from, to);
        place = to;
    }
    put(false, place, units.len());
    pieces
}

fn tips(view: &View) -> Markup {
    let say = |ja, en| view.say(ja, en);
    empty(
        Icon::Search,
        say("何をお探しですか？", "What are you looking for?"),
        &html! {
            ul.tips {
                li { (say("スペースで区切ると、すべての語を含むメッセージが見つかります。", "Several words: all of them are in the message.")) }
                li { (say("日本語は単語の一部でも、期間の制限なく検索できます。", "A piece of a Japanese word is enough, and nothing is too old.")) }
                li { (say("お客様の名前や電話番号だけでも検索できます（「条件を追加」）。", "A customer’s name or number alone works, too: see more conditions.")) }
                li { kbd { "/" } " " (say("でどの画面からも検索、", "searches from everywhere, ")) kbd { "Ctrl" } " " kbd { "K" } " " (say("でお客様名へすばやく移動できます。", "jumps to a customer by name.")) }
                @if view.may(Act::Administrate) {
                    li { (say("過去に接続していたチャンネルのチャットも対象です。", "Channels that were connected once are searched, too.")) }
                }
            }
        },
    )
}

fn nothing(view: &View) -> Markup {
    let say = |ja, en| view.say(ja, en);
    empty(
        Icon::Search,
        say("見つかりませんでした", "Nothing found"),
        &html! {
            ul.tips {
                li { (say("語を減らすか、短くしてみてください。", "Try fewer or shorter words.")) }
                li { (say("期間・チャンネル・ラベルの条件を外してみてください。", "Take dates, channel or label away.")) }
                li { (say("数秒以内に届いたメッセージは、まだ検索できないことがあります。", "What was said within the last seconds may be missing.")) }
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn src_4_what_was_found_is_marked_where_it_stands() {
        let pieces_of = |text: &str, marks: &[(usize, usize)]| {
            let marks = marks.iter().map(|(index, length)| Mark { index: *index, length: *length }).collect();
            let excerpt = Excerpt { text: text.to_owned(), begins_inside: false, ends_inside: false, marks };
            pieces(&excerpt)
                .into_iter()
                .map(|(is_marked, text)| if is_marked { format!("[{text}]") } else { text })
                .collect::<String>()
        };
        for (text, marks, expected) in [
            ("返品したい", &[(0, 2)][..], "[返品]したい"),
            // An emoji outside the basic plane is two units.
            ("😊返品と返品", &[(2, 2), (5, 2)], "😊[返品]と[返品]"),
            ("abc", &[], "abc"),
            ("abc", &[(1, 99)], "a[bc]"),
            ("abc", &[(2, 1), (0, 2)], "ab[c]"),
            ("abc", &[(9, 1)], "abc"),
        ] {
            assert_eq!(pieces_of(text, marks), expected, "{text} {marks:?}");
        }
    }

    #[test]
    fn src_4_a_search_is_read_from_its_address() {
        let sought = Sought::parse("q=+a+&channel=x&cursor=y&other=z");
        assert_eq!((sought.q.as_str(), sought.channel.as_str(), sought.cursor.as_str()), ("a", "x", "y"));
        assert!(sought.is_something() && sought.is_narrowed());
        assert!(!Sought::parse("channel=x").is_something());
        assert_eq!(sought.next("n+1"), "/console/search/hits?q=a&channel=x&cursor=n%2B1");
    }
}
