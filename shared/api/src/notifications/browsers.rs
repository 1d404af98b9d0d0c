//! `GET` and `POST /api/me/push-subscriptions`, `DELETE /api/me/push-subscriptions/{subscription}`: browsers that want to be
//! told although no page is open (NTF-5).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use madoguchi_domain::notify::{PushSubscription, Subscribed};
use madoguchi_runtime::fingerprint;
use madoguchi_runtime::outgoing::checked;
use madoguchi_runtime::web_push::{WebPushError, check_keys};
use madoguchi_store::Saved;
use serde::{Deserialize, Serialize};

use super::SharedNotifications;
use crate::ApiError;
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::input::{InPath, JsonBody, PathId, is_visible_ascii};

/// A browser's id.
pub(super) struct BrowserId(String);

impl PathId for BrowserId {
    const PARAMETER: &'static str = "subscription";
    fn parse(text: &str) -> Option<Self> {
        // As long as a fingerprint.
        is_visible_ascii(text, 1..=100).then(|| Self(text.to_owned()))
    }
    fn not_found() -> ApiError {
        ApiError::UnknownRoute
    }
}

/// As a browser's Push API tells it (`PushSubscription.toJSON`); what else it tells is of no use here.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct NewBrowser {
    #[cfg_attr(feature = "openapi", schema(format = "uri", max_length = 2000))]
    endpoint: String,
    keys: Keys,
}

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct Keys {
    p256dh: String,
    auth: String,
}

/// A browser. Its address is not told: whoever knows it can call it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct BrowserView {
    id: String,
    created_at: String,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct BrowsersView {
    /// What a browser subscribes with (`applicationServerKey`), base64url. It never changes.
    application_server_key: String,
    items: Vec<BrowserView>,
}

impl From<&PushSubscription> for BrowserView {
    fn from(browser: &PushSubscription) -> Self {
        Self { id: browser.id.clone(), created_at: browser.created_at.to_string() }
    }
}

/// List the browsers that you are told by
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/me/push-subscriptions", operation_id = "listMyPushSubscriptions", tag = "Notifications",
    responses((status = 200, description = "The oldest first.", body = BrowsersView)),
))]
pub(super) async fn list(
    State(api): SharedNotifications,
    operator: Operator,
) -> Result<Json<BrowsersView>, ApiError> {
    let mut browsers = api.directory.push_subscriptions(&operator.id).await?;
    browsers.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    let application_server_key = api.vapid.key().await?.public();
    Ok(Json(BrowsersView { application_server_key, items: browsers.iter().map(BrowserView::from).collect() }))
}

/// Have a browser told while no page is open
///
/// With what the browser's `PushSubscription.toJSON()` tells. The same browser again changes nothing; of more than
/// ten the one
/// that was added first goes.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/me/push-subscriptions", operation_id = "addMyPushSubscription", tag = "Notifications",
    request_body = inline(NewBrowser),
    responses((status = 201, description = "It is told from now on.", body = BrowserView)),
))]
pub(super) async fn add(
    State(api): SharedNotifications,
    operator: Operator,
    JsonBody(new): JsonBody<NewBrowser>,
) -> Result<(StatusCode, Json<BrowserView>), ApiError> {
    let api = api.by(&operator);
    let NewBrowser { endpoint, keys: Keys { p256dh, auth } } = new;
    let endpoint: String = checked(&endpoint, api.loopback).map_err(WebPushError::Address)?.into();
    check_keys(&p256dh, &auth)?;
    let id = fingerprint(&endpoint);
    for _ in 0..TRIES {
        // Whoever signed in there before is no longer told by it.
        let known = api.directory.push_subscription(&id).await?;
        let mine = known.as_ref().filter(|known| known.operator == operator.id);
        let browser = PushSubscription {
            id: id.clone(),
            operator: operator.id.clone(),
            endpoint: endpoint.clone(),
            p256dh: p256dh.clone(),
            auth: auth.clone(),
            created_at: mine.map_or_else(|| api.clock.now(), |mine| mine.created_at),
            rev: known.as_ref().map_or(0, |known| known.rev),
        };
        if api.directory.save_push_subscription(&browser).await? == Saved::Conflict {
            continue;
        }
        let there = api.directory.push_subscriptions(&operator.id).await?;
        for replaced in Subscribed::after(&id, &there).replaced {
            api.directory.remove_push_subscription(&operator.id, &replaced).await?;
        }
        tracing::info!(operator.id = operator.id.0, push.id = id, "A browser has subscribed");
        return Ok((StatusCode::CREATED, Json(BrowserView::from(&browser))));
    }
    Err(ApiError::contended("the browser"))
}

/// Have a browser told no more
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/me/push-subscriptions/{subscription}",
    operation_id = "removeMyPushSubscription", tag = "Notifications",
    responses((status = 204, description = "It is told no more")),
))]
pub(super) async fn remove(
    State(api): SharedNotifications,
    operator: Operator,
    InPath(BrowserId(id)): InPath<BrowserId>,
) -> Result<StatusCode, ApiError> {
    api.directory.remove_push_subscription(&operator.id, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
