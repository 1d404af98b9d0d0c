//! `scheduled-send`: a reply whose time has come is queued.

use anyhow::ensure;
use madoguchi_domain::Span;
use madoguchi_domain::message::SendState;
use serde_json::{Value, json};

use super::reply::{chat, text};
use super::world::{World, now};

/// How long before its time it was written.
const WRITTEN_BEFORE: Span = Span::from_minutes(2);

pub(super) async fn event(world: &World, n: usize) -> anyhow::Result<Value> {
    world.test.set_time(now() - WRITTEN_BEFORE);
    let send_at = (now() - Span::from_ms(1)).to_string();
    let draft = json!({ "text": text(n), "send_at": send_at });
    let (status, body) = world.test.post_draft(chat(world)?, &format!("key-{n}"), &draft).await;
    ensure!(status == 202, "{status}: {body}");
    world.test.set_time(now());
    Ok(json!({}))
}

pub(super) async fn check(world: &World, n: usize) -> anyhow::Result<()> {
    let messages = world.test.messages(chat(world)?).await;
    let waits =
        |message: &&madoguchi_domain::Message| matches!(message.send, Some(SendState::Scheduled { .. }));
    ensure!(messages.iter().filter(waits).count() == 0, "a reply waits after {} ticks", n + 1);
    // Sent, so that a conversation has no pile of them.
    world.test.relay().await;
    world.test.dispatch().await;
    Ok(())
}
