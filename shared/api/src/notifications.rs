//! Notifications (NTF-1 to NTF-6): `organisation-api` serves what somebody wants to be told of; `notify-api` the rest, because
//! it alone calls mail and push services while a person waits.

mod browsers;
mod read;
mod save;
mod test;
mod troubleshoot;
mod unsubscribe;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post};
use madoguchi_domain::notify::Settings;
use madoguchi_domain::{OperatorId, Person};
use madoguchi_runtime::outgoing::Receivers;
use madoguchi_runtime::unsubscribe::UnsubscribeKeys;
use madoguchi_runtime::web_push::{VapidKeys, WebPushError};
use madoguchi_runtime::{Clock, Mailer};
use madoguchi_store::{Directory, Inbox};

pub(crate) use read::read;
pub(crate) use save::save;

use crate::ApiError;
use crate::auth::Operator;
use crate::people::{self, Presence};

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(
    read::read,
    save::save,
    browsers::list,
    browsers::add,
    browsers::remove,
    test::test,
    troubleshoot::troubleshoot,
    unsubscribe::ask,
    unsubscribe::unsubscribe
))]
pub(crate) struct Described;

/// What the routes of `notify-api` work with.
#[derive(Clone, Debug)]
pub struct NotificationsApi {
    /// What operators are on.
    pub inbox: Inbox,
    /// People, settings, browsers.
    pub directory: Directory,
    /// Sends e-mail, where there is an address to send it from.
    pub mail: Option<Mailer>,
    /// Reads the links of e-mail.
    pub unsubscribe: UnsubscribeKeys,
    /// Names the stack to push services.
    pub vapid: VapidKeys,
    /// Calls push services.
    pub receivers: Receivers,
    /// Where operators work.
    pub console_url: String,
    /// Whether push services may be on this machine.
    pub loopback: bool,
    /// Tells the time.
    pub clock: Clock,
}

type SharedNotifications = State<Arc<NotificationsApi>>;

/// The routes of `notify-api`.
pub fn notification_routes(api: NotificationsApi) -> Router {
    let presence = Presence::new(api.directory.clone(), api.clock.clone());
    Router::new()
        .route("/api/me/push-subscriptions", get(browsers::list).post(browsers::add))
        .route("/api/me/push-subscriptions/{subscription}", delete(browsers::remove))
        .route("/api/me/notifications/test", post(test::test))
        .route("/api/me/notifications/troubleshooting", get(troubleshoot::troubleshoot))
        // Open: a mail program has nothing but the link, which we have signed.
        .route("/notifications/unsubscribe/{token}", get(unsubscribe::ask).post(unsubscribe::unsubscribe))
        .route_layer(from_fn_with_state(presence, people::note))
        .with_state(Arc::new(api))
}

impl NotificationsApi {
    /// The same, whose writes say that `operator` made them.
    fn by(&self, operator: &Operator) -> Self {
        let author = operator.author(self.clock.now());
        Self { directory: self.directory.by(author), ..self.clone() }
    }

    fn settings_link(&self) -> String {
        format!("{}/settings/me", self.console_url)
    }
}

/// What somebody has chosen, and what is known of them.
async fn chosen(directory: &Directory, id: &OperatorId) -> Result<(Settings, Option<Person>), ApiError> {
    Ok((directory.notify_settings(id).await?, directory.person(id).await?))
}

impl From<WebPushError> for ApiError {
    fn from(error: WebPushError) -> Self {
        match error {
            WebPushError::Subscription(refused) => Self::InvalidBody { what: refused.to_string() },
            WebPushError::Address(refused) => Self::InvalidBody { what: format!("`endpoint`: {refused}") },
            WebPushError::Secret(error) => error.into(),
            WebPushError::TooLong | WebPushError::NotYet | WebPushError::Crypto => {
                Self::Internal { detail: error.to_string() }
            }
        }
    }
}
