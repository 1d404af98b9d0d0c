//! One row of the list: whose conversation it is, what was said last, how long it has waited, and what can be done with it.

use jiff::Timestamp;
use madoguchi_domain::ChannelKind;
use maud::{Markup, html};

use super::asked::Asked;
use super::listed::Listed;
use super::names::{Label, Names};
use crate::parts::{Icon, avatar, channel_badge, icon, initials, sign};
use crate::view::View;

/// Below this a window's end is a warning.
const SOON_S: i64 = 2 * 60 * 60;
/// So many labels are shown by name.
const LABELS_SHOWN: usize = 2;

/// What rows are made with.
pub(crate) struct Rows<'a> {
    pub(crate) view: &'a View,
    pub(crate) names: &'a Names,
    pub(crate) asked: &'a Asked,
    /// The conversation that is open beside the list.
    pub(crate) open: Option<&'a str>,
}

impl Rows<'_> {
    /// The row of `one`.
    pub(crate) fn row(&self, one: &Listed) -> Markup {
        let name = name(self.view, one);
        let href = self.asked.address_of(&one.id);
        let is_open = self.open == Some(one.id.as_str());
        html! {
            li.chat.unread[one.unread > 0] id=(format!("row-{}", one.id)) data-id=(one.id) data-version=(one.version)
                data-order=(one.order(self.asked.sort())) data-status=(one.status)
                data-assignee=[one.assignee_id.as_deref()] data-mode=(one.mode) data-done[one.done] data-snoozed[one.snooze.is_some()]
                data-unreplied[one.unreplied] {
                span.row-face { (avatar(&name, one.contact.picture_url.as_deref())) (badge_of(&one.channel_kind)) }
                div.row-head {
                    a.row-name href=(href) dir="auto" aria-current=[is_open.then_some("true")] { (name) }
                    @if one.is_group() { (sign(Icon::Users, self.group_name(&one.kind))) }
                    @if one.contact.blocked.is_some() { (sign(Icon::Ban, self.view.say("ブロック中", "Blocked"))) }
                    @if let Some(at) = one.last_activity_at.or(one.sorted_at) { span.row-time { (self.view.time(at)) } }
                }
                div.row-middle {
                    (self.preview(one))
                    @if one.unread > 0 {
                        span.count { (one.unread) span.sr { (self.view.say("件の未読", " unread")) } }
                    }
                }
                div.row-marks {
                    @if let Some(channel) = self.names.telling(&one.channel_id) { span.mark.plain { (channel) } }
                    (self.waiting(one))
                    (self.window(one))
                    (self.deadline(one))
                    (self.state(one))
                    @for problem in &one.problems {
                        span.mark.bad title=(problem.remedy) { (icon(Icon::TriangleAlert)) (problem.message) }
                    }
                    (self.labels(one))
                    (self.assignee(one))
                }
                (self.acts(one, &name))
            }
        }
    }

    fn preview(&self, one: &Listed) -> Markup {
        match one.preview.as_deref() {
            None => {
                html! { p.row-preview.muted { (self.view.say("まだメッセージはありません", "Nothing was said yet")) } }
            }
            Some(text) if one.preview_offensive => html! {
                div.row-preview.veiled {
                    button.unveil type="button" data-unveil {
                        (icon(Icon::EyeOff)) (self.view.say("不適切な表現を含みます（表示）", "Offensive words (show)"))
                    }
                    span dir="auto" hidden { (text) }
                }
            },
            Some(text) => html! { p.row-preview dir="auto" { (text) } },
        }
    }

    fn waiting(&self, one: &Listed) -> Markup {
        let Some(since) = one.waiting_since.filter(|_| one.is_open()) else { return html! {} };
        html! {
            span.mark.waiting title=(self.view.say("お客様の待ち時間", "How long the customer waits")) {
                (icon(Icon::Hourglass)) span.sr { (self.view.say("待ち時間", "Waiting")) " " } (self.view.ago(since))
            }
        }
    }

    /// How long one may still answer, by the provider's rules.
    fn window(&self, one: &Listed) -> Markup {
        if !one.is_open() {
            return html! {};
        }
        let say = |ja, en| self.view.say(ja, en);
        match (one.window.kind.as_str(), one.window.until) {
            ("standard" | "extended", Some(until)) => {
                let tone = if self.is_soon(until) { "warning" } else { "plain" };
                html! {
                    span.mark.(tone) data-window title=(say("返信できる残り時間", "Time left to answer")) {
                        (icon(Icon::Clock)) span.sr { (say("返信できる残り時間", "Time left to answer")) " " } (self.view.until(until))
                    }
                }
            }
            ("template_only", _) => html! {
                span.mark.warning title=(say("24時間が過ぎたため、承認済みテンプレートのみ送信できます", "24 hours are over: only an approved template goes out")) {
                    (icon(Icon::FileText)) (say("テンプレートのみ", "Template only"))
                }
            },
            ("none", _) => html! {
                span.mark.bad title=(say("返信できる期間が過ぎています", "The time to answer is over")) {
                    (icon(Icon::Lock)) (say("返信不可", "No reply"))
                }
            },
            _ => html! {},
        }
    }

    fn is_soon(&self, at: Timestamp) -> bool {
        at.as_second() - self.view.now.as_second() < SOON_S
    }

    /// What will happen by itself.
    fn deadline(&self, one: &Listed) -> Markup {
        let Some(deadline) = &one.deadline else { return html! {} };
        let say = |ja, en| self.view.say(ja, en);
        let (shape, meaning) = match deadline.kind.as_str() {
            "unanswered" | "idle" | "reply_limit" | "bot_timer" => {
                (Icon::Timer, say("自動で完了するまで", "Closes by itself in"))
            }
            // Its own mark tells this one.
            "snooze" => return html! {},
            "window_reminder" => (Icon::BellRing, say("返信期限のお知らせまで", "Customer is reminded in")),
            "idle_warning" => (Icon::BellRing, say("自動完了の予告まで", "Customer is warned in")),
            "mode" => (Icon::Bot, say("ボット・担当者の切り替えまで", "Bot or people change in")),
            _ => (Icon::Timer, say("次の自動処理まで", "Something happens in")),
        };
        let tone = if self.is_soon(deadline.due_at) { "warning" } else { "plain" };
        html! {
            span.mark.(tone) title=(meaning) { (icon(shape)) span.sr { (meaning) " " } (self.view.until(deadline.due_at)) }
        }
    }

    fn state(&self, one: &Listed) -> Markup {
        let say = |ja, en| self.view.say(ja, en);
        html! {
            @if one.mode == "bot" && one.is_open() { span.mark.info { (icon(Icon::Bot)) (say("ボット対応", "Bot")) } }
            @if let Some(snooze) = &one.snooze {
                span.mark.info title=(say("保留（スヌーズ）中", "Snoozed")) {
                    (icon(Icon::AlarmClock))
                    @match snooze.until {
                        Some(until) => { span.sr { (say("保留", "Snoozed until")) " " } (self.view.time(until)) }
                        None => (say("お客様の返信まで", "Until the customer writes")),
                    }
                }
            }
            @if one.done && one.is_open() { span.mark.good { (icon(Icon::Check)) (say("対応完了", "Done")) } }
            @if one.status == "closed" {
                span.mark.plain { (icon(Icon::Archive)) (close_reason(self.view, one.close_reason.as_deref())) }
            }
        }
    }

    fn labels(&self, one: &Listed) -> Markup {
        let labels: Vec<&Label> = one.labels.iter().filter_map(|id| self.names.label(id)).collect();
        let rest = labels.len().saturating_sub(LABELS_SHOWN);
        let names: Vec<&str> = labels.iter().map(|label| label.name.as_str()).collect();
        html! {
            @for label in labels.iter().take(LABELS_SHOWN) { (label_mark(label)) }
            @if rest > 0 { span.mark.plain title=(names.join(", ")) { "+" (rest) } }
        }
    }

    fn assignee(&self, one: &Listed) -> Markup {
        let Some(id) = one.assignee_id.as_deref() else { return html! {} };
        let is_me = id == self.view.visitor.id();
        let name = self.names.operator(id).unwrap_or_else(|| self.view.say("元メンバー", "Former member"));
        let title = if is_me {
            self.view.say("自分の担当", "Yours").to_owned()
        } else {
            format!("{}{name}", self.view.say("担当者：", "Assigned to "))
        };
        html! { span.row-assignee.me[is_me] title=(title) { (initials(name)) span.sr { (title) } } }
    }

    /// What can be done, shown when the row has the pointer or the focus.
    fn acts(&self, one: &Listed, name: &str) -> Markup {
        let say = |ja, en| self.view.say(ja, en);
        let is_mine = one.assignee_id.as_deref() == Some(self.view.visitor.id());
        let has_bot = self.names.channel(&one.channel_id).is_some_and(super::names::Channel::has_bot);
        html! {
            div.row-acts role="group" aria-label=(format!("{name}{}", say("の操作", ": actions"))) {
                @if one.is_open() {
                    @if !is_mine { (act("claim", Icon::UserCheck, say("自分が担当する", "Assign to me"))) }
                    @if one.unreplied && !one.done { (act("done", Icon::Check, say("対応完了にする", "Mark as done"))) }
                    @if one.done { (act("undone", Icon::Undo2, say("対応完了を取り消す", "Not done"))) }
                    @if one.mode == "bot" {
                        (act("operator", Icon::Headset, say("ボットから引き継ぐ", "Take over from the bot")))
                    } @else if has_bot && !one.is_group() {
                        (act("bot", Icon::Bot, say("ボットに任せる", "Leave to the bot")))
                    }
                    @if one.snooze.is_some() { (act("wake", Icon::BellRing, say("保留を解除する", "End snooze"))) }
                    @else { (act("snooze", Icon::AlarmClock, say("保留（スヌーズ）する", "Snooze"))) }
                    (act("close", Icon::Archive, say("完了にする", "Close")))
                } @else if one.status == "closed" {
                    (act("reopen", Icon::ArchiveRestore, say("再開する", "Reopen")))
                }
            }
        }
    }

    fn group_name(&self, kind: &str) -> &'static str {
        if kind == "room" {
            self.view.say("LINEの複数人トーク", "LINE room")
        } else {
            self.view.say("LINEグループ", "LINE group")
        }
    }
}

fn act(verb: &str, shape: Icon, meaning: &str) -> Markup {
    html! {
        button.icon-button.small type="button" data-row-act=(verb) title=(meaning) tabindex="-1" { (icon(shape)) span.sr { (meaning) } }
    }
}

/// A label with its colour.
pub(crate) fn label_mark(label: &Label) -> Markup {
    html! { span.mark.label { (dot(&label.color)) span dir="auto" { (label.name) } } }
}

/// A dot in a colour that an administrator chose.
pub(crate) fn dot(color: &str) -> Markup {
    html! { svg.dot viewBox="0 0 8 8" aria-hidden="true" { circle cx="4" cy="4" r="4" fill=(color) {} } }
}

/// The sign of a channel's kind, of kinds that are not known here too.
pub(crate) fn badge_of(kind: &str) -> Markup {
    match ChannelKind::ALL.into_iter().find(|known| known.as_str() == kind) {
        Some(known) => channel_badge(known),
        None => html! { span.channel-badge role="img" aria-label=(kind) title=(kind) { "?" } },
    }
}

/// What a contact is called; by what the provider calls them if their name is not known yet.
pub(crate) fn name(view: &View, one: &Listed) -> String {
    let fallback = || match one.kind.as_str() {
        "group" => view.say("名称未取得のグループ", "Group without a name").to_owned(),
        "room" => view.say("複数人トーク", "Room").to_owned(),
        _ if one.contact.external_id.starts_with('+') => one.contact.external_id.clone(),
        _ => {
            let end: String = one.contact.external_id.chars().rev().take(4).collect();
            let end: String = end.chars().rev().collect();
            format!("{} {end}", view.say("お客様", "Customer"))
        }
    };
    one.contact.name.clone().filter(|name| !name.trim().is_empty()).unwrap_or_else(fallback)
}

const fn close_reason(view: &View, reason: Option<&str>) -> &'static str {
    match reason {
        Some(reason) => match reason.as_bytes() {
            b"unanswered" => view.say("未対応のまま自動完了", "Closed unanswered"),
            b"idle" => view.say("無応答で自動完了", "Closed when idle"),
            b"reply_limit" => view.say("返信期限切れで完了", "Closed: reply time over"),
            b"bot_timer" => view.say("ボット対応で自動完了", "Closed by the bot's timer"),
            b"channel_removed" => view.say("チャンネル削除で完了", "Closed with its channel"),
            b"abuse" => view.say("迷惑行為により完了", "Closed for abuse"),
            _ => view.say("完了", "Closed"),
        },
        None => view.say("完了", "Closed"),
    }
}
