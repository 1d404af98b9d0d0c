//! `GET /api/brands/{brand}/profanity`.

use axum::extract::State;
use madoguchi_domain::BrandId;

use super::{ProfanityView, existing};
use crate::auth::Operator;
use crate::etag::Tagged;
use crate::input::InPath;
use crate::{ApiError, SharedOrganisation};

/// Read what a brand finds offensive
///
/// For administrators. Of a brand of which nobody has chosen anything it is switched off.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/brands/{brand}/profanity", operation_id = "readProfanity", tag = "Organisation",
    responses(
        (
            status = 200, description = "What is chosen for the brand.", body = ProfanityView,
            headers(("ETag")),
        ),
    ),
))]
pub(crate) async fn read(
    State(api): SharedOrganisation,
    _: Operator,
    InPath(brand): InPath<BrandId>,
) -> Result<Tagged<ProfanityView>, ApiError> {
    let chosen = existing(&api.directory, brand).await?;
    Ok(Tagged(chosen.rev, ProfanityView::from(&chosen)))
}
