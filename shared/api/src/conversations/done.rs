//! `POST /api/conversations/{conversation}/done` (対応完了) and `DELETE`, which takes it back (CLS-1, C6). What is marked
//! already answers as if it had just been.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::{ConversationId, MessageKey, conversation};
use serde::Deserialize;

use super::told;
use crate::auth::Operator;
use crate::input::{InPath, OptionalBody};
use crate::view::ConversationView;
use crate::{ApiError, Shared};

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Seen {
    /// The latest message that the operator had before them.
    message: Option<MessageKey>,
}

pub(crate) async fn done(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    OptionalBody(seen): OptionalBody<Seen>,
) -> Result<Json<ConversationView>, ApiError> {
    let mut seen = seen.message.map(|message| message.at);
    told(&api, &operator, id, "対応完了", |current, settings, now| {
        // What comes in while this is tried again was not seen.
        seen = seen.or(conversation::owed_through(&current, None));
        Ok(conversation::done(current, seen, &operator.id, settings, now))
    })
    .await
}

pub(crate) async fn not_done(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
) -> Result<Json<ConversationView>, ApiError> {
    told(&api, &operator, id, "taking 対応完了 back", |current, settings, now| {
        Ok(conversation::not_done(current, &operator.id, settings, now))
    })
    .await
}
