//! Browsers without an open page.

use std::time::Duration;

use futures::StreamExt as _;
use futures::future::join_all;
use madoguchi_domain::membership::may_see;
use madoguchi_domain::notify::{Kind, PushNote, PushSubscription, Refusal};
use madoguchi_domain::{Channel, Conversation, OperatorId, Span, Timestamp};
use madoguchi_runtime::web_push::{Pushed, VapidKey, WebPushError, push};
use madoguchi_store::{Somebody, StoreError};

use super::Notifier;

/// What happened longer ago is no news on a desktop.
const OLDEST: Span = Span::from_hours(1);
/// Operators whose browsers are told at the same time.
const AT_ONCE: usize = 4;
/// For all pushes of one record: push services that hang must not take the function's minute from e-mail and other records.
const LONGEST: Duration = Duration::from_secs(20);

/// What is told, and where it happened.
#[derive(Clone, Copy)]
struct News<'a> {
    conversation: &'a Conversation,
    channel: &'a Channel,
    key: &'a VapidKey,
    at: Timestamp,
}

impl Notifier {
    /// Tells the browsers of operators. None that fails keeps the record: a browser that was told would be told again.
    pub(super) async fn push(&self, told: &[(&Somebody, Kind)], conversation: &Conversation, at: Timestamp) {
        if told.is_empty() || self.clock.now().since(at) >= OLDEST {
            return;
        }
        let pushed = tokio::time::timeout(LONGEST, self.push_all(told, conversation, at)).await;
        if let Err(error) = pushed.unwrap_or(Err(WebPushFailure::TooSlow)) {
            self.metrics.count("NotificationPushesFailed", 1);
            tracing::warn!(conversation.id = %conversation.id, %error, "Operators' browsers could not be told");
        }
    }

    async fn push_all(
        &self,
        told: &[(&Somebody, Kind)],
        conversation: &Conversation,
        at: Timestamp,
    ) -> Result<(), WebPushFailure> {
        let Some(channel) = self.directory.channel(conversation.channel_id).await? else { return Ok(()) };
        let key = self.vapid.key().await?;
        let news = News { conversation, channel: &channel, key: &key, at };
        let told = futures::stream::iter(told).map(|(who, kind)| self.tell_browsers(who, *kind, news));
        let all: Vec<_> = told.buffer_unordered(AT_ONCE).collect().await;
        all.into_iter().collect()
    }

    async fn tell_browsers(&self, who: &Somebody, kind: Kind, news: News<'_>) -> Result<(), WebPushFailure> {
        let operator = &who.person.id;
        // What is told has a customer's name in it: half a minute ago is too long ago for seeing it.
        let person = self.directory.person(operator).await?.filter(|person| person.removed_at.is_none());
        if person.is_none_or(|person| !may_see(person.role, news.channel, Some(&person))) {
            return Ok(());
        }
        let News { conversation, key, at, .. } = news;
        let url = self.conversation_link(conversation.id);
        let note = PushNote::about(kind, conversation.id, conversation.contact.name.as_deref(), url, at);
        let text = serde_json::to_string(&note)?;
        let topic = conversation.id.as_uuid().simple().to_string();
        let sent = (text.as_str(), topic.as_str());
        let contact = (self.addresses.console.as_str(), self.addresses.loopback);
        let now = self.clock.now();
        let pushes =
            who.browsers.iter().map(|browser| push(&self.receivers, key, browser, sent, contact, now));
        let mut refusal = None;
        let mut tried = false;
        for (browser, pushed) in who.browsers.iter().zip(join_all(pushes).await) {
            match pushed {
                Ok(Pushed::Taken) => tried = true,
                Ok(Pushed::Gone) => self.forget(browser).await?,
                Ok(Pushed::Refused(code)) => {
                    tried = true;
                    refusal = Some(Refusal { at: self.clock.now(), code });
                }
                Err(error) => {
                    tracing::warn!(push.id = browser.id, %error, "A browser could not be told");
                }
            }
        }
        if tried {
            self.note_push(operator, refusal).await?;
        }
        Ok(())
    }

    /// It has unsubscribed.
    async fn forget(&self, browser: &PushSubscription) -> Result<(), StoreError> {
        tracing::info!(push.id = browser.id, "A browser has unsubscribed");
        self.directory.remove_push_subscription(&browser.operator, &browser.id).await
    }

    /// For the page that says what is wrong.
    async fn note_push(&self, operator: &OperatorId, refusal: Option<Refusal>) -> Result<(), StoreError> {
        if refusal.is_some() {
            self.metrics.count("NotificationPushesFailed", 1);
        } else if self.pushed.is_known_fine(operator, self.clock.now()) {
            return Ok(());
        }
        let is_fine = refusal.is_none();
        let mut standing = self.directory.notify_standing(operator).await?;
        if standing.pushed(refusal) {
            let _whoever_was_faster_knows_as_much =
                self.directory.save_notify_standing(operator, &standing).await?;
        }
        self.pushed.note(operator, is_fine, self.clock.now());
        Ok(())
    }
}

/// Why no browser could be told.
#[derive(Debug, thiserror::Error)]
pub(super) enum WebPushFailure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Push(#[from] WebPushError),
    #[error("the note cannot be written: {0}")]
    Unwritable(#[from] serde_json::Error),
    #[error("the push services took too long")]
    TooSlow,
}
