//! `GET /api/reports`: what happened in a period.

use axum::Json;
use axum::extract::State;

use super::SharedReports;
use super::query::ReportQuery;
use super::view::ReportView;
use crate::ApiError;
use crate::auth::Operator;
use crate::input::InQuery;

/// What happened in a period
///
/// Messages, conversations, times to the first answer and to the close, of the channels that the caller sees: all together, by day, by hour,
/// by hour of the week, by channel, and by person. Administrators see everybody's row, others their own. Something counts within
/// a minute or two of its happening. What is deleted for ever stays counted; nothing personal is kept with it. Hours begin with
/// those of UTC: where clocks differ from it by parts of an hour, one belongs to the hour of the clock that it begins in.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/reports", operation_id = "readReport", tag = "Reports",
    params(ReportQuery),
    responses((status = 200, description = "The report.", body = ReportView)),
    extensions(("x-errors" = json!(["channel_not_found", "administrators_only"]))),
))]
pub(crate) async fn read(
    State(api): SharedReports,
    caller: Operator,
    InQuery(query): InQuery<ReportQuery>,
) -> Result<Json<ReportView>, ApiError> {
    let wanted = query.wanted(&caller, api.clock.now())?;
    let channels = api.channels(&caller, &wanted).await?;
    let report = api.report(&caller, &wanted, channels.keys()).await?;
    let names = api.names(&report).await?;
    Ok(Json(ReportView::new(&wanted, &report, &channels, &names)))
}
