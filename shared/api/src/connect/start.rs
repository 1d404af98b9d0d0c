//! `POST /api/setups`: begins to connect channels of a kind, or to authorize one anew.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use madoguchi_domain::{ChannelId, ChannelKind, Setup, SetupId};
use madoguchi_runtime::unguessable;
use madoguchi_store::Saved;
use serde::Deserialize;

use super::SharedConnect;
use super::view::SetupView;
use crate::ApiError;
use crate::auth::Operator;
use crate::input::JsonBody;

/// One of the two.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct NewSetup {
    kind: Option<ChannelKind>,
    /// Whose connection is authorized anew (AUT-7).
    channel_id: Option<ChannelId>,
}

/// Begin to connect channels, or to authorize one anew
///
/// For administrators. Send `kind` to connect channels, or the `channel_id` of one to authorize its connection
/// anew. A setup can be left and resumed for 7 days by whoever began it; nothing else is saved before it is
/// finished. LINE and Twilio are authorized anew by `PUT /api/channels/{channel}/credential`; a setup for that
/// is refused with `setup_not_guided`.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/setups", operation_id = "startSetup", tag = "Connecting",
    request_body = inline(NewSetup),
    responses(
        (status = 201, description = "Everything that was chosen, and the next step.", body = SetupView),
    ),
    extensions(("x-errors" = json!(["channel_not_found", "channel_deleted", "setup_not_guided"]))),
))]
pub(crate) async fn start(
    State(api): SharedConnect,
    administrator: Operator,
    JsonBody(new): JsonBody<NewSetup>,
) -> Result<impl IntoResponse, ApiError> {
    let (kind, reauthorizes) = match new {
        NewSetup { kind: Some(kind), channel_id: None } => (kind, None),
        NewSetup { kind: None, channel_id: Some(id) } => {
            let channel = api.directory.channel(id).await?.ok_or(ApiError::ChannelNotFound)?;
            if channel.status.is_deleted() {
                return Err(ApiError::ChannelDeleted);
            }
            (channel.kind, Some(id))
        }
        _ => {
            let what = "send either `kind` or the `channel_id` of a channel to authorize anew".to_owned();
            return Err(ApiError::InvalidBody { what });
        }
    };
    let (id, now) = (SetupId::derive(&unguessable()?), api.clock.now());
    let setup = Setup::start(id, kind, administrator.id.clone(), reauthorizes, now)?;
    if api.by(&administrator).directory.save_setup(&setup).await? == Saved::Conflict {
        return Err(ApiError::contended("the setup"));
    }
    tracing::info!(setup.id = %id, operator.id = administrator.id.0, "Began setup `{id}` of {kind}");
    Ok((StatusCode::CREATED, Json(SetupView::new(&setup, administrator.reader().language, now))))
}
