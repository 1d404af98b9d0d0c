//! `POST /console/settings/timers/preview`: the sentences and the example for what is typed and not yet saved.

use axum::Json;
use axum::extract::Query;
use madoguchi_domain::ChannelKind;
use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use super::super::organisation::{Settings, Timers};
use super::above::{Above, Which};
use super::{sentence, story};
use crate::error::Paged;
use crate::view::View;

/// For what the timers are, as previews are asked.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Place {
    /// A channel's kind; none of brands and departments.
    pub(super) kind: Option<ChannelKind>,
}

/// What a form would send.
#[derive(Deserialize)]
pub(super) struct Draft {
    timers: Option<Timers>,
    #[serde(flatten)]
    settings: Settings,
}

pub(super) async fn show(
    view: View,
    Query(place): Query<Place>,
    Query(above): Query<Above>,
    Json(draft): Json<Draft>,
) -> Paged {
    let settings = draft.timers.map_or(draft.settings, Settings::from);
    Ok(sentences(&view, place.kind, &settings, &above))
}

/// Every sentence under its id, and the example.
fn sentences(view: &View, kind: Option<ChannelKind>, settings: &Settings, above: &Above) -> Markup {
    html! {
        @for id in ["unanswered", "idle", "bot", "warning", "farewell", "pause", "reminder", "hand-over"] {
            (say(view, id, kind, settings, above))
        }
        (story::story(view, kind, settings, above))
    }
}

/// The sentence called `id`.
pub(super) fn say(
    view: &View,
    id: &str,
    kind: Option<ChannelKind>,
    settings: &Settings,
    above: &Above,
) -> Markup {
    let own = kind.is_some().then_some(settings);
    let timer = |which| above.effective(settings, which);
    let words = match id {
        "unanswered" => html! {
            (sentence::unanswered(view, &timer(Which::Unanswered), own)) (sentence::too_long(view, kind, &timer(Which::Unanswered)))
        },
        "idle" => sentence::idle(view, &timer(Which::Idle), own),
        "bot" => sentence::bot(view, &timer(Which::Bot)),
        "warning" => sentence::warning(view, &timer(Which::Idle), settings),
        "farewell" => sentence::farewell(view, settings),
        "pause" => sentence::pause(view, settings),
        "reminder" => sentence::reminder(view, settings),
        _ => sentence::hand_over(view, settings),
    };
    html! { p.sentence id=(format!("say-{id}")) { (words) } }
}
