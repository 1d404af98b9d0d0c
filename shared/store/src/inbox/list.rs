//! Lists of conversations: over any number of channels and sections, sorted by activity, waiting time or the window's
//! end, filtered by facets, page by page.
//!
//! Each page is read from one index along its order. Filters are applied to what the index holds. A page looks at no more
//! than [`MOST_EVALUATED`] entries (about 40 RRU) over all its parts, or, where there are many parts, at one more of each
//! than it shows: what it costs grows with the number of channels asked for, never with how long the lists are. One that
//! finds less than it was asked for by then ends early and says where to go on.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::AttributeValue;
use madoguchi_domain::conversation::{Facet, Section, facets};
use madoguchi_domain::{ChannelId, Conversation, ConversationId, OperatorId, Span, Timestamp};

use super::Inbox;
use crate::error::{StoreError, failed};
use crate::item::{Item, n, s, text};

/// What a list is filtered by: [`facets_text`].
pub(super) const FACETS: &str = "fc";
/// Whose an assigned conversation is; the partition of the index `mine`.
pub(super) const MINE: &str = "mine_pk";
/// Since when its customer waits; the order of the index `waiting`.
pub(super) const WAITING: &str = "waiting_at";
/// When the customer of an open conversation last opened the window; the order of the index `window`.
pub(super) const WINDOW: &str = "window_at";

/// So many entries of an index are looked at for one page, unless its parts are so many that a page of each is more.
pub const MOST_EVALUATED: usize = 1_000;
/// A filter names so many channels at most: an expression has up to 4 KB (DynamoDB, "Expression parameters").
const CHANNELS_A_FILTER: usize = 100;

pub(super) fn list_partition(channel: ChannelId, section: Section) -> String {
    format!("{channel}#{}", section.as_str())
}

pub(super) fn list_position(at: Timestamp, conversation: ConversationId) -> String {
    format!("{:013}-{conversation}", at.as_ms().max(0))
}

/// Facets between commas, so that one can be looked for.
pub(super) fn facets_text(facets: &[Facet]) -> String {
    facets.iter().fold(",".to_owned(), |text, facet| format!("{text}{facet},"))
}

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sorting {
    /// The latest thing to see, newest first.
    Activity,
    /// Since when the customer waits, longest first. Holds only those who wait.
    Waiting,
    /// When the customer opened the window, earliest first. Holds only open conversations of whose channel's customers
    /// anything is known to have opened one.
    Window,
}

impl Sorting {
    const fn index(self, part: &PartOf) -> &'static str {
        match (self, part) {
            (Self::Activity, PartOf::Operator(_)) => "mine",
            (Self::Activity, PartOf::Channel(..)) => "inbox",
            (Self::Waiting, _) => "waiting",
            (Self::Window, _) => "window",
        }
    }

    const fn is_newest_first(self) -> bool {
        matches!(self, Self::Activity)
    }
}

/// One run of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartOf {
    /// A channel's conversations of one section.
    Channel(ChannelId, Section),
    /// What is assigned to an operator, on every channel. Only by [`Sorting::Activity`].
    Operator(OperatorId),
}

/// A run of an index with what is wanted of it.
#[derive(Clone, Debug)]
pub struct Part {
    /// Which run.
    pub of: PartOf,
    /// What is wanted of it.
    pub filter: Filter,
    /// How long the window stays open after the customer opened it: [`Sorting::Window`] sorts by its end.
    pub window: Span,
}

impl Part {
    /// All of `of`.
    pub fn all(of: PartOf) -> Self {
        Self { of, filter: Filter::default(), window: Span::default() }
    }

    /// What of a channel waits for its rule to find somebody (ASG-12).
    pub fn waiting_for_rule(channel: ChannelId) -> Self {
        let filter = Filter { without: vec![Facet::Bot, Facet::LeftOpen], ..Filter::default() };
        Self { filter, ..Self::all(PartOf::Channel(channel, Section::Unassigned)) }
    }

    /// What of some channels is assigned to an operator, in as many parts as the filters' bounds ask for; none of no channel.
    pub fn assigned_on(operator: &OperatorId, channels: &[ChannelId]) -> Vec<Self> {
        let part = |channels: &[ChannelId]| {
            let filter = Filter { channels: channels.to_vec(), ..Filter::default() };
            Self { filter, ..Self::all(PartOf::Operator(operator.clone())) }
        };
        channels.chunks(CHANNELS_A_FILTER).map(part).collect()
    }

    /// Whether the index, once it has `conversation` as it is, finds it here.
    pub fn takes(&self, conversation: &Conversation) -> bool {
        let stands = match &self.of {
            PartOf::Channel(channel, section) => {
                conversation.channel_id == *channel && conversation.section() == *section
            }
            PartOf::Operator(operator) => {
                conversation.section() == Section::Assigned
                    && conversation.assignee.as_ref() == Some(operator)
            }
        };
        stands && conversation.sorted_at.is_some() && self.filter.takes(conversation)
    }
}

/// What is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// With all of these.
    pub with: Vec<Facet>,
    /// With none of these.
    pub without: Vec<Facet>,
    /// With any of these, or else without that.
    pub with_or_without: Option<(Vec<Facet>, Facet)>,
    /// Whose.
    pub assignee: Option<Whose>,
    /// Whose customer last opened the window within this time, both ends included.
    pub window_opened: Option<(Timestamp, Timestamp)>,
    /// Whose customer did not open the window within this time.
    pub window_not_opened: Option<(Timestamp, Timestamp)>,
    /// Through these channels only; empty = any. For [`PartOf::Operator`].
    pub channels: Vec<ChannelId>,
}

/// Whose conversations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// This operator's.
    Of(OperatorId),
    /// Any other operator's.
    NotOf(OperatorId),
}

impl Filter {
    /// The same as what a query is told by [`Expression::filter`].
    fn takes(&self, conversation: &Conversation) -> bool {
        let facets = facets(conversation);
        let has = |facet: &Facet| facets.contains(facet);
        let opened_within = |(from, until): (Timestamp, Timestamp)| {
            window_opened(conversation).is_some_and(|at| from <= at && at <= until)
        };
        self.with.iter().all(has)
            && !self.without.iter().any(has)
            && self
                .with_or_without
                .as_ref()
                .is_none_or(|(with, without)| !has(without) || with.iter().any(has))
            && self.assignee.as_ref().is_none_or(|whose| match whose {
                Whose::Of(operator) => conversation.assignee.as_ref() == Some(operator),
                Whose::NotOf(operator) => conversation.assignee.as_ref() != Some(operator),
            })
            && self.window_opened.is_none_or(opened_within)
            && !self.window_not_opened.is_some_and(opened_within)
            && (self.channels.is_empty() || self.channels.contains(&conversation.channel_id))
    }
}

/// When the customer last opened the window, as far as the index `window` has it.
pub(super) fn window_opened(conversation: &Conversation) -> Option<Timestamp> {
    conversation
        .window_opened_at
        .filter(|_| conversation.is_open() && conversation.channel_kind.has_reply_window())
}

/// A page of a list.
#[derive(Debug)]
pub struct ListPage {
    /// In the list's order.
    pub conversations: Vec<Conversation>,
    /// Where the next page begins, if there may be one. A page may be shorter than asked for, and empty, and still have a
    /// next one.
    pub next: Option<String>,
}

/// What one run gave.
struct Run {
    positions: Vec<String>,
    /// What lies beyond this was not looked at.
    through: Option<String>,
}

impl Inbox {
    /// The conversations of `parts` after the position `after`, sorted by `sorting`.
    pub async fn listed(
        &self,
        parts: &[Part],
        sorting: Sorting,
        after: Option<&str>,
        limit: usize,
    ) -> Result<ListPage, StoreError> {
        let budget = (MOST_EVALUATED / parts.len().max(1)).max(limit + 1);
        let runs = parts.iter().map(|part| self.run(part, sorting, after, limit, budget));
        let runs = futures::future::try_join_all(runs).await?;
        let newest_first = sorting.is_newest_first();
        let in_order = |a: &String, b: &String| if newest_first { b.cmp(a) } else { a.cmp(b) };
        let end = runs.iter().filter_map(|run| run.through.clone()).min_by(in_order);
        let mut positions: Vec<String> = runs.into_iter().flat_map(|run| run.positions).collect();
        positions.sort_unstable_by(in_order);
        // A conversation that moves between two of the queries can stand in both, at different places.
        let mut seen = HashSet::new();
        positions.retain(|position| seen.insert(position.get(14..).map(str::to_owned)));
        if let Some(end) = &end {
            positions.retain(|position| in_order(position, end).is_le());
        }
        let more = positions.len() > limit;
        positions.truncate(limit);
        let next = if more { positions.last().cloned() } else { end };
        let ids: Vec<ConversationId> =
            positions.iter().filter_map(|position| position.get(14..)?.parse().ok()).collect();
        Ok(ListPage { conversations: self.conversations(&ids).await?, next })
    }

    /// The conversations of one section of a channel, newest first, page by page: what a changed setting must reach.
    pub async fn open_conversations(
        &self,
        channel: ChannelId,
        section: Section,
        before: Option<&str>,
    ) -> Result<ListPage, StoreError> {
        let part = Part::all(PartOf::Channel(channel, section));
        self.listed(&[part], Sorting::Activity, before, 100).await
    }

    async fn run(
        &self,
        part: &Part,
        sorting: Sorting,
        after: Option<&str>,
        limit: usize,
        budget: usize,
    ) -> Result<Run, StoreError> {
        let mut run = Run { positions: Vec::new(), through: None };
        let (mut start, mut left) = (None, budget);
        loop {
            let expression = Expression::of(part, sorting, after);
            // Where every entry is wanted, no more are looked at than are shown.
            let size = if expression.filters.is_empty() { limit + 1 } else { left.min(200) };
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .index_name(sorting.index(&part.of))
                .scan_index_forward(!sorting.is_newest_first())
                .limit(i32::try_from(size).unwrap_or(i32::MAX))
                .key_condition_expression(expression.keys)
                .set_filter_expression(
                    (!expression.filters.is_empty()).then(|| expression.filters.join(" AND ")),
                )
                .set_expression_attribute_values(Some(expression.values))
                .set_exclusive_start_key(start.take())
                .send()
                .await
                .map_err(|error| failed("Query", error))?;
            left = left.saturating_sub(size);
            let found = answer.items.unwrap_or_default();
            let found = found.iter().filter_map(|item| position(item, part, sorting));
            // Others can stand at the very time of the position that the page begins after.
            run.positions
                .extend(found.filter(|place| after.is_none_or(|after| beyond(place, after, sorting))));
            let Some(last) = answer.last_evaluated_key else { return Ok(run) };
            if run.positions.len() > limit || left == 0 {
                run.through = position(&last, part, sorting);
                return Ok(run);
            }
            start = Some(last);
        }
    }
}

/// The place of an entry in the list.
fn position(item: &Item, part: &Part, sorting: Sorting) -> Option<String> {
    let conversation = text(item, "pk").strip_prefix("c#")?.parse().ok()?;
    let at = |name: &str| Some(Timestamp::from_ms(item.get(name)?.as_n().ok()?.parse().ok()?));
    match sorting {
        Sorting::Activity => Some(text(item, "inbox_sk").to_owned()),
        Sorting::Waiting => Some(list_position(at(WAITING)?, conversation)),
        Sorting::Window => Some(list_position(at(WINDOW)? + part.window, conversation)),
    }
}

fn beyond(position: &str, after: &str, sorting: Sorting) -> bool {
    if sorting.is_newest_first() { position < after } else { position > after }
}

/// A query in the table's words.
struct Expression {
    keys: String,
    filters: Vec<String>,
    values: Item,
}

impl Expression {
    fn of(part: &Part, sorting: Sorting, after: Option<&str>) -> Self {
        let mut made = Self { keys: String::new(), filters: Vec::new(), values: Item::new() };
        let (name, partition) = match &part.of {
            PartOf::Channel(channel, section) => ("inbox_pk", list_partition(*channel, *section)),
            PartOf::Operator(operator) => (MINE, operator.0.clone()),
        };
        made.keys = format!("{name} = :pk");
        made.values.insert(":pk".to_owned(), s(partition));
        made.order(part, sorting, after);
        made.filter(&part.filter, sorting);
        made
    }

    /// Where in the order the query begins and ends. Times are not unique: who stands at the very time of `after` is
    /// looked at again.
    fn order(&mut self, part: &Part, sorting: Sorting, after: Option<&str>) {
        let ms = after.and_then(|after| after.get(..13)?.parse::<i64>().ok());
        match (sorting, after, ms) {
            (Sorting::Activity, Some(after), _) => {
                self.keys.push_str(" AND inbox_sk < :after");
                self.values.insert(":after".to_owned(), s(after));
            }
            (Sorting::Waiting, Some(_), Some(ms)) => {
                self.keys.push_str(" AND waiting_at >= :after");
                self.values.insert(":after".to_owned(), n(ms));
            }
            (Sorting::Window, _, ms) => {
                let (from, until) = part
                    .filter
                    .window_opened
                    .map_or((0, i64::MAX), |(from, until)| (from.as_ms(), until.as_ms()));
                self.keys.push_str(" AND window_at BETWEEN :from AND :until");
                // No end lies before its beginning: the query finds nothing then, and is allowed.
                let from = ms.map_or(from, |ms| from.max(ms - part.window.as_ms()));
                self.values.insert(":from".to_owned(), n(from));
                self.values.insert(":until".to_owned(), n(until.max(from)));
            }
            _ => {}
        }
    }

    fn filter(&mut self, filter: &Filter, sorting: Sorting) {
        for facet in &filter.with {
            let name = self.value(s(format!(",{facet},")));
            self.filters.push(format!("contains(fc, {name})"));
        }
        for facet in &filter.without {
            let name = self.value(s(format!(",{facet},")));
            self.filters.push(format!("NOT contains(fc, {name})"));
        }
        if let Some((with, without)) = &filter.with_or_without {
            let without = self.value(s(format!(",{without},")));
            let mut any = format!("NOT contains(fc, {without})");
            for facet in with {
                let name = self.value(s(format!(",{facet},")));
                any = format!("contains(fc, {name}) OR {any}");
            }
            self.filters.push(format!("({any})"));
        }
        match &filter.assignee {
            Some(Whose::Of(operator)) => {
                let name = self.value(s(&operator.0));
                self.filters.push(format!("(mine_pk = {name} OR ag = {name})"));
            }
            Some(Whose::NotOf(operator)) => {
                let name = self.value(s(&operator.0));
                self.filters.push(format!("mine_pk <> {name}"));
            }
            None => {}
        }
        if let Some((from, until)) = filter.window_opened.filter(|_| sorting != Sorting::Window) {
            let (from, until) = (self.value(n(from.as_ms())), self.value(n(until.as_ms().max(from.as_ms()))));
            self.filters.push(format!("window_at BETWEEN {from} AND {until}"));
        }
        if let Some((from, until)) = filter.window_not_opened {
            let (from, until) = (self.value(n(from.as_ms())), self.value(n(until.as_ms().max(from.as_ms()))));
            self.filters.push(format!(
                "(attribute_not_exists(window_at) OR NOT window_at BETWEEN {from} AND {until})"
            ));
        }
        let channels: Vec<String> =
            filter.channels.iter().map(|channel| self.value(s(format!("{channel}#")))).collect();
        if !channels.is_empty() {
            let any = channels.iter().map(|name| format!("begins_with(inbox_pk, {name})"));
            self.filters.push(format!("({})", any.collect::<Vec<_>>().join(" OR ")));
        }
    }

    fn value(&mut self, value: AttributeValue) -> String {
        let name = format!(":v{}", self.values.len());
        self.values.insert(name.clone(), value);
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// DynamoDB takes expressions of up to 4 KB with up to 300 operators and functions.
    #[test]
    fn a_filter_stays_within_the_bounds_of_an_expression_however_many_channels_there_are() {
        let operator = OperatorId("a".into());
        let channels: Vec<ChannelId> = (0..250)
            .map(|number| ChannelId::derive(madoguchi_domain::ChannelKind::Line, &number.to_string()))
            .collect();
        let parts = Part::assigned_on(&operator, &channels);
        let named: Vec<ChannelId> = parts.iter().flat_map(|part| part.filter.channels.clone()).collect();
        assert_eq!(named, channels);
        for part in &parts {
            let filter = Expression::of(part, Sorting::Activity, None).filters.join(" AND ");
            assert!(filter.len() <= 4_096, "{}", filter.len());
            assert!(filter.matches("begins_with").count() + filter.matches(" OR ").count() <= 300);
        }
        assert!(Part::assigned_on(&operator, &[]).is_empty());
    }
}
