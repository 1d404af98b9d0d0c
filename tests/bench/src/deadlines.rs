//! Many conversations due at once, and none.

mod cpu;
mod crowd;
mod emulation;
mod function;
mod limits;
mod proof;
mod table;

use std::time::Duration;

use anyhow::{Context as _, ensure};
use madoguchi_closing::{Closer, Report};
use madoguchi_domain::Span;
use madoguchi_domain::deadline::DeadlineKind;
use madoguchi_store::{Directory, Inbox};
use madoguchi_tests::START;
use madoguchi_tests::support::dynamo::{DIRECTORY, Dynamo, INBOX};

use self::cpu::Cpu;
use self::emulation::{Outcome, World};
use self::function::Function;
use self::limits::{Limits, NEW_TABLE, PARTITION};
use self::table::{Costs, Counted, Table};
use crate::{Options, Section, Table as Sheet};

/// How many are due in one minute.
const CROWDS: [usize; 3] = [1_000, 10_000, 50_000];
/// How many are open while none is due.
const IDLE: [usize; 3] = [10, 1_000, 1_000_000];
/// What a request is taken to take.
const ANSWER: Duration = Duration::from_millis(10);

/// Measures both.
pub async fn run(_options: &Options) -> anyhow::Result<Section> {
    measure(&CROWDS, &IDLE).await
}

async fn measure(sizes: &[usize], open: &[usize]) -> anyhow::Result<Section> {
    let mut section = Section::new("deadlines", "Deadlines");
    let function = Function::read()?;
    let world = World { costs: Costs { answer: ANSWER, cpu: Duration::ZERO }, limits: None, function };
    let alone = crowds(sizes, world).await?;
    let (largest, outcome) = alone.last().context("no crowd")?;
    let cpu = cpu::measure(number(outcome.counted.requests()) / number(*largest)).await?;
    let costs = Costs { answer: ANSWER, cpu: cpu.per_request.div_f64(function.cpu_share()) };
    let limited = crowds(sizes, World { costs, limits: Some((PARTITION, NEW_TABLE)), function }).await?;

    let mut due = Sheet::new(
        "Conversations of one channel that are due within one minute",
        &[
            "due",
            "requests",
            "at once, at most",
            "WRU per close",
            "RRU per close",
            "requests one after another",
            "s for these",
            "ticks",
            "pushed back",
            "s of work",
            "first deadline to last close, s",
            "this machine, s",
        ],
    );
    for ((count, alone), (_, limited)) in alone.iter().zip(&limited) {
        let depth = alone.working.as_secs_f64() / ANSWER.as_secs_f64();
        let counted = &alone.counted;
        due.row([
            thousands(*count),
            thousands(counted.requests()),
            counted.parallelism.to_string(),
            format!("{:.2}", counted.write / number(*count)),
            format!("{:.2}", counted.read / number(*count)),
            format!("{depth:.0}"),
            format!("{:.1}", alone.working.as_secs_f64()),
            limited.reports.len().to_string(),
            thousands(limited.counted.throttled),
            format!("{:.1}", limited.working.as_secs_f64()),
            format!("{:.1}", limited.emulated.as_secs_f64()),
            format!("{:.1}", limited.measured.as_secs_f64()),
        ]);
        for (name, value) in [
            ("measured_s", limited.measured.as_secs_f64()),
            ("emulated_s", limited.emulated.as_secs_f64()),
            ("working_s", limited.working.as_secs_f64()),
            ("unlimited_s", alone.working.as_secs_f64()),
            ("requests", number(counted.requests())),
            ("depth", depth),
            ("wru_per_close", counted.write / number(*count)),
            ("rru_per_close", counted.read / number(*count)),
            ("parallelism", number(counted.parallelism)),
            ("ticks", number(limited.reports.len())),
            ("throttled", number(limited.counted.throttled)),
        ] {
            section.figure(&format!("due_{count}.{name}"), value);
        }
    }
    section.figure("close.cpu_ms", cpu.per_close.as_secs_f64() * 1_000.0);
    section.tables.push(due);
    section.tables.push(bounds(*largest, outcome, cpu, function));
    let idle = idle(&mut section, open).await?;
    section.tables.push(idle);
    explain(&mut section, cpu, function);
    Ok(section)
}

/// Closes a crowd of each size and proves it.
async fn crowds(sizes: &[usize], world: World) -> anyhow::Result<Vec<(usize, Outcome)>> {
    let mut outcomes = Vec::new();
    for &count in sizes {
        let crowd = crowd::due(count, 1).await;
        let outcome = emulation::run(&crowd, world).await;
        proof::of(&crowd).await;
        let closed: u64 = outcome.reports.iter().map(|report| report.closed).sum();
        ensure!(closed == count as u64, "{count} were due: {:?}", outcome.reports);
        outcomes.push((count, outcome));
    }
    Ok(outcomes)
}

/// What bounds the largest crowd, and how far.
fn bounds(count: usize, outcome: &Outcome, cpu: Cpu, function: Function) -> Sheet {
    let mut sheet = Sheet::new(
        &format!("What closing {} conversations takes at least", thousands(count)),
        &["what", "has to do", "per second", "s"],
    );
    let closes = number(count);
    let index = |name: &str| outcome.counted.by_index.get(name).copied().unwrap_or_default();
    let table = outcome.counted.write - outcome.counted.by_index.values().sum::<f64>();
    let shards = f64::from(madoguchi_store::inbox::DEADLINE_SHARDS);
    let whole = number(outcome.counted.parallelism) / ANSWER.as_secs_f64();
    for (what, units, unit, rate) in [
        (
            "requests, at 10 ms and as many at once as are made",
            number(outcome.counted.requests()),
            "requests",
            whole,
        ),
        ("index `deadline`, ten partitions of a kind", index("deadline"), "WRU", shards * PARTITION),
        (
            "index `inbox`, the channel's list of closed conversations: one partition",
            closes,
            "WRU",
            PARTITION,
        ),
        ("index `inbox`, the list that they leave: another", index("inbox") - closes, "WRU", PARTITION),
        ("the table, if it never had more to do", table, "WRU", NEW_TABLE),
    ] {
        let seconds = units / rate;
        sheet.row([
            what.to_owned(),
            format!("{units:.0} {unit}"),
            format!("{rate:.0}"),
            format!("{seconds:.1}"),
        ]);
    }
    let seconds = cpu.per_close.as_secs_f64() * closes / function.cpu_share();
    sheet.row([
        "the function's CPU time".to_owned(),
        format!("{:.1} s", cpu.per_close.as_secs_f64() * closes),
        format!("{:.2} s", function.cpu_share()),
        format!("{seconds:.1}"),
    ]);
    sheet
}

/// What a tick reads while nothing is due.
async fn idle(section: &mut Section, open: &[usize]) -> anyhow::Result<Sheet> {
    let mut sheet = Sheet::new(
        "A tick of one closer with nothing due",
        &["conversations open", "requests", "RRU", "RRU per shard", "WRU"],
    );
    for &count in open {
        let dynamo = crowd::idle(count).await;
        let mut ticks = Vec::new();
        for kind in crowd::KINDS {
            let counted = idle_tick(&dynamo, kind).await?;
            ticks.push(counted);
        }
        let (requests, read) = (ticks[0].requests(), ticks[0].read);
        ensure!(
            ticks.iter().all(|tick| (tick.requests(), tick.read) == (requests, read) && tick.write == 0.0),
            "the closers differ, or write: {ticks:?}"
        );
        let per_shard = read / f64::from(madoguchi_store::inbox::DEADLINE_SHARDS);
        sheet.row([
            thousands(count),
            requests.to_string(),
            format!("{read:.1}"),
            format!("{per_shard:.2}"),
            "0".to_owned(),
        ]);
        section.figure(&format!("idle_{count}.requests_per_tick"), number(requests));
        section.figure(&format!("idle_{count}.rru_per_tick"), read);
        section.figure(&format!("idle_{count}.rru_per_shard"), per_shard);
    }
    Ok(sheet)
}

async fn idle_tick(dynamo: &Dynamo, kind: DeadlineKind) -> anyhow::Result<Counted> {
    let table = Table::new(dynamo, Costs::default(), Limits::default());
    let client = table.client(dynamo);
    let closer = Closer::new(Inbox::new(client.clone(), INBOX), Directory::new(client, DIRECTORY));
    let report = closer.tick(kind, START + Span::from_minutes(30), &|| false).await?;
    ensure!(report == Report::default(), "something was due: {report:?}");
    Ok(table.take())
}

fn explain(section: &mut Section, cpu: Cpu, function: Function) {
    let cpu_ms = cpu.per_close.as_secs_f64() * 1_000.0;
    section.method = vec![
        "The closer, its store and the SDK with its retries are the real ones; only the SDK's transport is replaced \
         by one that hands each request to the in-process table, counts it and what it consumed, and answers \
         **10 ms later of emulated time**. Emulated time passes only while nothing else is left to do, so the \
         count of requests, how many of them wait at once and which waits for which are the closer's own."
            .to_owned(),
        format!(
            "*s for these*: 10 ms a request and nothing else. *s of work*: besides, each request first queues for \
             the function's only thread ({cpu_ms:.2} ms of CPU time per close, measured on this machine over \
             HTTP without TLS; at {} MB a function has {:.2} of a CPU), and DynamoDB pushes back what exceeds \
             {PARTITION:.0} writes a second to one partition of an index, or {NEW_TABLE:.0} to the table or an \
             index as a whole, which is what an on-demand table takes that never had more to do. A tick ends \
             {} s after it began (time-out less a reserve); the next comes at the next full minute.",
            function.memory,
            function.cpu_share(),
            function.working_time().as_secs(),
        ),
        "*First deadline to last close*: the deadlines lie in the minute between two ticks, so 60 s are added. After \
         each run every conversation and every line was read back: each that was due is closed once, for its \
         reason and with one line in its timeline, and one in a hundred that was not due is as it was."
            .to_owned(),
        "*Nothing due*: of the conversations only the keys of table and indexes are stored. Each closer was run; \
         they read the same. One request reads the channels (1 RRU), one each of the ten shards (0.5 RRU)."
            .to_owned(),
    ];
    section.notes = vec![
        "One channel is the worst case: its list of closed conversations is one partition of an index, which takes \
         1,000 writes a second whatever the table takes. Many channels share the work until the table itself \
         pushes back."
            .to_owned(),
        "A conversation that is pushed back waits up to a second and is tried again in the same tick. What a tick \
         has no time for stays due."
            .to_owned(),
        "The table has its stream turned off here. The in-process table searches all records of a stream at every \
         write, so that each write takes longer than the one before; DynamoDB does not, and no closer reads the \
         stream."
            .to_owned(),
    ];
}

#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
fn number(count: usize) -> f64 {
    count as f64
}

/// With a comma between thousands.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_close_is_two_requests_and_eight_units_and_a_hundred_are_made_at_once() {
        let section = measure(&[300], &[10, 1_000]).await.unwrap();
        let figure = |name: &str| section.figures[&format!("deadlines.{name}")];
        // Besides, the channels and a page of each shard.
        assert!((figure("due_300.requests") - 611.0).abs() < 0.1, "{}", figure("due_300.requests"));
        assert!((figure("due_300.wru_per_close") - 8.0).abs() < 0.001, "{}", figure("due_300.wru_per_close"));
        assert!(figure("due_300.parallelism") >= 90.0, "{}", figure("due_300.parallelism"));
        assert!(figure("due_300.emulated_s") < 63.0, "{}", figure("due_300.emulated_s"));
        for open in ["idle_10", "idle_1000"] {
            assert!((figure(&format!("{open}.requests_per_tick")) - 11.0).abs() < 0.1);
            assert!(figure(&format!("{open}.rru_per_shard")) <= 1.0);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn tmr_7_what_the_table_pushes_back_is_closed_in_the_same_tick() {
        let crowd = crowd::due(300, 1).await;
        let costs = Costs { answer: ANSWER, cpu: Duration::ZERO };
        let world = World { costs, limits: Some((50.0, NEW_TABLE)), function: Function::read().unwrap() };
        let outcome = emulation::run(&crowd, world).await;
        proof::of(&crowd).await;
        assert_eq!(outcome.reports.len(), 1, "{:?}", outcome.reports);
        assert!(outcome.counted.throttled > 0);
        // A second's worth is taken at once, the rest as it comes.
        assert!((5.0..7.0).contains(&outcome.working.as_secs_f64()), "{:?}", outcome.working);
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }
}
