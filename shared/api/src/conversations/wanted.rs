//! What a list is asked for, and where in the table that stands.

use std::collections::{BTreeMap, HashMap};
use std::iter;

use madoguchi_domain::conversation::{Facet, Section};
use madoguchi_domain::{
    BrandId, Channel, ChannelId, ConversationId, DepartmentId, LabelId, OperatorId, Span, Timestamp, window,
};
use madoguchi_store::inbox::{Filter, Part, PartOf, Sorting, Whose};
use serde::Deserialize;
use serde_json::Value;

use crate::ApiError;
use crate::input::{given, not_a_cursor, page_size};

/// Beyond so many channels an operator's own list is not narrowed down within the index, whose filters are bounded.
const MOST_CHANNELS: usize = 100;
/// So many departments that were given up are named by a filter.
const MOST_GIVEN_UP: usize = 100;
/// So many conversations are asked for by their ids.
const MOST_IDS: usize = 50;
/// A window's end is asked for this far ahead at most: seven days.
const LONGEST_WINDOW_MINUTES: i64 = 7 * 24 * 60;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub(crate) struct ListQuery {
    /// Every conversation is in one of `unassigned`, `assigned` (which is `mine` and `others`), `snoozed` and
    /// `closed`. `open` is all but the closed ones; `unanswered` those of unassigned and assigned that no
    /// operator has answered. Left out: `open`.
    #[cfg_attr(feature = "openapi", param(value_type = Option<crate::openapi::words::SectionChoice>))]
    section: Option<String>,
    /// `activity`: the latest first. `waiting`: who waits longest for an answer first. `window`: whose reply
    /// window ends soonest first. Those that have no such time follow, the latest activity first. Left out:
    /// `activity`.
    #[cfg_attr(feature = "openapi", param(value_type = Option<crate::openapi::words::SortChoice>))]
    sort: Option<String>,
    /// Only this channel's conversations.
    #[cfg_attr(feature = "openapi", param(format = "uuid"))]
    channel: Option<String>,
    #[cfg_attr(feature = "openapi", param(format = "uuid"))]
    brand: Option<String>,
    /// Its channels' conversations, but for those that were transferred to another one, and those transferred to
    /// it.
    #[cfg_attr(feature = "openapi", param(format = "uuid"))]
    department: Option<String>,
    /// Ids of labels with commas between; a conversation has all of them.
    label: Option<String>,
    /// An operator's id, or `me`. Not together with `mine` and `others`.
    assignee: Option<String>,
    #[cfg_attr(feature = "openapi", param(value_type = Option<crate::openapi::words::ModeChoice>))]
    mode: Option<String>,
    /// Registered and provisional contacts, with a comma between. Left out, both; empty, neither. Left out:
    /// `registered,provisional`.
    contacts: Option<String>,
    /// Only those that no operator has ever answered. Left out: `false`.
    #[cfg_attr(feature = "openapi", param(value_type = Option<bool>))]
    never_replied: Option<String>,
    /// Only those whose reply window is open, and ends within so many minutes.
    #[cfg_attr(feature = "openapi", param(value_type = Option<u32>, minimum = 1, maximum = 10080))]
    window_ends_within_minutes: Option<String>,
    /// Up to 50 ids of conversations with commas between: of the list only those of them that stand in it now, in
    /// the order of the ids and on one page. What shows a list asks so for what has changed.
    ids: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

/// The query of a list as it is saved (SRC-5): every name is known and every value can be asked for. Where a page begins and how
/// long it is belong to no view.
pub(crate) fn to_save(mut query: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, ApiError> {
    // Neither box ticked is a wish; every other name without a value is none.
    query.retain(|name, value| !value.is_empty() || name == "contacts");
    let not_saved = |what: String| ApiError::InvalidBody { what: format!("`query`: {what}") };
    if let Some(name) = ["cursor", "limit", "ids"].into_iter().find(|name| query.contains_key(*name)) {
        return Err(not_saved(format!("`{name}` cannot be saved")));
    }
    let values = query.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    let asked: ListQuery =
        serde_json::from_value(Value::Object(values)).map_err(|error| not_saved(error.to_string()))?;
    match Wanted::parse(&asked) {
        Ok(_) => Ok(query),
        Err(ApiError::InvalidQuery { what }) => Err(not_saved(what)),
        Err(other) => Err(other),
    }
}

/// What is asked for.
#[derive(Debug)]
pub(super) struct Wanted {
    sections: &'static [Section],
    whose: Option<Asked>,
    filter: Filter,
    /// No contact at all is wanted: neither of the boxes is ticked.
    nobody: bool,
    channel: Option<ChannelId>,
    brand: Option<BrandId>,
    pub(super) department: Option<DepartmentId>,
    pub(super) window_ends: Option<Span>,
    pub(super) sorting: Sorting,
    pub(super) place: Place,
    pub(super) limit: usize,
    /// Of the list only these.
    pub(super) ids: Option<Vec<ConversationId>>,
}

#[derive(Clone, Debug, PartialEq)]
enum Asked {
    Mine,
    Others,
    Of(OperatorId),
}

/// A place in a list. One that is sorted by waiting time or window's end goes on with those that have none, by activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    phase: Phase,
    after: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Activity,
    Waiting,
    NotWaiting,
    Window,
    NoWindow,
}

impl Phase {
    const ALL: [Self; 5] = [Self::Activity, Self::Waiting, Self::NotWaiting, Self::Window, Self::NoWindow];

    /// What cursors begin with.
    const fn mark(self) -> &'static str {
        match self {
            Self::Activity => "",
            Self::Waiting => "w",
            Self::NotWaiting => "v",
            Self::Window => "e",
            Self::NoWindow => "f",
        }
    }

    const fn first(sorting: Sorting) -> Self {
        match sorting {
            Sorting::Activity => Self::Activity,
            Sorting::Waiting => Self::Waiting,
            Sorting::Window => Self::Window,
        }
    }

    const fn rest(self) -> Option<Self> {
        match self {
            Self::Waiting => Some(Self::NotWaiting),
            Self::Window => Some(Self::NoWindow),
            Self::Activity | Self::NotWaiting | Self::NoWindow => None,
        }
    }
}

impl Place {
    /// The list as a whole, whatever its order.
    pub(super) const WHOLE: Self = Self { phase: Phase::Activity, after: None };

    fn parse(cursor: Option<&str>, sorting: Sorting) -> Result<Self, ApiError> {
        let first = Phase::first(sorting);
        let Some(cursor) = cursor else { return Ok(Self { phase: first, after: None }) };
        let position = cursor.trim_start_matches(|c: char| c.is_ascii_lowercase());
        // Positions begin with digits.
        let mark = &cursor[..cursor.len() - position.len()];
        let phase = Phase::ALL.into_iter().find(|phase| phase.mark() == mark).ok_or_else(not_a_cursor)?;
        let of_this_list = phase == first || first.rest() == Some(phase);
        if !of_this_list || !(is_position(position) || position.is_empty() && phase != first) {
            return Err(not_a_cursor());
        }
        Ok(Self { phase, after: (!position.is_empty()).then(|| position.to_owned()) })
    }

    pub(super) fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }

    pub(super) const fn sorting(&self) -> Sorting {
        match self.phase {
            Phase::Waiting => Sorting::Waiting,
            Phase::Window => Sorting::Window,
            Phase::Activity | Phase::NotWaiting | Phase::NoWindow => Sorting::Activity,
        }
    }

    /// The cursor of `position` in the same run.
    pub(super) fn at(&self, position: &str) -> String {
        format!("{}{position}", self.phase.mark())
    }

    pub(super) fn cursor(&self) -> String {
        self.at(self.after().unwrap_or_default())
    }

    /// Where those begin that have no place in the order of `sorting`, after those that have one.
    pub(super) fn rest(&self, sorting: Sorting) -> Option<Self> {
        let phase = self.phase.rest().filter(|_| self.phase == Phase::first(sorting))?;
        Some(Self { phase, after: None })
    }
}

impl Wanted {
    pub(super) fn parse(query: &ListQuery) -> Result<Self, ApiError> {
        const OPEN: &[Section] = &[Section::Unassigned, Section::Assigned];
        let mut filter = Filter::default();
        let (sections, mut whose): (&[Section], _) = match given(query.section.as_deref()) {
            Some("open") | None => (&Section::OPEN, None),
            Some("unassigned") => (&[Section::Unassigned], None),
            Some("assigned") => (&[Section::Assigned], None),
            Some("mine") => (&[Section::Assigned], Some(Asked::Mine)),
            Some("others") => (&[Section::Assigned], Some(Asked::Others)),
            Some("unanswered") => {
                filter.with.push(Facet::Unanswered);
                (OPEN, None)
            }
            Some("snoozed") => (&[Section::Snoozed], None),
            Some("closed") => (&[Section::Closed], None),
            Some(_) => {
                let known = "open, unassigned, assigned, mine, others, unanswered, snoozed or closed";
                return Err(invalid(&format!("`section` must be {known}")));
            }
        };
        if let Some(assignee) = given(query.assignee.as_deref()) {
            if whose.is_some() {
                return Err(invalid("`assignee` cannot be asked for within `mine` and `others`"));
            }
            let id = OperatorId(assignee.to_owned());
            if !id.is_possible() {
                return Err(invalid("`assignee` must be the id of a person, or `me`"));
            }
            whose = Some(if assignee == "me" { Asked::Mine } else { Asked::Of(id) });
        }
        let sorting = match given(query.sort.as_deref()) {
            Some("activity") | None => Sorting::Activity,
            Some("waiting") => Sorting::Waiting,
            Some("window") => Sorting::Window,
            Some(_) => return Err(invalid("`sort` must be activity, waiting or window")),
        };
        match given(query.mode.as_deref()) {
            Some("bot") => filter.with.push(Facet::Bot),
            Some("operator") => filter.without.push(Facet::Bot),
            Some(_) => return Err(invalid("`mode` must be bot or operator")),
            None => {}
        }
        if flag("never_replied", query.never_replied.as_deref())? {
            filter.with.push(Facet::NeverReplied);
        }
        let nobody = match query.contacts.as_deref() {
            None => false,
            Some(contacts) => contacts_of(contacts, &mut filter)?,
        };
        for label in given(query.label.as_deref()).into_iter().flat_map(|labels| labels.split(',')) {
            let label: LabelId =
                label.parse().map_err(|_| invalid("`label` must be ids of labels, with commas between"))?;
            filter.with.push(Facet::Label(label));
        }
        let window_ends = given(query.window_ends_within_minutes.as_deref()).map(minutes).transpose()?;
        Ok(Self {
            sections,
            whose,
            filter,
            nobody,
            channel: id("channel", query.channel.as_deref())?,
            brand: id("brand", query.brand.as_deref())?,
            department: id("department", query.department.as_deref())?,
            window_ends,
            sorting,
            place: Place::parse(given(query.cursor.as_deref()), sorting)?,
            limit: page_size(query.limit.as_deref())?,
            ids: given(query.ids.as_deref()).map(ids).transpose()?,
        })
    }

    /// The runs of indexes that hold what is wanted, of the `channels` that the operator `me` sees; `hidden` are those that
    /// they do not. A channel that is gone can still be asked for by its id: its history stays readable. What was transferred
    /// to a department that was `given_up` since stands with its channel's again, of the latest of them.
    pub(super) fn parts(
        &self,
        place: &Place,
        me: &OperatorId,
        channels: &HashMap<ChannelId, Channel>,
        (hidden, given_up): (&[ChannelId], &[DepartmentId]),
        now: Timestamp,
    ) -> Vec<Part> {
        if self.nobody {
            return Vec::new();
        }
        let whole = self.channel.is_none() && self.brand.is_none();
        let wanted: Vec<(ChannelId, Option<&Channel>)> = match self.channel {
            Some(channel) if hidden.contains(&channel) => Vec::new(),
            Some(id) => vec![(id, channels.get(&id))],
            None => channels.iter().map(|(id, channel)| (*id, Some(channel))).collect(),
        };
        let of_brand = |channel: Option<&Channel>| {
            self.brand.is_none() || channel.is_some_and(|known| known.brand == self.brand)
        };
        let wanted: Vec<_> = wanted.into_iter().filter(|(_, channel)| of_brand(*channel)).collect();
        let filter = self.filter_of(place, me);
        // What is assigned to somebody stands together, whatever channel it came through.
        if let Some(operator) = self.one_operator(me)
            && place.phase == Phase::Activity
            && self.department.is_none()
            && self.window_ends.is_none()
            && wanted.len() <= MOST_CHANNELS
        {
            let everything = whole && hidden.is_empty();
            let ids = || wanted.iter().map(|(id, _)| *id).collect();
            let filter =
                Filter { assignee: None, channels: if everything { Vec::new() } else { ids() }, ..filter };
            let part = Part { filter, ..Part::all(PartOf::Operator(operator.clone())) };
            return if wanted.is_empty() { Vec::new() } else { vec![part] };
        }
        let parts = wanted.into_iter().flat_map(|(id, channel)| {
            let filter = filter.clone();
            self.sections.iter().filter_map(move |section| {
                let filter = self.of_channel(filter.clone(), place, channel, given_up, now)?;
                let window = Self::window(channel).unwrap_or_default();
                Some(Part { of: PartOf::Channel(id, *section), filter, window })
            })
        });
        parts.collect()
    }

    /// Whose alone the list is, if that is one operator's open conversations.
    fn one_operator<'a>(&'a self, me: &'a OperatorId) -> Option<&'a OperatorId> {
        match &self.whose {
            Some(Asked::Mine) if self.sections == [Section::Assigned] => Some(me),
            Some(Asked::Of(operator)) if self.sections == [Section::Assigned] => Some(operator),
            _ => None,
        }
    }

    fn filter_of(&self, place: &Place, me: &OperatorId) -> Filter {
        let assignee = self.whose.as_ref().map(|whose| match whose {
            Asked::Mine => Whose::Of(me.clone()),
            Asked::Others => Whose::NotOf(me.clone()),
            Asked::Of(operator) => Whose::Of(operator.clone()),
        });
        let mut filter = Filter { assignee, ..self.filter.clone() };
        if place.phase == Phase::NotWaiting {
            filter.without.push(Facet::Unreplied);
        }
        filter
    }

    /// The filter on one channel; `None` if nothing on it can be wanted.
    fn of_channel(
        &self,
        mut filter: Filter,
        place: &Place,
        channel: Option<&Channel>,
        given_up: &[DepartmentId],
        now: Timestamp,
    ) -> Option<Filter> {
        if let Some(department) = self.department {
            if channel.is_some_and(|channel| channel.department == Some(department)) {
                let theirs = iter::once(&department).chain(given_up.iter().take(MOST_GIVEN_UP));
                let theirs = theirs.copied().map(Facet::TransferredTo).collect();
                filter.with_or_without = Some((theirs, Facet::Transferred));
            } else {
                filter.with.push(Facet::TransferredTo(department));
            }
        }
        let open = Self::window(channel).map(|length| (now - length, now - length));
        if let Some(within) = self.window_ends {
            let (begun, ending) = open?;
            filter.window_opened = Some((begun, ending + within));
        } else if place.phase == Phase::Window {
            filter.window_opened = Some((open?.0, Timestamp::from_ms(i64::MAX)));
        }
        if place.phase == Phase::NoWindow {
            filter.window_not_opened = open.map(|(begun, _)| (begun, Timestamp::from_ms(i64::MAX)));
        }
        Some(filter)
    }

    fn window(channel: Option<&Channel>) -> Option<Span> {
        channel.and_then(|channel| window::length(channel.kind, channel.settings.human_agent))
    }
}

/// The two boxes of LINER (SRC-2): registered and provisional contacts. Tells whether neither is ticked.
fn contacts_of(contacts: &str, filter: &mut Filter) -> Result<bool, ApiError> {
    let (mut registered, mut provisional) = (false, false);
    for kind in contacts.split(',').filter(|kind| !kind.is_empty()) {
        match kind {
            "registered" => registered = true,
            "provisional" => provisional = true,
            _ => {
                return Err(invalid(
                    "`contacts` must be registered, provisional, or both with a comma between",
                ));
            }
        }
    }
    match (registered, provisional) {
        (true, false) => filter.with.push(Facet::Registered),
        (false, true) => filter.without.push(Facet::Registered),
        (true, true) => {}
        (false, false) => return Ok(true),
    }
    Ok(false)
}

fn flag(name: &str, value: Option<&str>) -> Result<bool, ApiError> {
    match given(value) {
        Some("true") => Ok(true),
        Some("false") | None => Ok(false),
        Some(_) => Err(invalid(&format!("`{name}` must be true or false"))),
    }
}

fn minutes(text: &str) -> Result<Span, ApiError> {
    match text.parse::<i64>() {
        Ok(minutes @ 1..=LONGEST_WINDOW_MINUTES) => Ok(Span::from_minutes(minutes)),
        _ => Err(invalid("`window_ends_within_minutes` must be from 1 to 10080")),
    }
}

fn ids(text: &str) -> Result<Vec<ConversationId>, ApiError> {
    let ids: Result<Vec<ConversationId>, _> = text.split(',').map(str::parse).collect();
    match ids {
        Ok(ids) if ids.len() <= MOST_IDS => Ok(ids),
        _ => Err(invalid("`ids` must be up to 50 ids of conversations, with commas between")),
    }
}

fn id<T: std::str::FromStr>(name: &str, value: Option<&str>) -> Result<Option<T>, ApiError> {
    let id = given(value).map(str::parse).transpose();
    id.map_err(|_| invalid(&format!("`{name}` must be a {name}'s id")))
}

/// A position: 13 digits of milliseconds, `-`, a conversation.
fn is_position(cursor: &str) -> bool {
    cursor.split_once('-').is_some_and(|(ms, id)| {
        ms.len() == 13 && ms.bytes().all(|byte| byte.is_ascii_digit()) && id.parse::<ConversationId>().is_ok()
    })
}

fn invalid(what: &str) -> ApiError {
    ApiError::InvalidQuery { what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::ChannelKind;

    use super::*;

    const CHANNEL: &str = "1809223c-a54e-5e9b-ae37-4058be706671";

    #[test]
    fn a_list_is_asked_for_by_section_filters_and_place() {
        let cursor = format!("1700000000000-{CHANNEL}");
        let labels = format!("{CHANNEL},{CHANNEL}");
        let many = [CHANNEL; MOST_IDS + 1].join(",");
        for (name, value, valid) in [
            ("section", "unanswered", true),
            ("section", "open", true),
            ("section", "mine", true),
            ("section", "others", true),
            ("section", "unassigned", true),
            ("section", "snoozed", true),
            ("section", "closed", true),
            ("section", "", true),
            ("section", "answered", false),
            ("sort", "waiting", true),
            ("sort", "window", true),
            ("sort", "name", false),
            ("channel", CHANNEL, true),
            ("channel", "", true),
            ("channel", "shop", false),
            ("brand", "shop", false),
            ("department", "shop", false),
            ("label", &labels, true),
            ("label", "vip", false),
            ("mode", "bot", true),
            ("mode", "robot", false),
            ("contacts", "registered,provisional", true),
            ("contacts", "", true),
            ("contacts", "friends", false),
            ("never_replied", "true", true),
            ("never_replied", "yes", false),
            ("window_ends_within_minutes", "10080", true),
            ("window_ends_within_minutes", "10081", false),
            ("window_ends_within_minutes", "0", false),
            ("ids", &labels, true),
            ("ids", &many, false),
            ("ids", "1", false),
            ("limit", "100", true),
            ("limit", "101", false),
            ("cursor", &cursor, true),
            ("cursor", &cursor[1..], false),
            ("cursor", &cursor[..49], false),
            ("cursor", "zzzzzzzzzzzzz-", false),
            ("cursor", &format!("w{cursor}"), false),
            ("cursor", "v", false),
            ("cursor", "", true),
        ] {
            let query: ListQuery = serde_json::from_value(serde_json::json!({ name: value })).unwrap();
            let wanted = Wanted::parse(&query);
            assert_eq!(wanted.is_ok(), valid, "{name}={value}");
            if let Err(error) = wanted {
                assert!(error.to_string().contains(name), "{error}");
            }
        }
    }

    #[test]
    fn a_cursor_belongs_to_the_order_it_was_given_for() {
        let position = format!("1700000000000-{CHANNEL}");
        for (sort, cursor, valid) in [
            ("waiting", format!("w{position}"), true),
            ("waiting", "v".to_owned(), true),
            ("waiting", format!("v{position}"), true),
            ("waiting", position.clone(), false),
            ("waiting", "w".to_owned(), false),
            ("window", format!("e{position}"), true),
            ("window", "f".to_owned(), true),
            ("window", format!("w{position}"), false),
        ] {
            let query = serde_json::json!({ "sort": sort, "cursor": cursor });
            let wanted = Wanted::parse(&serde_json::from_value(query).unwrap());
            assert_eq!(wanted.is_ok(), valid, "{sort} {cursor}");
            if let Ok(wanted) = wanted {
                assert_eq!(wanted.place.cursor(), cursor);
            }
        }
    }

    #[test]
    fn src_2_both_boxes_are_no_filter_and_neither_is_nobody() {
        let parts = |query: serde_json::Value| {
            let wanted = Wanted::parse(&serde_json::from_value(query).unwrap()).unwrap();
            let me = OperatorId("me".into());
            let connection = "1809223c-a54e-5e9b-ae37-4058be706671".parse().unwrap();
            let channel = Channel::new(ChannelKind::Line, "LINE", "165", connection, Timestamp::from_ms(0));
            let channels = HashMap::from([(channel.id, channel)]);
            wanted.parts(&wanted.place.clone(), &me, &channels, (&[], &[]), Timestamp::from_ms(0))
        };
        let all = parts(serde_json::json!({ "section": "closed" }));
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].filter, Filter::default());
        let both = parts(serde_json::json!({ "section": "closed", "contacts": "registered,provisional" }));
        assert_eq!(both[0].filter, Filter::default());
        let known = parts(serde_json::json!({ "section": "closed", "contacts": "registered" }));
        assert_eq!(known[0].filter.with, [Facet::Registered]);
        let provisional = parts(serde_json::json!({ "section": "closed", "contacts": "provisional" }));
        assert_eq!(provisional[0].filter.without, [Facet::Registered]);
        assert!(parts(serde_json::json!({ "contacts": "" })).is_empty());
    }
}
