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
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = LiveTicket))]
pub(crate) struct TicketView {
    /// To be sent as `?ticket=` with the connect. We keep no more of it than a fingerprint.
    ticket: String,
    /// Where to connect.
    #[cfg_attr(feature = "openapi", schema(format = "uri"))]
    url: String,
    expires_at: String,
}

/// Get a ticket for live updates
///
/// Opens one WebSocket connection within 30 seconds: connect to `url` with `?ticket=` behind it. A connect with
/// anything else is refused, and so is one of a person who has 25 already.
/// The connection ends with the token that the ticket was asked for with, and after
/// two hours; API Gateway ends one that has been silent for ten minutes.
///
/// **What a client says** is a JSON object of at most 1,024 bytes, at most 20 of them in 10 seconds:
///
/// - `{"action":"hello"}`: first of all; answered `hello` with the last number `seq`. What is committed from then
/// on is told.
/// - `{"action":"resume","after":41}`: after a disconnect, with the highest `seq` that was told. Answered with the
/// `changes`
/// that were missed, some perhaps again, and `resumed`; or with `reload` if it was more than an hour, or too
/// much: load
/// everything anew.
/// - `{"action":"viewing","conversation_id":"…"}`: which conversation is on the screen, again every 30 seconds;
/// null for none.
/// - `{"action":"typing","conversation_id":"…"}`: while somebody writes there, again every 5 seconds;
/// `"typing":false` when
/// they stop.
/// - `{"action":"ping"}`: answered `pong` with the last `seq`.
///
/// **What it is told** has a `type`:
///
/// - `changes`: `seq` and `changes`, each with `seq`, `kind` (`conversation` or `message`), `id`,
/// `conversation_id`,
/// `channel_id`, `version`, and `removed` if it was deleted for ever. Things come late, repeatedly and in any
/// order: fetch
/// what is shown and keep, of each id, what has the higher `version`. A conversation that was removed begins anew,
/// with a higher version, when its customer writes again.
/// - `presence`: `conversation_id` and all `people` who look at it, each with `operator_id`, `name`, `until` and
/// `typing_until` (null if they do not write). Told to whoever looks at it too; somebody who is not told of again
/// by `until`
/// is gone.
/// - `error`: `code` (`not_json`, `unknown_action`, `invalid_message`, `too_large`, `too_fast`,
/// `conversation_not_found`) and
/// `message`.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/live/tickets", operation_id = "createLiveTicket", tag = "Live updates",
    responses((status = 201, description = "A ticket.", body = TicketView)),
    extensions(("x-errors" = json!(["conversation_not_found"]))),
))]
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
