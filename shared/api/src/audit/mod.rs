//! The audit log (AUD-2): search it, and take it along.

pub(crate) mod csv;
mod export;
mod list;

pub(crate) use export::export;
pub(crate) use list::list;

use madoguchi_domain::audit::{Entry, Fields};
use madoguchi_domain::{ChannelKind, ConversationId, Party, Span, Timestamp};
use madoguchi_store::audit::{Audit, Cursor, Search};
use serde::{Deserialize, Serialize};

use crate::input::{given, not_a_cursor};
use crate::{ApiError, OrganisationApi};

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(list::list, export::export))]
pub(crate) struct Described;

/// Clocks differ: what a function has just written may seem to be from a moment later.
const AHEAD: Span = Span::from_minutes(1);

/// What is looked for; each part is left out or not empty.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub(crate) struct AuditQuery {
    /// From this time on; as long as entries are kept, unless told.
    #[cfg_attr(feature = "openapi", param(format = DateTime))]
    from: Option<String>,
    /// Before this time.
    #[cfg_attr(feature = "openapi", param(format = DateTime))]
    to: Option<String>,
    /// A person's id, or `system:` and the name of a function.
    actor: Option<String>,
    #[cfg_attr(feature = "openapi", param(format = "uuid"))]
    channel: Option<String>,
    #[cfg_attr(feature = "openapi", param(format = "uuid"))]
    conversation: Option<String>,
    /// The provider's id of a person, or `group:` or `room:` and that of a LINE chat; only with `channel`. A number
    /// may lack `+`.
    contact: Option<String>,
    /// An act such as `channel.held`, or what several begin with, such as `channel`.
    #[cfg_attr(feature = "openapi", param(pattern = "^[a-z._]*$"))]
    act: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

impl AuditQuery {
    async fn search(&self, api: &OrganisationApi, now: Timestamp) -> Result<Search, ApiError> {
        let channel = given(self.channel.as_deref()).and_then(|id| id.parse().ok());
        let kind = match channel.filter(|_| given(self.contact.as_deref()).is_some()) {
            Some(channel) => api.directory.channel(channel).await?.map(|channel| channel.kind),
            None => None,
        };
        self.parsed(&api.audit, kind, now)
    }

    /// `kind`: that of the channel, which tells how contacts are spelled.
    fn parsed(&self, audit: &Audit, kind: Option<ChannelKind>, now: Timestamp) -> Result<Search, ApiError> {
        let refused = |what: &str| ApiError::InvalidQuery { what: what.to_owned() };
        let instant = |name: &str, text: &Option<String>| {
            let read = |text| {
                Timestamp::from_rfc_3339(text)
                    .filter(|at| (0..10_000_000_000_000).contains(&at.as_ms()))
                    .ok_or_else(|| refused(&format!("`{name}` must be a time such as 2026-01-31T09:00:00Z")))
            };
            given(text.as_deref()).map(read).transpose()
        };
        let kept = now - audit.keep();
        let from = instant("from", &self.from)?.unwrap_or(kept).max(kept);
        let to = instant("to", &self.to)?.unwrap_or(now + AHEAD).min(now + AHEAD);
        let channel = given(self.channel.as_deref()).map(str::parse).transpose();
        let channel = channel.map_err(|_| refused("`channel` must be the id of a channel"))?;
        let conversation = given(self.conversation.as_deref()).map(str::parse).transpose();
        let conversation =
            conversation.map_err(|_| refused("`conversation` must be the id of a conversation"))?;
        let conversation = match (given(self.contact.as_deref()), channel, conversation) {
            (None, _, conversation) => conversation,
            (Some(contact), Some(channel), None) => {
                Some(ConversationId::derive(channel, &party(kind, contact)))
            }
            (Some(_), None, _) => return Err(refused("`contact` needs the `channel` that knows them")),
            (Some(_), _, Some(_)) => return Err(refused("send either `contact` or `conversation`")),
        };
        let cursor = given(self.cursor.as_deref()).map(|text| Cursor::parse(text).ok_or_else(not_a_cursor));
        let act = given(self.act.as_deref());
        let is_name = |act: &str| act.bytes().all(|byte| byte.is_ascii_lowercase() || b"._".contains(&byte));
        if act.is_some_and(|act| !is_name(act)) {
            return Err(refused("`act` must be an act such as `channel.changed`, or what one begins with"));
        }
        Ok(Search {
            from,
            to,
            actor: given(self.actor.as_deref()).map(str::to_owned),
            channel,
            conversation,
            act: act.map(str::to_owned),
            cursor: cursor.transpose()?,
        })
    }

    /// As the log tells of it.
    fn told(&self) -> Fields {
        let fields = [
            ("from", &self.from),
            ("to", &self.to),
            ("actor", &self.actor),
            ("channel", &self.channel),
            ("conversation", &self.conversation),
            ("contact", &self.contact),
            ("act", &self.act),
            ("cursor", &self.cursor),
        ];
        let given = fields
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), given(value.as_deref())?.into())));
        given.collect()
    }
}

/// With whom a conversation is held: a person by the provider's id alone, a group or room with its kind before it. A
/// number is found however it is spelled, also by an address in which nobody wrote `+` as `%2B`.
fn party(kind: Option<ChannelKind>, given: &str) -> Party {
    let given = given.trim();
    if let Ok(party) = given.parse() {
        return party;
    }
    let prefix = match kind {
        Some(ChannelKind::WhatsApp) => "whatsapp:",
        Some(ChannelKind::Sms) => "",
        _ => return Party::User(given.to_owned()),
    };
    let number = given.strip_prefix("whatsapp:").unwrap_or(given).trim();
    let number = number.strip_prefix('+').unwrap_or(number);
    // Shorter ones are short codes, and what has letters is a name.
    let is_number = (7..=15).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    Party::User(if is_number { format!("{prefix}+{number}") } else { given.to_owned() })
}

/// One entry.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct EntryView {
    id: String,
    at: String,
    /// `channel.` added, changed, held, `cause_named`, released, connected, disabled, enabled, deleted, resumed,
    /// `check_requested`; `credential.` requested, entered, replaced, joined, left, checked, refreshed,
    /// `pages_changed`, deleted; `brand.`, `department.`, `template.` and `label.` added, changed, removed;
    /// `operator.` added, changed; `person.` added, changed, associated, dissociated, removed, restored,
    /// retried; `sender_sync.started`, `conversation.read`, `conversations.listed`, `quarantine.replayed`,
    /// `audit.exported`. Others may be added.
    act: String,
    actor: ActorView,
    /// What it was done to, such as `brand/{id}`.
    subject: String,
    #[cfg_attr(feature = "openapi", schema(format = "uuid"))]
    channel_id: Option<String>,
    #[cfg_attr(feature = "openapi", schema(format = "uuid"))]
    conversation_id: Option<String>,
    /// The fields that changed, by their path, as they were; left out if they had no value.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    before: Fields,
    /// As they became.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    after: Fields,
}

/// Who it was, and from where.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct ActorView {
    /// A person's; `system:` and a function's name; `system` if nobody said who.
    id: String,
    name: Option<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::words::ActorRole>))]
    role: Option<&'static str>,
    ip: Option<String>,
    user_agent: Option<String>,
    /// Under which the log has it.
    request_id: Option<String>,
}

impl From<Entry> for EntryView {
    fn from(entry: Entry) -> Self {
        let by = entry.by;
        Self {
            id: entry.id,
            at: entry.at.to_string(),
            act: entry.act,
            actor: ActorView {
                id: by.id,
                name: by.name,
                role: by.role.map(madoguchi_domain::Role::as_str),
                ip: by.ip,
                user_agent: by.user_agent,
                request_id: by.request_id,
            },
            subject: entry.subject,
            channel_id: entry.channel.map(|id| id.to_string()),
            conversation_id: entry.conversation.map(|id| id.to_string()),
            before: entry.before,
            after: entry.after,
        }
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::ChannelId;
    use madoguchi_runtime::{Aws, AwsConfig, Secret};

    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_793_491_200_000);

    fn audit() -> Audit {
        let aws = Aws::new(AwsConfig {
            region: "eu-central-1".into(),
            access_key_id: "test".into(),
            secret_access_key: Secret::new("test".into()),
            session_token: None,
            endpoint_url: Some("http://127.0.0.1:1".into()),
        });
        Audit::new(aws.unwrap().dynamodb(), "audit", Span::from_days(30))
    }

    fn query(fields: serde_json::Value) -> Result<Search, String> {
        let query: AuditQuery = serde_json::from_value(fields).unwrap();
        query.parsed(&audit(), None, NOW).map_err(|error| error.to_string())
    }

    #[test]
    fn aud_2_what_makes_no_sense_is_refused_by_its_name() {
        for (name, value) in [
            ("from", "yesterday"),
            ("from", "-002026-01-31T09:00:00Z"),
            ("to", "2026-01-31"),
            ("channel", "shop"),
            ("conversation", "1"),
            ("contact", "U1"),
            ("act", "Channel"),
            ("cursor", "next"),
        ] {
            let error = query(serde_json::json!({ name: value })).unwrap_err();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn aud_2_a_contact_is_found_by_the_providers_id_and_its_channel() {
        let channel = ChannelId::derive(ChannelKind::Line, "1650000001");
        for (given, party) in [
            ("U1", Party::User("U1".into())),
            ("user:U1", Party::User("U1".into())),
            ("group:C1", Party::Group("C1".into())),
            ("whatsapp:+81901234567", Party::User("whatsapp:+81901234567".into())),
        ] {
            let found = query(serde_json::json!({"channel": channel, "contact": given})).unwrap();
            assert_eq!(found.conversation, Some(ConversationId::derive(channel, &party)), "{given}");
        }
        let id = ConversationId::derive(channel, &Party::User("U1".into()));
        let both = serde_json::json!({"channel": channel, "contact": "U1", "conversation": id});
        assert!(query(both).unwrap_err().contains("either"));
    }

    #[test]
    fn aud_2_nothing_is_looked_for_beyond_what_is_kept() {
        let whole = query(serde_json::json!({"from": "", "act": ""})).unwrap();
        assert_eq!((whole.from, whole.to, whole.act), (NOW - Span::from_days(30), NOW + AHEAD, None));
        let wider = query(serde_json::json!({"from": "2000-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"}));
        assert_eq!(wider.map(|it| (it.from, it.to)), Ok((whole.from, whole.to)));
        let part = query(serde_json::json!({"from": "2026-10-31T00:00:00+09:00", "act": "channel"})).unwrap();
        assert_eq!(part.from.to_string(), "2026-10-30T15:00:00.000Z");
        assert_eq!(part.act.as_deref(), Some("channel"));
    }

    #[test]
    fn aud_2_a_contact_is_found_however_their_number_is_spelled() {
        use ChannelKind::{Line, Messenger, Sms, WhatsApp};
        for (kind, given, expected) in [
            (Some(Line), " U1 ", "user:U1"),
            (Some(Line), "group:C1", "group:C1"),
            (Some(Messenger), "24681357", "user:24681357"),
            (Some(WhatsApp), "whatsapp:+819012345678", "user:whatsapp:+819012345678"),
            (Some(WhatsApp), "whatsapp: 819012345678", "user:whatsapp:+819012345678"),
            (Some(WhatsApp), "+819012345678", "user:whatsapp:+819012345678"),
            (Some(WhatsApp), " 819012345678", "user:whatsapp:+819012345678"),
            (Some(Sms), " 819012345678", "user:+819012345678"),
            (Some(Sms), "+819012345678", "user:+819012345678"),
            (Some(Sms), "22000", "user:22000"),
            (Some(Sms), "Shop", "user:Shop"),
            (None, "whatsapp:+819012345678", "user:whatsapp:+819012345678"),
        ] {
            assert_eq!(party(kind, given).to_string(), expected, "{kind:?} {given:?}");
        }
    }
}
