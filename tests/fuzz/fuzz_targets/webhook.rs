//! Coverage-guided: `cargo +nightly fuzz run --fuzz-dir tests/fuzz --features libfuzzer webhook`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| madoguchi_fuzz::everything(input));
