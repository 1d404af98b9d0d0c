//! Wires `media-fetch`.

use std::time::Duration;

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent};
use madoguchi_channels::ProviderHttp;
use madoguchi_credentials::{Credentials, SecretNames};
use madoguchi_runtime::batch::{Invocation, process};
use madoguchi_runtime::http::provider_client;
use madoguchi_runtime::{Aws, Env, Function, Queue, SecretCache, deadline};
use madoguchi_store::{Directory, Inbox};
use media_fetch::{Addresses, MediaFetcher};

/// A whole file: 500 MB at 3 MB a second. Less than the function may run, so that a slow one ends cleanly.
const DOWNLOAD_TIMEOUT: Duration = Duration::from_secs(170);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("media_fetch");
    let mut env = Env::from_process();
    let tables = (env.inbox_table(), env.directory_table());
    let media = (env.media_queue_url(), env.media_bucket(), env.line_data_base_url());
    let config = (tables, media, env.secret_prefix(), env.providers(), env.aws());
    let ((inbox, directory), (queue, bucket, line_data), prefix, providers, aws) = env.finish(config)?;
    let aws = Aws::new(aws)?;
    let (clock, metrics) = (function.clock(), function.metrics());
    let http = ProviderHttp::new(provider_client()?);
    let secrets = SecretCache::new(aws.secrets(), clock.clone());
    let credentials =
        Credentials::new(secrets, SecretNames::new(prefix), http.clone(), &*providers.line_base_url);
    let fetcher = MediaFetcher::new(
        Inbox::new(aws.dynamodb(), inbox),
        Directory::new(aws.dynamodb(), directory),
        credentials,
        http.with_timeout(DOWNLOAD_TIMEOUT),
        Addresses {
            profiles: vec![providers.graph_base_url.clone(), providers.line_base_url],
            graph: providers.graph_base_url,
            line_data,
            twilio: providers.twilio_base_url,
        },
        aws.bucket(bucket, clock.clone()),
        clock.clone(),
        metrics,
    );
    let queue = Queue::new(aws.sqs(), queue);
    function
        .run(async |event: LambdaEvent<SqsEvent>| {
            let invocation =
                Invocation { deadline: deadline(&event.context), clock: &clock, queue: Some(&queue) };
            let response = process(event.payload, invocation, async |record| {
                fetcher.record(record.body.as_deref().unwrap_or_default()).await
            });
            Ok::<_, Error>(response.await)
        })
        .await
}
