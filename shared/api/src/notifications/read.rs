//! `GET /api/me/notifications`: what the caller wants to be told of (NTF-5).

use axum::extract::State;

use super::chosen;
use super::view::NotificationsView;
use crate::auth::Operator;
use crate::etag::Tagged;
use crate::{ApiError, SharedOrganisation};

pub(crate) async fn read(
    State(api): SharedOrganisation,
    operator: Operator,
) -> Result<Tagged<NotificationsView>, ApiError> {
    let (settings, person) = chosen(&api.directory, &operator.id).await?;
    let language = operator.reader().language;
    let view = NotificationsView::new(&settings, person.as_ref(), operator.is_administrator(), language);
    Ok(Tagged(settings.rev, view))
}
