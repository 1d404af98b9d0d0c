//! `GET /console/bell`: what needs the person: mentions that they have not read, and channels in trouble (NTF-1, AUT-12).

use jiff::Timestamp;
use madoguchi_domain::Act;
use maud::{Markup, html};
use serde::Deserialize;

use crate::error::{For as _, Paged};
use crate::pages::known::kind;
use crate::parts::{self, Icon, icon};
use crate::view::View;

/// The most mentions that are shown at once.
const SHOWN: usize = 20;

#[derive(Debug, Deserialize)]
struct Notices {
    items: Vec<Notice>,
}

#[derive(Debug, Deserialize)]
struct Notice {
    channel_id: String,
    channel_name: String,
    #[serde(default)]
    channel_kind: String,
    #[serde(default)]
    about: String,
    light: String,
    #[serde(default)]
    since: Option<Timestamp>,
    message: String,
    #[serde(default)]
    remedy: String,
}

#[derive(Debug, Deserialize)]
struct Mentions {
    items: Vec<Mention>,
    unread: usize,
}

#[derive(Debug, Deserialize)]
struct Mention {
    id: String,
    at: Timestamp,
    #[serde(default)]
    author_name: Option<String>,
    conversation_id: String,
    #[serde(default)]
    message_id: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    unread: bool,
}

pub(super) async fn show(view: View) -> Paged {
    let mentions = format!("/api/me/mentions?limit={SHOWN}");
    let (notices, mentions) =
        tokio::join!(view.get::<Notices>("/api/notices"), view.get::<Mentions>(&mentions));
    Ok(bell(&view, &notices.for_(&view)?.items, &mentions.for_(&view)?))
}

fn bell(view: &View, notices: &[Notice], mentions: &Mentions) -> Markup {
    let count = notices.len() + mentions.unread;
    let title = view.say("お知らせ", "Notices");
    let told = if count == 0 {
        title.to_owned()
    } else if view.is_japanese() {
        format!("{title}（{}件）", shown(count))
    } else {
        format!("{title} ({})", shown(count))
    };
    html! {
        details.menu-bell data-popover data-count=(count) {
            summary.icon-button title=(told) {
                (icon(if count == 0 { Icon::Bell } else { Icon::BellRing }))
                @if count > 0 { span.count aria-hidden="true" { (shown(count)) } }
                span.sr { (told) }
            }
            div.popover.popover-wide.bell {
                p.popover-title { (title) }
                @if notices.is_empty() && mentions.items.is_empty() {
                    p.popover-text.muted { (view.say("いま確認が必要なものはありません。", "Nothing needs you right now.")) }
                }
                @if !notices.is_empty() {
                    h3.bell-head { (view.say("チャンネルの問題", "Channels that need somebody")) }
                    ul { @for notice in notices { li { (trouble(view, notice)) } } }
                }
                @if !mentions.items.is_empty() {
                    (mentioned(view, mentions))
                }
            }
        }
    }
}

fn shown(count: usize) -> String {
    if count > 99 { "99+".to_owned() } else { count.to_string() }
}

fn trouble(view: &View, notice: &Notice) -> Markup {
    let tone = match notice.light.as_str() {
        "red" => "bad",
        "yellow" => "warning",
        _ => "info",
    };
    let words = html! {
        span.bell-sign.(tone) { (icon(if notice.about == "paused" { Icon::Hourglass } else { Icon::TriangleAlert })) }
        span.bell-words {
            span.bell-from {
                @if let Some(kind) = kind(&notice.channel_kind) { (parts::channel_badge(kind)) }
                strong dir="auto" { (notice.channel_name) }
                @if let Some(since) = notice.since { span.muted { (view.time(since)) } }
            }
            span { (notice.message) }
            @if !notice.remedy.is_empty() { span.muted { (notice.remedy) } }
        }
    };
    html! {
        @if view.may(Act::Administrate) {
            a.bell-item href=(format!("/console/settings/channels/{}", notice.channel_id)) { (words) }
        } @else {
            div.bell-item { (words) }
        }
    }
}

fn mentioned(view: &View, mentions: &Mentions) -> Markup {
    html! {
        div.bell-head {
            h3 { (view.say("あなたへのメンション", "Where you were mentioned")) }
            @if let Some(latest) = mentions.items.iter().find(|mention| mention.unread) {
                button.link type="button" data-call="POST /me/mentions/read" data-body=(serde_json::json!({ "through": latest.id }).to_string()) data-refresh="#bell" {
                    (view.say("すべて既読にする", "Mark all as read"))
                }
            }
        }
        ul {
            @for mention in &mentions.items {
                li data-unread=(mention.unread) {
                    a.bell-item href=(format!("/console/inbox/{}#message-{}", mention.conversation_id, mention.message_id)) {
                        span.bell-sign.info { (icon(Icon::AtSign)) }
                        span.bell-words {
                            span.bell-from {
                                strong dir="auto" { (mention.author_name.as_deref().unwrap_or(view.say("以前のメンバー", "A former colleague"))) }
                                span.muted { (view.ago(mention.at)) }
                                @if mention.unread { (parts::badge("info", view.say("未読", "Unread"))) }
                            }
                            @match &mention.text {
                                Some(text) => span.bell-text dir="auto" { (text) },
                                None => span.muted { (view.say("メモは削除されました。", "The note was deleted.")) },
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ntf_1_a_badge_never_grows_wide() {
        for (count, expected) in [(0, "0"), (7, "7"), (99, "99"), (100, "99+"), (4_000, "99+")] {
            assert_eq!(shown(count), expected);
        }
    }
}
