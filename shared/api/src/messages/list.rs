//! `GET /api/conversations/{conversation}/messages`: newest first, older ones by cursor.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use madoguchi_domain::{Conversation, ConversationId, Message, MessageKey};
use madoguchi_store::inbox::MessagePage;
use serde::Deserialize;

use crate::auth::Operator;
use crate::conversations::opened;
use crate::input::{InPath, InQuery, given, not_a_cursor, page_size};
use crate::view::{MessageView, PageView, album, grouped, incomplete};
use crate::{Api, ApiError, Shared};

/// How many more messages are read for the rest of an album: it is sent within moments, and LINE's hold fewer.
const ALBUM_REACH: usize = 50;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    limit: Option<String>,
    cursor: Option<String>,
}

pub(crate) async fn list(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    InQuery(query): InQuery<PageQuery>,
) -> Result<Json<PageView<MessageView>>, ApiError> {
    let limit = page_size(query.limit.as_deref())?;
    let before = given(query.cursor.as_deref()).map(str::parse::<MessageKey>).transpose();
    let before = before.map_err(|_| not_a_cursor())?;
    let conversation = opened(&api, &operator, id).await?;
    let page = api.inbox.messages(id, before.as_ref(), limit).await?;
    let page = with_whole_albums(&api, id, page).await?;
    let names = names(&api, &conversation, &page.messages).await?;
    let by_name: HashMap<&str, MessageKey> =
        page.messages.iter().filter_map(|m| Some((m.provider_message_id.as_deref()?, m.key))).collect();
    let items = page.messages.iter().map(|message| {
        let name = message.participant.as_ref().and_then(|person| names.get(person));
        let answered = message.reply_to.as_deref().and_then(|quoted| by_name.get(quoted));
        let view = MessageView::new(message, &conversation, operator.reader());
        view.spoken_by(name).answering(answered.copied())
    });
    let items = grouped(items.collect());
    Ok(Json(PageView { items, next_cursor: page.next.map(|key| key.to_string()) }))
}

/// A page does not end inside an album: what belongs to it is taken in from the next one.
async fn with_whole_albums(
    api: &Api,
    id: ConversationId,
    mut page: MessagePage,
) -> Result<MessagePage, ApiError> {
    let Some(next) = page.next else { return Ok(page) };
    let missing = incomplete(&page.messages);
    if missing.is_empty() {
        return Ok(page);
    }
    let mut more = api.inbox.messages(id, Some(&next), ALBUM_REACH).await?;
    let belongs = |message: &Message| album(message).is_some_and(|album| missing.contains(album.id.as_str()));
    if let Some(last) = more.messages.iter().rposition(belongs) {
        let all = last + 1 == more.messages.len();
        more.messages.truncate(last + 1);
        page.next = if all { more.next } else { more.messages.last().map(|message| message.key) };
        page.messages.append(&mut more.messages);
    }
    Ok(page)
}

/// The names of those who speak in a group, as far as they are known.
async fn names(
    api: &Api,
    conversation: &Conversation,
    messages: &[Message],
) -> Result<HashMap<String, String>, ApiError> {
    if !conversation.is_group() {
        return Ok(HashMap::new());
    }
    let mut people: Vec<&str> =
        messages.iter().filter_map(|message| message.participant.as_deref()).collect();
    people.sort_unstable();
    people.dedup();
    let people = api.inbox.participants(conversation.id, &people, false).await?;
    Ok(people.into_iter().filter_map(|person| Some((person.id, person.name?))).collect())
}
