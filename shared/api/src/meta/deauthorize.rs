//! `POST /webhooks/messenger/deauthorize`: somebody took our app out of their Facebook account (AUT-5).

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use madoguchi_domain::withdrawal::Extent;

use crate::ApiError;
use crate::connect::SharedConnect;

/// Meta tells that somebody took our app out of their Facebook account
///
/// Enter it as the deauthorize callback of the app at Meta. Open: the `signed_request` carries Meta's
/// signature. The logins of that person are held within a minute, by the cause `app_access_withdrawn`, and
/// checked. A request that was heard of before, or that is older than the login, changes nothing.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/webhooks/messenger/deauthorize", operation_id = "deauthorize", tag = "Connecting",
    request_body(content = inline(super::SignedRequest), content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "It is taken down."),
    ),
    extensions(("x-errors" = json!(["signed_request_refused", "meta_app_missing"]))),
))]
pub(crate) async fn deauthorize(
    State(api): SharedConnect,
    request: Request<Body>,
) -> Result<StatusCode, ApiError> {
    api.hear(request, Extent::Login).await?;
    Ok(StatusCode::OK)
}
