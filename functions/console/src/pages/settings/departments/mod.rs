//! Departments and the hours in which they answer (OPS-4).

mod editor;
mod holidays;
mod list;
mod preview;
mod week;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use jiff::Timestamp;

use crate::Console;
use crate::view::View;

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/settings/departments", get(list::show))
        .route("/console/settings/departments/preview", post(preview::show))
        .route("/console/settings/departments/{department}", get(editor::show))
}

/// Whether somebody answers now, and until or from when: `営業時間内です。18:00 まで`.
fn standing(view: &View, open: bool, changes_at: Option<Timestamp>) -> String {
    let when = changes_at.map(|at| view.moment(at));
    match (open, when) {
        (true, None) => view.say("いつでも営業時間内です", "Always open").to_owned(),
        (true, Some(when)) => view.say("営業時間内です。{} まで", "Open now, until {}").replace("{}", &when),
        (false, Some(when)) => {
            view.say("営業時間外です。{} から", "Closed now, opens {}").replace("{}", &when)
        }
        (false, None) => view.say("営業時間がありません", "Never open").to_owned(),
    }
}
