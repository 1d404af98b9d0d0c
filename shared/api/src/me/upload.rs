//! `POST /api/me/picture/uploads`: a form to upload a picture with. What can be known beforehand is refused here.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use madoguchi_domain::picture::{self, Icon};
use madoguchi_runtime::bucket::PostForm;
use madoguchi_runtime::unguessable;
use serde::{Deserialize, Serialize};

use crate::auth::Operator;
use crate::files::FORM_LIFE;
use crate::input::JsonBody;
use crate::{ApiError, Shared};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Wish {
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::WishType))]
    content_type: String,
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 5_000_000))]
    size_bytes: u64,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = PictureUpload))]
struct UploadView {
    upload_id: String,
    content_type: &'static str,
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::UploadForm))]
    form: PostForm,
}

/// Get a form to upload your picture with
///
/// JPEG or PNG, at most 5,000,000 bytes and 50 million pixels. The form takes exactly what is announced.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/me/picture/uploads", operation_id = "uploadMyPicture", tag = "Operators",
    request_body = inline(Wish),
    responses((status = 201, description = "Where to post the picture.", body = UploadView)),
    extensions(("x-errors" = json!(["pictures"]))),
))]
pub(crate) async fn upload(
    State(api): Shared,
    operator: Operator,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<impl IntoResponse, ApiError> {
    let content_type = picture::check(&wish.content_type, wish.size_bytes).map_err(ApiError::Picture)?;
    let upload_id = unguessable()?;
    let key = Icon { operator: &operator.id, upload: &upload_id }.upload_key();
    let form = api.bucket.post_form(&key, content_type, wish.size_bytes, FORM_LIFE);
    Ok((StatusCode::CREATED, Json(UploadView { upload_id, content_type, form })))
}
