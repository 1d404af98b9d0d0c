//! `GET /api/tickets`: the highest number first, older ones by cursor.

use axum::Json;
use axum::extract::State;

use super::query::TicketsQuery;
use super::view::{TicketView, all_shown};
use crate::ApiError;
use crate::auth::Operator;
use crate::desk::SharedDesk;
use crate::input::{InQuery, page_size};
use crate::view::PageView;

/// List tickets
///
/// The highest number first, of the channels that the caller sees. A page may be shorter than asked for and still have a
/// next one.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/tickets", operation_id = "listTickets", tag = "Tickets",
    params(TicketsQuery),
    responses((status = 200, description = "A page of tickets.", body = PageView<TicketView>)),
))]
pub(crate) async fn list(
    State(api): SharedDesk,
    operator: Operator,
    InQuery(query): InQuery<TicketsQuery>,
) -> Result<Json<PageView<TicketView>>, ApiError> {
    let limit = page_size(query.limit.as_deref())?;
    let page = query.wanted(&operator.id)?.page(&api, &operator, limit).await?;
    if !page.tickets.is_empty() {
        api.is_listed(&operator).await?;
    }
    Ok(Json(PageView { items: all_shown(&api, page.tickets).await?, next_cursor: page.next }))
}
