//! `GET /api/conversations/counts`: how many conversations stand in each section, over the channels that the caller sees.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use madoguchi_domain::conversation::{Counter, Section};
use serde::Serialize;

use super::list::channels;
use crate::auth::Operator;
use crate::{ApiError, Shared};

#[derive(Debug, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct CountsView {
    unassigned: u64,
    mine: u64,
    others: u64,
    unanswered: u64,
    snoozed: u64,
    closed: u64,
    /// Open conversations by the operator's id.
    by_assignee: BTreeMap<String, u64>,
}

/// Count the conversations of each section
///
/// Of the channels that the caller sees. A change is counted about a second after it was made.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/conversations/counts", operation_id = "countConversations", tag = "Conversations",
    responses((status = 200, description = "The counts.", body = CountsView)),
))]
pub(crate) async fn counts(State(api): Shared, operator: Operator) -> Result<Json<CountsView>, ApiError> {
    let (seen, _) = channels(&api, &operator).await?;
    let mut view = CountsView::default();
    for (channel, counters) in api.inbox.counts().await? {
        if !seen.contains_key(&channel) {
            continue;
        }
        for (counter, count) in counters {
            match counter {
                Counter::Section(Section::Unassigned) => view.unassigned += count,
                Counter::Section(Section::Snoozed) => view.snoozed += count,
                Counter::Section(Section::Closed) => view.closed += count,
                Counter::Section(Section::Assigned) => {}
                Counter::Unanswered => view.unanswered += count,
                Counter::Of(assignee) => {
                    if assignee == operator.id {
                        view.mine += count;
                    } else {
                        view.others += count;
                    }
                    if count > 0 {
                        *view.by_assignee.entry(assignee.0).or_default() += count;
                    }
                }
            }
        }
    }
    Ok(Json(view))
}
