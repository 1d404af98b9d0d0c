//! Conversations that should have come to an operator by themselves, or left one.

use madoguchi_domain::assignment::{Candidate, Duty, choose};
use madoguchi_domain::{Channel, ChannelId, OperatorId, Person, Timestamp, membership};
use madoguchi_runtime::{FifoEntry, Queue};
use madoguchi_store::StoreError;
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
        let mut first_error = None;
        match self.waits(&duties, channels).await {
            Ok(waits) => work.extend(waits.then_some(AssignmentWork::Room)),
            Err(error) => first_error = Some(error),
        }
        let holding = duties.into_iter().filter(|duty| !duty.held.is_empty()).map(|duty| duty.operator);
        if is_hourly(now) {
            work.extend(holding.map(|operator| AssignmentWork::LookAfter { operator }));
        } else if is_for_pictures(now)
            && let Err(error) = self.out_of_sight(holding, channels, &mut work).await
        {
            first_error.get_or_insert(error);
        }
        swept.assignments = work.len() as u64;
        let minute = now.as_ms() / 60_000;
        let entries = work.iter().enumerate().map(|(place, work)| {
            let deduplication = format!("sweep.{minute}.{place}");
            Ok(FifoEntry { group: GROUP.to_owned(), deduplication, body: serde_json::to_string(work)? })
        });
        let entries: Vec<FifoEntry> = entries.collect::<Result<_, serde_json::Error>>()?;
        queue.send_fifo_batch(entries).await?;
        first_error.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Whether anything may wait for a rule that would find somebody.
    async fn waits(&self, duties: &[Duty], channels: &[Channel]) -> Result<bool, StoreError> {
        let mut ruled: Vec<&Channel> = channels.iter().collect();
        ruled.retain(|channel| {
            let capacity = channel.settings.capacity();
            let has_room = |duty: &Duty| duty.available && duty.has_room(capacity);
            channel.status.is_on() && channel.settings.assignment.is_on() && duties.iter().any(has_room)
        });
        if ruled.is_empty() {
            return Ok(false);
        }
        let people = self.directory.people().await?;
        let candidates: Vec<Candidate<'_>> = duties
            .iter()
            .filter_map(|duty| {
                let person = people.iter().find(|person| person.id == duty.operator)?;
                Some(Candidate { person, duty })
            })
            .collect();
        ruled.retain(|channel| choose(channel, &candidates, None).is_some());
        let parts: Vec<Part> = ruled.iter().map(|channel| Part::waiting_for_rule(channel.id)).collect();
        self.may_hold_any(&parts).await
    }

    /// Adds work for those of `holding` who may have a conversation on a channel that they do not see. One's fault keeps
    /// nobody else's work back.
    async fn out_of_sight(
        &self,
        holding: impl Iterator<Item = OperatorId>,
        channels: &[Channel],
        work: &mut Vec<AssignmentWork>,
    ) -> Result<(), StoreError> {
        let people = self.directory.people().await?;
        let mut first_error = None;
        for operator in holding {
            let person = people.iter().find(|person| person.id == operator);
            let parts = Part::assigned_on(&operator, &hidden(person, channels));
            match self.may_hold_any(&parts).await {
                Ok(true) => work.push(AssignmentWork::LookAfter { operator }),
                Ok(false) => {}
                Err(error) => {
                    first_error.get_or_insert(error);
                }
            }
        }
        first_error.map_or(Ok(()), Err)
    }

    /// Whether there may be a conversation in `parts`: a page that found none and came to no end tells nothing.
    async fn may_hold_any(&self, parts: &[Part]) -> Result<bool, StoreError> {
        if parts.is_empty() {
            return Ok(false);
        }
        let found = self.inbox.listed(parts, Sorting::Activity, None, 1).await?;
        Ok(!found.conversations.is_empty() || found.next.is_some())
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
