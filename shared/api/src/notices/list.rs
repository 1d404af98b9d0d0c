//! `GET /api/notices`: the channels that the caller may see and that need somebody (AUT-12), the worst first.

use std::cmp::Reverse;
use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use madoguchi_domain::checkup::Light;
use madoguchi_domain::notice::{About, Notice, Viewer, notices};
use madoguchi_domain::{Channel, ChannelId, ChannelKind, membership};
use serde::Serialize;

use crate::auth::Operator;
use crate::{ApiError, Shared};

/// All notices.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct NoticesView {
    items: Vec<NoticeView>,
    /// Whether administrators are told by e-mail, too, that a channel needs them.
    mail: bool,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct NoticeView {
    channel_id: ChannelId,
    channel_name: String,
    channel_kind: ChannelKind,
    about: About,
    light: Light,
    #[cfg_attr(feature = "openapi", schema(format = DateTime))]
    since: Option<String>,
    /// When a pause is over, or a credential ends.
    #[cfg_attr(feature = "openapi", schema(format = DateTime))]
    until: Option<String>,
    message: String,
    cause: Option<&'static str>,
    remedy: String,
}

impl NoticeView {
    fn new(channel: &Channel, notice: Notice) -> Self {
        Self {
            channel_id: channel.id,
            channel_name: channel.name.clone(),
            channel_kind: channel.kind,
            about: notice.about,
            light: notice.light,
            since: notice.since.map(|at| at.to_string()),
            until: notice.until.map(|at| at.to_string()),
            message: notice.message.into_owned(),
            cause: notice.cause,
            remedy: notice.remedy,
        }
    }
}

/// Tell which channels need somebody
///
/// Of the channels that you see: those that need re-authorization, rest, or are near the end of the month's
/// messages; for administrators also those whose credential ends within 14 days. The worst first. Texts are in the
/// language that the request asks for; operators are told whom to ask, administrators what to do.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/notices", operation_id = "listNotices", tag = "Channels",
    responses((status = 200, description = "All notices.", body = NoticesView)),
))]
pub(crate) async fn list(State(api): Shared, operator: Operator) -> Result<Json<NoticesView>, ApiError> {
    let now = api.clock.now();
    let mut channels = api.directory.channels().await?;
    if !channels.iter().all(|channel| membership::open_to(operator.role, &channel.settings)) {
        let person = api.senders.person(&operator.id, now).await?;
        channels.retain(|channel| membership::may_see(operator.role, channel, person.as_ref()));
    }
    let reader = operator.reader();
    let viewer = Viewer { language: reader.language, administrator: reader.administrator, mail: api.mail };
    // Only administrators are told that a credential ends.
    let ends: HashMap<_, _> = if reader.administrator {
        let connections = api.directory.connections().await?;
        connections.into_iter().filter_map(|known| Some((known.id, known.expires_at?))).collect()
    } else {
        HashMap::new()
    };
    channels.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    let mut items: Vec<_> = channels
        .iter()
        .flat_map(|channel| {
            let found = notices(channel, ends.get(&channel.connection_id).copied(), viewer, now);
            found.into_iter().map(|notice| NoticeView::new(channel, notice))
        })
        .collect();
    items.sort_by_key(|notice| Reverse(notice.light));
    Ok(Json(NoticesView { items, mail: api.mail }))
}
