//! What the channel can ask about itself.

use serde_json::{Value, json};

use super::LineError;
use crate::{
    shared::Shared,
    state::{LineChannel, World},
};

pub(super) fn bot(shared: &Shared, channel: &str) -> Result<Value, LineError> {
    shared.read(|world| {
        let channel = find(world, channel)?;
        Ok(json!({
            "userId": channel.bot_user_id,
            "basicId": channel.basic_id,
            "displayName": channel.name,
            "pictureUrl": format!("{}/media/face-{}.png", shared.base_url, channel.id),
            "chatMode": if channel.chat { "chat" } else { "bot" },
            "markAsReadMode": if channel.chat { "manual" } else { "auto" },
        }))
    })
}

pub(super) fn quota(shared: &Shared, channel: &str) -> Result<Value, LineError> {
    shared.read(|world| {
        Ok(match find(world, channel)?.quota {
            Some(value) => json!({"type": "limited", "value": value}),
            None => json!({"type": "none"}),
        })
    })
}

pub(super) fn consumption(shared: &Shared, channel: &str) -> Result<Value, LineError> {
    shared.read(|world| Ok(json!({"totalUsage": find(world, channel)?.used})))
}

fn find<'w>(world: &'w World, channel: &str) -> Result<&'w LineChannel, LineError> {
    world.line_channel(channel).ok_or_else(LineError::unauthorised)
}
