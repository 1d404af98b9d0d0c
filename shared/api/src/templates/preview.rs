//! `POST /api/templates/{template}/preview`: what it says to a customer, before it is sent (TPL-4).

use axum::Json;
use axum::extract::State;
use madoguchi_domain::message_template::{Filling, LanguageTag};
use madoguchi_domain::sender::SenderMode;
use madoguchi_domain::{ConversationId, TemplateId, template, text};
use serde::{Deserialize, Serialize};

use super::{Chosen, chosen, fill};
use crate::auth::Operator;
use crate::conversations::existing;
use crate::error::Length;
use crate::input::{InPath, JsonBody};
use crate::{Api, ApiError, Shared, messages};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    conversation_id: ConversationId,
    language: Option<LanguageTag>,
    object: Option<madoguchi_domain::message_template::Object>,
    #[serde(default)]
    record: std::collections::BTreeMap<String, String>,
    /// As whom it would be sent: a name before the text counts.
    sender: Option<SenderMode>,
}

/// What would be sent.
#[derive(Debug, Serialize)]
pub(crate) struct PreviewView {
    template_id: TemplateId,
    language: LanguageTag,
    text: String,
    /// `text`, or `template`: what the provider has approved goes out in its place.
    sends_as: &'static str,
    /// Fields without a value and without a text in place of it.
    missing: Vec<String>,
    /// Why it cannot be sent as it is, beside what is missing.
    problems: Vec<TextProblem>,
}

#[derive(Debug, Serialize)]
struct TextProblem {
    id: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Length>,
}

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
    conversation: &madoguchi_domain::Conversation,
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
