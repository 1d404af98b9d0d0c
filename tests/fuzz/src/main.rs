//! `cargo run --profile fuzz -p madoguchi-fuzz -- INPUTS [SEED]`: mutates real webhooks and hands each to everything that
//! reads a provider's bytes. A panic or an allocation beyond a small multiple of the input ends it with the input.
#![allow(clippy::print_stderr, clippy::print_stdout, reason = "figures are for whoever runs it")]

use std::time::Instant;

use anyhow::{Context as _, ensure};
use madoguchi_fuzz::{Mutator, everything};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// An array of zeros is two bytes each, and a value of 32 when it is read, doubled while the array grows. What is read is
/// kept twice: as it came and as it is queued.
const BYTES_PER_INPUT_BYTE: usize = 80;
/// What even an empty input takes.
const BYTES_AT_LEAST: usize = 64 * 1024;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |name: &str, default: u64| match arguments.next() {
        Some(text) => text.parse().with_context(|| format!("{name}: `{text}` is no number")),
        None => Ok(default),
    };
    let (inputs, seed) = (number("INPUTS", 100_000)?, number("SEED", 1)?);
    let mutator = Mutator::new(seed);
    let begun = Instant::now();
    let (mut bytes, mut most) = (0, 0);
    for n in 0..inputs {
        let input = mutator.input(n);
        let before = ALLOCATED.current_usage();
        ALLOCATED.reset_peak_usage();
        let outcome = std::panic::catch_unwind(|| everything(&input));
        let taken = ALLOCATED.peak_usage().saturating_sub(before);
        let shown = || format!("input {n} of seed {seed}: {:?}", String::from_utf8_lossy(&input));
        ensure!(outcome.is_ok(), "it panicked: {}", shown());
        let allowed = BYTES_AT_LEAST + BYTES_PER_INPUT_BYTE * input.len();
        ensure!(taken <= allowed, "it took {taken} bytes where {allowed} are allowed: {}", shown());
        bytes += input.len();
        most = most.max(taken / input.len().max(1_024));
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{inputs} inputs of seed {seed}, {bytes} bytes in {seconds:.0} s: no panic, at most {most} bytes taken per byte"
    );
    Ok(())
}
