//! `GET /api/conversations`: a section of the inbox over one channel or all, filtered and sorted.

use std::cmp::Reverse;
use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use madoguchi_domain::timers::{self, Timing};
use madoguchi_domain::{Channel, ChannelId, ConversationId, DepartmentId};
use madoguchi_store::inbox::{ListPage, Part, Sorting};

use super::wanted::{ListQuery, Place, Wanted};
use crate::auth::Operator;
use crate::input::InQuery;
use crate::view::{ConversationView, PageView};
use crate::{Api, ApiError, Shared};

/// List a section of the inbox
///
/// A page may hold fewer conversations than were asked for, even none, and still have a next one: a page looks
/// at no more than a thousand entries, however long the list is.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/conversations", operation_id = "listConversations", tag = "Conversations",
    params(ListQuery),
    responses(
        (
            status = 200, description = "A page of conversations, the latest activity first.", body =
            PageView<ConversationView>,
        ),
    ),
))]
pub(crate) async fn list(
    State(api): Shared,
    operator: Operator,
    InQuery(query): InQuery<ListQuery>,
) -> Result<Json<PageView<ConversationView>>, ApiError> {
    let wanted = Wanted::parse(&query)?;
    let (channels, hidden) = channels(&api, &operator).await?;
    let page = page(&api, &operator, &wanted, &channels, &hidden).await?;
    if !page.conversations.is_empty() {
        api.is_listed(&operator).await?;
    }
    let now = api.clock.now();
    let looks_up = |channel: &Channel| channel.settings.pause_outside_hours || timers::inherits(channel);
    let organisation = if channels.values().any(looks_up) && !page.conversations.is_empty() {
        Some(api.directory.organisation().await?)
    } else {
        None
    };
    let items = page.conversations.iter().map(|conversation| {
        let channel = channels.get(&conversation.channel_id);
        let mut view = ConversationView::new(conversation, channel, now, operator.reader());
        if let (Some(organisation), Some(channel)) = (&organisation, channel) {
            let channel = organisation.resolve(channel.clone());
            let hours = organisation.hours(&channel, conversation);
            view.due(conversation, Timing { settings: &channel.settings, hours });
        }
        view.linked(&api.bucket)
    });
    Ok(Json(PageView { items: items.collect(), next_cursor: page.next }))
}

/// A page of what is wanted: those that have a place in its order, then the others by activity.
async fn page(
    api: &Api,
    operator: &Operator,
    wanted: &Wanted,
    channels: &HashMap<ChannelId, Channel>,
    hidden: &[ChannelId],
) -> Result<ListPage, ApiError> {
    let now = api.clock.now();
    let given_up = match wanted.department {
        Some(_) => given_up(api).await?,
        None => Vec::new(),
    };
    let parts = |place: &Place| wanted.parts(place, &operator.id, channels, (hidden, &given_up), now);
    if let Some(ids) = &wanted.ids {
        return among(api, ids, &parts(&Place::WHOLE)).await;
    }
    let read = async |place: &Place, limit| {
        api.inbox.listed(&parts(place), place.sorting(), place.after(), limit).await
    };
    let mut page = read(&wanted.place, wanted.limit).await?;
    page.next = page.next.map(|next| wanted.place.at(&next));
    if let Some(rest) = wanted.place.rest(wanted.sorting).filter(|_| page.next.is_none()) {
        let left = wanted.limit - page.conversations.len();
        if left == 0 || wanted.window_ends.is_some() && wanted.sorting == Sorting::Window {
            page.next = (left == 0 && wanted.window_ends.is_none()).then(|| rest.cursor());
        } else {
            let others = read(&rest, left).await?;
            page.next = others.next.map(|next| rest.at(&next));
            page.conversations.extend(others.conversations);
        }
    }
    Ok(page)
}

/// Those of `ids` that stand in one of `parts`.
async fn among(api: &Api, ids: &[ConversationId], parts: &[Part]) -> Result<ListPage, ApiError> {
    let mut asked: Vec<ConversationId> = Vec::with_capacity(ids.len());
    for id in ids {
        if !asked.contains(id) {
            asked.push(*id);
        }
    }
    let mut conversations = api.inbox.conversations(&asked).await?;
    conversations.retain(|conversation| {
        !conversation.is_erased() && parts.iter().any(|part| part.takes(conversation))
    });
    Ok(ListPage { conversations, next: None })
}

/// The departments that were given up, the latest first.
async fn given_up(api: &Api) -> Result<Vec<DepartmentId>, ApiError> {
    let mut departments = api.directory.departments().await?;
    departments.retain(|department| department.removed_at.is_some());
    departments.sort_by_key(|department| Reverse(department.removed_at));
    Ok(departments.into_iter().map(|department| department.id).collect())
}

/// The channels that `operator` sees, and those that they do not (ASG-8).
pub(super) async fn channels(
    api: &Api,
    operator: &Operator,
) -> Result<(HashMap<ChannelId, Channel>, Vec<ChannelId>), ApiError> {
    super::channels((&api.directory, &api.senders), operator, api.clock.now()).await
}
