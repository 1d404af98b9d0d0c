//! Reports (OPS-3).

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use maud::html;

use crate::Console;
use crate::error::Paged;
use crate::parts::{Icon, empty};
use crate::shell::{Place, page};
use crate::view::View;

pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/reports", get(show))
}

async fn show(view: View) -> Paged {
    let title = view.say("レポート", "Reports");
    Ok(page(&view, Place::Reports, title, &empty(Icon::Chart, title, &html! {})))
}
