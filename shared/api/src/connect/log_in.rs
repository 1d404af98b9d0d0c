//! `POST /api/setups/{setup}/facebook`: where the administrator's browser goes to log in (CHN-8). The state that comes back is
//! known here by its fingerprint only, serves this setup and this administrator once, and no longer than 10 minutes.

use axum::Json;
use axum::extract::State;
use madoguchi_channels::messenger::login::Dialog;
use madoguchi_domain::SetupId;
use madoguchi_domain::setup::facebook::{LOGIN_LIFE, SCOPES};
use madoguchi_runtime::{fingerprint, unguessable};
use madoguchi_store::directory::LoginState;
use serde::Serialize;

use super::SharedConnect;
use crate::ApiError;
use crate::auth::Operator;
use crate::input::InPath;

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct SentOff {
    /// Where the browser goes.
    #[cfg_attr(feature = "openapi", schema(format = "uri"))]
    login_url: String,
    /// Until when it may come back.
    ends_at: String,
}

/// Where the browser goes to log in at Facebook
///
/// For administrators. The browser comes back within 10 minutes to the console, with the query parameters
/// `setup` and `login`; send the latter to take the login over.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/setups/{setup}/facebook", operation_id = "startFacebookLogin", tag = "Connecting",
    responses((status = 200, description = "Where to go.", body = SentOff)),
    extensions(("x-errors" = json!(["setups", "meta_app_missing"]))),
))]
pub(crate) async fn log_in(
    State(api): SharedConnect,
    administrator: Operator,
    InPath(id): InPath<SetupId>,
) -> Result<Json<SentOff>, ApiError> {
    let setup = api.going_on(id, &administrator).await?;
    let facebook = setup.facebook()?;
    let app = api.meta_app().await?;
    let (state, ends_at) = (unguessable()?, api.clock.now() + LOGIN_LIFE);
    let dialog = Dialog {
        base_url: &api.facebook_base_url,
        version: &api.graph.version,
        app_id: &app.app_id,
        redirect_uri: &api.redirect_uri(),
        state: &state,
        scopes: &SCOPES.map(|scope| scope.name),
        config_id: api.facebook_config_id.as_deref(),
        asks_again: facebook.login.is_some() || setup.reauthorizes.is_some(),
    };
    let login_url =
        dialog.address().ok_or_else(|| ApiError::Internal { detail: "FACEBOOK_BASE_URL".to_owned() })?;
    api.is_asked("setup.login_started", id, [].into(), &administrator).await?;
    let by = administrator.id.clone();
    let sent_off = LoginState { fingerprint: fingerprint(&state), setup: id, by, ends_at, used_at: None };
    api.directory.send_off(&sent_off).await?;
    Ok(Json(SentOff { login_url, ends_at: ends_at.to_string() }))
}
