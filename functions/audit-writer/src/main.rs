//! Wires `audit-writer`.

use audit_writer::AuditWriter;
use aws_lambda_events::dynamodb::Event;
use lambda_runtime::{Error, LambdaEvent};
use madoguchi_runtime::batch::{Invocation, process_changes};
use madoguchi_runtime::{Aws, Env, Function, deadline};
use madoguchi_store::Audit;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("audit_writer");
    let mut env = Env::from_process();
    let config = (env.audit_table(), env.audit_retention(), env.aws());
    let (table, keep, aws) = env.finish(config)?;
    let writer = AuditWriter::new(Audit::new(Aws::new(aws)?.dynamodb(), table, keep));
    let clock = function.clock();
    function
        .run(async |event: LambdaEvent<Event>| {
            let invocation = Invocation { deadline: deadline(&event.context), clock: &clock, queue: None };
            let response = process_changes(event.payload, invocation, async |records| {
                Ok(writer.handle(records).await?)
            });
            Ok::<_, Error>(response.await)
        })
        .await
}
