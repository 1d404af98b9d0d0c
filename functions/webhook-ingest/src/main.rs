//! Wires `webhook-ingest`.

use std::time::Duration;

use lambda_http::{Error, Request, RequestExt as _, service_fn};
use madoguchi_credentials::SecretNames;
use madoguchi_runtime::{Aws, Env, Function, Queue, SecretCache};
use webhook_ingest::Ingest;

/// One call to AWS, and all attempts of it together.
const ATTEMPT: Duration = Duration::from_millis(600);
const OPERATION: Duration = Duration::from_millis(1_400);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("webhook_ingest");
    let mut env = Env::from_process();
    let edge = (env.webhook_body_limit_bytes(), env.public_base_url());
    let config = (env.secret_prefix(), env.inbound_queue_url(), edge, env.aws());
    let (prefix, inbound, (body_limit, public), aws) = env.finish(config)?;
    // LINE waits two seconds for the answer.
    let aws = Aws::new(aws)?.within(ATTEMPT, OPERATION);
    let (clock, metrics) = (function.clock(), function.metrics());
    let secrets = SecretCache::new(aws.secrets(), clock.clone());
    let inbound = Queue::new(aws.sqs(), inbound);
    let names = SecretNames::new(prefix);
    let ingest = Ingest::new(secrets, names, inbound, clock, metrics, body_limit, public);
    let (function, ingest) = (&function, &ingest);
    lambda_http::run(service_fn(async move |request: Request| {
        let request_id = request.lambda_context_ref().map_or("", |context| &context.request_id).to_owned();
        Ok::<_, Error>(function.invocation(&request_id, ingest.handle(&request)).await)
    }))
    .await
}
