//! `POST /api/channels/{channel}/operators/{person}/retry`: has it tried again what failed (MEM-5). Where nothing failed,
//! it answers how the association stands.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::audit::Fields;
use madoguchi_domain::{ChannelId, OperatorId};
use madoguchi_store::Saved;

use super::{MemberView, ask, ask_soon};
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::input::InPath;
use crate::{ApiError, SharedOrganisation, channels, people};

/// Try a failed association again
///
/// For administrators. Messenger is asked within a minute; LINE cannot be asked, and tells with the next reply that
/// shows the name. Where nothing failed it answers how the association stands.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/channels/{channel}/operators/{person}/retry",
    operation_id = "retryChannelOperator", tag = "Organisation",
    responses((status = 200, description = "The operator, as it is now.", body = MemberView)),
    extensions(("x-errors" = json!(["operator_not_associated"]))),
))]
pub(crate) async fn retry(
    State(api): SharedOrganisation,
    administrator: Operator,
    InPath(id): InPath<ChannelId>,
    InPath(operator): InPath<OperatorId>,
) -> Result<Json<MemberView>, ApiError> {
    let api = api.by(&administrator);
    let channel = channels::existing(&api.directory, id).await?;
    let ask = ask(&api, &channel, &operator).await?;
    for _ in 0..TRIES {
        let mut person = people::existing(&api, &operator).await?;
        let membership = person.channels.get_mut(&id).ok_or(ApiError::NotAssociated)?;
        let now = api.clock.now();
        let stuck = membership.retry(ask, now);
        if stuck {
            let (subject, told) = (format!("person/{}", operator.0), Fields::new());
            let asked = administrator.asks("person.retried", subject, told, now);
            let _once = api.audit.record(&asked.about(id)).await?;
        }
        if !stuck || api.directory.save_person(&person).await? == Saved::Done {
            if stuck && person.is_waiting(id) {
                ask_soon(&api).await?;
            }
            let view = MemberView::new(&person, &channel, administrator.reader().language);
            return view.map(Json).ok_or(ApiError::NotAssociated);
        }
    }
    Err(ApiError::contended("the person"))
}
