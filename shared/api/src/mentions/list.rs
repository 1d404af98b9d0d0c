//! `GET /api/me/mentions`: newest first. What is shown is the note as it is now, to those who see its conversation.

use axum::Json;
use axum::extract::State;
use futures::future::try_join_all;
use madoguchi_domain::{ConversationId, MessageKey, OperatorId};
use madoguchi_store::inbox::Mention;
use serde::{Deserialize, Serialize};

use crate::auth::Operator;
use crate::conversations::sees;
use crate::input::{InQuery, given, not_a_cursor, page_size};
use crate::{Api, ApiError, Shared};

/// More unread ones than this are told as this many.
const MOST_UNREAD: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub(crate) struct ListQuery {
    limit: Option<String>,
    cursor: Option<String>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct MentionsView {
    items: Vec<MentionView>,
    next_cursor: Option<String>,
    /// How many are unread; 100 = that many or more.
    unread: usize,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct MentionView {
    /// What marks it and all before it as read.
    id: String,
    conversation_id: ConversationId,
    message_id: MessageKey,
    author_id: Option<OperatorId>,
    author_name: Option<String>,
    /// The note as it is now; null = it was deleted.
    text: Option<String>,
    unread: bool,
    at: String,
}

/// List where one was mentioned
///
/// Of the last 90 days, in conversations that one sees.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/me/mentions", operation_id = "listMentions", tag = "Notes",
    params(ListQuery),
    responses((status = 200, description = "A page of mentions, newest first.", body = MentionsView)),
))]
pub(crate) async fn list(
    State(api): Shared,
    operator: Operator,
    InQuery(query): InQuery<ListQuery>,
) -> Result<Json<MentionsView>, ApiError> {
    let limit = page_size(query.limit.as_deref())?;
    let before = given(query.cursor.as_deref());
    if before.is_some_and(|cursor| cursor.parse::<MessageKey>().is_err()) {
        return Err(not_a_cursor());
    }
    let (page, read, unread) = futures::try_join!(
        api.inbox.mentions(&operator.id, before, limit),
        api.inbox.mentions_read(&operator.id),
        api.inbox.unread_mentions(&operator.id, MOST_UNREAD)
    )?;
    let unread = visible(&api, &operator, unread).await?.len();
    let mentions = visible(&api, &operator, page.mentions).await?;
    if !mentions.is_empty() {
        api.is_listed(&operator).await?;
    }
    let items = try_join_all(mentions.iter().map(|mention| shown(&api, mention, read.as_deref()))).await?;
    Ok(Json(MentionsView { items, next_cursor: page.next, unread }))
}

/// Those in conversations that `operator` sees.
async fn visible(api: &Api, operator: &Operator, mentions: Vec<Mention>) -> Result<Vec<Mention>, ApiError> {
    let mut seen = Vec::with_capacity(mentions.len());
    for mention in mentions {
        if sees((&api.channels, &api.senders), operator, mention.channel_id, api.clock.now()).await? {
            seen.push(mention);
        }
    }
    Ok(seen)
}

async fn shown(api: &Api, mention: &Mention, read: Option<&str>) -> Result<MentionView, ApiError> {
    let message = api.inbox.recent_message(mention.conversation_id, &mention.note).await?;
    let note = message.as_ref().and_then(|message| message.note());
    let id = mention.position();
    Ok(MentionView {
        conversation_id: mention.conversation_id,
        message_id: mention.note,
        author_id: note.map(|note| note.author.clone()),
        author_name: note.map(|note| note.author_name.clone()),
        text: note.filter(|note| note.deleted_at.is_none()).map(|note| note.text.clone()),
        unread: read.is_none_or(|read| id.as_str() > read),
        at: mention.at.to_string(),
        id,
    })
}
