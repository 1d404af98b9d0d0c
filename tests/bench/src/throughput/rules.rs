//! From a record of the inbound queue to the items that are stored, as `inbox-writer` does it.

use std::collections::HashMap;
use std::hint::black_box;

use anyhow::{Context as _, bail, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use madoguchi_channels::{InboundWork, ParseOptions, line, messenger, parse};
use madoguchi_domain::conversation::{Applied, Loaded, apply};
use madoguchi_domain::message::Body;
use madoguchi_domain::{ChannelId, ChannelKind, ChannelSettings, Content, Conversation};

use super::ingest::{LINE_TEXT, MESSENGER_TEXT, RECEIVED_AT, title};
use super::speed;
use crate::section::{Section, Table};

type Item = HashMap<String, AttributeValue>;

pub(super) fn measure(section: &mut Section, table: &mut Table) -> anyhow::Result<()> {
    section.method.push(
        "*Rules*: read the queue's record, parse the provider's event, read the conversation from its item, apply \
         the event, and make message and conversation items again. Key attributes and the requests themselves are \
         the store's and not in it."
            .to_owned(),
    );
    let mut slowest = f64::INFINITY;
    for kind in [ChannelKind::Line, ChannelKind::Messenger] {
        let writer = Writer::new(kind);
        let (first, record) = records(kind)?;
        let conversation = writer.apply(&first, None)?.conversation;
        prove(&writer, &first, &record, &conversation)?;
        let speed = speed(1, || {
            black_box(writer.apply(black_box(&record), Some(black_box(conversation.clone()))))
                .expect("proved before");
        });
        slowest = slowest.min(speed.median);
        section.figure(&format!("rules.{kind}.text_per_s"), speed.median);
        speed.row(table, &format!("rules, {} text in an open conversation", title(kind)));
    }
    section.figure("rules.text_per_s", slowest);
    Ok(())
}

struct Writer {
    kind: ChannelKind,
    settings: ChannelSettings,
    page_inbox_app_ids: Vec<String>,
}

/// What would be stored.
struct Items {
    conversation: Item,
    message: Item,
}

impl Writer {
    fn new(kind: ChannelKind) -> Self {
        let settings = ChannelSettings {
            unanswered_close_after_minutes: Some(60),
            idle_close_after_minutes: Some(120),
            ..ChannelSettings::default()
        };
        Self { kind, settings, page_inbox_app_ids: vec!["26390203743090".to_owned()] }
    }

    fn apply(&self, record: &str, conversation: Option<Item>) -> anyhow::Result<Items> {
        let InboundWork::Event(inbound) = InboundWork::from_json(record)? else { bail!("not an event") };
        let options = ParseOptions { page_inbox_app_ids: &self.page_inbox_app_ids };
        let event = parse(&inbound, &options).context("an event without a conversation")?;
        let conversation: Option<Conversation> = conversation.map(serde_dynamo::from_item).transpose()?;
        let loaded = Loaded { conversation, ..Loaded::default() };
        let channel = (inbound.channel_id, self.kind);
        match apply(channel, &self.settings, loaded, &event, RECEIVED_AT) {
            Applied::Unchanged => bail!("the event changed nothing"),
            Applied::Changed(change) => Ok(Items {
                conversation: serde_dynamo::to_item(&change.conversation)?,
                message: serde_dynamo::to_item(change.create.first().context("no message")?)?,
            }),
        }
    }
}

/// Two records of one person, in the order in which they were written.
fn records(kind: ChannelKind) -> anyhow::Result<(String, String)> {
    let event = match kind {
        ChannelKind::Line => {
            line::split(LINE_TEXT.as_bytes(), ChannelId::derive(kind, "1650000001"), RECEIVED_AT)?
        }
        ChannelKind::Messenger => messenger::split(MESSENGER_TEXT.as_bytes(), RECEIVED_AT)?,
        kind => anyhow::bail!("{kind} is not measured"),
    };
    let mut first = event.into_iter().next().context("no event")?;
    let second = InboundWork::Event(first.clone()).to_json()?;
    "another-event".clone_into(&mut first.event_id);
    for name in ["/message/id", "/message/mid"] {
        if let Some(id) = first.raw.pointer_mut(name) {
            *id = "another-message".into();
        }
    }
    let at = first.raw["timestamp"].as_i64().context("no time")?;
    first.raw["timestamp"] = (at - 60_000).into();
    Ok((InboundWork::Event(first).to_json()?, second))
}

/// The second text is stored with its words, and counted after the first one.
fn prove(writer: &Writer, first: &str, second: &str, conversation: &Item) -> anyhow::Result<()> {
    let items = writer.apply(second, Some(conversation.clone()))?;
    let message: madoguchi_domain::Message = serde_dynamo::from_item(items.message)?;
    let Body::Said { content: Content::Text { text, .. } } = &message.body else {
        bail!("not a text: {message:?}");
    };
    ensure!(text.starts_with("こんにちは。"), "{text}");
    let conversation: Conversation = serde_dynamo::from_item(items.conversation)?;
    ensure!(conversation.is_open() && conversation.unread == 2, "{conversation:?}");
    ensure!(conversation.id == message.conversation_id && first != second, "two people");
    ensure!(conversation.preview.is_some_and(|preview| preview.key == message.key), "an old preview");
    Ok(())
}
