//! `webhook-send`: tells other systems what happened (OPS-1, OPS-2).
//!
//! A record of the queue is one event for one subscription, so that nobody waits for somebody else's slow receiver longer
//! than for the place of one call. The attempt is written down after the call: whoever ends in between calls again, with the
//! same id. What is to be tried again within a quarter of an hour goes back into the queue, and later ones, and what the queue
//! loses, are started by `pending-sweep`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use madoguchi_domain::webhook::{
    Attempt, Delivery, DeliveryState, EventKind, Fault, OffBecause, Subscription, SwitchedOff, Work, payload,
};
use madoguchi_domain::{Conversation, Message, Span, Timestamp, WebhookId};
use madoguchi_runtime::outgoing::Receivers;
use madoguchi_runtime::signature::{KeyError, WebhookKeys, headers};
use madoguchi_runtime::{Clock, Metrics, Queue};
use madoguchi_store::deliveries::LONGEST_DELAY;
use madoguchi_store::{Deliveries, Directory, Inbox, Saved, StoreError};

/// For how long a receiver that took something counts as healthy without another write.
const HEALTHY_FOR: Span = Span::from_minutes(5);

/// Why a record must come again.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is nothing to sign with.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The record is not readable.
    #[error("the record is not readable: {0}")]
    Unreadable(#[from] serde_json::Error),
}

/// Tells other systems.
#[derive(Debug)]
pub struct WebhookSender {
    inbox: Inbox,
    directory: Directory,
    deliveries: Deliveries,
    queue: Queue,
    keys: WebhookKeys,
    receivers: Receivers,
    clock: Clock,
    metrics: Metrics,
    healthy: Mutex<HashMap<WebhookId, Timestamp>>,
}

/// What an event is told with.
#[derive(Default)]
struct Told {
    conversation: Option<Conversation>,
    message: Option<Message>,
}

impl WebhookSender {
    /// Reads `inbox` and `directory`, writes `deliveries`; `queue` is where it takes its work from.
    #[expect(clippy::too_many_arguments, reason = "each is something that only `main` can know")]
    pub fn new(
        inbox: Inbox,
        directory: Directory,
        deliveries: Deliveries,
        queue: Queue,
        keys: WebhookKeys,
        receivers: Receivers,
        clock: Clock,
        metrics: Metrics,
    ) -> Self {
        let directory = directory.by_function("webhook-send");
        let healthy = Mutex::default();
        Self { inbox, directory, deliveries, queue, keys, receivers, clock, metrics, healthy }
    }

    /// Handles one record.
    pub async fn handle(&self, body: &str) -> Result<(), Failure> {
        let work: Work = serde_json::from_str(body)?;
        let Some(mut delivery) = self.due(&work).await? else { return Ok(()) };
        let told = self.told(&work).await?;
        let subscription = self.directory.webhook(work.webhook).await?;
        let subscription = subscription.filter(|subscription| may_be_told(subscription, &work));
        let (Some(subscription), Some(Told { conversation, message })) = (subscription, told) else {
            return self.cancel(delivery).await;
        };
        let body = payload(&work.event, conversation.as_ref(), message.as_ref()).to_string();
        let at = self.clock.now();
        let mut secrets = Vec::new();
        for generation in subscription.key.signing(at) {
            secrets.push(self.keys.secret(work.webhook, generation).await?);
        }
        let headers = headers(&secrets, &work.event.id.to_string(), at, &body);
        let answered = self.receivers.post(&subscription.url, &headers, body).await;
        let now = self.clock.now();
        let attempt = Attempt {
            at,
            duration_ms: now.since(at).as_ms(),
            status: answered.status,
            fault: answered.fault,
            answer: answered.answer,
        };
        let fault = attempt.fault;
        let had_failed = !delivery.attempts.is_empty();
        delivery.attempted(attempt, now);
        if self.deliveries.save(&delivery, now).await? == Saved::Conflict {
            // The same record was handled twice at once; the other has written it down.
            return Ok(());
        }
        delivery.rev += 1;
        self.goes_on(&delivery, now).await;
        match fault {
            None => self.note_taken(work.webhook, had_failed, now).await?,
            Some(fault) => self.note_failed(&subscription, fault, now).await?,
        }
        Ok(())
    }

    /// The delivery that `work` is about, if it is still due.
    async fn due(&self, work: &Work) -> Result<Option<Delivery>, StoreError> {
        let fresh = Delivery::new(work.webhook, work.event.clone(), self.clock.now());
        let stored = self.deliveries.delivery(work.webhook, fresh.key()).await?;
        let delivery = stored.unwrap_or(fresh);
        Ok(delivery.awaits(work).then_some(delivery))
    }

    /// `None` if conversation or message was deleted for ever.
    async fn told(&self, work: &Work) -> Result<Option<Told>, StoreError> {
        let Some(id) = work.event.conversation else { return Ok(Some(Told::default())) };
        let conversation =
            self.inbox.conversation(id).await?.filter(|conversation| !conversation.is_erased());
        let Some(conversation) = conversation else { return Ok(None) };
        let Some(key) = &work.event.message else {
            return Ok(Some(Told { conversation: Some(conversation), message: None }));
        };
        let Some(message) = self.inbox.message(id, key).await? else { return Ok(None) };
        // The customer may have written anew since, while what was before is still being taken away.
        let is_late = work.tries > 0 || work.round > 0;
        if is_late && self.inbox.erasure(id).await?.is_some_and(|erasure| erasure.covers(&message)) {
            return Ok(None);
        }
        Ok(Some(Told { conversation: Some(conversation), message: Some(message) }))
    }

    /// Nobody is to be told any more. What was never tried leaves no trace.
    async fn cancel(&self, mut delivery: Delivery) -> Result<(), Failure> {
        let now = self.clock.now();
        delivery.cancel(now);
        if delivery.rev > 0 {
            let _whoever_was_faster_knows_more = self.deliveries.save(&delivery, now).await?;
        }
        Ok(())
    }

    async fn goes_on(&self, delivery: &Delivery, now: Timestamp) {
        let (webhook, event) = (delivery.webhook, delivery.event.id);
        match delivery.state {
            DeliveryState::Pending { next_at } if next_at.since(now) <= LONGEST_DELAY => {
                let work = serde_json::to_string(&delivery.work()).unwrap_or_default();
                if let Err(error) = self.queue.send_after(&work, next_at.since(now)).await {
                    tracing::warn!(
                        webhook.id = %webhook, event.id = %event, %error,
                        "Event `{event}` is tried again when it is missed"
                    );
                }
            }
            DeliveryState::GivenUp { .. } => {
                self.metrics.count("WebhookDeliveriesGivenUp", 1);
                tracing::warn!(
                    webhook.id = %webhook, event.id = %event, attempts = delivery.tries,
                    "Webhook `{webhook}` did not take event `{event}` for a day"
                );
            }
            _ => {}
        }
    }

    /// Takes note that the receiver takes what it is told. Where it had failed before, another process may have noted that, so
    /// that nothing which is remembered here counts.
    async fn note_taken(&self, id: WebhookId, had_failed: bool, now: Timestamp) -> Result<(), StoreError> {
        if had_failed || !self.is_known_healthy(id, now) {
            self.deliveries.note_success(id).await?;
            self.healthy().insert(id, now);
        }
        Ok(())
    }

    /// Takes note that the receiver did not take something, and switches it off after days of nothing but failures.
    async fn note_failed(
        &self,
        subscription: &Subscription,
        fault: Fault,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let id = subscription.id;
        self.healthy().remove(&id);
        self.metrics.count("WebhookAttemptsFailed", 1);
        tracing::info!(webhook.id = %id, fault = fault.as_str(), "Webhook `{id}` did not take an event");
        let health = self.deliveries.note_failure(id, now).await?;
        if !subscription.is_on() || !health.is_hopeless(now) {
            return Ok(());
        }
        let off = Some(SwitchedOff { at: now, because: OffBecause::Failing });
        // Who changes it at the same moment knows more.
        if self.directory.save_webhook(&Subscription { off, ..subscription.clone() }).await? == Saved::Done {
            self.metrics.count("WebhooksSwitchedOff", 1);
            tracing::warn!(webhook.id = %id, "Switched webhook `{id}` off: it has taken nothing for days");
        }
        Ok(())
    }

    fn is_known_healthy(&self, id: WebhookId, now: Timestamp) -> bool {
        self.healthy().get(&id).is_some_and(|at| now.since(*at) < HEALTHY_FOR)
    }

    fn healthy(&self) -> std::sync::MutexGuard<'_, HashMap<WebhookId, Timestamp>> {
        self.healthy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a person asks for goes out although the subscription is off.
fn may_be_told(subscription: &Subscription, work: &Work) -> bool {
    let asked_for = work.event.kind == EventKind::Test || work.round > 0;
    subscription.removed_at.is_none() && (subscription.is_on() || asked_for)
}
