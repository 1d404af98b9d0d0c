//! `DELETE /api/channels/{channel}/operators/{person}`: they no longer see or answer the channel, and let go of what they
//! hold there. What they have written stays, with their name (MEM-9).

use axum::extract::State;
use axum::http::StatusCode;
use madoguchi_domain::{ChannelId, OperatorId};
use madoguchi_store::Saved;

use super::release;
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::input::InPath;
use crate::{ApiError, SharedOrganisation, channels, people};

/// End an association
///
/// For administrators. Within half a minute the operator no longer sees the channel if its setting `operators` is
/// `associated`. What they have written stays, with their name.
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/channels/{channel}/operators/{person}",
    operation_id = "removeChannelOperator", tag = "Organisation",
    responses((status = 204, description = "They are no longer associated.")),
    extensions(("x-errors" = json!(["operator_not_associated"]))),
))]
pub(crate) async fn remove(
    State(api): SharedOrganisation,
    administrator: Operator,
    InPath(id): InPath<ChannelId>,
    InPath(operator): InPath<OperatorId>,
) -> Result<StatusCode, ApiError> {
    let api = api.by(&administrator);
    channels::existing(&api.directory, id).await?;
    for _ in 0..TRIES {
        let mut person = people::existing(&api, &operator).await?;
        if person.channels.remove(&id).is_none() {
            // The request that ended it may have ended itself before it let go.
            release(&api, &operator, false).await?;
            return Err(ApiError::NotAssociated);
        }
        if api.directory.save_person(&person).await? == Saved::Done {
            tracing::info!(
                channel.id = %id, person.id = operator.0, operator.id = administrator.id.0,
                "Ended an association with channel `{id}`"
            );
            release(&api, &operator, false).await?;
            return Ok(StatusCode::NO_CONTENT);
        }
    }
    Err(ApiError::contended("the person"))
}
