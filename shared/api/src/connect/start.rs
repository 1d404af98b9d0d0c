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
pub(crate) struct NewSetup {
    kind: Option<ChannelKind>,
    /// Whose connection is authorized anew (AUT-7).
    channel_id: Option<ChannelId>,
}

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
