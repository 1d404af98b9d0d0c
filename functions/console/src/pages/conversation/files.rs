//! `GET /console/files/{conversation}/{message}/{attachment}`: leads to the file. Links of the API are good for five minutes;
//! a page that was loaded an hour ago shows this one and gets a fresh one.

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::model::Link;
use crate::error::{For as _, PageError};
use crate::view::View;

/// Shorter than the links of the API live.
const KEPT: &str = "private, max-age=240";

#[derive(Deserialize)]
pub(super) struct Wanted {
    preview: Option<String>,
}

pub(super) async fn lead(
    view: View,
    Path((conversation, message, attachment)): Path<(String, String, String)>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, PageError> {
    let path = format!("/api/conversations/{conversation}/messages/{message}/attachments/{attachment}");
    let link: Link = view.get(&path).await.for_(&view)?;
    let url = if wanted.preview.is_some() { link.preview_url.unwrap_or(link.url) } else { link.url };
    Ok((StatusCode::FOUND, [(LOCATION, url), (CACHE_CONTROL, KEPT.to_owned())]).into_response())
}
