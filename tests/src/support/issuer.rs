//! An identity provider (OpenID Connect): it signs whoever is named in, and can be made to sign what it should not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use madoguchi_domain::Span;
use madoguchi_runtime::{Clock, fingerprint};
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair, PublicKeyComponents};
use ring::signature::RSA_PKCS1_SHA256;
use serde_json::{Value, json};

use super::server::serve_with;

/// The console's id there.
pub const CLIENT_ID: &str = "console-client";
/// How long its tokens last.
pub const TOKEN_LASTS: Span = Span::from_hours(1);

/// Changes the header and the claims of a token before it is signed.
pub type Forge = fn(&mut Value, &mut Value);

/// The issuer and what it was asked. Clones share everything.
#[derive(Clone)]
pub struct Issuer {
    url: String,
    clock: Clock,
    state: Arc<Mutex<Inner>>,
}

struct Inner {
    /// What was agreed to: nonce, challenge and address of each code.
    codes: HashMap<String, (String, String, String)>,
    person: Value,
    forge: Option<Forge>,
    /// Whether tokens are signed with a key that nobody knows.
    other_key: bool,
    /// What the token endpoint answers in place of tokens.
    failing: Option<u16>,
    asked: Vec<(String, HashMap<String, String>, HeaderMap)>,
    given: usize,
}

impl Issuer {
    /// Starts one that signs an operator in.
    pub async fn start(clock: Clock) -> Self {
        let state = Arc::new(Mutex::new(Inner {
            codes: HashMap::new(),
            person: json!({ "sub": "operator-1", "name": "Hanako", "cognito:groups": ["operators"] }),
            forge: None,
            other_key: false,
            failing: None,
            asked: Vec::new(),
            given: 0,
        }));
        let mut issuer = None;
        serve_with(|url| {
            let made = Self { url: url.to_owned(), clock, state };
            issuer = Some(made.clone());
            Router::new()
                .route("/.well-known/openid-configuration", get(metadata))
                .route("/keys", get(keys))
                .route("/token", post(token))
                .route("/revoke", post(revoke))
                .with_state(made)
        })
        .await;
        issuer.unwrap()
    }

    /// Its name, below which its metadata is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whom it signs in from now on, as claims.
    pub fn signs_in(&self, person: Value) {
        self.inner().person = person;
    }

    /// Tokens are changed from now on.
    pub fn forges(&self, forge: Option<Forge>) {
        self.inner().forge = forge;
    }

    /// Tokens are signed with another key than the one that it publishes, or not any more.
    pub fn signs_with_another_key(&self, yes: bool) {
        self.inner().other_key = yes;
    }

    /// The token endpoint answers `status` from now on.
    pub fn fails(&self, status: Option<u16>) {
        self.inner().failing = status;
    }

    /// The person agrees to what the browser was sent off with; returns the code.
    pub fn agree(&self, asked: &HashMap<String, String>) -> String {
        let mut inner = self.inner();
        let code = format!("code-{}", inner.codes.len() + 1);
        let of = |name: &str| asked[name].clone();
        inner.codes.insert(code.clone(), (of("nonce"), of("code_challenge"), of("redirect_uri")));
        code
    }

    /// The forms that were posted to `path`, with their headers.
    pub fn asked(&self, path: &str) -> Vec<(HashMap<String, String>, HeaderMap)> {
        let asked = self.inner().asked.clone();
        asked.into_iter().filter(|(to, ..)| to == path).map(|(_, form, headers)| (form, headers)).collect()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.state.lock().unwrap()
    }

    fn token(&self, nonce: Option<&str>) -> String {
        let (now, inner) = (self.clock.now(), self.inner());
        let mut header = json!({ "alg": "RS256", "kid": "one", "typ": "JWT" });
        let mut claims = inner.person.clone();
        claims["iss"] = json!(self.url);
        claims["aud"] = json!(CLIENT_ID);
        claims["iat"] = json!(now.as_ms() / 1_000);
        claims["exp"] = json!((now + TOKEN_LASTS).as_ms() / 1_000);
        claims["jti"] = json!(format!("token-{}", inner.given));
        if let Some(nonce) = nonce {
            claims["nonce"] = json!(nonce);
        }
        if let Some(forge) = inner.forge {
            forge(&mut header, &mut claims);
        }
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let message = format!("{}.{}", part(&header), part(&claims));
        if header["alg"] == "none" {
            return format!("{message}.");
        }
        let key = key(inner.other_key);
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn key(other: bool) -> KeyPair {
    let bytes: &[u8] =
        if other { include_bytes!("keys/issuer-other.pk8") } else { include_bytes!("keys/issuer-one.pk8") };
    KeyPair::from_pkcs8(bytes).unwrap()
}

async fn metadata(State(issuer): State<Issuer>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", issuer.url);
    Json(json!({
        "issuer": issuer.url,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "jwks_uri": at("/keys"),
        "revocation_endpoint": at("/revoke"),
        "end_session_endpoint": at("/logout"),
    }))
}

async fn keys() -> Json<Value> {
    let public: PublicKeyComponents<Vec<u8>> = key(false).public().into();
    let (n, e) = (URL_SAFE_NO_PAD.encode(public.n), URL_SAFE_NO_PAD.encode(public.e));
    Json(json!({ "keys": [{ "kty": "RSA", "kid": "one", "use": "sig", "alg": "RS256", "n": n, "e": e }] }))
}

async fn revoke(
    State(issuer): State<Issuer>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> StatusCode {
    issuer.inner().asked.push(("/revoke".to_owned(), form, headers));
    StatusCode::OK
}

async fn token(
    State(issuer): State<Issuer>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let text = |name: &str| form.get(name).map_or("", String::as_str).to_owned();
    let failing = {
        let mut inner = issuer.inner();
        inner.asked.push(("/token".to_owned(), form.clone(), headers.clone()));
        inner.given += 1;
        inner.failing
    };
    if let Some(status) = failing {
        let status = StatusCode::from_u16(status).unwrap();
        return (status, Json(json!({ "error": "invalid_grant" }))).into_response();
    }
    let known = text("client_id") == CLIENT_ID || headers.contains_key("authorization");
    let nonce = match text("grant_type").as_str() {
        "authorization_code" => {
            let agreed = issuer.inner().codes.remove(&text("code"));
            let whole = agreed.filter(|(_, challenge, back)| {
                *challenge == fingerprint(&text("code_verifier")) && *back == text("redirect_uri")
            });
            whole.map(|(nonce, ..)| Some(nonce))
        }
        "refresh_token" => text("refresh_token").starts_with("refresh-").then_some(None),
        _ => None,
    };
    let Some(nonce) = nonce.filter(|_| known) else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    };
    let given = issuer.inner().given;
    Json(json!({
        "id_token": issuer.token(nonce.as_deref()),
        "access_token": "access-secret",
        "refresh_token": format!("refresh-{given}"),
        "token_type": "Bearer",
        "expires_in": 3_600,
    }))
    .into_response()
}
