//! One conversation: what was said, what can be answered, who the customer is.

mod bubble;
mod composer;
mod content;
mod files;
mod find;
mod header;
mod lines;
mod model;
mod panel;
mod status;
mod surroundings;
mod text;
mod thread;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query};
use axum::routing::get;
use maud::{Markup, html};
use serde::Deserialize;

use crate::Console;
use crate::error::{For as _, Paged};
use crate::parts::{Icon, icon};
use crate::shell::{Place, page};
use crate::view::View;

use model::{Conversation, Draft, Me, Message, Page, Ticket};
use surroundings::Surroundings;

/// Messages of the first load, and of each further one.
const AT_ONCE: usize = 50;
/// Messages that are looked at again when something has changed.
const LATEST: usize = 30;

/// The conversation's page and its parts.
pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/conversations/{id}", get(show))
        .route("/console/conversations/{id}/messages", get(messages))
        .route("/console/conversations/{id}/news", get(news))
        .route("/console/conversations/{id}/panel", get(beside))
        .route("/console/conversations/{id}/search", get(find::messages))
        .route("/console/conversations/{id}/templates", get(find::templates))
        .route("/console/files/{conversation}/{message}/{attachment}", get(files::lead))
}

#[derive(Debug, Default, Deserialize)]
struct Opened {
    /// A message to show with what stands around it.
    message: Option<String>,
}

async fn show(view: View, Path(id): Path<String>, Query(opened): Query<Opened>) -> Paged {
    let pane = pane(&view, &id, opened.message.as_deref()).await?;
    if view.part {
        return Ok(pane);
    }
    let title = view.say("会話", "Conversation");
    Ok(page(
        &view,
        Place::Inbox,
        title,
        &html! { section #conversation .conversation-alone aria-label=(title) { (pane) } },
    ))
}

/// The conversation as the inbox shows it beside its list: what `<section id="conversation">` holds.
/// With `message`, what stands around that one.
pub(crate) async fn pane(view: &View, id: &str, message: Option<&str>) -> Paged {
    let path = format!("/api/conversations/{id}");
    let list = match message {
        Some(message) => format!("{path}/messages?limit={AT_ONCE}&around={}", escaped(message)),
        None => format!("{path}/messages?limit={AT_ONCE}"),
    };
    let draft = format!("{path}/draft");
    let (conversation, messages, me, draft) = tokio::join!(
        view.get::<Conversation>(&path),
        view.get::<Page<Message>>(&list),
        view.get::<Me>("/api/me"),
        view.get::<Draft>(&draft),
    );
    let conversation = conversation.for_(view)?;
    // What was linked to may be gone: then the newest are shown.
    let messages = match messages {
        Err(_) if message.is_some() => {
            view.get(&format!("{path}/messages?limit={AT_ONCE}")).await.for_(view)?
        }
        messages => messages.for_(view)?,
    };
    let surroundings = Surroundings::of(view, &conversation.channel_id).await;
    let (me, draft) = (me.unwrap_or_default(), draft.ok());
    let newest = messages.items.first().map(|message| message.id.as_str());
    let names = |id: &str| surroundings.name(id);
    Ok(html! {
        div #thread .thread data-thread=(conversation.id) data-channel=(conversation.channel_id) data-version=(conversation.version)
            data-unread=(conversation.unread) data-words=(words::words(view)) {
            div.thread-main {
                header #thread-head .thread-head { (header::header(view, &conversation, &surroundings, newest)) }
                div #thread-scroll .thread-scroll tabindex="0" role="region" aria-label=(view.say("メッセージ", "Messages")) {
                    div.thread-edge #thread-older hidden[messages.next_cursor.is_none()] { (icon(Icon::Loader)) span { (view.say("以前のメッセージを読み込み中…", "Loading earlier messages …")) } }
                    ol #messages .messages data-jumped=[message] { (thread::messages(view, &conversation, &messages, &names)) }
                    ol #outbox .messages aria-label=(view.say("送信中のメッセージ", "Messages under way")) hidden {}
                    div.thread-edge #thread-newer hidden[messages.newer_cursor.is_none()] { (icon(Icon::Loader)) span { (view.say("新しいメッセージを読み込み中…", "Loading later messages …")) } }
                }
                button #thread-newest .thread-newest type="button" data-command="newest" hidden { (icon(Icon::ChevronDown)) span { (view.say("最新へ", "Newest")) } }
                div.thread-foot { (composer::composer(view, &conversation, &surroundings, &me, draft.as_ref())) }
            }
            aside #panel .panel aria-label=(view.say("お客様の情報", "About the customer")) hidden {}
        }
    })
}

#[derive(Debug, Default, Deserialize)]
struct Stretch {
    before: Option<String>,
    after: Option<String>,
    around: Option<String>,
    limit: Option<usize>,
}

/// `GET …/messages`: the messages before, after or around one, or the newest.
async fn messages(view: View, Path(id): Path<String>, Query(stretch): Query<Stretch>) -> Paged {
    let path = format!("/api/conversations/{id}");
    let limit = stretch.limit.unwrap_or(AT_ONCE).clamp(1, 100);
    let wanted = [("cursor", &stretch.before), ("after", &stretch.after), ("around", &stretch.around)];
    let wanted =
        wanted.into_iter().find_map(|(name, value)| Some(format!("&{name}={}", escaped(value.as_deref()?))));
    let list = format!("{path}/messages?limit={limit}{}", wanted.unwrap_or_default());
    let (conversation, messages, operators) = tokio::join!(
        view.get::<Conversation>(&path),
        view.get::<Page<Message>>(&list),
        view.get::<Page<model::Operator>>("/api/operators"),
    );
    let (conversation, messages) = (conversation.for_(&view)?, messages.for_(&view)?);
    let people = operators.unwrap_or_default();
    let names = |id: &str| people.items.iter().find(|one| one.id == id).map(|one| one.name.clone());
    Ok(list_of(&view, &conversation, &messages, &names))
}

fn list_of(
    view: &View,
    conversation: &Conversation,
    messages: &Page<Message>,
    names: lines::Names<'_>,
) -> Markup {
    html! {
        ol.messages data-part="messages" data-older[messages.next_cursor.is_some()] data-newer[messages.newer_cursor.is_some()] {
            (thread::messages(view, conversation, messages, names))
        }
    }
}

#[derive(Debug, Deserialize)]
struct OfChannel {
    channel: String,
}

/// `GET …/news`: everything that changes while the conversation is open: its head, whether it can be answered, and its latest
/// messages.
async fn news(view: View, Path(id): Path<String>, Query(of): Query<OfChannel>) -> Paged {
    let path = format!("/api/conversations/{id}");
    let list = format!("{path}/messages?limit={LATEST}");
    let channel = escaped(&of.channel);
    let (conversation, messages, surroundings) = tokio::join!(
        view.get::<Conversation>(&path),
        view.get::<Page<Message>>(&list),
        Surroundings::of(&view, &channel),
    );
    let (conversation, messages) = (conversation.for_(&view)?, messages.for_(&view)?);
    let newest = messages.items.first().map(|message| message.id.as_str());
    let names = |id: &str| surroundings.name(id);
    Ok(html! {
        div data-part="head" data-version=(conversation.version) { (header::header(&view, &conversation, &surroundings, newest)) }
        div data-part="composer" { (composer::notices(&view, &conversation, &surroundings)) }
        (list_of(&view, &conversation, &messages, &names))
    })
}

/// `GET …/panel`.
async fn beside(view: View, Path(id): Path<String>, Query(of): Query<OfChannel>) -> Paged {
    let path = format!("/api/conversations/{id}");
    let channel = escaped(&of.channel);
    let tickets = format!("/api/tickets?limit=100&channel={channel}");
    let (conversation, surroundings, tickets) = tokio::join!(
        view.get::<Conversation>(&path),
        Surroundings::of(&view, &channel),
        view.get::<Page<Ticket>>(&tickets),
    );
    let conversation = conversation.for_(&view)?;
    let mut tickets = tickets.unwrap_or_default().items;
    tickets.retain(|ticket| ticket.conversation_id == conversation.id);
    Ok(panel::panel(&view, &conversation, &surroundings, &tickets))
}

/// As a part of a query.
fn escaped(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
