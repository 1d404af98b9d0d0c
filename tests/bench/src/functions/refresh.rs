//! `token-refresh`: a login that is due is checked.

use anyhow::{Context as _, ensure};
use madoguchi_domain::{ChannelKind, ConnectionId};
use madoguchi_simulator::demo;
use serde_json::{Value, json};

use super::world::{World, now};

pub(super) async fn event(world: &World) -> anyhow::Result<Value> {
    world.test.set_time(now());
    world.test.directory.check_connection_soon(connection(), now()).await?;
    Ok(json!({}))
}

pub(super) async fn check(world: &World, answer: &Value) -> anyhow::Result<()> {
    // The first tick finds the LINE channel due, too.
    let checked = answer["checked"].as_u64().unwrap_or_default();
    ensure!(checked >= 1 && answer["needing_reauthorization"] == 0, "reported {answer}");
    let stored = world.test.directory.connection(connection()).await?.context("there is a login")?;
    ensure!(stored.check_at > now(), "the login is still due");
    Ok(())
}

fn connection() -> ConnectionId {
    ConnectionId::derive(ChannelKind::Messenger, demo::PAGE)
}
