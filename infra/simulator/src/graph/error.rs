//! Graph errors in Meta's body shape.

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{faults::Fault, ids, shared::Shared, state::Invalid};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GraphError {
    pub(crate) status: StatusCode,
    pub(crate) code: i64,
    pub(crate) subcode: Option<i64>,
    pub(crate) message: String,
    is_transient: Option<bool>,
    usage: Option<(HeaderName, String)>,
}

impl GraphError {
    pub(crate) fn new(code: i64, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            subcode: None,
            message,
            is_transient: None,
            usage: None,
        }
    }

    pub(crate) fn subcode(mut self, subcode: i64) -> Self {
        self.subcode = Some(subcode);
        self
    }

    pub(crate) fn parameter(message: impl Into<String>) -> Self {
        Self::new(100, message)
    }

    pub(crate) fn version(version: &str) -> Self {
        Self::new(2500, format!("Unknown or retired Graph API version {version}"))
    }

    pub(crate) fn path(path: &str) -> Self {
        Self::new(2500, format!("Unknown path components: /{path}"))
    }

    pub(crate) fn missing_object(id: &str) -> Self {
        let message = format!(
            "Unsupported request. Object with ID '{id}' does not exist, cannot be loaded due to missing \
             permissions, or does not support this operation."
        );
        Self::new(100, message).subcode(33)
    }

    pub(crate) fn unreadable_token() -> Self {
        Self::new(190, "Invalid OAuth access token - Cannot parse access token")
    }

    pub(crate) fn expired_token() -> Self {
        Self::new(190, "Error validating access token: Session has expired. The current time is later.")
            .subcode(463)
    }

    pub(crate) fn invalid_token(invalid: &Invalid) -> Self {
        Self { subcode: invalid.subcode, ..Self::new(190, invalid.message.clone()) }
    }

    pub(crate) fn outside_window() -> Self {
        Self::new(10, "(#10) This message is sent outside of allowed window.").subcode(2_018_278)
    }

    pub(crate) fn no_matching_user() -> Self {
        Self::new(100, "(#100) No matching user found").subcode(2_018_001)
    }

    pub(crate) fn person_unavailable() -> Self {
        Self::new(551, "(#551) This person isn't available right now.").subcode(1_545_041)
    }

    fn type_name(&self) -> &'static str {
        if self.code == 100 && self.subcode == Some(33) { "GraphMethodException" } else { "OAuthException" }
    }
}

impl IntoResponse for GraphError {
    fn into_response(self) -> Response {
        let mut error = json!({
            "message": self.message,
            "type": self.type_name(),
            "code": self.code,
            "fbtrace_id": ids::fbtrace_id(),
        });
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = subcode.into();
        }
        if let Some(is_transient) = self.is_transient {
            error["is_transient"] = is_transient.into();
        }
        let mut response = (self.status, Json(json!({"error": error}))).into_response();
        if let Some((name, value)) = self.usage
            && let Ok(value) = HeaderValue::from_str(&value)
        {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// How Meta words a fault.
pub(super) fn refusal(shared: &Shared, fault: &Fault) -> Response {
    let error = match fault {
        Fault::ExpiredToken { subcode, message } => {
            let message = message
                .as_deref()
                .unwrap_or("Error validating access token: The session is no longer valid.");
            GraphError { subcode: *subcode, ..GraphError::new(190, message) }
        }
        Fault::OutsideWindow => GraphError::outside_window(),
        Fault::UserUnavailable => GraphError::person_unavailable(),
        Fault::RateLimit { code, regain_minutes } => {
            let business_id = shared.read(|world| world.app.business_id.clone());
            rate_limit(code.unwrap_or(613), *regain_minutes, &business_id)
        }
        Fault::GraphError { code, subcode, message, status, is_transient } => GraphError {
            status: status
                .and_then(|status| StatusCode::from_u16(status).ok())
                .unwrap_or(StatusCode::BAD_REQUEST),
            subcode: *subcode,
            is_transient: *is_transient,
            ..GraphError::new(
                *code,
                message.clone().unwrap_or_else(|| format!("(#{code}) An error of the simulator")),
            )
        },
        // The documented answer of a send that may have gone out all the same.
        Fault::ServerError { after_effect: true } => GraphError {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            ..GraphError::new(1, "Invalid JSON reply: the message may have been sent").subcode(1_357_046)
        },
        _ => GraphError {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            is_transient: Some(true),
            ..GraphError::new(2, "(#2) Service temporarily unavailable")
        },
    };
    error.into_response()
}

/// App and user limits show in one header, business use cases in another; only the latter says when to return.
fn rate_limit(code: i64, regain_minutes: Option<u32>, business_id: &str) -> GraphError {
    let usage = if matches!(code, 4 | 17 | 32) {
        let figures = json!({"call_count": 100, "total_cputime": 40, "total_time": 35});
        (HeaderName::from_static("x-app-usage"), figures.to_string())
    } else {
        let figures = json!({ business_id: [{
            "type": "messenger",
            "call_count": 100,
            "total_cputime": 40,
            "total_time": 35,
            "estimated_time_to_regain_access": regain_minutes.unwrap_or(1),
        }]});
        (HeaderName::from_static("x-business-use-case-usage"), figures.to_string())
    };
    let message = match code {
        4 => "(#4) Application request limit reached".to_owned(),
        code => format!("(#{code}) Calls to this api have exceeded the rate limit."),
    };
    GraphError { usage: Some(usage), ..GraphError::new(code, message) }
}
