//! Wires `report-api`. It is a function of its own because a long period takes memory and time, which nobody who answers customers
//! should wait for.

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use lambda_http::Error;
use madoguchi_api::{ReportsApi, RolesClaim, answering, once, report_routes, request_id};
use madoguchi_runtime::{Aws, Env, Function};
use madoguchi_store::{Audit, Directory, Reports, Requests, SenderCache};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("report_api");
    let mut env = Env::from_process();
    let roles = RolesClaim::new(env.roles_claim());
    let tables = (env.directory_table(), env.reports_table(), env.requests_table());
    let kept = (env.reports_retention(), env.audit_table(), env.audit_retention());
    let config = (tables, kept, env.aws());
    let ((directory, reports, requests), (keep, audit, keep_audit), aws) = env.finish(config)?;
    let aws = Aws::new(aws)?;
    let directory = Directory::new(aws.dynamodb(), directory);
    let api = ReportsApi {
        reports: Reports::new(aws.dynamodb(), reports, keep),
        senders: SenderCache::new(directory.clone()).into(),
        directory,
        clock: function.clock(),
        audit: Audit::new(aws.dynamodb(), audit, keep_audit),
    };
    let routes = once(report_routes(api), Requests::new(aws.dynamodb(), requests), function.clock());
    let invocation = from_fn(move |request: Request, next: Next| {
        let function = function.clone();
        async move {
            let id = request_id(request.extensions()).to_owned();
            function.invocation(&id, next.run(request)).await
        }
    });
    lambda_http::run(answering(routes, roles).layer(invocation)).await
}
