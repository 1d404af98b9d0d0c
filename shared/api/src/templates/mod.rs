//! Message templates: list, read, add, change, remove, fill in.
//!
//! `organisation-api` keeps them; `inbox-api`, which knows the conversations, fills them in.

mod add;
mod change;
mod fill;
mod list;
mod preview;
mod read;
mod remove;

pub(crate) use add::add;
pub(crate) use change::change;
pub(crate) use fill::{Chosen, chosen, count_use, fill};
pub(crate) use list::list;
pub(crate) use preview::preview;
pub(crate) use read::read;
pub(crate) use remove::remove;

use std::collections::{BTreeMap, BTreeSet};

use madoguchi_domain::message_template::{self, Approved, LanguageTag, Object, Variant};
use madoguchi_domain::{DepartmentId, MessageTemplate, TemplateId, Timestamp};
use madoguchi_store::Directory;
use madoguchi_store::directory::TemplateUse;
use serde::{Deserialize, Serialize};

use crate::auth::Operator;
use crate::{ApiError, OrganisationApi};

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(preview::preview, list::list, add::add, read::read, change::change, remove::remove))]
pub(crate) struct Described;

/// One template.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = MessageTemplate))]
pub(crate) struct TemplateView {
    id: TemplateId,
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    name: String,
    /// The folders that it lies in, the outermost first; without `/`.
    #[cfg_attr(feature = "openapi", schema(max_items = 5))]
    folder: Vec<String>,
    /// Whose it is; null = everybody's.
    department_id: Option<DepartmentId>,
    /// Where fields come from that name no object; left out, as the template says, and of a new one `contact`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::MergeObject))]
    object: Object,
    /// Where its fields come from.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<crate::openapi::words::MergeObject>))]
    objects: BTreeSet<Object>,
    /// Such as `contact.name`.
    fields: Vec<String>,
    /// The text by language. One that is asked for and not there is replaced by the same language of no or
    /// another region, then by `ja`, `en`, and the first. At most 10 languages, 5,000 characters each and
    /// 10,000 together.
    variants: BTreeMap<LanguageTag, VariantView>,
    /// How often it was sent.
    uses: u64,
    last_used_at: Option<String>,
    created_at: String,
    /// Counts the changes.
    version: u64,
}

/// The text by language. One that is asked for and not there is replaced by the same language of no or another
/// region, then by `ja`, `en`, and the first. At most 10 languages, 5,000 characters each and 10,000 together.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct VariantView {
    text: String,
    approved: Option<Approved>,
    changed_at: String,
}

impl TemplateView {
    fn new(template: &MessageTemplate, used: Option<TemplateUse>) -> Self {
        let fields = template.fields(None);
        let variants = template.variants.iter().map(|(language, variant)| {
            let Variant { text, approved, changed_at } = variant.clone();
            (language.clone(), VariantView { text, approved, changed_at: changed_at.to_string() })
        });
        Self {
            id: template.id,
            name: template.name.clone(),
            folder: template.folder.clone(),
            department_id: template.department,
            object: template.object,
            objects: fields.iter().map(|(object, _)| *object).collect(),
            fields: fields.iter().map(|(object, field)| format!("{object}.{field}")).collect(),
            variants: variants.collect(),
            uses: used.map_or(0, |used| used.uses),
            last_used_at: used.map(|used| used.last_used_at.to_string()),
            created_at: template.created_at.to_string(),
            version: template.rev,
        }
    }
}

/// The text by language. One that is asked for and not there is replaced by the same language of no or another
/// region, then by `ja`, `en`, and the first. At most 10 languages, 5,000 characters each and 10,000 together.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(serde::Serialize, utoipa::ToSchema))]
pub(crate) struct VariantDraft {
    text: String,
    approved: Option<ApprovedDraft>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(serde::Serialize, utoipa::ToSchema))]
struct ApprovedDraft {
    content_sid: String,
    #[serde(default)]
    variables: BTreeMap<String, String>,
}

impl VariantDraft {
    fn variant(self, changed_at: Timestamp) -> Variant {
        let approved =
            self.approved.map(|ApprovedDraft { content_sid, variables }| Approved { content_sid, variables });
        Variant { text: self.text, approved, changed_at }
    }
}

/// The template, unless it was given up.
pub(crate) async fn existing(directory: &Directory, id: TemplateId) -> Result<MessageTemplate, ApiError> {
    let template = directory.template(id).await?;
    template.filter(|template| template.removed_at.is_none()).ok_or(ApiError::TemplateNotFound)
}

/// Those that were not given up.
async fn current(api: &OrganisationApi) -> Result<Vec<MessageTemplate>, ApiError> {
    let mut templates = api.directory.templates().await?;
    templates.retain(|template| template.removed_at.is_none());
    Ok(templates)
}

/// Refuses what `operator` may not change.
async fn may_change(
    api: &OrganisationApi,
    operator: &Operator,
    department: Option<DepartmentId>,
) -> Result<(), ApiError> {
    if message_template::may_change(operator.role, department, &[], None) {
        return Ok(());
    }
    let channels = api.directory.channels().await?;
    let person = api.directory.person(&operator.id).await?;
    if message_template::may_change(operator.role, department, &channels, person.as_ref()) {
        Ok(())
    } else {
        Err(ApiError::OtherDepartment)
    }
}

async fn with_uses(api: &OrganisationApi, template: &MessageTemplate) -> Result<TemplateView, ApiError> {
    Ok(TemplateView::new(template, api.directory.template_use(template.id).await?))
}
