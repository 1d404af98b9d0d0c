//! `PUT /api/setups/{setup}/facebook`: takes over the login that the browser came back with, or one that is linked already
//! (CHN-9).

use axum::Json;
use axum::extract::State;
use madoguchi_channels::messenger::login::{granted_scopes, user};
use madoguchi_domain::setup::SetupRefused;
use madoguchi_domain::setup::facebook::{Login, Source};
use madoguchi_domain::{ChannelKind, ConnectionId, SetupId};
use madoguchi_runtime::{Secret, fingerprint};
use serde::Deserialize;

use super::view::SetupView;
use super::{ConnectApi, SharedConnect};
use crate::ApiError;
use crate::auth::Operator;
use crate::input::{InPath, JsonBody};

/// One of the two.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Taken {
    /// `login` of the address that the browser came back to.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, write_only))]
    login: Option<Secret<String>>,
    connection_id: Option<ConnectionId>,
}

/// Take a login over
///
/// For administrators. Send either `login` of the address that the browser came back to, or the `connection_id`
/// of a linked account. Permissions that were left out are named among the problems.
#[cfg_attr(feature = "openapi", utoipa::path(
    put, path = "/api/setups/{setup}/facebook", operation_id = "takeFacebookLogin", tag = "Connecting",
    request_body = inline(Taken),
    responses(
        (status = 200, description = "Everything that was chosen, and the next step.", body = SetupView),
    ),
    extensions(("x-errors" = json!(["connection_not_found", "setups", "meta_app_missing"]))),
))]
pub(crate) async fn take_login(
    State(api): SharedConnect,
    administrator: Operator,
    InPath(id): InPath<SetupId>,
    JsonBody(taken): JsonBody<Taken>,
) -> Result<Json<SetupView>, ApiError> {
    let setup = match taken {
        Taken { login: Some(ticket), connection_id: None } => {
            let ticket = fingerprint(ticket.expose());
            let before = api.linked_before(id).await?;
            let taken = api.change(id, &administrator, |setup, now| {
                Ok(setup.facebook_mut()?.take(&ticket, before.as_ref(), now)?)
            });
            match taken.await {
                Err(error @ ApiError::Setup(SetupRefused::LoginNotYours | SetupRefused::NotYours)) => {
                    let reason = [("reason".to_owned(), error.public_id().into())];
                    api.is_asked("setup.login_refused", id, reason.into(), &administrator).await?;
                    return Err(error);
                }
                taken => taken?,
            }
        }
        Taken { login: None, connection_id: Some(connection) } => {
            api.going_on(id, &administrator).await?.may_choose()?;
            let login = api.linked_login(id, connection).await?;
            api.change(id, &administrator, |setup, _| {
                setup.facebook_mut()?.log_in(login.clone());
                Ok(())
            })
            .await?
        }
        _ => {
            let what = "send either `login` or `connection_id`".to_owned();
            return Err(ApiError::InvalidBody { what });
        }
    };
    Ok(Json(SetupView::new(&setup, administrator.reader().language, api.clock.now())))
}

impl ConnectApi {
    /// Whose login it was that a setup takes the place of: id and name at Facebook.
    async fn linked_before(&self, id: SetupId) -> Result<Option<(String, String)>, ApiError> {
        let Some(channel) = self.existing(id).await?.reauthorizes else { return Ok(None) };
        let Some(channel) = self.directory.channel(channel).await? else { return Ok(None) };
        let connection = self.directory.connection(channel.connection_id).await?;
        let linked = connection.and_then(|connection| connection.linked);
        Ok(linked.map(|linked| (linked.user_id, linked.user_name)))
    }

    /// The login of a connection, as Facebook knows it now.
    async fn linked_login(&self, setup: SetupId, id: ConnectionId) -> Result<Login, ApiError> {
        let connection = self.directory.connection(id).await?;
        connection
            .filter(|connection| connection.kind == ChannelKind::Messenger)
            .ok_or(ApiError::ConnectionNotFound)?;
        let mut login = Login {
            user_id: String::new(),
            user_name: String::new(),
            at: self.clock.now(),
            source: Source::Connection(id),
            granted: Vec::new(),
            instead_of: None,
        };
        let token = self.user_token(setup, &login).await?;
        let app = self.meta_app().await?;
        let graph = self.graph(&app);
        let user = user(graph.http, graph.config, token.as_str(), graph.app.app_secret).await?;
        login.granted =
            granted_scopes(graph.http, graph.config, token.as_str(), graph.app.app_secret).await?;
        (login.user_id, login.user_name) = (user.id, user.name);
        Ok(login)
    }
}
