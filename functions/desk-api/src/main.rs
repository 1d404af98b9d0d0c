//! Wires `desk-api`.

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use lambda_http::Error;
use madoguchi_api::{DeskApi, RolesClaim, answering, desk_routes, request_id};
use madoguchi_runtime::{Aws, Env, Function};
use madoguchi_store::{Audit, ChannelCache, Directory, Inbox, Search, SenderCache};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("desk_api");
    let mut env = Env::from_process();
    let roles = RolesClaim::new(env.roles_claim());
    let tables = (env.inbox_table(), env.directory_table(), env.search_table());
    let audit = (env.audit_table(), env.audit_retention());
    let config = (tables, audit, env.aws());
    let ((inbox, directory, search), (audit, keep), aws) = env.finish(config)?;
    let aws = Aws::new(aws)?;
    let directory = Directory::new(aws.dynamodb(), directory);
    let api = DeskApi {
        inbox: Inbox::new(aws.dynamodb(), inbox),
        search: Search::new(aws.dynamodb(), search),
        channels: ChannelCache::new(directory.clone()).into(),
        senders: SenderCache::new(directory.clone()).into(),
        directory,
        clock: function.clock(),
        audit: Audit::new(aws.dynamodb(), audit, keep),
    };
    let invocation = from_fn(move |request: Request, next: Next| {
        let function = function.clone();
        async move {
            let id = request_id(request.extensions()).to_owned();
            function.invocation(&id, next.run(request)).await
        }
    });
    lambda_http::run(answering(desk_routes(api), roles).layer(invocation)).await
}
