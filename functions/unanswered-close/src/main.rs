//! `unanswered-close`: every minute, closes conversations that no operator has answered in time (TMR-1).

use lambda_runtime::Error;
use madoguchi_domain::deadline::DeadlineKind;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    madoguchi_closing::run("unanswered_close", DeadlineKind::Unanswered).await
}
