//! From a signed webhook body to the entries of the inbound queue, as `webhook-ingest` does it.

use std::collections::BTreeSet;
use std::hint::black_box;

use anyhow::ensure;
use madoguchi_channels::{InboundEvent, InboundWork, line, messenger};
use madoguchi_domain::{ChannelId, ChannelKind, Timestamp};
use madoguchi_runtime::FifoEntry;
use madoguchi_simulator::{line_signature, messenger_signature};

use super::speed;
use crate::section::{Section, Table};

pub(super) const RECEIVED_AT: Timestamp = Timestamp::from_ms(1_793_491_201_000);
const SECRET: &str = "0123456789abcdef0123456789abcdef";
pub(super) const LINE_TEXT: &str =
    include_str!("../../../../shared/channels/fixtures/line/webhook_text.json");
const LINE_BATCH: &str = include_str!("../../../../shared/channels/fixtures/line/webhook_batch.json");
pub(super) const MESSENGER_TEXT: &str =
    include_str!("../../../../shared/channels/fixtures/messenger/webhook_text.json");
const MESSENGER_BATCH: &str =
    include_str!("../../../../shared/channels/fixtures/messenger/webhook_batch.json");

pub(super) fn measure(section: &mut Section, table: &mut Table) -> anyhow::Result<()> {
    section.method.push(
        "*Ingest*: check the signature, split the body into events, and make each an entry of the FIFO queue \
         (group, deduplication id, JSON). The bodies are texts of customers as the providers send them: one event, \
         or ten of ten people."
            .to_owned(),
    );
    for (kind, count, body) in [
        (ChannelKind::Line, 1, LINE_TEXT),
        (ChannelKind::Line, 10, LINE_BATCH),
        (ChannelKind::Messenger, 1, MESSENGER_TEXT),
        (ChannelKind::Messenger, 10, MESSENGER_BATCH),
    ] {
        let signature = match kind {
            ChannelKind::Line => line_signature(SECRET, body.as_bytes()),
            _ => messenger_signature(SECRET, body.as_bytes()),
        };
        prove(kind, body, &signature, count)?;
        let speed = speed(count, || {
            black_box(entries(kind, black_box(body.as_bytes()), black_box(&signature)))
                .expect("proved before");
        });
        let (name, events) = (kind.as_str(), if count == 1 { "1 event" } else { "10 events" });
        section.figure(&format!("ingest.{name}.events_per_s_{count}"), speed.median);
        speed.row(table, &format!("ingest, {} body of {events}", title(kind)));
    }
    Ok(())
}

pub(super) fn title(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Line => "LINE",
        ChannelKind::Messenger => "Messenger",
        ChannelKind::WhatsApp => "WhatsApp",
        ChannelKind::Sms => "SMS",
    }
}

fn entries(kind: ChannelKind, body: &[u8], signature: &str) -> anyhow::Result<Vec<FifoEntry>> {
    let events = match kind {
        ChannelKind::Line => {
            line::verify_signature(&[SECRET], Some(signature), body)?;
            line::split(body, ChannelId::derive(kind, "1650000001"), RECEIVED_AT)?
        }
        ChannelKind::Messenger => {
            messenger::verify_signature(&[SECRET], Some(signature), body)?;
            messenger::split(body, RECEIVED_AT)?
        }
        kind => anyhow::bail!("{kind} is not measured"),
    };
    events.into_iter().map(entry).collect()
}

fn entry(event: InboundEvent) -> anyhow::Result<FifoEntry> {
    let work = InboundWork::Event(event);
    Ok(FifoEntry { group: work.group_id(), deduplication: work.dedupe_id(), body: work.to_json()? })
}

/// A good body becomes an entry per event, in a group per conversation; a bad signature nothing.
fn prove(kind: ChannelKind, body: &str, signature: &str, count: usize) -> anyhow::Result<()> {
    let made = entries(kind, body.as_bytes(), signature)?;
    let groups: BTreeSet<_> = made.iter().map(|entry| &entry.group).collect();
    let ids: BTreeSet<_> = made.iter().map(|entry| &entry.deduplication).collect();
    ensure!(made.len() == count && groups.len() == count && ids.len() == count, "{kind}: {made:?}");
    for entry in &made {
        ensure!(matches!(InboundWork::from_json(&entry.body)?, InboundWork::Event(_)), "{}", entry.body);
    }
    ensure!(
        entries(kind, format!("{body} ").as_bytes(), signature).is_err(),
        "{kind}: a changed body passed"
    );
    Ok(())
}
