//! The bytes of a customer's file, a piece at a time: a large one is never in memory as a whole.

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::stream;

use super::{Format, Media, sample};

const PIECE_BYTES: usize = 64 * 1024;

/// The file with its type and length. What the product sent has no bytes here: see [`super::fetch`].
pub(crate) fn serve(media: &Media) -> Response {
    if media.given {
        let Some(bytes) = media.bytes.clone() else { return StatusCode::NOT_FOUND.into_response() };
        return ([(header::CONTENT_TYPE, media.content_type.clone())], bytes).into_response();
    }
    let format = Format::of_type(&media.content_type).unwrap_or(Format::Pdf);
    let start = sample::prefix(format, &media.id, Some(media.size_bytes));
    let padding = start.size_bytes.saturating_sub(start.beginning.len() as u64);
    let body = if padding == 0 {
        Body::from(start.beginning)
    } else {
        let beginning = Bytes::from(start.beginning);
        let piece = Bytes::from(padding_piece());
        Body::from_stream(stream::unfold((Some(beginning), padding), move |(beginning, left)| {
            let piece = piece.clone();
            async move {
                if let Some(beginning) = beginning {
                    return Some((Ok::<_, std::io::Error>(beginning), (None, left)));
                }
                let length = usize::try_from(left).unwrap_or(usize::MAX).min(PIECE_BYTES);
                (length > 0).then(|| (Ok(piece.slice(..length)), (None, left - length as u64)))
            }
        }))
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(start.size_bytes));
    if let Ok(content_type) = HeaderValue::from_str(&media.content_type) {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    response
}

/// Neither zeros nor anything that compresses to nothing at once.
fn padding_piece() -> Vec<u8> {
    (0..PIECE_BYTES).map(|index| u8::try_from((index * 31 + index / 256 * 7) % 251).unwrap_or(0)).collect()
}
