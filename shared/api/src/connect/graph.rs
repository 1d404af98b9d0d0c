//! The Graph calls of a setup, with what they all need.

use madoguchi_channels::messenger::token::{Inspection, PageGrant, debug_token, list_pages};
use madoguchi_channels::messenger::{GraphConfig, MetaApp};
use madoguchi_channels::{ProviderHttp, Token, TokenError};
use madoguchi_credentials::{MessengerSecret, MetaAppSecret, SetupSecret};
use madoguchi_domain::credential::Cause;
use madoguchi_domain::setup::facebook::{ListedPage, Login, ScopeOfPages, Source};
use madoguchi_domain::setup::{SetupProblem, SetupRefused};
use madoguchi_domain::{ChannelKind, SetupId};

use super::ConnectApi;
use crate::ApiError;

/// Calls in the name of our app.
#[derive(Clone, Copy, Debug)]
pub(super) struct Graph<'a> {
    pub(super) http: &'a ProviderHttp,
    pub(super) config: &'a GraphConfig,
    pub(super) app: MetaApp<'a>,
}

/// What a login covers at this moment.
#[derive(Debug)]
pub(super) struct Covered {
    inspection: Inspection,
    pub(super) pages: Vec<PageGrant>,
}

impl ConnectApi {
    /// Our app at Meta.
    pub(crate) async fn meta_app(&self) -> Result<MetaAppSecret, ApiError> {
        let app = self.secrets.current::<MetaAppSecret>(&self.names.meta_app()).await?;
        let app = app.map(|app| app.expose().clone());
        app.filter(|app| !app.app_id.is_empty() && !app.app_secret.is_empty()).ok_or(ApiError::NoMetaApp)
    }

    pub(super) fn graph<'a>(&'a self, app: &'a MetaAppSecret) -> Graph<'a> {
        let app = MetaApp { app_id: &app.app_id, app_secret: &app.app_secret };
        Graph { http: &self.http, config: &self.graph, app }
    }

    /// The user token of a setup's login.
    pub(super) async fn user_token(&self, setup: SetupId, login: &Login) -> Result<Token, ApiError> {
        let token = match &login.source {
            Source::Setup(ticket) => {
                let secret = self.secrets.current::<SetupSecret>(&self.names.setup(setup)).await?;
                secret.and_then(|secret| secret.expose().logins.get(ticket).cloned())
            }
            Source::Connection(connection) => {
                let name = self.names.connection(ChannelKind::Messenger, *connection);
                let secret = self.secrets.current::<MessengerSecret>(&name).await?;
                secret.map(|secret| secret.expose().user_token.clone())
            }
        };
        token.map(Token::new).ok_or(SetupRefused::LoginNeeded.into())
    }
}

impl Graph<'_> {
    /// What a login covers: every list of its Pages (AUT-14), and what was granted for which of them.
    pub(super) async fn covered(&self, user_token: &Token) -> Result<Covered, ApiError> {
        let inspection = debug_token(self.http, self.config, &self.app, user_token.as_str()).await?;
        if !inspection.is_valid {
            return Err(ApiError::LoginEnded(inspection.cause.unwrap_or(Cause::TokenExpired)));
        }
        let secret = Some(self.app.app_secret);
        let pages = list_pages(self.http, self.config, user_token.as_str(), secret).await?;
        Ok(Covered { inspection, pages })
    }
}

impl Covered {
    /// The Page's grant, or why it cannot be connected.
    pub(super) fn page(&self, page_id: &str) -> Result<&PageGrant, SetupProblem> {
        let page = self.pages.iter().find(|page| page.page_id == page_id);
        let page = page.ok_or(SetupProblem::PageNotListed)?;
        match self.problem(page) {
            Some(problem) => Err(problem),
            None => Ok(page),
        }
    }

    /// Why a Page that is listed cannot be connected, if so.
    pub(super) fn problem(&self, page: &PageGrant) -> Option<SetupProblem> {
        let granted = self.inspection.granular_scopes.iter();
        let granted: Vec<_> = granted
            .map(|given| ScopeOfPages { scope: &given.scope, pages: given.target_ids.as_deref() })
            .collect();
        let listed =
            ListedPage { page_id: &page.page_id, tasks: &page.tasks, has_token: page.token.is_some() };
        listed.problem(&granted)
    }
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        match (error.cause(), error) {
            (Some(cause), _) => Self::LoginEnded(cause),
            (None, TokenError::Refused(refusal)) => Self::ProviderRefused { detail: refusal.detail },
            (None, TokenError::Unavailable { detail }) => Self::ProviderUnavailable { detail },
        }
    }
}

/// What stands in the way of one Page, if the others can go on.
pub(super) fn trouble(error: TokenError) -> SetupProblem {
    match (error.cause(), error) {
        (Some(cause), _) => SetupProblem::LoginEnded { cause },
        (None, TokenError::Refused(refusal)) => SetupProblem::ProviderRefused { detail: refusal.detail },
        (None, TokenError::Unavailable { .. }) => SetupProblem::ProviderUnavailable,
    }
}
