//! A customer's file: the resource asks who is calling and leads to a signed address, which must not be asked
//! with credentials.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{TwilioError, message};
use crate::{
    clock::SECOND_MS, media, params, provider::ApiRequest, shared::Shared, signing::hmac_hex, state::World,
};

/// Whose signature it is does not matter to anybody else.
const SIGNING_KEY: &str = "simulated-media-store";

pub(super) fn redirect(world: &World, base_url: &str, message: &str, media: &str) -> Response {
    let found = message::find(world, message).and_then(|(_, message)| {
        message.media.iter().find(|known| Some(known.id.as_str()) == media.strip_prefix("ME"))
    });
    let Some(found) = found else { return TwilioError::not_found(media).into_response() };
    let expires = (world.clock.now_ms() + world.media_lives.twilio_ms) / SECOND_MS;
    let signature = hmac_hex(SIGNING_KEY, format!("{}|{expires}", found.id).as_bytes());
    let location = format!("{base_url}/twilio-media/{}?Expires={expires}&Signature={signature}", found.id);
    let mut response = StatusCode::TEMPORARY_REDIRECT.into_response();
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// `GET /twilio-media/{id}`.
pub(crate) fn signed(shared: &Shared, request: &ApiRequest) -> Response {
    let id = request.segments.get(1).map_or("", String::as_str);
    let value = |name: &str| {
        request.query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    };
    let expires = value("Expires");
    let refused = |status: StatusCode, reason: &str| (status, reason.to_owned()).into_response();
    if request.header("authorization").is_some() {
        return refused(StatusCode::BAD_REQUEST, "Only one authentication mechanism is allowed");
    }
    if value("Signature") != hmac_hex(SIGNING_KEY, format!("{id}|{expires}").as_bytes()) {
        return refused(StatusCode::FORBIDDEN, "The signature does not match");
    }
    shared.read(|world| {
        if expires.parse::<i64>().is_ok_and(|expires| expires * SECOND_MS < world.clock.now_ms()) {
            return refused(StatusCode::FORBIDDEN, "Request has expired");
        }
        let id = params::decode(id);
        let mut all =
            world.threads.values().flat_map(|thread| &thread.messages).flat_map(|message| &message.media);
        all.find(|media| media.id == id)
            .map_or_else(|| refused(StatusCode::NOT_FOUND, "Not found"), media::serve)
    })
}
