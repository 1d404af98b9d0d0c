//! `PATCH /api/channels/{channel}`: changes the settings that are named and leaves the others.
//! Deadlines of open conversations follow within a minute.

use axum::extract::State;
use madoguchi_domain::assignment::AssignmentRule;
use madoguchi_domain::channel::{BotUse, IdleWhen};
use madoguchi_domain::farewell::Farewell;
use madoguchi_domain::reminder::{self, ReminderRefused, WindowReminder};
use madoguchi_domain::ticket::TicketSettings;
use madoguchi_domain::warning::IdleWarning;
use madoguchi_domain::{
    BrandId, Channel, ChannelId, DepartmentId, OperatorAccess, ReopenPolicy, organisation, text,
};
use madoguchi_store::Saved;
use serde::Deserialize;

use super::{present, version};
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::etag::{IfMatch, Tagged};
use crate::input::{InPath, JsonBody, named};
use crate::view::ChannelView;
use crate::{ApiError, SharedAdmin};

/// What is left out stays as it is; `null` switches a timer or the reminder off, and takes the channel out of its brand or
/// department.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::option_option, reason = "left out, null and a number are three different wishes")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Changes {
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100, nullable = false))]
    name: Option<String>,
    /// Close when nobody has answered for so long; null = off.
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(minimum = 15, maximum = 43200))]
    unanswered_close_after_minutes: Option<Option<u32>>,
    /// Close when neither side has written for so long; null = off.
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1440))]
    idle_close_after_minutes: Option<Option<u32>>,
    /// Closes what a bot holds when neither side has written for so long; null = off.
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1440))]
    bot_close_after_minutes: Option<Option<u32>>,
    /// Whether the unanswered and the idle close count business hours only, those of the conversation's department.
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pause_outside_hours: Option<bool>,
    /// Whether timers that are null stay off, whatever the channel's department and brand say.
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    own_timers: Option<bool>,
    /// `customer_silent`: the idle close spares customers who wait for an answer.
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    idle_close_when: Option<IdleWhen>,
    /// What the customer is told so many minutes before the idle close, once in each silence, inside the
    /// standard window only; null = off. `minutes_before` is less than `idle_close_after_minutes`.
    #[serde(deserialize_with = "named")]
    idle_warning: Option<Option<IdleWarning>>,
    /// What the customer is told when a timer completes the conversation, or an operator if
    /// `when_operators_close`, inside the standard window only; null = off.
    #[serde(deserialize_with = "named")]
    farewell: Option<Option<Farewell>>,
    /// Who may reopen. `always`: people by button, and the customer by writing; `on_customer_message`: only the
    /// customer; `never`: completed is final, and the customer's next message starts anew.
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    reopen: Option<ReopenPolicy>,
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    human_agent: Option<bool>,
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    files: Option<bool>,
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    sender_prefix: Option<bool>,
    /// What a customer who waits for an answer is told an hour before the 24-hour window closes, once per
    /// window; null = off. Messenger and WhatsApp only.
    #[serde(deserialize_with = "named")]
    window_reminder: Option<Option<WindowReminder>>,
    /// When the channel's bot answers.
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    bot: Option<BotUse>,
    /// Which operators see and answer the channel: all of them, or those who are associated with it. Administrators
    /// always do. For everybody else its conversations are not there: `conversation_not_found`.
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    operators: Option<OperatorAccess>,
    /// Whether whoever comes for the first time from now on is associated with the channel.
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    add_new_operators: Option<bool>,
    /// To whom conversations go by themselves: to nobody; to one after the other of those who are available; to
    /// whoever of them has the fewest. Those that wait go first come, first served. Whatever it is, a reopened
    /// conversation goes back to whom it was with, if they are available. What a bot has waits for its
    /// hand-over.
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    assignment: Option<AssignmentRule>,
    /// How many open conversations, on all channels together, somebody may have to get one more of this channel
    /// by itself; null = 200. Administrators set another number for a person by `PUT
    /// /api/people/{person}/capacity`.
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 200))]
    assignment_capacity: Option<Option<u32>>,
    /// Whether only its assignee may answer a conversation (`only_the_assignee`). There are no exceptions: who
    /// wants to answer takes it first, administrators too.
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    only_assignee_answers: Option<bool>,
    /// `after` holds for the channel, `departments` for conversations of certain departments. A change holds
    /// for what begins after it; with `never` what waits becomes no ticket.
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    tickets: Option<TicketSettings>,
    #[serde(deserialize_with = "named")]
    brand_id: Option<Option<BrandId>>,
    #[serde(deserialize_with = "named")]
    department_id: Option<Option<DepartmentId>>,
}

/// Change a channel's name and settings
///
/// For administrators. What is left out stays as it is. A change reaches the conversations that are open within
/// a minute.
#[cfg_attr(feature = "openapi", utoipa::path(
    patch, path = "/api/channels/{channel}", operation_id = "changeChannel", tag = "Channels",
    params(IfMatch),
    request_body = inline(Changes),
    responses((status = 200, description = "The channel.", body = ChannelView, headers(("ETag")))),
    extensions(("x-errors" = json!([
        "settings_out_of_bounds", "text_empty", "text_too_long", "text_indivisible", "brand_not_found",
        "channel_deleted", "department_not_found",
    ]))),
))]
pub(crate) async fn change(
    State(api): SharedAdmin,
    administrator: Operator,
    InPath(id): InPath<ChannelId>,
    meant: IfMatch,
    JsonBody(changes): JsonBody<Changes>,
) -> Result<Tagged<ChannelView>, ApiError> {
    let department = changes.department_id.flatten();
    super::placed(&api, changes.brand_id.flatten(), department).await?;
    let api = api.by(&administrator);
    for _ in 0..TRIES {
        let before = present(&api, id).await?;
        meant.check(version(&before), || ChannelView::from(&before))?;
        let mut channel = changed(&before, changes.clone())?;
        if channel == before {
            return Ok(Tagged(version(&before), ChannelView::from(&before)));
        }
        let (read_at, now) = (before.settings_changed_at, api.clock.now());
        let saved = api.directory.change_channel(&channel, read_at, now).await?;
        if saved == Saved::Done {
            tracing::info!(
                channel.id = %id, operator.id = administrator.id.0, settings = ?channel.settings,
                "Changed the settings of channel `{id}`"
            );
            channel.settings_changed_at = now;
            return Ok(Tagged(version(&channel), ChannelView::from(&channel)));
        }
    }
    // Others kept changing it: each change is applied to what the one before left.
    Err(ApiError::contended("the channel"))
}

fn changed(before: &Channel, changes: Changes) -> Result<Channel, ApiError> {
    let mut channel = before.clone();
    if let Some(given) = changes.name {
        channel.name = organisation::name(&given).ok_or_else(ApiError::bad_name)?;
    }
    channel.brand = changes.brand_id.unwrap_or(before.brand);
    channel.department = changes.department_id.unwrap_or(before.department);
    let settings = &mut channel.settings;
    let old = settings.clone();
    settings.unanswered_close_after_minutes =
        changes.unanswered_close_after_minutes.unwrap_or(old.unanswered_close_after_minutes);
    settings.idle_close_after_minutes =
        changes.idle_close_after_minutes.unwrap_or(old.idle_close_after_minutes);
    settings.bot_close_after_minutes = changes.bot_close_after_minutes.unwrap_or(old.bot_close_after_minutes);
    settings.pause_outside_hours = changes.pause_outside_hours.unwrap_or(old.pause_outside_hours);
    settings.own_timers = changes.own_timers.unwrap_or(old.own_timers);
    settings.idle_close_when = changes.idle_close_when.unwrap_or(old.idle_close_when);
    settings.idle_warning = changes.idle_warning.unwrap_or(old.idle_warning);
    settings.farewell = changes.farewell.unwrap_or(old.farewell);
    settings.reopen = changes.reopen.unwrap_or(old.reopen);
    settings.files = changes.files.unwrap_or(old.files);
    settings.sender_prefix = changes.sender_prefix.unwrap_or(old.sender_prefix);
    settings.human_agent = changes.human_agent.unwrap_or(old.human_agent);
    settings.window_reminder = changes.window_reminder.unwrap_or(old.window_reminder);
    settings.bot = changes.bot.unwrap_or(old.bot);
    settings.operators = changes.operators.unwrap_or(old.operators);
    settings.add_new_operators = changes.add_new_operators.unwrap_or(old.add_new_operators);
    settings.assignment = changes.assignment.unwrap_or(old.assignment);
    settings.assignment_capacity = changes.assignment_capacity.unwrap_or(old.assignment_capacity);
    settings.only_assignee_answers = changes.only_assignee_answers.unwrap_or(old.only_assignee_answers);
    settings.tickets = changes.tickets.unwrap_or(old.tickets);
    settings.check().map_err(ApiError::SettingsOutOfBounds)?;
    if let Some(reminder) = &settings.window_reminder {
        reminder::check(channel.kind, reminder).map_err(|refused| match refused {
            ReminderRefused::NoWindow => ApiError::InvalidBody { what: refused.to_string() },
            ReminderRefused::Text(text) => ApiError::Text(text, channel.kind),
        })?;
    }
    let told = [
        settings.idle_warning.as_ref().map(|warning| &warning.text),
        settings.farewell.as_ref().map(|farewell| &farewell.text),
    ];
    for text in told.into_iter().flatten() {
        text::check(channel.kind, text).map_err(|refused| ApiError::Text(refused, channel.kind))?;
    }
    Ok(channel)
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::{ChannelKind, ChannelSettings, Timestamp};
    use serde_json::{Value, json};

    use super::*;

    fn channel() -> Channel {
        let id = ChannelId::derive(ChannelKind::Line, "1");
        Channel {
            settings: ChannelSettings { idle_close_after_minutes: Some(30), ..Default::default() },
            ..Channel::new(ChannelKind::Line, "Shop", "1", id.into(), Timestamp::default())
        }
    }

    fn patched(body: &Value) -> Result<Channel, String> {
        let changes = serde_json::from_value(body.clone()).map_err(|error| error.to_string())?;
        changed(&channel(), changes).map_err(|error| error.to_string())
    }

    #[test]
    fn only_what_is_named_changes_and_null_switches_a_timer_off() {
        assert_eq!(patched(&json!({})).unwrap(), channel());
        let off = patched(&json!({"idle_close_after_minutes": null})).unwrap().settings;
        assert_eq!(off, ChannelSettings::default());
        let body = json!({
            "name": " 本店 ", "unanswered_close_after_minutes": 15, "reopen": "never", "human_agent": true,
            "files": false, "sender_prefix": true, "bot": {"starts": true}, "operators": "associated",
            "add_new_operators": true, "assignment": "round_robin", "assignment_capacity": 200,
            "only_assignee_answers": true,
        });
        let all = patched(&body).unwrap();
        assert_eq!(all.name, "本店");
        assert_eq!(
            all.settings,
            ChannelSettings {
                unanswered_close_after_minutes: Some(15),
                idle_close_after_minutes: Some(30),
                reopen: ReopenPolicy::Never,
                human_agent: true,
                files: false,
                sender_prefix: true,
                bot: BotUse { starts: true, ..BotUse::default() },
                window_reminder: None,
                operators: OperatorAccess::Associated,
                add_new_operators: true,
                assignment: AssignmentRule::RoundRobin,
                assignment_capacity: Some(200),
                only_assignee_answers: true,
                ..ChannelSettings::default()
            }
        );
    }

    #[test]
    fn what_is_unknown_or_out_of_bounds_is_refused_by_its_name() {
        for (body, expected) in [
            (json!({"idle_close_after": 3}), "unknown field `idle_close_after`"),
            (json!({"reopen": null}), "null"),
            (json!({"reopen": "sometimes"}), "unknown variant `sometimes`"),
            (json!({"human_agent": null}), "null"),
            (json!({"operators": "nobody"}), "unknown variant `nobody`"),
            (json!({"name": ""}), "`name`"),
            (json!({"idle_close_after_minutes": 1_441}), "idle_close_after_minutes is 1441"),
            (json!({"unanswered_close_after_minutes": 14}), "between 15 and 43200"),
            (json!({"assignment": "random"}), "unknown variant `random`"),
            (json!({"assignment_capacity": 0}), "between 1 and 200 conversations"),
            (json!({"tickets": {"after": {"timer": {"minutes": 1_441}}}}), "1440 minutes, or \"never\""),
            (json!({"tickets": {"after": {"hours": 1}}}), "unknown variant `hours`"),
            (json!({"tickets": null}), "null"),
        ] {
            let error = patched(&body).unwrap_err();
            assert!(error.contains(expected), "{body}: {error}");
        }
    }
}
