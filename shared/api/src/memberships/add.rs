//! `POST /api/channels/{channel}/operators`: associates one or many (MEM-7). Who is associated already stays as they are.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::{Channel, ChannelId, OperatorId, Person};
use madoguchi_store::Saved;
use serde::Deserialize;

use super::{MemberView, ask, ask_soon};
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::input::{InPath, JsonBody};
use crate::view::PageView;
use crate::{ApiError, OrganisationApi, SharedOrganisation, channels, people};

/// So many at once: each is a write of its own.
const MOST: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Chosen {
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 100))]
    operators: Vec<OperatorId>,
}

/// Associate operators with a channel
///
/// For administrators. All of them or, with `person_not_found`, nobody. Who is associated already stays as they
/// are. Whom Messenger must show as a person begins as `waiting` and is asked for within a minute.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/channels/{channel}/operators",
    operation_id = "addChannelOperators", tag = "Organisation",
    request_body = inline(Chosen),
    responses((status = 200, description = "Operators of the channel.", body = PageView<MemberView>)),
    extensions(("x-errors" = json!(["person_not_found"]))),
))]
pub(crate) async fn add(
    State(api): SharedOrganisation,
    administrator: Operator,
    InPath(id): InPath<ChannelId>,
    JsonBody(Chosen { operators }): JsonBody<Chosen>,
) -> Result<Json<PageView<MemberView>>, ApiError> {
    let api = api.by(&administrator);
    if !(1..=MOST).contains(&operators.len()) {
        let what = format!("`operators` must list 1 to {MOST} people by their ids");
        return Err(ApiError::InvalidBody { what });
    }
    let channel = channels::existing(&api.directory, id).await?;
    // All or nobody: a name that was mistyped is found before anything is written.
    for operator in &operators {
        people::existing(&api, operator).await?;
    }
    let language = administrator.reader().language;
    let mut items = Vec::with_capacity(operators.len());
    let mut waiting = false;
    for operator in &operators {
        let person = associated(&api, &channel, operator).await?;
        waiting |= person.is_waiting(id);
        items.extend(MemberView::new(&person, &channel, language));
    }
    tracing::info!(
        channel.id = %id, operator.id = administrator.id.0, operators = operators.len(),
        "Associated operators with channel `{id}`"
    );
    if waiting {
        ask_soon(&api).await?;
    }
    Ok(Json(PageView { items, next_cursor: None }))
}

async fn associated(api: &OrganisationApi, channel: &Channel, id: &OperatorId) -> Result<Person, ApiError> {
    let ask = ask(api, channel, id).await?;
    for _ in 0..TRIES {
        let mut person = people::existing(api, id).await?;
        let changed = person.associate(channel.id, ask, api.clock.now());
        if !changed || api.directory.save_person(&person).await? == Saved::Done {
            return Ok(person);
        }
    }
    Err(ApiError::contended("the person"))
}
