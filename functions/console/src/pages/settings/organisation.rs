//! What several pages of the settings show of the organisation: its channels, brands and departments.

use axum::body::{Body, to_bytes};
use axum::http::header::ETAG;
use axum::http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use madoguchi_domain::ChannelKind;
use maud::{Markup, html};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::backend::Refusal;
use crate::parts::channel_badge;
use crate::view::View;

/// What an answer of the API may weigh.
const LARGEST_ANSWER_BYTES: usize = 6 * 1_024 * 1_024;

/// A page of a list.
#[derive(Deserialize)]
pub(super) struct Items<T> {
    pub(super) items: Vec<T>,
    #[serde(default)]
    pub(super) next_cursor: Option<String>,
}

/// A channel, as far as these pages show it.
#[derive(Clone, Deserialize)]
pub(super) struct Channel {
    pub(super) id: String,
    pub(super) kind: ChannelKind,
    pub(super) name: String,
    pub(super) brand_id: Option<String>,
    pub(super) department_id: Option<String>,
    pub(super) settings: Settings,
    status: Status,
}

#[derive(Clone, Deserialize)]
struct Status {
    state: String,
}

impl Channel {
    pub(super) fn is_deleted(&self) -> bool {
        self.status.state == "deleted"
    }
}

/// A channel's settings.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    pub(super) unanswered_close_after_minutes: Option<u32>,
    pub(super) idle_close_after_minutes: Option<u32>,
    pub(super) bot_close_after_minutes: Option<u32>,
    pub(super) pause_outside_hours: bool,
    pub(super) own_timers: bool,
    pub(super) idle_close_when: String,
    pub(super) idle_warning: Option<Warning>,
    pub(super) farewell: Option<Farewell>,
    pub(super) window_reminder: Option<Reminder>,
    pub(super) bot: Bot,
    pub(super) operators: String,
    pub(super) add_new_operators: bool,
    pub(super) assignment_capacity: Option<u32>,
    pub(super) tickets: Tickets,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Warning {
    pub(super) text: String,
    pub(super) minutes_before: u32,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Farewell {
    pub(super) text: String,
    pub(super) when_operators_close: bool,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reminder {
    pub(super) text: String,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Bot {
    pub(super) starts: bool,
    pub(super) release_after_minutes: Option<u32>,
    pub(super) return_after_minutes: Option<u32>,
}

/// When messages become tickets. Each rule is a word, or `{"timer": {"minutes": 60}}`.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tickets {
    pub(super) after: serde_json::Value,
    pub(super) departments: std::collections::BTreeMap<String, serde_json::Value>,
}

/// Timers that a brand or a department gives to its channels.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "they are the API's")]
pub(super) struct Timers {
    pub(super) unanswered_close_after_minutes: Option<u32>,
    pub(super) idle_close_after_minutes: Option<u32>,
    pub(super) bot_close_after_minutes: Option<u32>,
}

/// A brand.
#[derive(Clone, Deserialize)]
pub(super) struct Brand {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) timers: Timers,
    pub(super) version: u64,
}

/// A department.
#[derive(Clone, Deserialize)]
pub(super) struct Department {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) hours: Option<Hours>,
    pub(super) open_now: bool,
    pub(super) next_change_at: Option<Timestamp>,
    pub(super) timers: Timers,
    pub(super) version: u64,
}

/// Business hours as the API has them.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Hours {
    pub(super) time_zone: String,
    pub(super) week: std::collections::BTreeMap<String, Vec<Shift>>,
    pub(super) holidays: Vec<Holiday>,
}

/// From one time of day until another, `HH:MM`.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Shift {
    pub(super) from: String,
    pub(super) to: String,
}

/// A day unlike its day of the week.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Holiday {
    pub(super) date: String,
    pub(super) name: String,
    pub(super) shifts: Vec<Shift>,
}

/// The channels that were not deleted.
pub(super) async fn channels(view: &View) -> Result<Vec<Channel>, Refusal> {
    let Items { mut items, .. } = view.get::<Items<Channel>>("/api/channels").await?;
    items.retain(|channel| !channel.is_deleted());
    Ok(items)
}

pub(super) async fn brands(view: &View) -> Result<Vec<Brand>, Refusal> {
    Ok(view.get::<Items<Brand>>("/api/brands").await?.items)
}

pub(super) async fn departments(view: &View) -> Result<Vec<Department>, Refusal> {
    Ok(view.get::<Items<Department>>("/api/departments").await?.items)
}

/// What the API tells of `path`, with the tag that a change of it is made to.
pub(super) async fn tagged<T: DeserializeOwned>(view: &View, path: &str) -> Result<(T, String), Refusal> {
    let answer = view.call(Method::GET, path, &HeaderMap::new(), Body::empty()).await;
    let status = answer.status();
    let tag = answer.headers().get(ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default().to_owned();
    let bytes = to_bytes(answer.into_body(), LARGEST_ANSWER_BYTES).await.unwrap_or_default();
    if !status.is_success() {
        return Err(Refusal::read(status, &bytes));
    }
    let read = serde_json::from_slice(&bytes);
    read.map(|value| (value, tag)).map_err(|_| Refusal::read(StatusCode::BAD_GATEWAY, &[]))
}

/// The tag of a version.
pub(super) fn tag(version: u64) -> String {
    format!("\"{version}\"")
}

/// A span of minutes, told exactly: `2時間`, `1日12時間`; `2 hours`, `1 day 12 hours`.
pub(super) fn lasting(view: &View, minutes: u32) -> String {
    let units = [(1_440, "日", "day"), (60, "時間", "hour"), (1, "分", "minute")];
    let mut left = minutes;
    let mut told = Vec::new();
    for (length, ja, en) in units {
        let count = left / length;
        left %= length;
        if count > 0 {
            let plural = if count == 1 { "" } else { "s" };
            told.push(if view.is_japanese() {
                format!("{count}{ja}")
            } else {
                format!("{count} {en}{plural}")
            });
        }
    }
    if told.is_empty() {
        return view.say("0分", "0 minutes").to_owned();
    }
    told.join(view.say("", " "))
}

/// A field for a span of `bounds` minutes, in the unit that suits it.
pub(super) fn duration(
    view: &View,
    name: &str,
    id: &str,
    label: &str,
    minutes: u32,
    bounds: (u32, u32),
) -> Markup {
    let units =
        [(1, view.say("分", "minutes")), (60, view.say("時間", "hours")), (1_440, view.say("日", "days"))];
    let unit = [1_440, 60].into_iter().find(|unit| minutes > 0 && minutes.is_multiple_of(*unit)).unwrap_or(1);
    let unit_id = format!("{id}-unit");
    html! {
        span.duration {
            input type="number" inputmode="numeric" id=(id) name=(name) aria-label=(label) required min=(bounds.0.div_ceil(unit)) max=(bounds.1 / unit)
                value=(minutes / unit) data-times=(unit_id) data-least=(bounds.0) data-most=(bounds.1);
            select id=(unit_id) data-type="none" data-unit-of=(id) aria-label=(format!("{label}: {}", view.say("単位", "unit"))) {
                @for (length, name) in units {
                    @if length <= bounds.1 { option value=(length) selected[length == unit] { (name) } }
                }
            }
        }
    }
}

/// The channels of something, each with its kind.
pub(super) fn channel_names<'a>(channels: impl Iterator<Item = &'a Channel>) -> Markup {
    html! {
        ul.org-names {
            @for channel in channels {
                li { (channel_badge(channel.kind)) span dir="auto" { (channel.name) } }
            }
        }
    }
}

/// The words for errors of the API that have none in Japanese, for `data-errors`.
pub(super) fn errors(view: &View) -> Option<String> {
    let known = serde_json::json!({
        "name_taken": "同じ名前のものがすでにあります。別の名前にしてください。",
        "in_use": "使用しているチャンネルがあります。先にチャンネルの設定で別のものに変更してください。",
        "too_many_channels": "同じ種類のチャンネルは、部門の数までしか接続できません。先にチャンネルを削除するか、部門を追加してください。",
        "changed_meanwhile": "ほかの人が先に変更しました。ページを読み込み直してから、もう一度変更してください。",
        "settings_out_of_bounds": "設定できる範囲を超えています。範囲を確認してください。",
        "person_not_found": "このメンバーはもういません。",
        "operator_not_associated": "このメンバーはもうチャンネルに追加されていません。",
        "label_not_found": "このラベルはもうありません。",
        "template_not_found": "このテンプレートはもうありません。",
        "department_not_found": "この部門はもうありません。",
        "brand_not_found": "このブランドはもうありません。",
        "other_department": "ほかの部門のテンプレートは変更できません。",
        "too_many": "登録できる数の上限に達しています。使わないものを削除してください。",
        "forbidden": "この操作の権限がありません。",
        "administrators_only": "この操作は管理者だけができます。",
        "busy": "混み合っています。少し待ってからもう一度お試しください。",
    });
    view.is_japanese().then(|| known.to_string())
}
