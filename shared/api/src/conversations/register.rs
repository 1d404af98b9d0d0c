//! `PATCH /api/conversations/{conversation}/contact`: notes that a contact is registered in a record system (本登録), or is
//! not any more (SRC-2).

use axum::Json;
use axum::extract::State;
use madoguchi_domain::ConversationId;
use madoguchi_store::Saved;
use serde::Deserialize;

use super::{TRIES, opened, shown};
use crate::auth::Operator;
use crate::input::{InPath, JsonBody};
use crate::view::ConversationView;
use crate::{ApiError, Shared};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct ContactChange {
    registered: bool,
}

/// Note whether the contact is registered in a record system
#[cfg_attr(feature = "openapi", utoipa::path(
    patch, path = "/api/conversations/{conversation}/contact",
    operation_id = "registerContact", tag = "Conversations",
    request_body = inline(ContactChange),
    responses((status = 200, description = "The conversation.", body = ConversationView)),
))]
pub(crate) async fn register(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    JsonBody(change): JsonBody<ContactChange>,
) -> Result<Json<ConversationView>, ApiError> {
    for _ in 0..TRIES {
        let mut current = opened(&api, &operator, id).await?;
        if current.contact.registered == change.registered {
            return shown(&api, &current, operator.reader()).await.map(Json);
        }
        current.contact.registered = change.registered;
        if api.inbox.save_conversation(&current).await? == Saved::Done {
            current.version += 1;
            return shown(&api, &current, operator.reader()).await.map(Json);
        }
    }
    Err(ApiError::contended("a change of the contact"))
}
