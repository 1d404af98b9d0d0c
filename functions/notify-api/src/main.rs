//! Wires `notify-api`: browsers that are told, tests, what is wrong, and the links of e-mail. It is a function of its own
//! because it alone calls mail and push services while a person waits.

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use lambda_http::Error;
use madoguchi_api::{NotificationsApi, RolesClaim, answering, notification_routes, once, request_id};
use madoguchi_runtime::outgoing::Receivers;
use madoguchi_runtime::signature::WebhookKeys;
use madoguchi_runtime::unsubscribe::UnsubscribeKeys;
use madoguchi_runtime::web_push::{PUSH_TIMEOUT, VapidKeys};
use madoguchi_runtime::{Aws, Env, Function, SecretCache, SecretWriter};
use madoguchi_store::{Directory, Inbox, Requests};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("notify_api");
    let mut env = Env::from_process();
    let roles = RolesClaim::new(env.roles_claim());
    let tables = (env.inbox_table(), env.directory_table(), env.requests_table());
    let places = (env.console_url(), env.webhooks_to_loopback());
    let config = (tables, places, env.secret_prefix(), env.mail_from(), env.aws());
    let ((inbox, directory, requests), (console_url, loopback), prefix, from, aws) = env.finish(config)?;
    let aws = Aws::new(aws)?;
    let secrets = SecretCache::new(aws.secrets(), function.clock());
    let writer = SecretWriter::new(aws.secrets());
    let api = NotificationsApi {
        inbox: Inbox::new(aws.dynamodb(), inbox),
        directory: Directory::new(aws.dynamodb(), directory),
        mail: from.map(|from| aws.mailer(from)),
        unsubscribe: UnsubscribeKeys::new(WebhookKeys::new(secrets.clone(), &prefix)),
        vapid: VapidKeys::new(secrets, writer, &prefix),
        receivers: Receivers::with_timeout(loopback, PUSH_TIMEOUT)?,
        console_url,
        loopback,
        clock: function.clock(),
    };
    let routes = once(notification_routes(api), Requests::new(aws.dynamodb(), requests), function.clock());
    let invocation = from_fn(move |request: Request, next: Next| {
        let function = function.clone();
        async move {
            let id = request_id(request.extensions()).to_owned();
            function.invocation(&id, next.run(request)).await
        }
    });
    lambda_http::run(answering(routes, roles).layer(invocation)).await
}
