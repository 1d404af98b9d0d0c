//! `POST /api/conversations/{conversation}/snooze` sets it aside until a time or until the customer writes, and `DELETE` brings
//! it back (CLS-12).

use axum::Json;
use axum::extract::State;
use madoguchi_domain::conversation::{self, Sight, SnoozeRefused, Waker};
use madoguchi_domain::reply::Lock;
use madoguchi_domain::{ChannelKind, ConversationId, MessageKey};
use serde::Deserialize;

use super::told;
use crate::auth::Operator;
use crate::input::{InPath, Instant, OptionalBody};
use crate::view::ConversationView;
use crate::{ApiError, Shared};

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Wish {
    /// Left out or null - until the customer writes.
    until: Option<Instant>,
    /// The `id` of the latest message that is shown.
    message: Option<MessageKey>,
}

/// Set a conversation aside
///
/// Until a time at most 90 days ahead, or until the customer writes, whichever is first. Meanwhile every timer
/// rests but the provider's reply limit; an answer leaves it set aside. Asking again with another time moves
/// it. Refused with `customer_wrote_meanwhile` if the customer has written since the `message` that is named, or
/// since the request came.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/conversations/{conversation}/snooze",
    operation_id = "snoozeConversation", tag = "Conversations",
    request_body = inline(Option<Wish>),
    responses((status = 200, description = "The conversation.", body = ConversationView)),
    extensions(("x-errors" = json!(["snooze_out_of_range", "customer_wrote_meanwhile", "locks"]))),
))]
pub(crate) async fn snooze(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    OptionalBody(wish): OptionalBody<Wish>,
) -> Result<Json<ConversationView>, ApiError> {
    let until = wish.until.map(|until| until.0);
    let mut sight = None;
    told(&api, &operator, id, "a snooze", |current, settings, now| {
        let (kind, message) = (current.channel_kind, wish.message.map(|message| message.at));
        let sight = sight.get_or_insert_with(|| Sight::of(&current, message));
        if current.is_open() && !sight.covers(&current) {
            return Err(ApiError::CustomerWroteMeanwhile);
        }
        conversation::snooze(current, until, &operator.id, settings, now).map_err(|why| refused(why, kind))
    })
    .await
}

/// Bring a conversation back
///
/// Its timers begin anew.
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/conversations/{conversation}/snooze",
    operation_id = "wakeConversation", tag = "Conversations",
    responses((status = 200, description = "The conversation.", body = ConversationView)),
    extensions(("x-errors" = json!(["snooze_out_of_range", "locks"]))),
))]
pub(crate) async fn wake(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
) -> Result<Json<ConversationView>, ApiError> {
    told(&api, &operator, id, "a waking", |current, settings, now| {
        Ok(conversation::wake(current, Waker::Operator(&operator.id), settings, now))
    })
    .await
}

const fn refused(why: SnoozeRefused, kind: ChannelKind) -> ApiError {
    match why {
        SnoozeRefused::NotOpen => ApiError::Locked(Lock::Closed, kind),
        SnoozeRefused::Until => ApiError::SnoozeTime(why),
    }
}
