//! The operators of a channel (ASG-8): list, add, remove, try again.

mod add;
mod list;
mod remove;
mod retry;

pub(crate) use add::add;
pub(crate) use list::list;
pub(crate) use remove::remove;
pub(crate) use retry::retry;

use madoguchi_domain::membership::{self, Ask};
use madoguchi_domain::{Channel, Language, Membership, MembershipState, OperatorId, Person, Role};
use serde::Serialize;

use crate::{ApiError, OrganisationApi};

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(list::list, add::add, remove::remove, retry::retry))]
pub(crate) struct Described;

/// How an association stands.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct MembershipView {
    /// `waiting`: the provider is asked by itself. `failed`: somebody has to do something, see `reason`.
    /// `retry`: the provider could not be asked; it is tried again by itself. Whoever is associated sees and
    /// answers the channel in each of them; until they are `available`, replies go out as the account.
    state: MembershipState,
    /// Since when it stands so.
    #[cfg_attr(feature = "openapi", schema(format = DateTime))]
    since: String,
    added_at: String,
    /// Why it is not available.
    reason: Option<ReasonView>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = MembershipReason))]
struct ReasonView {
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::ReasonId))]
    id: &'static str,
    /// In the language that the request asks for, Japanese or English.
    message: &'static str,
    remedy: &'static str,
}

impl MembershipView {
    pub(crate) fn new(membership: &Membership, language: Language) -> Self {
        let reason = membership.reason().and_then(|reason| {
            let text = reason.text(language)?;
            Some(ReasonView { id: reason.public_id(), message: text.message, remedy: text.remedy })
        });
        Self {
            state: membership.state(),
            since: membership.since().to_string(),
            added_at: membership.added_at.to_string(),
            reason,
        }
    }
}

/// An operator of a channel.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct MemberView {
    id: String,
    name: String,
    account: Option<String>,
    role: Role,
    #[serde(flatten)]
    membership: MembershipView,
}

impl MemberView {
    /// `None` of somebody who is not associated with the channel.
    fn new(person: &Person, channel: &Channel, language: Language) -> Option<Self> {
        let membership = person.channels.get(&channel.id)?;
        Some(Self {
            id: person.id.0.clone(),
            name: person.name.clone(),
            account: person.account.clone(),
            role: person.role,
            membership: MembershipView::new(membership, language),
        })
    }
}

/// What has to be asked for an operator of `channel`.
async fn ask(api: &OrganisationApi, channel: &Channel, person: &OperatorId) -> Result<Ask, ApiError> {
    Ok(membership::ask(channel.kind, api.directory.operator(person).await?.as_ref()))
}

/// Has the provider asked, within a minute.
async fn ask_soon(api: &OrganisationApi) -> Result<(), ApiError> {
    Ok(api.directory.plan_sender_sync(api.clock.now()).await?)
}

/// Lets go of what somebody held on channels that are no longer theirs: within a minute the sync removes their personas,
/// and `assign` takes their conversations.
pub(crate) async fn release(api: &OrganisationApi, person: &OperatorId, gone: bool) -> Result<(), ApiError> {
    api.inbox.look_after(person, gone, api.clock.now()).await?;
    ask_soon(api).await
}
