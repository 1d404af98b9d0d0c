//! Tells a client what it missed, or to load anew.

use std::collections::HashMap;

use madoguchi_domain::live::{Connection, Hearing, MOST_MISSED, Numbered, Resume, is_out_of_reach, resume};
use madoguchi_domain::{Timestamp, live};
use madoguchi_live::Told;
use madoguchi_store::StoreError;
use madoguchi_store::live::Logged;

use crate::{LiveApi, LiveError};

/// Changes of one message: about 20 KB, which API Gateway counts as one.
const PAGE: usize = 100;

impl LiveApi {
    pub(crate) async fn resume(
        &self,
        connection: &Connection,
        after: u64,
        now: Timestamp,
    ) -> Result<(), LiveError> {
        let seq = self.live.last_number().await?;
        let batches = if is_out_of_reach(after, seq) { None } else { self.missed(after, seq, now).await? };
        let Some(batches) = batches else {
            return self.answer(&connection.id, &Told::Reload { seq }, now).await;
        };
        let changes = self.heard(connection, &batches, now).await?;
        for page in changes.chunks(PAGE) {
            let seq = page.iter().map(|numbered| numbered.seq).max().unwrap_or(after);
            self.answer(&connection.id, &Told::Changes { seq, changes: page.to_vec() }, now).await?;
        }
        let seq = batches.iter().map(|batch| batch.last).max().unwrap_or(after).max(after);
        self.answer(&connection.id, &Told::Resumed { seq }, now).await
    }

    /// What was logged since, and shortly before; `None` if it is too much or too long ago.
    async fn missed(&self, after: u64, last: u64, now: Timestamp) -> Result<Option<Vec<Logged>>, StoreError> {
        let behind = self.live.logged_from(after).await?;
        match resume(after, last, behind.logged_at, now) {
            Resume::Reload => Ok(None),
            Resume::Replay { from } => {
                let Some(mut batches) = self.live.logged_before(after, from).await? else { return Ok(None) };
                batches.reverse();
                batches.extend(behind.batches);
                let changes: usize = batches.iter().map(|batch| batch.changes.len()).sum();
                Ok((changes as u64 <= 2 * MOST_MISSED).then_some(batches))
            }
        }
    }

    /// Each thing once, as it was last, as far as the person may hear of it; in the order of their numbers.
    async fn heard(
        &self,
        connection: &Connection,
        batches: &[Logged],
        now: Timestamp,
    ) -> Result<Vec<Numbered>, StoreError> {
        let numbered: Vec<Numbered> = batches.iter().flat_map(Logged::numbered).collect();
        let latest = live::coalesced(numbered.iter().map(|numbered| numbered.change.clone()));
        let mut channels = HashMap::new();
        let mut heard = Vec::new();
        for change in latest {
            let hears = match channels.get(&change.channel_id) {
                Some(hears) => *hears,
                None => {
                    let channel = self.audience.channel(change.channel_id, now).await?;
                    let hearing =
                        self.audience.hearing(&connection.person, connection.role, channel.as_ref(), now);
                    let hears = hearing.await? == Hearing::Yes;
                    channels.insert(change.channel_id, hears);
                    hears
                }
            };
            let seq = numbered.iter().filter(|of| of.change == change).map(|of| of.seq).max();
            heard.extend(seq.filter(|_| hears).map(|seq| Numbered { seq, change }));
        }
        heard.sort_by_key(|numbered| numbered.seq);
        Ok(heard)
    }
}
