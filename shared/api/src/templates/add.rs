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
pub(crate) struct NewTemplate {
    name: String,
    #[serde(default)]
    folder: Vec<String>,
    department_id: Option<DepartmentId>,
    #[serde(default)]
    object: Object,
    variants: BTreeMap<LanguageTag, VariantDraft>,
}

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
