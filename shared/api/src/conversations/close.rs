//! `POST /api/conversations/{conversation}/close`. Closing what is closed answers as if it had closed it.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::{CloseReason, ConversationId, conversation};
use madoguchi_store::Saved;

use super::{TRIES, opened, shown};
use crate::auth::Operator;
use crate::input::InPath;
use crate::view::ConversationView;
use crate::{ApiError, Shared};

pub(crate) async fn close(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
) -> Result<Json<ConversationView>, ApiError> {
    for _ in 0..TRIES {
        let current = opened(&api, &operator, id).await?;
        let closed = conversation::close(current.clone(), CloseReason::Operator, api.clock.now());
        let Some(mut closed) = closed else {
            return shown(&api, &current, operator.reader()).await.map(Json);
        };
        if api.inbox.commit_closed(&closed).await? == Saved::Done {
            tracing::info!(conversation.id = %id, operator.id = operator.id.0, "Closed conversation `{id}`");
            closed.conversation.version += 1;
            return shown(&api, &closed.conversation, operator.reader()).await.map(Json);
        }
    }
    Err(ApiError::contended("a close"))
}
