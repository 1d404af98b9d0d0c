//! Browsers without an open page.

use madoguchi_domain::notify::{Kind, PushNote, PushSubscription, Refusal};
use madoguchi_domain::{Conversation, OperatorId, Span, Timestamp};
use madoguchi_runtime::web_push::{Pushed, WebPushError, push};
use madoguchi_store::StoreError;

use super::Notifier;

/// What happened longer ago is no news on a desktop.
const OLDEST: Span = Span::from_hours(1);

impl Notifier {
    /// Tells the browsers of an operator. None that fails keeps the record: a browser that was told would be told again.
    pub(super) async fn push(
        &self,
        operator: &OperatorId,
        conversation: &Conversation,
        kind: Kind,
        at: Timestamp,
    ) {
        if self.clock.now().since(at) >= OLDEST {
            return;
        }
        if let Err(error) = self.tell_browsers(operator, conversation, kind, at).await {
            self.metrics.count("NotificationPushesFailed", 1);
            tracing::warn!(operator.id = operator.0, %error, "An operator's browsers could not be told");
        }
    }

    async fn tell_browsers(
        &self,
        operator: &OperatorId,
        conversation: &Conversation,
        kind: Kind,
        at: Timestamp,
    ) -> Result<(), WebPushFailure> {
        let browsers = self.browsers.of(operator, self.clock.now()).await?;
        if browsers.is_empty() {
            return Ok(());
        }
        let key = self.vapid.key().await?;
        let url = self.conversation_link(conversation.id);
        let note = PushNote::about(kind, conversation.id, conversation.contact.name.as_deref(), url, at);
        let text = serde_json::to_string(&note)?;
        let topic = conversation.id.as_uuid().simple().to_string();
        let contact = (self.addresses.console.as_str(), self.addresses.loopback);
        let mut refusal = None;
        let mut tried = false;
        for browser in browsers.iter() {
            let sent = (text.as_str(), topic.as_str());
            match push(&self.receivers, &key, browser, sent, contact, self.clock.now()).await {
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
        } else if self.browsers.is_known_fine(operator, self.clock.now()) {
            return Ok(());
        }
        let is_fine = refusal.is_none();
        let mut standing = self.directory.notify_standing(operator).await?;
        if standing.pushed(refusal) {
            let _whoever_was_faster_knows_as_much =
                self.directory.save_notify_standing(operator, &standing).await?;
        }
        self.browsers.note(operator, is_fine, self.clock.now());
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
}
