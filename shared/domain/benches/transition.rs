//! How long the rules take: what an event does to a conversation, and whether one is to be closed.
#![allow(missing_docs, clippy::unwrap_used)] // `criterion_group!` makes public items; a benchmark may stop.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use madoguchi_domain::conversation::{Applied, Loaded, apply};
use madoguchi_domain::deadline::{Verdict, verdict};
use madoguchi_domain::event::{Content, CustomerMessage, Echo, EchoSource, Sender};
use madoguchi_domain::{
    ChannelId, ChannelKind, ChannelSettings, Conversation, Event, EventBody, Party, Span, Timestamp,
};

const START: Timestamp = Timestamp::from_ms(1_793_491_200_000);

fn transition(criterion: &mut Criterion) {
    let conversation = conversation();
    let later = START + Span::from_secs(60);
    let bodies = [
        ("text", customer_says("m_2", "注文番号は A-20391 です。返品したいのですが、どうすればよいですか?")),
        ("echo", page_answers("m_3", "お問い合わせありがとうございます。担当者が確認いたします。")),
        ("read", EventBody::Read { through: START + Span::from_secs(30) }),
    ];
    let mut group = criterion.benchmark_group("transition");
    for (name, body) in bodies {
        let event = event(name, later, body);
        assert!(matches!(applied(loaded(&conversation), &event), Applied::Changed(_)), "{name}");
        group.bench_function(name, |bencher| {
            // The conversation is consumed: its copy is not part of the measurement.
            bencher.iter_batched(
                || loaded(&conversation),
                |loaded| applied(black_box(loaded), black_box(&event)),
                BatchSize::SmallInput,
            );
        });
    }

    let settings = settings();
    let due = START + Span::from_days(1);
    assert!(matches!(verdict(&conversation, &settings, due), Verdict::Close(_)));
    assert!(matches!(verdict(&conversation, &settings, later), Verdict::Rearm(_)));
    group.bench_function("closing_verdict", |bencher| {
        bencher.iter(|| verdict(black_box(&conversation), black_box(&settings), black_box(due)));
    });
    group.finish();
}

/// A conversation that is open and has a message.
fn conversation() -> Conversation {
    let first =
        event("first", START, customer_says("m_1", "こんにちは。先週注文した商品がまだ届いていません。"));
    match applied(Loaded::default(), &first) {
        Applied::Changed(change) => change.conversation,
        Applied::Unchanged => unreachable!("a first message changes a conversation"),
    }
}

fn loaded(conversation: &Conversation) -> Loaded {
    Loaded { conversation: Some(conversation.clone()), ..Loaded::default() }
}

fn applied(loaded: Loaded, event: &Event) -> Applied {
    let channel = (ChannelId::derive(ChannelKind::Messenger, "123456789012345"), ChannelKind::Messenger);
    apply(channel, &settings(), loaded, event, event.received_at)
}

fn settings() -> ChannelSettings {
    ChannelSettings {
        unanswered_close_after_minutes: Some(60),
        idle_close_after_minutes: Some(120),
        ..ChannelSettings::default()
    }
}

fn event(id: &str, at: Timestamp, body: EventBody) -> Event {
    Event {
        id: id.to_owned(),
        at,
        received_at: at + Span::from_ms(400),
        party: Party::User("7654321098765432".to_owned()),
        participant: None,
        sender: Sender::default(),
        standby: false,
        body,
    }
}

fn customer_says(id: &str, text: &str) -> EventBody {
    EventBody::Message(CustomerMessage {
        provider_message_id: id.to_owned(),
        content: Content::text(text),
        reply_to: None,
        reply_token: None,
        read_token: None,
        referral: None,
    })
}

fn page_answers(id: &str, text: &str) -> EventBody {
    EventBody::Echo(Echo {
        provider_message_id: id.to_owned(),
        ours: None,
        source: EchoSource::ProviderInbox,
        content: Content::text(text),
    })
}

criterion_group! {
    name = benches;
    // Enough for a median within a few percent; `make bench` has more to do.
    config = Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(2));
    targets = transition
}
criterion_main!(benches);
