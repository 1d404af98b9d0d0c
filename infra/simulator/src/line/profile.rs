//! Profiles of people and groups.

use serde_json::{Value, json};

use super::LineError;
use crate::{
    model::Provider,
    shared::Shared,
    state::{Customer, World},
};

/// Also for people who are no friends but wrote; 404 for those who blocked the account or never consented.
pub(super) fn user(shared: &Shared, channel: &str, user: &str) -> Result<Value, LineError> {
    shared.read(|world| {
        let thread = world.thread(Provider::Line, channel, user);
        let reachable = thread
            .is_some_and(|thread| !thread.blocked && (thread.friend || thread.last_opener_ms.is_some()));
        let customer =
            world.customer_of_line_user(user).filter(|customer| reachable && customer.profile_access);
        let customer = customer.ok_or_else(|| LineError::not_found("Not found"))?;
        let mut profile = describe(&shared.base_url, customer);
        profile["language"] = customer.language.as_str().into();
        profile["statusMessage"] = "よろしくお願いします".into();
        Ok(profile)
    })
}

pub(super) fn group(shared: &Shared, channel: &str, group: &str) -> Result<Value, LineError> {
    shared.read(|world| {
        let found = find(world, channel, group)?;
        let picture = format!("{}/media/face-{}.png", shared.base_url, found.id);
        Ok(json!({"groupId": found.id, "groupName": found.name, "pictureUrl": picture}))
    })
}

pub(super) fn member(shared: &Shared, channel: &str, group: &str, user: &str) -> Result<Value, LineError> {
    shared.read(|world| {
        let found = find(world, channel, group)?;
        let customer =
            world.customer_of_line_user(user).filter(|customer| found.members.contains(&customer.id));
        let customer = customer.ok_or_else(|| LineError::not_found("Not found"))?;
        Ok(describe(&shared.base_url, customer))
    })
}

fn find<'w>(world: &'w World, channel: &str, group: &str) -> Result<&'w crate::state::Group, LineError> {
    let found =
        world.groups.iter().find(|known| known.id == group && known.channel == channel && known.bot_joined);
    found.ok_or_else(|| LineError::not_found("Not found"))
}

fn describe(base_url: &str, customer: &Customer) -> Value {
    json!({
        "displayName": customer.display_name,
        "userId": customer.line_user_id,
        "pictureUrl": format!("{base_url}/media/face-{}.png", customer.id),
    })
}
