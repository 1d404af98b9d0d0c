//! Wires `connect-api`: the routes that connect channels and authorize them anew. It is a
//! function of its own because it alone calls providers while a person waits.

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use lambda_http::Error;
use madoguchi_api::{ConnectApi, RolesClaim, answering, connect_routes, once, request_id};
use madoguchi_channels::ProviderHttp;
use madoguchi_channels::messenger::GraphConfig;
use madoguchi_credentials::SecretNames;
use madoguchi_runtime::{Aws, Env, Function, SecretWriter, http};
use madoguchi_store::{Audit, Directory, Requests};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("connect_api");
    let mut env = Env::from_process();
    let roles = RolesClaim::new(env.roles_claim());
    let tables = (env.directory_table(), env.requests_table());
    let stores = (tables, env.audit_table(), env.audit_retention(), env.secret_prefix());
    let addresses = (env.public_base_url(), env.console_url());
    let facebook = (env.facebook_base_url(), env.facebook_config_id());
    let config = (stores, addresses, facebook, env.providers(), env.aws());
    let (stores, addresses, facebook, providers, aws) = env.finish(config)?;
    let ((directory, requests), audit, keep, secret_prefix) = stores;
    let aws = Aws::new(aws)?;
    let api = ConnectApi {
        directory: Directory::new(aws.dynamodb(), directory),
        secrets: SecretWriter::new(aws.secrets()),
        names: SecretNames::new(secret_prefix),
        audit: Audit::new(aws.dynamodb(), audit, keep),
        clock: function.clock(),
        http: ProviderHttp::new(http::provider_client()?),
        graph: GraphConfig { base_url: providers.graph_base_url, version: providers.graph_version },
        line_base_url: providers.line_base_url,
        twilio_base_url: providers.twilio_base_url,
        twilio_messaging_base_url: providers.twilio_messaging_base_url,
        facebook_base_url: facebook.0,
        facebook_config_id: facebook.1,
        public_base_url: addresses.0,
        console_url: addresses.1,
        metrics: function.metrics(),
    };
    let routes = once(connect_routes(api), Requests::new(aws.dynamodb(), requests), function.clock());
    let invocation = from_fn(move |request: Request, next: Next| {
        let function = function.clone();
        async move {
            let id = request_id(request.extensions()).to_owned();
            function.invocation(&id, next.run(request)).await
        }
    });
    lambda_http::run(answering(routes, roles).layer(invocation)).await
}
