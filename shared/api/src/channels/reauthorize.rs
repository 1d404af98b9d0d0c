//! `PUT /api/channels/{channel}/credential`: an administrator enters a new credential (AUT-7). It is
//! looked at within a minute; replies that waited then go out.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::{Channel, ChannelId, ChannelKind};
use madoguchi_runtime::Secret;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::present;
use crate::auth::Operator;
use crate::credentials::{Credential, TwilioCredential, pasted};
use crate::input::{InPath, JsonBody};
use crate::view::ChannelView;
use crate::{ApiError, SharedAdmin, connections};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCredential {
    user_access_token: Option<Secret<String>>,
    channel_secret: Option<Secret<String>>,
}

/// Enter a channel's credential anew
///
/// For administrators. The credential takes the place of the old one for every channel of the connection and is
/// looked at within a minute; replies that waited then go out, once and in order. `connection_busy` means that
/// it is being renewed at this moment: try again.
#[cfg_attr(feature = "openapi", utoipa::path(
    put, path = "/api/channels/{channel}/credential", operation_id = "reauthorizeChannel", tag = "Channels",
    request_body = inline(crate::openapi::bodies::NewCredential),
    responses((status = 200, description = "The channel.", body = ChannelView)),
    extensions(("x-errors" = json!(["connection_busy", "channel_deleted"]))),
))]
pub(crate) async fn reauthorize(
    State(api): SharedAdmin,
    administrator: Operator,
    InPath(id): InPath<ChannelId>,
    JsonBody(new): JsonBody<Value>,
) -> Result<Json<ChannelView>, ApiError> {
    let channel = present(&api, id).await?;
    let credential = credential(&channel, new)?;
    let api = api.by(&administrator);
    let (connection, now) = (channel.connection_id, api.clock.now());
    connections::authorize(&api, connection, id, &credential, now).await?;
    tracing::info!(
        channel.id = %id, connection.id = %connection, operator.id = administrator.id.0,
        "Re-authorized connection `{connection}`"
    );
    Ok(Json(ChannelView::from(&channel)))
}

fn credential(channel: &Channel, new: Value) -> Result<Credential, ApiError> {
    if let kind @ (ChannelKind::WhatsApp | ChannelKind::Sms) = channel.kind {
        let twilio: TwilioCredential = read(new)?;
        return Ok(Credential::Twilio { kind, twilio: twilio.parsed(false)? });
    }
    let new: NewCredential = read(new)?;
    match (channel.kind, new.user_access_token, new.channel_secret) {
        (ChannelKind::Messenger, Some(token), None) => {
            Ok(Credential::Messenger { user_token: pasted("user_access_token", &token)? })
        }
        (ChannelKind::Line, None, Some(secret)) => Ok(Credential::Line {
            line_channel_id: channel.external_id.clone(),
            channel_secret: pasted("channel_secret", &secret)?,
        }),
        (kind, ..) => {
            let field = match kind {
                ChannelKind::Messenger => "user_access_token",
                ChannelKind::Line => "channel_secret",
                ChannelKind::WhatsApp | ChannelKind::Sms => "auth_token",
            };
            Err(ApiError::InvalidBody { what: format!("send `{field}` and nothing else for this channel") })
        }
    }
}

/// What is sent depends on the channel, which is known only now.
fn read<T: DeserializeOwned>(new: Value) -> Result<T, ApiError> {
    serde_json::from_value(new).map_err(|error| ApiError::InvalidBody { what: error.to_string() })
}
