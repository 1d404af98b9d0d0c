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
pub(crate) struct Wish {
    #[serde(rename = "type")]
    content_type: String,
    size_bytes: u64,
}

#[derive(Debug, Serialize)]
struct UploadView {
    upload_id: String,
    content_type: &'static str,
    form: PostForm,
}

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
