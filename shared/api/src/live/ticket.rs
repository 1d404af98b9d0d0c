//! `POST /api/live/tickets`: opens one connection within half a minute, once.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use madoguchi_domain::live::{TICKET_LASTS, Ticket};
use madoguchi_runtime::{fingerprint, unguessable};
use serde::Serialize;

use crate::auth::Operator;
use crate::{ApiError, SharedOrganisation};

#[derive(Debug, Serialize)]
pub(crate) struct TicketView {
    /// To be sent as `?ticket=` with the connect. We keep no more of it than a fingerprint.
    ticket: String,
    /// Where to connect.
    url: String,
    expires_at: String,
}

pub(crate) async fn ticket(
    State(api): SharedOrganisation,
    operator: Operator,
) -> Result<(StatusCode, Json<TicketView>), ApiError> {
    let ends_at = api.clock.now() + TICKET_LASTS;
    let ticket = unguessable()?;
    let stored = Ticket {
        person: operator.id,
        name: operator.name,
        role: operator.role,
        ends_at,
        token_ends_at: operator.token_ends_at,
    };
    api.live.add_ticket(&fingerprint(&ticket), &stored).await?;
    let view = TicketView { ticket, url: api.live_url.clone(), expires_at: ends_at.to_string() };
    Ok((StatusCode::CREATED, Json(view)))
}
