//! `GET` and `POST /api/search/rebuild`: how far the making of the index is, and making it anew.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use madoguchi_domain::Span;
use madoguchi_store::Saved;
use madoguchi_store::inbox::Rebuild;
use serde::Serialize;

use crate::ApiError;
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::desk::SharedDesk;

/// A step takes seconds. After so long without one it has stopped, and is set going again where it stood.
const PATIENCE: Span = Span::from_minutes(15);

/// How far it is.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct RebuildView {
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::RebuildState))]
    state: &'static str,
    started_at: Option<String>,
    finished_at: Option<String>,
    /// Messages and conversations read so far.
    read: u64,
}

impl RebuildView {
    fn new(rebuild: Option<&Rebuild>) -> Self {
        Self {
            state: match rebuild {
                None => "never",
                Some(rebuild) if rebuild.finished_at.is_none() => "running",
                Some(_) => "finished",
            },
            started_at: rebuild.map(|rebuild| rebuild.started_at.to_string()),
            finished_at: rebuild.and_then(|rebuild| rebuild.finished_at).map(|at| at.to_string()),
            read: rebuild.map_or(0, |rebuild| rebuild.read),
        }
    }
}

/// How far the making of the search index is
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/search/rebuild", operation_id = "readSearchRebuild", tag = "Search",
    responses((status = 200, description = "How far it is.", body = RebuildView)),
))]
pub(crate) async fn rebuilding(State(api): SharedDesk) -> Result<Json<RebuildView>, ApiError> {
    Ok(Json(RebuildView::new(api.inbox.rebuild().await?.as_ref())))
}

/// Make the search index anew
///
/// Reads every message once, in the background and slowly. Search works meanwhile. Asking again while it runs
/// changes nothing; after 15 minutes without a step it is set going again where it stood.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/search/rebuild", operation_id = "rebuildSearch", tag = "Search",
    responses((status = 202, description = "It runs.", body = RebuildView)),
))]
pub(crate) async fn rebuild(
    State(api): SharedDesk,
    operator: Operator,
) -> Result<(StatusCode, Json<RebuildView>), ApiError> {
    for _ in 0..TRIES {
        let now = api.clock.now();
        let current = api.inbox.rebuild().await?;
        let next = match current {
            Some(running) if running.finished_at.is_none() => {
                if now.since(running.at) < PATIENCE {
                    return Ok((StatusCode::ACCEPTED, Json(RebuildView::new(Some(&running)))));
                }
                Rebuild { at: now, ..running }
            }
            other => Rebuild {
                started_at: now,
                started_by: operator.id.0.clone(),
                cursor: None,
                sweeping: false,
                read: 0,
                finished_at: None,
                at: now,
                rev: other.map_or(0, |done| done.rev),
            },
        };
        if api.inbox.save_rebuild(&next).await? == Saved::Done {
            tracing::info!(operator.id = operator.id.0, "The index of search is made anew");
            return Ok((StatusCode::ACCEPTED, Json(RebuildView::new(Some(&next)))));
        }
    }
    Err(ApiError::contended("a rebuild"))
}
