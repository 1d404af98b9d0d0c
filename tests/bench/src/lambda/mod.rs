//! Runs a program as Lambda runs a function: alone, with what Lambda sets in its environment, fed by a
//! Runtime API in this process. Knows nothing of the programs; a Python or Node function is an `argv`.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use madoguchi_bench::lambda::{CpuShare, Plan, Program, inits, measure};
//! use madoguchi_bench::lambda::stats::{median_ms, percentile_ms};
//! use serde_json::json;
//!
//! let program = Program::new("ingest", ["python3", "-m", "awslambdaric", "app.handler"])
//!     .in_folder("tests/bench/peers/python")
//!     .env("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
//!     .memory_mb(256);
//! let starts = inits(&program, CpuShare::Full, 15).await?;
//! let plan = Plan { warm_up: 20, warm: 200, ..Plan::default() };
//! let event = async |n: usize| Ok(json!({ "body": format!("event {n}") }));
//! let measured = measure(&program, CpuShare::Full, &plan, event, async |_, answer| {
//!     anyhow::ensure!(answer["statusCode"] == 200, "{answer}");
//!     Ok(())
//! })
//! .await?;
//! println!("{} {}", median_ms(&starts), percentile_ms(&measured.warm, 99));
//! # Ok(())
//! # }
//! ```

mod environment;
mod process;
mod program;
mod runtime_api;
pub mod share;
pub mod stats;
#[cfg(test)]
mod tests;

use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;

pub use environment::{Answered, Environment};
pub use program::Program;
pub use share::CpuShare;

/// What a program is put through after its start and its first invocation.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Invocations that are neither the first nor measured.
    pub warm_up: usize,
    /// Measured invocations.
    pub warm: usize,
    /// How long the program waits for each invocation behind the first; none at all for back to back.
    pub pause: Duration,
}

impl Default for Plan {
    fn default() -> Self {
        Self { warm_up: 10, warm: 200, pause: Duration::ZERO }
    }
}

/// What one life of a program took.
#[derive(Clone, Debug)]
pub struct Measured {
    /// From exec to the first `GET /next`.
    pub init: Duration,
    /// From the first event's being handed over to its answer's having arrived.
    pub first: Duration,
    /// The same for each measured invocation, in order.
    pub warm: Vec<Duration>,
    /// CPU time of the process, user and system, during `warm`, per invocation. What it does between two
    /// invocations is counted.
    pub cpu_per_warm: Duration,
    /// The largest resident set of its life.
    pub peak_bytes: u64,
}

/// Starts `program`, invokes it as `plan` says, and ends it.
///
/// `event` makes the `n`-th event (0 is the first); what it does itself is not measured. `check` is given
/// each answer; an error of either ends the program and the measurement.
pub async fn measure(
    program: &Program,
    share: CpuShare,
    plan: &Plan,
    mut event: impl AsyncFnMut(usize) -> anyhow::Result<Value>,
    mut check: impl AsyncFnMut(usize, Value) -> anyhow::Result<()>,
) -> anyhow::Result<Measured> {
    let mut environment = Environment::start(program, share).await?;
    let init = environment.init();
    let mut warm = Vec::with_capacity(plan.warm);
    let mut invoke = async |environment: &mut Environment, n: usize| -> anyhow::Result<Duration> {
        let event = event(n).await.with_context(|| format!("event {n} of {}", program.name()))?;
        if n > 0 && !plan.pause.is_zero() {
            tokio::time::sleep(plan.pause).await;
        }
        let answered = environment.invoke(&event).await?;
        check(n, answered.answer).await.with_context(|| format!("answer {n} of {}", program.name()))?;
        Ok(answered.took)
    };
    let first = invoke(&mut environment, 0).await?;
    for n in 1..=plan.warm_up {
        invoke(&mut environment, n).await?;
    }
    let before = environment.cpu().await?;
    for n in (plan.warm_up + 1)..=(plan.warm_up + plan.warm) {
        warm.push(invoke(&mut environment, n).await?);
    }
    let spent = environment.cpu().await?.saturating_sub(before);
    let cpu_per_warm = spent / u32::try_from(plan.warm.max(1))?;
    let peak_bytes = environment.peak_bytes()?;
    environment.end().await?;
    Ok(Measured { init, first, warm, cpu_per_warm, peak_bytes })
}

/// Starts `program` `times` times, one after the other; returns how long each took from exec to its first
/// `GET /next`. One start more, unmeasured, goes first, so that its files are in memory.
pub async fn inits(program: &Program, share: CpuShare, times: usize) -> anyhow::Result<Vec<Duration>> {
    let mut inits = Vec::with_capacity(times);
    for n in 0..=times {
        let environment = Environment::start(program, share).await?;
        if n > 0 {
            inits.push(environment.init());
        }
        environment.end().await?;
    }
    Ok(inits)
}
