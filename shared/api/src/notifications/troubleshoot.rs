//! `GET /api/me/notifications/troubleshooting`: why the caller is not told, or not of everything (NTF-6).

use axum::Json;
use axum::extract::State;
use madoguchi_domain::membership::may_see;
use madoguchi_domain::notify::{Look, address, troubles};
use serde::Serialize;

use super::view::TroubleView;
use super::{SharedNotifications, chosen};
use crate::ApiError;
use crate::auth::Operator;

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct TroublesView {
    /// What keeps most from being told first; empty if nothing is wrong here.
    troubles: Vec<TroubleView>,
}

/// Why you are not told, or not of everything
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/me/notifications/troubleshooting",
    operation_id = "troubleshootMyNotifications", tag = "Notifications",
    responses(
        (
            status = 200, description = "What is wrong, what keeps most from being told first. In Japanese or English, as `Accept-Language` asks.", body = TroublesView,
        ),
    ),
))]
pub(super) async fn troubleshoot(
    State(api): SharedNotifications,
    operator: Operator,
) -> Result<Json<TroublesView>, ApiError> {
    let (settings, person) = chosen(&api.directory, &operator.id).await?;
    let channels = api.directory.channels().await?;
    let mut in_use = channels.iter().filter(|channel| channel.status.is_on());
    let standing = api.directory.notify_standing(&operator.id).await?;
    let look = Look {
        settings: &settings,
        has_address: person.as_ref().and_then(address).is_some(),
        has_mail_from: api.mail.is_some(),
        push_subscriptions: api.directory.push_subscriptions(&operator.id).await?.len(),
        standing: &standing,
        available: api.inbox.duty(&operator.id).await?.available,
        sees_a_channel: in_use.any(|channel| may_see(operator.role, channel, person.as_ref())),
    };
    let language = operator.reader().language;
    let found = troubles(&look);
    Ok(Json(TroublesView {
        troubles: found.iter().map(|trouble| TroubleView::new(trouble, language)).collect(),
    }))
}
