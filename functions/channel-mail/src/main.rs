//! Wires `channel-mail`.

use aws_lambda_events::dynamodb::Event;
use channel_mail::ChannelMail;
use lambda_runtime::{Error, LambdaEvent};
use madoguchi_runtime::batch::{Invocation, process_changes};
use madoguchi_runtime::{Aws, Env, Function, deadline};
use madoguchi_store::Directory;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("channel_mail");
    let mut env = Env::from_process();
    let mail = (env.mail_from(), env.administrators_email(), env.console_url());
    let config = (env.directory_table(), mail, env.aws());
    let (directory, (from, also_to, console), aws) = env.finish(config)?;
    let aws = Aws::new(aws)?;
    let directory = Directory::new(aws.dynamodb(), directory);
    let mail = from.map(|from| ChannelMail::new(directory, aws.mailer(from), also_to, console));
    let clock = function.clock();
    function
        .run(async |event: LambdaEvent<Event>| {
            let invocation = Invocation { deadline: deadline(&event.context), clock: &clock, queue: None };
            let response = process_changes(event.payload, invocation, async |records| match &mail {
                Some(mail) => Ok(mail.handle(records).await?),
                // Nobody is to be told: no address to send from is set.
                None => Ok(()),
            });
            Ok::<_, Error>(response.await)
        })
        .await
}
