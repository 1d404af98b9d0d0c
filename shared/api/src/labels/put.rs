//! `PUT /api/conversations/{conversation}/labels/{label}`. To put on what is there changes nothing.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use madoguchi_domain::label::{self, MOST_ON_ONE};
use madoguchi_domain::{ConversationId, LabelId};
use madoguchi_store::Saved;

use super::{by, current};
use crate::auth::Operator;
use crate::conversations::{TRIES, existing, opened, shown};
use crate::input::InPath;
use crate::view::ConversationView;
use crate::{ApiError, Shared};

pub(crate) async fn put(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    InPath(label): InPath<LabelId>,
) -> Result<Json<ConversationView>, ApiError> {
    existing(&api, &operator, id).await?;
    let labels = current(&api.directory).await?;
    let label = labels.iter().find(|kept| kept.id == label).ok_or(ApiError::LabelNotFound)?;
    let kept: BTreeSet<LabelId> = labels.iter().map(|label| label.id).collect();
    for _ in 0..TRIES {
        let conversation = opened(&api, &operator, id).await?;
        let marked = label::put(conversation.clone(), label, &kept, by(&operator), api.clock.now());
        let marked = marked
            .map_err(|_| ApiError::TooMany { what: "labels on this conversation", most: MOST_ON_ONE })?;
        let Some(mut marked) = marked else {
            return shown(&api, &conversation, operator.reader()).await.map(Json);
        };
        if api.inbox.commit_closed(&marked).await? == Saved::Done {
            marked.conversation.version += 1;
            return shown(&api, &marked.conversation, operator.reader()).await.map(Json);
        }
    }
    Err(ApiError::contended("a conversation's labels"))
}
