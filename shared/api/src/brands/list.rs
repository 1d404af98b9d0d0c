//! `GET /api/brands`: all of them, by name.

use axum::Json;
use axum::extract::State;

use super::BrandView;
use crate::auth::Operator;
use crate::view::PageView;
use crate::{ApiError, SharedOrganisation};

/// List the brands
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/brands", operation_id = "listBrands", tag = "Organisation",
    responses((status = 200, description = "Every brand, by name.", body = PageView<BrandView>)),
))]
pub(crate) async fn list(
    State(api): SharedOrganisation,
    _: Operator,
) -> Result<Json<PageView<BrandView>>, ApiError> {
    let mut brands = api.directory.brands().await?;
    brands.retain(|brand| brand.removed_at.is_none());
    brands.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    Ok(Json(PageView { items: brands.iter().map(BrandView::from).collect(), next_cursor: None }))
}
