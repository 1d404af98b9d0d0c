//! `PATCH /api/tickets/{number}`: subject, status, assignee, reference.

use axum::extract::State;
use madoguchi_domain::ticket::{TicketChanges, TicketRefused};
use madoguchi_domain::{OperatorId, Ticket, TicketStatus, membership};
use madoguchi_store::Saved;
use madoguchi_tickets::HelpDesk as _;
use serde::Deserialize;

use super::view::{TicketView, shown};
use super::{TicketNumber, opened};
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::desk::SharedDesk;
use crate::etag::{IfMatch, Tagged};
use crate::input::{InPath, JsonBody, named};
use crate::{ApiError, DeskApi};

/// What is left out stays as it is. `null` takes a subject back to how the first message begins, takes the ticket from its
/// assignee, and removes the reference.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[expect(clippy::option_option, reason = "left out, null and a text are three different wishes")]
pub(crate) struct Changes {
    /// null = as its first message begins.
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 200))]
    subject: Option<Option<String>>,
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    status: Option<TicketStatus>,
    /// Somebody who sees the conversation.
    #[serde(deserialize_with = "named")]
    assignee_id: Option<Option<OperatorId>>,
    /// What it is called in another system.
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 500))]
    reference: Option<Option<String>>,
}

/// Change a ticket
///
/// What is left out stays as it is. A closed ticket is opened before it becomes anything else; other moves are refused
/// with `ticket_status_refused`. With `If-Match` it is refused with `changed_meanwhile` if somebody was faster.
#[cfg_attr(feature = "openapi", utoipa::path(
    patch, path = "/api/tickets/{number}", operation_id = "changeTicket", tag = "Tickets",
    params(IfMatch),
    request_body = inline(Changes),
    responses((status = 200, description = "The ticket.", body = TicketView, headers(("ETag")))),
    extensions(("x-errors" = json!(["ticket_status_refused", "person_not_found", "operator_not_associated"]))),
))]
pub(crate) async fn change(
    State(api): SharedDesk,
    operator: Operator,
    InPath(number): InPath<TicketNumber>,
    meant: IfMatch,
    JsonBody(changes): JsonBody<Changes>,
) -> Result<Tagged<TicketView>, ApiError> {
    for _ in 0..TRIES {
        let (before, _) = opened(&api, &operator, number).await?;
        let current = shown(&api, before.clone()).await?;
        meant.check(before.rev, || &current)?;
        if let Some(Some(assignee)) = &changes.assignee_id
            && before.assignee.as_ref() != Some(assignee)
        {
            may_have(&api, assignee, &before).await?;
        }
        let wanted = TicketChanges {
            subject: changes.subject.clone(),
            status: changes.status,
            assignee: changes.assignee_id.clone(),
            reference: changes.reference.clone(),
        };
        let Some(mut ticket) = before.changed(wanted, api.clock.now()).map_err(refused)? else {
            return Ok(Tagged(before.rev, current));
        };
        if api.inbox.update(&before, &ticket).await? == Saved::Done {
            tracing::info!(
                ticket.number = ticket.number,
                operator.id = operator.id.0,
                "Changed ticket {}",
                ticket.number
            );
            ticket.rev += 1;
            return Ok(Tagged(ticket.rev, shown(&api, ticket).await?));
        }
    }
    Err(ApiError::contended("a ticket"))
}

/// Refuses an assignee who does not see the conversation.
async fn may_have(api: &DeskApi, assignee: &OperatorId, ticket: &Ticket) -> Result<(), ApiError> {
    let now = api.clock.now();
    let person = api.senders.person(assignee, now).await?;
    let person = person.filter(|person| person.removed_at.is_none()).ok_or(ApiError::PersonNotFound)?;
    match api.channels.channel(ticket.channel_id, now).await? {
        Some(channel) if !membership::is_shown(&channel, Some(&person)) => Err(ApiError::NotAssociated),
        _ => Ok(()),
    }
}

fn refused(refused: TicketRefused) -> ApiError {
    match refused {
        TicketRefused::Move { .. } => ApiError::TicketMove(refused),
        TicketRefused::Subject | TicketRefused::Reference => {
            ApiError::InvalidBody { what: refused.to_string() }
        }
    }
}
