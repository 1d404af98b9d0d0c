//! `GET /api/tickets/export`: a list as CSV, in parts.

use axum::extract::State;
use axum::response::Response;
use madoguchi_domain::Span;
use madoguchi_domain::audit::Fields;

use super::query::TicketsQuery;
use super::view::{TicketView, all_shown};
use crate::ApiError;
use crate::audit::csv;
use crate::auth::Operator;
use crate::desk::SharedDesk;
use crate::input::{InQuery, given};

const COLUMNS: [&str; 14] = [
    "number",
    "subject",
    "status",
    "assignee_id",
    "channel_id",
    "department_id",
    "conversation_id",
    "source",
    "created_by",
    "reference",
    "message_count",
    "created_at",
    "updated_at",
    "closed_at",
];

/// The longest part, in rows: with the longest subjects and references not half of what Lambda may answer with.
const MOST_ROWS: usize = 1_000;
/// Tickets that are read together.
const BATCH: usize = 100;
/// How often is looked for tickets in one part.
const LOOKS: usize = 30;
/// When no further look is begun: the gateway waits for 29 seconds.
const LONGEST: Span = Span::from_secs(10);

/// Take tickets along as CSV
///
/// The same as the list, in parts of at most 1,000 rows. While there is more the header `next-cursor` says where the next
/// part begins; only the first has the names of the columns. Every part is an entry of the audit log.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/tickets/export", operation_id = "exportTickets", tag = "Tickets",
    params(TicketsQuery),
    responses((
        status = 200, description = "A part.", content_type = "text/csv", body = String, headers(("next-cursor")),
    )),
))]
pub(crate) async fn export(
    State(api): SharedDesk,
    operator: Operator,
    InQuery(query): InQuery<TicketsQuery>,
) -> Result<Response, ApiError> {
    if given(query.limit.as_deref()).is_some() {
        return Err(ApiError::InvalidQuery {
            what: "`limit` is for lists; a part is as long as it may be".into(),
        });
    }
    let began_at = api.clock.now();
    let mut wanted = query.wanted(&operator.id)?;
    let asked = operator.asks("tickets.exported", "tickets", told(&query), began_at);
    let _once = api.audit.record(&asked).await?;
    // Parts that are put one behind the other are one file.
    let mut file = if wanted.is_first() { csv::first_line(COLUMNS) } else { String::new() };
    let (mut rows, mut looks) = (0, 0);
    loop {
        let page = wanted.page(&api, &operator, BATCH.min(MOST_ROWS - rows)).await?;
        for ticket in all_shown(&api, page.tickets).await? {
            file.push_str(&row(ticket));
            rows += 1;
        }
        looks += 1;
        let late = api.clock.now().since(began_at) >= LONGEST;
        if page.next.is_none() || rows == MOST_ROWS || looks == LOOKS || late {
            tracing::info!(rows, "Exported {rows} tickets");
            return Ok(csv::part("tickets.csv", file, page.next.as_deref()));
        }
        wanted.go_on(page.next);
    }
}

/// As the audit log tells of it.
fn told(query: &TicketsQuery) -> Fields {
    let fields = [
        ("status", &query.status),
        ("assignee", &query.assignee),
        ("channel", &query.channel),
        ("department", &query.department),
        ("number", &query.number),
        ("from", &query.from),
        ("to", &query.to),
        ("cursor", &query.cursor),
    ];
    let given =
        fields.into_iter().filter_map(|(name, it)| Some((name.to_owned(), given(it.as_deref())?.into())));
    given.collect()
}

fn row(ticket: TicketView) -> String {
    let id = |id: Option<madoguchi_domain::OperatorId>| id.map(|id| id.0).unwrap_or_default();
    csv::line([
        ticket.number.to_string(),
        ticket.subject,
        ticket.status.as_str().to_owned(),
        id(ticket.assignee_id),
        ticket.channel_id.to_string(),
        ticket.department_id.map(|id| id.to_string()).unwrap_or_default(),
        ticket.conversation_id.to_string(),
        ticket.source.to_owned(),
        id(ticket.created_by),
        ticket.reference.unwrap_or_default(),
        ticket.message_count.to_string(),
        ticket.created_at,
        ticket.updated_at,
        ticket.closed_at.unwrap_or_default(),
    ])
}
