//! `GET /api/audit`: newest first, older ones by cursor.

use axum::Json;
use axum::extract::State;

use super::{AuditQuery, EntryView};
use crate::auth::Operator;
use crate::input::{InQuery, page_size};
use crate::view::PageView;
use crate::{ApiError, SharedOrganisation};

/// Search the audit log
///
/// For administrators. Newest first. Several wishes must all be met. A page may hold fewer entries than asked
/// for, or none, while `next_cursor` says that there are more. A contact is searched for by the id that the
/// provider has for them, together with their channel.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/audit", operation_id = "searchAudit", tag = "Audit",
    params(AuditQuery),
    responses((status = 200, description = "A page of entries.", body = PageView<EntryView>)),
))]
pub(crate) async fn list(
    State(api): SharedOrganisation,
    _: Operator,
    InQuery(query): InQuery<AuditQuery>,
) -> Result<Json<PageView<EntryView>>, ApiError> {
    let limit = page_size(query.limit.as_deref())?;
    let search = query.search(&api, api.clock.now()).await?;
    let page = api.audit.page(&search, limit).await?;
    let items = page.entries.into_iter().map(EntryView::from).collect();
    Ok(Json(PageView { items, next_cursor: page.next.map(|next| next.as_str().to_owned()) }))
}
