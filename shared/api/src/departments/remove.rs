//! `DELETE /api/departments/{department}`: gives it up. Channels that belong to it must be moved to another one first,
//! and each kind has no more channels than there are departments (CHN-13). Conversations that were transferred to it stand
//! with their channel's department from then on.

use axum::extract::State;
use axum::http::StatusCode;
use madoguchi_domain::{ChannelKind, DepartmentId, organisation};
use madoguchi_store::Saved;

use super::existing;
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::input::InPath;
use crate::{ApiError, SharedOrganisation};

/// Give a department up
///
/// For administrators. Refused with `in_use` while channels belong to it; with `too_many_channels` while a kind has
/// as many channels as there are departments. Conversations that were transferred to it stand with their channel's
/// department again.
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/departments/{department}", operation_id = "removeDepartment", tag = "Organisation",
    responses((status = 204, description = "It is given up.")),
    extensions(("x-errors" = json!(["in_use", "too_many_channels"]))),
))]
pub(crate) async fn remove(
    State(api): SharedOrganisation,
    administrator: Operator,
    InPath(id): InPath<DepartmentId>,
) -> Result<StatusCode, ApiError> {
    let api = api.by(&administrator);
    for _ in 0..TRIES {
        let mut department = existing(&api.directory, id).await?;
        let mut channels = api.directory.channels().await?;
        // What is left of a deleted one needs no place.
        channels.retain(|channel| !channel.status.is_deleted());
        let bound = channels.iter().filter(|channel| channel.department == Some(id)).count();
        if bound > 0 {
            return Err(ApiError::InUse { channels: bound });
        }
        let left = super::current(&api.directory).await?.len() - 1;
        for kind in ChannelKind::ALL {
            let there = channels.iter().filter(|channel| channel.kind == kind).count();
            organisation::may_keep(kind, there, left).map_err(ApiError::TooManyChannels)?;
        }
        let now = api.clock.now();
        department.removed_at = Some(now);
        // What was transferred to it counts in its channel's hours from now on (TMR-12).
        department.timers_changed_at = Some(now);
        if api.directory.save_department(&department).await? == Saved::Done {
            tracing::info!(department.id = %id, operator.id = administrator.id.0, "Removed department `{id}`");
            return Ok(StatusCode::NO_CONTENT);
        }
    }
    Err(ApiError::contended("the department"))
}
