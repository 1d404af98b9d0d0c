//! Wires `inbox-writer`.

use aws_lambda_events::sqs::SqsEvent;
use inbox_writer::Writer;
use lambda_runtime::{Error, LambdaEvent};
use madoguchi_runtime::batch::{Invocation, process};
use madoguchi_runtime::{Aws, Env, Function, deadline};
use madoguchi_store::{ChannelCache, Directory, Inbox};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("inbox_writer");
    let mut env = Env::from_process();
    let config = (env.inbox_table(), env.directory_table(), env.providers(), env.aws());
    let (inbox, directory, providers, aws) = env.finish(config)?;
    let dynamodb = Aws::new(aws)?.dynamodb();
    let channels = ChannelCache::new(Directory::new(dynamodb.clone(), directory));
    let inbox = Inbox::new(dynamodb, inbox);
    let writer = Writer::new(inbox, channels, providers.page_inbox_app_ids, function.metrics());
    let clock = function.clock();
    function
        .run(async |event: LambdaEvent<SqsEvent>| {
            let invocation = Invocation { deadline: deadline(&event.context), clock: &clock, queue: None };
            let response = process(event.payload, invocation, async |record| {
                Ok(writer.handle(record.body.as_deref().unwrap_or_default(), clock.now()).await?)
            });
            Ok::<_, Error>(response.await)
        })
        .await
}
