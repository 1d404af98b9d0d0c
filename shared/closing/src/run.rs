//! A closer as a Lambda function.

use lambda_runtime::{Error, LambdaEvent};
use madoguchi_domain::deadline::DeadlineKind;
use madoguchi_domain::{Span, Timestamp};
use madoguchi_runtime::{Aws, Env, Function, deadline};
use madoguchi_store::{Directory, Inbox};
use serde_json::Value;

use crate::Closer;

/// What is not closed this long before the function's end is left to the next tick.
pub const RESERVE: Span = Span::from_secs(5);

/// Runs the closer of `kind` as the function `name`, until Lambda ends the environment.
pub async fn run(name: &'static str, kind: DeadlineKind) -> Result<(), Error> {
    let function = Function::start(name);
    let mut env = Env::from_process();
    let config = (env.inbox_table(), env.directory_table(), env.aws());
    let (inbox, directory, aws) = env.finish(config)?;
    let dynamodb = Aws::new(aws)?.dynamodb();
    let closer = Closer::new(Inbox::new(dynamodb.clone(), inbox), Directory::new(dynamodb, directory));
    let (clock, metrics) = (function.clock(), function.metrics());
    function
        .run(async |event: LambdaEvent<Value>| {
            let stop_at: Timestamp = deadline(&event.context) - RESERVE;
            let out_of_time = || clock.now() >= stop_at;
            // Boxed: the compiler gives up on the layout of so many futures inside each other.
            let report = Box::pin(closer.tick(kind, clock.now(), &out_of_time)).await?;
            // Nearly every tick finds nothing, and every value that is written is paid for.
            let moved = report.rearmed + report.disarmed;
            let counts = [
                ("ConversationsClosed", report.closed),
                ("FarewellsQueued", report.farewells),
                ("DeadlinesRearmed", moved),
                ("ClosesContended", report.contended),
            ];
            for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
                metrics.count(name, count);
            }
            if report.closed > 0 {
                metrics.duration("CloseLag", Span::from_ms(report.longest_lag_ms));
            }
            if report.interrupted {
                tracing::warn!(?report, "The tick ended before its work");
            }
            if report.failed > 0 {
                return Err(format!("{} parts of the tick failed", report.failed).into());
            }
            Ok::<_, Error>(())
        })
        .await
}
