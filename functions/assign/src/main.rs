//! Wires `assign`.

use assign::Assigner;
use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent};
use madoguchi_domain::Span;
use madoguchi_runtime::batch::{Invocation, process};
use madoguchi_runtime::{Aws, Env, Function, Queue, deadline};
use madoguchi_store::{Directory, Inbox};

/// What is not started this long before the function's end is left to the next message.
const RESERVE: Span = Span::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("assign");
    let mut env = Env::from_process();
    let config = (env.inbox_table(), env.directory_table(), env.assignment_queue_url(), env.aws());
    let (inbox, directory, queue, aws) = env.finish(config)?;
    let aws = Aws::new(aws)?;
    let clock = function.clock();
    let assigner = Assigner::new(
        Inbox::new(aws.dynamodb(), inbox),
        Directory::new(aws.dynamodb(), directory),
        Queue::new(aws.sqs(), queue),
        clock.clone(),
        function.metrics(),
    );
    function
        .run(async |event: LambdaEvent<SqsEvent>| {
            let deadline = deadline(&event.context);
            let invocation = Invocation { deadline, clock: &clock, queue: None };
            let answer = process(event.payload, invocation, async |record| {
                let body = record.body.unwrap_or_default();
                Ok(Box::pin(assigner.handle(&body, deadline - RESERVE)).await?)
            });
            Ok::<_, Error>(answer.await)
        })
        .await
}
