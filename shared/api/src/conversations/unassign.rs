//! `DELETE /api/conversations/{conversation}/assignee`: nobody's (ASG-4). What is nobody's stays so.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::{ConversationId, OperatorId, assignment};
use serde::Deserialize;

use super::hand::{assignee, by, refused, store};
use super::{TRIES, opened, shown};
use crate::auth::Operator;
use crate::input::{InPath, InQuery};
use crate::view::ConversationView;
use crate::{ApiError, Shared};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub(crate) struct Wish {
    /// Only if it is this operator's.
    #[serde(default)]
    expect: Option<OperatorId>,
}

/// Make a conversation nobody's
///
/// The channel's rule leaves it to whoever takes it, until it is reopened. What is nobody's stays so.
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/conversations/{conversation}/assignee",
    operation_id = "unassignConversation", tag = "Conversations",
    params(Wish),
    responses((status = 200, description = "The conversation.", body = ConversationView)),
    extensions(("x-errors" = json!(["assignee_changed", "conversation_not_open", "channel_unlinked"]))),
))]
pub(crate) async fn unassign(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    InQuery(wish): InQuery<Wish>,
) -> Result<Json<ConversationView>, ApiError> {
    for _ in 0..TRIES {
        let current = opened(&api, &operator, id).await?;
        let from = assignee(&api, &current).await?;
        let (now, why) = (api.clock.now(), by(&operator));
        let handed = match assignment::unassign(&current, from.as_ref(), wish.expect.as_ref(), &why, now) {
            Ok(Some(handed)) => handed,
            Ok(None) => return shown(&api, &current, operator.reader()).await.map(Json),
            Err(reason) => return Err(refused(&api, reason).await),
        };
        if let Some(conversation) = store(&api, &operator, handed).await? {
            return shown(&api, &conversation, operator.reader()).await.map(Json);
        }
    }
    Err(ApiError::contended("an assignment"))
}
