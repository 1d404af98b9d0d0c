//! `GET /api/reports/export`: one table of a report as CSV.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use madoguchi_domain::CloseReason;
use serde::Deserialize;

use super::query::ReportQuery;
use super::view::{
    CHANNEL_DAY_COLUMNS, COUNT_COLUMNS, DURATION_COLUMNS, FiguresView, count_cells, operators,
};
use super::{ReportsApi, SharedReports, Wanted, channels};
use crate::ApiError;
use crate::audit::csv;
use crate::auth::Operator;
use crate::input::{InQuery, given};

/// The largest file: Lambda answers with 6 MB, in which bytes take a third more.
const MOST_BYTES: usize = 4_000_000;

/// A report's query, and which of its tables.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub(crate) struct ExportQuery {
    /// `days`, `hours`, `channels`, `operators`, or `channel_days`: how channels fared.
    #[cfg_attr(feature = "openapi", param(required, value_type = crate::openapi::words::ReportTable))]
    table: Option<String>,
    /// As of a report.
    #[cfg_attr(feature = "openapi", param(format = Date))]
    from: Option<String>,
    /// As of a report.
    #[cfg_attr(feature = "openapi", param(format = Date))]
    to: Option<String>,
    /// As of a report.
    zone: Option<String>,
    /// As of a report.
    #[cfg_attr(feature = "openapi", param(format = "uuid"))]
    channel_id: Option<String>,
    /// As of a report.
    operator_id: Option<String>,
    /// As of a report.
    #[cfg_attr(feature = "openapi", param(value_type = Option<u32>, minimum = 1, maximum = 43_200))]
    within_minutes: Option<String>,
}

/// A table of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Days,
    Hours,
    Channels,
    Operators,
    ChannelDays,
}

impl Table {
    const ALL: [Self; 5] = [Self::Days, Self::Hours, Self::Channels, Self::Operators, Self::ChannelDays];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Days => "days",
            Self::Hours => "hours",
            Self::Channels => "channels",
            Self::Operators => "operators",
            Self::ChannelDays => "channel_days",
        }
    }

    const fn file(self) -> &'static str {
        match self {
            Self::Days => "report-days.csv",
            Self::Hours => "report-hours.csv",
            Self::Channels => "report-channels.csv",
            Self::Operators => "report-operators.csv",
            Self::ChannelDays => "report-channel-days.csv",
        }
    }

    fn columns(self) -> Vec<String> {
        let own: &[&str] = match self {
            Self::Days => &["date"],
            Self::Hours => &["at"],
            Self::Channels => &["channel_id", "name", "kind"],
            Self::Operators => &["operator_id", "name"],
            Self::ChannelDays => &["channel_id", "name", "kind", "date"],
        };
        let mut columns: Vec<String> = own.iter().map(ToString::to_string).collect();
        if self == Self::ChannelDays {
            columns.extend(CHANNEL_DAY_COLUMNS.map(str::to_owned));
            return columns;
        }
        // A person's row has nothing of what nobody in particular did.
        let counts = if self == Self::Operators { &COUNT_COLUMNS[4..] } else { &COUNT_COLUMNS[..] };
        columns.extend(counts.iter().map(ToString::to_string));
        columns.extend(CloseReason::ALL.map(|reason| format!("closed_{}", reason.public_id())));
        if self != Self::Hours {
            columns.extend(DURATION_COLUMNS.map(str::to_owned));
        }
        columns
    }
}

/// Take a table of a report along as CSV
///
/// The same as the report, as one file; recorded in the audit log. Text that a spreadsheet would calculate begins with an
/// apostrophe.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/reports/export", operation_id = "exportReport", tag = "Reports",
    params(ExportQuery),
    responses((status = 200, description = "The table.", content_type = "text/csv", body = String)),
    extensions(("x-errors" = json!(["channel_not_found", "administrators_only"]))),
))]
pub(crate) async fn export(
    State(api): SharedReports,
    caller: Operator,
    InQuery(query): InQuery<ExportQuery>,
) -> Result<Response, ApiError> {
    let named = given(query.table.as_deref());
    let table = Table::ALL.into_iter().find(|table| Some(table.as_str()) == named);
    let table = table.ok_or_else(|| ApiError::InvalidQuery {
        what: "`table` must be days, hours, channels, operators or channel_days".into(),
    })?;
    let query = ReportQuery {
        from: query.from,
        to: query.to,
        zone: query.zone,
        channel_id: query.channel_id,
        operator_id: query.operator_id,
        within_minutes: query.within_minutes,
    };
    let now = api.clock.now();
    let wanted = query.wanted(&caller, now)?;
    let mut told = query.told();
    told.insert("table".to_owned(), table.as_str().into());
    let _once = api.audit.record(&caller.asks("reports.exported", "reports", told, now)).await?;
    let rows = rows(&api, &caller, &wanted, table).await?;
    let mut file = format!("\u{feff}{}", csv::line(table.columns()));
    for row in &rows {
        file.push_str(&csv::line(row.clone()));
    }
    if file.len() > MOST_BYTES {
        let what = "this is more than one file can be; ask for fewer days or for one channel".to_owned();
        return Err(ApiError::InvalidQuery { what });
    }
    tracing::info!(rows = rows.len(), "Exported {} rows of a report", rows.len());
    Ok(csv::part(table.file(), file, None))
}

async fn rows(
    api: &ReportsApi,
    caller: &Operator,
    wanted: &Wanted,
    table: Table,
) -> Result<Vec<Vec<String>>, ApiError> {
    let channels = api.channels(caller, wanted).await?;
    if table == Table::ChannelDays {
        let watches = api.watches(&wanted.period, channels.keys()).await?;
        let (none, mut rows) = (BTreeMap::new(), Vec::new());
        for channel in channels.values() {
            let seen = watches.get(&channel.id).unwrap_or(&none);
            let view = channels::view(channel, &wanted.period, seen, false);
            for day in &view.days {
                let own = [
                    channel.id.to_string(),
                    channel.name.clone(),
                    channel.kind.to_string(),
                    day.date.to_string(),
                ];
                rows.push([own.to_vec(), day.cells()].concat());
            }
        }
        return Ok(rows);
    }
    let report = api.report(caller, wanted, channels.keys()).await?;
    let within = wanted.within();
    Ok(match table {
        Table::Days => {
            let days = wanted.period.days().iter().zip(&report.days);
            days.map(|(date, it)| [vec![date.to_string()], FiguresView::new(it, within).cells()].concat())
                .collect()
        }
        Table::Hours => {
            let hours = report.hours.iter();
            hours.map(|(at, it)| [vec![at.to_string()], count_cells(it)].concat()).collect()
        }
        Table::Channels | Table::ChannelDays => {
            let known = report.channels.iter().filter_map(|(id, it)| Some((channels.get(id)?, it)));
            let own = known.map(|(channel, it)| {
                let own = vec![channel.id.to_string(), channel.name.clone(), channel.kind.to_string()];
                [own, FiguresView::new(it, within).cells()].concat()
            });
            own.collect()
        }
        Table::Operators => {
            let names = api.names(&report).await?;
            operators(&report, &names, within).iter().map(super::view::OperatorFiguresView::cells).collect()
        }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use madoguchi_domain::report::{ChannelDay, Figures, Period, fold};
    use madoguchi_domain::{OperatorId, Span};

    use super::super::view::ChannelDayView;
    use super::*;

    #[test]
    fn ops_3_a_row_has_a_cell_for_each_column() {
        let day = "2026-11-01".parse().unwrap();
        let period = Period::new(day, day, "UTC".parse().unwrap()).unwrap();
        let mut report = fold(&period, None, []);
        report.operators.insert(Some(OperatorId("sato".into())), <_>::default());
        let within = Span::from_minutes(5);
        let operators = operators(&report, &HashMap::new(), within);
        for (table, own, cells) in [
            (Table::Days, 1, FiguresView::new(&Figures::default(), within).cells().len()),
            (Table::Hours, 1, count_cells(&Figures::default()).len()),
            (Table::Channels, 3, FiguresView::new(&report.total, within).cells().len()),
            (Table::Operators, 0, operators[0].cells().len()),
            (Table::ChannelDays, 4, ChannelDayView::new(day, &ChannelDay::default()).cells().len()),
        ] {
            assert_eq!(table.columns().len(), own + cells, "{table:?}: {:?}", table.columns());
        }
    }
}
