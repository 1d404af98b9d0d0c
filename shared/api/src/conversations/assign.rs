//! `PUT /api/conversations/{conversation}/assignee` (ASG-2, ASG-4, ASG-14). `expect` is whose the caller sees it to be;
//! without it, nobody's. If it is another's by now, the caller is told whose, and nothing changes.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::{ConversationId, OperatorId, assignment};
use serde::Deserialize;

use super::hand::{able, assignee, by, channel, meant, refused, store, taker};
use super::{TRIES, opened, shown};
use crate::auth::Operator;
use crate::input::{InPath, JsonBody};
use crate::view::ConversationView;
use crate::{ApiError, Shared};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// `me`, or somebody's id.
    operator_id: String,
    #[serde(default)]
    expect: Option<OperatorId>,
}

pub(crate) async fn assign(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Json<ConversationView>, ApiError> {
    let to = meant(&wish.operator_id, &operator);
    for _ in 0..TRIES {
        let current = opened(&api, &operator, id).await?;
        let to = taker(&api, &operator, &to).await?;
        let from = assignee(&api, &current).await?;
        let now = api.clock.now();
        let why = by(&operator);
        let handed = match assignment::assign(&current, &to, from.as_ref(), wish.expect.as_ref(), &why, now) {
            Ok(Some(handed)) => handed,
            Ok(None) => return shown(&api, &current, operator.reader()).await.map(Json),
            Err(reason) => return Err(refused(&api, reason).await),
        };
        able(&api, &operator, &to.id, &channel(&api, &current).await?).await?;
        if let Some(conversation) = store(&api, &operator, handed).await? {
            return shown(&api, &conversation, operator.reader()).await.map(Json);
        }
    }
    Err(ApiError::contended("an assignment"))
}
