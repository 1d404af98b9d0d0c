//! `POST /api/tickets`: a message or an episode becomes a ticket by hand (TKT-1).

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use madoguchi_domain::{ConversationId, MessageKey};
use madoguchi_tickets::{Asked, NotConverted};
use serde::Deserialize;

use super::converter;
use super::view::shown;
use crate::ApiError;
use crate::auth::Operator;
use crate::desk::SharedDesk;
use crate::etag::Tagged;
use crate::input::JsonBody;

/// One of the two.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Draft {
    conversation_id: ConversationId,
    /// Either this or `episode`.
    #[serde(default)]
    message_id: Option<MessageKey>,
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    episode: Option<u32>,
}

/// Make a ticket of a message or an episode
///
/// Of a customer's message that waits for its channel's timer everything becomes a ticket that waits with it; any other
/// message becomes one alone. Of an episode, which must be the conversation's latest, all becomes a ticket that its
/// customer wrote in it and that is in none, the latest 1,000 messages at most. What is in a ticket already is refused
/// with `in_ticket`.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/tickets", operation_id = "createTicket", tag = "Tickets",
    request_body = inline(Draft),
    responses((status = 201, description = "The ticket.", body = super::view::TicketView, headers(("ETag")))),
    extensions(("x-errors" = json!([
        "conversation_not_found", "message_not_found", "in_ticket", "not_for_ticket",
    ]))),
))]
pub(crate) async fn create(
    State(api): SharedDesk,
    operator: Operator,
    JsonBody(draft): JsonBody<Draft>,
) -> Result<Response, ApiError> {
    let asked = match (draft.message_id, draft.episode) {
        (Some(message), None) => Asked::Message(message),
        (None, Some(episode)) => Asked::Episode(episode),
        _ => return Err(ApiError::InvalidBody { what: "send either `message_id` or `episode`".into() }),
    };
    let conversation = api.opened(&operator, draft.conversation_id).await?;
    let now = api.clock.now();
    let channel = api.channels.channel(conversation.channel_id, now).await?;
    let converter = converter(&api);
    let made = Box::pin(converter.by_hand(&conversation, channel.as_ref(), asked, &operator.id, now));
    let ticket = made.await?.map_err(refused)?;
    let version = ticket.rev;
    Ok((StatusCode::CREATED, Tagged(version, shown(&api, ticket).await?)).into_response())
}

fn refused(refused: NotConverted) -> ApiError {
    let reason = match refused {
        NotConverted::NoSuchMessage => return ApiError::MessageNotFound,
        NotConverted::Already(number) => return ApiError::InTicket { number },
        NotConverted::NotTheCustomers => "only what a customer wrote becomes a ticket",
        NotConverted::AnotherEpisode => "the conversation is in another episode; read it again",
        NotConverted::NothingSaid => "the customer wrote nothing in this episode",
    };
    ApiError::NotForTicket { reason }
}
