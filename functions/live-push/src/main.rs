//! Wires `live-push`.

use aws_lambda_events::dynamodb::Event;
use lambda_runtime::{Error, LambdaEvent};
use live_push::LivePush;
use madoguchi_live::{Audience, Teller};
use madoguchi_runtime::batch::{Invocation, process_changes};
use madoguchi_runtime::{Aws, Env, Function, deadline};
use madoguchi_store::{Directory, Live};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("live_push");
    let mut env = Env::from_process();
    let config = (env.live_table(), env.directory_table(), env.live_api_id(), env.aws());
    let (live, directory, api, aws) = env.finish(config)?;
    let (aws, clock) = (Aws::new(aws)?, function.clock());
    let live = Live::new(aws.dynamodb(), live);
    let audience = Audience::new(Directory::new(aws.dynamodb(), directory));
    let teller = Teller::new(aws.connections(&api, clock.clone()), live.clone());
    let push = LivePush::new(live, audience, teller, clock.clone());
    function
        .run(async |event: LambdaEvent<Event>| {
            let invocation = Invocation { deadline: deadline(&event.context), clock: &clock, queue: None };
            let response =
                process_changes(event.payload, invocation, async |records| Ok(push.handle(records).await?));
            Ok::<_, Error>(response.await)
        })
        .await
}
