//! `GET /api/channels/{channel}`.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::ChannelId;

use super::existing;
use crate::auth::Operator;
use crate::input::InPath;
use crate::view::ChannelView;
use crate::{ApiError, SharedAdmin};

pub(crate) async fn read(
    State(api): SharedAdmin,
    operator: Operator,
    InPath(id): InPath<ChannelId>,
) -> Result<Json<ChannelView>, ApiError> {
    let mut found = vec![existing(&api.directory, id).await?];
    super::keep_visible(&api, &operator, &mut found).await?;
    found.first().map(|channel| Json(ChannelView::from(channel))).ok_or(ApiError::ChannelNotFound)
}
