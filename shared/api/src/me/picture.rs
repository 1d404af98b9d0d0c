//! `PUT` and `DELETE /api/me/picture`: what customers see beside an operator's messages (SND-3). Here it is written down
//! what the operator wants; `media-fetch` does it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use madoguchi_domain::media::sniff;
use madoguchi_domain::picture::{self, Icon, OperatorPicture};
use madoguchi_store::Saved;
use serde::Deserialize;

use super::{MeView, profile};
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::input::JsonBody;
use crate::{Api, ApiError, Shared};

/// Enough to tell what a file is.
const HEAD_BYTES: u64 = 4096;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Choice {
    upload_id: String,
}

/// Choose the picture that customers see
///
/// What was uploaded becomes a square PNG of 256 by 256 pixels: its middle. Within seconds LINE shows it beside
/// what you send as yourself from then on; Messenger after the next sync of sender names. `GET /api/me` tells
/// when it is shown, or why it cannot be. Messages that were sent keep the picture that you had then.
#[cfg_attr(feature = "openapi", utoipa::path(
    put, path = "/api/me/picture", operation_id = "setMyPicture", tag = "Operators",
    request_body = inline(Choice),
    responses((status = 202, description = "How customers see the operator who calls.", body = MeView)),
    extensions(("x-errors" = json!(["upload_not_found", "upload_incomplete", "pictures"]))),
))]
pub(crate) async fn set(
    State(api): Shared,
    operator: Operator,
    JsonBody(Choice { upload_id }): JsonBody<Choice>,
) -> Result<(StatusCode, Json<MeView>), ApiError> {
    let icon = Icon { operator: &operator.id, upload: &upload_id };
    if !icon.is_valid() {
        return Err(ApiError::UploadNotFound);
    }
    for _ in 0..TRIES {
        let mut picture = kept(&api, &operator).await?;
        if !picture.want(&upload_id, api.clock.now()) {
            return accepted(&api, &operator, &picture).await;
        }
        uploaded(&api, icon).await?;
        if api.inbox.save_operator_picture(&picture).await? == Saved::Done {
            tracing::info!(operator.id = operator.id.0, "An operator's picture is to be changed");
            return accepted(&api, &operator, &picture).await;
        }
    }
    Err(ApiError::contended("the operator's picture"))
}

/// Take your picture away
///
/// Every picture that you have had is deleted; messages that were sent lose theirs.
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/me/picture", operation_id = "removeMyPicture", tag = "Operators",
    responses((status = 202, description = "How customers see the operator who calls.", body = MeView)),
    extensions(("x-errors" = json!(["upload_not_found", "upload_incomplete", "pictures"]))),
))]
pub(crate) async fn remove(
    State(api): Shared,
    operator: Operator,
) -> Result<(StatusCode, Json<MeView>), ApiError> {
    for _ in 0..TRIES {
        let mut picture = kept(&api, &operator).await?;
        if !picture.remove(api.clock.now()) || api.inbox.save_operator_picture(&picture).await? == Saved::Done
        {
            return accepted(&api, &operator, &picture).await;
        }
    }
    Err(ApiError::contended("the operator's picture"))
}

/// What was uploaded is there, and may be what it shall be.
async fn uploaded(api: &Api, icon: Icon<'_>) -> Result<(), ApiError> {
    let key = icon.upload_key();
    let (Some(object), Some(head)) =
        (api.bucket.head(&key).await?, api.bucket.read(&key, 0, HEAD_BYTES).await?)
    else {
        return Err(ApiError::UploadIncomplete);
    };
    let content_type = sniff(&head).unwrap_or_default();
    picture::check(&content_type, object.size_bytes).map(drop).map_err(ApiError::Picture)
}

async fn kept(api: &Api, operator: &Operator) -> Result<OperatorPicture, ApiError> {
    let kept = api.inbox.operator_picture(&operator.id).await?;
    let mut picture = kept.unwrap_or_else(|| OperatorPicture::new(operator.id.clone()));
    picture.account_name.clone_from(&operator.name);
    Ok(picture)
}

async fn accepted(
    api: &Api,
    operator: &Operator,
    picture: &OperatorPicture,
) -> Result<(StatusCode, Json<MeView>), ApiError> {
    let profile = profile(api, operator).await?;
    Ok((StatusCode::ACCEPTED, Json(MeView::new(api, &profile, Some(picture)))))
}
