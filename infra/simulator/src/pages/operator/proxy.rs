//! Passes the page's calls on to the product's API, with the operator's token.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{login, problem, session};
use crate::shared::Shared;

/// The first call after a deployment starts a function, which takes its time on a small machine.
const PATIENCE: Duration = Duration::from_secs(29);

pub(super) async fn forward(
    State(shared): State<Arc<Shared>>,
    Path(path): Path<String>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(session) = signed_in(&shared, &headers).await else {
        return problem(StatusCode::UNAUTHORIZED, "signed_out", "Please sign in.");
    };
    let Some(base) = shared.targets().api_base() else {
        return problem(StatusCode::BAD_GATEWAY, "api_unknown", "The product's address is not known yet.");
    };
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    let mut request = shared
        .client
        .request(method, format!("{base}/api/{path}{query}"))
        .timeout(PATIENCE)
        .bearer_auth(session.id_token);
    for name in ["accept-language", "content-type", "idempotency-key"] {
        if let Some(value) = headers.get(name) {
            request = request.header(name, value);
        }
    }
    match request.body(body).send().await {
        Ok(answer) => {
            let status = answer.status();
            let body = answer.bytes().await.unwrap_or_default();
            (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
        Err(_) => problem(StatusCode::BAD_GATEWAY, "api_unreachable", "The product's API does not answer."),
    }
}

async fn signed_in(shared: &Shared, headers: &HeaderMap) -> Option<session::Session> {
    login::fresh(shared, &session::id_from(headers)?).await
}
