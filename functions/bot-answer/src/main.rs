//! Wires `bot-answer`.

use aws_lambda_events::sqs::SqsEvent;
use bot_answer::BotAnswerer;
use lambda_runtime::{Error, LambdaEvent};
use madoguchi_runtime::batch::{Invocation, process};
use madoguchi_runtime::outgoing::Receivers;
use madoguchi_runtime::signature::WebhookKeys;
use madoguchi_runtime::{Aws, Env, Function, SecretCache, deadline};
use madoguchi_store::{ChannelCache, Directory, Inbox};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("bot_answer");
    let mut env = Env::from_process();
    let tables = (env.inbox_table(), env.directory_table());
    let config = (tables, env.secret_prefix(), env.webhooks_to_loopback(), env.aws());
    let ((inbox, directory), prefix, loopback, aws) = env.finish(config)?;
    let aws = Aws::new(aws)?;
    let clock = function.clock();
    let answerer = BotAnswerer::new(
        Inbox::new(aws.dynamodb(), inbox),
        ChannelCache::new(Directory::new(aws.dynamodb(), directory)),
        WebhookKeys::new(SecretCache::new(aws.secrets(), clock.clone()), &prefix),
        Receivers::new(loopback)?,
        clock.clone(),
        function.metrics(),
    );
    function
        .run(async |event: LambdaEvent<SqsEvent>| {
            let invocation = Invocation { deadline: deadline(&event.context), clock: &clock, queue: None };
            let response = process(event.payload, invocation, async |record| {
                Ok(answerer.handle(record.body.as_deref().unwrap_or_default()).await?)
            });
            Ok::<_, Error>(response.await)
        })
        .await
}
