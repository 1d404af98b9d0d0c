//! One execution environment: a process and the Runtime API that feeds it.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use super::process::Process;
use super::runtime_api::{Heard, Next, RuntimeApi};
use super::share::CpuShare;
use super::{Program, share};

/// Longer than the slowest runtime needs at the smallest share.
const START_TIMEOUT: Duration = Duration::from_mins(1);
/// What an invocation may take beyond its function's own time-out, for a machine that is busy.
const GRACE: Duration = Duration::from_secs(10);
/// After asking for the next event a runtime still does a little work; then it sleeps.
const FALL_ASLEEP: Duration = Duration::from_millis(3);

/// A program that runs and waits for its next event. Dropping it ends the process.
pub struct Environment {
    name: String,
    timeout: Duration,
    api: RuntimeApi,
    process: Process,
    init: Duration,
    waiting: Option<Next>,
}

/// What came of an invocation.
#[derive(Clone, Debug)]
pub struct Answered {
    /// What the function returned.
    pub answer: Value,
    /// From the event's being handed over to the answer's having arrived.
    pub took: Duration,
}

impl Environment {
    /// Starts `program` in a group of its own with the CPU time of `share`, and waits until it asks for its
    /// first event.
    pub async fn start(program: &Program, share: CpuShare) -> anyhow::Result<Self> {
        let api = RuntimeApi::start(program.timeout).await?;
        let group = share::Group::create(share)?;
        let (process, started_at) = Process::start(program, api.address(), group, share.rest()).await?;
        let mut environment = Self {
            name: program.name().to_owned(),
            timeout: program.timeout,
            api,
            process,
            init: Duration::ZERO,
            waiting: None,
        };
        let asked_at = match timeout(START_TIMEOUT, environment.wait()).await {
            Ok(asked_at) => asked_at?,
            Err(_) => {
                bail!("{}: not ready in {START_TIMEOUT:?}{}", environment.name, environment.process.said())
            }
        };
        environment.init = asked_at.duration_since(started_at);
        Ok(environment)
    }

    /// From exec to the first `GET /next`.
    pub fn init(&self) -> Duration {
        self.init
    }

    /// Hands `event` over as soon as the program waits for it, and waits for the answer.
    ///
    /// An error reported by the function is an error here, and so is silence beyond its time-out.
    pub async fn invoke(&mut self, event: &Value) -> anyhow::Result<Answered> {
        let within = self.timeout + GRACE;
        match timeout(within, self.invoke_unbounded(event)).await {
            Ok(answered) => answered,
            Err(_) => bail!("{}: no answer in {within:?}{}", self.name, self.process.said()),
        }
    }

    /// CPU time that the process has used so far, once it waits for its next event.
    pub async fn cpu(&mut self) -> anyhow::Result<Duration> {
        timeout(GRACE, self.wait()).await.with_context(|| format!("{} asks for no event", self.name))??;
        sleep(FALL_ASLEEP).await;
        self.process.cpu()
    }

    /// The largest resident set so far.
    pub fn peak_bytes(&self) -> anyhow::Result<u64> {
        self.process.peak_bytes()
    }

    /// What the program has printed so far.
    pub fn output(&self) -> String {
        self.process.output()
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Ends the process.
    pub async fn end(self) -> anyhow::Result<()> {
        self.process.end().await
    }

    async fn invoke_unbounded(&mut self, event: &Value) -> anyhow::Result<Answered> {
        self.wait().await?;
        let next = self.waiting.take().context("it waits")?;
        let id = next.hand_over(serde_json::to_vec(event)?)?;
        let mut handed_over_at = None;
        loop {
            match self.hear().await? {
                Heard::HandedOver(at) => handed_over_at = Some(at),
                Heard::Answer { id: answered, at, body } if answered == id => {
                    let answer = serde_json::from_slice(&body).context("the answer is not JSON")?;
                    let from = handed_over_at.context("answered before it was asked")?;
                    return Ok(Answered { answer, took: at.duration_since(from) });
                }
                Heard::Failure { body, .. } => {
                    bail!("{} failed: {}{}", self.name, String::from_utf8_lossy(&body), self.process.said())
                }
                Heard::Answer { .. } | Heard::Next(_) => bail!("{} answered out of turn", self.name),
            }
        }
    }

    /// Waits until the program asks for an event; returns when it did.
    async fn wait(&mut self) -> anyhow::Result<Instant> {
        if let Some(next) = &self.waiting {
            return Ok(next.at);
        }
        match self.hear().await? {
            Heard::Next(next) => Ok(self.waiting.insert(next).at),
            Heard::Failure { body, .. } => {
                bail!("{} failed: {}{}", self.name, String::from_utf8_lossy(&body), self.process.said())
            }
            Heard::HandedOver(_) | Heard::Answer { .. } => bail!("{} answered out of turn", self.name),
        }
    }

    async fn hear(&mut self) -> anyhow::Result<Heard> {
        tokio::select! {
            biased;
            heard = self.api.hear() => heard,
            status = self.process.ended() => {
                bail!("{} ended by itself: {}{}", self.name, status?, self.process.said())
            }
        }
    }
}
