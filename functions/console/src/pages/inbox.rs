//! The inbox: sections, lists, and beside them the conversation that is open.

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
    Router::new().route("/console/inbox", get(show))
}

async fn show(view: View) -> Paged {
    let title = view.say("受信箱", "Inbox");
    Ok(page(&view, Place::Inbox, title, &empty(Icon::Inbox, title, &html! {})))
}
