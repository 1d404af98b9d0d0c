//! `DELETE /api/brands/{brand}`: gives it up. Channels that show it must be given another one first.

use axum::extract::State;
use axum::http::StatusCode;
use madoguchi_domain::BrandId;
use madoguchi_store::Saved;

use super::existing;
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::input::InPath;
use crate::{ApiError, SharedOrganisation};

/// Give a brand up
///
/// For administrators. Refused with `in_use` while channels belong to it.
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/brands/{brand}", operation_id = "removeBrand", tag = "Organisation",
    responses((status = 204, description = "It is given up.")),
    extensions(("x-errors" = json!(["in_use"]))),
))]
pub(crate) async fn remove(
    State(api): SharedOrganisation,
    administrator: Operator,
    InPath(id): InPath<BrandId>,
) -> Result<StatusCode, ApiError> {
    let api = api.by(&administrator);
    for _ in 0..TRIES {
        let mut brand = existing(&api.directory, id).await?;
        let mut channels = api.directory.channels().await?;
        // What is left of a deleted one needs no brand.
        channels.retain(|channel| !channel.status.is_deleted());
        let bound = channels.iter().filter(|channel| channel.brand == Some(id)).count();
        if bound > 0 {
            return Err(ApiError::InUse { channels: bound });
        }
        brand.removed_at = Some(api.clock.now());
        if api.directory.save_brand(&brand).await? == Saved::Done {
            tracing::info!(brand.id = %id, operator.id = administrator.id.0, "Removed brand `{id}`");
            return Ok(StatusCode::NO_CONTENT);
        }
    }
    Err(ApiError::contended("the brand"))
}
