//! `POST /api/conversations/{conversation}/close`. Closing what is closed answers as if it had closed it.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::{CloseReason, ConversationId, LabelId, conversation, label};
use madoguchi_store::Saved;
use serde::Deserialize;

use super::{TRIES, existing, opened, shown};
use crate::auth::Operator;
use crate::input::{InPath, OptionalBody};
use crate::view::ConversationView;
use crate::{ApiError, Shared, labels};

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Closing {
    /// What it was about: the label is put on it (CLS-11).
    label_id: Option<LabelId>,
}

pub(crate) async fn close(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    OptionalBody(closing): OptionalBody<Closing>,
) -> Result<Json<ConversationView>, ApiError> {
    let label = match closing.label_id {
        Some(label) => {
            existing(&api, &operator, id).await?;
            Some(labels::to_put(&api.directory, label).await?)
        }
        None => None,
    };
    for _ in 0..TRIES {
        let current = opened(&api, &operator, id).await?;
        let closed = conversation::close(current.clone(), CloseReason::Operator, api.clock.now());
        let Some(mut closed) = closed else {
            return shown(&api, &current, operator.reader()).await.map(Json);
        };
        if let Some((label, kept)) = &label {
            closed = label::close_with(closed, label, kept).map_err(labels::too_many)?;
        }
        if api.inbox.commit_closed(&closed).await? == Saved::Done {
            tracing::info!(conversation.id = %id, operator.id = operator.id.0, "Closed conversation `{id}`");
            closed.conversation.version += 1;
            return shown(&api, &closed.conversation, operator.reader()).await.map(Json);
        }
    }
    Err(ApiError::contended("a close"))
}
