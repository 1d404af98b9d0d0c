//! `GET /console/signed-in`: the tab in which somebody has signed in again tells the others, and may be closed.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use maud::{Markup, html};

use crate::Console;
use crate::parts::{Icon, icon};
use crate::shell::document;
use crate::view::View;

pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/signed-in", get(show))
}

async fn show(view: View) -> Markup {
    let title = view.say("サインインしました", "You are signed in");
    document(
        &view,
        title,
        "notice",
        &html! {
            main.empty #main tabindex="-1" {
                (icon(Icon::CircleCheck))
                h1 { (title) }
                p { (view.say("元のタブで作業を続けられます。このタブは閉じてかまいません。", "Go on in your other tab. You may close this one.")) }
                p { a.button href="/console" { (view.say("ここで受信箱を開く", "Open the inbox here")) } }
            }
        },
    )
}
