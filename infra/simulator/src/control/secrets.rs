//! Everything that nobody may ever read in a log, for the test that looks.

use std::collections::BTreeSet;

use crate::state::World;

/// Every secret, token and code that was handed out and is still remembered, used up ones included.
pub(super) fn all(world: &World) -> BTreeSet<&str> {
    let twilio = &world.twilio;
    let app = [&world.app.secret, &world.app.verify_token, &twilio.auth_token];
    let messenger = world.tokens.iter().map(|token| &token.value);
    let codes = world.codes.iter().map(|code| &code.value);
    let line = world.line_channels.iter().map(|channel| &channel.secret);
    let issued = world.line_tokens.iter().map(|token| &token.value);
    let replies = world.reply_tokens.iter().map(|token| &token.value);
    let keys = twilio.api_keys.iter().map(|key| &key.secret);
    let shared = twilio.shared_key.iter().map(|key| &key.secret);
    let all = app.into_iter().chain(messenger).chain(codes).chain(line).chain(issued);
    all.chain(replies).chain(keys).chain(shared).map(String::as_str).collect()
}
