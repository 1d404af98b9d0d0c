//! `admin-api` changes a channel.

use anyhow::ensure;
use madoguchi_domain::ChannelKind;
use madoguchi_tests::TestInbox;
use serde_json::{Value, json};

use super::event::{ensure_status, patch_by_administrator};
use super::world::World;

/// Another name each time.
pub(super) fn event(n: usize) -> Value {
    let route = "/api/channels/{id}";
    let path = route.replace("{id}", &TestInbox::channel_id(ChannelKind::Line).to_string());
    patch_by_administrator(route, &path, &json!({ "name": name(n) }).to_string())
}

pub(super) async fn check(world: &World, n: usize, answer: &Value) -> anyhow::Result<()> {
    ensure_status(answer, 200)?;
    let channel = world.test.channel(ChannelKind::Line).await;
    ensure!(channel.name == name(n), "the channel is called {} and not {}", channel.name, name(n));
    Ok(())
}

fn name(n: usize) -> String {
    format!("本店 {n}")
}
