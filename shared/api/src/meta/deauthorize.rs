//! `POST /webhooks/messenger/deauthorize`: somebody took our app out of their Facebook account (AUT-5).

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use madoguchi_domain::withdrawal::Extent;

use crate::ApiError;
use crate::connect::SharedConnect;

pub(crate) async fn deauthorize(
    State(api): SharedConnect,
    request: Request<Body>,
) -> Result<StatusCode, ApiError> {
    api.hear(request, Extent::Login).await?;
    Ok(StatusCode::OK)
}
