//! LINE's refusals, in the two shapes that its APIs use.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{faults::Fault, shared::Shared};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LineError {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl LineError {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, body: json!({"message": message.into()}) }
    }

    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// One property of the body is wrong.
    pub(crate) fn property(property: &str, message: impl Into<String>) -> Self {
        let details = json!([{"message": message.into(), "property": property}]);
        Self {
            status: StatusCode::BAD_REQUEST,
            body: json!({"message": "The request body has 1 error(s)", "details": details}),
        }
    }

    pub(crate) fn invalid_reply_token() -> Self {
        Self::bad("Invalid reply token")
    }

    pub(crate) fn failed_to_send() -> Self {
        Self::bad("Failed to send messages")
    }

    pub(crate) fn unauthorised() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "Authentication failed due to the following reason: invalid token. Confirm that the access token in the \
             authorization header is valid.",
        )
    }

    pub(crate) fn not_found(message: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    pub(crate) fn gone() -> Self {
        Self::new(StatusCode::GONE, "The message was unsent")
    }

    pub(crate) fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "Request body exceeds the limit of 2 MB")
    }

    pub(crate) fn media_type() -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported media type: application/json is expected")
    }

    pub(crate) fn rate_limit() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "The API rate limit has been exceeded. Try again later.")
    }

    pub(crate) fn monthly_limit() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "You have reached your monthly limit.")
    }

    /// The shape of the OAuth endpoints.
    pub(crate) fn oauth(error: &str, description: &str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            body: json!({"error": error, "error_description": description}),
        }
    }
}

impl IntoResponse for LineError {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}

/// How LINE words a fault.
pub(super) fn refusal(_: &Shared, fault: &Fault) -> Response {
    let error = match fault {
        Fault::ExpiredToken { .. } => LineError::unauthorised(),
        Fault::UserUnavailable => LineError::failed_to_send(),
        Fault::RateLimit { .. } => LineError::rate_limit(),
        Fault::MonthlyLimit => LineError::monthly_limit(),
        _ => LineError::new(StatusCode::INTERNAL_SERVER_ERROR, "The API server encountered an error."),
    };
    error.into_response()
}
