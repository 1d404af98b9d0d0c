//! `GET /api/channels/{channel}/health`: how the channel is, point by point.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::checkup::{self, Facts, Finding, Light};
use madoguchi_domain::credential::CredentialKind;
use madoguchi_domain::tally::Recent;
use madoguchi_domain::{ChannelId, Section, Timestamp, membership};
use madoguchi_store::inbox::{Part, PartOf, Sorting};
use serde::Serialize;

use crate::auth::Operator;
use crate::input::InPath;
use crate::view::{RepliesView, SubscriptionView};
use crate::{Api, ApiError, Shared};

/// Among so many of the latest conversations is the one that a customer wrote in last.
const LATEST: usize = 20;

/// How a channel is.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ChannelHealth))]
pub(crate) struct HealthView {
    /// The worst of the points.
    light: Light,
    points: Vec<Finding>,
    credential: CredentialView,
    /// When a customer last wrote.
    last_received_at: Option<String>,
    /// How replies ended that the provider was asked to take, each counted once. What a process had not yet
    /// written down when it ended is missing: at most what was accepted within a minute.
    replies: RepliesView,
    replies_waiting: WaitingView,
    /// Null where the provider is not asked for it, or was not yet.
    subscription: Option<SubscriptionView>,
}

/// The credential, without itself.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct CredentialView {
    /// Whose it is: `messenger`, `line` or `twilio`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::ConnectionKind))]
    kind: &'static str,
    /// Null until the provider was asked.
    r#type: Option<CredentialKind>,
    /// Until when Meta lets the app have the person's data. The permissions that a Page needs do not end with it.
    data_access_expires_at: Option<String>,
    /// When a person last entered it.
    authorized_at: Option<String>,
    /// When it ends; null if it does not, or nobody has looked yet.
    expires_at: Option<String>,
    days_left: Option<i64>,
    /// When the provider was last asked.
    checked_at: Option<String>,
    /// When it will be.
    next_check_at: Option<String>,
}

/// Replies that nobody has settled.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct WaitingView {
    count: usize,
    oldest_at: Option<String>,
}

/// Tell how a channel is, point by point
///
/// Messages and remedies are in the language that the request asks for.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/channels/{channel}/health", operation_id = "readChannelHealth", tag = "Channels",
    responses((status = 200, description = "How it is.", body = HealthView)),
))]
pub(crate) async fn health(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ChannelId>,
) -> Result<Json<HealthView>, ApiError> {
    let channel = api.directory.channel(id).await?.ok_or(ApiError::ChannelNotFound)?;
    if !membership::open_to(operator.role, &channel.settings) {
        let person = api.senders.person(&operator.id, api.clock.now()).await?;
        if !membership::may_see(operator.role, &channel, person.as_ref()) {
            return Err(ApiError::ChannelNotFound);
        }
    }
    let connection = api.directory.connection(channel.connection_id).await?;
    let waiting = api.inbox.pending_replies(id).await?;
    let waiting_since = waiting.iter().map(|reply| reply.message.at).min();
    let last_received_at = last_received(&api, id).await?;
    let now = api.clock.now();
    let facts = Facts {
        channel: &channel,
        expires_at: connection.as_ref().and_then(|connection| connection.expires_at),
        last_received_at,
        replies: Recent::of(&api.inbox.tallies(id, now).await?, now),
        waiting: waiting.len(),
        waiting_since,
    };
    let points = checkup::examine(&facts, operator.reader().language, now);
    let text = |at: Timestamp| at.to_string();
    Ok(Json(HealthView {
        light: checkup::overall(&points),
        points,
        credential: CredentialView {
            kind: channel.kind.provider(),
            r#type: channel.credential.as_ref().map(|credential| credential.kind),
            data_access_expires_at: channel
                .credential
                .as_ref()
                .and_then(|credential| credential.data_access_expires_at)
                .map(text),
            authorized_at: connection.as_ref().map(|connection| text(connection.authorized_at)),
            expires_at: facts.expires_at.map(text),
            days_left: facts.expires_at.map(|end| checkup::days_left(end, now)),
            checked_at: connection.as_ref().and_then(|connection| connection.checked_at).map(text),
            next_check_at: connection.as_ref().map(|connection| text(connection.check_at)),
        },
        last_received_at: last_received_at.map(text),
        replies: RepliesView::from(&facts.replies),
        replies_waiting: WaitingView { count: waiting.len(), oldest_at: waiting_since.map(text) },
        subscription: channel.subscription.as_ref().map(|known| SubscriptionView::new(known, now)),
    }))
}

async fn last_received(api: &Api, channel: ChannelId) -> Result<Option<Timestamp>, ApiError> {
    let parts = Section::ALL.map(|section| Part::all(PartOf::Channel(channel, section)));
    let page = api.inbox.listed(&parts, Sorting::Activity, None, LATEST).await?;
    Ok(page.conversations.iter().filter_map(|conversation| conversation.last_customer_at).max())
}
