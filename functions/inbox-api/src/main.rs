//! Lambda entry point of the API.

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use inbox_api::{Api, request_id, router};
use lambda_http::Error;
use madoguchi_runtime::{Aws, Env, Function, Queue, SecretWriter};
use madoguchi_store::{ChannelCache, Directory, Inbox, SenderCache};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("inbox_api");
    let mut env = Env::from_process();
    let tables = (env.inbox_table(), env.directory_table());
    let (inbound, secret_prefix, aws) = (env.inbound_queue_url(), env.secret_prefix(), env.aws());
    let bucket = env.media_bucket();
    let ((inbox, directory), inbound, bucket, secret_prefix, aws) =
        env.finish((tables, inbound, bucket, secret_prefix, aws))?;

    let aws = Aws::new(aws)?;
    let directory = Directory::new(aws.dynamodb(), directory);
    let api = Api {
        inbox: Inbox::new(aws.dynamodb(), inbox),
        channels: ChannelCache::new(directory.clone()).into(),
        senders: SenderCache::new(directory.clone()).into(),
        directory,
        secrets: SecretWriter::new(aws.secrets()),
        inbound: Queue::new(aws.sqs(), inbound),
        bucket: aws.bucket(bucket, function.clock()),
        clock: function.clock(),
        secret_prefix,
    };
    let invocation = from_fn(move |request: Request, next: Next| {
        let function = function.clone();
        async move {
            let id = request_id(request.extensions()).to_owned();
            function.invocation(&id, next.run(request)).await
        }
    });
    lambda_http::run(router(api).layer(invocation)).await
}
