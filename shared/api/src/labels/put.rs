//! `PUT /api/conversations/{conversation}/labels/{label}`. To put on what is there changes nothing.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::{ConversationId, LabelId, label};
use madoguchi_store::Saved;

use super::{by, to_put, too_many};
use crate::auth::Operator;
use crate::conversations::{TRIES, existing, opened, shown};
use crate::input::InPath;
use crate::view::ConversationView;
use crate::{ApiError, Shared};

/// Put a label on a conversation
///
/// At most 20 on one, else `too_many`. What is there stays as it is. Labels that were given up leave with the
/// first change. A line `labeled` of the timeline tells it; no timer restarts.
#[cfg_attr(feature = "openapi", utoipa::path(
    put, path = "/api/conversations/{conversation}/labels/{label}", operation_id = "putLabel", tag = "Labels",
    responses((status = 200, description = "The conversation.", body = ConversationView)),
    extensions(("x-errors" = json!(["too_many"]))),
))]
pub(crate) async fn put(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    InPath(label): InPath<LabelId>,
) -> Result<Json<ConversationView>, ApiError> {
    existing(&api, &operator, id).await?;
    let (label, kept) = to_put(&api.directory, label).await?;
    for _ in 0..TRIES {
        let conversation = opened(&api, &operator, id).await?;
        let marked = label::put(conversation.clone(), &label, &kept, by(&operator), api.clock.now());
        let Some(mut marked) = marked.map_err(too_many)? else {
            return shown(&api, &conversation, operator.reader()).await.map(Json);
        };
        if api.inbox.commit_closed(&marked).await? == Saved::Done {
            marked.conversation.version += 1;
            return shown(&api, &marked.conversation, operator.reader()).await.map(Json);
        }
    }
    Err(ApiError::contended("a conversation's labels"))
}
