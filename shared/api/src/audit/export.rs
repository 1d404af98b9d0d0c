//! `GET /api/audit/export`: the same as CSV, in parts. Every part that somebody takes along is itself an entry.

use axum::extract::State;
use axum::response::Response;
use madoguchi_domain::Span;
use madoguchi_store::audit::Cursor;

use super::{AuditQuery, csv};
use crate::auth::Operator;
use crate::input::{InQuery, given};
use crate::{ApiError, SharedOrganisation};

/// The longest part, in rows.
const MOST_ROWS: usize = 5_000;
/// And in bytes: Lambda answers with 6 MB of JSON, in which quotation marks take two.
const MOST_BYTES: usize = 2_500_000;
/// Entries that are read together.
const BATCH: usize = 500;
/// How often is looked for entries in one part; a search that finds little goes on with the next part.
const LOOKS: usize = 10;
/// When no further look is begun: one may take seconds, and the gateway waits for 29.
const LONGEST: Span = Span::from_secs(10);

/// Take the audit log along as CSV
///
/// For administrators. In parts of up to 5,000 rows or 2.5 MB; each is itself recorded. The first begins with
/// the names of the columns, so that parts put one behind the other are one file. Text that a spreadsheet would
/// calculate begins with an apostrophe.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/audit/export", operation_id = "exportAudit", tag = "Audit",
    params(AuditQuery),
    responses(
        (
            status = 200, description = "A part, newest first.", content_type = "text/csv", body = String,
            headers(("Next-Cursor")),
        ),
    ),
))]
pub(crate) async fn export(
    State(api): SharedOrganisation,
    administrator: Operator,
    InQuery(query): InQuery<AuditQuery>,
) -> Result<Response, ApiError> {
    if given(query.limit.as_deref()).is_some() {
        return Err(ApiError::InvalidQuery {
            what: "`limit` is for lists; a part is as long as it may be".into(),
        });
    }
    let began_at = api.clock.now();
    let mut search = query.search(&api, began_at).await?;
    let asked = administrator.asks("audit.exported", "audit", query.told(), began_at);
    let _once = api.audit.record(&asked).await?;
    // Parts that are put one behind the other are one file.
    let mut file = if search.cursor.is_some() { String::new() } else { csv::head() };
    let (mut rows, mut looks) = (0, 0);
    loop {
        let page = api.audit.page(&search, BATCH.min(MOST_ROWS - rows)).await?;
        search.cursor = page.next;
        looks += 1;
        for (at, entry) in page.entries.iter().enumerate() {
            file.push_str(&csv::row(entry));
            rows += 1;
            let more = at + 1 < page.entries.len() || search.cursor.is_some();
            if more && file.len() > MOST_BYTES {
                return Ok(part(file, Some(&Cursor::after(entry)), rows));
            }
        }
        let late = api.clock.now().since(began_at) >= LONGEST;
        if search.cursor.is_none() || rows == MOST_ROWS || looks == LOOKS || late {
            return Ok(part(file, search.cursor.as_ref(), rows));
        }
    }
}

fn part(file: String, next: Option<&Cursor>, rows: usize) -> Response {
    tracing::info!(rows, "Exported {rows} entries of the audit log");
    csv::part("audit.csv", file, next.map(Cursor::as_str))
}
