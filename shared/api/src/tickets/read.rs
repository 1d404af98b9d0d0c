//! `GET /api/tickets/{number}`.

use axum::extract::State;

use super::view::{TicketView, shown};
use super::{TicketNumber, opened};
use crate::ApiError;
use crate::auth::Operator;
use crate::desk::SharedDesk;
use crate::etag::Tagged;
use crate::input::InPath;

/// Read a ticket
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/tickets/{number}", operation_id = "getTicket", tag = "Tickets",
    responses((status = 200, description = "The ticket.", body = TicketView, headers(("ETag")))),
))]
pub(crate) async fn read(
    State(api): SharedDesk,
    operator: Operator,
    InPath(number): InPath<TicketNumber>,
) -> Result<Tagged<TicketView>, ApiError> {
    let (ticket, _) = opened(&api, &operator, number).await?;
    Ok(Tagged(ticket.rev, shown(&api, ticket).await?))
}
