//! Wires `live-api`.

use lambda_runtime::{Error, LambdaEvent};
use live_api::{Event, LiveApi};
use madoguchi_live::{Audience, Teller};
use madoguchi_runtime::{Aws, Env, Function};
use madoguchi_store::{Directory, Inbox, Live};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("live_api");
    let mut env = Env::from_process();
    let tables = (env.live_table(), env.inbox_table(), env.directory_table());
    let config = (tables, env.live_api_id(), env.aws());
    let ((live, inbox, directory), api, aws) = env.finish(config)?;
    let (aws, clock) = (Aws::new(aws)?, function.clock());
    let live = Live::new(aws.dynamodb(), live);
    let teller = Teller::new(aws.connections(&api, clock.clone()), live.clone());
    let audience = Audience::new(Directory::new(aws.dynamodb(), directory));
    let api = LiveApi::new(live, Inbox::new(aws.dynamodb(), inbox), audience, teller, clock);
    function.run(async |event: LambdaEvent<Event>| Ok::<_, Error>(api.handle(event.payload).await?)).await
}
