//! `POST /api/conversations/{conversation}/transfer`: to another department, there to somebody or nobody yet (ASG-9).

use axum::Json;
use axum::extract::State;
use madoguchi_domain::assignment::{self, Refused};
use madoguchi_domain::{ConversationId, DepartmentId, OperatorId};
use serde::Deserialize;

use super::hand::{able, assignee, by, channel, meant, refused, store, taker};
use super::{TRIES, existing, opened, shown};
use crate::auth::Operator;
use crate::input::{InPath, JsonBody, named};
use crate::view::ConversationView;
use crate::{ApiError, Shared};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "left out, null and an id are three different expectations")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Wish {
    department_id: DepartmentId,
    /// An operator's id, or `me`.
    #[serde(default)]
    operator_id: Option<String>,
    /// Only if it is this operator's, or, null, nobody's.
    #[serde(default, deserialize_with = "named")]
    expect: Option<Option<OperatorId>>,
}

/// Hand a conversation over to a department
///
/// There it is the operator's who is named, as if it had been assigned to them, or else nobody's until somebody
/// takes it; the channel's rule leaves it alone. With `expect`, only if it is still that operator's, or, null,
/// nobody's; without, only if it is still whose it was when the request came.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/conversations/{conversation}/transfer",
    operation_id = "transferConversation", tag = "Conversations",
    request_body = inline(Wish),
    responses((status = 200, description = "The conversation.", body = ConversationView)),
    extensions(("x-errors" = json!(["department_not_found", "assignee_changed", "conversation_not_open", "operator_full", "operator_unavailable", "operator_without_access", "person_not_found", "channel_unlinked"]))),
))]
pub(crate) async fn transfer(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Json<ConversationView>, ApiError> {
    existing(&api, &operator, id).await?;
    let department = api.directory.department(wish.department_id).await?;
    let department = department.filter(|department| department.removed_at.is_none());
    let department = department.ok_or(ApiError::DepartmentNotFound)?;
    let to = wish.operator_id.as_deref().map(|text| meant(text, &operator));
    let mut expected = wish.expect;
    for _ in 0..TRIES {
        let current = opened(&api, &operator, id).await?;
        // Without an expectation it is taken from whoever has it now, and never from who was faster than this.
        if *expected.get_or_insert_with(|| current.assignee.clone()) != current.assignee {
            let assignee = current.assignee.clone();
            return Err(refused(&api, Refused::Changed { assignee }).await);
        }
        let to = match &to {
            Some(to) => Some(taker(&api, &operator, to).await?),
            None => None,
        };
        let from = assignee(&api, &current).await?;
        let channel = channel(&api, &current).await?;
        let place = Some(department.id).filter(|id| channel.department != Some(*id));
        let called = (department.id.to_string(), department.name.as_str());
        let (now, why) = (api.clock.now(), by(&operator));
        // With the timers that it takes over from its department and brand.
        let acting = api.channels.channel(current.channel_id, now).await?;
        let settings = acting.map(|channel| channel.acting_settings()).unwrap_or_default();
        let (to_whom, from_whom) = (to.as_ref(), from.as_ref());
        let handed =
            assignment::transfer(&current, (place, called), to_whom, from_whom, &why, &settings, now);
        let handed = match handed {
            Ok(Some(handed)) => handed,
            Ok(None) => return shown(&api, &current, operator.reader()).await.map(Json),
            Err(reason) => return Err(refused(&api, reason).await),
        };
        // Whoever has it keeps it, available or not.
        if let Some(to) = handed.to.as_ref().filter(|to| current.assignee.as_ref() != Some(*to)) {
            able(&api, &operator, to, &channel).await?;
        }
        if let Some(conversation) = store(&api, &operator, handed).await? {
            return shown(&api, &conversation, operator.reader()).await.map(Json);
        }
    }
    Err(ApiError::contended("a transfer"))
}
