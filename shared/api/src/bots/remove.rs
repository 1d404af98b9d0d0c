//! `DELETE /api/channels/{channel}/bot`: conversations that it has are handed over to people with the customer's next message.

use axum::extract::State;
use axum::http::StatusCode;
use madoguchi_domain::ChannelId;
use madoguchi_domain::bot::Bot;
use madoguchi_store::Saved;

use super::existing;
use crate::ApiError;
use crate::auth::Operator;
use crate::input::InPath;
use crate::webhooks::SharedWebhooks;

/// Take a channel's bot away
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/channels/{channel}/bot", operation_id = "removeBot", tag = "Channels",
    responses((status = 204, description = "It is gone.")),
    extensions(("x-errors" = json!(["bot_not_found"]))),
))]
pub(crate) async fn remove(
    State(api): SharedWebhooks,
    administrator: Operator,
    InPath(channel): InPath<ChannelId>,
) -> Result<StatusCode, ApiError> {
    let api = api.by(&administrator);
    let bot = existing(&api.directory, channel).await?;
    let removed = Bot { removed_at: Some(api.clock.now()), ..bot };
    match api.directory.save_bot(&removed).await? {
        Saved::Done => Ok(StatusCode::NO_CONTENT),
        Saved::Conflict => Err(ApiError::contended("the bot")),
    }
}
