//! A channel as administrators and operators see it. It has no place for a credential.

use madoguchi_domain::channel::icon;
use madoguchi_domain::quota::{Quota, QuotaLevel};
use madoguchi_domain::{
    BrandId, Channel, ChannelHealth, ChannelId, ChannelKind, ChannelSettings, ChannelStatus, ConnectionId,
    DepartmentId, Language, Problem,
};
use serde::Serialize;

use super::file::FilesView;

/// One channel.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct ChannelView {
    id: ChannelId,
    kind: ChannelKind,
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    name: String,
    /// The Page's id, LINE's channel id, or Twilio's sender.
    external_id: String,
    /// Whose credential reaches it.
    connection_id: ConnectionId,
    brand_id: Option<BrandId>,
    /// Whose its conversations are.
    department_id: Option<DepartmentId>,
    /// The operator who connected it.
    installer_id: Option<String>,
    /// Below the API's address, without a token; the same image for ever.
    #[cfg_attr(feature = "openapi", schema(format = "uri-reference"))]
    icon_url: Option<String>,
    /// Where the provider must send its webhooks, below the API's address.
    webhook_path: String,
    settings: ChannelSettings,
    settings_changed_at: String,
    /// Whether it is in use.
    status: StatusView,
    health: HealthView,
    /// The provider asked us to wait.
    #[cfg_attr(feature = "openapi", schema(format = DateTime))]
    paused_until: Option<String>,
    /// LINE's messages of this month, read every hour; null until read. Answers by reply token are not counted.
    quota: Option<QuotaView>,
    created_at: String,
    /// Which files may be sent. What a file breaks of it is told before it is uploaded.
    files: FilesView,
    warnings: Vec<Warning>,
}

/// LINE's messages of this month, read every hour; null until read. Answers by reply token are not counted.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct QuotaView {
    /// What the plan allows; null if there is no limit.
    limit: Option<u64>,
    /// Approximate; messages sent in LINE's own manager are included.
    used: u64,
    left: Option<u64>,
    /// Low from nine tenths on.
    level: QuotaLevel,
    read_at: String,
}

impl From<&Quota> for QuotaView {
    fn from(quota: &Quota) -> Self {
        Self {
            limit: quota.limit,
            used: quota.used,
            left: quota.left(),
            level: quota.level(),
            read_at: quota.read_at.to_string(),
        }
    }
}

/// Whether it is in use.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct StatusView {
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::StatusState))]
    state: &'static str,
    /// Since when it is off or deleted.
    #[cfg_attr(feature = "openapi", schema(format = DateTime))]
    since: Option<String>,
    /// The operator who switched it off or deleted it.
    by: Option<String>,
}

impl From<&ChannelStatus> for StatusView {
    fn from(status: &ChannelStatus) -> Self {
        let (since, by) = match status {
            ChannelStatus::On => (None, None),
            ChannelStatus::Off { since, by } | ChannelStatus::Deleted { since, by } => {
                (Some(since.to_string()), Some(by.0.clone()))
            }
        };
        Self { state: status.as_str(), since, by }
    }
}

/// Why replies wait; null if the channel is gone.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ChannelState))]
pub(crate) struct HealthView {
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::HealthState))]
    state: &'static str,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::words::HealthCause>))]
    cause: Option<&'static str>,
    /// What an administrator should do.
    remedy: Option<&'static str>,
    #[cfg_attr(feature = "openapi", schema(format = DateTime))]
    since: Option<String>,
}

/// A setting that is allowed and does not do what it seems to.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct Warning {
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::WarningId))]
    id: &'static str,
    message: &'static str,
}

/// Messenger completes a conversation after 7 days whoever spoke last (C7).
const REPLY_LIMIT_MINUTES: u32 = 7 * 24 * 60;

impl From<&Channel> for ChannelView {
    fn from(channel: &Channel) -> Self {
        Self {
            id: channel.id,
            kind: channel.kind,
            name: channel.name.clone(),
            external_id: channel.external_id.clone(),
            connection_id: channel.connection_id,
            brand_id: channel.brand,
            department_id: channel.department,
            installer_id: channel.installer.as_ref().map(|installer| installer.0.clone()),
            icon_url: channel.icon.as_ref().map(|icon| format!("/media/{}", icon::token(channel.id, icon))),
            webhook_path: webhook_path(channel),
            settings: channel.settings.clone(),
            settings_changed_at: channel.settings_changed_at.to_string(),
            status: StatusView::from(&channel.status),
            health: HealthView::from(&channel.health),
            paused_until: channel.paused_until.map(|until| until.to_string()),
            quota: channel.quota.as_ref().map(QuotaView::from),
            created_at: channel.created_at.to_string(),
            files: FilesView::new(channel.kind, &channel.settings),
            warnings: warnings(channel),
        }
    }
}

impl HealthView {
    /// With the remedy in `language`.
    pub(super) fn told(health: &ChannelHealth, kind: ChannelKind, language: Language) -> Self {
        let remedy = match health {
            ChannelHealth::NeedsReauthorization { cause, .. } => {
                Some(Problem::Reauthorization(*cause).text(kind, language).remedy)
            }
            ChannelHealth::Connecting | ChannelHealth::Healthy { .. } => None,
        };
        Self { remedy, ..Self::from(health) }
    }
}

impl From<&ChannelHealth> for HealthView {
    fn from(health: &ChannelHealth) -> Self {
        let of = |state, since| Self { state, cause: None, remedy: None, since };
        match health {
            ChannelHealth::Connecting => of("connecting", None),
            ChannelHealth::Healthy { since } => of("healthy", Some(since.to_string())),
            ChannelHealth::NeedsReauthorization { cause, since, .. } => Self {
                cause: Some(cause.public_id()),
                remedy: Some(cause.remedy()),
                ..of("needs_reauthorization", Some(since.to_string()))
            },
        }
    }
}

/// Messenger has one address for the whole app, the others one per channel.
fn webhook_path(channel: &Channel) -> String {
    match channel.kind {
        ChannelKind::Messenger => "/webhooks/messenger".to_owned(),
        ChannelKind::Line => format!("/webhooks/line/{}", channel.id),
        ChannelKind::WhatsApp | ChannelKind::Sms => format!("/webhooks/twilio/{}", channel.id),
    }
}

fn warnings(channel: &Channel) -> Vec<Warning> {
    let unanswered = channel.settings.unanswered_close_after_minutes;
    let too_long = channel.kind == ChannelKind::Messenger
        && unanswered.is_some_and(|minutes| minutes > REPLY_LIMIT_MINUTES);
    let warning = Warning {
        id: "unanswered_exceeds_reply_limit",
        message: "Messenger lets nobody answer after 7 days: conversations are completed then with the \
                  reason reply_limit, before this time is over.",
    };
    too_long.then_some(warning).into_iter().collect()
}

#[cfg(test)]
pub(super) mod tests {
    use madoguchi_domain::Timestamp;
    use madoguchi_domain::credential::Cause;
    use serde_json::json;

    use super::*;

    pub(in crate::view) fn channel(kind: ChannelKind) -> Channel {
        let id = ChannelId::derive(kind, "1650000001");
        Channel::new(kind, "Shop", "1650000001", id.into(), Timestamp::from_ms(1_700_000_000_000))
    }

    #[test]
    fn a_held_channel_tells_cause_and_remedy_and_never_the_detail() {
        let mut held = channel(ChannelKind::Line);
        held.health = ChannelHealth::NeedsReauthorization {
            cause: Cause::SecretMismatch,
            since: Timestamp::from_ms(1_700_000_000_001),
            detail: "invalid_client".into(),
        };
        held.quota =
            Some(Quota { limit: Some(200), used: 190, read_at: Timestamp::from_ms(1_700_000_000_002) });
        assert_eq!(
            serde_json::to_value(ChannelView::from(&held)).unwrap(),
            json!({
                "id": "1809223c-a54e-5e9b-ae37-4058be706671",
                "kind": "line",
                "name": "Shop",
                "external_id": "1650000001",
                "connection_id": "1809223c-a54e-5e9b-ae37-4058be706671",
                "brand_id": null,
                "department_id": null,
                "installer_id": null,
                "icon_url": null,
                "webhook_path": "/webhooks/line/1809223c-a54e-5e9b-ae37-4058be706671",
                "settings": {
                    "unanswered_close_after_minutes": null, "idle_close_after_minutes": null,
                    "reopen": "always", "human_agent": false, "files": true,
                    "sender_prefix": false, "window_reminder": null,
                    "bot": {"starts": false, "release_after_minutes": null, "return_after_minutes": null},
                    "bot_close_after_minutes": null, "farewell": null, "idle_close_when": "anybody",
                    "idle_warning": null, "own_timers": false, "pause_outside_hours": false,
                    "operators": "everybody", "add_new_operators": false, "assignment": "off",
                    "assignment_capacity": null, "only_assignee_answers": false,
                    "tickets": {"after": "never", "departments": {}},
                },
                "settings_changed_at": "2023-11-14T22:13:20.000Z",
                "status": {"state": "on", "since": null, "by": null},
                "health": {
                    "state": "needs_reauthorization",
                    "cause": "secret_mismatch",
                    "remedy": Cause::SecretMismatch.remedy(),
                    "since": "2023-11-14T22:13:20.001Z",
                },
                "paused_until": null,
                "quota": {
                    "limit": 200, "used": 190, "left": 10, "level": "low", "read_at": "2023-11-14T22:13:20.002Z",
                },
                "created_at": "2023-11-14T22:13:20.000Z",
                "files": FilesView::new(ChannelKind::Line, &ChannelSettings::default()),
                "warnings": [],
            })
        );
    }

    #[test]
    fn c7_an_unanswered_time_beyond_messengers_limit_is_warned_of() {
        let week = 7 * 24 * 60;
        for (kind, minutes, expected) in [
            (ChannelKind::Messenger, Some(week), 0),
            (ChannelKind::Messenger, Some(week + 1), 1),
            (ChannelKind::Messenger, None, 0),
            (ChannelKind::Line, Some(week + 1), 0),
        ] {
            let mut channel = channel(kind);
            channel.settings.unanswered_close_after_minutes = minutes;
            assert_eq!(warnings(&channel).len(), expected, "{kind} {minutes:?}");
        }
    }

    #[test]
    fn a_messenger_channel_is_told_the_address_of_the_app() {
        assert_eq!(webhook_path(&channel(ChannelKind::Messenger)), "/webhooks/messenger");
        for kind in [ChannelKind::WhatsApp, ChannelKind::Sms] {
            let channel = channel(kind);
            assert_eq!(webhook_path(&channel), format!("/webhooks/twilio/{}", channel.id));
        }
    }
}
