//! The Graph calls of a check, with what they all need.

use madoguchi_channels::messenger::token::{
    Inspection, PageGrant, UserToken, debug_token, exchange_user_token, list_pages, missing_fields,
    subscribe, subscribed_fields,
};
use madoguchi_channels::messenger::{GraphConfig, MetaApp, PageAccess};
use madoguchi_channels::{ProviderHttp, TokenError};
use madoguchi_domain::subscription::Look;

use crate::rules::Trouble;

#[derive(Clone, Copy)]
pub(crate) struct Graph<'a> {
    pub(crate) http: &'a ProviderHttp,
    pub(crate) config: &'a GraphConfig,
    pub(crate) app: MetaApp<'a>,
}

impl Graph<'_> {
    pub(crate) async fn inspect(&self, token: &str) -> Result<Inspection, Trouble> {
        Ok(debug_token(self.http, self.config, &self.app, token).await?)
    }

    pub(crate) async fn exchange(&self, user_token: &str) -> Result<UserToken, TokenError> {
        exchange_user_token(self.http, self.config, &self.app, user_token).await
    }

    /// Every Page that the login covers, all lists of them (AUT-14).
    pub(crate) async fn pages(&self, user_token: &str) -> Result<Vec<PageGrant>, Trouble> {
        Ok(list_pages(self.http, self.config, user_token, Some(self.app.app_secret)).await?)
    }

    /// Looks at the Page's subscription to webhooks, and renews it if a field is missing. Whether that was refused is the
    /// second part; an error means that nothing was found out.
    pub(crate) async fn subscribed(
        &self,
        page_id: &str,
        token: &str,
    ) -> Result<(Look, Result<(), Trouble>), Trouble> {
        let page = PageAccess { page_id, token, app_secret: Some(self.app.app_secret) };
        let fields = subscribed_fields(self.http, self.config, &page, self.app.app_id).await?;
        let missing = missing_fields(&fields);
        if missing.is_empty() {
            return Ok((Look::Complete, Ok(())));
        }
        let renewed = subscribe(self.http, self.config, &page).await.map_err(Trouble::from);
        let look = Look::Incomplete {
            missing: missing.into_iter().map(str::to_owned).collect(),
            is_whole: fields.is_empty(),
            renewed: renewed.as_ref().copied().map_err(|trouble| trouble.detail().to_owned()),
        };
        Ok((look, renewed))
    }
}
