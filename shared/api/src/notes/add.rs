//! `POST /api/conversations/{conversation}/notes`: once per idempotency key, as replies are.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use madoguchi_domain::{ConversationId, Message, MessageKey, note};
use madoguchi_store::Saved;

use super::{NoteDraft, all_may_see};
use crate::auth::Operator;
use crate::conversations::{TRIES, opened};
use crate::input::{IdempotencyKey, InPath, JsonBody};
use crate::view::MessageView;
use crate::{ApiError, Shared};

/// Write an internal note
///
/// It stands among the messages as `internal` and is never sent. It restarts no timer, and moves neither the
/// conversation in a list nor its `unread` and `preview`. `mentions` are ids of people who see the
/// conversation, else `mention_refused`; each finds it at `GET /api/me/mentions`.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/conversations/{conversation}/notes", operation_id = "addNote", tag = "Notes",
    params(IdempotencyKey),
    request_body = inline(NoteDraft),
    responses(
        (status = 201, description = "The note, as it stands among the messages.", body = MessageView),
        (status = 200, description = "The note, as it stands among the messages.", body = MessageView),
    ),
    extensions(("x-errors" = json!([
        "note_length_refused", "too_many_mentions", "note_not_yours", "note_deleted",
        "idempotency_key_reused", "mention_refused",
    ]))),
))]
pub(crate) async fn add(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(draft): JsonBody<NoteDraft>,
) -> Result<impl IntoResponse, ApiError> {
    let conversation = opened(&api, &operator, id).await?;
    let author = (&operator.id, operator.name.as_str());
    let note_id = note::id(&conversation, &operator.id, &key);
    let write = |placed_at| {
        let now = api.clock.now();
        note::write(&conversation, author, note_id, &draft.text, draft.mentions.clone(), placed_at, now)
            .map_err(ApiError::Note)
    };
    let fresh = write(None)?;
    all_may_see(&api, &conversation, &draft.mentions).await?;
    for _ in 0..TRIES {
        let now = api.clock.now();
        let placed: Option<MessageKey> = api.inbox.place_reply(id, fresh.key, now).await?;
        if let Some(place) = placed
            && let Some(written) = api.inbox.message(id, &place).await?
        {
            if !is_repetition(&written, &draft) {
                return Err(ApiError::IdempotencyKeyReused);
            }
            let view = MessageView::new(&written, &conversation, operator.reader());
            return Ok((StatusCode::OK, Json(view)));
        }
        // An earlier request may have ended before its note was stored.
        let message = match placed {
            Some(place) => write(Some(place.at))?,
            None => fresh.clone(),
        };
        let told = message.note().map(|note| note.newly_mentioned(None)).unwrap_or_default();
        if api.inbox.write_note(&message, &told, now).await? == Saved::Done {
            tracing::debug!(conversation.id = %id, message.id = %message.key, operator.id = operator.id.0, "Wrote a note");
            let view = MessageView::written(&message, &conversation, operator.reader());
            return Ok((StatusCode::CREATED, Json(view)));
        }
    }
    Err(ApiError::contended("a note"))
}

/// A note that was changed since is the one that was written under the key all the same.
fn is_repetition(written: &Message, draft: &NoteDraft) -> bool {
    written.note().is_some_and(|note| {
        note.edited_at.is_some() || note.deleted_at.is_some() || note.text == draft.text.trim()
    })
}
