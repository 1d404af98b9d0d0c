//! `POST /api/setups/{setup}/finish`: saves what was chosen (CHN-10) and makes real calls, so that the channels work at once.
//! Each account answers by itself; what failed can be tried again, and what works is not touched then.

use axum::Json;
use axum::extract::State;
use madoguchi_channels::messenger::PageAccess;
use madoguchi_channels::messenger::token::{exchange_user_token, subscribe};
use madoguchi_channels::{Token, messenger};
use madoguchi_domain::credential::USER_TOKEN_LIFE;
use madoguchi_domain::setup::facebook::{ChosenPage, Login, Source};
use madoguchi_domain::setup::{Account, Keyed, SetupProblem};
use madoguchi_domain::{Setup, SetupId, Timestamp};
use madoguchi_store::Saved;

use super::graph::{Covered, Graph, trouble};
use super::view::SetupView;
use super::{ConnectApi, SharedConnect};
use crate::ApiError;
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::input::InPath;

/// Connect what was chosen
///
/// For administrators. Makes the login one of 60 days, subscribes to the webhooks of each Page, calls it once,
/// and saves. Each Page answers by itself: what failed stands among the problems and can be finished again,
/// what works is not touched then. A channel that is authorized anew keeps its settings and history; replies
/// that waited go out.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/setups/{setup}/finish", operation_id = "finishSetup", tag = "Connecting",
    responses(
        (status = 200, description = "Everything that was chosen, and the next step.", body = SetupView),
    ),
    extensions(("x-errors" = json!([
        "setups", "brand_not_found", "channel_deleted", "channel_exists", "channel_not_found",
        "connection_busy", "credential_refused", "department_not_found", "login_ended", "meta_app_missing",
        "too_many_channels",
    ]))),
))]
pub(crate) async fn finish(
    State(api): SharedConnect,
    administrator: Operator,
    InPath(id): InPath<SetupId>,
) -> Result<Json<SetupView>, ApiError> {
    let api = api.by(&administrator);
    let language = administrator.reader().language;
    let setup = api.existing(id).await?;
    // Pressed twice.
    if setup.finished_at.is_some() && setup.started_by == administrator.id {
        return Ok(Json(SetupView::new(&setup, language, api.clock.now())));
    }
    let setup = api.going_on(id, &administrator).await?;
    setup.may_finish()?;
    api.has_brand(setup.brand.at()).await?;
    api.has_department(setup.department.at()).await?;
    // Before anything is stored: should we end before the connection tells of it, the log knows who did it.
    api.is_asked("setup.finish_requested", id, [].into(), &administrator).await?;
    // Here each provider goes its own way.
    let settled = match (&setup.account, setup.reauthorizes) {
        (Account::Keyed(keyed), _) => {
            let connected = api.connect_account(&setup, keyed, &administrator).await?;
            let setup = api.conclude_account(id, &connected).await?;
            return Ok(Json(SetupView::new(&setup, language, api.clock.now())));
        }
        (Account::Facebook(facebook), None) => api.connect_pages(&setup, facebook, &administrator).await?,
        (Account::Facebook(facebook), Some(channel)) => {
            api.reauthorize_pages(&setup, facebook.logged_in()?, channel).await?
        }
    };
    let setup = api.conclude(id, &settled).await?;
    tracing::info!(
        setup.id = %id, operator.id = administrator.id.0, accounts = settled.len(),
        finished = setup.finished_at.is_some(), "Finished setup `{id}`"
    );
    Ok(Json(SetupView::new(&setup, language, api.clock.now())))
}

/// A login that channels can be connected with.
#[derive(Debug)]
pub(super) struct Working {
    /// The user token with its end, if it is not the one that is stored.
    pub(super) renewed: Option<(Token, Option<Timestamp>)>,
    pub(super) covered: Covered,
}

impl ConnectApi {
    /// Makes the login of a setup one of 60 days, and looks at what it covers. Meta gives Page tokens without an end only
    /// for such a one.
    pub(super) async fn working(
        &self,
        graph: &Graph<'_>,
        setup: SetupId,
        login: &Login,
        now: Timestamp,
    ) -> Result<Working, ApiError> {
        let token = self.user_token(setup, login).await?;
        match login.source {
            Source::Connection(_) => Ok(Working { renewed: None, covered: graph.covered(&token).await? }),
            Source::Setup(_) => {
                let long = exchange_user_token(graph.http, graph.config, &graph.app, token.as_str()).await?;
                let end = now + long.expires_in.unwrap_or(USER_TOKEN_LIFE);
                let covered = graph.covered(&long.token).await?;
                Ok(Working { renewed: Some((long.token, Some(end))), covered })
            }
        }
    }

    /// Notes that the account is connected; what the setup kept is destroyed.
    async fn conclude_account(&self, id: SetupId, connected: &Keyed) -> Result<Setup, ApiError> {
        for _ in 0..TRIES {
            let mut setup = self.existing(id).await?;
            if setup.finished_at.is_some() {
                return Ok(setup);
            }
            setup.keyed_mut()?.clone_from(connected);
            setup.finished_at = Some(self.clock.now());
            if self.directory.save_setup(&setup).await? == Saved::Done {
                self.secrets.schedule_deletion(&self.names.setup(id)).await?;
                return Ok(setup);
            }
        }
        Err(ApiError::contended("the setup"))
    }

    /// Notes what became of each account; once all work the setup is finished and what it kept destroyed.
    async fn conclude(&self, id: SetupId, settled: &[ChosenPage]) -> Result<Setup, ApiError> {
        for _ in 0..TRIES {
            let mut setup = self.existing(id).await?;
            if setup.finished_at.is_some() {
                return Ok(setup);
            }
            let (kept_secret, is_repeated) = (setup.keeps_secret(), setup.reauthorizes.is_some());
            let facebook = setup.facebook_mut()?;
            if is_repeated {
                facebook.pages.clear();
            }
            for page in settled {
                facebook.settle(page.clone());
            }
            let is_finished = facebook.all_connected();
            setup.finished_at = is_finished.then(|| self.clock.now());
            if self.directory.save_setup(&setup).await? == Saved::Conflict {
                continue;
            }
            if is_finished && kept_secret {
                self.secrets.schedule_deletion(&self.names.setup(id)).await?;
            }
            return Ok(setup);
        }
        Err(ApiError::contended("the setup"))
    }
}

impl Graph<'_> {
    /// The token of a Page that really works: our app is subscribed to its webhooks, and a call with the token was answered.
    pub(super) async fn prove(&self, covered: &Covered, page_id: &str) -> Result<Token, SetupProblem> {
        let page = covered.page(page_id)?;
        let token = page.token.clone().ok_or(SetupProblem::PageRoleMissing)?;
        let access = PageAccess { page_id, token: token.as_str(), app_secret: Some(self.app.app_secret) };
        subscribe(self.http, self.config, &access).await.map_err(trouble)?;
        messenger::login::try_page(self.http, self.config, &access).await.map_err(trouble)?;
        Ok(token)
    }
}
