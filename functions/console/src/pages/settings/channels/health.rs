//! How one channel is, point by point; renews itself.

use axum::extract::Path;
use maud::{Markup, html};

use super::data::{Channel, Finding, Health};
use super::frame::held;
use super::list::{ago, meter, rate};
use crate::error::{For as _, Paged};
use crate::parts::{Icon, banner, sign};
use crate::view::View;

/// `/console/settings/channels/{id}/health`: the part that the overview loads.
pub(super) async fn part(view: View, Path(id): Path<String>) -> Paged {
    let path = format!("/api/channels/{id}/health");
    let (channel, health) = tokio::join!(Channel::read(&view, &id), view.get::<Health>(&path));
    Ok(points(&view, &channel.for_(&view)?, &health.for_(&view)?))
}

pub(super) fn points(view: &View, channel: &Channel, health: &Health) -> Markup {
    html! {
        (held(view, channel))
        @if let Some(until) = channel.paused_until.filter(|until| *until > view.now) {
            (banner("warning", &html! {
                (view.say("プロバイダーの求めで送信を休止しています。自動で再開します。あと ", "The provider asked us to wait. Sending goes on by itself in ")) (view.until(until))
            }))
        }
        ul.findings {
            @for point in &health.points { (finding(view, point)) }
        }
        p.hint {
            @match health.credential.checked_at {
                Some(at) => { (view.say("最終確認: ", "Last checked ")) (view.time(at)) }
                None => (view.say("まだ確認されていません。", "Not checked yet.")),
            }
            @if let Some(next) = health.credential.next_check_at.filter(|next| *next > view.now) {
                " · " (view.say("次の確認まで ", "next check in ")) (view.until(next))
            }
        }
        h3 { (view.say("送受信", "Messages")) }
        dl.facts {
            dt { (view.say("最後の受信", "Last received")) }
            dd { (ago(view, health.last_received_at)) }
            dt { (view.say("最後の送信（受理済み）", "Last accepted reply")) }
            dd { (ago(view, health.replies.last_accepted_at)) }
            dt { (view.say("エラー率（1時間）", "Errors in the last hour")) }
            dd { (rate(view, &health.replies.last_hour)) }
            dt { (view.say("エラー率（24時間）", "Errors in 24 hours")) }
            dd {
                (rate(view, &health.replies.last_24_hours))
                @let own = health.replies.last_24_hours.refused_for_customer;
                @if own > 0 {
                    " " span.muted { "(" (view.say("お客様側の理由: ", "because of the customer: ")) (own) ")" }
                }
            }
            dt { (view.say("送信待ち", "Waiting replies")) }
            dd {
                (health.replies_waiting.count)
                @if let Some(oldest) = health.replies_waiting.oldest_at {
                    " " span.muted { (view.say("最も古いもの: ", "the oldest: ")) (ago(view, Some(oldest))) }
                }
            }
        }
        @if let Some(quota) = &channel.quota { (meter(view, quota)) }
    }
}

fn finding(view: &View, point: &Finding) -> Markup {
    html! {
        li.finding {
            (lamp(view, &point.light))
            div {
                strong { (name(view, &point.point)) }
                p { (point.message) }
                @if let Some(remedy) = &point.remedy { p.what-to-do { (view.say("対処: ", "What to do: ")) (remedy) } }
            }
        }
    }
}

/// A light, told by shape and colour.
pub(super) fn lamp(view: &View, light: &str) -> Markup {
    let (shape, meaning) = match light {
        "green" => (Icon::CircleCheck, view.say("正常", "Good")),
        "yellow" => (Icon::TriangleAlert, view.say("注意", "Mind this")),
        "red" => (Icon::CircleX, view.say("異常", "Broken")),
        _ => (Icon::Circle, view.say("情報なし", "Nothing to tell")),
    };
    html! { span.lamp.(light) { (sign(shape, meaning)) } }
}

/// What was looked at.
fn name<'a>(view: &View, point: &'a str) -> &'a str {
    match point {
        "credential" => view.say("認証情報", "Credential"),
        "receiving" => view.say("受信", "Receiving"),
        "subscription" => view.say("Webhook の登録", "Subscription"),
        "sending" => view.say("送信", "Sending"),
        "replies" => view.say("返信の結果", "Replies"),
        "waiting" => view.say("送信待ち", "Waiting replies"),
        "quota" => view.say("通数", "Quota"),
        "account" => view.say("アカウントの設定", "Account"),
        other => other,
    }
}
