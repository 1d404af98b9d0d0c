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
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Seen {
    /// A message's `id`.
    message: Option<MessageKey>,
}

/// Say that what the customer wrote needs no answer (対応完了)
///
/// Nothing is sent and nothing is closed. The conversation leaves 未対応 and 未返信, and its unanswered clock stops,
/// until the customer writes again. Name the latest `message` that is shown, so that one that has just come in
/// is not covered; without it everything is covered that is stored at the time of the request. `never_replied`
/// lists are not affected.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/conversations/{conversation}/done",
    operation_id = "setConversationDone", tag = "Conversations",
    request_body = inline(Option<Seen>),
    responses((status = 200, description = "The conversation.", body = ConversationView)),
))]
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

/// Take 対応完了 back
///
/// The customer waits again, and the timers begin anew.
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/conversations/{conversation}/done",
    operation_id = "setConversationNotDone", tag = "Conversations",
    responses((status = 200, description = "The conversation.", body = ConversationView)),
))]
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
