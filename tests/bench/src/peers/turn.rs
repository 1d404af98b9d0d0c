//! One turn of one contestant: a fresh process, its first webhook, webhooks back to back, webhooks now and then.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use madoguchi_domain::Party;
use tokio::time::{MissedTickBehavior, interval};

use super::contestant::Contestant;
use super::proof::{check, status};
use super::stand_in::StandIn;
use super::webhook::{Sent, Webhook, user};
use crate::lambda::{CpuShare, Environment};

/// Starts of which the median is a turn's: the first one of a turn finds the caches as the contestant before left them.
pub(super) const STARTS: usize = 5;
/// Neither the first nor measured: connections are open and caches filled afterwards.
pub(super) const WARM_UP: u64 = 20;
/// Measured without a pause between them.
pub(super) const BACK_TO_BACK: u64 = 300;
/// Measured with a pause between them.
pub(super) const PACED: u64 = 40;
/// From one paced webhook to the next.
pub(super) const PACE: Duration = Duration::from_millis(50);

/// What one turn took.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    /// From exec to the first request for an event: the median of [`STARTS`] processes.
    pub(super) init: Duration,
    /// The first invocation.
    pub(super) first: Duration,
    /// Invocations back to back.
    pub(super) back_to_back: Vec<Duration>,
    /// Invocations [`PACE`] apart.
    pub(super) paced: Vec<Duration>,
    /// CPU time per invocation back to back.
    pub(super) cpu_back_to_back: Duration,
    /// CPU time per invocation [`PACE`] apart, pauses included.
    pub(super) cpu_paced: Duration,
    /// The largest resident set.
    pub(super) peak_bytes: u64,
}

struct Running<'a> {
    contestant: &'a Contestant,
    aws: &'a StandIn,
    process: Environment,
    number: u64,
}

/// Takes a turn.
pub(super) async fn measure(contestant: &Contestant, aws: &StandIn) -> anyhow::Result<Turn> {
    let mut process = Environment::start(&contestant.program, CpuShare::Full).await?;
    let mut inits = vec![process.init()];
    while inits.len() < STARTS {
        process.end().await?;
        process = Environment::start(&contestant.program, CpuShare::Full).await?;
        inits.push(process.init());
    }
    inits.sort_unstable();
    let init = inits[STARTS / 2];
    let mut running = Running { contestant, aws, process, number: 0 };
    let first = running.invoke().await?;
    running.warm(WARM_UP, None).await?;
    let (back_to_back, cpu_back_to_back) = running.warm(BACK_TO_BACK, None).await?;
    let (paced, cpu_paced) = running.warm(PACED, Some(PACE)).await?;
    let peak_bytes = running.process.peak_bytes()?;
    running.process.end().await?;
    Ok(Turn { init, first, back_to_back, paced, cpu_back_to_back, cpu_paced, peak_bytes })
}

impl Running<'_> {
    /// Several invocations; returns how long each took, and the CPU time per invocation.
    async fn warm(
        &mut self,
        times: u64,
        pace: Option<Duration>,
    ) -> anyhow::Result<(Vec<Duration>, Duration)> {
        let mut clock = pace.map(|pace| {
            let mut clock = interval(pace);
            clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
            clock
        });
        let mut took = Vec::new();
        let before = self.process.cpu().await?;
        for _ in 0..times {
            if let Some(clock) = &mut clock {
                clock.tick().await;
            }
            took.push(self.invoke().await?);
        }
        let spent = self.process.cpu().await?.saturating_sub(before);
        Ok((took, spent / u32::try_from(times)?))
    }

    /// One webhook with one text, which must be queued.
    async fn invoke(&mut self) -> anyhow::Result<Duration> {
        self.number += 1;
        let sent = [Sent::text(Party::User(user(self.number % 50)), self.number)];
        let answered = self.process.invoke(&Webhook::new(&sent).request()).await?;
        let case = || format!("webhook {}", self.number);
        ensure!(status(&answered.answer) == 200, "{}: answered {}", case(), status(&answered.answer));
        check(self.contestant, self.aws, &sent).with_context(case)?;
        Ok(answered.took)
    }
}
