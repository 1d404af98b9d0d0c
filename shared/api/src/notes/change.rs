//! `PATCH /api/conversations/{conversation}/notes/{message}`: other words, by whoever wrote it. It is marked.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::message::Body;
use madoguchi_domain::{ConversationId, MessageKey};
use madoguchi_store::Saved;

use super::{NoteDraft, all_may_see, existing_note};
use crate::auth::Operator;
use crate::conversations::{TRIES, opened};
use crate::input::{InPath, JsonBody};
use crate::view::MessageView;
use crate::{ApiError, Shared};

/// Change one's own note
///
/// It is `edited` from then on. Who is mentioned for the first time is told. Somebody else's is refused with
/// `note_not_yours`.
#[cfg_attr(feature = "openapi", utoipa::path(
    patch, path = "/api/conversations/{conversation}/notes/{message}",
    operation_id = "changeNote", tag = "Notes",
    request_body = inline(NoteDraft),
    responses((status = 200, description = "The note, as it stands among the messages.", body = MessageView)),
    extensions(("x-errors" = json!([
        "note_length_refused", "too_many_mentions", "note_not_yours", "note_deleted", "mention_refused",
    ]))),
))]
pub(crate) async fn change(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    InPath(key): InPath<MessageKey>,
    JsonBody(draft): JsonBody<NoteDraft>,
) -> Result<Json<MessageView>, ApiError> {
    let conversation = opened(&api, &operator, id).await?;
    for _ in 0..TRIES {
        let mut message = existing_note(&api, id, &key).await?;
        let now = api.clock.now();
        let Some(before) = message.note().cloned() else { return Err(ApiError::MessageNotFound) };
        let edited = before.edited(&operator.id, &draft.text, draft.mentions.clone(), now);
        let Some(note) = edited.map_err(ApiError::Note)? else {
            return Ok(Json(MessageView::new(&message, &conversation, operator.reader())));
        };
        // Who was mentioned before and is gone since keeps nobody from correcting a word.
        let added = note.mentions.difference(&before.mentions).cloned().collect();
        all_may_see(&api, &conversation, &added).await?;
        let told = note.newly_mentioned(Some(&before));
        message.body = Body::Note { note };
        if api.inbox.write_note(&message, &told, now).await? == Saved::Done {
            return Ok(Json(MessageView::written(&message, &conversation, operator.reader())));
        }
    }
    Err(ApiError::contended("a note"))
}
