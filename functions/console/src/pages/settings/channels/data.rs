//! What these pages read of the API's answers. Words that a later release adds must not break them.

use jiff::Timestamp;
use madoguchi_domain::credential::Cause;
use madoguchi_domain::{ChannelKind, Problem};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::backend::Refusal;
use crate::view::View;

/// Items of a list that is whole.
#[derive(Deserialize)]
pub(crate) struct Items<T> {
    pub(crate) items: Vec<T>,
}

/// A brand or a department.
#[derive(Deserialize)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) name: String,
}

#[derive(Deserialize)]
pub(crate) struct Channel {
    pub(crate) id: String,
    pub(crate) kind: ChannelKind,
    pub(crate) name: String,
    pub(crate) external_id: String,
    pub(crate) brand_id: Option<String>,
    pub(crate) department_id: Option<String>,
    pub(crate) icon_url: Option<String>,
    pub(crate) webhook_path: String,
    pub(crate) settings: Settings,
    pub(crate) status: Status,
    pub(crate) health: State,
    pub(crate) paused_until: Option<Timestamp>,
    pub(crate) quota: Option<Quota>,
    pub(crate) created_at: Timestamp,
    #[serde(default)]
    pub(crate) warnings: Vec<Warning>,
}

#[derive(Deserialize)]
pub(crate) struct Status {
    pub(crate) state: String,
    pub(crate) since: Option<Timestamp>,
}

#[derive(Deserialize)]
pub(crate) struct State {
    pub(crate) state: String,
    pub(crate) cause: Option<String>,
    pub(crate) since: Option<Timestamp>,
}

#[derive(Deserialize)]
pub(crate) struct Quota {
    pub(crate) limit: Option<u64>,
    pub(crate) used: u64,
    pub(crate) level: String,
    pub(crate) read_at: Timestamp,
}

#[derive(Deserialize)]
pub(crate) struct Warning {
    pub(crate) id: String,
    pub(crate) message: String,
}

/// What an administrator chose.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    pub(crate) files: bool,
    pub(crate) sender_prefix: bool,
    pub(crate) human_agent: bool,
    pub(crate) reopen: String,
    pub(crate) window_reminder: Option<Told>,
    pub(crate) farewell: Option<Told>,
    pub(crate) idle_warning: Option<Told>,
    pub(crate) idle_close_after_minutes: Option<u32>,
    pub(crate) bot: BotUse,
    pub(crate) operators: String,
    pub(crate) add_new_operators: bool,
    pub(crate) assignment: String,
    pub(crate) assignment_capacity: Option<u32>,
    pub(crate) only_assignee_answers: bool,
}

/// What customers are told by itself.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Told {
    pub(crate) text: String,
    pub(crate) when_operators_close: bool,
    pub(crate) minutes_before: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct BotUse {
    pub(crate) starts: bool,
    pub(crate) release_after_minutes: Option<u32>,
    pub(crate) return_after_minutes: Option<u32>,
}

/// How a channel is, point by point.
#[derive(Deserialize)]
pub(crate) struct Health {
    pub(crate) light: String,
    pub(crate) points: Vec<Finding>,
    pub(crate) credential: Credential,
    pub(crate) last_received_at: Option<Timestamp>,
    pub(crate) replies: Replies,
    pub(crate) replies_waiting: Waiting,
}

#[derive(Deserialize)]
pub(crate) struct Finding {
    pub(crate) point: String,
    pub(crate) light: String,
    pub(crate) message: String,
    pub(crate) remedy: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Credential {
    pub(crate) r#type: Option<String>,
    pub(crate) authorized_at: Option<Timestamp>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) days_left: Option<i64>,
    pub(crate) checked_at: Option<Timestamp>,
    pub(crate) next_check_at: Option<Timestamp>,
}

#[derive(Deserialize)]
pub(crate) struct Replies {
    pub(crate) last_accepted_at: Option<Timestamp>,
    pub(crate) last_hour: Tally,
    pub(crate) last_24_hours: Tally,
}

#[derive(Deserialize)]
pub(crate) struct Tally {
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    pub(crate) unconfirmed: u64,
    pub(crate) refused_for_customer: u64,
    pub(crate) error_rate: Option<f64>,
}

#[derive(Deserialize)]
pub(crate) struct Waiting {
    pub(crate) count: usize,
    pub(crate) oldest_at: Option<Timestamp>,
}

impl Channel {
    pub(crate) fn is_on(&self) -> bool {
        self.status.state == "on"
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.status.state == "deleted"
    }

    /// Whether somebody has to let it in again.
    pub(crate) fn is_held(&self) -> bool {
        self.is_on() && self.health.state == "needs_reauthorization"
    }

    /// What is the matter and what to do, of one that must be let in again.
    pub(crate) fn trouble(&self, view: &View) -> Option<(&'static str, &'static str)> {
        let cause = Value::String(self.health.cause.clone()?);
        let cause: Cause = serde_json::from_value(cause).ok()?;
        let text = Problem::Reauthorization(cause).text(self.kind, view.language);
        Some((text.message, text.remedy))
    }

    /// As the API asks for it in `If-Match`: its tag is when the settings were changed.
    pub(crate) async fn tagged(view: &View, id: &str) -> Result<(Self, String), Refusal> {
        view.get_tagged(&format!("/api/channels/{id}")).await
    }

    pub(crate) async fn read(view: &View, id: &str) -> Result<Self, Refusal> {
        view.get(&format!("/api/channels/{id}")).await
    }

    pub(crate) async fn all(view: &View) -> Result<Vec<Self>, Refusal> {
        items(view, "/api/channels").await
    }
}

/// The items of a list that is whole.
pub(crate) async fn items<T: DeserializeOwned>(view: &View, path: &str) -> Result<Vec<T>, Refusal> {
    Ok(view.get::<Items<T>>(path).await?.items)
}
