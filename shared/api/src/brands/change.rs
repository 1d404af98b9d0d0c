//! `PATCH /api/brands/{brand}`: its name, and the timers of its channels (TMR-5).

use axum::extract::State;
use madoguchi_domain::BrandId;
use madoguchi_domain::timers::Timers;
use madoguchi_store::Saved;
use serde::Deserialize;

use super::{BrandView, existing, free};
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::etag::{IfMatch, Tagged};
use crate::input::{InPath, JsonBody, named};
use crate::{ApiError, SharedOrganisation};

/// What is left out stays as it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
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
}

/// Change a brand
///
/// For administrators.
#[cfg_attr(feature = "openapi", utoipa::path(
    patch, path = "/api/brands/{brand}", operation_id = "changeBrand", tag = "Organisation",
    params(IfMatch),
    request_body = inline(Changes),
    responses((status = 200, description = "The brand.", body = BrandView, headers(("ETag")))),
    extensions(("x-errors" = json!(["settings_out_of_bounds", "name_taken"]))),
))]
pub(crate) async fn change(
    State(api): SharedOrganisation,
    administrator: Operator,
    InPath(id): InPath<BrandId>,
    meant: IfMatch,
    JsonBody(changes): JsonBody<Changes>,
) -> Result<Tagged<BrandView>, ApiError> {
    let api = api.by(&administrator);
    for _ in 0..TRIES {
        let before = existing(&api.directory, id).await?;
        meant.check(before.rev, || BrandView::from(&before))?;
        let mut after = before.clone();
        if let Some(name) = &changes.name {
            after.name = free(&api, name, Some(id)).await?;
        }
        if let Some(timers) = changes.timers {
            timers.check().map_err(ApiError::SettingsOutOfBounds)?;
            after.timers = timers;
        }
        if after.timers != before.timers {
            after.timers_changed_at = Some(api.clock.now());
        }
        if after == before {
            return Ok(Tagged(before.rev, BrandView::from(&before)));
        }
        if api.directory.save_brand(&after).await? == Saved::Done {
            tracing::info!(brand.id = %id, operator.id = administrator.id.0, "Changed brand `{id}`");
            after.rev += 1;
            return Ok(Tagged(after.rev, BrandView::from(&after)));
        }
    }
    Err(ApiError::contended("the brand"))
}
