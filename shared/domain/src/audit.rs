//! The audit log (AUD-2, AUD-3): which changes of the Directory it tells of, and how.
//!
//! What is told of an item is listed in [`KINDS`], field by field: what nobody has listed is never told, whatever it is.
//! Leases, readings, pauses and the times of the next check are not listed, so that they make no entry. Something new is
//! told when its field stands there; a change that deserves a name of its own gets a row in [`name`].

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::ids::{ChannelId, ConversationId, OperatorId};
use crate::role::Role;
use crate::time::{Span, Timestamp};

/// The longest user agent that is kept, in characters.
const USER_AGENT_LENGTH: usize = 200;
/// Who changed something, if nobody said so.
const UNKNOWN: &str = "system";
/// What stands for a value that may be secret.
const MASK: &str = "•••";
/// An administrator's reads of a conversation within it are one entry, and so are their lists.
const READS: Span = Span::from_hours(1);
/// Namespace of the entries' ids. Never changes: a repeated entry must find the first one.
const ENTRIES: Uuid = Uuid::from_u128(0x0a4d_17e2_51c6_5f3b_8d02_6b1f_93c7_2e58);

/// An item as its table holds it: attributes by name.
pub type Image = Map<String, Value>;

/// Fields with their values; those of objects by their path, such as `settings.reopen`.
pub type Fields = BTreeMap<String, Value>;

/// Who did something, when, and from where. Written beside the change itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The person's id; `system:{function}`, or `system` if nobody said who.
    pub id: String,
    /// As the identity provider tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the person was then; `None` of a function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The address that the request came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// What it was sent with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Under which it stands in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

impl Author {
    /// A function that acts by itself.
    pub fn function(name: &str) -> Self {
        Self::of(format!("{UNKNOWN}:{name}"))
    }

    /// Nobody said who.
    pub fn unknown() -> Self {
        Self::of(UNKNOWN.to_owned())
    }

    fn of(id: String) -> Self {
        Self { id, name: None, role: None, ip: None, user_agent: None, request_id: None, at: None }
    }

    /// A person whose request came at `at`.
    pub fn person(id: &OperatorId, name: &str, role: Role, at: Timestamp) -> Self {
        Self { name: Some(name.to_owned()), role: Some(role), at: Some(at), ..Self::of(id.0.clone()) }
    }

    /// A machine whose request came at `at`.
    pub fn client(id: &OperatorId, name: &str, at: Timestamp) -> Self {
        Self { name: Some(name.to_owned()), at: Some(at), ..Self::of(id.0.clone()) }
    }

    /// Where the request came from; a long user agent is cut.
    #[must_use]
    pub fn from_where(mut self, ip: Option<&str>, user_agent: Option<&str>, request_id: &str) -> Self {
        self.ip = ip.map(str::to_owned);
        self.user_agent = user_agent.map(|agent| agent.chars().take(USER_AGENT_LENGTH).collect());
        self.request_id = Some(request_id.to_owned());
        self
    }

    fn is_person(&self) -> bool {
        self.role.is_some()
    }
}

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Derived from what it tells of: telling it again finds the first.
    pub id: String,
    /// When it happened.
    pub at: Timestamp,
    /// What happened, such as `channel.held`. A text and not an enum: what a later release wrote is shown too.
    pub act: String,
    /// Who did it.
    pub by: Author,
    /// What it was done to, such as `brand/{id}`.
    pub subject: String,
    /// The channel that it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelId>,
    /// The conversation, and with it the contact: each has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ConversationId>,
    /// The fields that changed, as they were.
    #[serde(default)]
    pub before: Fields,
    /// The same fields as they became. What stands in one of the two only had no value in the other.
    #[serde(default)]
    pub after: Fields,
}

impl Entry {
    /// Its place among all entries, which sorts by time.
    pub fn position(&self) -> String {
        format!("{:013}-{}", self.at.as_ms(), self.id)
    }

    /// That an administrator has read a conversation: one entry per person, conversation and hour.
    pub fn read(conversation: ConversationId, channel: ChannelId, by: Author, now: Timestamp) -> Self {
        let hour = now.as_ms() / READS.as_ms();
        let id = Uuid::new_v5(&ENTRIES, format!("read|{}|{conversation}|{hour}", by.id).as_bytes());
        let subject = format!("conversation/{conversation}");
        Self {
            channel: Some(channel),
            conversation: Some(conversation),
            ..Self::new(format!("r-{id}"), now, "conversation.read", by, subject)
        }
    }

    /// That an administrator was shown a list of conversations with what was said last: one entry per person and hour.
    pub fn listed(by: Author, now: Timestamp) -> Self {
        let hour = now.as_ms() / READS.as_ms();
        let id = Uuid::new_v5(&ENTRIES, format!("listed|{}|{hour}", by.id).as_bytes());
        Self::new(format!("l-{id}"), now, "conversations.listed", by, "conversations".to_owned())
    }

    /// That somebody asked for something that changes no item of the Directory.
    pub fn asked(act: &str, subject: String, by: Author, after: Fields, now: Timestamp) -> Self {
        let request = by.request_id.as_deref().unwrap_or_default();
        let name = format!("{act}|{subject}|{}|{request}|{}|{after:?}", by.id, now.as_ms());
        let id = Uuid::new_v5(&ENTRIES, name.as_bytes());
        Self { after, ..Self::new(format!("a-{id}"), now, act, by, subject) }
    }

    /// The same, found by the channel that it concerns. Of several each has its own.
    #[must_use]
    pub fn about(self, channel: ChannelId) -> Self {
        Self { id: format!("{}-{channel}", self.id), channel: Some(channel), ..self }
    }

    /// That somebody whom nobody knows was turned away: one entry per address, reason and minute, since anybody can ask.
    pub fn refused(act: &str, reason: &str, subject: String, by: Author, now: Timestamp) -> Self {
        let minute = now.as_ms() / 60_000;
        let from = by.ip.as_deref().unwrap_or_default();
        let id = Uuid::new_v5(&ENTRIES, format!("{act}|{reason}|{subject}|{from}|{minute}").as_bytes());
        let after = Fields::from([("reason".to_owned(), Value::from(reason))]);
        Self { after, ..Self::new(format!("t-{id}"), now, act, by, subject) }
    }

    fn new(id: String, at: Timestamp, act: &str, by: Author, subject: String) -> Self {
        Self {
            id,
            at,
            act: act.to_owned(),
            by,
            subject,
            channel: None,
            conversation: None,
            before: Fields::new(),
            after: Fields::new(),
        }
    }
}

/// One committed write of the Directory.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    /// Partition key of the item: what kind of thing it is.
    pub pk: &'a str,
    /// Sort key: which one.
    pub sk: &'a str,
    /// The item before; `None` if there was none.
    pub before: Option<&'a Image>,
    /// The item now; `None` if it was deleted.
    pub after: Option<&'a Image>,
    /// When it was committed, to the second.
    pub at: Timestamp,
    /// The number of the write, which grows.
    pub sequence: &'a str,
}

struct Kind {
    /// Partition of the Directory.
    pk: &'static str,
    /// What it is called in acts and subjects.
    name: &'static str,
    /// What is told of it; a field that is an object with all that it holds, `*` for any name.
    told: &'static [&'static str],
}

const KINDS: &[Kind] = &[
    Kind {
        pk: "channel",
        name: "channel",
        told: &[
            "name",
            "kind",
            "external_id",
            "connection_id",
            "brand",
            "department",
            "installer",
            "settings",
            "status.state",
            "health.state",
            "health.cause",
            "health.detail",
            "subscription.loss.found_at",
            "subscription.loss.missing",
            "subscription.loss.renewed_at",
            "subscription.loss.detail",
            "icon",
        ],
    },
    // The secret itself is elsewhere.
    Kind {
        pk: "connection",
        name: "credential",
        told: &["kind", "channels", "authorized_at", "expires_at", "pages"],
    },
    Kind { pk: "brand", name: "brand", told: &["name", "timers", "removed_at"] },
    Kind {
        pk: "profanity",
        name: "profanity",
        told: &["on", "japanese", "english", "words", "exceptions", "limit", "block"],
    },
    Kind { pk: "department", name: "department", told: &["name", "hours", "timers", "removed_at"] },
    // That a text was changed, not what it says: it may be long, and there is one for each language.
    Kind {
        pk: "template",
        name: "template",
        told: &["name", "folder", "department", "object", "variants.*.changed_at", "removed_at"],
    },
    // Not what operators keep for themselves.
    Kind { pk: "shared-views", name: "shared_views", told: &["views"] },
    Kind { pk: "label", name: "label", told: &["name", "color", "removed_at"] },
    // Not as whom they wrote last, which changes with their replies.
    Kind { pk: "operator", name: "operator", told: &["display_name", "picture.upload"] },
    Kind { pk: "person", name: "person", told: &["name", "role", "removed_at", "channels.*.added_at"] },
    // Neither where the token is nor what must be shown to take it over.
    Kind {
        pk: "setup",
        name: "setup",
        told: &[
            "kind",
            "started_by",
            "reauthorizes",
            "consent",
            "brand",
            "department",
            "finished_at",
            "account.facebook.login.user_id",
            "account.facebook.login.user_name",
            "account.facebook.login.granted",
            "account.facebook.failed",
            "account.facebook.pages",
            "account.keyed.entered.external_id",
            "account.keyed.entered.account_name",
            "account.keyed.entered.name",
            "account.keyed.channel",
        ],
    },
    // Not who took it back: what is to be forgotten must not begin by being written down.
    Kind { pk: "withdrawal", name: "withdrawal", told: &["extent", "issued_at", "completed_at", "logins"] },
    // Which secret signs, not what it is.
    Kind {
        pk: "webhook",
        name: "webhook",
        told: &["url", "events", "channels", "description", "off.because", "key.generation", "removed_at"],
    },
    Kind { pk: "sender-sync", name: "sender_sync", told: &["due_at"] },
];

/// What a committed write tells; nothing for most of them. More than one entry only where several channels are
/// concerned: each is found by its own.
pub fn entries(change: &Change<'_>) -> Vec<Entry> {
    let Some(kind) = KINDS.iter().find(|kind| kind.pk == change.pk) else { return Vec::new() };
    let (mut before, mut after) = (told(kind, change.before), told(kind, change.after));
    let channels = channels(kind, change, &before, &after);
    let same: Vec<String> = before
        .iter()
        .filter(|(path, value)| after.get(*path) == Some(value))
        .map(|it| it.0.clone())
        .collect();
    for path in same {
        before.remove(&path);
        after.remove(&path);
    }
    if before.is_empty() && after.is_empty() {
        return Vec::new();
    }
    let by = author(change);
    // It is also planned by whoever has run it.
    if kind.pk == "sender-sync" && !by.is_person() {
        return Vec::new();
    }
    let act = match (change.before, change.after) {
        (None, _) => added(kind.name),
        (_, None) => "deleted",
        _ => name(kind.name, &before, &after),
    };
    let entry = |channel: Option<ChannelId>| {
        let which = channel.map(|channel| channel.to_string()).unwrap_or_default();
        let item = Uuid::new_v5(&ENTRIES, format!("{}|{}|{which}", change.pk, change.sk).as_bytes());
        let id = format!("s-{:0>40}-{item}", change.sequence);
        let at = by.at.unwrap_or(change.at);
        let subject = format!("{}/{}", kind.name, change.sk);
        // Of the channels of a credential some may join while others leave.
        let stays = channel.is_none_or(|channel| listed(&after).contains(&channel));
        let act = if act == "joined" && !stays { "left" } else { act };
        let act = format!("{}.{act}", kind.name);
        Entry {
            channel,
            before: before.clone(),
            after: after.clone(),
            ..Entry::new(id, at, &act, by.clone(), subject)
        }
    };
    if channels.is_empty() {
        return vec![entry(None)];
    }
    channels.into_iter().map(|channel| entry(Some(channel))).collect()
}

const fn added(kind: &str) -> &'static str {
    match kind.as_bytes() {
        b"credential" => "entered",
        b"withdrawal" => "received",
        b"sender_sync" | b"setup" => "started",
        _ => "added",
    }
}

/// What a change is called, by what has changed; the telling one first.
fn name(kind: &str, before: &Fields, after: &Fields) -> &'static str {
    let changed = |path: &str| before.contains_key(path) || after.contains_key(path);
    let state = |fields: &Fields, path: &str| fields.get(path).and_then(Value::as_str).map(str::to_owned);
    let any_channel = |fields: &Fields| fields.keys().any(|path| path.starts_with("channels."));
    match kind {
        // A channel without a status is in use.
        "channel" if changed("status.state") => {
            match (state(before, "status.state").as_deref(), state(after, "status.state").as_deref()) {
                (_, Some("deleted")) => "deleted",
                (_, Some("off")) => "disabled",
                (Some("deleted"), _) => "resumed",
                _ => "enabled",
            }
        }
        "channel" if changed("health.state") => {
            match (state(before, "health.state").as_deref(), state(after, "health.state").as_deref()) {
                (_, Some("needs_reauthorization")) => "held",
                (Some("needs_reauthorization"), _) => "released",
                _ => "connected",
            }
        }
        "withdrawal" if changed("completed_at") => "completed",
        "channel" if changed("health.cause") => "cause_named",
        "channel" if after.contains_key("subscription.loss.renewed_at") => "subscription_renewed",
        "channel" if after.contains_key("subscription.loss.found_at") => "subscription_lost",
        "credential" if changed("authorized_at") => "replaced",
        "credential" if changed("channels") => "joined",
        // What the provider told when it was first asked is no refresh.
        "credential" if before.contains_key("expires_at") => "refreshed",
        "credential" if changed("expires_at") => "checked",
        "credential" if changed("pages") => "pages_changed",
        "webhook" if changed("key.generation") => "secret_replaced",
        "webhook" if after.contains_key("off.because") => "disabled",
        "webhook" if before.contains_key("off.because") => "enabled",
        "brand" | "department" | "person" | "template" | "label" | "webhook" | "bot"
            if after.contains_key("removed_at") =>
        {
            "removed"
        }
        "person" if before.contains_key("removed_at") => "restored",
        "person" if any_channel(after) => "associated",
        "person" if any_channel(before) => "dissociated",
        "sender_sync" => "started",
        "setup" if changed("finished_at") => "finished",
        "setup" if changed("consent.version") => "consented",
        "setup" if changed("account.keyed.entered.external_id") => "credentials_entered",
        "setup" if changed("account.facebook.login.user_id") => "logged_in",
        "setup" if changed("account.facebook.failed") => "login_failed",
        _ => "changed",
    }
}

/// Who made a write, as the write itself says. One that says nothing leaves what the one before it said: a person must
/// not be blamed for it. What is deleted said before who would, in a field of its own.
fn author(change: &Change<'_>) -> Author {
    let read = |image: Option<&Image>, name: &str| -> Option<Author> {
        serde_json::from_value(image?.get(name)?.clone()).ok()
    };
    if change.after.is_none() {
        return read(change.before, "deleted_by").unwrap_or_else(Author::unknown);
    }
    match (read(change.before, "changed_by"), read(change.after, "changed_by")) {
        (before, Some(after)) if !after.is_person() || before.as_ref() != Some(&after) => after,
        _ => Author::unknown(),
    }
}

/// The channels that a change concerns.
fn channels(kind: &Kind, change: &Change<'_>, before: &Fields, after: &Fields) -> BTreeSet<ChannelId> {
    let (before, after) = match kind.name {
        "channel" => return change.sk.parse().into_iter().collect(),
        "credential" => (listed(before), listed(after)),
        "person" => return named(before).symmetric_difference(&named(after)).copied().collect(),
        _ => return BTreeSet::new(),
    };
    let moved: BTreeSet<ChannelId> = before.symmetric_difference(&after).copied().collect();
    if moved.is_empty() { after } else { moved }
}

/// Those of a list.
fn listed(fields: &Fields) -> BTreeSet<ChannelId> {
    let listed = fields.get("channels").and_then(Value::as_array).into_iter().flatten();
    listed.filter_map(|id| id.as_str()?.parse().ok()).collect()
}

/// Those of a map.
fn named(fields: &Fields) -> BTreeSet<ChannelId> {
    fields.keys().filter_map(|path| path.strip_prefix("channels.")?.split('.').next()?.parse().ok()).collect()
}

fn told(kind: &Kind, image: Option<&Image>) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in image.into_iter().flatten() {
        flatten(name.clone(), value, &mut fields);
    }
    fields.retain(|path, _| kind.told.iter().any(|told| begins(path, told)));
    fields
}

fn begins(path: &str, told: &str) -> bool {
    let mut names = path.split('.');
    told.split('.').all(|expected| names.next().is_some_and(|name| expected == "*" || expected == name))
}

fn flatten(path: String, value: &Value, into: &mut Fields) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                flatten(format!("{path}.{name}"), value, into);
            }
        }
        // What is switched off is kept as null by some, and left out by others.
        Value::Null => {}
        _ if may_be_secret(&path) => drop(into.insert(path, Value::from(MASK))),
        value => {
            let at = value.as_i64().filter(|_| path.ends_with("_at"));
            let value = at.map_or_else(|| value.clone(), |ms| Timestamp::from_ms(ms).to_string().into());
            into.insert(path, value);
        }
    }
}

/// No such field is listed; one that is added by mistake must not show what it holds.
fn may_be_secret(path: &str) -> bool {
    ["secret", "token", "password", "private"].iter().any(|word| path.contains(word))
}

#[cfg(test)]
#[path = "audit_tests.rs"]
mod tests;
