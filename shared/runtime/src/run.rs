//! Starts a function and surrounds each of its invocations.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lambda_runtime::{Context, Error, LambdaEvent, Runtime, service_fn};
use madoguchi_domain::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Clock, Metrics, log};

/// A running function: its name, its clock, its metrics.
#[derive(Clone, Debug)]
pub struct Function {
    clock: Clock,
    metrics: Metrics,
    warm: Arc<AtomicBool>,
}

impl Function {
    /// Starts logging. `name` is the crate's name with underscores; it selects what is logged and
    /// is, outside Lambda, the metrics' `Function` dimension; there it is the deployed function's name.
    pub fn start(name: &'static str) -> Self {
        log::init(name);
        // The deployed name tells stacks of one account apart; there is one per process, so it may leak.
        let deployed = std::env::var("AWS_LAMBDA_FUNCTION_NAME").ok().filter(|name| !name.is_empty());
        let metrics = Metrics::new(deployed.map_or(name, |deployed| deployed.leak()));
        Self { clock: Clock::system(), metrics, warm: Arc::default() }
    }

    /// The wall clock.
    pub fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// What the function counts into; flushed after each invocation.
    pub fn metrics(&self) -> Metrics {
        self.metrics.clone()
    }

    /// Takes invocations until Lambda ends the environment.
    pub async fn run<A, R, H>(&self, handler: H) -> Result<(), Error>
    where
        A: DeserializeOwned,
        R: Serialize,
        H: AsyncFn(LambdaEvent<A>) -> Result<R, Error>,
    {
        let service = service_fn(async |event: LambdaEvent<A>| {
            let request_id = event.context.request_id.clone();
            self.invocation(&request_id, handler(event)).await
        });
        Runtime::new(service).run().await
    }

    /// Runs `work` as one invocation: its log lines carry the request id and whether the
    /// environment is new, and its metrics are written at the end.
    pub async fn invocation<T>(&self, request_id: &str, work: impl Future<Output = T>) -> T {
        log::begin(request_id, !self.warm.swap(true, Ordering::Relaxed));
        let result = work.await;
        self.metrics.flush(self.clock.now());
        result
    }
}

/// When Lambda will end the invocation of `context`.
pub fn deadline(context: &Context) -> Timestamp {
    Timestamp::from_ms(i64::try_from(context.deadline).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_invocation_is_the_cold_one_and_metrics_do_not_pile_up() {
        let function =
            Function { clock: Clock::system(), metrics: Metrics::new("test"), warm: Arc::default() };
        for _ in 0..2 {
            let counted = function
                .invocation("r-1", async {
                    function.metrics().count("Runs", 1);
                    function.metrics().counted("Runs")
                })
                .await;
            assert_eq!(counted, 1);
            assert!(function.warm.load(Ordering::Relaxed));
        }
    }

    #[test]
    fn the_deadline_is_in_milliseconds() {
        let mut context = Context::default();
        context.deadline = 1_700_000_000_123;
        assert_eq!(deadline(&context), Timestamp::from_ms(1_700_000_000_123));
    }
}
