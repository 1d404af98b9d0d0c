//! Wires `scheduled-send`.

use lambda_runtime::{Error, LambdaEvent};
use madoguchi_domain::{Span, Timestamp};
use madoguchi_runtime::{Aws, Env, Function, deadline};
use madoguchi_store::{Directory, Inbox};
use scheduled_send::Scheduler;
use serde_json::Value;

/// What is not started this long before the function's end is left to the next tick.
const RESERVE: Span = Span::from_secs(5);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("scheduled_send");
    let mut env = Env::from_process();
    let config = (env.inbox_table(), env.directory_table(), env.aws());
    let (inbox, directory, aws) = env.finish(config)?;
    let dynamodb = Aws::new(aws)?.dynamodb();
    let scheduler = Scheduler::new(Inbox::new(dynamodb.clone(), inbox), Directory::new(dynamodb, directory));
    let (clock, metrics) = (function.clock(), function.metrics());
    function
        .run(async |event: LambdaEvent<Value>| {
            let stop_at: Timestamp = deadline(&event.context) - RESERVE;
            let out_of_time = || clock.now() >= stop_at;
            // Boxed: the compiler gives up on the layout of so many futures inside each other.
            let report = Box::pin(scheduler.tick(clock.now(), &out_of_time)).await;
            // Nearly every tick finds nothing, and every value that is written is paid for.
            let counts = [
                ("ScheduledRepliesQueued", report.queued),
                ("ScheduledRepliesDropped", report.dropped),
                ("WindowRemindersQueued", report.reminded),
                ("IdleWarningsQueued", report.warned),
                ("ConversationsWoken", report.woken),
            ];
            for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
                metrics.count(name, count);
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
