//! One webhook body of Meta → one unit of work per event.

use madoguchi_domain::{ChannelId, ChannelKind, ConversationId, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::element::Element;
use crate::envelope::{InboundEvent, Malformed, VERSION, check_size};
use crate::{digest, json};

#[derive(Deserialize)]
struct Envelope<'a> {
    object: String,
    #[serde(borrow)]
    entry: Vec<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct Entry<'a> {
    id: Option<Value>,
    #[serde(borrow)]
    messaging: Option<&'a RawValue>,
    #[serde(borrow)]
    standby: Option<&'a RawValue>,
    #[serde(borrow)]
    changes: Option<&'a RawValue>,
}

/// Splits a verified body into its events: every `entry[]`, in it every `messaging[]`, `standby[]` and
/// `changes[]`. Both lists may hold several (Messenger Platform, "Webhooks"). An element of a shape that
/// we do not know is an event too, without a conversation; only a body that is not a page's envelope
/// is [`Malformed`].
///
/// The channel is derived from `entry.id`, the page; an entry without one belongs to the channel of no
/// page, which nobody has.
pub fn split(body: &[u8], received_at: Timestamp) -> Result<Vec<InboundEvent>, Malformed> {
    let envelope: Envelope<'_> = serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Data => Malformed::UnknownShape,
        _ => Malformed::NotJson,
    })?;
    if envelope.object != "page" {
        return Err(Malformed::NotPage { object: json::cut(&envelope.object, 64) });
    }
    let mut events = Vec::new();
    for raw in envelope.entry {
        split_entry(raw, received_at, &mut events)?;
    }
    Ok(events)
}

fn split_entry(
    raw: &RawValue,
    received_at: Timestamp,
    events: &mut Vec<InboundEvent>,
) -> Result<(), Malformed> {
    let entry: Entry<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
    let page_id = entry.id.as_ref().and_then(json::as_id).unwrap_or_default();
    let page =
        Page { id: &page_id, channel_id: ChannelId::derive(ChannelKind::Messenger, &page_id), received_at };
    let before = events.len();
    for (list, standby) in [(entry.messaging, false), (entry.standby, true)] {
        for element in list.into_iter().flat_map(elements) {
            events.push(page.event(read(element)?, standby));
        }
    }
    for change in entry.changes.into_iter().flat_map(elements) {
        events.push(page.channel_event("changes", read(change)?));
    }
    if events.len() == before {
        events.push(page.channel_event("entry", read(raw)?));
    }
    Ok(())
}

/// The elements of a list; whatever stands in place of the list is taken for its only element.
fn elements(list: &RawValue) -> Vec<&RawValue> {
    serde_json::from_str(list.get()).unwrap_or_else(|_| vec![list])
}

fn read(raw: &RawValue) -> Result<Value, Malformed> {
    check_size(raw.get().len())?;
    Ok(json::lenient(raw))
}

struct Page<'a> {
    id: &'a str,
    channel_id: ChannelId,
    received_at: Timestamp,
}

impl Page<'_> {
    fn event(&self, raw: Value, standby: bool) -> InboundEvent {
        let element = Element::of(&raw);
        let party = element.party(self.channel_id);
        let conversation_id = party.map(|party| ConversationId::derive(self.channel_id, &party));
        let event_id = element.event_id(self.id);
        InboundEvent { conversation_id, standby, ..self.inbound(event_id, raw) }
    }

    fn channel_event(&self, list: &str, raw: Value) -> InboundEvent {
        let event_id = digest::of(&[self.id.as_bytes(), list.as_bytes(), digest::canonical(&raw).as_bytes()]);
        self.inbound(event_id, raw)
    }

    fn inbound(&self, event_id: String, raw: Value) -> InboundEvent {
        InboundEvent {
            v: VERSION,
            channel_kind: ChannelKind::Messenger,
            channel_id: self.channel_id,
            conversation_id: None,
            event_id,
            received_at: self.received_at,
            standby: false,
            raw,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use madoguchi_domain::Party;
    use serde_json::json;

    use super::*;

    const PAGE: &str = "123456789012345";
    const PERSON: &str = "7654321098765432";

    fn split_text(body: &str) -> Result<Vec<InboundEvent>, Malformed> {
        split(body.as_bytes(), Timestamp::from_ms(1_790_000_005_000))
    }

    fn split_value(body: &Value) -> Vec<InboundEvent> {
        split_text(&body.to_string()).unwrap()
    }

    fn envelope(elements: &Value) -> Value {
        json!({"object": "page", "entry": [{"id": PAGE, "time": 1, "messaging": elements}]})
    }

    fn conversation(page: &str, person: &str) -> ConversationId {
        let channel = ChannelId::derive(ChannelKind::Messenger, page);
        ConversationId::derive(channel, &Party::User(person.into()))
    }

    #[test]
    fn ing_8_every_entry_and_every_event_is_a_unit_of_work_of_its_own() {
        let message = |sender: &str, page: &str, mid: &str| json!({"sender": {"id": sender}, "recipient": {"id": page}, "timestamp": 1, "message": {"mid": mid, "text": "x"}});
        let body = json!({"object": "page", "entry": [
            {"id": "1", "messaging": [message("a", "1", "m1"), message("b", "1", "m2")]},
            {"id": "2", "messaging": [message("a", "2", "m3")], "standby": [message("c", "2", "m4")]},
        ]});
        let events = split_value(&body);
        let seen: Vec<_> =
            events.iter().map(|e| (e.conversation_id.unwrap(), e.event_id.as_str(), e.standby)).collect();
        assert_eq!(
            seen,
            [
                (conversation("1", "a"), "m1", false),
                (conversation("1", "b"), "m2", false),
                (conversation("2", "a"), "m3", false),
                (conversation("2", "c"), "m4", true),
            ]
        );
        assert_eq!(events[2].channel_id, ChannelId::derive(ChannelKind::Messenger, "2"));
        assert_eq!(events[0].raw["message"]["mid"], "m1");
    }

    #[test]
    fn an_echo_belongs_to_the_conversation_of_its_recipient() {
        let events = split_text(include_str!("../../fixtures/messenger/echoes.json")).unwrap();
        assert!(events.iter().all(|event| event.conversation_id == Some(conversation(PAGE, PERSON))));
    }

    #[test]
    fn events_without_a_person_are_kept_without_a_conversation() {
        let events = split_text(include_str!("../../fixtures/messenger/without_a_person.json")).unwrap();
        assert_eq!(events.len(), 11);
        assert!(events.iter().all(|event| event.conversation_id.is_none()), "{events:?}");
        let ids: BTreeSet<_> = events.iter().map(|event| &event.event_id).collect();
        assert_eq!(ids.len(), events.len());
        let nobody = ChannelId::derive(ChannelKind::Messenger, "");
        assert_eq!(events.last().unwrap().channel_id, nobody);
        assert_eq!(events.last().unwrap().raw, json!("not an entry"));
    }

    #[test]
    fn messages_and_postbacks_are_named_by_their_mid_and_everything_else_by_a_digest() {
        let ids =
            |events: Vec<InboundEvent>| events.into_iter().map(|event| event.event_id).collect::<Vec<_>>();
        let events = ids(split_text(include_str!("../../fixtures/messenger/events.json")).unwrap());
        let named: Vec<_> = events.iter().filter(|id| id.starts_with("m_")).collect();
        assert_eq!(named, ["m_postback", "m_standby_postback", "m_standby_text"]);
        assert!(events.iter().all(|id| id.starts_with("m_") || id.len() == 64));
        assert_eq!(events.iter().collect::<BTreeSet<_>>().len(), events.len());
    }

    #[test]
    fn a_digest_tells_events_apart_by_page_person_time_kind_and_object() {
        let id = |page: &str, sender: &str, at: i64, kind: &str, watermark: i64| {
            let element = json!({"sender": {"id": sender}, "recipient": {"id": page}, "timestamp": at, kind: {"watermark": watermark}});
            split_value(&json!({"object": "page", "entry": [{"id": page, "messaging": [element]}]}))[0]
                .event_id
                .clone()
        };
        let ids: BTreeSet<_> = [
            id("1", "a", 1, "read", 1),
            id("2", "a", 1, "read", 1),
            id("1", "b", 1, "read", 1),
            id("1", "a", 2, "read", 1),
            id("1", "a", 1, "delivery", 1),
            id("1", "a", 1, "read", 2),
        ]
        .into();
        assert_eq!(ids.len(), 6);
    }

    #[test]
    fn a_redelivery_has_the_same_id_whatever_its_entry_and_its_order_of_fields() {
        let read = |entry: &str| split_text(entry).unwrap()[0].event_id.clone();
        let first = read(
            r#"{"object":"page","entry":[{"id":"1","time":1,"messaging":[{"sender":{"id":"2"},"recipient":{"id":"1"},"timestamp":5,"reaction":{"mid":"m","action":"react"}}]}]}"#,
        );
        let again = read(
            r#"{"entry":[{"messaging":[{"timestamp":5,"reaction":{"action":"react","mid":"m"},"recipient":{"id":"1"},"sender":{"id":"2"}}],"time":9,"id":"1"}],"object":"page"}"#,
        );
        assert_eq!(first, again);
    }

    #[test]
    fn one_bad_element_does_not_cost_the_others() {
        let body = r#"{"object":"page","entry":[{"id":"1","messaging":[
            {"sender":{"id":"2"},"message":{"mid":"m1","text":"cut \ud83d"}},
            {"sender":{"id":"2"},"message":{"mid":"m2","number":1e999}},
            {"sender":{"id":"2"},"message":{"mid":"m3","text":"fine"}}
        ]},{"id":"1","messaging":{"sender":{"id":"2"},"message":{"mid":"m4"}}},{"id":"1","messaging":null}]}"#;
        let events = split_text(body).unwrap();
        let seen: Vec<_> =
            events.iter().map(|e| (e.conversation_id.is_some(), e.event_id.as_str())).collect();
        assert_eq!(seen.len(), 5);
        assert_eq!(seen[0], (true, "m1"));
        assert_eq!(
            (seen[1].0, &events[1].raw),
            (false, &json!(r#"{"sender":{"id":"2"},"message":{"mid":"m2","number":1e999}}"#))
        );
        assert_eq!(&seen[2..4], [(true, "m3"), (true, "m4")]);
        assert_eq!(events[0].raw["message"]["text"], "cut \u{FFFD}");
    }

    #[test]
    fn what_is_not_a_pages_envelope_is_malformed_with_its_reason() {
        let long = format!(r#"{{"object":"{}","entry":[]}}"#, "x".repeat(100));
        let table = [
            ("", "not_json"),
            ("{", "not_json"),
            ("Hello, World!", "not_json"),
            ("null", "unknown_shape"),
            ("[]", "unknown_shape"),
            (r#"{"object":"page"}"#, "unknown_shape"),
            (r#"{"object":"page","entry":{}}"#, "unknown_shape"),
            (r#"{"object":7,"entry":[]}"#, "unknown_shape"),
            (r#"{"object":"instagram","entry":[]}"#, "not_page"),
            (&long, "not_page"),
        ];
        for (body, reason) in table {
            assert_eq!(split_text(body).map_err(|error| error.public_id()), Err(reason), "{body}");
        }
        assert!(
            matches!(split_text(&long), Err(Malformed::NotPage { object }) if object.chars().count() == 64)
        );
        assert_eq!(split_text(r#"{"object":"page","entry":[]}"#), Ok(vec![]));
    }

    #[test]
    fn an_event_that_fits_no_item_sends_the_body_to_quarantine() {
        let body =
            envelope(&json!([{"sender": {"id": "2"}, "message": {"mid": "m", "text": "x".repeat(300_000)}}]));
        assert!(matches!(split_text(&body.to_string()), Err(Malformed::EventTooLarge { .. })));
    }
}
