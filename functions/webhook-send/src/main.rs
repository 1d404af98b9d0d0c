//! Wires `webhook-send`.

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent};
use madoguchi_runtime::batch::{Invocation, process};
use madoguchi_runtime::outgoing::Receivers;
use madoguchi_runtime::signature::WebhookKeys;
use madoguchi_runtime::{Aws, Env, Function, Queue, SecretCache, deadline};
use madoguchi_store::{Deliveries, Directory, Inbox};
use webhook_send::WebhookSender;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("webhook_send");
    let mut env = Env::from_process();
    let tables = (env.inbox_table(), env.directory_table(), env.deliveries_table());
    let webhooks = (env.webhooks_queue_url(), env.secret_prefix(), env.webhooks_to_loopback());
    let config = (tables, webhooks, env.aws());
    let ((inbox, directory, deliveries), (queue, prefix, loopback), aws) = env.finish(config)?;
    let aws = Aws::new(aws)?;
    let clock = function.clock();
    let sender = WebhookSender::new(
        Inbox::new(aws.dynamodb(), inbox),
        Directory::new(aws.dynamodb(), directory),
        Deliveries::new(aws.dynamodb(), deliveries),
        Queue::new(aws.sqs(), queue),
        WebhookKeys::new(SecretCache::new(aws.secrets(), clock.clone()), &prefix),
        Receivers::new(loopback)?,
        clock.clone(),
        function.metrics(),
    );
    function
        .run(async |event: LambdaEvent<SqsEvent>| {
            let invocation = Invocation { deadline: deadline(&event.context), clock: &clock, queue: None };
            let response = process(event.payload, invocation, async |record| {
                Ok(sender.handle(record.body.as_deref().unwrap_or_default()).await?)
            });
            Ok::<_, Error>(response.await)
        })
        .await
}
