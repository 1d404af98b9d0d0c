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
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub(crate) struct SearchQuery {
    #[cfg_attr(feature = "openapi", param(min_length = 1, max_length = 200))]
    q: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

/// Search a conversation's messages
///
/// Every message that has all words of `q`, anywhere in its text, in names of files and places, in what buttons
/// said and in internal notes; edited messages by their latest text, unsent ones not at all. Full and half
/// width, capitals, katakana and hiragana, and long vowel marks make no difference. A page may have fewer
/// results than `limit` while `next_cursor` tells that there is more to look through. The messages around a
/// result: `GET …/messages?around={message_id}`.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/conversations/{conversation}/search",
    operation_id = "searchConversation", tag = "Search",
    params(SearchQuery),
    responses((status = 200, description = "A page of results, newest first.", body = PageView<FoundView>)),
))]
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
