//! Files as a phone shows them: the customer's own, and those that the company sent.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
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
    let Some(link) = &media.link else { return media::serve(&media) };
    if let Some(kept) = copy(&shared, &id) {
        return kept;
    }
    if provider == Provider::Line {
        let opened = opening::open(&shared, &media).await;
        if let Some(problem) = opened.and_then(|opened| opened.problem) {
            return (StatusCode::BAD_GATEWAY, problem).into_response();
        }
        if let Some(kept) = copy(&shared, &id) {
            return kept;
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
            if copy(&shared, &preview_id(&media)).is_none() {
                opening::open(&shared, &media).await;
            }
            copy(&shared, &preview_id(&media)).unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn copy(shared: &Shared, id: &str) -> Option<Response> {
    let copy = shared.copies(|copies| copies.find(id))?;
    Some(([(header::CONTENT_TYPE, copy.content_type)], copy.bytes?).into_response())
}

fn find(shared: &Shared, id: &str) -> Option<(Provider, Media)> {
    shared.read(|world| {
        world.threads.values().find_map(|thread| {
            let mut all = thread.messages.iter().flat_map(|message| &message.media);
            all.find(|media| media.id == id).map(|media| (thread.provider, media.clone()))
        })
    })
}
