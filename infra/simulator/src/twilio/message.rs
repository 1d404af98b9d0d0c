//! The message resource.

use serde_json::{Value, json};

use super::{TwilioError, VERSION};
use crate::state::{Thread, ThreadMessage, World};

const PAGE_SIZE: usize = 50;

/// A message of either direction, with the chat it is in.
pub(crate) fn find<'w>(world: &'w World, sid: &str) -> Option<(&'w Thread, &'w ThreadMessage)> {
    let mut threads = world.threads.values().filter(|thread| thread.provider.is_twilio());
    threads.find_map(|thread| thread.message(sid).map(|message| (thread, message)))
}

pub(super) fn read(world: &World, account: &str, sid: &str) -> Result<Value, TwilioError> {
    let (thread, message) = find(world, sid).ok_or_else(|| {
        TwilioError::not_found(&format!("/{VERSION}/Accounts/{account}/Messages/{sid}.json"))
    })?;
    Ok(describe(world, account, thread, message))
}

/// The newest first; `To`, `From` and `DateSent>` narrow it, the last by days in UTC.
pub(super) fn list(world: &World, account: &str, query: &[(String, String)]) -> Value {
    let wanted = |name: &str| super::text(query, name);
    let threads = world.threads.values().filter(|thread| thread.provider.is_twilio());
    let all = threads.flat_map(|thread| thread.messages.iter().map(move |message| (thread, message)));
    let described = all.map(|(thread, message)| (message.at_ms, describe(world, account, thread, message)));
    let matching = |message: &Value| {
        [("To", "to"), ("From", "from")]
            .into_iter()
            .all(|(name, field)| wanted(name).is_none_or(|value| message[field] == value))
    };
    let since = wanted("DateSent>").and_then(midnight);
    // What has not been sent yet has no date.
    let recent = |at_ms: i64, message: &Value| {
        since.is_none_or(|since| at_ms >= since && !message["date_sent"].is_null())
    };
    let found = described.filter(|(at_ms, message)| matching(message) && recent(*at_ms, message));
    let mut messages: Vec<(i64, Value)> = found.collect();
    messages.sort_by_key(|(at_ms, _)| std::cmp::Reverse(*at_ms));
    let size = wanted("PageSize").and_then(|size| size.parse().ok()).unwrap_or(PAGE_SIZE).clamp(1, 1_000);
    messages.truncate(size);
    let messages: Vec<Value> = messages.into_iter().map(|(_, message)| message).collect();
    json!({"messages": messages, "page": 0, "page_size": size, "next_page_uri": null})
}

pub(super) fn describe(world: &World, account: &str, thread: &Thread, message: &ThreadMessage) -> Value {
    let journey = message.journey.clone().unwrap_or_default();
    let customer = thread.customer.as_deref().and_then(|id| world.customer(id));
    let customer = customer.map_or_else(|| thread.peer.clone(), |customer| customer.address(thread.provider));
    let (from, to) = if message.from_company {
        (thread.account.clone(), if journey.to.is_empty() { customer } else { journey.to })
    } else {
        (customer, thread.account.clone())
    };
    let uri = format!("/{VERSION}/Accounts/{account}/Messages/{}", message.id);
    json!({
        "sid": message.id,
        "account_sid": account,
        "messaging_service_sid": journey.service,
        "from": from,
        "to": to,
        "body": message.text.clone().unwrap_or_default(),
        "status": journey.status,
        "direction": if message.from_company { "outbound-api" } else { "inbound" },
        "num_segments": journey.segments.to_string(),
        "num_media": message.media.len().to_string(),
        "price": null,
        "price_unit": "USD",
        "error_code": journey.error_code,
        "error_message": null,
        "api_version": VERSION,
        "date_created": date(message.at_ms),
        "date_updated": date(journey.updated_at_ms.max(message.at_ms)),
        "date_sent": (!matches!(journey.status.as_str(), "queued" | "accepted")).then(|| date(message.at_ms)),
        "uri": format!("{uri}.json"),
        "subresource_uris": {"media": format!("{uri}/Media.json")},
    })
}

fn midnight(day: &str) -> Option<i64> {
    let instant: jiff::Timestamp = format!("{day}T00:00:00Z").parse().ok()?;
    Some(instant.as_millisecond())
}

/// As Twilio writes instants: RFC 2822 in UTC.
pub(super) fn date(at_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default();
    at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn instants_are_written_as_twilio_writes_them() {
        assert_eq!(date(1_793_491_200_000), "Sun, 01 Nov 2026 00:00:00 +0000");
    }
}
