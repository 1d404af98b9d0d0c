//! `GET /api/me/drafts`: in which conversations the caller has begun to write. In pages; within one the latest first.

use axum::Json;
use axum::extract::State;
use futures::future::try_join_all;
use madoguchi_domain::ConversationId;
use serde::Deserialize;

use super::DraftView;
use crate::auth::Operator;
use crate::conversations::sees;
use crate::input::{InQuery, given, not_a_cursor, page_size};
use crate::view::PageView;
use crate::{ApiError, Shared};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub(crate) struct ListQuery {
    limit: Option<String>,
    cursor: Option<String>,
}

/// List what one has begun to write
///
/// By conversation; a page can be shorter than `limit`, and has the latest first.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/me/drafts", operation_id = "listDrafts", tag = "Notes",
    params(ListQuery),
    responses((status = 200, description = "A page of drafts.", body = PageView<DraftView>)),
))]
pub(crate) async fn list(
    State(api): Shared,
    operator: Operator,
    InQuery(query): InQuery<ListQuery>,
) -> Result<Json<PageView<DraftView>>, ApiError> {
    let limit = page_size(query.limit.as_deref())?;
    let after = given(query.cursor.as_deref()).map(str::parse::<ConversationId>).transpose();
    let page = api.inbox.drafts(&operator.id, after.map_err(|_| not_a_cursor())?, limit).await?;
    let now = api.clock.now();
    let mut places = Vec::with_capacity(page.places.len());
    for place in page.places {
        if sees((&api.channels, &api.senders), &operator, place.channel_id, now).await? {
            places.push(place.conversation_id);
        }
    }
    let drafts = places.iter().map(async |id| api.inbox.draft(*id, &operator.id).await);
    let drafts = try_join_all(drafts).await?;
    let alive = places.iter().zip(drafts).filter_map(|(id, draft)| Some((*id, draft?)));
    let mut alive: Vec<_> = alive.filter(|(_, draft)| draft.is_alive(now)).collect();
    alive.sort_by_key(|(_, draft)| std::cmp::Reverse(draft.saved_at));
    let items = alive.iter().map(|(id, draft)| DraftView::new(*id, draft)).collect();
    Ok(Json(PageView { items, next_cursor: page.next.map(|next| next.to_string()) }))
}
