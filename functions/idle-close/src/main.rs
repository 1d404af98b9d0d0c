//! `idle-close`: every minute, closes conversations in which neither side has written for the channel's idle period (TMR-3).

use lambda_runtime::Error;
use madoguchi_domain::deadline::DeadlineKind;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    madoguchi_closing::run("idle_close", DeadlineKind::Idle).await
}
