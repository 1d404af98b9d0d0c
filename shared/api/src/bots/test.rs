//! `POST /api/channels/{channel}/bot/test`: what the built-in bot would do about a text.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::bot::Decision;
use madoguchi_domain::{ChannelId, TemplateId};
use serde::{Deserialize, Serialize};

use super::existing;
use crate::ApiError;
use crate::input::{InPath, JsonBody};
use crate::webhooks::SharedWebhooks;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Said {
    text: String,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Outcome {
    /// `say`, `ask` (an outside bot decides) or `hand_over`.
    #[serde(rename = "outcome")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::OutcomeOutcome))]
    kind: &'static str,
    /// Of `say`.
    template_id: Option<TemplateId>,
    /// Of `hand_over`: why.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::words::OutcomeWhy>))]
    why: Option<&'static str>,
}

/// Tell what the built-in bot would do about a text
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/channels/{channel}/bot/test", operation_id = "testBot", tag = "Channels",
    request_body = inline(Said),
    responses((status = 200, description = "What it would do.", body = Outcome)),
    extensions(("x-errors" = json!(["bot_not_found"]))),
))]
pub(crate) async fn test(
    State(api): SharedWebhooks,
    InPath(channel): InPath<ChannelId>,
    JsonBody(said): JsonBody<Said>,
) -> Result<Json<Outcome>, ApiError> {
    let bot = existing(&api.directory, channel).await?;
    Ok(Json(match bot.decide(Some(&said.text)) {
        Decision::Say(template) => Outcome { kind: "say", template_id: Some(template), why: None },
        Decision::Ask => Outcome { kind: "ask", template_id: None, why: None },
        Decision::HandOver(why) => Outcome { kind: "hand_over", template_id: None, why: Some(why.as_str()) },
    }))
}
