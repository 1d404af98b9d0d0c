//! `POST /api/channels`: connects a Page or a LINE official account.
//!
//! Secret, connection, channel, in this order: after a crash between any two of them the same request
//! finds no channel and goes through again. A channel is never there without a way to reach it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use madoguchi_domain::{Channel, ChannelHealth, ChannelId, ChannelKind, ChannelSettings, ConnectionId, Span};
use madoguchi_runtime::Secret;
use madoguchi_store::Saved;
use serde::Deserialize;

use super::name;
use crate::auth::Administrator;
use crate::credentials::{Credential, pasted};
use crate::input::JsonBody;
use crate::view::ChannelView;
use crate::{ApiError, Shared, connections};

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

/// While the channel is being made its connection is not due: a check that ran before the channel is
/// there would pass it over until the next day.
const HEAD_START: Span = Span::from_minutes(1);

pub(crate) async fn create(
    State(api): Shared,
    Administrator(administrator): Administrator,
    JsonBody(new): JsonBody<NewChannel>,
) -> Result<impl IntoResponse, ApiError> {
    let Plan { kind, name, external_id, reach } = Plan::parse(new)?;
    let id = ChannelId::derive(kind, &external_id);
    // Before anything is written: the credential of a channel that works must not be replaced here.
    if api.directory.channel(id).await?.is_some() {
        return Err(ApiError::ChannelExists);
    }
    let now = api.clock.now();
    let check_at = now + HEAD_START;
    let connection_id = match &reach {
        Reach::Through(connection) => *connection,
        Reach::With(_) => match kind {
            ChannelKind::Messenger => ConnectionId::derive(kind, &external_id),
            ChannelKind::Line => ConnectionId::from(id),
        },
    };
    match &reach {
        Reach::Through(_) => connections::join(&api, connection_id, id, check_at, now).await?,
        Reach::With(credential) => {
            connections::authorize(&api, connection_id, id, credential, check_at, now).await?;
        }
    }
    let channel = Channel {
        id,
        kind,
        name,
        external_id,
        connection_id,
        settings: ChannelSettings::default(),
        settings_changed_at: now,
        health: ChannelHealth::Connecting,
        paused_until: None,
        quota: None,
        created_at: now,
    };
    if api.directory.add_channel(&channel).await? == Saved::Conflict {
        return Err(ApiError::ChannelExists);
    }
    api.directory.check_connection_soon(connection_id, now).await?;
    tracing::info!(
        channel.id = %id, connection.id = %connection_id, operator.id = administrator.id.0,
        "Added {kind} channel `{id}`"
    );
    Ok((StatusCode::CREATED, Json(ChannelView::from(&channel))))
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
                    name: name::parse(&name)?,
                    external_id: number("page_id", page_id)?,
                    reach,
                })
            }
            NewChannel::Line { name, line_channel_id, channel_secret } => {
                let external_id = number("line_channel_id", line_channel_id)?;
                let channel_secret = pasted("channel_secret", &channel_secret)?;
                Ok(Self {
                    kind: ChannelKind::Line,
                    name: name::parse(&name)?,
                    reach: Reach::With(Credential::Line {
                        line_channel_id: external_id.clone(),
                        channel_secret,
                    }),
                    external_id,
                })
            }
        }
    }
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

    #[test]
    fn anything_else_is_refused_by_the_name_of_its_field() {
        let id = "1809223c-a54e-5e9b-ae37-4058be706671";
        let table = [
            (json!({"kind": "telegram"}), "unknown variant `telegram`"),
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
