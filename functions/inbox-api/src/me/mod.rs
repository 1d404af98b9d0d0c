//! The operator who calls: how customers see them.

mod change;
mod read;

pub(crate) use change::change;
pub(crate) use read::read;

use madoguchi_domain::sender::{Profile, SenderMode, SenderName};
use serde::Serialize;

use crate::auth::Operator;
use crate::{Api, ApiError};

/// An operator's own settings.
#[derive(Debug, Serialize)]
pub(crate) struct MeView {
    id: String,
    /// What the identity provider calls the operator.
    account_name: String,
    /// What replaces it towards customers.
    display_name: Option<SenderName>,
    /// What customers see above a message that is sent as the operator; null if the account's name may not be shown.
    shown_name: Option<SenderName>,
    /// What the composer begins with.
    sender: SenderMode,
}

impl From<&Profile> for MeView {
    fn from(profile: &Profile) -> Self {
        Self {
            id: profile.operator.0.clone(),
            account_name: profile.account_name.clone(),
            display_name: profile.display_name.clone(),
            shown_name: profile.shown_name(),
            sender: profile.mode,
        }
    }
}

/// What is kept of `operator`, under the name that they signed in with now.
pub(crate) async fn profile(api: &Api, operator: &Operator) -> Result<Profile, ApiError> {
    let kept = api.directory.operator(&operator.id).await?;
    let mut profile = kept.unwrap_or_else(|| Profile::new(operator.id.clone(), String::new()));
    profile.account_name.clone_from(&operator.name);
    Ok(profile)
}
