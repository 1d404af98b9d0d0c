//! Settings: what administrators look after, and what is everybody's own.

mod api_clients;
mod audit;
mod blocked;
mod bots;
mod brands;
mod channels;
mod connect;
mod departments;
mod labels;
mod me;
mod organisation;
mod people;
mod profanity;
mod quarantine;
mod templates;
mod ticket_rules;
mod timers;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use madoguchi_domain::Act;
use maud::{Markup, html};

use crate::Console;
use crate::parts::{Icon, icon};
use crate::shell::{self, Place};
use crate::view::View;

pub(crate) use connect::way_back;

pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/settings", get(first))
        .merge(api_clients::routes())
        .merge(audit::routes())
        .merge(blocked::routes())
        .merge(bots::routes())
        .merge(brands::routes())
        .merge(channels::routes())
        .merge(connect::routes())
        .merge(departments::routes())
        .merge(labels::routes())
        .merge(me::routes())
        .merge(people::routes())
        .merge(profanity::routes())
        .merge(quarantine::routes())
        .merge(templates::routes())
        .merge(ticket_rules::routes())
        .merge(timers::routes())
        .merge(webhooks::routes())
}

async fn first(view: View) -> Redirect {
    let administrates = view.may(Act::Administrate);
    Redirect::to(if administrates { "/console/settings/channels" } else { "/console/settings/me" })
}

/// A page of the settings; `at` is the last part of its address.
pub(crate) fn page(view: &View, at: &str, title: &str, content: &Markup) -> Markup {
    shell::page(
        view,
        Place::Settings,
        title,
        &html! {
            div.settings {
                nav.settings-menu aria-label=(view.say("設定", "Settings")) {
                    @for (name, entries) in menu(view) {
                        @let shown: Vec<_> = entries.iter().filter(|entry| view.may(entry.act)).collect();
                        @if !shown.is_empty() {
                            h2 { (name) }
                            @for entry in shown {
                                a href=(format!("/console/settings/{}", entry.at)) aria-current=[(entry.at == at).then_some("page")] {
                                    (icon(entry.icon)) span { (entry.name) }
                                }
                            }
                        }
                    }
                }
                div.settings-page { (content) }
            }
        },
    )
}

struct Entry {
    at: &'static str,
    icon: Icon,
    name: &'static str,
    act: Act,
}

fn menu(view: &View) -> Vec<(&'static str, Vec<Entry>)> {
    let entry = |at, icon, ja, en, act| Entry { at, icon, name: view.say(ja, en), act };
    vec![
        (
            view.say("自分", "Own"),
            vec![entry(
                "me",
                Icon::User,
                "プロフィールと通知",
                "Profile and notifications",
                Act::ChangeOneself,
            )],
        ),
        (
            view.say("つながり", "Connections"),
            vec![
                entry("channels", Icon::Plug, "チャンネル", "Channels", Act::Administrate),
                entry("connect", Icon::PlugZap, "チャンネルを接続", "Connect a channel", Act::Authorize),
                entry("bots", Icon::Bot, "ボット", "Bots", Act::Administrate),
            ],
        ),
        (
            view.say("組織", "Organisation"),
            vec![
                entry("people", Icon::Users, "メンバー", "People", Act::Administrate),
                entry("brands", Icon::Store, "ブランド", "Brands", Act::Administrate),
                entry(
                    "departments",
                    Icon::Building2,
                    "部門と営業時間",
                    "Departments and hours",
                    Act::Administrate,
                ),
            ],
        ),
        (
            view.say("対応", "Answering"),
            vec![
                entry("timers", Icon::Timer, "タイマー", "Timers", Act::Administrate),
                entry("templates", Icon::FileText, "テンプレート", "Templates", Act::Answer),
                entry("labels", Icon::Tags, "ラベル", "Labels", Act::Answer),
                entry("profanity", Icon::ShieldAlert, "不適切な表現", "Offensive words", Act::Administrate),
                entry("blocked", Icon::Ban, "ブロック中", "Blocked contacts", Act::Read),
                entry("ticket-rules", Icon::Ticket, "チケット化", "Ticket rules", Act::Administrate),
            ],
        ),
        (
            view.say("システム", "System"),
            vec![
                entry("api", Icon::Code, "API クライアント", "API clients", Act::Administrate),
                entry("webhooks", Icon::Webhook, "Webhook", "Webhooks", Act::Administrate),
                entry("quarantine", Icon::Archive, "隔離", "Quarantine", Act::Replay),
                entry("audit", Icon::ScrollText, "監査ログ", "Audit log", Act::Audit),
            ],
        ),
    ]
}
