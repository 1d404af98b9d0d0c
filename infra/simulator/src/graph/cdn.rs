//! Addresses of files in Messenger messages: signed, open to whoever has them, and good for a while only.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    clock::SECOND_MS,
    media::{self, Media},
    model::Provider,
    provider::ApiRequest,
    shared::Shared,
    signing::hmac_hex,
};

const SIGNING_KEY: &str = "simulated-content-network";

/// Where a file can be had until `expires_at_ms`.
pub(crate) fn address(base_url: &str, media: &Media, expires_at_ms: i64) -> String {
    let expires = format!("{:x}", expires_at_ms / SECOND_MS);
    let signature = sign(&media.id, &expires);
    format!("{base_url}/fbcdn/v/t1/{}.{}?oe={expires}&oh={signature}", media.id, media.extension())
}

fn sign(id: &str, expires: &str) -> String {
    hmac_hex(SIGNING_KEY, format!("{id}|{expires}").as_bytes())[..32].to_owned()
}

/// `GET /fbcdn/v/t1/{id}.{extension}`.
pub(crate) fn answer(shared: &Shared, request: &ApiRequest) -> Response {
    let name = request.segments.last().map_or("", String::as_str);
    let id = name.split('.').next().unwrap_or_default();
    let value = |name: &str| {
        request.query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    };
    let expires = value("oe");
    if value("oh") != sign(id, expires) {
        return (StatusCode::FORBIDDEN, "Bad URL hash").into_response();
    }
    let found = shared.read(|world| {
        let late = i64::from_str_radix(expires, 16).is_ok_and(|at| at * SECOND_MS < world.clock.now_ms());
        if late {
            return Err((StatusCode::FORBIDDEN, "URL signature expired"));
        }
        let threads = world.threads.values().filter(|thread| thread.provider == Provider::Messenger);
        let mut all = threads.flat_map(|thread| &thread.messages).flat_map(|message| &message.media);
        all.find(|media| media.id == id).cloned().ok_or((StatusCode::NOT_FOUND, "Not found"))
    });
    match found {
        Err(refused) => refused.into_response(),
        Ok(media) if media.link.is_none() => media::serve(&media),
        // A file of the product is served from the copy that was made when it was sent.
        Ok(media) => match shared.copies(|copies| copies.find(&media.id)) {
            Some(copy) => {
                ([(header::CONTENT_TYPE, copy.content_type)], copy.bytes.unwrap_or_default()).into_response()
            }
            None => (StatusCode::NOT_FOUND, "The copy is gone").into_response(),
        },
    }
}
