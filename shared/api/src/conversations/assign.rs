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
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Wish {
    /// An operator's id, or `me`.
    operator_id: String,
    #[serde(default)]
    expect: Option<OperatorId>,
}

/// Give a conversation to an operator
///
/// To anybody who is available (`operator_unavailable`) and sees the channel (`operator_without_access`),
/// yourself included. `expect` is whose you see it to be; without it, nobody's. If it is somebody else's by
/// now, the answer is `assignee_changed` with `assignee`, and nothing changes: of two who take a conversation
/// at the same time one gets it, and the other is told who. What is closed cannot be assigned
/// (`conversation_not_open`). Giving it to whose it is changes nothing.
#[cfg_attr(feature = "openapi", utoipa::path(
    put, path = "/api/conversations/{conversation}/assignee",
    operation_id = "assignConversation", tag = "Conversations",
    request_body = inline(Wish),
    responses((status = 200, description = "The conversation.", body = ConversationView)),
    extensions(("x-errors" = json!(["operator_unavailable", "operator_without_access", "assignee_changed", "conversation_not_open", "operator_full", "person_not_found", "channel_unlinked"]))),
))]
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
