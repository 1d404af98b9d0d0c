//! How long a signature check takes, for a body of one event and of ten.
#![allow(missing_docs, clippy::unwrap_used)] // `criterion_group!` makes public items; a benchmark may stop.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use criterion::{Criterion, criterion_group, criterion_main};
use madoguchi_channels::{line, messenger};
use ring::hmac;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const BODIES: [(&str, &str, &str); 2] = [
    (
        "text",
        include_str!("../fixtures/line/webhook_text.json"),
        include_str!("../fixtures/messenger/webhook_text.json"),
    ),
    (
        "batch_of_10",
        include_str!("../fixtures/line/webhook_batch.json"),
        include_str!("../fixtures/messenger/webhook_batch.json"),
    ),
];

fn verify(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("verify");
    for (name, line, messenger) in BODIES {
        let header = STANDARD.encode(tag(line));
        assert_eq!(line::verify_signature(&[SECRET], Some(&header), line.as_bytes()), Ok(()));
        assert!(line::verify_signature(&["another"], Some(&header), line.as_bytes()).is_err());
        group.bench_function(format!("line_{name}"), |bencher| {
            bencher.iter(|| {
                line::verify_signature(
                    black_box(&[SECRET]),
                    black_box(Some(&header)),
                    black_box(line.as_bytes()),
                )
            });
        });

        let header = format!("sha256={}", hex(tag(messenger).as_ref()));
        assert_eq!(messenger::verify_signature(&[SECRET], Some(&header), messenger.as_bytes()), Ok(()));
        assert!(messenger::verify_signature(&["another"], Some(&header), messenger.as_bytes()).is_err());
        group.bench_function(format!("messenger_{name}"), |bencher| {
            bencher.iter(|| {
                let (header, body) = (black_box(Some(&*header)), black_box(messenger.as_bytes()));
                messenger::verify_signature(black_box(&[SECRET]), header, body)
            });
        });
    }
    group.finish();
}

fn tag(body: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), body.as_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

criterion_group! {
    name = benches;
    // Enough for a median within a few percent; `make bench` has more to do.
    config = Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(2));
    targets = verify
}
criterion_main!(benches);
