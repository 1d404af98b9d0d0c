//! Timers: what happens to conversations by itself, told in sentences (TMR-1 to TMR-11).

mod above;
mod editor;
mod overview;
mod preview;
mod sentence;
mod story;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::organisation::{Timers, lasting};
use crate::Console;
use crate::view::View;

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/settings/timers", get(overview::show))
        .route("/console/settings/timers/preview", post(preview::show))
        .route("/console/settings/timers/channel/{channel}", get(editor::channel))
        .route("/console/settings/timers/brand/{brand}", get(editor::brand))
        .route("/console/settings/timers/department/{department}", get(editor::department))
}

/// What a brand or department gives to its channels, in a line.
pub(super) fn given(view: &View, timers: &Timers) -> String {
    let all = [
        (timers.unanswered_close_after_minutes, view.say("未対応", "unanswered")),
        (timers.idle_close_after_minutes, view.say("やりとりなし", "silence")),
        (timers.bot_close_after_minutes, view.say("ボット", "bot")),
    ];
    let told: Vec<_> = all
        .into_iter()
        .filter_map(|(minutes, name)| Some(format!("{name} {}", lasting(view, minutes?))))
        .collect();
    if told.is_empty() {
        return view.say("共通のタイマーはありません", "No timers in common").to_owned();
    }
    told.join(" · ")
}
