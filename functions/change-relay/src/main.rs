//! Wires `change-relay`.

use aws_lambda_events::dynamodb::Event;
use change_relay::{Queues, Relay};
use lambda_runtime::{Error, LambdaEvent};
use madoguchi_runtime::batch::{Invocation, process_changes};
use madoguchi_runtime::{Aws, Env, Function, Queue, deadline};
use madoguchi_store::{ChannelCache, Directory, ListenerCache, WebhookCache};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("change_relay");
    let mut env = Env::from_process();
    let work = (env.outbound_queue_url(), env.profiles_queue_url(), env.media_queue_url());
    let follow = (env.search_queue_url(), env.bot_queue_url(), env.tickets_queue_url());
    let more = (env.webhooks_queue_url(), env.assignment_queue_url(), env.notify_queue_url());
    let (reports, has_mail) = (env.reports_queue_url(), env.mail_from().is_some());
    let config = (work, follow, more, (reports, env.directory_table()), env.aws());
    let (
        (outbound, profiles, media),
        (search, bot, tickets),
        (webhooks, assignment, notify),
        (reports, directory),
        aws,
    ) = env.finish(config)?;
    let aws = Aws::new(aws)?;
    let sqs = aws.sqs();
    let clock = function.clock();
    let queue = |url: String| Queue::new(sqs.clone(), url);
    let queues = Queues {
        outbound: queue(outbound),
        profiles: queue(profiles),
        media: queue(media),
        bot: queue(bot),
        search: queue(search),
        tickets: queue(tickets),
        reports: queue(reports),
    };
    let directory = Directory::new(aws.dynamodb(), directory);
    let subscriptions = WebhookCache::new(directory.clone());
    let relay = Relay::new(queues)
        .telling(queue(webhooks), subscriptions, clock.clone())
        .assigning(queue(assignment), ChannelCache::new(directory.clone()), clock.clone())
        .notifying(queue(notify), ListenerCache::new(directory), has_mail, clock.clone());
    function
        .run(async |event: LambdaEvent<Event>| {
            let invocation = Invocation { deadline: deadline(&event.context), clock: &clock, queue: None };
            let response =
                process_changes(event.payload, invocation, async |records| Ok(relay.handle(records).await?));
            Ok::<_, Error>(response.await)
        })
        .await
}
