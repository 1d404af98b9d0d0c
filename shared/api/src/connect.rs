//! Connecting channels step by step (CHN-7 to CHN-11, CHN-17) and authorizing them anew (AUT-7). The routes of `connect-api`,
//! which alone calls providers while a person waits.
//!
//! A setup holds what was chosen; see `madoguchi_domain::setup` for its steps. Steps that all kinds share are one file each:
//! [`accept`], [`brand`], [`department`]. What belongs to one provider has a file per verb ([`log_in`], [`way_back`],
//! [`take_login`], [`pages`], [`choose_pages`]) and is matched on in [`finish`], where the next provider's own way goes.

mod abandon;
mod accept;
mod accounts;
mod brand;
mod choose_pages;
mod connect_account;
mod connect_pages;
mod consent;
mod credentials;
mod department;
mod finish;
mod graph;
mod list;
mod log_in;
mod login_secret;
mod names;
mod page;
mod pages;
mod provider;
mod read;
mod reauthorize_pages;
mod start;
mod take_login;
mod view;
mod way_back;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post, put};
use madoguchi_channels::ProviderHttp;
use madoguchi_channels::messenger::GraphConfig;
use madoguchi_credentials::SecretNames;
use madoguchi_domain::audit::{Entry, Fields};
use madoguchi_domain::{BrandId, DepartmentId, Setup, SetupId, Timestamp};
use madoguchi_runtime::{Clock, Metrics, SecretWriter};
use madoguchi_store::{Audit, Directory, Saved};

use crate::ApiError;
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::meta;
use crate::people::{self, Presence};

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(
    way_back::way_back,
    consent::consent,
    accounts::accounts,
    list::list,
    start::start,
    read::read,
    abandon::abandon,
    accept::accept,
    brand::brand,
    log_in::log_in,
    take_login::take_login,
    pages::pages,
    choose_pages::choose_pages,
    credentials::credentials,
    names::names,
    department::department,
    finish::finish
))]
pub(crate) struct Described;

/// What the routes that connect channels work with.
#[derive(Clone, Debug)]
pub struct ConnectApi {
    /// Setups, channels and connections.
    pub directory: Directory,
    /// Credentials, which are written and never shown.
    pub secrets: SecretWriter,
    /// How secrets are called.
    pub names: SecretNames,
    /// The audit log.
    pub audit: Audit,
    /// Tells the time.
    pub clock: Clock,
    /// Calls providers.
    pub http: ProviderHttp,
    /// Where the Graph API is.
    pub graph: GraphConfig,
    /// Where LINE's Messaging API is.
    pub line_base_url: String,
    /// Where Twilio's REST API is.
    pub twilio_base_url: String,
    /// Where Twilio's services and WhatsApp senders are set up.
    pub twilio_messaging_base_url: String,
    /// Where Facebook shows its login dialog, without a trailing slash.
    pub facebook_base_url: String,
    /// The configuration of Facebook Login for Business, if there is one.
    pub facebook_config_id: Option<String>,
    /// Where this stack is reached from outside, without a trailing slash.
    pub public_base_url: String,
    /// Where browsers go back to after a login.
    pub console_url: String,
    /// Counts what was refused.
    pub metrics: Metrics,
}

pub(crate) type SharedConnect = State<Arc<ConnectApi>>;

/// Where Facebook sends browsers back to, below the stack's own address. It is registered with the app at Meta, to the letter.
pub(crate) const WAY_BACK: &str = "/oauth/facebook";

/// The routes of `connect-api`: setups, linked logins, and the way back from a login dialog.
pub fn connect_routes(api: ConnectApi) -> Router {
    let presence = Presence::new(api.directory.clone(), api.clock.clone());
    Router::new()
        .route("/api/consent", get(consent::consent))
        .route("/api/connections", get(accounts::accounts))
        .route("/api/setups", get(list::list).post(start::start))
        .route("/api/setups/{setup}", get(read::read).delete(abandon::abandon))
        .route("/api/setups/{setup}/consent", put(accept::accept))
        .route("/api/setups/{setup}/brand", put(brand::brand))
        .route("/api/setups/{setup}/facebook", post(log_in::log_in).put(take_login::take_login))
        .route("/api/setups/{setup}/pages", get(pages::pages).put(choose_pages::choose_pages))
        .route("/api/setups/{setup}/credentials", put(credentials::credentials))
        .route("/api/setups/{setup}/names", put(names::names))
        .route("/api/setups/{setup}/department", put(department::department))
        .route("/api/setups/{setup}/finish", post(finish::finish))
        // Open: a browser that comes back carries nothing but its state.
        .route(WAY_BACK, get(way_back::way_back))
        // Open: Meta signs what it tells, and whoever has a code may see how far its request is.
        .route("/webhooks/messenger/deauthorize", post(meta::deauthorize))
        .route("/webhooks/messenger/data-deletion", post(meta::delete_data))
        .route("/data-deletion/{code}", get(meta::status))
        .route_layer(from_fn_with_state(presence, people::note))
        .with_state(Arc::new(api))
}

impl ConnectApi {
    /// The same, whose writes say that `administrator` made them.
    fn by(&self, administrator: &Operator) -> Self {
        let author = administrator.author(self.clock.now());
        Self { directory: self.directory.by(author), ..self.clone() }
    }

    /// Records that `administrator` asks for something that changes no item that the audit log tells of.
    async fn is_asked(
        &self,
        act: &str,
        setup: SetupId,
        after: Fields,
        administrator: &Operator,
    ) -> Result<(), ApiError> {
        let now = self.clock.now();
        let entry = Entry::asked(act, format!("setup/{setup}"), administrator.author(now), after, now);
        let _once = self.audit.record(&entry).await?;
        Ok(())
    }

    fn redirect_uri(&self) -> String {
        format!("{}{WAY_BACK}", self.public_base_url)
    }

    async fn existing(&self, id: SetupId) -> Result<Setup, ApiError> {
        self.directory.setup(id).await?.ok_or(ApiError::SetupNotFound)
    }

    /// The setup, if `administrator` may go on with it. What one that has expired keeps is destroyed.
    async fn going_on(&self, id: SetupId, administrator: &Operator) -> Result<Setup, ApiError> {
        let (setup, now) = (self.existing(id).await?, self.clock.now());
        if setup.has_expired(now) && setup.keeps_secret() {
            self.forget_secret(id).await?;
        }
        setup.may_go_on(&administrator.id, now)?;
        Ok(setup)
    }

    async fn forget_secret(&self, id: SetupId) -> Result<(), ApiError> {
        self.secrets.schedule_deletion(&self.names.setup(id)).await?;
        let _gone_meanwhile = self.directory.note_secret_gone(id).await?;
        Ok(())
    }

    /// Changes the setup of `administrator` as `change` says, and returns it as it is then.
    async fn change(
        &self,
        id: SetupId,
        administrator: &Operator,
        change: impl Fn(&mut Setup, Timestamp) -> Result<(), ApiError>,
    ) -> Result<Setup, ApiError> {
        let api = self.by(administrator);
        for _ in 0..TRIES {
            let mut setup = api.going_on(id, administrator).await?;
            let before = setup.clone();
            change(&mut setup, api.clock.now())?;
            if setup == before || api.directory.save_setup(&setup).await? == Saved::Done {
                return Ok(setup);
            }
        }
        Err(ApiError::contended("the setup"))
    }

    /// Refuses a brand that is not there.
    async fn has_brand(&self, brand: Option<BrandId>) -> Result<(), ApiError> {
        let Some(id) = brand else { return Ok(()) };
        let brand = self.directory.brand(id).await?;
        brand.filter(|brand| brand.removed_at.is_none()).map(drop).ok_or(ApiError::BrandNotFound)
    }

    /// Refuses a department that is not there.
    async fn has_department(&self, department: Option<DepartmentId>) -> Result<(), ApiError> {
        let Some(id) = department else { return Ok(()) };
        let department = self.directory.department(id).await?;
        department
            .filter(|department| department.removed_at.is_none())
            .map(drop)
            .ok_or(ApiError::DepartmentNotFound)
    }
}
