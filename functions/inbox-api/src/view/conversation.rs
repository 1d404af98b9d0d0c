//! A conversation as operators see it.

use madoguchi_domain::conversation::Status;
use madoguchi_domain::deadline;
use madoguchi_domain::reply::{self, Composer, Lock};
use madoguchi_domain::send::FailureReason;
use madoguchi_domain::window::Author;
use madoguchi_domain::{Channel, ChannelId, ChannelKind, Conversation, ConversationId, Party, Timestamp};
use serde::Serialize;

use super::channel::HealthView;
use crate::error::sentence;

/// One conversation.
#[derive(Debug, Serialize)]
pub(crate) struct ConversationView {
    id: ConversationId,
    channel_id: ChannelId,
    channel_kind: ChannelKind,
    kind: &'static str,
    contact: ContactView,
    status: &'static str,
    section: &'static str,
    close_reason: Option<&'static str>,
    episode: u32,
    unread: u32,
    preview: Option<String>,
    last_activity_at: Option<String>,
    /// What will happen by itself, and when.
    deadline: Option<DeadlineView>,
    composer: ComposerView,
    /// Null if the channel is gone.
    channel_health: Option<HealthView>,
    version: u64,
}

#[derive(Debug, Serialize)]
struct ContactView {
    name: Option<String>,
    picture_url: Option<String>,
    following: Option<bool>,
    unreachable: bool,
}

#[derive(Debug, Serialize)]
struct DeadlineView {
    kind: &'static str,
    due_at: String,
}

#[derive(Debug, Serialize)]
struct ComposerView {
    state: &'static str,
    reason: Option<&'static str>,
    message: Option<String>,
    until: Option<String>,
}

impl ConversationView {
    /// The conversation at `now`, with the channel that it came through if that is still there.
    pub(crate) fn new(conversation: &Conversation, channel: Option<&Channel>, now: Timestamp) -> Self {
        let settings = channel.map(|channel| channel.settings.clone()).unwrap_or_default();
        let (status, close_reason) = match conversation.status {
            Status::New => ("new", None),
            Status::Open => ("open", None),
            Status::Closed { reason, .. } => ("closed", Some(reason.public_id())),
        };
        let deadline = deadline::deadline(conversation, &settings);
        let contact = &conversation.contact;
        Self {
            id: conversation.id,
            channel_id: conversation.channel_id,
            channel_kind: conversation.channel_kind,
            kind: match conversation.party {
                Party::User(_) => "one_to_one",
                Party::Group(_) => "group",
                Party::Room(_) => "room",
            },
            contact: ContactView {
                name: contact.name.clone(),
                picture_url: contact.picture_url.clone(),
                following: contact.following.map(|told| told.following),
                unreachable: contact.unreachable_since.is_some(),
            },
            status,
            section: conversation.section().as_str(),
            close_reason,
            episode: conversation.episode,
            unread: conversation.unread,
            preview: conversation.preview.as_ref().map(|preview| preview.text.clone()),
            last_activity_at: conversation.last_activity_at.map(|at| at.to_string()),
            deadline: deadline.map(|deadline| DeadlineView {
                kind: deadline.kind.as_str(),
                due_at: deadline.due_at.to_string(),
            }),
            composer: channel.map_or_else(unlinked, |channel| {
                reply::composer(conversation, &channel.settings, Author::Person, now).into()
            }),
            channel_health: channel.map(|channel| HealthView::from(&channel.health)),
            version: conversation.version,
        }
    }
}

impl From<Composer> for ComposerView {
    fn from(composer: Composer) -> Self {
        let until = |until: Timestamp| until.to_string();
        match composer {
            Composer::Open { until: end } => {
                Self { state: "open", reason: None, message: None, until: end.map(until) }
            }
            Composer::HumanAgent { until: end } => {
                Self { state: "human_agent", reason: None, message: None, until: Some(until(end)) }
            }
            Composer::TemplateOnly { .. } => Self {
                state: "template_only",
                reason: Some(Lock::TemplateNeeded.public_id()),
                message: Some(sentence(&Lock::TemplateNeeded)),
                until: None,
            },
            Composer::Locked(lock) => Self {
                state: "locked",
                reason: Some(lock.public_id()),
                message: Some(sentence(&lock)),
                until: None,
            },
        }
    }
}

/// RPL-5.
fn unlinked() -> ComposerView {
    let reason = FailureReason::ChannelUnlinked;
    ComposerView {
        state: "locked",
        reason: Some(reason.public_id()),
        message: Some(reason.message(ChannelKind::Messenger).to_owned()),
        until: None,
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::conversation::Following;
    use madoguchi_domain::{CloseReason, Span};
    use serde_json::json;

    use super::*;
    use crate::view::channel::tests::channel;

    const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    fn open(kind: ChannelKind, party: Party) -> Conversation {
        let mut conversation = Conversation::new(channel(kind).id, kind, party);
        conversation.status = Status::Open;
        conversation.episode = 1;
        conversation.episode_started_at = Some(NOW);
        conversation.customer_clock = Some(NOW);
        conversation.window_opened_at = Some(NOW);
        conversation.last_activity_at = Some(NOW);
        conversation
    }

    fn shown(conversation: &Conversation, channel: Option<&Channel>, now: Timestamp) -> serde_json::Value {
        serde_json::to_value(ConversationView::new(conversation, channel, now)).unwrap()
    }

    #[test]
    fn an_open_conversation_shows_everything_an_operator_needs() {
        let mut channel = channel(ChannelKind::Messenger);
        channel.settings.unanswered_close_after_minutes = Some(60);
        let mut conversation = open(ChannelKind::Messenger, Party::User("1".into()));
        conversation.contact.name = Some("Hanako".into());
        conversation.unread = 2;
        conversation.version = 3;
        // What is armed may be earlier than what is true; the true one is shown.
        conversation.rearm(&channel.settings);
        conversation.customer_clock = Some(NOW + Span::from_minutes(1));
        assert_eq!(
            shown(&conversation, Some(&channel), NOW),
            json!({
                "id": conversation.id,
                "channel_id": channel.id,
                "channel_kind": "messenger",
                "kind": "one_to_one",
                "contact": {"name": "Hanako", "picture_url": null, "following": null, "unreachable": false},
                "status": "open",
                "section": "unanswered",
                "close_reason": null,
                "episode": 1,
                "unread": 2,
                "preview": null,
                "last_activity_at": "2023-11-14T22:13:20.000Z",
                "deadline": {"kind": "unanswered", "due_at": "2023-11-14T23:14:20.000Z"},
                "composer": {
                    "state": "open", "reason": null, "message": null, "until": "2023-11-15T22:13:20.000Z",
                },
                "channel_health": {"state": "connecting", "cause": null, "remedy": null, "since": null},
                "version": 3,
            })
        );
    }

    #[test]
    fn the_composer_tells_what_may_be_written_and_why_not() {
        let mut granted = channel(ChannelKind::Messenger);
        granted.settings.human_agent = true;
        let conversation = open(ChannelKind::Messenger, Party::User("1".into()));
        let mut standby = conversation.clone();
        standby.control = Some(madoguchi_domain::conversation::Control { at: NOW, standby: true });
        let late = NOW + Span::from_hours(25);
        let closed = {
            let closed = madoguchi_domain::conversation::close(conversation.clone(), CloseReason::Idle, NOW);
            closed.unwrap().conversation
        };
        let table = [
            (&conversation, Some(&granted), NOW, "open", None),
            (&conversation, Some(&granted), late, "human_agent", None),
            (
                &conversation,
                Some(&channel(ChannelKind::Messenger)),
                late,
                "locked",
                Some("reply_window_closed"),
            ),
            (&standby, Some(&granted), NOW, "locked", Some("thread_controlled")),
            (&closed, Some(&granted), NOW, "locked", Some("conversation_closed")),
            (&conversation, None, NOW, "locked", Some("channel_unlinked")),
        ];
        for (conversation, channel, now, state, reason) in table {
            let shown = shown(conversation, channel, now);
            assert_eq!(shown["composer"]["state"], state, "{reason:?}");
            assert_eq!(shown["composer"]["reason"].as_str(), reason);
            assert_eq!(shown["composer"]["message"].is_string(), reason.is_some());
            assert_eq!(shown["composer"]["until"].is_string(), reason.is_none());
            assert_eq!(shown["channel_health"].is_null(), channel.is_none());
        }
        assert_eq!(shown(&closed, None, NOW)["close_reason"], "idle");
    }

    #[test]
    fn a_group_is_never_shown_as_one_person() {
        for (party, kind) in [
            (Party::User("U".into()), "one_to_one"),
            (Party::Group("C".into()), "group"),
            (Party::Room("R".into()), "room"),
        ] {
            let mut conversation = open(ChannelKind::Line, party);
            conversation.contact.following = Some(Following { at: NOW, following: false });
            conversation.contact.unreachable_since = Some(NOW);
            let shown = shown(&conversation, Some(&channel(ChannelKind::Line)), NOW);
            assert_eq!(shown["kind"], kind);
            assert_eq!(shown["contact"]["following"], false);
            assert_eq!(shown["contact"]["unreachable"], true);
            assert_eq!(shown["deadline"], json!(null));
        }
    }
}
