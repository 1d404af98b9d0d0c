//! Wires `token-refresh` to its environment.

use lambda_runtime::{Error, LambdaEvent};
use madoguchi_channels::ProviderHttp;
use madoguchi_credentials::SecretNames;
use madoguchi_runtime::{Aws, Env, Function, SecretWriter, http};
use madoguchi_store::{Directory, Inbox};
use serde_json::Value;
use token_refresh::TokenRefresh;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("token_refresh");
    let mut env = Env::from_process();
    let tables = (env.directory_table(), env.inbox_table());
    let config = (tables, env.secret_prefix(), env.providers(), env.public_base_url(), env.aws());
    let ((directory_table, inbox_table), secret_prefix, providers, public_base_url, aws) =
        env.finish(config)?;
    let aws = Aws::new(aws)?;
    let refresh = TokenRefresh::new(
        Directory::new(aws.dynamodb(), directory_table),
        SecretWriter::new(aws.secrets()),
        SecretNames::new(secret_prefix),
        ProviderHttp::new(http::provider_client()?),
        providers,
        function.metrics(),
    )
    .with_inbox(Inbox::new(aws.dynamodb(), inbox_table))
    .reached_at(&public_base_url);
    let clock = function.clock();
    function
        .run(async |event: LambdaEvent<Value>| {
            let now = clock.now();
            // By hand: `{"connection_id": "…"}` has that connection checked whether it is due or not.
            if let Some(id) = event.payload.get("connection_id").and_then(Value::as_str) {
                refresh.check_soon(id.parse()?, now).await?;
            }
            let report = refresh.run(now).await?;
            refresh.sync_senders(&public_base_url, now).await?;
            // Everything that could be done is done; the error is for the alarm.
            if report.failed > 0 {
                return Err(
                    format!("{} of {} connections could not be checked", report.failed, report.due).into()
                );
            }
            Ok(report)
        })
        .await
}
