//! `GET /api/tickets/{number}/messages`: what went into it, newest first, older ones by cursor.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::MessageKey;
use serde::Deserialize;

use super::{TicketNumber, opened};
use crate::ApiError;
use crate::auth::Operator;
use crate::desk::SharedDesk;
use crate::input::{InPath, InQuery, given, not_a_cursor, page_size};
use crate::view::{MessageView, PageView};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub(crate) struct PageQuery {
    limit: Option<String>,
    cursor: Option<String>,
}

/// List the messages of a ticket
///
/// What went into it, newest first.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/tickets/{number}/messages", operation_id = "listTicketMessages", tag = "Tickets",
    params(PageQuery),
    responses((status = 200, description = "A page of messages.", body = PageView<MessageView>)),
))]
pub(crate) async fn messages(
    State(api): SharedDesk,
    operator: Operator,
    InPath(number): InPath<TicketNumber>,
    InQuery(query): InQuery<PageQuery>,
) -> Result<Json<PageView<MessageView>>, ApiError> {
    let limit = page_size(query.limit.as_deref())?;
    let before = given(query.cursor.as_deref()).map(str::parse::<MessageKey>).transpose();
    let before = before.map_err(|_| not_a_cursor())?;
    let (ticket, conversation) = opened(&api, &operator, number).await?;
    let placed = api.inbox.stretches(ticket.conversation_id, &ticket.first, &ticket.last).await?;
    let mut keys: Vec<MessageKey> = placed
        .into_iter()
        .rev()
        .filter(|(key, batch)| *batch == ticket.batch && before.is_none_or(|before| *key < before))
        .map(|(key, _)| key)
        .collect();
    let more = keys.len() > limit;
    keys.truncate(limit);
    let next_cursor = keys.last().filter(|_| more).map(ToString::to_string);
    let places: Vec<_> = keys.into_iter().map(|key| (conversation.id, key)).collect();
    let mut messages = api.inbox.messages_of(&places).await?;
    messages.sort_by_key(|message| std::cmp::Reverse(message.key));
    let view = |message| MessageView::new(message, &conversation, operator.reader());
    Ok(Json(PageView { items: messages.iter().map(view).collect(), next_cursor }))
}
