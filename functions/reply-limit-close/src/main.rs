//! `reply-limit-close`: every minute, completes conversations that the provider lets nobody answer any more (RPL-4).

use lambda_runtime::Error;
use madoguchi_domain::deadline::DeadlineKind;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    madoguchi_closing::run("reply_limit_close", DeadlineKind::ReplyLimit).await
}
