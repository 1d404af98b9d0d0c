//! What API Gateway hands over, as far as it is looked at, and what it is answered.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// One event of a WebSocket API.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    pub(crate) request_context: Context,
    #[serde(default)]
    query_string_parameters: Option<HashMap<String, String>>,
    #[serde(default)]
    pub(crate) body: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Context {
    pub(crate) connection_id: String,
    #[serde(default)]
    event_type: String,
}

pub(crate) enum Route {
    Connect,
    Disconnect,
    Message,
}

impl Event {
    pub(crate) fn route(&self) -> Route {
        match self.request_context.event_type.as_str() {
            "CONNECT" => Route::Connect,
            "DISCONNECT" => Route::Disconnect,
            _ => Route::Message,
        }
    }

    pub(crate) fn ticket(&self) -> Option<&str> {
        self.query_string_parameters.as_ref()?.get("ticket").map(String::as_str)
    }
}

/// What API Gateway is answered. Only that of a connect matters: anything but 200 refuses it. What clients are answered
/// travels the other way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    status_code: u16,
}

impl Answer {
    pub(crate) const OK: Self = Self { status_code: 200 };
    pub(crate) const REFUSED: Self = Self { status_code: 401 };
    pub(crate) const TOO_MANY: Self = Self { status_code: 429 };

    /// Whether a connect is let in.
    pub const fn is_ok(self) -> bool {
        self.status_code == 200
    }
}
