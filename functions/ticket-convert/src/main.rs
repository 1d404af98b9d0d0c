//! Wires `ticket-convert`.

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent};
use madoguchi_domain::{Span, Timestamp};
use madoguchi_runtime::batch::{Invocation, process};
use madoguchi_runtime::{Aws, Env, Function, deadline};
use madoguchi_store::{Directory, Inbox};
use serde_json::Value;
use ticket_convert::Tickets;

/// What is not started this long before the function's end is left to the next tick.
const RESERVE: Span = Span::from_secs(5);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("ticket_convert");
    let mut env = Env::from_process();
    let config = (env.inbox_table(), env.directory_table(), env.aws());
    let (inbox, directory, aws) = env.finish(config)?;
    let dynamodb = Aws::new(aws)?.dynamodb();
    let tickets = Tickets::new(Inbox::new(dynamodb.clone(), inbox), Directory::new(dynamodb, directory));
    let (clock, metrics) = (function.clock(), function.metrics());
    function
        .run(async |event: LambdaEvent<Value>| {
            // Two things wake it: messages of its queue, and a schedule, whose event says nothing.
            if event.payload.get("Records").is_some() {
                let batch: SqsEvent = serde_json::from_value(event.payload)?;
                let invocation =
                    Invocation { deadline: deadline(&event.context), clock: &clock, queue: None };
                let response = process(batch, invocation, async |record| {
                    tickets.handle(&record.body.unwrap_or_default(), clock.now()).await?;
                    Ok(())
                });
                return Ok::<_, Error>(serde_json::to_value(response.await)?);
            }
            let stop_at: Timestamp = deadline(&event.context) - RESERVE;
            let report = Box::pin(tickets.tick(clock.now(), &|| clock.now() >= stop_at)).await;
            // Nearly every tick finds nothing, and every value that is written is paid for.
            let counts = [("TicketsMade", report.converted), ("TicketMessagesFound", report.found)];
            for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
                metrics.count(name, count);
            }
            if report.interrupted {
                tracing::warn!(?report, "The tick ended before its work");
            }
            if report.failed > 0 {
                return Err(format!("{} parts of the tick failed", report.failed).into());
            }
            Ok(Value::Null)
        })
        .await
}
