//! Files as a phone shows them: the customer's own, and those that the company sent.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    line::opening,
    media::{self, Media, MediaKind, preview_id},
    model::Provider,
    png::{self, Motif},
    shared::Shared,
};

/// On LINE this is the moment at which a file of the company is fetched.
pub(super) async fn file(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let Some((provider, media)) = find(&shared, &id) else { return StatusCode::NOT_FOUND.into_response() };
    let Some(link) = &media.link else { return kept(media::serve(&media)) };
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
