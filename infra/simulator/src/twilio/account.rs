//! `GET /Accounts/{sid}.json`: the account itself, which is how a credential is tried out.

use serde_json::{Value, json};

use super::{VERSION, message::date};
use crate::state::World;

pub(super) fn read(world: &World) -> Value {
    let sid = &world.twilio.sid;
    json!({
        "sid": sid,
        "friendly_name": "Madoguchi Demo",
        "status": "active",
        "type": if world.twilio.trial { "Trial" } else { "Full" },
        "owner_account_sid": sid,
        "date_created": date(0),
        "date_updated": date(world.clock.now_ms()),
        "uri": format!("/{VERSION}/Accounts/{sid}.json"),
    })
}
