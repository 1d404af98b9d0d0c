//! `GET /api/conversations/{conversation}/messages`: newest first, older ones by cursor.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::{ConversationId, MessageKey};
use serde::Deserialize;

use crate::auth::Operator;
use crate::conversations::existing;
use crate::input::{InPath, InQuery, given, not_a_cursor, page_size};
use crate::view::{MessageView, PageView};
use crate::{ApiError, Shared};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    limit: Option<String>,
    cursor: Option<String>,
}

pub(crate) async fn list(
    State(api): Shared,
    _: Operator,
    InPath(id): InPath<ConversationId>,
    InQuery(query): InQuery<PageQuery>,
) -> Result<Json<PageView<MessageView>>, ApiError> {
    let limit = page_size(query.limit.as_deref())?;
    let before = given(query.cursor.as_deref()).map(str::parse::<MessageKey>).transpose();
    let before = before.map_err(|_| not_a_cursor())?;
    let conversation = existing(&api, id).await?;
    let page = api.inbox.messages(id, before.as_ref(), limit).await?;
    let items = page.messages.iter().map(|message| MessageView::new(message, &conversation)).collect();
    Ok(Json(PageView { items, next_cursor: page.next.map(|key| key.to_string()) }))
}
