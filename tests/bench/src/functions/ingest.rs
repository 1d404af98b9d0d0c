//! `webhook-ingest`: a LINE webhook becomes a message of the inbound queue.

use anyhow::{Context as _, ensure};
use madoguchi_domain::ChannelKind;
use madoguchi_simulator::{demo, line_signature};
use madoguchi_tests::TestInbox;
use serde_json::Value;

use super::customer::{CUSTOMERS, Customer};
use super::event::{ensure_status, post};
use super::world::{World, now};

pub(super) fn event(n: usize) -> Value {
    let body = Customer::line(n % CUSTOMERS).webhook(&text(n), now());
    let path = format!("/webhooks/line/{}", TestInbox::channel_id(ChannelKind::Line));
    let signature = line_signature(demo::LINE_SECRET, body.as_bytes());
    post("/webhooks/line/{channel_id}", &path, &[("x-line-signature", &signature)], &body)
}

pub(super) fn check(world: &World, n: usize, answer: &Value) -> anyhow::Result<()> {
    ensure_status(answer, 200)?;
    let messages = world.queued.messages();
    ensure!(messages.len() == n + 1, "{} messages after {} webhooks", messages.len(), n + 1);
    let last = messages.last().context("there is one")?;
    let group = Customer::line(n % CUSTOMERS).conversation().to_string();
    ensure!(last.json()["raw"]["message"]["text"] == text(n), "another text is queued: {}", last.body);
    ensure!(last.group.as_deref() == Some(&group), "another group: {:?}", last.group);
    Ok(())
}

fn text(n: usize) -> String {
    format!("こんにちは。注文 {n} はいつ届きますか？")
}
