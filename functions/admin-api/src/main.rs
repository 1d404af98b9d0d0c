//! Wires `admin-api`.

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use lambda_http::Error;
use madoguchi_api::{
    AdminApi, RolesClaim, WebhooksApi, admin_routes, answering, once, request_id, webhook_routes,
};
use madoguchi_runtime::signature::WebhookKeys;
use madoguchi_runtime::{Aws, Env, Function, Queue, SecretCache, SecretWriter};
use madoguchi_store::{Audit, Deliveries, Directory, Inbox, Requests};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("admin_api");
    let mut env = Env::from_process();
    let tables = (env.inbox_table(), env.directory_table(), env.requests_table());
    let roles = RolesClaim::new(env.roles_claim());
    let audit = (env.audit_table(), env.audit_retention());
    let places = (env.inbound_queue_url(), env.media_bucket());
    let webhooks = (env.deliveries_table(), env.webhooks_queue_url(), env.webhooks_to_loopback());
    let config = (tables, audit, places, webhooks, env.secret_prefix(), env.aws());
    let ((inbox, directory, requests), (audit, keep), (inbound, bucket), webhooks, secret_prefix, aws) =
        env.finish(config)?;
    let (deliveries, webhooks, loopback) = webhooks;
    let aws = Aws::new(aws)?;
    let told = WebhooksApi {
        directory: Directory::new(aws.dynamodb(), directory.clone()),
        deliveries: Deliveries::new(aws.dynamodb(), deliveries),
        queue: Queue::new(aws.sqs(), webhooks),
        keys: WebhookKeys::new(SecretCache::new(aws.secrets(), function.clock()), &secret_prefix),
        audit: Audit::new(aws.dynamodb(), audit.clone(), keep),
        clock: function.clock(),
        loopback,
    };
    let api = AdminApi {
        inbox: Inbox::new(aws.dynamodb(), inbox),
        directory: Directory::new(aws.dynamodb(), directory),
        secrets: SecretWriter::new(aws.secrets()),
        inbound: Queue::new(aws.sqs(), inbound),
        bucket: aws.bucket(bucket, function.clock()),
        clock: function.clock(),
        secret_prefix,
        audit: Audit::new(aws.dynamodb(), audit, keep),
    };
    let routes = admin_routes(api).merge(webhook_routes(told));
    let routes = once(routes, Requests::new(aws.dynamodb(), requests), function.clock());
    let invocation = from_fn(move |request: Request, next: Next| {
        let function = function.clone();
        async move {
            let id = request_id(request.extensions()).to_owned();
            function.invocation(&id, next.run(request)).await
        }
    });
    lambda_http::run(answering(routes, roles).layer(invocation)).await
}
