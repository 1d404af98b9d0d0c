//! `POST /api/templates/{template}/preview`: what it says to a customer, before it is sent (TPL-4).

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use madoguchi_domain::message_template::{Filling, LanguageTag, Object};
use madoguchi_domain::sender::SenderMode;
use madoguchi_domain::{Conversation, ConversationId, TemplateId, template, text};
use serde::{Deserialize, Serialize};

use super::{Chosen, chosen, fill};
use crate::auth::Operator;
use crate::conversations::existing;
use crate::error::Length;
use crate::input::{InPath, JsonBody};
use crate::{Api, ApiError, Shared, messages};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Wanted {
    conversation_id: ConversationId,
    language: Option<LanguageTag>,
    /// Where fields come from that name no object; left out, as the template says, and of a new one `contact`.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::words::MergeObject>))]
    object: Option<Object>,
    /// The fields of an entry of another system, which the caller brings along.
    #[serde(default)]
    record: BTreeMap<String, String>,
    /// Whom customers see above a reply: the official account, or the operator by name. LINE shows the name
    /// with the account's, Messenger the operator's persona; a channel without sender names puts the name
    /// before the text if its setting `sender_prefix` is on.
    sender: Option<SenderMode>,
}

/// What would be sent.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct PreviewView {
    template_id: TemplateId,
    language: LanguageTag,
    text: String,
    /// `template`: only what the provider has approved may go out now, and this is that.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::PreviewSendsAs))]
    sends_as: &'static str,
    /// Such as `contact.name`.
    missing: Vec<String>,
    /// Why the channel would not take it, as `sendMessage` would tell.
    problems: Vec<TextProblem>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct TextProblem {
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::ErrorId))]
    id: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    text: Option<Length>,
}

/// See what a message template says to a customer
///
/// Filled in with what is known of the conversation, as `sendMessage` would. `missing` names the fields that
/// have neither a value nor a text in place of it; they stand in `text` as they are spelled.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/templates/{template}/preview", operation_id = "previewTemplate", tag = "Templates",
    request_body = inline(Wanted),
    responses((status = 200, description = "What would be sent.", body = PreviewView)),
    extensions(("x-errors" = json!([
        "conversation_not_found", "template_refused", "text_empty", "text_too_long", "text_indivisible", "locks",
        "sender_names",
    ]))),
))]
pub(crate) async fn preview(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<TemplateId>,
    JsonBody(wanted): JsonBody<Wanted>,
) -> Result<Json<PreviewView>, ApiError> {
    let conversation = existing(&api, &operator, wanted.conversation_id).await?;
    let template = chosen(&api, id).await?;
    let Wanted { language, object, record, sender, .. } = wanted;
    let asked = Chosen { language, object, record };
    let filling = fill(&api, &operator, &conversation, &template, asked).await?;
    let problem = problem(&api, &operator, &conversation, &filling, sender).await?;
    let problems = problem.into_iter().map(|refused| TextProblem {
        id: refused.public_id(),
        message: refused.message(operator.reader().language),
        text: refused.length(),
    });
    Ok(Json(PreviewView {
        template_id: id,
        language: filling.language,
        sends_as: if filling.approved.is_some() { "template" } else { "text" },
        text: filling.text,
        missing: filling.missing,
        problems: problems.collect(),
    }))
}

/// What the conversation's channel does not take.
async fn problem(
    api: &Api,
    operator: &Operator,
    conversation: &Conversation,
    filling: &Filling,
    sender: Option<SenderMode>,
) -> Result<Option<ApiError>, ApiError> {
    let kind = conversation.channel_kind;
    if let Some(approved) = &filling.approved {
        return Ok(template::check(kind, approved).err().map(ApiError::Template));
    }
    let prefix = messages::prefix_of(api, operator, conversation, sender).await?;
    Ok(text::check_behind(kind, &prefix, &filling.text).err().map(|refused| ApiError::Text(refused, kind)))
}
