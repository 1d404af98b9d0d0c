//! The inbox: sections, lists, and beside them the conversation that is open (CON-1, CON-9, SRC-1, SRC-2, SRC-5).

mod asked;
mod filters;
mod list;
mod listed;
pub(crate) mod names;
pub(crate) mod row;
mod sections;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawQuery};
use axum::routing::get;
use maud::{Markup, html};

use crate::Console;
use crate::assets::address;
use crate::error::{For as _, PageError, Paged};
use crate::parts::{Icon, empty};
use crate::shell::{Place, page};
use crate::view::View;
use asked::Asked;
use filters::Choices;
use listed::Listed;
use names::{Items, Named, Names};
use row::Rows;
use sections::{Counts, SavedView};

pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/inbox", get(show))
        .route("/console/inbox/list", get(more))
        .route("/console/inbox/rows", get(some_rows))
        .route("/console/inbox/sections", get(show_sections))
        .route("/console/inbox/{conversation}", get(show_open))
}

/// `GET /console/inbox?section=…`: the page; asked for by a script, the two columns of it that tell what there is.
async fn show(view: View, RawQuery(query): RawQuery) -> Paged {
    whole(&view, &query.unwrap_or_default(), None).await
}

/// `GET /console/inbox/{conversation}?section=…`: the same beside an open conversation.
async fn show_open(view: View, Path(conversation): Path<String>, RawQuery(query): RawQuery) -> Paged {
    whole(&view, &query.unwrap_or_default(), Some(&conversation)).await
}

async fn whole(view: &View, query: &str, open: Option<&str>) -> Paged {
    let asked = Asked::parse(query);
    let columns = async {
        tokio::try_join!(
            Names::get(view),
            list::page(view, &asked, None),
            counts(view),
            saved_views(view),
            choices(view),
        )
    };
    let message = value(query, "message");
    let pane = async {
        match open {
            // What cannot be shown is asked for again by the page, and says so in its place.
            Some(id) if !view.part => super::conversation::pane(view, id, message.as_deref()).await.ok(),
            _ => None,
        }
    };
    let (columns, pane) = tokio::join!(columns, pane);
    let (names, page_of, counts, saved, choices) = columns?;
    let rows = Rows { view, names: &names, asked: &asked, open };
    let columns = html! {
        nav.sections #sections aria-label=(view.say("セクション", "Sections")) hx-get=(with_query("/console/inbox/sections", &asked.query()))
            hx-trigger="renew" hx-swap="morph:innerHTML" {
            (sections::sections(view, &asked, counts, &saved))
        }
        section.list #list aria-label=(view.say("チャット一覧", "Chats")) { (list::list(&rows, &choices, &page_of)) }
    };
    if view.part {
        return Ok(columns);
    }
    let title = view.say("受信箱", "Inbox");
    let content = html! {
        div.inbox #inbox data-open[open.is_some()] {
            (columns)
            (conversation(view, query, open, pane.as_ref()))
        }
        (words::words(view))
        script type="module" src=(address("js/inbox/page.js")) {}
    };
    Ok(page(view, Place::Inbox, title, &content))
}

/// The right column.
fn conversation(view: &View, query: &str, open: Option<&str>, pane: Option<&Markup>) -> Markup {
    let path = open.map(|id| {
        // Which message to show, and whatever else belongs to the conversation, is its own affair.
        with_query(&format!("/console/conversations/{id}"), query)
    });
    html! {
        div.conversation-column {
        a.conversation-back href=(with_query("/console/inbox", query)) data-command="back" {
            (crate::parts::icon(Icon::ChevronLeft)) (view.say("一覧に戻る", "Back to the list"))
        }
        section.conversation #conversation tabindex="-1" aria-label=(view.say("会話", "Conversation")) data-opened=[open]
            hx-get=[path] hx-trigger=[open.map(|_| if pane.is_some() { "renew" } else { "load, renew" })] hx-swap="morph:innerHTML" {
            @if let Some(pane) = pane { (pane) } @else if open.is_none() { (choose(view)) }
        }
        }
        template #conversation-none { (choose(view)) }
    }
}

/// What stands there while none is open.
fn choose(view: &View) -> Markup {
    empty(
        Icon::MessagesSquare,
        view.say("チャットを選択してください", "Choose a conversation"),
        &html! {
            p { (view.say("一覧から選ぶと、ここに会話が表示されます。", "Choose one of the list, and it is shown here.")) }
            p.muted { kbd { "j" } " " kbd { "k" } " " (view.say("で移動、", "to move, ")) kbd { "Enter" } " " (view.say("で開く、", "to open, ")) kbd { "Ctrl" } " " kbd { "K" } " " (view.say("でコマンド", "for commands")) }
        },
    )
}

/// `GET /console/inbox/list?section=…&cursor=…`: the rows of a page.
async fn more(view: View, RawQuery(query): RawQuery) -> Paged {
    let query = query.unwrap_or_default();
    let asked = Asked::parse(&query);
    let cursor = value(&query, "cursor");
    let (names, page) = tokio::try_join!(Names::get(&view), list::page(&view, &asked, cursor.as_deref()))?;
    let rows = Rows { view: &view, names: &names, asked: &asked, open: None };
    Ok(list::rows(&rows, &page))
}

/// `GET /console/inbox/rows?section=…&ids=…`: the rows of those of the conversations that stand in the list.
async fn some_rows(view: View, RawQuery(query): RawQuery) -> Paged {
    let query = query.unwrap_or_default();
    let asked = Asked::parse(&query);
    let ids = value(&query, "ids").unwrap_or_default();
    let found = async { view.get::<Items<Listed>>(&asked.listed(&[("ids", &ids)])).await.for_(&view) };
    let (names, found) = tokio::try_join!(Names::get(&view), found)?;
    let rows = Rows { view: &view, names: &names, asked: &asked, open: None };
    Ok(html! { @for one in &found.items { (rows.row(one)) } })
}

/// `GET /console/inbox/sections?section=…`: the left column anew.
async fn show_sections(view: View, RawQuery(query): RawQuery) -> Paged {
    let asked = Asked::parse(&query.unwrap_or_default());
    let (counts, saved) = tokio::try_join!(counts(&view), saved_views(&view))?;
    Ok(sections::sections(&view, &asked, counts, &saved))
}

async fn counts(view: &View) -> Result<Counts, PageError> {
    view.get("/api/conversations/counts").await.for_(view)
}

async fn saved_views(view: &View) -> Result<Vec<SavedView>, PageError> {
    Ok(view.get::<Items<SavedView>>("/api/views").await.for_(view)?.items)
}

async fn choices(view: &View) -> Result<Choices, PageError> {
    let (departments, brands) = tokio::try_join!(
        view.get::<Items<Named>>("/api/departments"),
        view.get::<Items<Named>>("/api/brands"),
    )
    .for_(view)?;
    Ok(Choices { departments: departments.items, brands: brands.items })
}

fn value(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes())
        .find_map(|(found, value)| (found == name).then(|| value.into_owned()))
        .filter(|value| !value.is_empty())
}

fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}
