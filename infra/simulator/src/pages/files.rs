//! Files as a phone shows them: the customer's own, and those that the company sent.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    line::opening,
    media::{self, Media, MediaKind, fetch::fetch, preview_id},
    model::Provider,
    png::{self, Motif},
    shared::Shared,
};

/// LINE's limit for the icon of a sender.
const SENDER_PICTURE_LIMIT_BYTES: u64 = 1024 * 1024;
const SENDER_PICTURE_PATIENCE: Duration = Duration::from_secs(5);

/// On LINE this is the moment at which a file of the company is fetched.
pub(super) async fn file(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let Some((provider, media)) = find(&shared, &id) else { return StatusCode::NOT_FOUND.into_response() };
    let Some(link) = &media.link else { return guarded(&media, kept(media::serve(&media))) };
    if let Some(copy) = copy(&shared, &id) {
        return copy;
    }
    // Looking changes the world, and a page that is drawn anew looks again: once is enough.
    if provider == Provider::Line && link.opened.is_none() {
        let opened = opening::open(&shared, &media).await;
        if let Some(problem) = opened.and_then(|opened| opened.problem) {
            return (StatusCode::BAD_GATEWAY, problem).into_response();
        }
        if let Some(copy) = copy(&shared, &id) {
            return copy;
        }
    }
    // Too large to be kept, or forgotten since.
    Redirect::temporary(&shared.targets().reach(&link.url)).into_response()
}

pub(super) async fn preview(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let Some((_, media)) = find(&shared, &id) else { return StatusCode::NOT_FOUND.into_response() };
    match &media.link {
        None if media.given && media.kind == MediaKind::Image => guarded(&media, kept(media::serve(&media))),
        None if matches!(media.kind, MediaKind::Image | MediaKind::Video) => {
            ([(header::CONTENT_TYPE, "image/png")], png::picture(Motif::Photo, &id)).into_response()
        }
        Some(_) => {
            if media.link.as_ref().is_some_and(|link| link.opened.is_none()) {
                opening::open(&shared, &media).await;
            }
            copy(&shared, &preview_id(&media)).unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn copy(shared: &Shared, id: &str) -> Option<Response> {
    let copy = shared.copies(|copies| copies.find(id))?;
    Some(kept(([(header::CONTENT_TYPE, copy.content_type)], copy.bytes?).into_response()))
}

/// The picture beside a message of the company: the sender's own, or a face for one that cannot be had, as phones show
/// something in its place too.
pub(super) async fn sender(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let found = shared.read(|world| {
        let mut threads = world.threads.values();
        let message = threads.find_map(|thread| thread.message(&id))?;
        Some((message.sender_picture.clone()?, message.sender_name.clone().unwrap_or_default()))
    });
    let Some((url, name)) = found else { return StatusCode::NOT_FOUND.into_response() };
    if let Some(copy) = copy(&shared, &url) {
        return copy;
    }
    let fetched = fetch(&shared, &url, SENDER_PICTURE_LIMIT_BYTES, SENDER_PICTURE_PATIENCE).await;
    if let Ok(picture) = fetched
        && matches!(picture.content_type.as_str(), "image/png" | "image/jpeg")
    {
        shared.copies(|copies| copies.keep(&url, picture));
        if let Some(copy) = copy(&shared, &url) {
            return copy;
        }
    }
    ([(header::CONTENT_TYPE, "image/png")], png::picture(Motif::Face, &name)).into_response()
}

/// A file that somebody chose may hold anything: what a browser would run is only saved.
fn guarded(media: &Media, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let shown = media.content_type.starts_with("audio/")
        || media.content_type.starts_with("video/")
        || matches!(
            media.content_type.as_str(),
            "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "application/pdf"
        );
    if !shown {
        headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
        headers
            .insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    }
    response
}

/// What an id stands for never changes.
fn kept(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
    response
}

fn find(shared: &Shared, id: &str) -> Option<(Provider, Media)> {
    shared.read(|world| {
        world.threads.values().find_map(|thread| {
            let mut all = thread.messages.iter().flat_map(|message| &message.media);
            all.find(|media| media.id == id).map(|media| (thread.provider, media.clone()))
        })
    })
}
