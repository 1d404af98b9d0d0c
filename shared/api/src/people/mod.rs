//! People: known from their first request on, listed, read, removed.

mod list;
mod presence;
mod read;
mod remove;

pub(crate) use list::list;
pub(crate) use presence::{Presence, note};
pub(crate) use read::read;
pub(crate) use remove::remove;

use madoguchi_domain::{ChannelId, Language, OperatorId, Person, Role};
use serde::Serialize;

use crate::memberships::MembershipView;
use crate::{ApiError, OrganisationApi};

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(list::list, read::read, remove::remove))]
pub(crate) struct Described;

/// A person of the organisation.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct PersonView {
    /// The identity provider's id.
    id: String,
    name: String,
    /// What they sign in with, where the token tells.
    account: Option<String>,
    /// When they were last seen.
    role: Role,
    first_seen_at: String,
    /// To the day.
    last_seen_at: String,
    removed_at: Option<String>,
    /// Those that they are associated with.
    channels: Vec<ChannelOf>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct ChannelOf {
    channel_id: ChannelId,
    #[serde(flatten)]
    membership: MembershipView,
}

impl PersonView {
    fn new(person: &Person, language: Language) -> Self {
        let channels = person.channels.iter().map(|(channel_id, membership)| ChannelOf {
            channel_id: *channel_id,
            membership: MembershipView::new(membership, language),
        });
        Self {
            id: person.id.0.clone(),
            name: person.name.clone(),
            account: person.account.clone(),
            role: person.role,
            first_seen_at: person.first_seen_at.to_string(),
            last_seen_at: person.last_seen_at.to_string(),
            removed_at: person.removed_at.map(|at| at.to_string()),
            channels: channels.collect(),
        }
    }
}

/// The person, unless they were removed.
pub(crate) async fn existing(api: &OrganisationApi, id: &OperatorId) -> Result<Person, ApiError> {
    let person = api.directory.person(id).await?;
    person.filter(|person| person.removed_at.is_none()).ok_or(ApiError::PersonNotFound)
}

/// Those who were not removed, by name.
pub(crate) async fn current(api: &OrganisationApi) -> Result<Vec<Person>, ApiError> {
    let mut people = api.directory.people().await?;
    people.retain(|person| person.removed_at.is_none());
    people.sort_by(|a, b| (&a.name, &a.id.0).cmp(&(&b.name, &b.id.0)));
    Ok(people)
}
