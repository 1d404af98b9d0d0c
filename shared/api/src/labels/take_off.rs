//! `DELETE /api/conversations/{conversation}/labels/{label}`, also of a label that was given up. To take off what is not
//! there changes nothing.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::{ConversationId, LabelId, label};
use madoguchi_store::Saved;

use super::by;
use crate::auth::Operator;
use crate::conversations::{TRIES, opened, shown};
use crate::input::InPath;
use crate::view::ConversationView;
use crate::{ApiError, Shared};

/// Take a label off a conversation
///
/// A line `unlabeled` of the timeline tells it. What is not there is no error.
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/conversations/{conversation}/labels/{label}",
    operation_id = "takeLabelOff", tag = "Labels",
    responses((status = 200, description = "The conversation.", body = ConversationView)),
))]
pub(crate) async fn take_off(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    InPath(label_id): InPath<LabelId>,
) -> Result<Json<ConversationView>, ApiError> {
    let kept = api.directory.label(label_id).await?;
    let name = kept.as_ref().map(|label| label.name.as_str());
    for _ in 0..TRIES {
        let conversation = opened(&api, &operator, id).await?;
        let now = api.clock.now();
        let Some(mut off) = label::take_off(conversation.clone(), label_id, name, by(&operator), now) else {
            return shown(&api, &conversation, operator.reader()).await.map(Json);
        };
        if api.inbox.commit_closed(&off).await? == Saved::Done {
            off.conversation.version += 1;
            return shown(&api, &off.conversation, operator.reader()).await.map(Json);
        }
    }
    Err(ApiError::contended("a conversation's labels"))
}
