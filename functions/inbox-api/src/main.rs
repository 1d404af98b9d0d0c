//! Wires `inbox-api`.

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use lambda_http::Error;
use madoguchi_api::{Api, RolesClaim, answering, once, request_id, routes};
use madoguchi_runtime::{Aws, Env, Function};
use madoguchi_store::{Audit, ChannelCache, Directory, Inbox, Requests, SenderCache};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("inbox_api");
    let mut env = Env::from_process();
    let tables = (env.inbox_table(), env.directory_table(), env.requests_table());
    let roles = RolesClaim::new(env.roles_claim());
    let audit = (env.audit_table(), env.audit_retention());
    let config = (tables, audit, env.media_bucket(), env.mail_from(), env.aws());
    let ((inbox, directory, requests), (audit, keep), bucket, mail_from, aws) = env.finish(config)?;

    let aws = Aws::new(aws)?;
    let directory = Directory::new(aws.dynamodb(), directory);
    let api = Api {
        inbox: Inbox::new(aws.dynamodb(), inbox),
        channels: ChannelCache::new(directory.clone()).into(),
        senders: SenderCache::new(directory.clone()).into(),
        directory,
        bucket: aws.bucket(bucket, function.clock()),
        clock: function.clock(),
        audit: Audit::new(aws.dynamodb(), audit, keep),
        mail: mail_from.is_some(),
    };
    let routes = once(routes(api), Requests::new(aws.dynamodb(), requests), function.clock());
    let invocation = from_fn(move |request: Request, next: Next| {
        let function = function.clone();
        async move {
            let id = request_id(request.extensions()).to_owned();
            function.invocation(&id, next.run(request)).await
        }
    });
    lambda_http::run(answering(routes, roles).layer(invocation)).await
}
