//! `/console/settings/channels`: every channel, and at one glance how it is.

use axum::extract::Path;
use maud::{Markup, html};

use super::data::{Channel, Health, Quota, Tally};
use super::frame::{kind, picture, status};
use super::health::lamp;
use crate::error::{For as _, Paged};
use crate::parts::{Icon, badge, banner, empty, heading, icon};
use crate::view::View;

pub(super) async fn show(view: View) -> Paged {
    let channels = Channel::all(&view).await.for_(&view)?;
    let title = view.say("チャンネル", "Channels");
    let (deleted, kept): (Vec<_>, Vec<_>) = channels.iter().partition(|channel| channel.is_deleted());
    let held: Vec<_> = kept.iter().filter(|channel| channel.is_held()).collect();
    let connect = html! {
        a.button.primary href="/console/settings/connect" { (icon(Icon::Plus)) (view.say("チャンネルを接続", "Connect a channel")) }
    };
    let content = html! {
        (heading(title, view.say("お客様とやりとりするアカウントです。状態は自動で確認されます。", "The accounts on which customers reach you. Their state is checked by itself."), &connect))
        @if !held.is_empty() { (troubled(&view, &held)) }
        @if kept.is_empty() {
            (empty(Icon::Plug, view.say("チャンネルがまだありません", "There is no channel yet"), &html! {
                p { (view.say("Messenger・LINE・WhatsApp・SMS のアカウントを接続すると、お客様のメッセージが受信箱に届きます。", "Connect an account of Messenger, LINE, WhatsApp or SMS, and what customers write arrives in the inbox.")) }
                (connect)
            }))
        } @else {
            ul.channel-list {
                @for channel in &kept { li.card { (whole(&view, channel)) } }
            }
        }
        @if !deleted.is_empty() {
            details.deleted-ones {
                summary { (view.say("削除したチャンネル", "Deleted channels")) " " span.muted { (deleted.len()) } }
                ul.channel-list {
                    @for channel in &deleted { li.card { (whole(&view, channel)) } }
                }
            }
        }
    };
    Ok(super::super::page(&view, "channels", title, &html! { div.connections { (content) } }))
}

fn troubled(view: &View, held: &[&&Channel]) -> Markup {
    banner(
        "bad",
        &html! {
            p { strong { (view.say("再認証が必要なチャンネルがあります。返信は待機しています。", "Some channels need re-authorization. Their replies wait.")) } }
            ul.held-ones {
                @for channel in held {
                    li {
                        a href=(format!("/console/settings/channels/{}/access", channel.id)) { (channel.name) }
                        @if let Some((message, _)) = channel.trouble(view) { " — " (message) }
                    }
                }
            }
        },
    )
}

/// One channel of the list. How it is comes in after it, since that is asked for channel by channel.
fn whole(view: &View, channel: &Channel) -> Markup {
    let base = format!("/console/settings/channels/{}", channel.id);
    html! {
        div.channel-head {
            (picture(channel))
            div.channel-title {
                h2 { a href=(base) dir="auto" { (channel.name) } }
                p { (kind(channel)) }
            }
            (status(view, channel))
        }
        @if let Some(since) = channel.status.since {
            p.muted { @if channel.is_deleted() { (view.say("削除: ", "Deleted ")) } @else { (view.say("停止: ", "Off since ")) } (view.time(since)) }
        }
        @if channel.is_on() {
            div.channel-facts hx-get=(format!("{base}/card")) hx-trigger="load, every 60s" hx-swap="morph:innerHTML" {
                p.muted { (view.say("状態を確認しています…", "Looking how it is …")) }
            }
        }
    }
}

/// `/console/settings/channels/{id}/card`: how one is, for the list.
pub(super) async fn card(view: View, Path(id): Path<String>) -> Paged {
    let path = format!("/api/channels/{id}/health");
    let (channel, health) = tokio::join!(Channel::read(&view, &id), view.get::<Health>(&path));
    let (channel, health) = (channel.for_(&view)?, health.for_(&view)?);
    let worst = health.points.iter().find(|point| point.light == health.light && point.light != "green");
    Ok(html! {
        @match worst {
            Some(point) => {
                p.finding { (lamp(&view, &point.light)) span { (point.message) @if let Some(remedy) = &point.remedy { " " span.muted { (remedy) } } } }
            }
            None => p.finding { (lamp(&view, &health.light)) span { (view.say("問題はありません。", "All is well.")) } },
        }
        dl.facts {
            dt { (view.say("最後の受信", "Last received")) }
            dd { (ago(&view, health.last_received_at)) }
            dt { (view.say("最後の送信", "Last accepted reply")) }
            dd { (ago(&view, health.replies.last_accepted_at)) }
            dt { (view.say("送信エラー率（24時間）", "Errors in 24 hours")) }
            dd { (rate(&view, &health.replies.last_24_hours)) }
            @if health.replies_waiting.count > 0 {
                dt { (view.say("送信待ち", "Waiting replies")) }
                dd { (health.replies_waiting.count) }
            }
        }
        @if let Some(quota) = &channel.quota { (meter(&view, quota)) }
        @if channel.is_held() {
            p { a.button.small href=(format!("/console/settings/channels/{id}/access")) { (icon(Icon::KeyRound)) (view.say("再認証する", "Re-authorize")) } }
        }
    })
}

/// How long ago something happened, if it did.
pub(super) fn ago(view: &View, at: Option<jiff::Timestamp>) -> Markup {
    match at {
        Some(at) if view.is_japanese() => html! { (view.ago(at)) "前" },
        Some(at) => html! { (view.ago(at)) " ago" },
        None => html! { span.muted { (view.say("まだありません", "Not yet")) } },
    }
}

/// What part of the replies went wrong.
pub(super) fn rate(view: &View, tally: &Tally) -> Markup {
    let wrong = tally.refused + tally.unconfirmed;
    let all = tally.accepted + wrong;
    match tally.error_rate {
        Some(rate) => {
            let tone = if rate >= 0.1 && all >= 10 { "bad" } else { "neutral" };
            html! { (badge(tone, &format!("{:.1}%", rate * 100.0))) " " span.muted { (wrong) " / " (all) } }
        }
        None => html! { span.muted { (view.say("送信なし", "No replies")) } },
    }
}

/// The month's messages of a LINE account.
pub(super) fn meter(view: &View, quota: &Quota) -> Markup {
    let Some(limit) = quota.limit else {
        return html! {
            p.quota-words { (view.say("今月の送信数: ", "Messages this month: ")) (quota.used) " " span.muted { (view.say("（上限なし）", "(no limit)")) } }
        };
    };
    let name = view.say("今月のLINEメッセージ通数", "LINE messages of this month");
    html! {
        div.quota {
            p.quota-words {
                span { (name) } " " strong { (quota.used) " / " (limit) }
                @match quota.level.as_str() {
                    "exhausted" => { " " (badge("bad", view.say("上限に達しました", "Used up"))) }
                    "low" => { " " (badge("warning", view.say("残りわずか", "Running low"))) }
                    _ => {}
                }
            }
            progress.(quota.level) max=(limit.max(1)) value=(quota.used.min(limit)) aria-label=(name) {}
            p.hint { (view.say("1時間ごとに更新。最終: ", "Read every hour, last ")) (view.time(quota.read_at)) }
        }
    }
}
