//! `DELETE /api/conversations/{conversation}/notes/{message}`: its words are gone, by whoever wrote it; its place stays.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::message::Body;
use madoguchi_domain::{ConversationId, MessageKey};
use madoguchi_store::Saved;

use super::existing_note;
use crate::auth::Operator;
use crate::conversations::{TRIES, opened};
use crate::input::InPath;
use crate::view::MessageView;
use crate::{ApiError, Shared};

/// Delete one's own note
///
/// Its words are gone, its place stays, `unsent`.
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/conversations/{conversation}/notes/{message}",
    operation_id = "removeNote", tag = "Notes",
    responses((status = 200, description = "The note, as it stands among the messages.", body = MessageView)),
    extensions(("x-errors" = json!([
        "note_length_refused", "too_many_mentions", "note_not_yours", "note_deleted",
    ]))),
))]
pub(crate) async fn remove(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    InPath(key): InPath<MessageKey>,
) -> Result<Json<MessageView>, ApiError> {
    let conversation = opened(&api, &operator, id).await?;
    for _ in 0..TRIES {
        let mut message = existing_note(&api, id, &key).await?;
        let now = api.clock.now();
        let deleted = message.note().map(|note| note.deleted(&operator.id, now)).transpose();
        let Some(Some(note)) = deleted.map_err(ApiError::Note)? else {
            return Ok(Json(MessageView::new(&message, &conversation, operator.reader())));
        };
        message.body = Body::Note { note };
        if api.inbox.write_note(&message, &[], now).await? == Saved::Done {
            return Ok(Json(MessageView::written(&message, &conversation, operator.reader())));
        }
    }
    Err(ApiError::contended("a note"))
}
