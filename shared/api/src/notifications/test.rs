//! `POST /api/me/notifications/test`: tells the caller something at once, and what came of it (NTF-6).

use axum::Json;
use axum::extract::State;
use futures::future::join_all;
use madoguchi_domain::notify::{Letter, PushNote, Refusal, Standing, address};
use madoguchi_runtime::MailError;
use madoguchi_runtime::web_push::{Pushed, push};
use serde::{Deserialize, Serialize};

use super::{NotificationsApi, SharedNotifications, chosen};
use crate::ApiError;
use crate::auth::Operator;
use crate::input::JsonBody;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct Wish {
    by: Way,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
enum Way {
    Email,
    Desktop,
}

/// What came of it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct TestView {
    by: Way,
    /// `sent`: the mail service, or every push service, has taken it. `refused`: at least one has not; `code` tells
    /// its word, or `unavailable`, `timeout` or `unreachable`.
    outcome: Outcome,
    /// What the mail service or the push service said, unless it took everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    code: Option<String>,
    /// Of `desktop`: how many browsers were told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    browsers: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = TestOutcome))]
enum Outcome {
    /// It was taken. Whether it arrives shows where it should.
    Sent,
    /// The service refused it, or was not reached.
    Refused,
    /// The account has no address.
    NoEmailAddress,
    /// The stack has no address to send from.
    MailFromNotSet,
    /// No browser has subscribed.
    NoPushSubscription,
}

/// A topic of its own: a test replaces no notification that is on its way.
const TOPIC: &str = "test";

/// Send yourself a test
///
/// At once, whatever you have switched on; the answer tells what came of it.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/me/notifications/test", operation_id = "testMyNotifications", tag = "Notifications",
    request_body = inline(Wish),
    responses((status = 200, description = "What came of it.", body = TestView)),
))]
pub(super) async fn test(
    State(api): SharedNotifications,
    operator: Operator,
    JsonBody(Wish { by }): JsonBody<Wish>,
) -> Result<Json<TestView>, ApiError> {
    let api = api.by(&operator);
    let view = match by {
        Way::Email => api.test_email(&operator).await?,
        Way::Desktop => api.test_desktop(&operator).await?,
    };
    tracing::info!(operator.id = operator.id.0, outcome = ?view.outcome, "An operator tested their notifications");
    Ok(Json(view))
}

impl NotificationsApi {
    async fn test_email(&self, operator: &Operator) -> Result<TestView, ApiError> {
        let view = |outcome, code| TestView { by: Way::Email, outcome, code, browsers: None };
        let (settings, person) = chosen(&self.directory, &operator.id).await?;
        let Some(to) = person.as_ref().and_then(address) else {
            return Ok(view(Outcome::NoEmailAddress, None));
        };
        let Some(mail) = &self.mail else { return Ok(view(Outcome::MailFromNotSet, None)) };
        let letter = Letter::test(&self.settings_link(), settings.language());
        let code = match mail.send(&[to.to_owned()], &letter.subject, &letter.body).await {
            Ok(()) => None,
            Err(MailError::Refused { code }) => Some(code),
            // The SDK's own words are of no help to whoever reads this.
            Err(MailError::Unavailable(_)) => Some("unavailable".to_owned()),
        };
        let refusal = self.refusal(code.clone());
        self.note(operator, |standing| standing.mailed(refusal)).await?;
        Ok(view(if code.is_none() { Outcome::Sent } else { Outcome::Refused }, code))
    }

    async fn test_desktop(&self, operator: &Operator) -> Result<TestView, ApiError> {
        let browsers = self.directory.push_subscriptions(&operator.id).await?;
        let (mut told, mut code) = (0, None);
        let key = self.vapid.key().await?;
        let now = self.clock.now();
        let text = serde_json::to_string(&PushNote::test(self.settings_link(), now)).unwrap_or_default();
        let contact = (self.console_url.as_str(), self.loopback);
        let sent = (text.as_str(), TOPIC);
        // Side by side: one that hangs must not use up everybody's time.
        let pushes = browsers.iter().map(|browser| push(&self.receivers, &key, browser, sent, contact, now));
        for (browser, pushed) in browsers.iter().zip(join_all(pushes).await) {
            match pushed? {
                Pushed::Taken => told += 1,
                Pushed::Gone => {
                    self.directory.remove_push_subscription(&operator.id, &browser.id).await?;
                }
                Pushed::Refused(said) => code = Some(said),
            }
        }
        let outcome = match (&code, told) {
            (Some(_), _) => Outcome::Refused,
            (None, 0) => Outcome::NoPushSubscription,
            (None, _) => Outcome::Sent,
        };
        if outcome != Outcome::NoPushSubscription {
            let refusal = self.refusal(code.clone());
            self.note(operator, |standing| standing.pushed(refusal)).await?;
        }
        Ok(TestView { by: Way::Desktop, outcome, code, browsers: Some(told) })
    }

    fn refusal(&self, code: Option<String>) -> Option<Refusal> {
        code.map(|code| Refusal { at: self.clock.now(), code })
    }

    /// For the page that says what is wrong.
    async fn note(
        &self,
        operator: &Operator,
        note: impl FnOnce(&mut Standing) -> bool,
    ) -> Result<(), ApiError> {
        let mut standing = self.directory.notify_standing(&operator.id).await?;
        if note(&mut standing) {
            // Whoever was faster knows as much.
            let _saved = self.directory.save_notify_standing(&operator.id, &standing).await?;
        }
        Ok(())
    }
}
