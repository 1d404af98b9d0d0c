//! Signing in at the identity provider with e-mail and password.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    problem,
    session::{self, Session},
};
use crate::{
    clock::{SECOND_MS, machine_ms},
    shared::Shared,
};

#[derive(Deserialize)]
pub(super) struct Credentials {
    email: String,
    password: String,
}

pub(super) async fn log_in(
    State(shared): State<Arc<Shared>>,
    Json(credentials): Json<Credentials>,
) -> Response {
    let parameters = json!({"USERNAME": credentials.email.trim(), "PASSWORD": credentials.password});
    match initiate(&shared, "USER_PASSWORD_AUTH", &parameters).await {
        Ok(answer) => {
            let id = session::new_id();
            let session = session_from(&answer, credentials.email.trim(), None);
            let person = json!({"email": session.email, "groups": session.groups});
            shared.sessions.put(&id, session);
            ([(header::SET_COOKIE, session::cookie(&id))], Json(json!({"person": person}))).into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}

pub(super) async fn log_out(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if let Some(id) = session::id_from(&headers) {
        shared.sessions.remove(&id);
    }
    ([(header::SET_COOKIE, session::no_cookie())], StatusCode::NO_CONTENT).into_response()
}

/// A session whose token still lives for a minute; renewed with the refresh token if need be.
pub(super) async fn fresh(shared: &Shared, id: &str) -> Option<Session> {
    let session = shared.sessions.get(id)?;
    if session.expires_at_ms > machine_ms() + 60 * SECOND_MS {
        return Some(session);
    }
    let refresh_token = session.refresh_token.clone()?;
    let answer =
        initiate(shared, "REFRESH_TOKEN_AUTH", &json!({"REFRESH_TOKEN": refresh_token})).await.ok()?;
    let renewed = session_from(&answer, &session.email, Some(refresh_token));
    shared.sessions.put(id, renewed.clone());
    Some(renewed)
}

struct Refusal(StatusCode, &'static str, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        problem(self.0, self.1, &self.2)
    }
}

async fn initiate(shared: &Shared, flow: &str, parameters: &Value) -> Result<Value, Refusal> {
    let unreachable = |text: &str| Refusal(StatusCode::BAD_GATEWAY, "identity_unreachable", text.to_owned());
    let (endpoint, client_id) = shared.targets().cognito().ok_or_else(|| {
        unreachable("The sign-in service is not known yet: is the stack still being deployed?")
    })?;
    let request = json!({"AuthFlow": flow, "ClientId": client_id, "AuthParameters": parameters});
    let answer = shared
        .client
        .post(endpoint)
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", "AWSCognitoIdentityProviderService.InitiateAuth")
        .body(request.to_string())
        .send()
        .await
        .map_err(|_| unreachable("The sign-in service does not answer."))?;
    let accepted = answer.status().is_success();
    let answer: Value =
        answer.json().await.map_err(|_| unreachable("The sign-in service answered nonsense."))?;
    if accepted && answer["AuthenticationResult"]["IdToken"].is_string() {
        return Ok(answer["AuthenticationResult"].clone());
    }
    let reason = answer["ChallengeName"].as_str().or_else(|| answer["message"].as_str());
    let reason = reason.unwrap_or("Incorrect username or password.");
    Err(Refusal(StatusCode::UNAUTHORIZED, "sign_in_refused", reason.to_owned()))
}

fn session_from(answer: &Value, email: &str, refresh_token: Option<String>) -> Session {
    let id_token = answer["IdToken"].as_str().unwrap_or_default().to_owned();
    let lifetime_s = answer["ExpiresIn"].as_i64().unwrap_or(300);
    Session {
        email: email.to_owned(),
        groups: groups(&id_token),
        id_token,
        refresh_token: answer["RefreshToken"].as_str().map(ToOwned::to_owned).or(refresh_token),
        expires_at_ms: machine_ms() + lifetime_s * SECOND_MS,
    }
}

/// Only for what the page shows; the product checks the signature and decides.
fn groups(id_token: &str) -> Vec<String> {
    let payload = id_token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims: Value = payload.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    let groups = claims["cognito:groups"].as_array().cloned().unwrap_or_default();
    groups.iter().filter_map(|group| group.as_str().map(ToOwned::to_owned)).collect()
}
