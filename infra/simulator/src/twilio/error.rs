//! Twilio's refusals: a code of its own beside the HTTP status.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{faults::Fault, shared::Shared};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TwilioError {
    status: StatusCode,
    code: u32,
    message: String,
}

impl TwilioError {
    pub(crate) fn new(code: u32, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message: message.into() }
    }

    fn with(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn authentication() -> Self {
        Self::new(20_003, "Authenticate").with(StatusCode::UNAUTHORIZED)
    }

    pub(crate) fn not_found(path: &str) -> Self {
        Self::new(20_404, format!("The requested resource {path} was not found")).with(StatusCode::NOT_FOUND)
    }
}

impl IntoResponse for TwilioError {
    fn into_response(self) -> Response {
        let body = json!({
            "code": self.code,
            "message": self.message,
            "more_info": format!("https://www.twilio.com/docs/errors/{}", self.code),
            "status": self.status.as_u16(),
        });
        (self.status, Json(body)).into_response()
    }
}

/// How Twilio words a fault.
pub(super) fn refusal(_: &Shared, fault: &Fault) -> Response {
    let error = match fault {
        Fault::ExpiredToken { .. } => TwilioError::authentication(),
        Fault::RateLimit { .. } => {
            TwilioError::new(20_429, "Too Many Requests").with(StatusCode::TOO_MANY_REQUESTS)
        }
        Fault::TwilioError { code, status, message } => TwilioError::new(
            *code,
            message.clone().unwrap_or_else(|| format!("An error of the simulator ({code})")),
        )
        .with(status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::BAD_REQUEST)),
        _ => TwilioError::new(20_500, "Internal Server Error").with(StatusCode::INTERNAL_SERVER_ERROR),
    };
    error.into_response()
}
