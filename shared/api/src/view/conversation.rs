//! A conversation as operators see it.

use axum::http::Method;
use madoguchi_domain::block::Block;
use madoguchi_domain::channel::Sending;
use madoguchi_domain::conversation::Status;
use madoguchi_domain::deadline::{self, Deadline};
use madoguchi_domain::place;
use madoguchi_domain::reply::{self, Composer, Lock};
use madoguchi_domain::send::Rest;
use madoguchi_domain::sticker::{self, Naming};
use madoguchi_domain::text::{self, Limit};
use madoguchi_domain::timers::Timing;
use madoguchi_domain::window::{self, Author, Window};
use madoguchi_domain::{
    Channel, ChannelId, ChannelKind, Conversation, ConversationId, DepartmentId, LabelId, OperatorId,
    Participant, Party, Problem, Timestamp,
};
use madoguchi_runtime::Bucket;
use serde::Serialize;

use super::ProblemView;
use super::channel::HealthView;
use super::file::FilesView;
use crate::auth::Reader;
use crate::files::LINK_LIFE;

/// One conversation.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each tells something else")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct ConversationView {
    id: ConversationId,
    channel_id: ChannelId,
    channel_kind: ChannelKind,
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::ConversationKind))]
    kind: &'static str,
    contact: ContactView,
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::ConversationStatus))]
    status: &'static str,
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::ConversationSection))]
    section: &'static str,
    /// Whose it is; of a closed one, whose it was.
    assignee_id: Option<OperatorId>,
    /// Where it was transferred to; null = the channel's.
    department_id: Option<DepartmentId>,
    labels: Vec<LabelId>,
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::ConversationMode))]
    mode: &'static str,
    /// Null unless it is set aside.
    snooze: Option<SnoozeView>,
    /// No operator has answered since it began or was reopened.
    unanswered: bool,
    /// The customer wrote last.
    unreplied: bool,
    /// 対応完了: open, and what the customer wrote last needs no answer.
    done: bool,
    /// The customer's first message without an answer.
    #[cfg_attr(feature = "openapi", schema(format = DateTime))]
    waiting_since: Option<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::words::ConversationCloseReason>))]
    close_reason: Option<&'static str>,
    /// Counts the stretches from open to closed; 0 before the first.
    episode: u32,
    /// Messages of the customer since somebody last answered here.
    unread: u32,
    /// The latest message in one line.
    preview: Option<String>,
    /// It is of an offensive message, to be shown veiled.
    preview_offensive: bool,
    /// Offensive messages of the customer in this episode.
    offences: u32,
    last_activity_at: Option<String>,
    /// The latest thing to see, lines of the timeline included: what lists are sorted by.
    sorted_at: Option<String>,
    /// What will happen by itself; null while no timer runs.
    deadline: Option<DeadlineView>,
    /// Whether a reply can be written now.
    composer: ComposerView,
    /// How long the provider lets a person answer, whether the conversation is open or not.
    window: WindowView,
    /// What one message may hold.
    limits: LimitsView,
    /// What keeps replies waiting, or from arriving, although they can be written.
    problems: Vec<ProblemView>,
    /// The people of a group or room; null in lists, and in chats with one person.
    participants: Option<Vec<ParticipantView>>,
    /// Which files may be sent; null if the channel is gone.
    files: Option<FilesView>,
    /// Why replies wait; null if the channel is gone.
    channel_health: Option<HealthView>,
    version: u64,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct ContactView {
    /// What the provider calls them: an id, a number, or that of the group.
    external_id: String,
    /// Null until the profile was fetched.
    name: Option<String>,
    /// A link to our copy of the picture, good for five minutes; null until there is one.
    picture_url: Option<String>,
    #[serde(skip)]
    picture_key: Option<String>,
    /// LINE. Whether the contact is a friend, or the account is in the group; null if never told.
    following: Option<bool>,
    /// The provider said so; the contact's next message clears it.
    unreachable: bool,
    /// Null unless they are blocked.
    blocked: Option<BlockView>,
    /// Registered in a record system, as opposed to provisional.
    registered: bool,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct SnoozeView {
    /// Null = until the customer writes.
    #[cfg_attr(feature = "openapi", schema(format = DateTime))]
    until: Option<String>,
    by: OperatorId,
}

/// Null unless they are blocked.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct BlockView {
    #[cfg_attr(feature = "openapi", schema(format = DateTime))]
    since: String,
    /// Whose id; null if the inbox did it by itself.
    by: Option<OperatorId>,
    /// `abuse` of the inbox.
    reason: String,
    /// Messages dropped since, where one conversation is read or blocked contacts are listed; null otherwise.
    /// It lags by up to a minute while they come in.
    dropped: Option<u64>,
}

/// What will happen by itself; null while no timer runs.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct DeadlineView {
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::DeadlineKind))]
    kind: &'static str,
    due_at: String,
}

/// Whether a reply can be written now.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct ComposerView {
    /// `human_agent`: only what a person writes, by the provider's rules. `template_only`: only a template that
    /// the provider has approved.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::ComposerState))]
    state: &'static str,
    /// Why it is locked, or takes no text.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::words::ComposerReason>))]
    reason: Option<&'static str>,
    /// The reason in words.
    message: Option<&'static str>,
    /// Why it is so.
    cause: Option<&'static str>,
    /// What to do.
    remedy: Option<&'static str>,
    /// The app that has the thread, `page_inbox` or the provider's id, where it was told.
    controlled_by: Option<String>,
    /// End of the time to answer.
    #[cfg_attr(feature = "openapi", schema(format = DateTime))]
    until: Option<String>,
}

/// How long the provider lets a person answer, whether the conversation is open or not.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct WindowView {
    /// `extended`: with Meta's Human Agent permission; `none`: nothing may be sent.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::WindowKind))]
    kind: &'static str,
    /// Until when it lets a person answer.
    #[cfg_attr(feature = "openapi", schema(format = DateTime))]
    until: Option<String>,
    /// When the customer last opened it.
    opened_at: Option<String>,
    /// Of `none`; null if it never was open.
    ended_at: Option<String>,
}

/// What one message may hold.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct LimitsView {
    text: TextLimitView,
    /// Null where no stickers can be sent.
    sticker: Option<StickerLimitView>,
    /// Null where no locations can be sent.
    location: Option<LocationLimitView>,
}

/// Null where no stickers can be sent.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct StickerLimitView {
    /// Whether a sticker is named with its package.
    package_required: bool,
}

/// Null where no locations can be sent.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct LocationLimitView {
    title: TextLimitView,
    address: TextLimitView,
    address_required: bool,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct TextLimitView {
    max: usize,
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::TextUnit))]
    unit: &'static str,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct ParticipantView {
    /// The provider's id.
    id: String,
    /// Null until the profile was fetched.
    name: Option<String>,
    /// As that of the contact.
    picture_url: Option<String>,
    #[serde(skip)]
    picture_key: Option<String>,
    /// False for who has left.
    present: bool,
}

impl ConversationView {
    /// The conversation at `now`, with the channel that it came through if that is still there, for `reader`.
    pub(crate) fn new(
        conversation: &Conversation,
        channel: Option<&Channel>,
        now: Timestamp,
        reader: Reader,
    ) -> Self {
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
                external_id: conversation.party.external_id().to_owned(),
                name: contact.name.clone(),
                picture_url: None,
                picture_key: contact.portrait.key(conversation.id),
                following: contact.following.map(|told| told.following),
                unreachable: contact.unreachable_since.is_some(),
                blocked: contact.blocked.as_ref().map(BlockView::from),
                registered: contact.registered,
            },
            status,
            section: conversation.section().as_str(),
            assignee_id: conversation.assignee.clone(),
            department_id: conversation.department,
            labels: conversation.labels.iter().copied().collect(),
            mode: conversation.mode.as_str(),
            snooze: conversation.snooze.as_ref().map(|snooze| SnoozeView {
                until: snooze.until.map(|until| until.to_string()),
                by: snooze.by.clone(),
            }),
            unanswered: conversation.is_unanswered(),
            unreplied: conversation.is_unreplied(),
            done: conversation.is_done(),
            waiting_since: conversation.waiting_since().map(|since| since.to_string()),
            close_reason,
            episode: conversation.episode,
            unread: conversation.unread,
            preview: conversation.preview.as_ref().map(|preview| preview.text.clone()),
            preview_offensive: conversation.preview.as_ref().is_some_and(|preview| preview.offensive),
            offences: conversation.offences(),
            last_activity_at: conversation.last_activity_at.map(|at| at.to_string()),
            sorted_at: conversation.sorted_at.map(|at| at.to_string()),
            deadline: deadline.map(DeadlineView::from),
            composer: composer(conversation, channel, now, reader),
            window: WindowView::new(conversation, settings.human_agent, now),
            limits: LimitsView::new(conversation.channel_kind),
            problems: problems(conversation, channel, now, reader),
            participants: None,
            files: channel.map(|channel| FilesView::new(channel.kind, &channel.settings)),
            channel_health: channel
                .map(|channel| HealthView::told(&channel.health, channel.kind, reader.language)),
            version: conversation.version,
        }
    }
}

impl ConversationView {
    /// With links to the pictures.
    pub(crate) fn linked(mut self, bucket: &Bucket) -> Self {
        let link = |key: &String| bucket.link(&Method::GET, key, LINK_LIFE, None);
        self.contact.picture_url = self.contact.picture_key.as_ref().map(link);
        for person in self.participants.iter_mut().flatten() {
            person.picture_url = person.picture_key.as_ref().map(link);
        }
        self
    }

    /// With how many messages of the blocked contact were dropped.
    pub(crate) fn has_dropped(&mut self, count: u64) {
        if let Some(blocked) = &mut self.contact.blocked {
            blocked.dropped = Some(count);
        }
    }

    /// With what will happen by itself, where that does not follow from the channel's own settings alone.
    pub(crate) fn due(&mut self, conversation: &Conversation, timing: Timing<'_>) {
        self.deadline = deadline::deadline(conversation, timing).map(DeadlineView::from);
    }

    /// With the people of the group.
    pub(crate) fn held_with(&mut self, people: &[Participant]) {
        self.participants = Some(people.iter().map(ParticipantView::from).collect());
    }
}

fn composer(
    conversation: &Conversation,
    channel: Option<&Channel>,
    now: Timestamp,
    reader: Reader,
) -> ComposerView {
    let view = |state, until: Option<Timestamp>| ComposerView {
        state,
        reason: None,
        message: None,
        cause: None,
        remedy: None,
        controlled_by: None,
        until: until.map(|until| until.to_string()),
    };
    let locked = |problem| {
        let told = ProblemView::new(problem, conversation.channel_kind, reader.language);
        ComposerView {
            reason: Some(told.id),
            message: Some(told.message),
            cause: Some(told.cause),
            remedy: Some(told.remedy),
            controlled_by: conversation.controlling_app(now).map(str::to_owned),
            ..view("locked", None)
        }
    };
    // RPL-5.
    let channel = match Channel::in_use(channel) {
        Ok(channel) => channel,
        Err(out) => return locked(Lock::from(out).into()),
    };
    match reply::composer(conversation, &channel.settings, Author::Person, now) {
        Composer::Open { until } => view("open", until),
        Composer::HumanAgent { until } => view("human_agent", Some(until)),
        // Free text is locked as ever, but a template may go out.
        Composer::TemplateOnly { .. } => {
            ComposerView { state: "template_only", ..locked(Lock::TemplateNeeded.into()) }
        }
        Composer::Locked(lock) => locked(lock.into()),
    }
}

/// What keeps replies from reaching the customer although they can be written: they wait, or will fail.
fn problems(
    conversation: &Conversation,
    channel: Option<&Channel>,
    now: Timestamp,
    reader: Reader,
) -> Vec<ProblemView> {
    let kind = conversation.channel_kind;
    let sending = match channel {
        None => Some(Problem::ChannelUnlinked),
        Some(channel) => match channel.sending(now) {
            Sending::Held(cause) => Some(Problem::Reauthorization(cause)),
            Sending::Paused(_) => Some(channel.paused_for.unwrap_or(Rest::Rate).into()),
            Sending::OutOfUse(out) => Some(Lock::from(out).into()),
            Sending::Allowed | Sending::Connecting => None,
        },
    };
    let contact = &conversation.contact;
    // LINE takes a push to somebody who blocked the account, and does not deliver it.
    let gone = contact.unreachable_since.is_some() || contact.following.is_some_and(|told| !told.following);
    let unreachable = gone.then_some(Problem::ContactUnreachable);
    [sending, unreachable].into_iter().flatten().map(|p| ProblemView::new(p, kind, reader.language)).collect()
}

impl From<Deadline> for DeadlineView {
    fn from(deadline: Deadline) -> Self {
        Self { kind: deadline.kind.as_str(), due_at: deadline.due_at.to_string() }
    }
}

impl WindowView {
    /// RPL-9: the provider's own deadline, whether or not the conversation is open.
    fn new(conversation: &Conversation, human_agent: bool, now: Timestamp) -> Self {
        let opened_at = conversation.window_opened_at;
        let window = window::window(conversation.channel_kind, opened_at, human_agent, Author::Person, now);
        let (kind, until, ended_at) = match window {
            Window::Unlimited => ("unlimited", None, None),
            Window::Standard { until } => ("standard", Some(until), None),
            Window::HumanAgent { until } => ("extended", Some(until), None),
            Window::TemplateOnly { ended_at } => ("template_only", None, ended_at),
            Window::Closed { ended_at } => ("none", None, ended_at),
        };
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
        Self { kind, until: text(until), opened_at: text(opened_at), ended_at: text(ended_at) }
    }
}

impl LimitsView {
    fn new(kind: ChannelKind) -> Self {
        let sticker = sticker::naming(kind);
        let location = place::limits(kind);
        Self {
            text: text::limit(kind).into(),
            sticker: sticker.map(|naming| StickerLimitView { package_required: naming == Naming::Package }),
            location: location.map(|limits| LocationLimitView {
                title: limits.title.into(),
                address: limits.address.into(),
                address_required: limits.address_required,
            }),
        }
    }
}

impl From<&Block> for BlockView {
    fn from(block: &Block) -> Self {
        Self {
            since: block.since.to_string(),
            by: block.by.clone(),
            reason: block.reason.clone(),
            dropped: None,
        }
    }
}

impl From<Limit> for TextLimitView {
    fn from(limit: Limit) -> Self {
        Self { max: limit.max, unit: limit.unit.as_str() }
    }
}

impl From<&Participant> for ParticipantView {
    fn from(person: &Participant) -> Self {
        Self {
            id: person.id.clone(),
            name: person.name.clone(),
            picture_url: None,
            picture_key: person.portrait.key(person.conversation_id),
            present: person.is_present(),
        }
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::conversation::Following;
    use madoguchi_domain::credential::Cause;
    use madoguchi_domain::{ChannelHealth, ChannelStatus, CloseReason, Language, Span};
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
        let view = ConversationView::new(conversation, channel, now, Reader::default());
        serde_json::to_value(view).unwrap()
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
                "contact": {"external_id": "1", "name": "Hanako", "picture_url": null, "following": null, "unreachable": false, "blocked": null, "registered": false},
                "status": "open",
                "section": "unassigned",
                "assignee_id": null,
                "department_id": null,
                "labels": [],
                "mode": "operator",
                "snooze": null,
                "unanswered": true,
                "unreplied": false,
                "done": false,
                "waiting_since": null,
                "close_reason": null,
                "episode": 1,
                "unread": 2,
                "preview": null,
                "preview_offensive": false,
                "offences": 0,
                "last_activity_at": "2023-11-14T22:13:20.000Z",
                "sorted_at": null,
                "deadline": {"kind": "unanswered", "due_at": "2023-11-14T23:14:20.000Z"},
                "composer": {
                    "state": "open", "reason": null, "message": null, "cause": null, "remedy": null,
                    "controlled_by": null, "until": "2023-11-15T22:13:20.000Z",
                },
                "window": {
                    "kind": "standard", "until": "2023-11-15T22:13:20.000Z",
                    "opened_at": "2023-11-14T22:13:20.000Z", "ended_at": null,
                },
                "limits": {
                    "text": {"max": 1_999, "unit": "characters"},
                    "sticker": {"package_required": false},
                    "location": null,
                },
                "problems": [],
                "participants": null,
                "files": FilesView::new(ChannelKind::Messenger, &channel.settings),
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
        let by = madoguchi_domain::OperatorId("a".into());
        let in_status = |status| Channel { status, ..granted.clone() };
        let off = in_status(ChannelStatus::Off { since: NOW, by: by.clone() });
        let deleted = in_status(ChannelStatus::Deleted { since: NOW, by });
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
            (&conversation, Some(&off), NOW, "locked", Some("channel_off")),
            (&closed, Some(&deleted), NOW, "locked", Some("channel_unlinked")),
        ];
        for (conversation, channel, now, state, reason) in table {
            let shown = shown(conversation, channel, now);
            assert_eq!(shown["composer"]["state"], state, "{reason:?}");
            assert_eq!(shown["composer"]["reason"].as_str(), reason);
            for word in ["message", "cause", "remedy"] {
                assert_eq!(shown["composer"][word].is_string(), reason.is_some(), "{word}");
            }
            assert_eq!(shown["composer"]["until"].is_string(), reason.is_none());
            assert_eq!(shown["channel_health"].is_null(), channel.is_none());
        }
        assert_eq!(shown(&closed, None, NOW)["close_reason"], "idle");
    }

    /// RPL-9: what may be sent now, until when, and why not.
    #[test]
    fn rpl_9_the_window_shows_its_real_end() {
        let mut granted = channel(ChannelKind::Messenger);
        granted.settings.human_agent = true;
        let plain = channel(ChannelKind::Messenger);
        let (day, week) = (Span::from_hours(24), Span::from_days(7));
        let second = Span::from_secs(1);
        let messenger = open(ChannelKind::Messenger, Party::User("1".into()));
        let mut silent = messenger.clone();
        silent.window_opened_at = None;
        let line = open(ChannelKind::Line, Party::User("U".into()));
        let at = |at: Timestamp| Some(at.to_string());
        let table = [
            (&messenger, &plain, NOW, "standard", at(NOW + day), None),
            (&messenger, &plain, NOW + day, "none", None, at(NOW + day)),
            (&messenger, &granted, NOW + day, "extended", at(NOW + week), None),
            (&messenger, &granted, NOW + week, "extended", at(NOW + week), None),
            (&messenger, &granted, NOW + week + second, "none", None, at(NOW + week)),
            (&silent, &granted, NOW, "none", None, None),
            (&line, &plain, NOW + week + second, "unlimited", None, None),
        ];
        for (conversation, channel, now, kind, until, ended_at) in table {
            let window = &shown(conversation, Some(channel), now)["window"];
            assert_eq!(window["kind"], kind, "{now}");
            assert_eq!(
                (window["until"].as_str(), window["ended_at"].as_str()),
                (until.as_deref(), ended_at.as_deref())
            );
        }
        let limits = &shown(&line, None, NOW)["limits"];
        assert_eq!(limits["text"], json!({"max": 5_000, "unit": "utf16_code_units"}));
    }

    #[test]
    fn what_keeps_replies_waiting_is_told_with_its_remedy() {
        let conversation = open(ChannelKind::Messenger, Party::User("1".into()));
        let mut blocked = conversation.clone();
        blocked.contact.unreachable_since = Some(NOW);
        let mut healthy = channel(ChannelKind::Messenger);
        healthy.health = ChannelHealth::Healthy { since: NOW };
        let mut held = healthy.clone();
        let cause = Cause::TokenExpired;
        held.health = ChannelHealth::NeedsReauthorization { cause, since: NOW, detail: "190".into() };
        let resting = |rest| {
            let until = Some(NOW + Span::from_secs(1));
            Channel { paused_until: until, paused_for: rest, ..healthy.clone() }
        };
        let mut gone = conversation.clone();
        gone.contact.following = Some(Following { at: NOW, following: false });
        let table = [
            (&conversation, Some(healthy.clone()), vec![]),
            (&gone, Some(healthy.clone()), vec!["contact_unreachable"]),
            (&conversation, Some(held), vec!["token_expired"]),
            (&conversation, Some(resting(None)), vec!["rate_limited"]),
            (&conversation, Some(resting(Some(Rest::Rate))), vec!["rate_limited"]),
            (&blocked, Some(resting(Some(Rest::Restricted))), vec!["page_restricted", "contact_unreachable"]),
            (&conversation, None, vec!["channel_unlinked"]),
        ];
        for (conversation, channel, expected) in table {
            let shown = shown(conversation, channel.as_ref(), NOW);
            let problems = shown["problems"].as_array().unwrap();
            let ids: Vec<_> = problems.iter().map(|problem| problem["id"].as_str().unwrap()).collect();
            assert_eq!(ids, expected);
            assert!(problems.iter().all(|p| p["remedy"].is_string() && p["provider"].is_null()));
            if expected == ["token_expired"] {
                assert_eq!(shown["channel_health"]["remedy"], problems[0]["remedy"]);
            }
        }
    }

    #[test]
    fn the_app_that_has_the_thread_is_named_in_the_readers_language() {
        let mut conversation = open(ChannelKind::Messenger, Party::User("1".into()));
        conversation.control = Some(madoguchi_domain::conversation::Control { at: NOW, standby: true });
        let app = Some("263902037430900".to_owned());
        conversation.owner = Some(madoguchi_domain::conversation::ThreadOwner { at: NOW, app: app.clone() });
        let reader = Reader { language: Language::Ja, administrator: false };
        let channel = channel(ChannelKind::Messenger);
        let view = ConversationView::new(&conversation, Some(&channel), NOW, reader);
        assert_eq!(view.composer.controlled_by, app);
        let text = Problem::ThreadControlled.text(ChannelKind::Messenger, Language::Ja);
        assert_eq!((view.composer.message, view.composer.remedy), (Some(text.message), Some(text.remedy)));
    }

    #[test]
    fn msg_12_stickers_and_locations_are_offered_where_they_can_be_sent() {
        let units = |max| json!({"max": max, "unit": "utf16_code_units"});
        let characters = |max| json!({"max": max, "unit": "characters"});
        let table = [
            (ChannelKind::Messenger, json!({"package_required": false}), json!(null)),
            (
                ChannelKind::Line,
                json!({"package_required": true}),
                json!({"title": units(100), "address": units(100), "address_required": true}),
            ),
            (
                ChannelKind::WhatsApp,
                json!(null),
                json!({"title": characters(100), "address": characters(300), "address_required": false}),
            ),
            (ChannelKind::Sms, json!(null), json!(null)),
        ];
        for (kind, sticker, location) in table {
            let conversation = open(kind, Party::User("1".into()));
            let limits = &shown(&conversation, Some(&channel(kind)), NOW)["limits"];
            assert_eq!((&limits["sticker"], &limits["location"]), (&sticker, &location), "{kind}");
        }
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
        let group = open(ChannelKind::Line, Party::Group("C".into()));
        let mut view = ConversationView::new(&group, None, NOW, Reader::default());
        let mut person = Participant::new(group.channel_id, group.id, "U1");
        person.name = Some("花子".into());
        view.held_with(&[person]);
        let people = serde_json::to_value(view).unwrap()["participants"].clone();
        assert_eq!(people, json!([{"id": "U1", "name": "花子", "picture_url": null, "present": true}]));
    }
}
