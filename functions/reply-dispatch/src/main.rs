//! Wires `reply-dispatch`.

use std::time::Duration;

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent};
use madoguchi_channels::ProviderHttp;
use madoguchi_credentials::{Credentials, SecretNames};
use madoguchi_runtime::batch::{Invocation, process};
use madoguchi_runtime::http::provider_client;
use madoguchi_runtime::{Aws, Env, Function, Queue, SecretCache, deadline};
use madoguchi_store::{Directory, Inbox};
use reply_dispatch::Dispatcher;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("reply_dispatch");
    let mut env = Env::from_process();
    let tables = (env.inbox_table(), env.directory_table());
    let providers = (env.providers(), env.public_base_url());
    let config = (tables, env.outbound_queue_url(), env.secret_prefix(), providers, env.aws());
    let ((inbox, directory), outbound, prefix, (providers, public), aws) = env.finish(config)?;
    let aws = Aws::new(aws)?;
    let (clock, metrics) = (function.clock(), function.metrics());
    // A token, a call and its repeat fit the 30 seconds that the function has.
    let http = ProviderHttp::new(provider_client()?).with_timeout(Duration::from_secs(8));
    let secrets = SecretCache::new(aws.secrets(), clock.clone());
    let credentials =
        Credentials::new(secrets, SecretNames::new(prefix), http.clone(), &*providers.line_base_url);
    let dispatcher = Dispatcher::new(
        Inbox::new(aws.dynamodb(), inbox),
        Directory::new(aws.dynamodb(), directory),
        credentials,
        http,
        providers,
        public,
        clock.clone(),
        metrics,
    );
    let outbound = Queue::new(aws.sqs(), outbound);
    function
        .run(async |event: LambdaEvent<SqsEvent>| {
            let deadline = deadline(&event.context);
            let invocation = Invocation { deadline, clock: &clock, queue: Some(&outbound) };
            let response = process(event.payload, invocation, async |record| {
                dispatcher.record(record.body.as_deref().unwrap_or_default(), deadline).await
            });
            Ok::<_, Error>(response.await)
        })
        .await
}
