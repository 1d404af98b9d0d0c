//! `PUT /api/conversations/{conversation}/mode`: a bot or people answer from now on (BOT-1). What is in that mode already answers
//! as if it had just been switched.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::conversation::Switched;
use madoguchi_domain::{ConversationId, Mode, conversation};
use serde::Deserialize;

use super::{existing, told};
use crate::auth::Operator;
use crate::input::{InPath, JsonBody};
use crate::view::ConversationView;
use crate::{ApiError, Shared};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct NewMode {
    mode: Mode,
}

/// Have a bot or people answer
///
/// A bot that gets a conversation answers what waits there. Refused with `no_bot` where the channel has none,
/// or the conversation is a group's, and with `conversation_not_open`.
#[cfg_attr(feature = "openapi", utoipa::path(
    put, path = "/api/conversations/{conversation}/mode", operation_id = "switchMode", tag = "Conversations",
    request_body = inline(NewMode),
    responses((status = 200, description = "The conversation.", body = ConversationView)),
    extensions(("x-errors" = json!(["conversation_not_open", "no_bot"]))),
))]
pub(crate) async fn switch(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    JsonBody(wanted): JsonBody<NewMode>,
) -> Result<Json<ConversationView>, ApiError> {
    let current = existing(&api, &operator, id).await?;
    if !current.is_open() {
        return Err(ApiError::ConversationNotOpen);
    }
    if wanted.mode == Mode::Bot {
        let bot = api.directory.bot(current.channel_id).await?;
        if current.is_group() || bot.is_none_or(|bot| bot.removed_at.is_some()) {
            return Err(ApiError::NoBot);
        }
    }
    told(&api, &operator, id, "another mode", |current, settings, now| {
        Ok(conversation::switch_mode(current, wanted.mode, Switched::By(&operator.id), settings, now))
    })
    .await
}
