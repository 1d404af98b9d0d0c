//! `POST /api/conversations/{conversation}/messages`: writes a reply down. Sending is others' work: the
//! stored reply is `queued` and the change of the table starts its dispatch.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use madoguchi_domain::event::Template;
use madoguchi_domain::message::Body;
use madoguchi_domain::{Content, ConversationId, Message, MessageId, reply};
use madoguchi_store::Saved;
use serde::Deserialize;

use crate::auth::Operator;
use crate::conversations::{TRIES, existing};
use crate::input::{IdempotencyKey, InPath, JsonBody};
use crate::view::MessageView;
use crate::{ApiError, Shared};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    text: Option<String>,
    template: Option<TemplateDraft>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateDraft {
    content_sid: String,
    #[serde(default)]
    variables: BTreeMap<String, String>,
}

impl Draft {
    fn content(self) -> Result<Content, ApiError> {
        match (self.text, self.template) {
            (Some(text), None) => Ok(Content::text(text)),
            (None, Some(TemplateDraft { content_sid, variables })) => {
                Ok(Content::Template(Template { content_sid, variables }))
            }
            (None, None) => Err(ApiError::InvalidBody { what: "missing field `text`".to_owned() }),
            (Some(_), Some(_)) => {
                Err(ApiError::InvalidBody { what: "send either `text` or `template`".to_owned() })
            }
        }
    }
}

/// Answers 202 with the queued reply, or 200 with the reply that was written under the same key
/// before, whatever has become of it since (RPL-14).
pub(crate) async fn send(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(draft): JsonBody<Draft>,
) -> Result<impl IntoResponse, ApiError> {
    let content = draft.content()?;
    for _ in 0..TRIES {
        let conversation = existing(&api, id).await?;
        let now = api.clock.now();
        let channel = api.channels.channel(conversation.channel_id, now).await?;
        let settings = channel.ok_or(ApiError::ChannelUnlinked)?.settings;
        let write = |placed_at| {
            let author = operator.id.clone();
            reply::write_content(&conversation, &settings, author, &key, content.clone(), placed_at, now)
        };
        let fresh = write(None);
        let placed = match &fresh {
            Ok(reply) => api.inbox.place_reply(id, reply.key, now).await?,
            // What would be refused now may have been written before.
            Err(_) => api.inbox.placed_reply(id, MessageId::of_reply(id, &key)).await?,
        };
        if let Some(place) = placed
            && let Some(written) = api.inbox.message(id, &place).await?
        {
            let repeated = repeated(&written, &content)?;
            let conversation = api.inbox.note_reply(conversation, &settings, repeated, now).await?;
            return Ok((StatusCode::OK, Json(MessageView::new(repeated, &conversation))));
        }
        // An earlier request may have ended before its reply was stored.
        let message = placed.map_or(fresh, |place| write(Some(place.at)))?;
        if api.inbox.create(&message).await? == Saved::Done {
            let conversation = api.inbox.note_reply(conversation, &settings, &message, now).await?;
            tracing::debug!(
                conversation.id = %id, message.id = %message.key, operator.id = operator.id.0,
                "Queued a reply"
            );
            return Ok((StatusCode::ACCEPTED, Json(MessageView::new(&message, &conversation))));
        }
    }
    Err(ApiError::contended("a reply"))
}

fn repeated<'a>(written: &'a Message, content: &Content) -> Result<&'a Message, ApiError> {
    match &written.body {
        Body::Said { content: known } if known == content => Ok(written),
        _ => Err(ApiError::IdempotencyKeyReused),
    }
}
