//! How long it takes from a webhook body to what each of its events says.
#![allow(missing_docs, clippy::unwrap_used)] // `criterion_group!` makes public items; a benchmark may stop.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use madoguchi_channels::{InboundEvent, ParseOptions, line, messenger, parse};
use madoguchi_domain::{ChannelId, ChannelKind, Event, EventBody, Timestamp};

const RECEIVED_AT: Timestamp = Timestamp::from_ms(1_793_491_201_000);
const LINE: [(&str, &str); 3] = [
    ("text", include_str!("../fixtures/line/webhook_text.json")),
    ("sticker", include_str!("../fixtures/line/webhook_sticker.json")),
    ("batch_of_10", include_str!("../fixtures/line/webhook_batch.json")),
];
const MESSENGER: [(&str, &str); 3] = [
    ("text", include_str!("../fixtures/messenger/webhook_text.json")),
    ("sticker", include_str!("../fixtures/messenger/webhook_sticker.json")),
    ("batch_of_10", include_str!("../fixtures/messenger/webhook_batch.json")),
];

fn split_and_parse(criterion: &mut Criterion) {
    let channel = ChannelId::derive(ChannelKind::Line, "1650000001");
    bodies(criterion, "line", &LINE, |body| line::split(body, channel, RECEIVED_AT).unwrap());
    bodies(criterion, "messenger", &MESSENGER, |body| messenger::split(body, RECEIVED_AT).unwrap());
}

fn bodies(
    criterion: &mut Criterion,
    channel: &str,
    bodies: &[(&str, &str)],
    split: impl Fn(&[u8]) -> Vec<InboundEvent>,
) {
    let mut group = criterion.benchmark_group("parse");
    for (name, body) in bodies {
        let parsed = events(split(body.as_bytes()));
        assert_eq!(parsed.len(), if *name == "batch_of_10" { 10 } else { 1 });
        assert!(parsed.iter().all(|event| matches!(event.body, EventBody::Message(_))), "{parsed:?}");
        group.bench_function(format!("{channel}_{name}"), |bencher| {
            bencher.iter(|| events(split(black_box(body.as_bytes()))));
        });
    }
    group.finish();
}

fn events(inbound: Vec<InboundEvent>) -> Vec<Event> {
    let options = ParseOptions { page_inbox_app_ids: &[] };
    inbound.iter().filter_map(|event| parse(event, &options)).collect()
}

criterion_group! {
    name = benches;
    // Enough for a median within a few percent; `make bench` has more to do.
    config = Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(2));
    targets = split_and_parse
}
criterion_main!(benches);
