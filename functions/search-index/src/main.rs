//! Wires `search-index`.

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent};
use madoguchi_runtime::{Aws, Env, Function};
use madoguchi_store::{Inbox, Search};
use search_index::Indexer;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("search_index");
    let mut env = Env::from_process();
    let config = (env.inbox_table(), env.search_table(), env.aws());
    let (inbox, search, aws) = env.finish(config)?;
    let aws = Aws::new(aws)?;
    let indexer = Indexer::new(
        Inbox::new(aws.dynamodb(), inbox),
        Search::new(aws.dynamodb(), search),
        function.clock(),
    );
    function
        .run(async |event: LambdaEvent<SqsEvent>| Ok::<_, Error>(indexer.batch(event.payload).await))
        .await
}
