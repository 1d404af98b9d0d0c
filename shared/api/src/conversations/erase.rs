//! `DELETE /api/conversations/{conversation}`: for ever (CLS-8). It is gone at once; what it was made of is deleted within minutes.
//! The provider's copy is untouched, and the answer says so (CLS-9).

use axum::Json;
use axum::extract::State;
use madoguchi_domain::audit::{Entry, Fields};
use madoguchi_domain::conversation::{self, is_confirmed, may_erase};
use madoguchi_domain::{ConversationId, Language};
use madoguchi_store::Saved;
use serde::{Deserialize, Serialize};

use super::{TRIES, existing};
use crate::auth::Operator;
use crate::input::{InPath, OptionalBody};
use crate::{ApiError, Shared};

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Confirmation {
    /// The contact's name as it is shown, the provider's id of the contact, or the conversation's id.
    confirm: String,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct DeletedView {
    id: ConversationId,
    deleted_at: String,
    provider_copy: ProviderCopy,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct ProviderCopy {
    deleted: bool,
    /// In the language that was asked for.
    message: &'static str,
}

/// Delete a conversation for ever
///
/// Only for whoever connected the channel (`installer_only`); where that is not known or they were removed, for
/// owners. It is gone at once, and what it was made of - messages, files, links, notes, drafts, pictures -
/// within minutes. The provider's copy is untouched. The audit log keeps that it was deleted. The contact's
/// next message begins a new conversation under the same id.
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/conversations/{conversation}",
    operation_id = "deleteConversation", tag = "Conversations",
    request_body = inline(Option<Confirmation>),
    responses((status = 200, description = "It is deleted.", body = DeletedView)),
    extensions(("x-errors" = json!(["installer_only", "deletion_not_confirmed"]))),
))]
pub(crate) async fn erase(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    OptionalBody(Confirmation { confirm }): OptionalBody<Confirmation>,
) -> Result<Json<DeletedView>, ApiError> {
    let mut is_recorded = false;
    for _ in 0..TRIES {
        let current = existing(&api, &operator, id).await?;
        let channel = api.directory.channel(current.channel_id).await?;
        let installer = channel.as_ref().and_then(|channel| channel.installer.as_ref());
        let installer = match installer {
            Some(installer) => api.directory.person(installer).await?,
            None => None,
        };
        let is_here = installer.is_some_and(|person| person.removed_at.is_none());
        if !may_erase(operator.role, &operator.id, channel.as_ref(), is_here) {
            return Err(ApiError::NotInstaller);
        }
        if !is_confirmed(&current, &confirm) {
            return Err(ApiError::DeletionNotConfirmed { id });
        }
        let now = api.clock.now();
        if !is_recorded {
            let subject = format!("conversation/{id}");
            let entry = operator.asks("conversation.deleted", subject, Fields::new(), now);
            let entry = Entry { conversation: Some(id), ..entry.about(current.channel_id) };
            let _once = api.audit.record(&entry).await?;
            is_recorded = true;
        }
        let book = api.inbox.ticket_book(id).await?;
        let erased = conversation::erase(&current, &book, &operator.id, now);
        if api.inbox.erase(&erased).await? == Saved::Done {
            tracing::info!(conversation.id = %id, operator.id = operator.id.0, "Deleted conversation `{id}` for ever");
            return Ok(Json(DeletedView {
                id,
                deleted_at: now.to_string(),
                provider_copy: ProviderCopy { deleted: false, message: told(operator.reader().language) },
            }));
        }
    }
    Err(ApiError::contended("a deletion"))
}

const fn told(language: Language) -> &'static str {
    match language {
        Language::En => {
            "The conversation is deleted here only. The provider's copy is untouched; delete it there, too, if it must go."
        }
        Language::Ja => {
            "この会話はここからのみ削除されました。送信元サービス側のデータは残っています。必要な場合はそちらでも削除してください。"
        }
    }
}
