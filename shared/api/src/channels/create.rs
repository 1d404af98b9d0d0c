//! `POST /api/channels`: connects a Page, a LINE official account, or a WhatsApp or SMS sender at Twilio.
//!
//! Connection, secret, channel, in this order and under the connection's lease: nobody else connects the same account
//! meanwhile, and no check takes the credential for one that nobody needs. After a crash between any two of them the
//! same request finds no channel and goes through again once the lease has run out. A channel is never there without a
//! way to reach it.
//!
//! An account whose channel was deleted goes on as that channel, with its conversations and settings, if the
//! administrator says so: `resume`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use madoguchi_credentials::AccountSecret;
use madoguchi_domain::setup::SetupRefused;
use madoguchi_domain::{BrandId, Channel, ChannelId, ChannelKind, ConnectionId, DepartmentId, organisation};
use madoguchi_runtime::Secret;
use madoguchi_store::Saved;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::auth::Operator;
use crate::connections::Held;
use crate::credentials::{Credential, SharedKeyCredential, TwilioCredential, pasted};
use crate::input::JsonBody;
use crate::view::ChannelView;
use crate::{AdminApi, ApiError, SharedAdmin, brands, connections, credentials, departments};

/// A new channel and where it belongs, in one object.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub(crate) struct AtPlace {
    brand_id: Option<BrandId>,
    department_id: Option<DepartmentId>,
    resume: bool,
    channel: NewChannel,
}

/// Flattening would let unknown fields pass.
impl TryFrom<Map<String, Value>> for AtPlace {
    type Error = serde_json::Error;
    fn try_from(mut fields: Map<String, Value>) -> Result<Self, serde_json::Error> {
        let mut taken = |name| fields.remove(name).unwrap_or_default();
        let (brand, department, resume) = (taken("brand_id"), taken("department_id"), taken("resume"));
        Ok(Self {
            brand_id: serde_json::from_value(brand)?,
            department_id: serde_json::from_value(department)?,
            resume: serde_json::from_value::<Option<bool>>(resume)?.unwrap_or_default(),
            channel: serde_json::from_value(Value::Object(fields))?,
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum NewChannel {
    Messenger {
        name: String,
        page_id: String,
        user_access_token: Option<Secret<String>>,
        connection_id: Option<ConnectionId>,
    },
    Line {
        name: String,
        line_channel_id: String,
        channel_secret: Secret<String>,
    },
    #[serde(rename = "whatsapp")]
    WhatsApp(AtTwilio),
    Sms(AtTwilio),
}

/// A sender at Twilio, with what a [`TwilioCredential`] holds. Flattening that one would let unknown fields pass.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AtTwilio {
    name: String,
    sender: String,
    account_sid: Option<String>,
    auth_token: Secret<String>,
    api_key_sid: Option<String>,
    api_key_secret: Option<Secret<String>>,
    #[serde(default)]
    shared_keys: Vec<SharedKeyCredential>,
    #[serde(default)]
    accept_auth_token_signatures: bool,
}

/// How the new channel is reached.
enum Reach {
    With(Credential),
    Through(ConnectionId),
}

struct Plan {
    kind: ChannelKind,
    name: String,
    external_id: String,
    reach: Reach,
}

/// Connect a Page, a LINE official account, or a sender at Twilio
///
/// For administrators. The channel begins as `connecting`; its credential is looked at within a minute. An
/// account that is connected already is refused with `channel_exists`, one more of a kind than there are
/// departments with `too_many_channels`. One whose channel was deleted is refused with `channel_deleted`, unless
/// `resume` is true: then that channel goes on, with its id, its conversations and its settings.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/channels", operation_id = "createChannel", tag = "Channels",
    request_body = inline(crate::openapi::bodies::NewChannel),
    responses((status = 201, description = "The channel.", body = ChannelView)),
    extensions(("x-errors" = json!([
        "too_many_channels", "channel_exists", "channel_deleted", "brand_not_found", "department_not_found",
        "connection_busy", "connection_not_found",
    ]))),
))]
pub(crate) async fn create(
    State(api): SharedAdmin,
    administrator: Operator,
    JsonBody(new): JsonBody<AtPlace>,
) -> Result<impl IntoResponse, ApiError> {
    let AtPlace { brand_id: brand, department_id: department, resume, channel } = new;
    let Plan { kind, name, external_id, reach } = Plan::parse(channel)?;
    let id = ChannelId::derive(kind, &external_id);
    // Before anything is written: the credential of a channel that works must not be replaced here.
    connectable(&api, id, resume).await?;
    super::placed(&api, brand, department).await?;
    let channels = api.directory.channels().await?;
    let there =
        channels.iter().filter(|channel| channel.kind == kind && !channel.status.is_deleted()).count();
    let departments = departments::current(&api.directory).await?.len();
    organisation::may_connect(kind, there, departments).map_err(ApiError::TooManyChannels)?;
    let now = api.clock.now();
    let api = api.by(&administrator);
    let mut held = match &reach {
        Reach::Through(connection) => connections::take(&api, *connection, now).await?,
        Reach::With(credential) => connections::take_own(&api, id, &external_id, credential, now).await?,
    };
    let connection_id = held.id();
    let channel = Channel {
        brand,
        department,
        installer: Some(administrator.id.clone()),
        ..Channel::new(kind, name, external_id, connection_id, now)
    };
    let connected = connect(&api, &mut held, channel, &reach, resume).await;
    let given_back = held.give_back(now).await;
    let (channel, goes_on) = connected?;
    given_back?;
    // Also one that got no new credential.
    api.directory.check_connection_soon(connection_id, now).await?;
    let done = if goes_on { "Connected deleted" } else { "Added" };
    tracing::info!(
        channel.id = %id, connection.id = %connection_id, operator.id = administrator.id.0,
        "{done} {kind} channel `{id}`"
    );
    Ok((StatusCode::CREATED, Json(ChannelView::from(&channel))))
}

/// Reads what a channel of `kind` is reached with from the fields of `POST /api/channels`: its name, the account, and what
/// goes into Secrets Manager.
pub(crate) fn entered(
    kind: ChannelKind,
    mut fields: Map<String, Value>,
) -> Result<(String, String, AccountSecret), ApiError> {
    fields.insert("kind".to_owned(), Value::from(kind.as_str()));
    let new: NewChannel = serde_json::from_value(Value::Object(fields))
        .map_err(|error| ApiError::InvalidBody { what: error.to_string() })?;
    let Plan { name, external_id, reach, .. } = Plan::parse(new)?;
    let entry = match reach {
        Reach::With(Credential::Line { line_channel_id, channel_secret }) => {
            AccountSecret::Line(credentials::line(&line_channel_id, &channel_secret, None))
        }
        Reach::With(Credential::Twilio { twilio, .. }) => {
            AccountSecret::Twilio(credentials::twilio(&twilio, None))
        }
        Reach::With(Credential::Messenger { .. }) | Reach::Through(_) => {
            return Err(SetupRefused::NoSuchStep.into());
        }
    };
    Ok((name, external_id, entry))
}

/// The channel that was deleted and goes on, if there is one.
async fn connectable(api: &AdminApi, id: ChannelId, resume: bool) -> Result<Option<Channel>, ApiError> {
    match api.directory.channel(id).await? {
        Some(channel) if !channel.status.is_deleted() => Err(ApiError::ChannelExists),
        Some(_) if !resume => Err(ApiError::ChannelDeleted),
        deleted => Ok(deleted),
    }
}

/// Makes the channel while nobody else has the connection; also tells whether it goes on as one that was deleted.
async fn connect(
    api: &AdminApi,
    held: &mut Held<'_>,
    channel: Channel,
    reach: &Reach,
    resume: bool,
) -> Result<(Channel, bool), ApiError> {
    // Somebody may have been faster until we had the connection.
    let deleted = connectable(api, channel.id, resume).await?;
    held.include(channel.id).await?;
    if let Reach::With(credential) = reach {
        held.authorize(credential, channel.created_at).await?;
    }
    let goes_on = deleted.is_some();
    let (channel, saved) = match deleted {
        None => {
            let saved = api.directory.add_channel(&channel).await?;
            (channel, saved)
        }
        Some(deleted) => {
            let channel = resumed(api, channel, &deleted).await?;
            let saved = api.directory.resume_channel(&channel, &deleted).await?;
            (channel, saved)
        }
    };
    match saved {
        Saved::Done => Ok((channel, goes_on)),
        Saved::Conflict => Err(ApiError::ChannelExists),
    }
}

/// `new` with what stays of the channel that it was. It keeps its place if nobody names another one and that is still
/// there.
async fn resumed(api: &AdminApi, new: Channel, deleted: &Channel) -> Result<Channel, ApiError> {
    let (mut brand, mut department) = (new.brand, new.department);
    if let (None, Some(kept)) = (brand, deleted.brand) {
        brand = match brands::existing(&api.directory, kept).await {
            Ok(_) => Some(kept),
            Err(ApiError::BrandNotFound) => None,
            Err(error) => return Err(error),
        };
    }
    if let (None, Some(kept)) = (department, deleted.department) {
        department = match departments::existing(&api.directory, kept).await {
            Ok(_) => Some(kept),
            Err(ApiError::DepartmentNotFound) => None,
            Err(error) => return Err(error),
        };
    }
    let (settings, created_at) = (deleted.settings.clone(), deleted.created_at);
    Ok(Channel { brand, department, settings, created_at, ..new })
}

impl Plan {
    fn parse(new: NewChannel) -> Result<Self, ApiError> {
        match new {
            NewChannel::Messenger { name, page_id, user_access_token, connection_id } => {
                let reach = match (user_access_token, connection_id) {
                    (Some(token), None) => Reach::With(Credential::Messenger {
                        user_token: pasted("user_access_token", &token)?,
                    }),
                    (None, Some(connection)) => Reach::Through(connection),
                    _ => {
                        let what = "send either `user_access_token` or `connection_id`".to_owned();
                        return Err(ApiError::InvalidBody { what });
                    }
                };
                Ok(Self {
                    kind: ChannelKind::Messenger,
                    name: named(&name)?,
                    external_id: number("page_id", page_id)?,
                    reach,
                })
            }
            NewChannel::Line { name, line_channel_id, channel_secret } => {
                let external_id = number("line_channel_id", line_channel_id)?;
                let channel_secret = pasted("channel_secret", &channel_secret)?;
                Ok(Self {
                    kind: ChannelKind::Line,
                    name: named(&name)?,
                    reach: Reach::With(Credential::Line {
                        line_channel_id: external_id.clone(),
                        channel_secret,
                    }),
                    external_id,
                })
            }
            NewChannel::WhatsApp(new) => Self::at_twilio(ChannelKind::WhatsApp, new),
            NewChannel::Sms(new) => Self::at_twilio(ChannelKind::Sms, new),
        }
    }

    fn at_twilio(kind: ChannelKind, new: AtTwilio) -> Result<Self, ApiError> {
        let twilio = TwilioCredential {
            account_sid: new.account_sid,
            auth_token: new.auth_token,
            // Nothing stays of a credential that the account had before.
            api_key_sid: Some(new.api_key_sid),
            api_key_secret: Some(new.api_key_secret),
            shared_keys: Some(Some(new.shared_keys)),
            accept_auth_token_signatures: Some(Some(new.accept_auth_token_signatures)),
        };
        Ok(Self {
            kind,
            name: named(&new.name)?,
            external_id: sender(kind, &new.sender)?,
            reach: Reach::With(Credential::Twilio { kind, twilio: twilio.parsed(true)? }),
        })
    }
}

fn named(given: &str) -> Result<String, ApiError> {
    organisation::name(given).ok_or_else(ApiError::bad_name)
}

/// A sender at Twilio in one spelling: a number of WhatsApp with `whatsapp:` before it, one of SMS without, or a
/// messaging service.
fn sender(kind: ChannelKind, given: &str) -> Result<String, ApiError> {
    let given = given.trim();
    let digits = |text: &str, lengths: std::ops::RangeInclusive<usize>, hexadecimal: bool| {
        let fits = |byte: u8| if hexadecimal { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() };
        lengths.contains(&text.len()) && text.bytes().all(fits)
    };
    if given.strip_prefix("MG").is_some_and(|rest| digits(rest, 32..=32, true)) {
        return Ok(given.to_owned());
    }
    let number = match kind {
        ChannelKind::WhatsApp => given.strip_prefix("whatsapp:").unwrap_or(given),
        _ => given,
    };
    // E.164: at most 15 digits with the country's, which never begins with 0.
    if number.strip_prefix('+').is_some_and(|rest| digits(rest, 7..=15, false) && !rest.starts_with('0')) {
        let prefix = if kind == ChannelKind::WhatsApp { "whatsapp:" } else { "" };
        return Ok(format!("{prefix}{number}"));
    }
    let what = "`sender` must be a number such as +81901234567, or a messaging service `MG` and 32 hexadecimal digits";
    Err(ApiError::InvalidBody { what: what.to_owned() })
}

/// Both providers number their accounts. Refusing anything else catches a pasted name or address.
fn number(field: &str, text: String) -> Result<String, ApiError> {
    let digits = text.trim();
    if (1..=32).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(digits.to_owned());
    }
    Err(ApiError::InvalidBody { what: format!("`{field}` must be the account's number, 1 to 32 digits") })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parsed(body: &Value) -> Result<Plan, String> {
        let new = serde_json::from_value(body.clone()).map_err(|error| error.to_string())?;
        Plan::parse(new).map_err(|error| error.to_string())
    }

    #[test]
    fn the_three_ways_to_add_a_channel_are_understood() {
        let with = parsed(&json!({
            "kind": "messenger", "name": "Shop", "page_id": "104", "user_access_token": "EAAB",
        }));
        assert!(matches!(with.unwrap().reach, Reach::With(Credential::Messenger { .. })));
        let through = parsed(&json!({
            "kind": "messenger", "name": "Shop", "page_id": "104",
            "connection_id": "1809223c-a54e-5e9b-ae37-4058be706671",
        }));
        assert!(matches!(through.unwrap().reach, Reach::Through(_)));
        let line = parsed(&json!({
            "kind": "line", "name": " 本店 ", "line_channel_id": "1650000001 ", "channel_secret": "abc",
        }))
        .unwrap();
        assert_eq!((line.name.as_str(), line.external_id.as_str()), ("本店", "1650000001"));
    }

    fn at_twilio(kind: &str, sender: &str) -> Value {
        let account_sid = format!("AC{}", "0".repeat(32));
        json!({"kind": kind, "name": "x", "sender": sender, "account_sid": account_sid, "auth_token": "t"})
    }

    #[test]
    fn chn_4_and_chn_5_a_sender_at_twilio_has_one_spelling() {
        let service = format!("MG{}", "0".repeat(32));
        let table = [
            ("whatsapp", "whatsapp:+815012345678", "whatsapp:+815012345678"),
            ("whatsapp", " +815012345678 ", "whatsapp:+815012345678"),
            ("whatsapp", &service, &service),
            ("sms", "+815087654321", "+815087654321"),
            ("sms", &service, &service),
        ];
        for (kind, sender, expected) in table {
            let plan = parsed(&at_twilio(kind, sender)).unwrap();
            assert_eq!((plan.kind.as_str(), plan.external_id.as_str()), (kind, expected));
            assert!(matches!(plan.reach, Reach::With(Credential::Twilio { .. })));
        }
    }

    #[test]
    fn anything_else_is_refused_by_the_name_of_its_field() {
        let id = "1809223c-a54e-5e9b-ae37-4058be706671";
        let table = [
            (json!({"kind": "telegram"}), "unknown variant `telegram`"),
            (json!({"kind": "sms", "name": "x", "sender": "+81901234567"}), "missing field `auth_token`"),
            (at_twilio("sms", "BANK"), "`sender`"),
            (at_twilio("sms", "whatsapp:+81901234567"), "`sender`"),
            (at_twilio("whatsapp", "090-1234-5678"), "`sender`"),
            (at_twilio("whatsapp", "+081901234567"), "`sender`"),
            (
                json!({"kind": "whatsapp", "name": "x", "sender": "+81901234567", "auth_token": "t"}),
                "`account_sid`",
            ),
            (
                json!({"kind": "sms", "name": "x", "sender": "+81901234567", "auth_token": "t", "page_id": "1"}),
                "unknown field `page_id`",
            ),
            (json!({"name": "x"}), "missing field `kind`"),
            (json!({"kind": "messenger", "name": "x", "page_id": "1"}), "either `user_access_token`"),
            (
                json!({"kind": "messenger", "name": "x", "page_id": "1", "user_access_token": "t", "connection_id": id}),
                "either `user_access_token`",
            ),
            (
                json!({"kind": "messenger", "name": "x", "page_id": "shop", "user_access_token": "t"}),
                "`page_id`",
            ),
            (json!({"kind": "messenger", "name": "", "page_id": "1", "user_access_token": "t"}), "`name`"),
            (
                json!({"kind": "messenger", "name": "x", "page_id": "1", "user_access_token": "a b"}),
                "`user_access_token`",
            ),
            (json!({"kind": "line", "name": "x", "line_channel_id": "1"}), "missing field `channel_secret`"),
            (
                json!({"kind": "line", "name": "x", "line_channel_id": "1", "channel_secret": "s", "page_id": "1"}),
                "unknown field `page_id`",
            ),
        ];
        for (body, expected) in table {
            let error = parsed(&body).err().unwrap();
            assert!(error.contains(expected), "{body}: {error}");
        }
    }
}
