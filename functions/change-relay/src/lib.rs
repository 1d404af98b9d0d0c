//! `change-relay`: reads the Inbox table's stream and queues the work that follows from what was
//! committed. Whatever follows from a write follows from the committed write; what this function
//! misses, `pending-sweep` finds.

use aws_lambda_events::dynamodb::EventRecord;
use madoguchi_runtime::{FifoEntry, NoRandomness, Queue, QueueError, unguessable};
use madoguchi_store::Committed;
use madoguchi_store::work::{AWAITS_TICKET, FollowUp, Image, MediaWork, PictureWork, follow_up, ticket_work};

/// Why a stream record must be read again.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The queue did not take the work.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// A file could be given no place.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The work could not be put into words.
    #[error("the work cannot be written: {0}")]
    Unwritable(#[from] serde_json::Error),
}

/// Where what follows goes.
#[derive(Debug)]
pub struct Queues {
    /// Replies and what is shown beside them (FIFO).
    pub outbound: Queue,
    /// Contacts.
    pub profiles: Queue,
    /// Files.
    pub media: Queue,
    /// What customers wrote on channels that make tickets.
    pub tickets: Queue,
}

/// Queues what follows from committed writes.
#[derive(Debug)]
pub struct Relay {
    queues: Queues,
}

impl Relay {
    /// Sends work to `queues`.
    pub fn new(queues: Queues) -> Self {
        Self { queues }
    }

    /// Queues what follows from stream records, in their order, with as few calls as they fit into. Repeating a
    /// record repeats its work, which is deduplicated by the queue for five minutes and by the message's state for
    /// ever. Replies go first: a customer waits for them.
    pub async fn handle(&self, records: &[EventRecord]) -> Result<(), RelayError> {
        self.start_work(records).await?;
        self.start_tickets(records).await
    }

    /// Queues what customers wrote on channels that make tickets (TKT-2).
    async fn start_tickets(&self, records: &[EventRecord]) -> Result<(), RelayError> {
        for record in records {
            let change = &record.change;
            if !change.old_image.inner().is_empty() || !change.new_image.inner().contains_key(AWAITS_TICKET) {
                continue;
            }
            let committed = Committed::of(change.new_image.clone(), change.old_image.clone());
            if let Some(work) = committed.as_ref().and_then(ticket_work) {
                self.queues.tickets.send(&serde_json::to_string(&work)?).await?;
            }
        }
        Ok(())
    }

    async fn start_work(&self, records: &[EventRecord]) -> Result<(), RelayError> {
        let (mut replies, mut profiles, mut media) = (Vec::new(), Vec::new(), Vec::new());
        for record in records {
            let new = image(&record.change.new_image);
            let old = image(&record.change.old_image);
            let old = (!old.is_empty()).then_some(&old);
            match follow_up(&new, old) {
                None => {}
                Some(FollowUp::Reply { work, dedupe }) => replies.push(FifoEntry {
                    body: serde_json::to_string(&work)?,
                    group: work.conversation_id.to_string(),
                    deduplication: dedupe,
                }),
                Some(FollowUp::Courtesy { work, dedupe }) => replies.push(FifoEntry {
                    body: serde_json::to_string(&work)?,
                    group: work.conversation_id.to_string(),
                    deduplication: dedupe,
                }),
                Some(FollowUp::Profile(work)) => profiles.push(serde_json::to_string(&work)?),
                Some(FollowUp::Media { channel_id, conversation_id, message }) => {
                    let secret = unguessable()?;
                    let work = MediaWork { v: 1, channel_id, conversation_id, message, secret };
                    media.push(serde_json::to_string(&work)?);
                }
                Some(FollowUp::Picture(picture)) => {
                    let work = PictureWork { v: 1, picture, secret: unguessable()? };
                    media.push(serde_json::to_string(&work)?);
                }
            }
        }
        self.queues.outbound.send_fifo_batch(replies).await?;
        for profile in profiles {
            self.queues.profiles.send(&profile).await?;
        }
        for file in media {
            self.queues.media.send(&file).await?;
        }
        Ok(())
    }
}

fn image(item: &serde_dynamo::Item) -> Image {
    item.inner()
        .iter()
        .filter_map(|(name, value)| match value {
            serde_dynamo::AttributeValue::S(text) | serde_dynamo::AttributeValue::N(text) => {
                Some((name.clone(), text.clone()))
            }
            _ => None,
        })
        .collect()
}
