//! What a request of the closer costs in CPU time.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use madoguchi_closing::Closer;
use madoguchi_domain::deadline::DeadlineKind;
use madoguchi_store::{Directory, Inbox};
use madoguchi_tests::support::dynamo::{DIRECTORY, INBOX};

use super::crowd;
use super::proof;

const CONVERSATIONS: usize = 1_000;

/// CPU time of the closer's thread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cpu {
    /// Per request, its encoding, signature and transport included.
    pub(super) per_request: Duration,
    /// Per conversation that was closed.
    pub(super) per_close: Duration,
}

/// Closes conversations over HTTP, with the closer in a thread of its own, and counts the thread's CPU time.
/// `requests` is what a close takes, to the table without a network counted beforehand.
pub(super) async fn measure(requests_per_close: f64) -> anyhow::Result<Cpu> {
    let crowd = crowd::due(CONVERSATIONS, 1).await;
    let (dynamo, now) = (crowd.dynamo.clone(), crowd.due_by);
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let client = dynamo.clients().dynamodb();
            let closer = Closer::new(Inbox::new(client.clone(), INBOX), Directory::new(client, DIRECTORY));
            let before = thread_cpu()?;
            let report = closer.tick(DeadlineKind::Unanswered, now, &|| false).await?;
            let spent = thread_cpu()?.saturating_sub(before);
            ensure!(report.closed == CONVERSATIONS as u64, "not all were closed: {report:?}");
            anyhow::Ok(spent)
        })
    };
    let spent = tokio::task::spawn_blocking(work).await??;
    proof::of(&crowd).await;
    let per_close = spent / u32::try_from(CONVERSATIONS)?;
    Ok(Cpu { per_close, per_request: per_close.div_f64(requests_per_close) })
}

/// Time that this thread has run.
fn thread_cpu() -> anyhow::Result<Duration> {
    let path = "/proc/thread-self/schedstat";
    let stat = std::fs::read_to_string(path).with_context(|| format!("{path} is needed"))?;
    let ran = stat.split_whitespace().next().with_context(|| format!("{path} is empty"))?;
    Ok(Duration::from_nanos(ran.parse()?))
}
