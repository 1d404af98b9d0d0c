//! `GET /api/conversations/{conversation}/search`: messages of a conversation that have what is searched for, newest
//! first (SRC-3).

use axum::Json;
use axum::extract::State;
use madoguchi_domain::{ConversationId, MessageKey, Timestamp};
use serde::Deserialize;

use super::engine::{Budget, Found, Hunt, Within, behind, hunt, results};
use super::result::FoundView;
use super::{invalid, query};
use crate::ApiError;
use crate::auth::Operator;
use crate::desk::SharedDesk;
use crate::input::{InPath, InQuery, given, not_a_cursor, page_size};
use crate::view::PageView;

/// So many of the newest messages of a page are looked through themselves: what was said a moment ago is found before the index
/// knows of it, and most conversations have no more.
const NEWEST: usize = 50;
/// The leaves of some 200,000 messages, of which so many are looked through.
const BUDGET: Budget = Budget { read: 16_000, looks: 120 };

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
    let query = query.ok_or_else(|| invalid("`q` is missing: what to search for"))?;
    let limit = page_size(parameters.limit.as_deref())?;
    let cursor = given(parameters.cursor.as_deref()).map(str::parse::<MessageKey>).transpose();
    let cursor = cursor.map_err(|_| not_a_cursor())?;
    let _seen = api.opened(&operator, id).await?;
    let all = behind(Timestamp::from_ms(9_999_999_999_998));
    let mut wanted = Hunt {
        query: &query,
        from: Timestamp::from_ms(0),
        before: cursor.unwrap_or(all),
        among: None,
        only: None,
        limit,
        budget: BUDGET,
    };
    let newest = api.inbox.messages(id, cursor.as_ref(), NEWEST).await?;
    let mut items = Vec::new();
    for (key, result) in results(&newest.messages, &wanted) {
        items.push(result);
        if items.len() == limit {
            return Ok(Json(PageView { items, next_cursor: Some(key.to_string()) }));
        }
    }
    let Some(oldest) = newest.next else { return Ok(Json(PageView { items, next_cursor: None })) };
    wanted.before = oldest;
    wanted.limit -= items.len();
    let Found { results, next } =
        hunt((&api.inbox, &api.search), [Within::Conversation(id)], &wanted).await?;
    items.extend(results);
    Ok(Json(PageView { items, next_cursor: next.map(|place| place.before.to_string()) }))
}
