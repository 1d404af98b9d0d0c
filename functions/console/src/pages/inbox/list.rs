//! The list: what it is of, its rows, and where the next page begins.

use maud::{Markup, html};

use super::asked::Asked;
use super::filters::{self, Choices};
use super::listed::Listed;
use super::names::Items;
use super::row::Rows;
use super::sections::named;
use crate::error::{For as _, PageError};
use crate::parts::{Icon, empty, icon};
use crate::view::View;

/// As many rows as a page begins with: more than any screen shows.
const FIRST: &str = "30";
/// As many as are loaded with each next page.
const NEXT: &str = "50";
/// A page of the API may be empty and have a next one: so many are asked for before the browser is told to ask on.
const TRIES: usize = 4;

/// A page of the list, after `cursor` or from the top.
pub(super) async fn page(
    view: &View,
    asked: &Asked,
    cursor: Option<&str>,
) -> Result<Items<Listed>, PageError> {
    let limit = if cursor.is_some() { NEXT } else { FIRST };
    let mut cursor = cursor.map(str::to_owned);
    let mut tries = 0;
    loop {
        let mut more = vec![("limit", limit)];
        more.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page: Items<Listed> = view.get(&asked.listed(&more)).await.for_(view)?;
        tries += 1;
        if !page.items.is_empty() || page.next_cursor.is_none() || tries == TRIES {
            return Ok(page);
        }
        cursor = page.next_cursor;
    }
}

/// The rows of `page`, and the place where the next ones are loaded.
pub(super) fn rows(rows: &Rows<'_>, page: &Items<Listed>) -> Markup {
    html! {
        @for one in &page.items { (rows.row(one)) }
        @if let Some(cursor) = &page.next_cursor {
            li.rows-more #rows-more data-cursor=(cursor) {
                button.button.small type="button" data-command="more" { (rows.view.say("さらに読み込む", "Load more")) }
            }
        }
    }
}

/// The middle column.
pub(super) fn list(shown: &Rows<'_>, choices: &Choices, page: &Items<Listed>) -> Markup {
    let Rows { view, names, asked, .. } = shown;
    let say = |ja, en| view.say(ja, en);
    let (_, name) = named(view, asked.section());
    let chips = filters::chips(view, asked, names, choices);
    html! {
        div.list-head {
            h1 { (name) }
            (filters::form(view, asked, names, choices))
        }
        (filters::shown(view, &chips))
        button.list-new type="button" data-command="to-top" hidden { (icon(Icon::ChevronUp)) span {} }
        div.list-scroll #list-scroll tabindex="-1" {
            ol.chats #rows data-query=(asked.query()) aria-label=(name) data-clear[page.items.is_empty() && page.next_cursor.is_none()] {
                (rows(shown, page))
            }
            div.list-empty { (nothing(view, asked, !chips.is_empty())) }
            p.sr #list-said role="status" {}
        }
        p.list-hint {
            kbd { "j" } kbd { "k" } " " (say("移動", "move")) " · " kbd { "Enter" } " " (say("開く", "open")) " · "
            button.link type="button" data-command="keys" { kbd { "?" } " " (say("キー操作", "all keys")) }
        }
    }
}

/// What an empty list says.
fn nothing(view: &View, asked: &Asked, filtered: bool) -> Markup {
    let say = |ja, en| view.say(ja, en);
    if filtered {
        let section = match asked.get("section") {
            Some(section) => Asked::default().with("section", section),
            None => Asked::default(),
        };
        return empty(
            Icon::Filter,
            say("条件に合うチャットはありません", "Nothing matches these filters"),
            &html! { a.button href=(section.address()) data-inbox-link { (say("絞り込みを解除", "Clear the filters")) } },
        );
    }
    let link = |section: &str, text: &str| html! { a.button href=(Asked::default().with("section", section).address()) data-inbox-link { (text) } };
    match asked.section() {
        "mine" => empty(
            Icon::Coffee,
            say("担当中のチャットはありません", "Nothing is assigned to you"),
            &html! { p { (say("未割り当てのチャットを担当してみましょう。", "Take one of those that nobody has yet.")) } (link("unassigned", say("未割り当てを見る", "See unassigned"))) },
        ),
        "unanswered" | "unassigned" => empty(
            Icon::CircleCheck,
            say("すべて対応済みです", "All caught up"),
            &html! { p { (say("新しいメッセージが届くと、ここに自動で表示されます。", "New messages appear here by themselves.")) } },
        ),
        "snoozed" => empty(
            Icon::AlarmClock,
            say("保留中のチャットはありません", "Nothing is snoozed"),
            &html! { p { (say("あとで対応したいチャットは", "Set aside what can wait: ")) " " kbd { "s" } " " (say("で保留できます。", "snoozes a chat.")) } },
        ),
        "closed" => empty(
            Icon::Archive,
            say("完了済みのチャットはありません", "Nothing was closed yet"),
            &html! { p { (say("完了したチャットはここに残り、いつでも再開できます。", "Closed chats stay here, and can be reopened.")) } },
        ),
        _ => empty(
            Icon::Inbox,
            say("チャットはまだありません", "No chats yet"),
            &html! { p { (say("お客様からメッセージが届くと、ここに表示されます。", "They appear here when customers write.")) } a.button href="/console/settings/channels" { (say("チャンネルを確認", "See the channels")) } },
        ),
    }
}
