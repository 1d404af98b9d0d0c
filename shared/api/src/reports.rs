//! Reports (OPS-3): what happened in a period, by hour, day, channel and person; how channels fared; the same as CSV.
//!
//! Everybody is told of the channels that they see. What single people did administrators see, and everybody of themselves.

mod channels;
mod export;
mod query;
mod read;
mod view;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use futures::{StreamExt as _, TryStreamExt as _};
use madoguchi_domain::report::{Hour, Period, Report, Watch, fold};
use madoguchi_domain::{Act, Channel, ChannelId, Timestamp};
use madoguchi_runtime::Clock;
use madoguchi_store::{Audit, Directory, Reports, SenderCache};

use crate::auth::Operator;
use crate::people::{self, Presence};
use crate::{ApiError, conversations};
use query::Wanted;

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(read::read, channels::channels, export::export))]
pub(crate) struct Described;

/// Channels that are read side by side.
const CONCURRENCY: usize = 20;

/// What the routes of `report-api` work with.
#[derive(Clone, Debug)]
pub struct ReportsApi {
    /// What reports are made of.
    pub reports: Reports,
    /// Channels and people.
    pub directory: Directory,
    /// Which channels are an operator's, as it was a moment ago.
    pub senders: Arc<SenderCache>,
    /// Tells the time.
    pub clock: Clock,
    /// Where exports are recorded.
    pub audit: Audit,
}

pub(crate) type SharedReports = State<Arc<ReportsApi>>;

/// The routes of `report-api`.
pub fn report_routes(api: ReportsApi) -> Router {
    let presence = Presence::new(api.directory.clone(), api.clock.clone());
    Router::new()
        .route("/api/reports", get(read::read))
        .route("/api/reports/channels", get(channels::channels))
        .route("/api/reports/export", get(export::export))
        .route_layer(from_fn_with_state(presence, people::note))
        .with_state(Arc::new(api))
}

/// Whether they see what single people did.
fn sees_everybody(caller: &Operator) -> bool {
    caller.role.may(Act::Administrate)
}

impl ReportsApi {
    /// The channels that are asked for, of those that `caller` sees; deleted ones, too.
    async fn channels(
        &self,
        caller: &Operator,
        wanted: &Wanted,
    ) -> Result<BTreeMap<ChannelId, Channel>, ApiError> {
        let stores = (&self.directory, &*self.senders);
        let (mut seen, _) = conversations::channels(stores, caller, self.clock.now()).await?;
        match wanted.channel {
            None => Ok(seen.into_iter().collect()),
            Some(id) => {
                let channel = seen.remove(&id).ok_or(ApiError::ChannelNotFound)?;
                Ok(BTreeMap::from([(id, channel)]))
            }
        }
    }

    /// The report that is asked for, without the rows of people whom `caller` does not see.
    async fn report<'a>(
        &self,
        caller: &Operator,
        wanted: &Wanted,
        channels: impl Iterator<Item = &'a ChannelId>,
    ) -> Result<Report, ApiError> {
        let hours = self.hours(&wanted.period, channels).await?;
        let hours = hours.iter().flat_map(|(id, hours)| hours.iter().map(|(at, hour)| (*id, *at, hour)));
        let mut report = fold(&wanted.period, wanted.operator.as_ref(), hours);
        if !sees_everybody(caller) {
            report.operators.retain(|operator, _| operator.as_ref() == Some(&caller.id));
        }
        Ok(report)
    }

    async fn hours<'a>(
        &self,
        period: &Period,
        channels: impl Iterator<Item = &'a ChannelId>,
    ) -> Result<Vec<(ChannelId, Vec<(Timestamp, Hour)>)>, ApiError> {
        let reads = futures::stream::iter(channels.copied()).map(async |id| {
            let hours = self.reports.hours(id, (period.begin(), period.end())).await?;
            Ok((id, hours))
        });
        reads.buffer_unordered(CONCURRENCY).try_collect().await
    }

    async fn watches<'a>(
        &self,
        period: &Period,
        channels: impl Iterator<Item = &'a ChannelId>,
    ) -> Result<HashMap<ChannelId, BTreeMap<Timestamp, Watch>>, ApiError> {
        let reads = futures::stream::iter(channels.copied()).map(async |id| {
            let watches = self.reports.watches(id, (period.begin(), period.end())).await?;
            Ok::<_, ApiError>((id, watches))
        });
        reads.buffer_unordered(CONCURRENCY).try_collect().await
    }

    /// What people are called, if there is anybody to be called by name.
    async fn names(&self, report: &Report) -> Result<HashMap<String, String>, ApiError> {
        if report.operators.keys().all(Option::is_none) {
            return Ok(HashMap::new());
        }
        let people = self.directory.people().await?;
        Ok(people.into_iter().map(|person| (person.id.0, person.name)).collect())
    }
}
