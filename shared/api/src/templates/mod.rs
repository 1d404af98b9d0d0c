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

/// One template.
#[derive(Debug, Serialize)]
pub(crate) struct TemplateView {
    id: TemplateId,
    name: String,
    folder: Vec<String>,
    /// Whose it is; null = everybody's.
    department_id: Option<DepartmentId>,
    /// Where fields come from that name no object.
    object: Object,
    /// The objects that its fields come from.
    objects: BTreeSet<Object>,
    /// The fields, such as `contact.name`.
    fields: Vec<String>,
    variants: BTreeMap<LanguageTag, VariantView>,
    uses: u64,
    last_used_at: Option<String>,
    created_at: String,
    /// Counts the changes, see `change`.
    version: u64,
}

#[derive(Debug, Serialize)]
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

/// The text in one language, as it is to be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VariantDraft {
    text: String,
    approved: Option<ApprovedDraft>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
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
