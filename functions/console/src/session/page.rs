//! Pages for whom nobody has let in. They have no script.

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, REFRESH, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use madoguchi_domain::Language;
use madoguchi_domain::session::Session;
use maud::{DOCTYPE, Markup, html};

use super::DoorError;
use super::issuer::IssuerError;
use crate::assets::address;
use crate::parts::{Icon, icon};
use crate::visitor::{Preferences, Visitor};

struct Reader(Preferences);

impl Reader {
    const fn say(&self, ja: &'static str, en: &'static str) -> &'static str {
        match self.0.language {
            Language::Ja => ja,
            Language::En => en,
        }
    }

    fn page(&self, status: StatusCode, shape: Icon, title: &str, content: &Markup) -> Response {
        let language = match self.0.language {
            Language::Ja => "ja",
            Language::En => "en",
        };
        let page = html! {
            (DOCTYPE)
            html lang=(language) data-theme=(self.0.theme.as_str()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) " · Madoguchi" }
                    link rel="icon" href=(address("img/icon.svg")) type="image/svg+xml";
                    link rel="stylesheet" href=(address("app.css"));
                }
                body data-kind="notice" {
                    main.empty { (icon(shape)) h1 { (title) } (content) }
                }
            }
        };
        let mut response = (status, page).into_response();
        let headers = response.headers_mut();
        let policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }
}

/// Nobody could be let in.
pub(super) fn failed(error: &DoorError, headers: &HeaderMap) -> Response {
    let reader = Reader(Preferences::of(headers));
    let (status, title, text) = match error {
        DoorError::UnknownLogin => (
            StatusCode::BAD_REQUEST,
            reader.say("サインインをやり直してください", "Please sign in again"),
            reader.say(
                "サインインの有効期限が切れたか、別のブラウザーで開始されました。",
                "The sign-in took too long, or was begun in another browser.",
            ),
        ),
        DoorError::Refused(_) | DoorError::Issuer(IssuerError::Refused { .. }) | DoorError::Token(_) => (
            StatusCode::FORBIDDEN,
            reader.say("サインインできませんでした", "You could not be signed in"),
            reader.say(
                "認証サービスがサインインを受け付けませんでした。もう一度お試しになり、続く場合は管理者にお知らせください。",
                "The sign-in service did not confirm who you are. Try again; if it stays so, tell an administrator.",
            ),
        ),
        DoorError::Issuer(_) | DoorError::Store(_) | DoorError::Randomness(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            reader.say("いまはサインインできません", "Signing in is not possible right now"),
            reader.say(
                "認証サービスに接続できません。少し待ってからもう一度お試しください。",
                "The sign-in service cannot be reached. Wait a moment and try again.",
            ),
        ),
    };
    if status == StatusCode::SERVICE_UNAVAILABLE {
        tracing::error!(%error, "Nobody could be let in");
    } else {
        tracing::warn!(%error, "Somebody was not let in");
    }
    reader.page(
        status,
        Icon::TriangleAlert,
        title,
        &html! {
            p { (text) }
            p { a.button.primary href="/console/sign-in" { (reader.say("サインインする", "Sign in")) } }
        },
    )
}

/// They are who they say, and may do nothing here.
pub(super) fn no_role(headers: &HeaderMap, session: &Session) -> Response {
    let reader = Reader(Preferences::of(headers));
    let name = Visitor::called(&session.claims);
    reader.page(
        StatusCode::FORBIDDEN,
        Icon::Lock,
        reader.say("利用する権限がありません", "You have no role here yet"),
        &html! {
            p { bdi { (name) } (reader.say(
                " さんは、まだどのグループにも入っていません。管理者に、オペレーターのグループへの追加を依頼してください。追加されたら、サインインし直してください。",
                " is in none of the groups that work here. Ask an administrator to add you to the operators, then sign in again.",
            )) }
            form method="post" action="/console/sign-out" {
                input type="hidden" name="csrf" value=(session.csrf);
                button.button.primary type="submit" { (reader.say("サインアウト", "Sign out")) }
            }
        },
    )
}

/// They are signed out here; `next` is where the issuer ends its own session.
pub(super) fn signed_out(headers: &HeaderMap, next: Option<&str>) -> Response {
    let reader = Reader(Preferences::of(headers));
    let title = reader.say("サインアウトしました", "You are signed out");
    let href = next.unwrap_or("/console");
    let mut response = reader.page(
        StatusCode::OK,
        Icon::CircleCheck,
        title,
        &html! { p { a.button.primary href=(href) { (reader.say("サインインする", "Sign in")) } } },
    );
    // Not a redirect: browsers let a form lead nowhere but where the page's policy says, and the issuer is elsewhere.
    if let Some(refresh) = next.and_then(|next| HeaderValue::from_str(&format!("0; url={next}")).ok()) {
        response.headers_mut().insert(REFRESH, refresh);
    }
    response
}
