//! `POST /api/conversations/{conversation}/close`, with a label if one is named (CLS-11). Closing what is closed answers as if it
//! had closed it, and changes nothing. It is never closed over a message that its operator has not seen.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::conversation::{self, Sight};
use madoguchi_domain::{CloseReason, ConversationId, LabelId, MessageKey, label};
use madoguchi_store::Saved;
use serde::Deserialize;

use super::{TRIES, existing, opened, shown};
use crate::auth::Operator;
use crate::input::{InPath, OptionalBody};
use crate::view::ConversationView;
use crate::{ApiError, Shared, labels};

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Closing {
    /// A label that is put on it. The line `closed` tells it.
    label_id: Option<LabelId>,
    /// The `id` of the latest message that is shown.
    message: Option<MessageKey>,
}

/// Close a conversation
///
/// Closing what is closed changes nothing and answers with the conversation as it is. If the customer has written
/// since the `message` that is named, or since the request came, it is refused with `customer_wrote_meanwhile`. The
/// customer is told the channel's farewell where its settings say so and the standard window is open.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/conversations/{conversation}/close",
    operation_id = "closeConversation", tag = "Conversations",
    request_body = inline(Option<Closing>),
    responses((status = 200, description = "The conversation.", body = ConversationView)),
    extensions(("x-errors" = json!(["label_not_found", "customer_wrote_meanwhile"]))),
))]
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
    let mut sight = None;
    for _ in 0..TRIES {
        let current = opened(&api, &operator, id).await?;
        let now = api.clock.now();
        if !current.is_open() {
            return shown(&api, &current, operator.reader()).await.map(Json);
        }
        let message = closing.message.map(|message| message.at);
        if !sight.get_or_insert_with(|| Sight::of(&current, message)).covers(&current) {
            return Err(ApiError::CustomerWroteMeanwhile);
        }
        let channel = api.channels.channel(current.channel_id, now).await?;
        let settings = channel.map(|channel| channel.acting_settings()).unwrap_or_default();
        let completed = conversation::complete(current, CloseReason::Operator, &settings, now);
        let Some(mut completed) = completed else { continue };
        if let Some((label, kept)) = &label {
            completed.closed = label::close_with(completed.closed, label, kept).map_err(labels::too_many)?;
        }
        if api.inbox.commit_completed(&completed).await? == Saved::Done {
            tracing::info!(conversation.id = %id, operator.id = operator.id.0, "Closed conversation `{id}`");
            let conversation = &mut completed.closed.conversation;
            conversation.version += 1;
            return shown(&api, conversation, operator.reader()).await.map(Json);
        }
    }
    Err(ApiError::contended("a close"))
}
