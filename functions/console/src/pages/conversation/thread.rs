//! The messages of a page, in the order in which they were said, with a line for each day.

use std::collections::HashMap;

use maud::{Markup, html};

use super::bubble::{self, Around};
use super::lines::Names;
use super::model::{Conversation, Message, Page};
use crate::view::View;

/// The messages of `page`, oldest first.
pub(super) fn messages(
    view: &View,
    conversation: &Conversation,
    page: &Page<Message>,
    names: Names<'_>,
) -> Markup {
    let by_id: HashMap<&str, &Message> =
        page.items.iter().map(|message| (message.id.as_str(), message)).collect();
    let around = Around {
        conversation: &conversation.id,
        contact: conversation.contact.shown(),
        group: conversation.kind != "one_to_one",
        names,
        by_id: &by_id,
    };
    let mut before: Option<&Message> = None;
    html! {
        @for message in page.items.iter().rev() {
            @let new_day = before.is_none_or(|before| view.date(before.at) != view.date(message.at));
            @let follows = before.is_some_and(|before| bubble::follows(view, before, message));
            @if new_day { (day(view, message)) }
            (bubble::item(view, &around, message, follows))
            @let _ = before.replace(message);
        }
    }
}

fn day(view: &View, message: &Message) -> Markup {
    html! { li.day data-separator=(view.date(message.at)) { span { (view.day(message.at)) } } }
}
