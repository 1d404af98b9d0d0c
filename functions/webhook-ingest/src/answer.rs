//! What a provider reads.

use lambda_http::http::{StatusCode, header};
use lambda_http::{Body, Response};

/// An answer to a webhook.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Everything is queued.
    Accepted,
    /// Everything is queued, said in Twilio's markup: do nothing.
    NothingToDo,
    /// The handshake's challenge, as it came.
    Challenge(String),
    /// The handshake's token is not ours.
    Forbidden,
    /// The signature is missing or wrong.
    Unauthorized,
    /// No such webhook.
    NotFound,
    /// The body is beyond the limit.
    TooLarge { limit_bytes: usize },
    /// Something that we need did not answer: the provider shall send it again.
    Unavailable,
}

impl Answer {
    pub(crate) fn into_response(self) -> Response<Body> {
        let media_type = match self {
            Self::NothingToDo => "text/xml; charset=utf-8",
            _ => "text/plain; charset=utf-8",
        };
        let (status, text) = match self {
            Self::Accepted => (StatusCode::OK, "ok".to_owned()),
            Self::NothingToDo => (StatusCode::OK, "<Response></Response>".to_owned()),
            Self::Challenge(challenge) => (StatusCode::OK, challenge),
            Self::Forbidden => (StatusCode::FORBIDDEN, "the verify token does not match".to_owned()),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "the signature is missing or wrong".to_owned()),
            Self::NotFound => (StatusCode::NOT_FOUND, "there is no such webhook".to_owned()),
            Self::TooLarge { limit_bytes } => (
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("bodies of more than {limit_bytes} bytes are refused"),
            ),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "not stored; send it again".to_owned()),
        };
        let mut response = Response::new(Body::Text(text));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(media_type));
        // The challenge is somebody else's text: no browser shall take it for a page.
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
        response
    }
}
