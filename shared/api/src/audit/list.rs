//! `GET /api/audit`: newest first, older ones by cursor.

use axum::Json;
use axum::extract::State;

use super::{AuditQuery, EntryView};
use crate::auth::Operator;
use crate::input::{InQuery, page_size};
use crate::view::PageView;
use crate::{ApiError, SharedOrganisation};

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
