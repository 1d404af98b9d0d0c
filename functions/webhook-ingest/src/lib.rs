//! `webhook-ingest`: verifies a provider's webhook and queues its events, nothing more.
//!
//! No table, no provider call: the answer goes out when the queue has every event (ING-2). A refused
//! signature is answered 401 and counted, and nothing of the body is kept. A body that is genuine and
//! cannot be understood is kept for quarantine and answered 200: a retry would bring the same bytes.

mod answer;
mod line;
mod messenger;
mod twilio;

use lambda_http::{Body, Request, RequestExt as _, Response};
use madoguchi_channels::{InboundEvent, InboundWork, Malformed, SignatureError, envelope};
use madoguchi_credentials::SecretNames;
use madoguchi_domain::{ChannelId, ChannelKind, Timestamp};
use madoguchi_runtime::{Clock, FifoEntry, Metrics, Queue, SecretCache, Versioned};
use serde::de::DeserializeOwned;

use answer::Answer;

/// Takes webhooks.
#[derive(Debug)]
pub struct Ingest {
    secrets: SecretCache,
    names: SecretNames,
    inbound: Queue,
    clock: Clock,
    metrics: Metrics,
    body_limit_bytes: usize,
    public_base_url: String,
}

impl Ingest {
    /// Signatures are checked with `secrets`; events go to `inbound`. Bodies beyond `body_limit_bytes`
    /// are refused. `public_base_url` is the address that providers know us by: some sign it.
    pub fn new(
        secrets: SecretCache,
        names: SecretNames,
        inbound: Queue,
        clock: Clock,
        metrics: Metrics,
        body_limit_bytes: usize,
        public_base_url: impl Into<String>,
    ) -> Self {
        let public_base_url = public_base_url.into();
        Self { secrets, names, inbound, clock, metrics, body_limit_bytes, public_base_url }
    }

    /// Answers one request.
    pub async fn handle(&self, request: &Request) -> Response<Body> {
        let path = request.raw_http_path();
        let place = path.split_once("/webhooks/").map_or("", |(_, place)| place.trim_end_matches('/'));
        let answer = match (request.method().as_str(), place.split_once('/')) {
            ("GET", None) if place == "messenger" => self.messenger_handshake(request).await,
            ("POST", None) if place == "messenger" => self.messenger(request).await,
            ("POST", Some(("line", channel))) => self.line(request, channel).await,
            ("POST" | "GET", Some(("twilio", channel))) => self.twilio(request, channel).await,
            _ => Answer::NotFound,
        };
        answer.into_response()
    }

    /// Refuses what is too large before anything is computed over it.
    fn body<'a>(&self, request: &'a Request) -> Result<&'a [u8], Answer> {
        let body: &[u8] = request.body();
        if body.len() > self.body_limit_bytes {
            self.metrics.count("WebhooksTooLarge", 1);
            return Err(Answer::TooLarge { limit_bytes: self.body_limit_bytes });
        }
        Ok(body)
    }

    async fn secret<T: DeserializeOwned>(&self, name: &str) -> Result<Versioned<T>, Answer> {
        match self.secrets.get(name).await {
            Ok(Some(secret)) => Ok(secret),
            Ok(None) => Err(Answer::NotFound),
            Err(error) => {
                tracing::error!(%error, "Secret `{name}` could not be read");
                Err(Answer::Unavailable)
            }
        }
    }

    /// Checks a signature; after a mismatch the secret is read anew once, so that a rotated one works
    /// without a deploy.
    async fn check<T: DeserializeOwned>(
        &self,
        name: &str,
        kind: ChannelKind,
        verify: impl Fn(&T) -> Result<(), SignatureError>,
    ) -> Result<(), Answer> {
        let secret: Versioned<T> = self.secret(name).await?;
        let Err(first) = verify(secret.expose()) else { return Ok(()) };
        if first == SignatureError::Mismatch
            && let Ok(Some(newer)) = self.secrets.reload_once::<T>(name, &secret.version).await
            && verify(newer.expose()).is_ok()
        {
            return Ok(());
        }
        self.metrics.count("SignaturesRefused", 1);
        tracing::warn!(reason = first.public_id(), channel.kind = %kind, "Refused a webhook: {}", first.public_id());
        Err(Answer::Unauthorized)
    }

    /// Queues what a genuine body holds and answers once all of it is accepted.
    async fn accept(
        &self,
        kind: ChannelKind,
        channel: Option<ChannelId>,
        body: &[u8],
        received_at: Timestamp,
        events: Result<Vec<InboundEvent>, Malformed>,
    ) -> Answer {
        let work: Vec<InboundWork> = match events {
            Ok(events) => events.into_iter().map(InboundWork::Event).collect(),
            Err(malformed) => {
                self.metrics.count_for(kind, "BodiesQuarantined", 1);
                tracing::error!(reason = malformed.public_id(), channel.kind = %kind, "Quarantined a body: {malformed}");
                let parts =
                    envelope::quarantine_parts(malformed.public_id(), kind, channel, body, received_at);
                parts.into_iter().map(InboundWork::Quarantine).collect()
            }
        };
        let entries: Result<Vec<FifoEntry>, _> = work.iter().map(entry).collect();
        let sent = match entries {
            Ok(entries) => self.inbound.send_fifo_batch(entries).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match sent {
            Ok(()) => Answer::Accepted,
            Err(error) => {
                self.metrics.count("WebhooksNotQueued", 1);
                tracing::error!(error, "The inbound queue did not take a webhook");
                Answer::Unavailable
            }
        }
    }
}

fn entry(work: &InboundWork) -> Result<FifoEntry, serde_json::Error> {
    Ok(FifoEntry { group: work.group_id(), deduplication: work.dedupe_id(), body: work.to_json()? })
}
