//! `pending-sweep`: a reply that nobody sent is queued again.

use anyhow::{Context as _, ensure};
use madoguchi_domain::Span;
use serde_json::{Value, json};

use super::reply::{chat, text};
use super::world::{World, now};

/// Older than the sweeper's patience.
const FORGOTTEN_FOR: Span = Span::from_minutes(2);

pub(super) async fn event(world: &World, n: usize) -> anyhow::Result<Value> {
    world.test.set_time(now() - FORGOTTEN_FOR);
    world.test.answer(chat(world)?, &format!("key-{n}"), &text(n)).await;
    world.test.set_time(now());
    Ok(json!({}))
}

pub(super) async fn check(world: &World, n: usize) -> anyhow::Result<()> {
    let messages = world.queued.messages();
    ensure!(messages.len() == n + 1, "{} messages after {} sweeps", messages.len(), n + 1);
    let last = messages.last().context("there is one")?;
    ensure!(last.json()["conversation_id"] == chat(world)?.to_string(), "another one: {}", last.body);
    // Sent, so that the next sweep finds another one.
    world.test.relay().await;
    world.test.dispatch().await;
    Ok(())
}
