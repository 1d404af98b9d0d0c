//! Each function as Lambda runs it: its release build, alone in a process, fed with events that have an effect.

mod channel;
mod closing;
mod customer;
mod endpoint;
mod event;
mod function;
mod ingest;
mod life;
mod media;
mod profile;
mod refresh;
mod relay;
mod reply;
mod scheduled;
mod sink;
mod summary;
mod sweep;
mod world;
mod writer;

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use function::Function;
use life::{Life, Plan};

use crate::lambda::{CpuShare, share};
use crate::{Options, Section};

/// At full CPU: enough starts for a median, enough invocations for a 99th percentile.
const FULL: Plan = Plan { starts: 15, warm_up: 10, warm: 200, with_largest: true };
/// At a share, where everything takes longer.
const SHARED: Plan = Plan { starts: 9, warm_up: 5, warm: 30, with_largest: false };
/// Memory of functions whose share of a CPU is tried.
const SHARES_MB: [u32; 3] = [512, 256, 128];

/// What was found out about one function.
struct Found {
    function: Function,
    zip_bytes: u64,
    full: Life,
    /// In the order of [`SHARES_MB`]; empty where shares cannot be given.
    shares: Vec<Life>,
}

/// Measures every function, one after the other.
pub async fn run(options: &Options) -> anyhow::Result<Section> {
    let folder = options.functions_folder()?;
    let limits = share::can_limit();
    let mut found = Vec::with_capacity(Function::ALL.len());
    for function in Function::ALL {
        let measured = measure(function, folder, limits.is_ok()).await;
        found.push(measured.with_context(|| function.name())?);
    }
    Ok(summary::section(&found, limits.err()))
}

async fn measure(function: Function, folder: &Path, with_shares: bool) -> anyhow::Result<Found> {
    let folder = folder.join(function.name());
    let zip = folder.join("bootstrap.zip");
    let zip_bytes = fs::metadata(&zip).with_context(|| zip.display().to_string())?.len();
    let full = life::measure(function, &folder, CpuShare::Full, FULL).await?;
    let mut shares = Vec::new();
    for memory_mb in SHARES_MB.into_iter().filter(|_| with_shares) {
        let share = CpuShare::OfMemory(memory_mb);
        let measured = life::measure(function, &folder, share, SHARED).await;
        shares.push(measured.with_context(|| share.to_string())?);
    }
    Ok(Found { function, zip_bytes, full, shares })
}
