//! `GET /api/blocked`: the blocked contacts of the channels that the caller sees, the latest first.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::{ChannelId, ConversationId};
use serde::Deserialize;

use crate::auth::Operator;
use crate::conversations;
use crate::input::{InQuery, given, not_a_cursor, page_size};
use crate::view::{ConversationView, PageView};
use crate::{ApiError, Shared};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub(crate) struct BlockedQuery {
    limit: Option<String>,
    cursor: Option<String>,
}

/// List the blocked contacts
///
/// Of the channels that you see, those who were blocked last first. A page costs the same however many there are.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/blocked", operation_id = "listBlocked", tag = "Conversations",
    params(BlockedQuery),
    responses((status = 200, description = "A page of conversations.", body = PageView<ConversationView>)),
))]
pub(crate) async fn list(
    State(api): Shared,
    operator: Operator,
    InQuery(query): InQuery<BlockedQuery>,
) -> Result<Json<PageView<ConversationView>>, ApiError> {
    let limit = page_size(query.limit.as_deref())?;
    let before = given(query.cursor.as_deref());
    if before.is_some_and(|cursor| !is_position(cursor)) {
        return Err(not_a_cursor());
    }
    let now = api.clock.now();
    let (channels, _) = conversations::channels((&api.directory, &api.senders), &operator, now).await?;
    let ids: Vec<ChannelId> = channels.keys().copied().collect();
    let page = api.inbox.blocked(&ids, before, limit).await?;
    if !page.contacts.is_empty() {
        api.is_listed(&operator).await?;
    }
    let items = page.contacts.iter().map(|(conversation, dropped)| {
        let channel = channels.get(&conversation.channel_id);
        let mut view =
            ConversationView::new(conversation, channel, now, operator.reader()).linked(&api.bucket);
        view.has_dropped(*dropped);
        view
    });
    Ok(Json(PageView { items: items.collect(), next_cursor: page.next }))
}

/// 13 digits of milliseconds, `-`, a conversation.
fn is_position(cursor: &str) -> bool {
    cursor.split_once('-').is_some_and(|(ms, id)| {
        ms.len() == 13 && ms.bytes().all(|byte| byte.is_ascii_digit()) && id.parse::<ConversationId>().is_ok()
    })
}
