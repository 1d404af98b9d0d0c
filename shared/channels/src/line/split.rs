//! One webhook body of LINE → one unit of work per event.

use madoguchi_domain::{ChannelId, ChannelKind, ConversationId, Timestamp};
use serde::Deserialize;
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::event;
use crate::envelope::{InboundEvent, Malformed, VERSION, check_size};
use crate::json;

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    events: Vec<&'a RawValue>,
}

/// Splits a verified body into its events. One body may carry events of several users and types
/// ("Receive messages"); the connection check carries none, which is fine. An element of a shape that we do
/// not know is an event too, without a conversation.
pub fn split(
    body: &[u8],
    channel_id: ChannelId,
    received_at: Timestamp,
) -> Result<Vec<InboundEvent>, Malformed> {
    let envelope: Envelope<'_> = serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Data => Malformed::UnknownShape,
        _ => Malformed::NotJson,
    })?;
    envelope
        .events
        .into_iter()
        .map(|element| {
            check_size(element.get().len())?;
            let raw = json::lenient(element);
            Ok(InboundEvent {
                v: VERSION,
                channel_kind: ChannelKind::Line,
                channel_id,
                conversation_id: event::source(&raw)
                    .map(|(party, _)| ConversationId::derive(channel_id, &party)),
                event_id: event::event_id(&raw, channel_id),
                received_at,
                standby: event::standby(&raw),
                raw,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use madoguchi_domain::Party;

    use super::*;

    fn channel() -> ChannelId {
        ChannelId::derive(ChannelKind::Line, "1650000001")
    }

    fn split_text(body: &str) -> Result<Vec<InboundEvent>, Malformed> {
        split(body.as_bytes(), channel(), Timestamp::from_ms(1_790_000_005_000))
    }

    fn conversation(party: &Party) -> ConversationId {
        ConversationId::derive(channel(), party)
    }

    #[test]
    fn the_connection_check_carries_no_events() {
        assert_eq!(split_text(r#"{"destination":"U0","events":[]}"#), Ok(vec![]));
        assert_eq!(split_text(r#"{"events":[]}"#), Ok(vec![]));
    }

    #[test]
    fn ing_8_several_people_in_one_body_are_kept_apart_and_a_group_is_never_a_person() {
        let body = r#"{"destination":"U0","events":[
            {"type":"message","webhookEventId":"1","source":{"type":"user","userId":"U1"}},
            {"type":"message","webhookEventId":"2","source":{"type":"user","userId":"U2"}},
            {"type":"message","webhookEventId":"3","source":{"type":"group","groupId":"C1","userId":"U1"}},
            {"type":"message","webhookEventId":"4","source":{"type":"room","roomId":"R1","userId":"U1"}},
            {"type":"message","webhookEventId":"5","source":{"type":"room","roomId":"R1"},"mode":"standby"}
        ]}"#;
        let events = split_text(body).unwrap();
        let seen: Vec<_> =
            events.iter().map(|e| (e.event_id.as_str(), e.conversation_id.unwrap(), e.standby)).collect();
        assert_eq!(
            seen,
            [
                ("1", conversation(&Party::User("U1".into())), false),
                ("2", conversation(&Party::User("U2".into())), false),
                ("3", conversation(&Party::Group("C1".into())), false),
                ("4", conversation(&Party::Room("R1".into())), false),
                ("5", conversation(&Party::Room("R1".into())), true),
            ]
        );
        assert!(events.iter().all(|event| event.channel_id == channel()));
    }

    #[test]
    fn events_without_a_source_or_an_id_are_kept() {
        let events = split_text(include_str!("../../fixtures/line/lenient.json")).unwrap();
        let with_person: Vec<_> = events.iter().map(|event| event.conversation_id.is_some()).collect();
        assert_eq!(with_person, [false, false, false, false, false, true, true, true, false, false]);
        assert_eq!(events.iter().map(|event| &event.event_id).collect::<BTreeSet<_>>().len(), events.len());
        assert_eq!(events[6].event_id, "E7");
        assert_eq!(events[5].event_id.len(), 64);
    }

    #[test]
    fn a_redelivery_has_the_same_id_with_and_without_a_webhook_event_id() {
        let id = |event: &str| split_text(&format!(r#"{{"events":[{event}]}}"#)).unwrap()[0].event_id.clone();
        let first = id(
            r#"{"type":"follow","timestamp":1,"replyToken":"t","deliveryContext":{"isRedelivery":false}}"#,
        );
        let again =
            id(r#"{"deliveryContext":{"isRedelivery":true},"timestamp":1,"replyToken":"t","type":"follow"}"#);
        let other = id(
            r#"{"type":"follow","timestamp":2,"replyToken":"t","deliveryContext":{"isRedelivery":false}}"#,
        );
        assert_eq!(first, again);
        assert_ne!(first, other);
        let named = |redelivery| {
            id(&format!(
                r#"{{"type":"follow","webhookEventId":"E","deliveryContext":{{"isRedelivery":{redelivery}}}}}"#
            ))
        };
        assert_eq!(named(true), named(false));
    }

    #[test]
    fn what_is_not_the_envelope_is_malformed_with_its_reason() {
        let table = [
            ("", "not_json"),
            ("not json", "not_json"),
            ("null", "unknown_shape"),
            ("{}", "unknown_shape"),
            (r#"{"events":null}"#, "unknown_shape"),
            (r#"{"events":{}}"#, "unknown_shape"),
        ];
        for (body, reason) in table {
            assert_eq!(split_text(body).map_err(|error| error.public_id()), Err(reason), "{body}");
        }
        assert_eq!(
            split(b"{\"events\":[\"\xff\"]}", channel(), Timestamp::from_ms(0)),
            Err(Malformed::NotJson)
        );
    }
}
