//! Pictures: faces, stickers, and what customers photograph.

use axum::{
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
};

use crate::png::{self, Motif};

pub(super) async fn picture(Path(name): Path<String>) -> Response {
    let headers = [(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "max-age=3600")];
    let motif = match name.split('-').next() {
        Some("face") => Motif::Face,
        Some("sticker") => Motif::Sticker,
        _ => Motif::Photo,
    };
    (headers, png::picture(motif, name.trim_end_matches(".png"))).into_response()
}
