//! A page that cannot be shown, and what there is instead.

use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::backend::Refusal;
use crate::parts::{self, Icon};
use crate::view::View;

/// A page, or a part of one, that could not be made.
pub(crate) struct PageError {
    view: Box<View>,
    refusal: Refusal,
}

/// What a page is.
pub(crate) type Paged = Result<Markup, PageError>;

/// Tells for whom an error is.
pub(crate) trait For<T> {
    /// The error as a page for whom `view` is.
    fn for_(self, view: &View) -> Result<T, PageError>;
}

impl<T> For<T> for Result<T, Refusal> {
    fn for_(self, view: &View) -> Result<T, PageError> {
        self.map_err(|refusal| PageError { view: Box::new(view.clone()), refusal })
    }
}

impl PageError {
    /// There is no such page.
    pub(crate) fn no_page(view: &View) -> Self {
        let refusal = Refusal {
            status: StatusCode::NOT_FOUND,
            id: "page_not_found".to_owned(),
            message: view.say("ページが見つかりません。", "There is no such page.").to_owned(),
            request_id: String::new(),
        };
        Self { view: Box::new(view.clone()), refusal }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let Self { view, refusal } = self;
        let message = if refusal.message.is_empty() {
            view.say(
                "サーバーから応答がありません。少し待ってからもう一度お試しください。",
                "The server did not answer. Wait a moment and try again.",
            )
        } else {
            &refusal.message
        };
        let body = html! {
            div.empty role="alert" {
                (parts::icon(Icon::TriangleAlert))
                h2 { (message) }
                @if !refusal.request_id.is_empty() && refusal.request_id != "-" {
                    p.muted { (view.say("お問い合わせ番号", "Reference")) " " code { (refusal.request_id) } }
                }
                p { a.button href=(view.path) { (view.say("もう一度試す", "Try again")) } }
            }
        };
        let mut response = if view.part {
            (refusal.status, body).into_response()
        } else {
            (refusal.status, crate::shell::page(&view, crate::shell::Place::Nowhere, message, &body))
                .into_response()
        };
        if let Ok(id) = HeaderValue::from_str(&refusal.id) {
            response.headers_mut().insert("x-error", id);
        }
        response
    }
}
