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
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Promised {
    /// The page below, for the person.
    #[cfg_attr(feature = "openapi", schema(format = "uri"))]
    url: String,
    confirmation_code: String,
}

/// Meta tells that somebody wants their data deleted
///
/// Enter it as the data deletion request callback of the app at Meta. As above; within a minute the tokens, the
/// name and the id of that person are destroyed. Channels and conversations stay.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/webhooks/messenger/data-deletion", operation_id = "deleteFacebookData", tag = "Connecting",
    request_body(content = inline(super::SignedRequest), content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "It is taken down.", body = Promised),
    ),
    extensions(("x-errors" = json!(["signed_request_refused", "meta_app_missing"]))),
))]
pub(crate) async fn delete_data(
    State(api): SharedConnect,
    request: Request<Body>,
) -> Result<Json<Promised>, ApiError> {
    let code = api.hear(request, Extent::Data).await?.code;
    let url = format!("{}/data-deletion/{code}", api.public_base_url.trim_end_matches('/'));
    Ok(Json(Promised { url, confirmation_code: code }))
}
