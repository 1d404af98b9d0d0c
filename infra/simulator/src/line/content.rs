//! What customers sent, as bytes.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};

use super::LineError;
use crate::{
    model::Provider,
    png::{self, Motif},
    shared::Shared,
};

pub(super) fn full(shared: &Shared, channel: &str, id: &str) -> Response {
    serve(shared, channel, id, &["image", "video", "audio", "file"])
}

pub(super) fn preview(shared: &Shared, channel: &str, id: &str) -> Response {
    serve(shared, channel, id, &["image", "video"])
}

fn serve(shared: &Shared, channel: &str, id: &str, kinds: &[&str]) -> Response {
    let kind = shared.read(|world| {
        let mut threads = world
            .threads
            .values()
            .filter(|thread| thread.provider == Provider::Line && thread.account == channel);
        let message = threads.find_map(|thread| thread.message(id).filter(|message| !message.from_company));
        match message {
            None => Err(LineError::not_found("Not found")),
            Some(message) if message.unsent => Err(LineError::gone()),
            Some(message) if kinds.contains(&message.kind.as_str()) => Ok(message.kind.clone()),
            Some(_) => Err(LineError::bad("The message has no content of this kind")),
        }
    });
    match kind.as_deref() {
        // Whatever the kind, the bytes are a small picture: enough to be copied and compared.
        Ok("image" | "video") => {
            ([(header::CONTENT_TYPE, "image/png")], png::picture(Motif::Photo, id)).into_response()
        }
        Ok(_) => ([(header::CONTENT_TYPE, "application/octet-stream")], png::picture(Motif::Photo, id))
            .into_response(),
        Err(error) => error.clone().into_response(),
    }
}
