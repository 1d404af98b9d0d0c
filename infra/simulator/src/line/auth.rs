//! Which channel is calling.

use super::LineError;
use crate::state::World;

/// The channel of a live token.
pub(super) fn channel(world: &World, bearer: Option<&str>) -> Result<String, LineError> {
    let now = world.clock.now_ms();
    let token = world.line_tokens.iter().find(|token| Some(token.value.as_str()) == bearer);
    let live = token.filter(|token| !token.revoked && token.expires_at_ms > now);
    live.map(|token| token.channel.clone()).ok_or_else(LineError::unauthorised)
}

/// The channel of a token, dead or alive: a fault is for the channel, not for its token.
pub(super) fn channel_of_any(world: &World, bearer: Option<&str>) -> Option<String> {
    let token = world.line_tokens.iter().find(|token| Some(token.value.as_str()) == bearer)?;
    Some(token.channel.clone())
}
