//! Conversations that should have come to an operator by themselves, or left one.

use madoguchi_domain::assignment::Duty;
use madoguchi_domain::{Channel, ChannelId, Person, Timestamp, membership};
use madoguchi_runtime::{FifoEntry, Queue};
use madoguchi_store::assignment::AssignmentWork;
use madoguchi_store::inbox::{Part, Sorting};

use crate::{SweepError, Sweeper, Swept, is_for_pictures};

/// The group of the queue that all work of `assign` stands in.
const GROUP: &str = "assignment";

fn is_hourly(now: Timestamp) -> bool {
    now.as_ms() % 3_600_000 < 60_000
}

impl Sweeper {
    /// Queues that somebody has room for what waits; each tenth minute also a look after whoever has a conversation on a
    /// channel that they do not see, and each hour after everybody who holds any.
    pub(crate) async fn assignment(
        &self,
        queue: &Queue,
        channels: &[Channel],
        now: Timestamp,
        swept: &mut Swept,
    ) -> Result<(), SweepError> {
        let duties = self.inbox.duties().await?;
        let mut work = Vec::new();
        if self.waits(&duties, channels).await? {
            work.push(AssignmentWork::Room);
        }
        let holding = duties.into_iter().filter(|duty| !duty.held.is_empty());
        if is_hourly(now) {
            work.extend(holding.map(|duty| AssignmentWork::LookAfter { operator: duty.operator }));
        } else if is_for_pictures(now) {
            let people = self.directory.people().await?;
            for duty in holding {
                let person = people.iter().find(|person| person.id == duty.operator);
                let hidden = hidden(person, channels);
                if hidden.is_empty() {
                    continue;
                }
                let part = Part::assigned_on(duty.operator.clone(), hidden);
                let found = self.inbox.listed(&[part], Sorting::Activity, None, 1).await?;
                if !found.conversations.is_empty() {
                    work.push(AssignmentWork::LookAfter { operator: duty.operator });
                }
            }
        }
        swept.assignments = work.len() as u64;
        let minute = now.as_ms() / 60_000;
        let entries = work.iter().enumerate().map(|(place, work)| {
            let deduplication = format!("sweep.{minute}.{place}");
            Ok(FifoEntry { group: GROUP.to_owned(), deduplication, body: serde_json::to_string(work)? })
        });
        let entries: Vec<FifoEntry> = entries.collect::<Result<_, serde_json::Error>>()?;
        Ok(queue.send_fifo_batch(entries).await?)
    }

    /// Whether anything waits for a rule while anybody has room.
    async fn waits(&self, duties: &[Duty], channels: &[Channel]) -> Result<bool, SweepError> {
        let ruled = channels.iter().filter(|channel| {
            let capacity = channel.settings.capacity();
            let has_room = |duty: &Duty| duty.available && duty.has_room(capacity);
            channel.status.is_on() && channel.settings.assignment.is_on() && duties.iter().any(has_room)
        });
        let parts: Vec<Part> = ruled.map(|channel| Part::waiting_for_rule(channel.id)).collect();
        if parts.is_empty() {
            return Ok(false);
        }
        let found = self.inbox.listed(&parts, Sorting::Activity, None, 1).await?;
        Ok(!found.conversations.is_empty())
    }
}

/// The channels that somebody does not see.
fn hidden(person: Option<&Person>, channels: &[Channel]) -> Vec<ChannelId> {
    let person = person.filter(|person| person.removed_at.is_none());
    let sees = |channel: &Channel| {
        person.is_some_and(|person| membership::may_see(person.role, channel, Some(person)))
    };
    channels.iter().filter(|channel| !sees(channel)).map(|channel| channel.id).collect()
}
