//! Wires `report-writer`.

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent};
use madoguchi_runtime::{Aws, Env, Function};
use madoguchi_store::{Directory, Inbox, Reports};
use report_writer::{Counter, Watcher};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("report_writer");
    let mut env = Env::from_process();
    let tables = (env.inbox_table(), env.directory_table(), env.reports_table());
    let config = (tables, env.reports_retention(), env.aws());
    let ((inbox, directory, reports), keep, aws) = env.finish(config)?;
    let aws = Aws::new(aws)?;
    let reports = Reports::new(aws.dynamodb(), reports, keep);
    let counter = Counter::new(reports.clone(), function.clock());
    let (inbox, directory) = (Inbox::new(aws.dynamodb(), inbox), Directory::new(aws.dynamodb(), directory));
    let watcher = Watcher::new(inbox, directory, reports);
    let clock = function.clock();
    function
        .run(async |event: LambdaEvent<Value>| {
            // The queue's batches have records; the schedule's ticks have none.
            if event.payload.get("Records").is_none() {
                watcher.look(clock.now()).await?;
                return Ok(Value::Null);
            }
            let batch: SqsEvent = serde_json::from_value(event.payload)?;
            Ok::<_, Error>(serde_json::to_value(counter.batch(batch).await)?)
        })
        .await
}
