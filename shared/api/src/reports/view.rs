//! Reports as they are told.

use std::collections::{BTreeMap, HashMap};

use madoguchi_domain::organisation::hours::{Day, Weekday, Zone};
use madoguchi_domain::report::{ChannelDay, ChannelState, Ended, Figures, Histogram, Period, Report, Work};
use madoguchi_domain::{Channel, ChannelId, ChannelKind, OperatorId, Span};
use serde::Serialize;

use super::query::Wanted;

/// A week, Monday first.
const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// The days that it is about.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct ReportPeriodView {
    /// The first day.
    pub(super) from: Day,
    /// The last day.
    pub(super) to: Day,
    /// Where the clock hangs.
    pub(super) zone: Zone,
    /// When the first day begins.
    pub(super) begins_at: String,
    /// When the last day is over.
    pub(super) ends_at: String,
}

/// What happened in a period.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct ReportView {
    period: ReportPeriodView,
    /// In how many minutes a first answer is in time.
    within_minutes: u32,
    /// All of it.
    total: FiguresView,
    /// Every day, in their order.
    days: Vec<ReportDayView>,
    /// Hours of UTC in which anything happened, in their order.
    hours: Vec<ReportHourView>,
    /// Hours of the week, by the clock, in which anything happened on one of the days.
    week: Vec<ReportWeekHourView>,
    /// Every channel that the caller sees, by name; the one that was asked for only. Deleted ones, too, if anything happened there.
    channels: Vec<ChannelFiguresView>,
    /// Who did anything, the most answers first: administrators see everybody, others themselves.
    operators: Vec<OperatorFiguresView>,
}

/// What was counted. What nobody in particular did is left out of what is about one person.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct FiguresView {
    #[serde(flatten)]
    counts: ReportCountsView,
    first_answer: FirstAnswerView,
    to_close: DurationsView,
}

/// Counts.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct ReportCountsView {
    /// Messages of customers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    incoming: Option<u64>,
    /// Messages of the company's side that no person wrote: bots, farewells, programs, other apps.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    automatic: Option<u64>,
    /// Conversations that began, or began anew where completed is final.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    begun: Option<u64>,
    /// Completed conversations that were opened again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    reopened: Option<u64>,
    /// Messages that people of the company wrote, here or in the provider's own inbox.
    answers: u64,
    /// Conversations that were closed.
    closed: u64,
    /// The same by reason, the close reasons of conversations; those that did not occur are left out.
    closed_by_reason: BTreeMap<String, u64>,
}

/// How long episodes waited for their first answer. A length is within a tenth of the true one, or within half a second.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct FirstAnswerView {
    /// How many had one.
    count: u64,
    /// Half of them did not wait longer.
    median_seconds: Option<f64>,
    /// Nine of ten did not wait longer.
    p90_seconds: Option<f64>,
    /// What part of them came in time, from 0 to 1: the service level. Exact for whole minutes up to 25, every five minutes up to 50,
    /// and whole hours up to 30.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1))]
    within_share: Option<f64>,
}

/// How long something took. A length is within a tenth of the true one, or within half a second.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct DurationsView {
    /// How many were counted.
    count: u64,
    /// Half of them did not take longer.
    median_seconds: Option<f64>,
    /// Nine of ten did not take longer.
    p90_seconds: Option<f64>,
}

/// A day.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct ReportDayView {
    date: Day,
    #[serde(flatten)]
    figures: FiguresView,
}

/// An hour.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct ReportHourView {
    /// When it began.
    at: String,
    #[serde(flatten)]
    counts: ReportCountsView,
}

/// An hour of the week.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct ReportWeekHourView {
    weekday: Weekday,
    /// Of the clock.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 23))]
    hour: u8,
    #[serde(flatten)]
    counts: ReportCountsView,
}

/// A channel's.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct ChannelFiguresView {
    channel_id: ChannelId,
    name: String,
    kind: ChannelKind,
    #[serde(flatten)]
    figures: FiguresView,
}

/// What somebody did.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct OperatorFiguresView {
    /// `null`: what was answered in the provider's own inbox, and closed as nobody's.
    operator_id: Option<OperatorId>,
    /// `null` of somebody who is not known here any more.
    name: Option<String>,
    /// Messages that they wrote.
    answers: u64,
    /// Conversations that were theirs when they were closed.
    closed: u64,
    /// The same by reason.
    closed_by_reason: BTreeMap<String, u64>,
    /// Of episodes that had their first answer from them.
    first_answer: FirstAnswerView,
    to_close: DurationsView,
}

impl ReportPeriodView {
    pub(super) fn new(period: &Period) -> Self {
        let days = period.days();
        Self {
            from: days[0],
            to: days[days.len() - 1],
            zone: period.zone().clone(),
            begins_at: period.begin().to_string(),
            ends_at: period.end().to_string(),
        }
    }
}

impl ReportView {
    pub(super) fn new(
        wanted: &Wanted,
        report: &Report,
        channels: &BTreeMap<ChannelId, Channel>,
        names: &HashMap<String, String>,
    ) -> Self {
        let within = wanted.within();
        let figures = |it: &Figures| FiguresView::new(it, within);
        let days = wanted.period.days().iter().zip(&report.days);
        let week = WEEK.into_iter().zip(report.week.iter()).flat_map(|(weekday, hours)| {
            let hours = (0..).zip(hours).filter(|(_, it)| !it.is_empty());
            hours.map(move |(hour, it)| ReportWeekHourView {
                weekday,
                hour,
                counts: ReportCountsView::new(it),
            })
        });
        let nothing =
            Figures { channel: report.total.channel.map(|_| <_>::default()), work: Work::default() };
        let shown =
            |channel: &&Channel| !channel.status.is_deleted() || report.channels.contains_key(&channel.id);
        let mut channels: Vec<_> = channels
            .values()
            .filter(shown)
            .map(|channel| ChannelFiguresView {
                channel_id: channel.id,
                name: channel.name.clone(),
                kind: channel.kind,
                figures: figures(report.channels.get(&channel.id).unwrap_or(&nothing)),
            })
            .collect();
        channels.sort_by(|a, b| a.name.cmp(&b.name));
        Self {
            period: ReportPeriodView::new(&wanted.period),
            within_minutes: wanted.within_minutes,
            total: figures(&report.total),
            days: days.map(|(date, it)| ReportDayView { date: *date, figures: figures(it) }).collect(),
            hours: report
                .hours
                .iter()
                .map(|(at, it)| ReportHourView { at: at.to_string(), counts: ReportCountsView::new(it) })
                .collect(),
            week: week.collect(),
            channels,
            operators: operators(report, names, within),
        }
    }
}

/// The most answers first.
pub(super) fn operators(
    report: &Report,
    names: &HashMap<String, String>,
    within: Span,
) -> Vec<OperatorFiguresView> {
    let rows = report.operators.iter().map(|(operator, work)| OperatorFiguresView {
        operator_id: operator.clone(),
        name: operator.as_ref().and_then(|operator| names.get(&operator.0)).cloned(),
        answers: work.answers,
        closed: closed(work),
        closed_by_reason: work.closed.clone(),
        first_answer: FirstAnswerView::new(&work.first_answer, within),
        to_close: DurationsView::new(&work.to_close),
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.answers));
    rows
}

fn closed(work: &Work) -> u64 {
    work.closed.values().fold(0, |sum, count| sum.saturating_add(*count))
}

impl FiguresView {
    pub(super) fn new(figures: &Figures, within: Span) -> Self {
        Self {
            counts: ReportCountsView::new(figures),
            first_answer: FirstAnswerView::new(figures.first_answer(), within),
            to_close: DurationsView::new(&figures.work.to_close),
        }
    }

    /// As cells of a table: counts and lengths.
    pub(super) fn cells(&self) -> Vec<String> {
        let mut cells = self.counts.cells();
        cells.extend(durations(&self.first_answer, &self.to_close));
        cells
    }
}

impl ReportCountsView {
    fn new(figures: &Figures) -> Self {
        let sum = figures.channel;
        Self {
            incoming: sum.map(|sum| sum.incoming),
            automatic: sum.map(|sum| sum.automatic),
            begun: sum.map(|sum| sum.begun),
            reopened: sum.map(|sum| sum.reopened),
            answers: figures.work.answers,
            closed: closed(&figures.work),
            closed_by_reason: figures.work.closed.clone(),
        }
    }

    fn cells(&self) -> Vec<String> {
        let of = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
        let mut cells = vec![
            of(self.incoming),
            of(self.automatic),
            of(self.begun),
            of(self.reopened),
            self.answers.to_string(),
        ];
        cells.extend(closes(self.closed, &self.closed_by_reason));
        cells
    }
}

impl OperatorFiguresView {
    /// Id, name, answers, and what [`FiguresView::cells`] has from `closed` on.
    pub(super) fn cells(&self) -> Vec<String> {
        let id = self.operator_id.as_ref().map(|id| id.0.clone()).unwrap_or_default();
        let mut cells = vec![id, self.name.clone().unwrap_or_default(), self.answers.to_string()];
        cells.extend(closes(self.closed, &self.closed_by_reason));
        cells.extend(durations(&self.first_answer, &self.to_close));
        cells
    }
}

/// Columns of counts.
pub(super) const COUNT_COLUMNS: [&str; 6] =
    ["incoming", "automatic", "begun", "reopened", "answers", "closed"];
/// Columns of lengths.
pub(super) const DURATION_COLUMNS: [&str; 7] = [
    "first_answers",
    "first_answer_median_seconds",
    "first_answer_p90_seconds",
    "first_answers_within_share",
    "closed_after_count",
    "closed_after_median_seconds",
    "closed_after_p90_seconds",
];

fn closes(all: u64, by_reason: &BTreeMap<String, u64>) -> impl Iterator<Item = String> + use<> {
    let of = |reason: madoguchi_domain::CloseReason| {
        by_reason.get(reason.public_id()).copied().unwrap_or_default()
    };
    let reasons = madoguchi_domain::CloseReason::ALL.map(of);
    std::iter::once(all).chain(reasons).map(|count| count.to_string())
}

fn durations(first: &FirstAnswerView, close: &DurationsView) -> [String; 7] {
    let of = |length: Option<f64>| length.map(|length| length.to_string()).unwrap_or_default();
    [
        first.count.to_string(),
        of(first.median_seconds),
        of(first.p90_seconds),
        of(first.within_share),
        close.count.to_string(),
        of(close.median_seconds),
        of(close.p90_seconds),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "98 days are no more than 33 bits")]
fn seconds(histogram: &Histogram, permille: u16) -> Option<f64> {
    histogram.quantile(permille).map(|span| span.as_ms() as f64 / 1_000.0)
}

impl FirstAnswerView {
    fn new(histogram: &Histogram, within: Span) -> Self {
        Self {
            count: histogram.count(),
            median_seconds: seconds(histogram, 500),
            p90_seconds: seconds(histogram, 900),
            // Four digits are more than anybody looks at.
            within_share: histogram.within(within).map(|share| (share * 10_000.0).round() / 10_000.0),
        }
    }
}

impl DurationsView {
    fn new(histogram: &Histogram) -> Self {
        Self {
            count: histogram.count(),
            median_seconds: seconds(histogram, 500),
            p90_seconds: seconds(histogram, 900),
        }
    }
}

/// How channels fared in a period.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct ChannelsReportView {
    pub(super) period: ReportPeriodView,
    /// By name.
    pub(super) channels: Vec<ChannelReportView>,
}

/// How a channel fared.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct ChannelReportView {
    pub(super) channel_id: ChannelId,
    pub(super) name: String,
    pub(super) kind: ChannelKind,
    /// Every day, in their order.
    pub(super) days: Vec<ChannelDayView>,
    /// Hours of UTC in which replies ended, in their order; only where one channel is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub(super) hours: Option<Vec<RepliesHourView>>,
}

/// A channel's day. It is looked at every ten minutes; minutes in which nobody looked are in none of the states.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct ChannelDayView {
    pub(super) date: Day,
    healthy_minutes: i64,
    /// Replies waited for a working credential.
    needs_reauthorization_minutes: i64,
    /// Its credential had not been looked at yet.
    connecting_minutes: i64,
    /// An administrator had switched it off.
    off_minutes: i64,
    replies: RepliesEndedView,
    /// The month's messages as LINE told last on that day; `null` where nothing was told.
    quota: Option<QuotaSampleView>,
}

/// How replies ended.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct RepliesEndedView {
    /// The provider took them.
    accepted: u64,
    /// It refused them, for what lies with the channel, the message or itself.
    refused: u64,
    /// It refused them, for what lies with the customer: blocked, opted out, window over.
    refused_of_customers: u64,
    /// Nobody knows.
    unconfirmed: u64,
}

/// How replies of an hour ended.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct RepliesHourView {
    /// When it began.
    pub(super) at: String,
    #[serde(flatten)]
    pub(super) replies: RepliesEndedView,
}

/// How much of a month's messages was used.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct QuotaSampleView {
    used: u64,
    /// `null`: the plan sets no limit.
    limit: Option<u64>,
    read_at: String,
}

impl ChannelDayView {
    pub(super) fn new(date: Day, day: &ChannelDay) -> Self {
        let minutes = |state| day.states.get(&state).map_or(0, |span: &Span| span.as_ms() / 60_000);
        Self {
            date,
            healthy_minutes: minutes(ChannelState::Healthy),
            needs_reauthorization_minutes: minutes(ChannelState::NeedsReauthorization),
            connecting_minutes: minutes(ChannelState::Connecting),
            off_minutes: minutes(ChannelState::Off),
            replies: RepliesEndedView::new(day.replies),
            quota: day.quota.map(|quota| QuotaSampleView {
                used: quota.used,
                limit: quota.limit,
                read_at: quota.read_at.to_string(),
            }),
        }
    }

    /// See [`CHANNEL_DAY_COLUMNS`].
    pub(super) fn cells(&self) -> Vec<String> {
        let quota = self.quota.as_ref();
        let count = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
        let RepliesEndedView { accepted, refused, refused_of_customers, unconfirmed } = &self.replies;
        vec![
            self.healthy_minutes.to_string(),
            self.needs_reauthorization_minutes.to_string(),
            self.connecting_minutes.to_string(),
            self.off_minutes.to_string(),
            accepted.to_string(),
            refused.to_string(),
            refused_of_customers.to_string(),
            unconfirmed.to_string(),
            count(quota.map(|quota| quota.used)),
            count(quota.and_then(|quota| quota.limit)),
        ]
    }
}

/// Columns of a channel's day.
pub(super) const CHANNEL_DAY_COLUMNS: [&str; 10] = [
    "healthy_minutes",
    "needs_reauthorization_minutes",
    "connecting_minutes",
    "off_minutes",
    "accepted",
    "refused",
    "refused_of_customers",
    "unconfirmed",
    "quota_used",
    "quota_limit",
];

impl RepliesEndedView {
    pub(super) const fn new(ended: Ended) -> Self {
        let Ended { accepted, refused, refused_of_customers, unconfirmed } = ended;
        Self { accepted, refused, refused_of_customers, unconfirmed }
    }
}

/// Cells of counts of an hour.
pub(super) fn count_cells(figures: &Figures) -> Vec<String> {
    ReportCountsView::new(figures).cells()
}
