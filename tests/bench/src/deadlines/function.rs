//! What the template says about the closers.

use std::time::Duration;

use anyhow::{Context as _, ensure};

const TEMPLATE: &str = include_str!("../../../../template.yaml");
/// Memory for which Lambda gives one whole CPU, in MB.
const ONE_CPU_MB: u32 = 1_769;
/// `ScheduleExpression`: [`Function::read`] makes sure of it.
pub(super) const INTERVAL: Duration = Duration::from_mins(1);

/// A closer's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Function {
    /// `MemorySize`, in MB.
    pub(super) memory: u32,
    /// `Timeout`.
    pub(super) timeout: Duration,
}

impl Function {
    /// Reads what the three closers have in common.
    pub(super) fn read() -> anyhow::Result<Self> {
        let [idle, unanswered, limit] = ["IdleClose", "UnansweredClose", "ReplyLimitClose"].map(of);
        let function = idle?;
        ensure!(function == unanswered? && function == limit?, "the closers' settings differ");
        Ok(function)
    }

    /// How long a tick works before it leaves the rest to the next one.
    pub(super) fn working_time(self) -> Duration {
        self.timeout.saturating_sub(Duration::from_millis(madoguchi_closing::RESERVE.as_ms().unsigned_abs()))
    }

    /// The share of a CPU. The closers have one thread, so more than one is of no use.
    pub(super) fn cpu_share(self) -> f64 {
        (f64::from(self.memory) / f64::from(ONE_CPU_MB)).min(1.0)
    }
}

fn of(name: &str) -> anyhow::Result<Function> {
    let missing = || format!("template.yaml: {name} is not as expected");
    let (_, resource) = TEMPLATE.split_once(&format!("\n  {name}:\n")).with_context(missing)?;
    let value = |key: &str| {
        let line = resource.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix(": "));
        line.map(str::trim).with_context(missing)
    };
    ensure!(value("ScheduleExpression")? == "rate(1 minute)", missing());
    Ok(Function {
        memory: value("MemorySize")?.parse()?,
        timeout: Duration::from_secs(value("Timeout")?.parse()?),
    })
}
