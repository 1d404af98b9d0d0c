//! `GET /api/search`: messages of all conversations, or conversations by their contact (SRC-4).

use std::collections::{HashMap, HashSet};

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use madoguchi_domain::search::{self, ContactWords, LEAST_DIGITS, MOST_DIGITS, Query};
use madoguchi_domain::{Channel, ChannelId, Conversation, ConversationId, LabelId, Timestamp};
use madoguchi_store::search::{ContactHit, ContactPage};
use serde::{Deserialize, Serialize};

use super::engine::{Budget, Hunt, Place, Within, behind, hunt};
use super::result::{ContactView, FoundView};
use super::{invalid, query};
use crate::auth::Operator;
use crate::desk::SharedDesk;
use crate::input::{InQuery, given, not_a_cursor, page_size};
use crate::view::PageView;
use crate::{ApiError, DeskApi, conversations};

/// So many contacts can be looked through for what was said; a name that more of them have is narrowed down by people.
const MOST_CONTACTS: usize = 500;
/// Beyond so many of them their channels are read, not each conversation.
const FEW_CONTACTS: usize = 20;
/// DynamoDB: the longest sort key, in bytes.
const LONGEST_PLACE: usize = 1_024;
/// The leaves of some 100,000 messages, of which so many are looked through.
const BUDGET: Budget = Budget { read: 12_000, looks: 120 };

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub(crate) struct AcrossQuery {
    /// Words of a message, all of which it must have.
    #[cfg_attr(feature = "openapi", param(min_length = 1, max_length = 200))]
    q: Option<String>,
    /// A piece of the contact's name, or the whole of the provider's id of it.
    #[cfg_attr(feature = "openapi", param(min_length = 1))]
    contact: Option<String>,
    /// The contact's phone number in any spelling, or the end of it; 4 to 15 digits.
    #[cfg_attr(feature = "openapi", param(min_length = 4))]
    phone: Option<String>,
    /// Id of a label that the conversation has.
    #[cfg_attr(feature = "openapi", param(format = "uuid"))]
    label: Option<String>,
    #[cfg_attr(feature = "openapi", param(format = "uuid"))]
    channel: Option<String>,
    /// Not before; of contacts, when something was last said.
    #[cfg_attr(feature = "openapi", param(format = DateTime))]
    from: Option<String>,
    /// Not later.
    #[cfg_attr(feature = "openapi", param(format = DateTime))]
    to: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

/// A conversation, and the message of it that was found.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct HitView {
    conversation: ContactView,
    /// The message that was found; null where contacts were searched for.
    message: Option<FoundView>,
}

/// What is asked for.
#[derive(Debug)]
struct Wanted {
    query: Option<Query>,
    contact: Option<String>,
    phone: Option<String>,
    label: Option<LabelId>,
    channel: Option<ChannelId>,
    from: Timestamp,
    to: Timestamp,
    limit: usize,
}

/// The channels that may be looked at.
struct Sight {
    seen: HashMap<ChannelId, Channel>,
    hidden: Vec<ChannelId>,
    asked: Option<ChannelId>,
}

impl Sight {
    /// A channel that is gone left its history to everybody.
    fn shows(&self, channel: ChannelId) -> bool {
        !self.hidden.contains(&channel) && self.asked.is_none_or(|asked| asked == channel)
    }

    fn channels(&self) -> Vec<ChannelId> {
        match self.asked {
            Some(asked) => vec![asked].into_iter().filter(|asked| self.shows(*asked)).collect(),
            None => self.seen.keys().copied().collect(),
        }
    }
}

/// Search all conversations
///
/// With `q` messages, newest first, as in a conversation; what was said within the last seconds may be missing.
/// Without it conversations by their contact. All parameters narrow down. A page may have fewer results than
/// `limit`, or none, while `next_cursor` tells that there is more to look through. Only what the caller may see
/// is found, former channels and what removed operators wrote included.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/search", operation_id = "search", tag = "Search",
    params(AcrossQuery),
    responses((status = 200, description = "A page of results.", body = PageView<HitView>)),
))]
pub(crate) async fn across(
    State(api): SharedDesk,
    operator: Operator,
    InQuery(parameters): InQuery<AcrossQuery>,
) -> Result<Json<PageView<HitView>>, ApiError> {
    let wanted = Wanted::parse(&parameters)?;
    let cursor = given(parameters.cursor.as_deref());
    let stores = (&api.directory, &*api.senders);
    let (seen, hidden) = conversations::channels(stores, &operator, api.clock.now()).await?;
    let sight = Sight { seen, hidden, asked: wanted.channel };
    let page = match &wanted.query {
        Some(query) => messages(&api, &wanted, query, &sight, cursor).await?,
        None => contacts(&api, &wanted, &sight, cursor).await?,
    };
    if !page.items.is_empty() {
        api.is_listed(&operator).await?;
    }
    Ok(Json(page))
}

impl Wanted {
    fn parse(query: &AcrossQuery) -> Result<Self, ApiError> {
        let text = self::query(query.q.as_deref())?;
        let contact = given(query.contact.as_deref()).map(str::to_owned);
        let phone = given(query.phone.as_deref());
        if text.is_none() && contact.is_none() && phone.is_none() {
            return Err(invalid("give one of `q`, `contact` and `phone`"));
        }
        if contact.as_deref().is_some_and(|contact| search::name(contact).is_none() || contact.len() > 1_000)
        {
            return Err(invalid("`contact` must be a piece of a name, or an id of the provider's"));
        }
        let no_number = || invalid(&format!("`phone` must have {LEAST_DIGITS} to {MOST_DIGITS} digits"));
        let instant = |name: &str, text: Option<&str>| {
            let instant = given(text).map(|text| Timestamp::from_rfc_3339(text).ok_or(()));
            instant
                .transpose()
                .map_err(|()| invalid(&format!("`{name}` must be a time such as 2026-01-31T09:00:00Z")))
        };
        let from = instant("from", query.from.as_deref())?.unwrap_or(Timestamp::from_ms(0));
        let to = instant("to", query.to.as_deref())?.unwrap_or(Timestamp::from_ms(9_999_999_999_998));
        if from > to {
            return Err(invalid("`from` must not be later than `to`"));
        }
        Ok(Self {
            query: text,
            contact,
            phone: phone.map(|phone| search::phone(phone).ok_or_else(no_number)).transpose()?,
            label: id("label", query.label.as_deref())?,
            channel: id("channel", query.channel.as_deref())?,
            from,
            to,
            limit: page_size(query.limit.as_deref())?,
        })
    }

    /// Whether `conversation` is one that is asked for.
    fn takes(&self, conversation: &Conversation, sight: &Sight) -> bool {
        let words = ContactWords::of(conversation);
        sight.shows(conversation.channel_id)
            && self.label.is_none_or(|label| conversation.labels.contains(&label))
            && self.contact.as_ref().is_none_or(|contact| words.is_called(contact))
            && self.phone.as_ref().is_none_or(|phone| words.has_phone(phone))
    }
}

fn id<T: std::str::FromStr>(name: &str, text: Option<&str>) -> Result<Option<T>, ApiError> {
    let id = given(text).map(str::parse).transpose();
    id.map_err(|_| invalid(&format!("`{name}` must be the id of a {name}")))
}

/// Messages, newest first.
async fn messages(
    api: &DeskApi,
    wanted: &Wanted,
    query: &Query,
    sight: &Sight,
    cursor: Option<&str>,
) -> Result<PageView<HitView>, ApiError> {
    let place = cursor.map(str::parse::<Place>).transpose().map_err(|()| not_a_cursor())?;
    let end = behind(wanted.to);
    // Of another search there is nothing to go on with.
    let place = place.filter(|place| place.before <= end).unwrap_or(end.into());
    let only = if wanted.contact.is_some() || wanted.phone.is_some() {
        Some(of_contact(api, wanted, sight).await?)
    } else {
        None
    };
    let runs: Vec<Within> = match &only {
        Some(only) if only.len() <= FEW_CONTACTS => only.iter().map(|id| Within::Conversation(*id)).collect(),
        _ => sight.channels().into_iter().map(Within::Channel).collect(),
    };
    let hunted = Hunt {
        query,
        from: wanted.from,
        before: place.before,
        among: place.among.as_ref(),
        only: only.as_ref(),
        limit: wanted.limit,
        budget: BUDGET,
    };
    let found = hunt((&api.inbox, &api.search), runs, &hunted).await?;
    let mut ids: Vec<ConversationId> = found.results.iter().map(FoundView::conversation).collect();
    ids.sort_unstable();
    ids.dedup();
    let known = loaded(api, &ids).await?;
    let known: HashMap<_, _> = known.iter().map(|conversation| (conversation.id, conversation)).collect();
    let items = found.results.into_iter().filter_map(|message| {
        let conversation = known.get(&message.conversation()).filter(|known| wanted.takes(known, sight))?;
        Some(HitView { conversation: ContactView::new(conversation), message: Some(message) })
    });
    Ok(PageView { items: items.collect(), next_cursor: found.next.map(|place| place.to_string()) })
}

/// The conversations of the contact that is asked for.
async fn of_contact(
    api: &DeskApi,
    wanted: &Wanted,
    sight: &Sight,
) -> Result<HashSet<ConversationId>, ApiError> {
    let (mut ids, mut after) = (HashSet::new(), None);
    loop {
        let page = hits(api, wanted, after.as_deref(), MOST_CONTACTS).await?;
        ids.extend(page.hits.iter().filter(|hit| sight.shows(hit.channel_id)).map(|hit| hit.conversation_id));
        after = page.next;
        if after.is_none() || ids.len() >= MOST_CONTACTS {
            return Ok(ids);
        }
    }
}

/// Conversations by their contact, in the order of the index.
async fn contacts(
    api: &DeskApi,
    wanted: &Wanted,
    sight: &Sight,
    cursor: Option<&str>,
) -> Result<PageView<HitView>, ApiError> {
    let after = cursor.map(|cursor| place(cursor, wanted)).transpose()?;
    let mut page = hits(api, wanted, after.as_deref(), wanted.limit).await?;
    page.hits.retain(|hit| sight.shows(hit.channel_id));
    let mut ids: Vec<ConversationId> = Vec::new();
    page.hits.iter().for_each(|hit| {
        if !ids.contains(&hit.conversation_id) {
            ids.push(hit.conversation_id);
        }
    });
    let known = loaded(api, &ids).await?;
    let asked = |conversation: &&Conversation| {
        let at = conversation.last_activity_at.or(conversation.sorted_at);
        wanted.takes(conversation, sight)
            && at.is_none_or(|at| wanted.from <= at && at <= wanted.to)
            && page.hits.iter().any(|hit| is_first(hit, conversation, wanted))
    };
    let items = known
        .iter()
        .filter(asked)
        .map(|conversation| HitView { conversation: ContactView::new(conversation), message: None });
    Ok(PageView { items: items.collect(), next_cursor: page.next.map(|next| BASE64.encode(next)) })
}

/// The conversations, a hundred at a time, without those that were deleted for ever: their place stays.
async fn loaded(api: &DeskApi, ids: &[ConversationId]) -> Result<Vec<Conversation>, ApiError> {
    let mut known = Vec::with_capacity(ids.len());
    for ids in ids.chunks(100) {
        let there = api.inbox.conversations(ids).await?;
        known.extend(there.into_iter().filter(|conversation| !conversation.is_erased()));
    }
    Ok(known)
}

/// Whether `hit` is that of `conversation`, and not one of several in its name on another page.
fn is_first(hit: &ContactHit, conversation: &Conversation, wanted: &Wanted) -> bool {
    let words = ContactWords::of(conversation);
    let name = wanted.contact.as_deref().filter(|_| wanted.phone.is_none()).and_then(search::name);
    let by_name = name.and_then(|name| words.place(&name).map(str::to_owned));
    hit.conversation_id == conversation.id
        && (by_name.is_none_or(|place| place == hit.by) || words.external_id == hit.by)
}

/// What the index has of the contact that is asked for: by the number, which is rarer, else by name. Who is asked for by the
/// provider's id comes first.
async fn hits(
    api: &DeskApi,
    wanted: &Wanted,
    after: Option<&str>,
    limit: usize,
) -> Result<ContactPage, ApiError> {
    if let Some(phone) = &wanted.phone {
        return Ok(api.search.contacts_with_phone(phone, after, limit).await?);
    }
    let Some(contact) = &wanted.contact else { return Ok(ContactPage { hits: Vec::new(), next: None }) };
    let name = search::name(contact).unwrap_or_default();
    let mut page = api.search.contacts_called(&name, after, limit).await?;
    if after.is_none() {
        let by_id = api.search.contacts_with_id(contact.trim()).await?;
        page.hits.splice(0..0, by_id);
    }
    Ok(page)
}

/// The place that a cursor stands for: one that belongs to what is asked for.
fn place(cursor: &str, wanted: &Wanted) -> Result<String, ApiError> {
    let place = BASE64.decode(cursor).ok().and_then(|place| String::from_utf8(place).ok());
    let beginning = match (&wanted.phone, &wanted.contact) {
        (Some(phone), _) => phone.chars().rev().collect(),
        (None, contact) => contact.as_deref().and_then(search::name).unwrap_or_default(),
    };
    place
        .filter(|place| {
            let id = place.rsplit_once('#').map(|(_, id)| id.parse::<ConversationId>());
            let is_possible = place.len() <= LONGEST_PLACE && place.starts_with(&beginning);
            is_possible && matches!(id, Some(Ok(_)))
        })
        .ok_or_else(not_a_cursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn src_4_a_search_is_told_what_is_wrong_with_it() {
        let given = |name: &str, value: &str| {
            let value = Some(value.to_owned());
            let mut query = AcrossQuery { q: Some("a".to_owned()), ..AcrossQuery::default() };
            match name {
                "q" => query.q = value,
                "contact" => query.contact = value,
                "phone" => query.phone = value,
                "label" => query.label = value,
                "channel" => query.channel = value,
                "from" => query.from = value,
                "to" => query.to = value,
                _ => query.limit = value,
            }
            query
        };
        for (name, value, valid) in [
            ("q", "返品", true),
            ("q", "", false),
            ("q", "ー", false),
            ("contact", "花", true),
            ("contact", " ", false),
            ("phone", "090-1234", true),
            ("phone", "123", false),
            ("phone", "1234567890123456", false),
            ("label", "x", false),
            ("channel", "x", false),
            ("from", "2026-01-31T09:00:00Z", true),
            ("from", "yesterday", false),
            ("to", "1", false),
            ("limit", "0", false),
        ] {
            let parsed = Wanted::parse(&given(name, value));
            assert_eq!(parsed.is_ok(), valid, "{name}={value}");
            if let Err(error) = parsed {
                assert!(error.to_string().contains(&format!("`{name}`")), "{error}");
            }
        }
        let backwards = AcrossQuery {
            from: Some("2026-02-01T00:00:00Z".to_owned()),
            to: Some("2026-01-01T00:00:00Z".to_owned()),
            ..given("q", "a")
        };
        assert!(Wanted::parse(&backwards).is_err());
    }
}
