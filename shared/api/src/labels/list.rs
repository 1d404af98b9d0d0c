//! `GET /api/labels`: all of them, by name.

use axum::Json;
use axum::extract::State;

use super::{LabelView, current};
use crate::auth::Operator;
use crate::view::PageView;
use crate::{ApiError, SharedOrganisation};

pub(crate) async fn list(
    State(api): SharedOrganisation,
    _: Operator,
) -> Result<Json<PageView<LabelView>>, ApiError> {
    let mut labels = current(&api.directory).await?;
    labels.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    Ok(Json(PageView { items: labels.iter().map(LabelView::from).collect(), next_cursor: None }))
}
