//! Wires `organisation-api`.

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use lambda_http::Error;
use madoguchi_api::{OrganisationApi, RolesClaim, answering, once, organisation_routes, request_id};
use madoguchi_runtime::{Aws, Env, Function};
use madoguchi_store::{Audit, Directory, Inbox, Live, Requests};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("organisation_api");
    let mut env = Env::from_process();
    let roles = RolesClaim::new(env.roles_claim());
    let tables = (env.inbox_table(), env.directory_table(), env.requests_table());
    let (audit, live) = ((env.audit_table(), env.audit_retention()), (env.live_table(), env.live_api_id()));
    let config = (tables, audit, live, env.aws());
    let ((inbox, directory, requests), (audit, keep), (live, live_api), aws) = env.finish(config)?;
    let aws = Aws::new(aws)?;
    let api = OrganisationApi {
        inbox: Inbox::new(aws.dynamodb(), inbox),
        directory: Directory::new(aws.dynamodb(), directory),
        audit: Audit::new(aws.dynamodb(), audit, keep),
        live: Live::new(aws.dynamodb(), live),
        live_url: aws.connections(&live_api, function.clock()).url(),
        clock: function.clock(),
    };
    let routes = once(organisation_routes(api), Requests::new(aws.dynamodb(), requests), function.clock());
    let invocation = from_fn(move |request: Request, next: Next| {
        let function = function.clone();
        async move {
            let id = request_id(request.extensions()).to_owned();
            function.invocation(&id, next.run(request)).await
        }
    });
    lambda_http::run(answering(routes, roles).layer(invocation)).await
}
