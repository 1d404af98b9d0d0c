//! `GET /api/views`: one's own, then everybody's, each in their order.

use axum::Json;
use axum::extract::State;
use futures::future::try_join;
use madoguchi_domain::saved_view::Owner;

use super::SavedViewView;
use crate::auth::Operator;
use crate::view::PageView;
use crate::{ApiError, SharedOrganisation};

/// List the saved views of the inbox
///
/// One's own, then those that everybody has, each in their order.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/views", operation_id = "listViews", tag = "Conversations",
    responses((status = 200, description = "The views.", body = PageView<SavedViewView>)),
))]
pub(crate) async fn list(
    State(api): SharedOrganisation,
    operator: Operator,
) -> Result<Json<PageView<SavedViewView>>, ApiError> {
    let mine = Owner::One(operator.id);
    let (own, shared) =
        try_join(api.directory.saved_views(&mine), api.directory.saved_views(&Owner::Everybody)).await?;
    let own = own.views.iter().map(|view| SavedViewView::new(view, &mine));
    let shared = shared.views.iter().map(|view| SavedViewView::new(view, &Owner::Everybody));
    Ok(Json(PageView { items: own.chain(shared).collect(), next_cursor: None }))
}
