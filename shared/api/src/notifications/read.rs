//! `GET /api/me/notifications`: what the caller wants to be told of (NTF-5).

use axum::extract::State;

use super::chosen;
use super::view::NotificationsView;
use crate::auth::Operator;
use crate::etag::Tagged;
use crate::{ApiError, SharedOrganisation};

/// Read what you are told of
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/me/notifications", operation_id = "readMyNotifications", tag = "Notifications",
    responses(
        (status = 200, description = "What you are told of.", body = NotificationsView, headers(("ETag"))),
    ),
))]
pub(crate) async fn read(
    State(api): SharedOrganisation,
    operator: Operator,
) -> Result<Tagged<NotificationsView>, ApiError> {
    let (settings, person) = chosen(&api.directory, &operator.id).await?;
    let language = operator.reader().language;
    let view = NotificationsView::new(&settings, person.as_ref(), operator.is_administrator(), language);
    Ok(Tagged(settings.rev, view))
}
