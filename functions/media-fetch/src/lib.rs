//! `media-fetch`: copies what customers sent before the provider forgets it, makes ready what operators send, and
//! deletes what was taken back (ING-9, MSG-3 to MSG-9). It does the same for pictures of people: customers' are copied,
//! operators' become icons (SND-3). And it deletes what a conversation was made of that is deleted for ever (CLS-8).
//!
//! A job names a message. Whatever its files wait for is done, and what became of each is written on the message. A job
//! that comes again finds it done; one that ended in its middle comes again and writes to the same place.

mod copy;
mod erase;
mod icon;
mod operator;
mod portrait;
mod prepare;
mod preview;
mod probe;
mod settle;

use madoguchi_channels::ProviderHttp;
use madoguchi_credentials::Credentials;
use madoguchi_domain::media::{self, Media, MediaFailure};
use madoguchi_domain::{Channel, ChannelHealth, Message, SentBy, Span};
use madoguchi_runtime::{Bucket, BucketError, Clock, Metrics, RecordError};
use madoguchi_store::work::{FileWork, MediaWork, PictureOf};
use madoguchi_store::{Directory, Inbox, StoreError};

/// How often something is read anew because somebody else wrote it.
const TRIES: usize = 10;

/// Why a job must come again.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bucket did not.
    #[error(transparent)]
    Bucket(#[from] BucketError),
    /// The queue message is not readable.
    #[error("the record is not readable: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// The provider has not handed it out yet.
    #[error("the file must wait: {detail}")]
    RetryAfter {
        /// How long.
        after: Span,
        /// For maintainers.
        detail: String,
    },
}

/// Where files are called at. Addresses that events name are called only if they belong to these or to the open web.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// The Graph API.
    pub graph: String,
    /// LINE's host for content.
    pub line_data: String,
    /// Twilio's API.
    pub twilio: String,
    /// The APIs that tell profiles, whose pictures lie there where the providers are simulated.
    pub profiles: Vec<String>,
}

/// Works on files.
#[derive(Debug)]
pub struct MediaFetcher {
    inbox: Inbox,
    directory: Directory,
    credentials: Credentials,
    http: ProviderHttp,
    addresses: Addresses,
    bucket: Bucket,
    clock: Clock,
    metrics: Metrics,
}

/// What came of one try.
enum Tried {
    /// The end of it.
    Settled(Media),
    /// The end of it, and how long it plays.
    Measured(Media, Option<u64>),
    /// Again later.
    Later { detail: String, after: Option<Span> },
    /// Once the channel's credential works; `pending-sweep` starts it again.
    Held,
}

impl Tried {
    fn failed(reason: MediaFailure, now: madoguchi_domain::Timestamp) -> Self {
        Self::Settled(Media::Failed { reason, at: now })
    }
}

impl MediaFetcher {
    /// Reads and writes `inbox` and `bucket`; `http` is given the time that a whole file may take.
    #[expect(clippy::too_many_arguments, reason = "each is something that only `main` can know")]
    pub fn new(
        inbox: Inbox,
        directory: Directory,
        credentials: Credentials,
        http: ProviderHttp,
        addresses: Addresses,
        bucket: Bucket,
        clock: Clock,
        metrics: Metrics,
    ) -> Self {
        let directory = directory.by_function("media-fetch");
        Self { inbox, directory, credentials, http, addresses, bucket, clock, metrics }
    }

    /// Handles one record of the media queue for the batch loop: what must wait tells the queue for how long.
    pub async fn record(&self, body: &str) -> Result<(), RecordError> {
        self.handle(body).await.map_err(|error| match error {
            MediaError::RetryAfter { after, .. } => RecordError::new(error).retry_after(after),
            error => error.into(),
        })
    }

    async fn handle(&self, body: &str) -> Result<(), MediaError> {
        let work = match serde_json::from_str(body)? {
            FileWork::Message(work) => work,
            FileWork::Erase(work) => return self.erase(&work).await,
            FileWork::Picture(work) => {
                return match &work.picture {
                    PictureOf::Operator(operator) => self.operator(operator).await,
                    PictureOf::Contact(whose) => self.portrait(whose, &work.secret).await,
                };
            }
        };
        let Some(message) = self.inbox.message(work.conversation_id, &work.message).await? else {
            return Ok(());
        };
        let Some(mut message) = self.discard(message).await? else { return Ok(()) };
        let channel = self.directory.channel(work.channel_id).await?;
        let mut wait: Option<(Span, String)> = None;
        for index in 0..message.attachments().len() {
            let Some(Media::Pending { since }) = message.attachments()[index].media else { continue };
            let tried = match &channel {
                Some(channel) => self.work_on(channel, &work, &message, index).await?,
                None => Tried::failed(MediaFailure::Unavailable, self.clock.now()),
            };
            let (outcome, duration_ms) = match tried {
                Tried::Settled(outcome) => (outcome, None),
                Tried::Measured(outcome, duration_ms) => (outcome, duration_ms),
                Tried::Held => continue,
                Tried::Later { detail, after } => {
                    let now = self.clock.now();
                    let Some(next) = media::next_try(since, now) else {
                        tracing::warn!(
                            conversation.id = %work.conversation_id, message.id = %work.message, detail,
                            "Gave a file of message `{}` up", work.message
                        );
                        let failed = Media::Failed { reason: MediaFailure::Unavailable, at: now };
                        message = match self.settle(message, index, failed, None).await? {
                            Some(message) => message,
                            None => return Ok(()),
                        };
                        continue;
                    };
                    let next = next.max(after.unwrap_or_default());
                    if wait.as_ref().is_none_or(|(known, _)| next < *known) {
                        wait = Some((next, detail));
                    }
                    continue;
                }
            };
            message = match self.settle(message, index, outcome, duration_ms).await? {
                Some(message) => message,
                None => return Ok(()),
            };
        }
        wait.map_or(Ok(()), |(after, detail)| Err(MediaError::RetryAfter { after, detail }))
    }

    async fn work_on(
        &self,
        channel: &Channel,
        work: &MediaWork,
        message: &Message,
        index: usize,
    ) -> Result<Tried, MediaError> {
        if matches!(message.sent_by, SentBy::Operator { .. }) {
            return self.prepare(channel, work, &message.attachments()[index]).await;
        }
        // Also while the channel is off. One that was deleted has no credential to wait for: it is given up.
        let is_held = matches!(channel.health, ChannelHealth::NeedsReauthorization { .. });
        if is_held && !channel.status.is_deleted() {
            return Ok(Tried::Held);
        }
        self.copy(channel, work, index, &message.attachments()[index]).await
    }
}
