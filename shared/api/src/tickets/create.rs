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
pub(crate) struct Draft {
    conversation_id: ConversationId,
    #[serde(default)]
    message_id: Option<MessageKey>,
    #[serde(default)]
    episode: Option<u32>,
}

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
