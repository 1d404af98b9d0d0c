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
pub(crate) struct NewMode {
    mode: Mode,
}

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
