//! `POST /api/templates`.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use madoguchi_domain::message_template::{LanguageTag, MOST_TEMPLATES, Object};
use madoguchi_domain::{DepartmentId, MessageTemplate, TemplateId};
use madoguchi_store::Saved;
use serde::Deserialize;

use super::{TemplateView, VariantDraft, current, may_change};
use crate::auth::Operator;
use crate::input::JsonBody;
use crate::{ApiError, SharedOrganisation, departments};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct NewTemplate {
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    name: String,
    /// The folders that it lies in, the outermost first; without `/`.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 5))]
    folder: Vec<String>,
    department_id: Option<DepartmentId>,
    /// Where fields come from that name no object; left out, as the template says, and of a new one `contact`.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::MergeObject))]
    object: Object,
    /// The text by language. One that is asked for and not there is replaced by the same language of no or
    /// another region, then by `ja`, `en`, and the first. At most 10 languages, 5,000 characters each and
    /// 10,000 together.
    variants: BTreeMap<LanguageTag, VariantDraft>,
}

/// Add a message template
///
/// What is everybody's may be added by everybody; what belongs to a department, by administrators and by
/// whoever sees one of its channels, else `other_department`. A field that nothing has is refused with
/// `template_invalid` and the list of the known ones. At most 1,000 are kept, else `too_many`.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/templates", operation_id = "addTemplate", tag = "Templates",
    request_body = inline(NewTemplate),
    responses((status = 201, description = "The template.", body = TemplateView)),
    extensions(("x-errors" = json!([
        "template_invalid", "too_many", "name_taken", "other_department", "department_not_found",
    ]))),
))]
pub(crate) async fn add(
    State(api): SharedOrganisation,
    operator: Operator,
    JsonBody(new): JsonBody<NewTemplate>,
) -> Result<impl IntoResponse, ApiError> {
    if let Some(department) = new.department_id {
        departments::existing(&api.directory, department).await?;
    }
    may_change(&api, &operator, new.department_id).await?;
    let now = api.clock.now();
    let template = MessageTemplate {
        id: TemplateId::derive(&format!("{}|{}", new.folder.join("/"), new.name.trim()), now),
        name: new.name,
        folder: new.folder,
        department: new.department_id,
        object: new.object,
        variants: new.variants.into_iter().map(|(tag, draft)| (tag, draft.variant(now))).collect(),
        created_at: now,
        removed_at: None,
        rev: 0,
    };
    let mut template = template.checked().map_err(ApiError::MessageTemplate)?;
    let others = current(&api).await?;
    if others.len() >= MOST_TEMPLATES {
        return Err(ApiError::TooMany { what: "templates", most: MOST_TEMPLATES });
    }
    if others.iter().any(|other| other.is_namesake(&template)) {
        return Err(ApiError::NameTaken);
    }
    if api.by(&operator).directory.save_template(&template).await? == Saved::Conflict {
        return Err(ApiError::NameTaken);
    }
    template.rev += 1;
    tracing::info!(template.id = %template.id, operator.id = operator.id.0, "Added template `{}`", template.id);
    Ok((StatusCode::CREATED, Json(TemplateView::new(&template, None))))
}
