//! `POST /webhooks/messenger/data-deletion`: somebody wants what we have of their Facebook account deleted. Meta is told
//! the code of the request and where one can see how far it is ("Data Deletion Request Callback").

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use madoguchi_domain::withdrawal::Extent;
use serde::Serialize;

use crate::ApiError;
use crate::connect::SharedConnect;

#[derive(Serialize)]
pub(crate) struct Promised {
    url: String,
    confirmation_code: String,
}

pub(crate) async fn delete_data(
    State(api): SharedConnect,
    request: Request<Body>,
) -> Result<Json<Promised>, ApiError> {
    let code = api.hear(request, Extent::Data).await?.code;
    let url = format!("{}/data-deletion/{code}", api.public_base_url.trim_end_matches('/'));
    Ok(Json(Promised { url, confirmation_code: code }))
}
