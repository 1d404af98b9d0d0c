//! `GET /api/templates`: by folder and name.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use madoguchi_domain::message_template::Object;
use madoguchi_domain::{DepartmentId, MessageTemplate, TemplateId};
use madoguchi_store::directory::TemplateUse;
use serde::Deserialize;

use super::{TemplateView, current};
use crate::auth::Operator;
use crate::input::{InQuery, given, not_a_cursor, page_size};
use crate::view::PageView;
use crate::{ApiError, SharedOrganisation};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub(crate) struct ListQuery {
    /// Those of this department and those of everybody.
    #[cfg_attr(feature = "openapi", param(format = "uuid"))]
    department: Option<String>,
    /// Those in this folder and below it, such as `営業/挨拶`.
    folder: Option<String>,
    /// Those with fields of this object.
    #[cfg_attr(feature = "openapi", param(value_type = Option<crate::openapi::words::MergeObject>))]
    object: Option<String>,
    /// A part of the name or of what it says.
    search: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

/// List the message templates
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/templates", operation_id = "listTemplates", tag = "Templates",
    params(ListQuery),
    responses(
        (
            status = 200, description = "A page of templates, by folder and name.", body =
            PageView<TemplateView>,
        ),
    ),
))]
pub(crate) async fn list(
    State(api): SharedOrganisation,
    _: Operator,
    InQuery(query): InQuery<ListQuery>,
) -> Result<Json<PageView<TemplateView>>, ApiError> {
    let wanted = Wanted::parse(&query)?;
    let (mut templates, uses) =
        futures::try_join!(current(&api), async { Ok::<_, ApiError>(api.directory.template_uses().await?) })?;
    let uses: HashMap<TemplateId, TemplateUse> = uses.into_iter().map(|used| (used.id, used)).collect();
    templates.retain(|template| wanted.takes(template));
    templates.sort_by_cached_key(MessageTemplate::position);
    if let Some(after) = &wanted.after {
        templates.retain(|template| template.position() > *after);
    }
    let more = templates.len() > wanted.limit;
    templates.truncate(wanted.limit);
    let next_cursor =
        templates.last().filter(|_| more).map(|last| BASE64_URL_SAFE_NO_PAD.encode(last.position()));
    let items = templates.iter().map(|template| TemplateView::new(template, uses.get(&template.id).copied()));
    Ok(Json(PageView { items: items.collect(), next_cursor }))
}

struct Wanted<'a> {
    department: Option<DepartmentId>,
    folder: Vec<&'a str>,
    object: Option<Object>,
    search: Option<&'a str>,
    after: Option<String>,
    limit: usize,
}

impl<'a> Wanted<'a> {
    fn parse(query: &'a ListQuery) -> Result<Self, ApiError> {
        let invalid = |what: &str| ApiError::InvalidQuery { what: what.to_owned() };
        let department = given(query.department.as_deref()).map(str::parse).transpose();
        let object = given(query.object.as_deref()).map(str::parse::<Object>).transpose();
        let after = given(query.cursor.as_deref()).map(|cursor| {
            let position = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok();
            position.and_then(|position| String::from_utf8(position).ok()).ok_or_else(not_a_cursor)
        });
        Ok(Self {
            department: department.map_err(|_| invalid("`department` must be a department's id"))?,
            folder: given(query.folder.as_deref()).map(|path| path.split('/').collect()).unwrap_or_default(),
            object: object.map_err(|no_object| invalid(&no_object.to_string()))?,
            search: given(query.search.as_deref()),
            after: after.transpose()?,
            limit: page_size(query.limit.as_deref())?,
        })
    }

    fn takes(&self, template: &MessageTemplate) -> bool {
        let lies_in = template.folder.len() >= self.folder.len()
            && template.folder.iter().zip(&self.folder).all(|(name, wanted)| name == wanted);
        lies_in
            && (self.department.is_none()
                || template.department.is_none()
                || template.department == self.department)
            && self.object.is_none_or(|object| template.fields(None).iter().any(|field| field.0 == object))
            && self.search.is_none_or(|text| template.matches(text))
    }
}
