//! `GET /api/brands/{brand}/profanity`.

use axum::extract::State;
use madoguchi_domain::BrandId;

use super::{ProfanityView, existing};
use crate::auth::Operator;
use crate::etag::Tagged;
use crate::input::InPath;
use crate::{ApiError, SharedOrganisation};

pub(crate) async fn read(
    State(api): SharedOrganisation,
    _: Operator,
    InPath(brand): InPath<BrandId>,
) -> Result<Tagged<ProfanityView>, ApiError> {
    let chosen = existing(&api.directory, brand).await?;
    Ok(Tagged(chosen.rev, ProfanityView::from(&chosen)))
}
