//! `POST /api/conversations/{conversation}/snooze` sets it aside until a time or until the customer writes, and `DELETE` brings
//! it back (CLS-12).

use axum::Json;
use axum::extract::State;
use madoguchi_domain::conversation::{self, SnoozeRefused, Waker};
use madoguchi_domain::reply::Lock;
use madoguchi_domain::{ChannelKind, ConversationId};
use serde::Deserialize;

use super::told;
use crate::auth::Operator;
use crate::input::{InPath, Instant, OptionalBody};
use crate::view::ConversationView;
use crate::{ApiError, Shared};

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Wish {
    /// Left out, or null: until the customer writes.
    until: Option<Instant>,
}

pub(crate) async fn snooze(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    OptionalBody(wish): OptionalBody<Wish>,
) -> Result<Json<ConversationView>, ApiError> {
    let until = wish.until.map(|until| until.0);
    told(&api, &operator, id, "a snooze", |current, settings, now| {
        let kind = current.channel_kind;
        conversation::snooze(current, until, &operator.id, settings, now).map_err(|why| refused(why, kind))
    })
    .await
}

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
