//! Wires `admin-api`.

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use lambda_http::Error;
use madoguchi_api::{AdminApi, RolesClaim, admin_routes, answering, request_id};
use madoguchi_runtime::{Aws, Env, Function, Queue, SecretWriter};
use madoguchi_store::{Audit, Directory, Inbox};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("admin_api");
    let mut env = Env::from_process();
    let tables = (env.inbox_table(), env.directory_table());
    let roles = RolesClaim::new(env.roles_claim());
    let audit = (env.audit_table(), env.audit_retention());
    let places = (env.inbound_queue_url(), env.media_bucket());
    let config = (tables, audit, places, env.secret_prefix(), env.aws());
    let ((inbox, directory), (audit, keep), (inbound, bucket), secret_prefix, aws) = env.finish(config)?;
    let aws = Aws::new(aws)?;
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
    let invocation = from_fn(move |request: Request, next: Next| {
        let function = function.clone();
        async move {
            let id = request_id(request.extensions()).to_owned();
            function.invocation(&id, next.run(request)).await
        }
    });
    lambda_http::run(answering(admin_routes(api), roles).layer(invocation)).await
}
