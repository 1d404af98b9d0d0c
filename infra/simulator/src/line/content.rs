//! What customers sent, as bytes: at once, or after LINE has prepared it.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::LineError;
use crate::{
    media::{self, Media, MediaKind},
    model::Provider,
    png::{self, Motif},
    shared::Shared,
};

pub(super) fn full(shared: &Shared, channel: &str, id: &str) -> Response {
    let all = [MediaKind::Image, MediaKind::Video, MediaKind::Audio, MediaKind::File];
    match find(shared, channel, id, &all) {
        Ok(Content { is_ready: false, .. }) => {
            (StatusCode::ACCEPTED, Json(json!({"message": "The content is being prepared"}))).into_response()
        }
        Ok(content) => media::serve(&content.media),
        Err(error) => error.into_response(),
    }
}

/// `GET …/content/transcoding`: of videos and audios only.
pub(super) fn transcoding(shared: &Shared, channel: &str, id: &str) -> Response {
    match find(shared, channel, id, &[MediaKind::Video, MediaKind::Audio]) {
        Ok(content) => {
            let status = if content.is_ready { "succeeded" } else { "processing" };
            Json(json!({"status": status})).into_response()
        }
        Err(error) => error.into_response(),
    }
}

/// `GET …/content/preview`: a small picture of a picture or video.
pub(super) fn preview(shared: &Shared, channel: &str, id: &str) -> Response {
    match find(shared, channel, id, &[MediaKind::Image, MediaKind::Video]) {
        Ok(Content { is_ready: false, .. }) => StatusCode::ACCEPTED.into_response(),
        Ok(content) if content.media.given && content.media.kind == MediaKind::Image => {
            media::serve(&content.media)
        }
        Ok(content) => ([(header::CONTENT_TYPE, "image/png")], png::picture(Motif::Photo, &content.media.id))
            .into_response(),
        Err(error) => error.into_response(),
    }
}

struct Content {
    media: Media,
    is_ready: bool,
}

fn find(shared: &Shared, channel: &str, id: &str, kinds: &[MediaKind]) -> Result<Content, LineError> {
    shared.read(|world| {
        let mut threads = world
            .threads
            .values()
            .filter(|thread| thread.provider == Provider::Line && thread.account == channel);
        let message = threads.find_map(|thread| thread.message(id).filter(|message| !message.from_company));
        let message = message.ok_or_else(|| LineError::not_found("Not found"))?;
        if message.unsent {
            return Err(LineError::gone());
        }
        let media = message.media.first().filter(|media| kinds.contains(&media.kind));
        let media = media.ok_or_else(|| LineError::bad("The message has no content of this kind"))?;
        if message.kept_elsewhere {
            return Err(LineError::not_found("Not found"));
        }
        Ok(Content { media: media.clone(), is_ready: media.ready_at_ms <= world.clock.now_ms() })
    })
}
