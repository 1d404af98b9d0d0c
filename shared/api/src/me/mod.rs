//! The operator who calls: how customers see them.

mod change;
mod picture;
mod read;
mod upload;

pub(crate) use change::change;
pub(crate) use picture::{remove as remove_picture, set as set_picture};
pub(crate) use read::read;
pub(crate) use upload::upload as upload_picture;

use axum::http::Method;
use madoguchi_domain::picture::{Icon, OperatorPicture, PictureChange};
use madoguchi_domain::sender::{Profile, SenderMode, SenderName};
use serde::Serialize;

use crate::auth::Operator;
use crate::files::LINK_LIFE;
use crate::{Api, ApiError};

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(read::read, change::change, picture::set, picture::remove, upload::upload))]
pub(crate) struct Described;

/// An operator's own settings.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct MeView {
    id: String,
    /// What you sign in with.
    account_name: String,
    /// What replaces it towards customers.
    display_name: Option<SenderName>,
    /// What customers see; null if the account's name may not be shown and there is no display name.
    shown_name: Option<SenderName>,
    /// Whom customers see above a reply: the official account, or the operator by name. LINE shows the name
    /// with the account's, Messenger the operator's persona; a channel without sender names puts the name
    /// before the text if its setting `sender_prefix` is on.
    sender: SenderMode,
    picture: PictureView,
}

/// The operator's picture.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct PictureView {
    /// Of what was chosen last. A picture that was shown before goes on being shown until another one is.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::PictureState))]
    state: &'static str,
    /// A link to the picture that customers see.
    url: Option<String>,
    /// Until when `url` is good.
    expires_at: Option<String>,
    /// Why the last one is not shown.
    problem: Option<FailureView>,
}

/// Why the last one is not shown.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = PictureFailure))]
struct FailureView {
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::FailureId))]
    id: &'static str,
    message: &'static str,
}

impl PictureView {
    fn new(api: &Api, kept: Option<&OperatorPicture>) -> Self {
        let shown = kept.and_then(|kept| Some((&kept.operator, kept.shown.as_deref()?)));
        let (state, problem) = match kept.and_then(|kept| kept.change.as_ref()) {
            Some(PictureChange::Wanted { .. }) => ("pending", None),
            Some(PictureChange::Failed { reason, .. }) => ("failed", Some(*reason)),
            None if shown.is_some() => ("shown", None),
            None => ("none", None),
        };
        let link = |(operator, upload)| {
            let key = Icon { operator, upload }.key();
            api.bucket.link(&Method::GET, &key, LINK_LIFE, None)
        };
        Self {
            state,
            url: shown.map(link),
            expires_at: shown.map(|_| (api.clock.now() + LINK_LIFE).to_string()),
            problem: problem.map(|reason| FailureView { id: reason.public_id(), message: reason.message() }),
        }
    }
}

impl MeView {
    fn new(api: &Api, profile: &Profile, picture: Option<&OperatorPicture>) -> Self {
        Self {
            id: profile.operator.0.clone(),
            account_name: profile.account_name.clone(),
            display_name: profile.display_name.clone(),
            shown_name: profile.shown_name(),
            sender: profile.mode,
            picture: PictureView::new(api, picture),
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
