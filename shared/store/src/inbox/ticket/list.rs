//! Lists of tickets, the highest number first, over any number of channels and statuses.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use madoguchi_domain::{
    ChannelId, ConversationId, DepartmentId, OperatorId, Ticket, TicketStatus, Timestamp,
};

use super::open::{TICKET, ticket_key};
use crate::error::{StoreError, failed};
use crate::inbox::Inbox;
use crate::inbox::list::{FACETS, MINE, MOST_EVALUATED};
use crate::item::{self, Item, s, text};

pub(super) fn partition(channel: ChannelId, status: TicketStatus) -> String {
    format!("tickets#{channel}#{}", status.as_str())
}

pub(super) fn assignee_partition(assignee: &OperatorId, status: TicketStatus) -> String {
    format!("tickets#{}#{}", assignee.0, status.as_str())
}

pub(super) fn facets(department: DepartmentId) -> String {
    format!(",d:{department},")
}

/// Which tickets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketSearch {
    /// Of these channels.
    pub channels: Vec<ChannelId>,
    /// With one of these statuses.
    pub statuses: Vec<TicketStatus>,
    /// Of this assignee only.
    pub assignee: Option<OperatorId>,
    /// Of this department only.
    pub department: Option<DepartmentId>,
    /// Made at this time or later.
    pub from: Timestamp,
    /// Made before this time.
    pub to: Timestamp,
    /// After this [place](Ticket::position).
    pub before: Option<String>,
}

/// A page of a list.
#[derive(Debug)]
pub struct TicketPage {
    /// The highest number first.
    pub tickets: Vec<Ticket>,
    /// Where the next page begins, if there may be one. A page may be shorter than asked for and still have a next one.
    pub next: Option<String>,
}

/// What one run of an index gave.
struct Run {
    places: Vec<Place>,
    /// What lies beyond this was not looked at.
    through: Option<String>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    position: String,
    conversation: ConversationId,
    batch: u32,
}

impl Inbox {
    /// A page of at most `limit` tickets, which is at most 100. Each channel and status, or each status of an assignee, is
    /// asked for one page, so the cost depends on the page and not on the list; no page looks at more than
    /// [`MOST_EVALUATED`] entries.
    pub async fn tickets(&self, search: &TicketSearch, limit: usize) -> Result<TicketPage, StoreError> {
        let partitions: Vec<(&str, &str, String)> = match &search.assignee {
            Some(assignee) => {
                let statuses = search.statuses.iter();
                statuses.map(|status| ("mine", MINE, assignee_partition(assignee, *status))).collect()
            }
            None => {
                let of = |channel| search.statuses.iter().map(move |status| partition(channel, *status));
                let all = search.channels.iter().flat_map(|channel| of(*channel));
                all.map(|partition| ("inbox", "inbox_pk", partition)).collect()
            }
        };
        let budget = (MOST_EVALUATED / partitions.len().max(1)).max(limit + 2);
        let runs =
            partitions.into_iter().map(|partition| self.ticket_places(partition, search, limit, budget));
        let runs = futures::future::try_join_all(runs).await?;
        let end = runs.iter().filter_map(|run| run.through.clone()).max();
        // One that moves between two of the queries can stand in both.
        let mut places: BTreeSet<Place> = runs.into_iter().flat_map(|run| run.places).collect();
        if let Some(end) = &end {
            places.retain(|place| place.position >= *end);
        }
        let more = places.len() > limit;
        let places: Vec<Place> = places.into_iter().rev().take(limit).collect();
        let next = if more { places.last().map(|place| place.position.clone()) } else { end };
        let keys = places.iter().map(|place| ticket_key(place.conversation, place.batch)).collect();
        let mut tickets: Vec<Ticket> =
            self.items(keys).await?.into_iter().map(item::decode).collect::<Result<_, _>>()?;
        // The index lags behind the table by a moment.
        tickets.retain(|ticket| {
            search.statuses.contains(&ticket.status)
                && search.assignee.as_ref().is_none_or(|id| ticket.assignee.as_ref() == Some(id))
        });
        tickets.sort_by_key(|ticket| std::cmp::Reverse(ticket.number));
        Ok(TicketPage { tickets, next })
    }

    async fn ticket_places(
        &self,
        (index, name, partition): (&str, &str, String),
        search: &TicketSearch,
        limit: usize,
        budget: usize,
    ) -> Result<Run, StoreError> {
        let instant = |at: Timestamp| format!("{:013}-", at.as_ms().max(0));
        let (first, end) = (instant(search.from), instant(search.to));
        let end = search.before.as_ref().filter(|before| **before < end).unwrap_or(&end);
        let mut run = Run { places: Vec::new(), through: None };
        if *end <= first {
            return Ok(run);
        }
        let is_filtered = search.assignee.is_some() || search.department.is_some();
        let (mut start, mut left): (Option<std::collections::HashMap<String, AttributeValue>>, _) =
            (None, budget);
        loop {
            // The end of the range is the last of the page before, and one more tells whether there is a next page.
            let size = if is_filtered { left.min(200) } else { limit + 2 };
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .index_name(index)
                .key_condition_expression(format!("{name} = :pk AND inbox_sk BETWEEN :first AND :end"))
                .expression_attribute_values(":pk", s(partition.as_str()))
                .expression_attribute_values(":first", s(first.as_str()))
                .expression_attribute_values(":end", s(end))
                .scan_index_forward(false)
                .limit(i32::try_from(size).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start.take())
                .send()
                .await
                .map_err(|error| failed("Query", error))?;
            left = left.saturating_sub(size);
            let items = answer.items.unwrap_or_default();
            let wanted = items.iter().filter(|item| is_wanted(item, search));
            run.places.extend(wanted.filter_map(place).filter(|place| place.position < *end));
            let Some(last) = answer.last_evaluated_key else { return Ok(run) };
            if run.places.len() > limit || left == 0 || !is_filtered {
                run.through = Some(text(&last, "inbox_sk").to_owned());
                return Ok(run);
            }
            start = Some(last);
        }
    }
}

/// Whether an entry of an index is of the channels and the department that are looked for.
fn is_wanted(item: &Item, search: &TicketSearch) -> bool {
    let channel = text(item, "inbox_pk").split('#').nth(1).and_then(|id| id.parse().ok());
    let of_channels = search.assignee.is_none() || channel.is_some_and(|id| search.channels.contains(&id));
    let of_department =
        search.department.is_none_or(|department| text(item, FACETS).contains(&facets(department)));
    of_channels && of_department
}

fn place(item: &Item) -> Option<Place> {
    let batch = text(item, "sk").strip_prefix(TICKET)?.parse().ok()?;
    let conversation = text(item, "pk").strip_prefix("c#")?.parse().ok()?;
    Some(Place { position: text(item, "inbox_sk").to_owned(), conversation, batch })
}
