//! `DELETE /api/people/{person}`: ends the person's associations, forgets their browsers and lets go of what they hold. Their name stays with
//! what they have written. Whoever shall not sign in any more is also removed at the identity provider.

use axum::extract::State;
use axum::http::StatusCode;
use madoguchi_domain::OperatorId;
use madoguchi_store::Saved;

use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::input::InPath;
use crate::memberships::release;
use crate::{ApiError, OrganisationApi, SharedOrganisation};

/// Remove a person
///
/// For administrators. Ends their associations; their name stays with what they have written. Who signs in again is
/// back, without associations: whoever shall not is also removed at the identity provider.
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/people/{person}", operation_id = "removePerson", tag = "Organisation",
    responses((status = 204, description = "They are removed.")),
))]
pub(crate) async fn remove(
    State(api): SharedOrganisation,
    administrator: Operator,
    InPath(id): InPath<OperatorId>,
) -> Result<StatusCode, ApiError> {
    let api = api.by(&administrator);
    for _ in 0..TRIES {
        let mut person = api.directory.person(&id).await?.ok_or(ApiError::PersonNotFound)?;
        if !person.remove(api.clock.now()) {
            // The request that removed them may have ended before it let go.
            let_go(&api, &id).await?;
            return Err(ApiError::PersonNotFound);
        }
        if api.directory.save_person(&person).await? == Saved::Done {
            tracing::info!(person.id = id.0, operator.id = administrator.id.0, "Removed a person");
            let_go(&api, &id).await?;
            return Ok(StatusCode::NO_CONTENT);
        }
    }
    Err(ApiError::contended("the person"))
}

async fn let_go(api: &OrganisationApi, id: &OperatorId) -> Result<(), ApiError> {
    for browser in api.directory.push_subscriptions(id).await? {
        api.directory.remove_push_subscription(id, &browser.id).await?;
    }
    release(api, id, true).await
}
