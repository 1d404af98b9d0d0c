//! `GET` and `POST /notifications/unsubscribe/{token}`: switches e-mail of some kinds off, without signing in (RFC 8058). Only
//! the `POST` changes anything: mail programs follow links by themselves, to see what is there.

use axum::extract::State;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use madoguchi_domain::Language;
use madoguchi_domain::notify::name;
use madoguchi_runtime::unsubscribe::Unsubscribe;
use madoguchi_store::Saved;

use super::{NotificationsApi, SharedNotifications};
use crate::ApiError;
use crate::auth::language;
use crate::conversations::TRIES;
use crate::input::{InPath, PathId, is_visible_ascii};

const HEADERS: [(HeaderName, &str); 3] = [
    (CONTENT_TYPE, "text/html; charset=utf-8"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"),
    // The address holds the token.
    (REFERRER_POLICY, "no-referrer"),
];

/// What a link carries.
pub(super) struct Token(String);

impl PathId for Token {
    const PARAMETER: &'static str = "token";
    fn parse(text: &str) -> Option<Self> {
        is_visible_ascii(text, 1..=2_000).then(|| Self(text.to_owned()))
    }
    fn not_found() -> ApiError {
        ApiError::UnknownRoute
    }
}

/// The page that a link in an e-mail opens
///
/// Open to whoever has the link; it changes nothing. In Japanese or English, as `Accept-Language` asks.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/notifications/unsubscribe/{token}", operation_id = "askUnsubscribe", tag = "Notifications",
    responses((status = 200, description = "The page.", content_type = "text/html", body = String)),
))]
pub(super) async fn ask(
    State(api): SharedNotifications,
    InPath(Token(token)): InPath<Token>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let what = api.meant(&token).await?;
    let language = language(&headers);
    let (text, button) = match language {
        Language::Ja => ("次のメール通知を停止しますか。", "停止する"),
        Language::En => ("Stop these notifications by e-mail?", "Stop them"),
    };
    let form = format!("<form method=\"post\"><button type=\"submit\">{button}</button></form>");
    Ok(page(text, &what, &form, language))
}

/// Switch e-mail of some kinds off
///
/// As mail programs do by one click (RFC 8058). Doing it again changes nothing.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/notifications/unsubscribe/{token}", operation_id = "unsubscribe", tag = "Notifications",
    responses((
        status = 200, description = "It is switched off; a page says so.", content_type = "text/html", body = String,
    )),
))]
pub(super) async fn unsubscribe(
    State(api): SharedNotifications,
    InPath(Token(token)): InPath<Token>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let what = api.meant(&token).await?;
    api.switch_off(&what).await?;
    let language = language(&headers);
    let text = match language {
        Language::Ja => "次のメール通知を停止しました。通知設定でいつでも再開できます。",
        Language::En => {
            "These notifications by e-mail are switched off. The settings switch them on again at any time."
        }
    };
    Ok(page(text, &what, "", language))
}

impl NotificationsApi {
    async fn meant(&self, token: &str) -> Result<Unsubscribe, ApiError> {
        self.unsubscribe.read(token).await?.ok_or(ApiError::UnknownRoute)
    }

    async fn switch_off(&self, what: &Unsubscribe) -> Result<(), ApiError> {
        let directory = self.directory.by_function("notify-api");
        for _ in 0..TRIES {
            let mut settings = directory.notify_settings(&what.operator).await?;
            let mut changed = false;
            for kind in &what.kinds {
                changed |= settings.unsubscribe(*kind);
            }
            if !changed || directory.save_notify_settings(&settings).await? == Saved::Done {
                tracing::info!(operator.id = what.operator.0, changed, "An operator unsubscribed by a link");
                return Ok(());
            }
        }
        Err(ApiError::contended("the notification settings"))
    }
}

/// Nothing in it comes from anybody but us.
fn page(text: &str, what: &Unsubscribe, form: &str, language: Language) -> Response {
    let (code, title) = match language {
        Language::Ja => ("ja", "メール通知の停止"),
        Language::En => ("en", "Notifications by e-mail"),
    };
    let kinds: Vec<_> = what.kinds.iter().map(|kind| format!("<li>{}</li>", name(*kind, language))).collect();
    let kinds = kinds.concat();
    let html = format!(
        "<!doctype html><html lang=\"{code}\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title}</title><body style=\"font:1rem/1.6 system-ui,sans-serif;\
         max-width:36rem;margin:4rem auto;padding:0 1rem\"><h1 style=\"font-size:1.3rem\">{title}</h1>\
         <p>{text}</p><ul>{kinds}</ul>{form}</body></html>\n"
    );
    (HEADERS, html).into_response()
}
