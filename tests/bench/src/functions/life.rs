//! The lives of one function at one share of a CPU.

use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;

use super::function::Function;
use super::world::World;
use crate::lambda::{CpuShare, Environment};

/// How often what is done.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    /// Starts, each with a first invocation.
    pub(super) starts: usize,
    /// Invocations of the last start that are not measured.
    pub(super) warm_up: usize,
    /// Invocations of the last start that are.
    pub(super) warm: usize,
    /// Whether the largest job comes behind them, for those that have one.
    pub(super) with_largest: bool,
}

impl Plan {
    /// The start before the measured ones, which brings the program into memory, has an invocation too.
    const fn invocations(self) -> usize {
        1 + self.starts + self.warm_up + self.warm
    }
}

/// What they took.
pub(super) struct Life {
    pub(super) inits: Vec<Duration>,
    pub(super) firsts: Vec<Duration>,
    pub(super) warm: Vec<Duration>,
    pub(super) cpu_per_warm: Duration,
    /// What the largest job took, if there was one.
    pub(super) largest: Option<Duration>,
    pub(super) peak_bytes: u64,
}

/// Starts the build in `folder` as often as planned, in a world of its own. Every answer is checked, and so is
/// its effect.
pub(super) async fn measure(
    function: Function,
    folder: &Path,
    share: CpuShare,
    plan: Plan,
) -> anyhow::Result<Life> {
    let world = World::furnished(function).await?;
    let program = world.program(folder)?;
    let mut feed = Feed::new(&world, plan.invocations()).await?;
    let start = async || Environment::start(&program, share).await;
    let mut unmeasured = start().await?;
    feed.invoke(&mut unmeasured).await?;
    unmeasured.end().await?;

    let (mut inits, mut firsts) = (Vec::new(), Vec::new());
    let mut running = None;
    for _ in 0..plan.starts {
        let mut environment = start().await?;
        inits.push(environment.init());
        firsts.push(feed.invoke(&mut environment).await?);
        if let Some(before) = running.replace(environment) {
            Environment::end(before).await?;
        }
    }
    let mut environment = running.context("nothing was started")?;
    for _ in 0..plan.warm_up {
        feed.invoke(&mut environment).await?;
    }
    let before = environment.cpu().await?;
    let mut warm = Vec::with_capacity(plan.warm);
    for _ in 0..plan.warm {
        warm.push(feed.invoke(&mut environment).await?);
    }
    let spent = environment.cpu().await?.saturating_sub(before);
    let cpu_per_warm = spent / u32::try_from(plan.warm)?;
    let mut largest = None;
    if plan.with_largest
        && let Some(event) = world.largest().await?
    {
        let answered = environment.invoke(&event).await?;
        world.check_largest(&answered.answer).await.context("the largest job")?;
        largest = Some(answered.took);
    }
    let peak_bytes = environment.peak_bytes()?;
    environment.end().await?;
    Ok(Life { inits, firsts, warm, cpu_per_warm, largest, peak_bytes })
}

/// Hands over one event after the other.
struct Feed<'a> {
    world: &'a World,
    ahead: VecDeque<Value>,
    next: usize,
}

impl<'a> Feed<'a> {
    async fn new(world: &'a World, invocations: usize) -> anyhow::Result<Self> {
        let mut ahead = VecDeque::new();
        if world.function.is_fed_ahead() {
            for n in 0..invocations {
                ahead.push_back(world.event(n).await?);
            }
        }
        Ok(Self { world, ahead, next: 0 })
    }

    async fn invoke(&mut self, environment: &mut Environment) -> anyhow::Result<Duration> {
        let n = self.next;
        self.next += 1;
        let event = match self.ahead.pop_front() {
            Some(event) => event,
            None => self.world.event(n).await?,
        };
        let answered = environment.invoke(&event).await?;
        self.world.check(n, &answered.answer).await.with_context(|| format!("invocation {n}"))?;
        Ok(answered.took)
    }
}
