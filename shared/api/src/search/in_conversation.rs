//! `GET /api/conversations/{conversation}/search`: messages of a conversation that have what is searched for, newest
//! first (SRC-3).

use axum::Json;
use axum::extract::State;
use madoguchi_domain::{ConversationId, MessageKey};
use serde::Deserialize;

use super::query;
use super::result::FoundView;
use crate::ApiError;
use crate::auth::Operator;
use crate::desk::SharedDesk;
use crate::input::{InPath, InQuery, given, not_a_cursor, page_size};
use crate::view::PageView;

/// How many messages are read at once.
const STEP: usize = 500;
/// How many messages are read for a page; what is not found by then is on the next.
const MOST_READ: usize = 2_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchQuery {
    q: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

pub(crate) async fn in_conversation(
    State(api): SharedDesk,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    InQuery(parameters): InQuery<SearchQuery>,
) -> Result<Json<PageView<FoundView>>, ApiError> {
    let query = query(parameters.q.as_deref())?;
    let limit = page_size(parameters.limit.as_deref())?;
    let before = given(parameters.cursor.as_deref()).map(str::parse::<MessageKey>).transpose();
    let mut before = before.map_err(|_| not_a_cursor())?;
    let _seen = api.opened(&operator, id).await?;
    let (mut items, mut read) = (Vec::new(), 0);
    loop {
        let page = api.inbox.messages(id, before.as_ref(), STEP).await?;
        read += page.messages.len();
        for message in &page.messages {
            items.extend(FoundView::new(message, &query));
            if items.len() == limit {
                return Ok(Json(PageView { items, next_cursor: Some(message.key.to_string()) }));
            }
        }
        before = page.next;
        if before.is_none() || read >= MOST_READ {
            return Ok(Json(PageView { items, next_cursor: before.map(|key| key.to_string()) }));
        }
    }
}
