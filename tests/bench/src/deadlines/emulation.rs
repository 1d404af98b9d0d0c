//! The closer in emulated time.

use std::time::Duration;

use madoguchi_closing::{Closer, Report};
use madoguchi_domain::deadline::DeadlineKind;
use madoguchi_domain::{Span, Timestamp};
use madoguchi_store::{Directory, Inbox};
use madoguchi_tests::support::dynamo::{DIRECTORY, INBOX};
use tokio::time::{Instant, sleep_until};

use super::crowd::Crowd;
use super::function::{Function, INTERVAL};
use super::limits::Limits;
use super::table::{Costs, Counted, Table};

/// What surrounds the closer.
#[derive(Clone, Copy, Debug)]
pub(super) struct World {
    pub(super) costs: Costs,
    /// Write units per second of a partition, and of the table and each index as a whole.
    pub(super) limits: Option<(f64, f64)>,
    /// What the template says about the function.
    pub(super) function: Function,
}

/// How it went.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    /// From the first deadline to the end of the tick after which nothing was due any more.
    pub(super) emulated: Duration,
    /// From the beginning of the first tick to the same.
    pub(super) working: Duration,
    /// What this machine took for that, with the in-process table.
    pub(super) measured: Duration,
    pub(super) reports: Vec<Report>,
    pub(super) counted: Counted,
}

/// Lets the closer tick every minute until nothing is due. The first tick comes with the last deadline: the
/// one before has missed them all, and the first conversation has been due for a whole interval.
pub(super) async fn run(crowd: &Crowd, world: World) -> Outcome {
    let dynamo = crowd.dynamo.clone();
    let due_by = crowd.due_by;
    // The clock can be paused only in a runtime of one thread.
    let work = move || {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let limits = world.limits.map_or_else(Limits::default, |(one, whole)| Limits::new(one, whole));
            let table = Table::new(&dynamo, world.costs, limits);
            let client = table.client(&dynamo);
            let closer = Closer::new(Inbox::new(client.clone(), INBOX), Directory::new(client, DIRECTORY));
            tick_until_done(&closer, &table, due_by, world.function).await
        })
    };
    tokio::task::spawn_blocking(work).await.unwrap()
}

async fn tick_until_done(closer: &Closer, table: &Table, due_by: Timestamp, function: Function) -> Outcome {
    let (begun, wall) = (Instant::now(), std::time::Instant::now());
    let mut reports = Vec::new();
    loop {
        // One tick at a time: the function's reserved concurrency. A tick that is due meanwhile waits.
        let tick = Instant::now();
        let since = |at: Instant| Span::from_ms(i64::try_from((at - begun).as_millis()).unwrap());
        let now = due_by + since(tick);
        let stop_at = tick + function.working_time();
        let out_of_time = || Instant::now() >= stop_at;
        let report = closer.tick(DeadlineKind::Unanswered, now, &out_of_time).await.unwrap();
        let ended = Instant::now();
        let done = report.failed == 0 && report.contended == 0 && !report.interrupted;
        reports.push(report);
        assert!(reports.len() < 100, "{reports:?}");
        if done {
            let working = ended - begun;
            let (emulated, measured) = (INTERVAL + working, wall.elapsed());
            return Outcome { emulated, working, measured, reports, counted: table.take() };
        }
        let intervals = (ended - begun).as_millis().div_ceil(INTERVAL.as_millis()).max(1);
        sleep_until(begun + INTERVAL * u32::try_from(intervals).unwrap()).await;
    }
}
