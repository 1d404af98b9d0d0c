//! The person who logged in takes the app out of their Facebook account, or asks for their data to be deleted: Meta's
//! two callbacks with a `signed_request`.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{clock::SECOND_MS, params, shared::Shared, signing, state::TokenKind};

/// "The app was removed by its user" (code 190).
const APP_REMOVED: i64 = 458;

/// What the person takes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakenBack {
    /// Deauthorize callback.
    Login,
    /// Data deletion request callback.
    Data,
}

/// What is wrong with a request that is not Meta's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Forgery {
    /// Signed with another secret.
    Secret,
    /// The payload was exchanged behind the signature.
    Payload,
    /// Another algorithm is named, and nothing is signed.
    Algorithm,
    /// Not two parts.
    Shape,
}

/// One request.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Withdrawing {
    /// The person; the one who logged in by default.
    pub user_id: Option<String>,
    /// When it was made (Unix seconds); now by default.
    pub issued_at: Option<i64>,
    /// Not Meta's.
    pub forged: Option<Forgery>,
    /// The tokens live on, as if the request were an old one.
    pub keeps_tokens: bool,
}

/// The product's answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Withdrawn {
    /// What was sent.
    pub signed_request: String,
    /// The answer's status; `None` without one.
    pub status: Option<u16>,
    /// Its body as JSON, or null.
    pub body: Value,
}

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/control/messenger/withdraw", post(withdraw))
}

#[derive(Deserialize)]
struct Wanted {
    what: TakenBack,
    #[serde(flatten)]
    how: Withdrawing,
}

async fn withdraw(State(shared): State<Arc<Shared>>, Json(wanted): Json<Wanted>) -> Response {
    let withdrawn = send(&shared, wanted.what, &wanted.how).await;
    let status = if withdrawn.status.is_some() { StatusCode::OK } else { StatusCode::BAD_GATEWAY };
    (status, Json(withdrawn)).into_response()
}

/// Makes the request. Those of Meta's own come with the end of the person's tokens.
pub(crate) fn make(shared: &Shared, how: &Withdrawing) -> String {
    shared.change(|world| {
        let now = world.clock.now_ms() / SECOND_MS;
        let user = how.user_id.clone().unwrap_or_else(|| world.app.user_id.clone());
        let payload = |user: &str, algorithm: &str| {
            let issued_at = how.issued_at.unwrap_or(now);
            json!({"algorithm": algorithm, "issued_at": issued_at, "expires": issued_at + 3_600, "user_id": user})
                .to_string()
        };
        let (secret, good) = (world.app.secret.clone(), payload(&user, "HMAC-SHA256"));
        match how.forged {
            Some(Forgery::Secret) => signing::signed_request("a-different-secret", &good),
            Some(Forgery::Payload) => {
                let signed = signing::signed_request(&secret, &good);
                let tag = signed.split('.').next().unwrap_or_default();
                let other = signing::signed_request(&secret, &payload("9999999999999999", "HMAC-SHA256"));
                format!("{tag}.{}", other.split('.').nth(1).unwrap_or_default())
            }
            Some(Forgery::Algorithm) => {
                let signed = signing::signed_request(&secret, &payload(&user, "none"));
                format!(".{}", signed.split('.').nth(1).unwrap_or_default())
            }
            Some(Forgery::Shape) => "nonsense".to_owned(),
            None => {
                if user == world.app.user_id && !how.keeps_tokens {
                    let message = "The user has not authorized the application.";
                    let of_person = |token: &crate::state::Token| {
                        matches!(token.kind, TokenKind::User | TokenKind::Page { .. })
                    };
                    super::invalidate(world, of_person, Some(APP_REMOVED), Some(message));
                }
                signing::signed_request(&secret, &good)
            }
        }
    })
}

pub(crate) async fn send(shared: &Shared, what: TakenBack, how: &Withdrawing) -> Withdrawn {
    let signed_request = make(shared, how);
    let none = |signed_request| Withdrawn { signed_request, status: None, body: Value::Null };
    let Some(api) = shared.targets().api_base() else { return none(signed_request) };
    let path = match what {
        TakenBack::Login => "deauthorize",
        TakenBack::Data => "data-deletion",
    };
    let request = shared
        .client
        .post(format!("{api}/webhooks/messenger/{path}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("user-agent", "facebookexternalhit/1.1")
        .body(format!("signed_request={}", params::encode(&signed_request)));
    let Ok(response) = request.send().await else { return none(signed_request) };
    let status = Some(response.status().as_u16());
    let body = response.text().await.unwrap_or_default();
    Withdrawn { signed_request, status, body: serde_json::from_str(&body).unwrap_or_default() }
}
