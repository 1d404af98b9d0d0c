//! Wires `pending-sweep`.

use lambda_runtime::{Error, LambdaEvent};
use madoguchi_domain::Span;
use madoguchi_runtime::{Aws, Env, Function, Queue};
use madoguchi_store::{Deliveries, Directory, Inbox};
use pending_sweep::Sweeper;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("pending_sweep");
    let mut env = Env::from_process();
    let tables = (env.inbox_table(), env.directory_table());
    let queues = (env.outbound_queue_url(), env.profiles_queue_url(), env.media_queue_url());
    let webhooks = (env.deliveries_table(), env.webhooks_queue_url(), env.assignment_queue_url());
    let config = (tables, queues, webhooks, env.notify_queue_url(), env.aws());
    let ((inbox, directory), (outbound, profiles, media), (deliveries, webhooks, assignment), notify, aws) =
        env.finish(config)?;
    let aws = Aws::new(aws)?;
    let sweeper = Sweeper::new(
        Inbox::new(aws.dynamodb(), inbox),
        Directory::new(aws.dynamodb(), directory),
        Queue::new(aws.sqs(), outbound),
        Queue::new(aws.sqs(), profiles),
        Queue::new(aws.sqs(), media),
    )
    .telling(Deliveries::new(aws.dynamodb(), deliveries.clone()), Queue::new(aws.sqs(), webhooks))
    .notifying(Deliveries::new(aws.dynamodb(), deliveries), Queue::new(aws.sqs(), notify))
    .assigning(Queue::new(aws.sqs(), assignment));
    let (clock, metrics) = (function.clock(), function.metrics());
    function
        .run(async |_: LambdaEvent<Value>| {
            let swept = sweeper.sweep(clock.now()).await?;
            // Nearly every sweep finds nothing, and every value that is written is paid for.
            let counts = [
                ("ConversationsSwept", swept.conversations),
                ("ProfilesSwept", swept.profiles),
                ("FilesSwept", swept.files),
                ("PicturesSwept", swept.pictures),
                ("WebhookDeliveriesSwept", swept.deliveries),
                ("AssignmentsSwept", swept.assignments),
                ("NotificationEmailsSwept", swept.emails),
                ("RepliesHeld", swept.held),
            ];
            for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
                metrics.count(name, count);
            }
            if swept.oldest_ms > 0 {
                metrics.duration("OldestPendingReply", Span::from_ms(swept.oldest_ms));
            }
            Ok::<_, Error>(())
        })
        .await
}
