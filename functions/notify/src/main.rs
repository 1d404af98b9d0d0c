//! Wires `notify`.

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent};
use madoguchi_runtime::batch::{Invocation, process};
use madoguchi_runtime::outgoing::Receivers;
use madoguchi_runtime::signature::WebhookKeys;
use madoguchi_runtime::unsubscribe::UnsubscribeKeys;
use madoguchi_runtime::web_push::{PUSH_TIMEOUT, VapidKeys};
use madoguchi_runtime::{Aws, Env, Function, SecretCache, SecretWriter, deadline};
use madoguchi_store::{Deliveries, Directory, Inbox};
use notify::{Addresses, Notifier};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("notify");
    let mut env = Env::from_process();
    let tables = (env.inbox_table(), env.directory_table(), env.deliveries_table());
    let places = (env.console_url(), env.public_base_url(), env.webhooks_to_loopback());
    let config = (tables, places, env.secret_prefix(), env.mail_from(), env.aws());
    let ((inbox, directory, deliveries), (console, public, loopback), prefix, from, aws) =
        env.finish(config)?;
    let aws = Aws::new(aws)?;
    let clock = function.clock();
    let secrets = SecretCache::new(aws.secrets(), clock.clone());
    let unsubscribe = UnsubscribeKeys::new(WebhookKeys::new(secrets.clone(), &prefix));
    let vapid = VapidKeys::new(secrets, SecretWriter::new(aws.secrets()), &prefix);
    let notifier = Notifier::new(
        Inbox::new(aws.dynamodb(), inbox),
        Directory::new(aws.dynamodb(), directory),
        Deliveries::new(aws.dynamodb(), deliveries),
        from.map(|from| aws.mailer(from)),
        (unsubscribe, vapid),
        Receivers::with_timeout(loopback, PUSH_TIMEOUT)?,
        Addresses { console, public, loopback },
        (clock.clone(), function.metrics()),
    );
    function
        .run(async |event: LambdaEvent<SqsEvent>| {
            let invocation = Invocation { deadline: deadline(&event.context), clock: &clock, queue: None };
            let response = process(event.payload, invocation, async |record| {
                Ok(notifier.handle(record.body.as_deref().unwrap_or_default()).await?)
            });
            Ok::<_, Error>(response.await)
        })
        .await
}
