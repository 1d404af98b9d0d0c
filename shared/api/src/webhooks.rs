//! Outgoing webhooks, which `admin-api` serves beside its channels: subscriptions, their secrets, and the log of what other
//! systems were told (OPS-1, OPS-2).

mod add;
mod change;
mod deliveries;
mod list;
mod read;
mod remove;
mod replace_secret;
mod replay;
mod test;
mod view;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use madoguchi_domain::webhook::{DESCRIPTION_LENGTH, EventKind, Subscription};
use madoguchi_domain::{ChannelId, WebhookId};
use madoguchi_runtime::signature::{KeyError, WebhookKeys};
use madoguchi_runtime::{Clock, Queue, outgoing};
use madoguchi_store::{Audit, Deliveries, Directory};

use crate::auth::Operator;
use crate::people::{self, Presence};
use crate::{ApiError, bots};

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(
    list::list,
    add::add,
    read::read,
    change::change,
    remove::remove,
    replace_secret::replace_secret,
    test::test,
    deliveries::list,
    replay::replay
))]
pub(crate) struct Described;

/// What the routes of outgoing webhooks work with.
#[derive(Clone, Debug)]
pub struct WebhooksApi {
    /// Subscriptions.
    pub directory: Directory,
    /// What other systems were told.
    pub deliveries: Deliveries,
    /// Where events wait for being told.
    pub queue: Queue,
    /// What secrets are derived from.
    pub keys: WebhookKeys,
    /// The audit log.
    pub audit: Audit,
    /// Tells the time.
    pub clock: Clock,
    /// Whether other systems may be on this machine.
    pub loopback: bool,
}

impl WebhooksApi {
    /// The same, whose writes say that `administrator` made them.
    pub(crate) fn by(&self, administrator: &Operator) -> Self {
        let author = administrator.author(self.clock.now());
        Self { directory: self.directory.by(author), ..self.clone() }
    }
}

pub(crate) type SharedWebhooks = State<Arc<WebhooksApi>>;

/// The routes of outgoing webhooks.
pub fn webhook_routes(api: WebhooksApi) -> Router {
    let presence = Presence::new(api.directory.clone(), api.clock.clone());
    Router::new()
        .route("/api/channels/{channel}/bot", get(bots::read).put(bots::set).delete(bots::remove))
        .route("/api/channels/{channel}/bot/test", post(bots::test))
        .route("/api/webhooks", get(list::list).post(add::add))
        .route("/api/webhooks/{webhook}", get(read::read).patch(change::change).delete(remove::remove))
        .route("/api/webhooks/{webhook}/secret", post(replace_secret::replace_secret))
        .route("/api/webhooks/{webhook}/test", post(test::test))
        .route("/api/webhooks/{webhook}/deliveries", get(deliveries::list))
        .route("/api/webhooks/{webhook}/deliveries/{delivery}/replay", post(replay::replay))
        .route_layer(from_fn_with_state(presence, people::note))
        .with_state(Arc::new(api))
}

/// The subscription, unless it was given up.
async fn existing(directory: &Directory, id: WebhookId) -> Result<Subscription, ApiError> {
    let subscription = directory.webhook(id).await?;
    subscription.filter(|subscription| subscription.removed_at.is_none()).ok_or(ApiError::WebhookNotFound)
}

impl From<KeyError> for ApiError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Secret(error) => error.into(),
            KeyError::Missing(_) => Self::Internal { detail: error.to_string() },
        }
    }
}

/// What an administrator entered, looked through.
impl WebhooksApi {
    pub(crate) fn url(&self, text: &str) -> Result<String, ApiError> {
        let url = outgoing::checked(text, self.loopback).map_err(ApiError::WebhookAddress)?;
        Ok(url.into())
    }

    /// Of channels that there are.
    async fn channels(&self, named: BTreeSet<ChannelId>) -> Result<BTreeSet<ChannelId>, ApiError> {
        if named.is_empty() {
            return Ok(named);
        }
        let known: BTreeSet<_> =
            self.directory.channels().await?.into_iter().map(|channel| channel.id).collect();
        if named.is_subset(&known) { Ok(named) } else { Err(ApiError::ChannelNotFound) }
    }
}

fn events(named: BTreeSet<EventKind>) -> Result<BTreeSet<EventKind>, ApiError> {
    if named.is_empty() || named.contains(&EventKind::Test) {
        let all = EventKind::ALL.map(EventKind::as_str).join(", ");
        return Err(ApiError::InvalidBody { what: format!("`events` must name some of {all}") });
    }
    Ok(named)
}

fn description(text: String) -> Result<String, ApiError> {
    if text.chars().count() > DESCRIPTION_LENGTH || text.chars().any(char::is_control) {
        let what = format!("`description` must be one line of at most {DESCRIPTION_LENGTH} characters");
        return Err(ApiError::InvalidBody { what });
    }
    Ok(text)
}
