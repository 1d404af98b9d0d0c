//! `GET /api/setups`: the ways to a channel that are under way, and those that ended lately, the newest first.

use axum::Json;
use axum::extract::State;

use super::SharedConnect;
use super::view::SetupView;
use crate::ApiError;
use crate::auth::Operator;
use crate::view::PageView;

/// List what is being connected
///
/// For administrators. Those that ended are shown for a week.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/setups", operation_id = "listSetups", tag = "Connecting",
    responses((status = 200, description = "Every setup, the latest first.", body = PageView<SetupView>)),
))]
pub(crate) async fn list(
    State(api): SharedConnect,
    administrator: Operator,
) -> Result<Json<PageView<SetupView>>, ApiError> {
    let (mut setups, now) = (api.directory.setups().await?, api.clock.now());
    setups.sort_by_key(|setup| (std::cmp::Reverse(setup.started_at), setup.id));
    let language = administrator.reader().language;
    let items = setups.iter().map(|setup| SetupView::new(setup, language, now)).collect();
    Ok(Json(PageView { items, next_cursor: None }))
}
