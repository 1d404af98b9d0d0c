//! Waiting while the table pushes back.
//!
//! A partition of a table or of an index takes 1,000 writes a second. The list of a channel's closed
//! conversations is one partition: a crowd of one channel cannot be closed faster than that, however
//! many are worked on at once. Whoever is pushed back pauses and comes again, and so only as many as
//! the table can serve are at work while the others wait.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use madoguchi_store::StoreError;

/// Tells whether the caller's time is over.
pub(crate) type OutOfTime<'a> = dyn Fn() -> bool + Sync + 'a;

/// Long against a call, so that few calls are made in vain, and short against a tick.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Makes a call again, each time after a pause, until the table serves it or the time is over.
pub(crate) async fn patiently<T>(
    out_of_time: &OutOfTime<'_>,
    call: impl AsyncFn() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    loop {
        match call().await {
            Err(StoreError::Throttled { .. }) if !out_of_time() => tokio::time::sleep(pause()).await,
            answer => return answer,
        }
    }
}

/// Another length each time, so that those who were pushed back together do not come back together.
fn pause() -> Duration {
    static LAST: AtomicU32 = AtomicU32::new(0);
    // Steps of the golden ratio, each of which falls between all that were made before.
    let step = LAST.fetch_add(0x9E37_79B9, Ordering::Relaxed);
    LONGEST_PAUSE.mul_f64(f64::from(step) / f64::from(u32::MAX))
}
