//! `GET /console/availability`: the switch in the menu (ASG-2).

use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use crate::error::{For as _, Paged};
use crate::parts::{Icon, icon};
use crate::view::View;

/// Whether conversations can be given to the person.
#[derive(Debug, Deserialize)]
pub(crate) struct Duty {
    pub(crate) available: bool,
    #[serde(default)]
    pub(crate) capacity: Option<i64>,
    #[serde(default)]
    pub(crate) load: i64,
    #[serde(default)]
    pub(crate) since: Option<Timestamp>,
}

pub(super) async fn show(view: View) -> Paged {
    let duty: Duty = view.get("/api/me/availability").await.for_(&view)?;
    Ok(switch(&view, &duty))
}

fn switch(view: &View, duty: &Duty) -> Markup {
    let state =
        if duty.available { view.say("対応中", "Available") } else { view.say("離席中", "Away") };
    let name = view.say("割り当ての受付", "Taking conversations");
    html! {
        details.menu-duty data-popover data-available=(duty.available) {
            summary title=(format!("{name}: {state}")) {
                span.duty-sign { (icon(if duty.available { Icon::Headset } else { Icon::Coffee })) }
                span.duty-word { span.sr { (name) ": " } (state) }
            }
            div.popover.popover-wide {
                p.popover-title { (state) }
                @if let Some(since) = duty.since {
                    p.popover-text.muted { @if view.is_japanese() { (view.time(since)) "から" } @else { "since " (view.time(since)) } }
                }
                (load(view, duty))
                p.popover-text { (meaning(view, duty.available)) }
                @let next = serde_json::json!({ "available": !duty.available }).to_string();
                button.duty-switch type="button" data-call="PUT /me/availability" data-body=(next) data-refresh="#availability"
                    data-done=(if duty.available { view.say("離席中にしました", "You are away") } else { view.say("対応中にしました", "You are available") }) {
                    @if duty.available { (icon(Icon::Coffee)) (view.say("離席中にする", "Go away")) }
                    @else { (icon(Icon::Headset)) (view.say("対応中にする", "Become available")) }
                }
            }
        }
    }
}

fn load(view: &View, duty: &Duty) -> Markup {
    let label = view.say("担当中の会話", "Your open conversations");
    html! {
        p.popover-text.duty-load {
            span { (label) }
            strong { (duty.load) @if let Some(capacity) = duty.capacity { " / " (capacity) } }
        }
        @if let Some(capacity) = duty.capacity.filter(|capacity| *capacity > 0) {
            meter min="0" max=(capacity) value=(duty.load.min(capacity)) aria-label=(label) {}
        } @else if duty.capacity.is_none() {
            p.popover-text.muted { (view.say("上限はチャンネルの設定に従います。", "The limit is as each channel has it.")) }
        }
    }
}

const fn meaning(view: &View, available: bool) -> &'static str {
    if available {
        view.say(
            "離席中にすると、新しい会話は割り当てられません。担当中の会話はそのまま残り、お客様の返信も届きます。担当を外すには、会話ごとに引き継いでください。",
            "When you go away, no new conversations are given to you. Those that are yours stay yours, and customers' answers still reach you. Hand over each that somebody else shall take.",
        )
    } else {
        view.say(
            "いまは誰もあなたに会話を割り当てられません。対応中にすると、担当者を待っている会話がすぐに割り当てられることがあります。",
            "Nobody can give you conversations now. As soon as you become available, you may be given some that wait for somebody.",
        )
    }
}
