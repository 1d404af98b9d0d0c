//! `GET /api/reports/channels`: how channels fared in a period.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use madoguchi_domain::report::{Period, Watch};
use madoguchi_domain::{Channel, Timestamp};

use super::SharedReports;
use super::query::ReportQuery;
use super::view::{
    ChannelDayView, ChannelReportView, ChannelsReportView, RepliesEndedView, RepliesHourView,
    ReportPeriodView,
};
use crate::ApiError;
use crate::auth::Operator;
use crate::input::{InQuery, given};

/// How channels fared in a period
///
/// For how long each could send or needed to be authorized anew, how its replies ended, and how much of LINE's month was used, by
/// day; of a channel that is asked for alone also how its replies ended by hour. Deleted channels are left out unless
/// something was seen of them.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/reports/channels", operation_id = "readChannelsReport", tag = "Reports",
    params(ReportQuery),
    responses((status = 200, description = "The report.", body = ChannelsReportView)),
    extensions(("x-errors" = json!(["channel_not_found"]))),
))]
pub(crate) async fn channels(
    State(api): SharedReports,
    caller: Operator,
    InQuery(query): InQuery<ReportQuery>,
) -> Result<Json<ChannelsReportView>, ApiError> {
    if given(query.operator_id.as_deref()).is_some() || given(query.within_minutes.as_deref()).is_some() {
        let what = "`operator_id` and `within_minutes` are for reports of what people did".to_owned();
        return Err(ApiError::InvalidQuery { what });
    }
    let wanted = query.wanted(&caller, api.clock.now())?;
    let channels = api.channels(&caller, &wanted).await?;
    let watches = api.watches(&wanted.period, channels.keys()).await?;
    let none = BTreeMap::new();
    let of = |channel: &Channel| watches.get(&channel.id).unwrap_or(&none);
    let shown = channels.values().filter(|channel| !channel.status.is_deleted() || !of(channel).is_empty());
    let mut views: Vec<_> = shown
        .map(|channel| {
            let watches = of(channel);
            view(channel, &wanted.period, watches, wanted.channel.is_some())
        })
        .collect();
    views.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Json(ChannelsReportView { period: ReportPeriodView::new(&wanted.period), channels: views }))
}

pub(super) fn view(
    channel: &Channel,
    period: &Period,
    watches: &BTreeMap<Timestamp, Watch>,
    with_hours: bool,
) -> ChannelReportView {
    let days = period.channel_days(watches);
    let hours = || {
        let hours = period.replies_by_hour(watches).into_iter();
        hours.map(|(at, ended)| RepliesHourView { at: at.to_string(), replies: RepliesEndedView::new(ended) })
    };
    ChannelReportView {
        channel_id: channel.id,
        name: channel.name.clone(),
        kind: channel.kind,
        days: period.days().iter().zip(&days).map(|(date, day)| ChannelDayView::new(*date, day)).collect(),
        hours: with_hours.then(|| hours().collect()),
    }
}
