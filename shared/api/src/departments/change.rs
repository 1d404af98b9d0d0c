//! `PATCH /api/departments/{department}`: its name, its business hours, and the timers of its channels. Deadlines of open
//! conversations follow within a minute (TMR-12).

use axum::extract::State;
use madoguchi_domain::DepartmentId;
use madoguchi_domain::organisation::BusinessHours;
use madoguchi_domain::timers::Timers;
use madoguchi_store::Saved;
use serde::Deserialize;

use super::{DepartmentView, existing, free};
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::etag::{IfMatch, Tagged};
use crate::input::{InPath, JsonBody, named};
use crate::{ApiError, SharedOrganisation};

/// What is left out stays as it is; `hours: null` = always open.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::option_option, reason = "left out, null and hours are three different wishes")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Changes {
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100, nullable = false))]
    name: Option<String>,
    /// What channels of the brand or department take over where they have no such timer of their own; null = none.
    /// The department's come first.
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    timers: Option<Timers>,
    /// When a department answers; null = always. A day of the week that is missing is closed.
    #[serde(deserialize_with = "named")]
    hours: Option<Option<BusinessHours>>,
}

/// Change a department
///
/// For administrators. What is left out stays as it is.
#[cfg_attr(feature = "openapi", utoipa::path(
    patch, path = "/api/departments/{department}", operation_id = "changeDepartment", tag = "Organisation",
    params(IfMatch),
    request_body = inline(Changes),
    responses((status = 200, description = "The department.", body = DepartmentView, headers(("ETag")))),
    extensions(("x-errors" = json!(["settings_out_of_bounds", "hours_refused", "name_taken"]))),
))]
pub(crate) async fn change(
    State(api): SharedOrganisation,
    administrator: Operator,
    InPath(id): InPath<DepartmentId>,
    meant: IfMatch,
    JsonBody(changes): JsonBody<Changes>,
) -> Result<Tagged<DepartmentView>, ApiError> {
    let api = api.by(&administrator);
    for _ in 0..TRIES {
        let before = existing(&api.directory, id).await?;
        meant.check(before.rev, || DepartmentView::new(&before, api.clock.now()))?;
        let mut after = before.clone();
        if let Some(name) = &changes.name {
            after.name = free(&api, name, Some(id)).await?;
        }
        if let Some(hours) = &changes.hours {
            after.hours = hours.clone().map(BusinessHours::checked).transpose().map_err(ApiError::hours)?;
        }
        if let Some(timers) = changes.timers {
            timers.check().map_err(ApiError::SettingsOutOfBounds)?;
            after.timers = timers;
        }
        if (&after.timers, &after.hours) != (&before.timers, &before.hours) {
            after.timers_changed_at = Some(api.clock.now());
        }
        if after == before {
            return Ok(Tagged(before.rev, DepartmentView::new(&before, api.clock.now())));
        }
        if api.directory.save_department(&after).await? == Saved::Done {
            tracing::info!(department.id = %id, operator.id = administrator.id.0, "Changed department `{id}`");
            after.rev += 1;
            return Ok(Tagged(after.rev, DepartmentView::new(&after, api.clock.now())));
        }
    }
    Err(ApiError::contended("the department"))
}
