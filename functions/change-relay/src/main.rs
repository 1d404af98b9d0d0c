//! Wires `change-relay`.

use aws_lambda_events::dynamodb::Event;
use change_relay::{Queues, Relay};
use lambda_runtime::{Error, LambdaEvent};
use madoguchi_runtime::batch::{Invocation, process_changes};
use madoguchi_runtime::{Aws, Env, Function, Queue, deadline};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("change_relay");
    let mut env = Env::from_process();
    let queues = (env.outbound_queue_url(), env.profiles_queue_url(), env.media_queue_url());
    let config = (queues, env.tickets_queue_url(), env.aws());
    let ((outbound, profiles, media), tickets, aws) = env.finish(config)?;
    let sqs = Aws::new(aws)?.sqs();
    let queue = |url: String| Queue::new(sqs.clone(), url);
    let relay = Relay::new(Queues {
        outbound: queue(outbound),
        profiles: queue(profiles),
        media: queue(media),
        tickets: queue(tickets),
    });
    let clock = function.clock();
    function
        .run(async |event: LambdaEvent<Event>| {
            let invocation = Invocation { deadline: deadline(&event.context), clock: &clock, queue: None };
            let response =
                process_changes(event.payload, invocation, async |records| Ok(relay.handle(records).await?));
            Ok::<_, Error>(response.await)
        })
        .await
}
