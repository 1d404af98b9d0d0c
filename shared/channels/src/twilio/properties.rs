//! What must hold for anything that comes under Twilio's signature.

use std::collections::BTreeSet;

use madoguchi_domain::{ChannelId, ChannelKind, Content, EventBody, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;

use super::{Callback, Form, SignedRequest, SigningKeys, parse, split, verify_signature};
use crate::envelope::{InboundEvent, InboundWork};

const NAMES: [&str; 30] = [
    "AccountSid",
    "Address",
    "Body",
    "ButtonPayload",
    "ButtonText",
    "ErrorCode",
    "ExternalUserId",
    "From",
    "Label",
    "Latitude",
    "Longitude",
    "MediaContentType0",
    "MediaContentType1",
    "MediaUrl0",
    "MediaUrl1",
    "MediaUrl9",
    "MessageSid",
    "MessageStatus",
    "MessageType",
    "NumMedia",
    "OptOutType",
    "OriginalRepliedMessageSid",
    "ProfileName",
    "ReferralSourceId",
    "ReferralSourceUrl",
    "SmsMessageSid",
    "SmsSid",
    "SmsStatus",
    "To",
    "WaId",
];
const WORDS: [&str; 16] = [
    "",
    "0",
    "2",
    "-1",
    "35.6",
    "99999999999999999999",
    "STOP",
    "START",
    "received",
    "delivered",
    "failed",
    "whatsapp:+819012345678",
    "+819012345678",
    "SM1",
    "30005",
    "image/jpeg",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![3 => select(&WORDS[..]).prop_map(str::to_owned), 1 => any::<String>()]
}

fn parameters() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop_oneof![8 => select(&NAMES[..]).prop_map(str::to_owned), 1 => any::<String>()];
    prop::collection::vec((name, word()), 0..16)
}

fn channel() -> ChannelId {
    ChannelId::derive(ChannelKind::Sms, "+815087654321")
}

fn encoded(parameters: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

fn events(form: &Form, at: i64) -> Vec<InboundEvent> {
    split(form, None, None, channel(), Timestamp::from_ms(at)).unwrap()
}

proptest! {
    #[test]
    fn ing_10_every_webhook_is_something_and_no_bytes_break_it(parameters in parameters()) {
        let form = Form::from_urlencoded(encoded(&parameters).as_bytes());
        prop_assert_eq!(form.pairs(), &parameters[..]);
        let events = events(&form, 1_790_000_000_000);
        prop_assert!((1..=3).contains(&events.len()));
        let ids: BTreeSet<_> = events.iter().map(|event| &event.event_id).collect();
        prop_assert_eq!(ids.len(), events.len());
        for event in &events {
            prop_assert!((1..=300).contains(&event.event_id.len()));
            prop_assert_eq!(event.conversation_id, events[0].conversation_id);
            // What is queued reads back as it was, and says the same.
            let work = InboundWork::Event(event.clone());
            prop_assert_eq!(&InboundWork::from_json(&work.to_json().unwrap()).unwrap(), &work);
            if let Some(parsed) = parse(event) {
                prop_assert_eq!(&parsed.id, &event.event_id);
                if let EventBody::Message(message) = parsed.body
                    && let Content::Attachments { attachments } | Content::Text { attachments, .. } =
                        message.content
                {
                    prop_assert!(attachments.len() <= 10);
                }
            } else {
                // Kept as an event of the channel: a status of no known kind, or what names nobody.
                prop_assert!(event.raw["part"] == "status" || event.raw["part"] == "other");
            }
        }
    }

    #[test]
    fn ing_5_a_later_delivery_has_the_same_ids(parameters in parameters()) {
        let form = Form::from_urlencoded(encoded(&parameters).as_bytes());
        let ids = |at| events(&form, at).into_iter().map(|e| (e.event_id, e.conversation_id)).collect::<Vec<_>>();
        prop_assert_eq!(ids(1), ids(2));
    }

    #[test]
    fn any_bytes_are_read_and_none_pass_without_a_signature(
        body in prop::collection::vec(any::<u8>(), 0..200),
        settings in prop::option::of(any::<String>()),
        signature in any::<String>(),
    ) {
        let form = Form::from_urlencoded(&body);
        prop_assert!(!events(&form, 1).is_empty());
        let _any_verdict = Form::from_json(&body);
        let _any_callback = Callback::of_query(&form);
        let keys = SigningKeys {
            auth_tokens: &["token"],
            shared_keys: &[],
            auth_token_beside_shared_keys: false,
        };
        let request = SignedRequest {
            public_base_url: "https://inbox.example.com",
            path_and_query: "/webhooks/twilio/1",
            content_type: Some("application/x-www-form-urlencoded"),
            body: &body,
            signature: Some(&signature),
            settings: settings.as_deref(),
        };
        prop_assert!(verify_signature(&keys, &request).is_err());
    }
}
