//! Filling a template in for one conversation.

use std::collections::BTreeMap;

use madoguchi_domain::message_template::{Filling, LanguageTag, Object};
use madoguchi_domain::reply::{self, Composer};
use madoguchi_domain::sender::SenderName;
use madoguchi_domain::window::Author;
use madoguchi_domain::{Conversation, MessageTemplate, TemplateId};
use serde::Deserialize;

use super::existing;
use crate::auth::Operator;
use crate::{Api, ApiError};

/// Which template, and what it is filled with.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Chosen {
    pub(crate) language: Option<LanguageTag>,
    /// Where fields come from that name no object; left out, as the template says (TPL-4).
    pub(crate) object: Option<Object>,
    /// The fields of a record of another system.
    pub(crate) record: BTreeMap<String, String>,
}

/// The template, whose text is there.
pub(crate) async fn chosen(api: &Api, id: TemplateId) -> Result<MessageTemplate, ApiError> {
    existing(&api.directory, id).await
}

/// What the template says in `conversation`, written by `operator`.
pub(crate) async fn fill(
    api: &Api,
    operator: &Operator,
    conversation: &Conversation,
    template: &MessageTemplate,
    chosen: Chosen,
) -> Result<Filling, ApiError> {
    let now = api.clock.now();
    let channel = api.channels.channel(conversation.channel_id, now).await?;
    let Chosen { language, object, record } = chosen;
    let mut values = api.directory.merge_values(template, object, conversation, channel.as_ref()).await?;
    let profile = api.senders.profile(&operator.id, now).await?;
    let shown = profile.and_then(|profile| profile.display_name);
    values.set(Object::Operator, "name", shown.as_ref().map(SenderName::as_str).or(Some(&operator.name)));
    values.set(Object::Operator, "account", operator.seen().account.as_deref());
    values.set_record(record).map_err(|refused| ApiError::InvalidBody { what: refused.to_string() })?;
    let only_approved = channel.is_some_and(|channel| {
        let composer = reply::composer(conversation, &channel.settings, Author::of(&operator.id), now);
        matches!(composer, Composer::TemplateOnly { .. })
    });
    template.fill(language.as_ref(), object, &values, only_approved).ok_or(ApiError::TemplateNotFound)
}

/// Counts that a template was sent. The message stands whether this succeeds or not.
pub(crate) async fn count_use(api: &Api, id: TemplateId) {
    if let Err(error) = api.directory.count_template_use(id, api.clock.now()).await {
        tracing::warn!(%error, template.id = %id, "A use of template `{id}` was not counted");
    }
}
