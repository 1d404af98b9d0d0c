//! One webhook of Twilio → its units of work. A webhook is one message or one status; what a message tells beside
//! itself (an advertisement it came from, STOP and START) is an event of its own.

use madoguchi_domain::{ChannelId, ChannelKind, ConversationId, Party, Timestamp};
use serde_json::{Value, json};

use super::{Callback, Form};
use crate::digest;
use crate::envelope::{InboundEvent, Malformed, VERSION, check_size};

/// What an event of a webhook is about.
pub(super) mod part {
    pub(in crate::twilio) const MESSAGE: &str = "message";
    pub(in crate::twilio) const STATUS: &str = "status";
    pub(in crate::twilio) const OPT_OUT: &str = "opt_out";
    pub(in crate::twilio) const REFERRAL: &str = "referral";
    pub(in crate::twilio) const OTHER: &str = "other";
}

/// Splits a verified webhook. `callback` is what the address says; `retry_token` is `I-Twilio-Idempotency-Token`,
/// the same for every delivery of one webhook.
pub fn split(
    form: &Form,
    callback: Option<Callback>,
    retry_token: Option<&str>,
    channel_id: ChannelId,
    received_at: Timestamp,
) -> Result<Vec<InboundEvent>, Malformed> {
    let parameters = form.to_value();
    check_size(parameters.to_string().len())?;
    let message = parameter(form, "MessageSid").or_else(|| parameter(form, "SmsMessageSid"));
    let message = message.or_else(|| parameter(form, "SmsSid"));
    let status = callback_status(form);
    let (from, to) = (parameter(form, "From"), parameter(form, "To"));
    let is_whatsapp = [from, to].into_iter().flatten().any(|address| address.starts_with(WHATSAPP));
    let event = |kind: &str, id: String, conversation_id| InboundEvent {
        v: VERSION,
        channel_kind: if is_whatsapp { ChannelKind::WhatsApp } else { ChannelKind::Sms },
        channel_id,
        conversation_id,
        event_id: id,
        received_at,
        standby: false,
        raw: json!({
            "part": kind,
            "parameters": parameters,
            "message_key": callback.map(|callback| callback.message),
        }),
    };
    let conversation = |key: &str| ConversationId::derive(channel_id, &Party::User(key.to_owned()));
    let Some(sid) = message else {
        let id = retry_token.filter(|token| !token.is_empty()).map(str::to_owned);
        let id =
            id.unwrap_or_else(|| digest::of(&[channel_id.as_uuid().as_bytes(), form.digest().as_bytes()]));
        return Ok(vec![event(part::OTHER, id, None)]);
    };
    let sid = crate::json::as_id(&Value::from(sid)).unwrap_or_default();
    if let Some(status) = status {
        let addressed = callback.map(|callback| callback.conversation);
        let conversation = addressed.or_else(|| to.map(&conversation));
        return Ok(vec![event(part::STATUS, format!("{sid}:{status}"), conversation)]);
    }
    let Some(key) = contact(form) else { return Ok(vec![event(part::OTHER, sid, None)]) };
    let conversation = Some(conversation(&key));
    let mut events = vec![event(part::MESSAGE, sid.clone(), conversation)];
    if opt_out(form).is_some() {
        events.push(event(part::OPT_OUT, format!("{sid}:opt_out"), conversation));
    }
    if REFERRAL.iter().any(|name| parameter(form, name).is_some()) {
        events.push(event(part::REFERRAL, format!("{sid}:referral"), conversation));
    }
    Ok(events)
}

const WHATSAPP: &str = "whatsapp:";
/// Any of these tells that the message came from an advertisement or a post.
const REFERRAL: [&str; 5] =
    ["ReferralSourceId", "ReferralSourceUrl", "ReferralSourceType", "ReferralHeadline", "ReferralCtwaClid"];

/// A parameter that says something.
pub(super) fn parameter<'a>(form: &'a Form, name: &str) -> Option<&'a str> {
    form.get(name).filter(|value| !value.is_empty())
}

/// The status that a callback tells; `None` if the webhook is an incoming message.
fn callback_status(form: &Form) -> Option<&str> {
    let status = parameter(form, "MessageStatus").or_else(|| parameter(form, "SmsStatus"));
    status.filter(|status| !matches!(*status, "received" | "receiving"))
}

/// What the contact is known by: `ExternalUserId` where there is one, for a person may have no number; else `WaId`;
/// else `From`. A number is always written as `From` writes it, so that a missing `WaId` makes no second person.
pub(super) fn contact(form: &Form) -> Option<String> {
    let from = parameter(form, "From");
    let key = parameter(form, "ExternalUserId").map(str::to_owned);
    let number = parameter(form, "WaId").filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
    let key = key.or_else(|| number.map(|digits| format!("{WHATSAPP}+{digits}")));
    let key = key.or_else(|| from.map(str::to_owned))?;
    crate::json::as_id(&Value::from(key))
}

/// What STOP, START or HELP means. `OptOutType` is there if the messaging service looks for such words in the
/// languages that it was taught; without it Twilio knows these few, in text messages only.
pub(super) fn opt_out(form: &Form) -> Option<bool> {
    let is_whatsapp = parameter(form, "From").is_some_and(|from| from.starts_with(WHATSAPP));
    let plain = || parameter(form, "Body").filter(|_| !is_whatsapp);
    match parameter(form, "OptOutType").or_else(plain)?.trim().to_ascii_uppercase().as_str() {
        "STOP" | "STOPALL" | "UNSUBSCRIBE" => Some(true),
        "START" | "UNSTOP" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::{MessageId, MessageKey};

    use super::*;

    fn channel() -> ChannelId {
        ChannelId::derive(ChannelKind::WhatsApp, "whatsapp:+815012345678")
    }

    fn of(parameters: &[(&str, &str)]) -> Form {
        let value: serde_json::Map<_, _> =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
        Form::from_json(Value::Object(value).to_string().as_bytes()).unwrap()
    }

    fn events(parameters: &[(&str, &str)], callback: Option<Callback>) -> Vec<InboundEvent> {
        split(&of(parameters), callback, None, channel(), Timestamp::from_ms(1_790_000_000_000)).unwrap()
    }

    fn person(key: &str) -> ConversationId {
        ConversationId::derive(channel(), &Party::User(key.into()))
    }

    #[test]
    fn a_contact_is_known_by_the_id_that_stays() {
        let table = [
            (
                &[("From", "whatsapp:+8190"), ("WaId", "8190"), ("ExternalUserId", "whatsapp:JP.1")][..],
                "whatsapp:JP.1",
            ),
            (
                &[("From", "whatsapp:JP.1"), ("WaId", ""), ("ExternalUserId", "whatsapp:JP.1")],
                "whatsapp:JP.1",
            ),
            (&[("From", "whatsapp:+8190"), ("WaId", "8190")], "whatsapp:+8190"),
            (&[("From", "whatsapp:+8190")], "whatsapp:+8190"),
            (&[("From", "whatsapp:JP.1"), ("WaId", "JP.1")], "whatsapp:JP.1"),
            (&[("From", "+8190")], "+8190"),
            (&[("From", "BANK")], "BANK"),
        ];
        for (parameters, key) in table {
            let parameters = [&[("MessageSid", "SM1"), ("SmsStatus", "received")], parameters].concat();
            let events = events(&parameters, None);
            assert_eq!(events.len(), 1);
            assert_eq!(events[0].conversation_id, Some(person(key)), "{parameters:?}");
            assert_eq!(events[0].event_id, "SM1");
        }
    }

    #[test]
    fn the_kind_goes_by_the_addresses() {
        for (from, to, kind) in [
            ("whatsapp:+1", "whatsapp:+2", ChannelKind::WhatsApp),
            ("whatsapp:JP.1", "", ChannelKind::WhatsApp),
            ("+1", "+2", ChannelKind::Sms),
        ] {
            assert_eq!(
                events(&[("MessageSid", "SM1"), ("From", from), ("To", to)], None)[0].channel_kind,
                kind
            );
        }
    }

    #[test]
    fn a_status_is_of_the_message_that_the_address_names() {
        let conversation = person("whatsapp:JP.1");
        let message = MessageKey { at: Timestamp::from_ms(1), id: MessageId::of_reply(conversation, "k") };
        let parameters = [("MessageSid", "SM1"), ("MessageStatus", "delivered"), ("To", "whatsapp:+8190")];
        let [event] = &events(&parameters, Some(Callback { message, conversation }))[..] else { panic!() };
        assert_eq!((event.event_id.as_str(), event.conversation_id), ("SM1:delivered", Some(conversation)));
        assert_eq!(event.raw["message_key"], message.to_string());
        let [event] = &events(&parameters, None)[..] else { panic!() };
        assert_eq!(event.conversation_id, Some(person("whatsapp:+8190")));
        // Older names of the same.
        let [event] = &events(&[("SmsSid", "SM1"), ("SmsStatus", "sent"), ("To", "+8190")], None)[..] else {
            panic!()
        };
        assert_eq!((event.event_id.as_str(), event.raw["part"].as_str()), ("SM1:sent", Some(part::STATUS)));
    }

    #[test]
    fn what_a_message_tells_beside_itself_is_an_event_of_its_own() {
        let base = [("MessageSid", "SM1"), ("From", "whatsapp:+8190"), ("SmsStatus", "received")];
        let parts = |more: &[(&str, &str)]| {
            let events = events(&[&base[..], more].concat(), None);
            assert!(events.iter().all(|event| event.conversation_id == Some(person("whatsapp:+8190"))));
            events.into_iter().map(|event| event.event_id).collect::<Vec<_>>()
        };
        assert_eq!(parts(&[]), ["SM1"]);
        assert_eq!(parts(&[("OptOutType", "STOP")]), ["SM1", "SM1:opt_out"]);
        assert_eq!(parts(&[("OptOutType", "start")]), ["SM1", "SM1:opt_out"]);
        assert_eq!(parts(&[("OptOutType", "HELP")]), ["SM1"]);
        assert_eq!(parts(&[("ReferralSourceId", "1"), ("ReferralBody", "x")]), ["SM1", "SM1:referral"]);
        assert_eq!(parts(&[("ReferralNumMedia", "0")]), ["SM1"]);
    }

    #[test]
    fn chn_5_stop_and_start_are_understood_with_and_without_a_messaging_service() {
        let table = [
            ("+8190", "stop ", "", Some(true)),
            ("+8190", "Unsubscribe", "", Some(true)),
            ("+8190", "START", "", Some(false)),
            ("+8190", "please stop", "", None),
            ("+8190", "HELP", "", None),
            ("+8190", "停止", "STOP", Some(true)),
            ("+8190", "START", "HELP", None),
            ("whatsapp:+8190", "stop", "", None),
            ("whatsapp:+8190", "stop", "STOP", Some(true)),
        ];
        for (from, body, told, expected) in table {
            let form = of(&[("From", from), ("Body", body), ("OptOutType", told)]);
            assert_eq!(opt_out(&form), expected, "{from} {body} {told}");
        }
    }

    #[test]
    fn what_names_no_message_or_nobody_is_kept() {
        let at = |ms, token| {
            let form = of(&[("Something", "new")]);
            split(&form, None, token, channel(), Timestamp::from_ms(ms)).unwrap().remove(0)
        };
        let (first, again) = (at(1, None), at(2, None));
        assert_eq!((first.event_id.len(), first.conversation_id), (64, None));
        assert_eq!(first.event_id, again.event_id);
        assert_eq!(at(1, Some("token-1")).event_id, "token-1");
        let [event] = &events(&[("MessageSid", "SM1"), ("Body", "x")], None)[..] else { panic!() };
        assert_eq!((event.conversation_id, event.raw["part"].as_str()), (None, Some(part::OTHER)));
    }

    #[test]
    fn an_event_that_fits_no_item_is_told() {
        let form = of(&[("MessageSid", "SM1"), ("From", "+1"), ("Body", &"あ".repeat(110_000))]);
        let refused = split(&form, None, None, channel(), Timestamp::from_ms(1));
        assert!(matches!(refused, Err(Malformed::EventTooLarge { .. })));
    }
}
