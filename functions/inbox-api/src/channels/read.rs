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
    _: Operator,
    InPath(id): InPath<ChannelId>,
) -> Result<Json<ChannelView>, ApiError> {
    Ok(Json(ChannelView::from(&existing(&api, id).await?)))
}
