//! `assign`: gives conversations to operators by their channel's rule, takes them from operators who do not see the
//! channel any more, and keeps the account of what everybody holds.
//!
//! All work stands in one group of the queue: somebody's capacity is one for all channels, and what has waited longest
//! goes first, wherever it came in. What a message tells is only where to look: everything is decided by what the tables
//! say at that moment, and written under the condition that it is still so.

mod drain;
mod staff;
mod tidy;

use madoguchi_domain::Timestamp;
use madoguchi_runtime::{Clock, FifoEntry, Metrics, Queue, QueueError};
use madoguchi_store::assignment::AssignmentWork;
use madoguchi_store::{Directory, Inbox, StoreError};

/// The group of the queue that all work stands in.
pub const GROUP: &str = "assignment";

/// How often a lost race is tried again; a message that comes again tries anew.
const TRIES: usize = 8;

/// Why a message is to come again.
#[derive(Debug, thiserror::Error)]
pub enum AssignError {
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue did not take what is left.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The message is not understood, or the rest could not be put into words.
    #[error("the work cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// Others kept writing.
    #[error("lost every race for {0}")]
    Contended(&'static str),
}

/// Gives conversations to operators.
#[derive(Debug)]
pub struct Assigner {
    inbox: Inbox,
    directory: Directory,
    queue: Queue,
    clock: Clock,
    metrics: Metrics,
}

impl Assigner {
    /// Works on the tables. What it does not come to within its time it leaves in `queue`.
    pub const fn new(
        inbox: Inbox,
        directory: Directory,
        queue: Queue,
        clock: Clock,
        metrics: Metrics,
    ) -> Self {
        Self { inbox, directory, queue, clock, metrics }
    }

    /// Does what the message `body` asks for; nothing is begun after `stop_at`.
    pub async fn handle(&self, body: &str, stop_at: Timestamp) -> Result<(), AssignError> {
        let work: AssignmentWork = serde_json::from_str(body)?;
        let is_done = match &work {
            AssignmentWork::Waits { conversation_id, .. } => {
                self.drain(Some(*conversation_id), stop_at).await?
            }
            AssignmentWork::Freed { operator, conversation_id } => {
                self.free(operator, *conversation_id).await?;
                self.drain(None, stop_at).await?
            }
            AssignmentWork::Room => self.drain(None, stop_at).await?,
            AssignmentWork::LookAfter { operator } => self.look_after(operator, stop_at).await?,
        };
        if is_done { Ok(()) } else { self.go_on(&work).await }
    }

    /// Leaves the rest of `work` to a message of its own.
    async fn go_on(&self, work: &AssignmentWork) -> Result<(), AssignError> {
        let work = match work {
            AssignmentWork::LookAfter { .. } => work,
            _ => &AssignmentWork::Room,
        };
        let entry = FifoEntry {
            group: GROUP.to_owned(),
            deduplication: format!("rest.{}", self.clock.now().as_ms()),
            body: serde_json::to_string(work)?,
        };
        Ok(self.queue.send_fifo(entry).await?)
    }
}
