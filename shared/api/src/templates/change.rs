//! `PATCH /api/templates/{template}`: in place, by the version that was read, so that of two who edit at once neither
//! overwrites the other unseen (TPL-3).

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use madoguchi_domain::message_template::{LanguageTag, Object};
use madoguchi_domain::{DepartmentId, TemplateId};
use madoguchi_store::Saved;
use serde::Deserialize;

use super::{TemplateView, VariantDraft, current, existing, may_change, with_uses};
use crate::auth::Operator;
use crate::input::{InPath, JsonBody, Version, named};
use crate::{ApiError, SharedOrganisation, departments};

/// What is left out stays as it is. A language is set, or with null taken away.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::option_option, reason = "left out, null and a department are three different wishes")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Changes {
    /// That of the template that was read; also as the header `If-Match`.
    version: Option<u64>,
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    name: Option<String>,
    /// The folders that it lies in, the outermost first; without `/`.
    #[cfg_attr(feature = "openapi", schema(max_items = 5))]
    folder: Option<Vec<String>>,
    #[serde(deserialize_with = "named")]
    department_id: Option<Option<DepartmentId>>,
    /// Where fields come from that name no object; left out, as the template says, and of a new one `contact`.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::words::MergeObject>))]
    object: Option<Object>,
    /// The text by language. One that is asked for and not there is replaced by the same language of no or
    /// another region, then by `ja`, `en`, and the first. At most 10 languages, 5,000 characters each and
    /// 10,000 together.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, VariantOrNull>))]
    variants: BTreeMap<LanguageTag, Option<VariantDraft>>,
}

/// A text in a language; null takes it away.
#[cfg(feature = "openapi")]
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "only its shape counts")]
struct VariantOrNull(Option<VariantDraft>);

/// Change a message template
///
/// What is left out stays as it is; a language that is null is taken away. Send the `version` that you have
/// read, here or as `If-Match: "7"`: if somebody has changed the template since, it is refused with
/// `changed_meanwhile` and how it is now in `current`.
#[cfg_attr(feature = "openapi", utoipa::path(
    patch, path = "/api/templates/{template}", operation_id = "changeTemplate", tag = "Templates",
    params(Version),
    request_body = inline(Changes),
    responses((status = 200, description = "The template.", body = TemplateView)),
    extensions(("x-errors" = json!([
        "template_invalid", "name_taken", "department_not_found", "other_department",
    ]))),
))]
pub(crate) async fn change(
    State(api): SharedOrganisation,
    operator: Operator,
    InPath(id): InPath<TemplateId>,
    version: Version,
    JsonBody(changes): JsonBody<Changes>,
) -> Result<Json<TemplateView>, ApiError> {
    let version = version.or(changes.version)?;
    let before = existing(&api.directory, id).await?;
    may_change(&api, &operator, before.department).await?;
    if before.rev != version {
        return Err(ApiError::outdated(before.rev, &with_uses(&api, &before).await?));
    }
    let mut after = before.clone();
    if let Some(department) = changes.department_id {
        if let Some(department) = department {
            departments::existing(&api.directory, department).await?;
        }
        may_change(&api, &operator, department).await?;
        after.department = department;
    }
    after.name = changes.name.unwrap_or(after.name);
    after.folder = changes.folder.unwrap_or(after.folder);
    after.object = changes.object.unwrap_or(after.object);
    let now = api.clock.now();
    for (language, draft) in changes.variants {
        match draft {
            Some(draft) => drop(after.variants.insert(language, draft.variant(now))),
            None => drop(after.variants.remove(&language)),
        }
    }
    let mut after = after.checked().map_err(ApiError::MessageTemplate)?;
    if after == before {
        return Ok(Json(with_uses(&api, &before).await?));
    }
    if !after.is_namesake(&before)
        && current(&api).await?.iter().any(|other| other.id != id && other.is_namesake(&after))
    {
        return Err(ApiError::NameTaken);
    }
    if api.by(&operator).directory.save_template(&after).await? == Saved::Conflict {
        let newer = existing(&api.directory, id).await?;
        return Err(ApiError::outdated(newer.rev, &with_uses(&api, &newer).await?));
    }
    after.rev += 1;
    tracing::info!(template.id = %id, operator.id = operator.id.0, "Changed template `{id}`");
    Ok(Json(with_uses(&api, &after).await?))
}
