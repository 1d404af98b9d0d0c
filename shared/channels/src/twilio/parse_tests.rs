use madoguchi_domain::event::Stage;
use madoguchi_domain::send::RefusalClass;
use madoguchi_domain::{ChannelId, ChannelKind, ConversationId, MessageId, MessageKey, Timestamp};

use super::*;
use crate::twilio::{Callback, split};

const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_000);
const SID: &str = "SM0123456789abcdef0123456789abcdef";

fn channel() -> ChannelId {
    ChannelId::derive(ChannelKind::WhatsApp, "whatsapp:+815012345678")
}

fn events(body: &str, callback: Option<Callback>) -> Vec<Event> {
    let form = Form::from_urlencoded(body.as_bytes());
    let events = split(&form, callback, None, channel(), NOW).unwrap();
    events.iter().filter_map(parse).collect()
}

/// A message of a WhatsApp user: `more`, and what the vendor sends along unless `more` says otherwise.
fn whatsapp(more: &str) -> Vec<Event> {
    events(
        &format!(
            "{more}&SmsMessageSid={SID}&NumMedia=0&ProfileName=%E8%8A%B1%E5%AD%90&MessageType=text&SmsSid={SID}&WaId=819012345678\
             &SmsStatus=received&To=whatsapp%3A%2B815012345678&NumSegments=1&MessageSid={SID}\
             &AccountSid=AC00000000000000000000000000000001&ChannelMetadata=%7B%7D&From=whatsapp%3A%2B819012345678\
             &ApiVersion=2010-04-01"
        ),
        None,
    )
}

fn content_of(more: &str) -> Content {
    match whatsapp(more).remove(0).body {
        EventBody::Message(message) => message.content,
        other => panic!("{other:?}"),
    }
}

fn file(kind: &str, url: &str, content_type: &str) -> Attachment {
    Attachment {
        kind: kind.into(),
        url: Some(url.into()),
        content_type: Some(content_type.into()),
        ..Attachment::default()
    }
}

#[test]
fn chn_4_a_whatsapp_message_tells_its_sender() {
    let events = whatsapp("Body=%E3%81%93%E3%82%93%E3%81%AB%E3%81%A1%E3%81%AF%0A");
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!((event.id.as_str(), event.at), (SID, NOW));
    assert_eq!(event.party, Party::User("whatsapp:+819012345678".into()));
    assert_eq!(event.sender.name.as_deref(), Some("花子"));
    assert_eq!(event.sender.address.as_deref(), Some("whatsapp:+819012345678"));
    let EventBody::Message(message) = &event.body else { panic!() };
    assert_eq!((message.provider_message_id.as_str(), &message.reply_to), (SID, &None));
    assert_eq!(message.content, Content::text("こんにちは\n"));
}

#[test]
fn chn_4_a_person_without_a_number_is_known_by_their_id_and_answered_at_their_address() {
    let body = format!(
        "MessageSid={SID}&From=whatsapp%3AJP.1a2b&To=whatsapp%3A%2B815012345678&WaId=\
         &ExternalUserId=whatsapp%3AJP.1a2b&ProfileName=hanako&Body=x&SmsStatus=received"
    );
    let event = events(&body, None).remove(0);
    assert_eq!(event.party, Party::User("whatsapp:JP.1a2b".into()));
    let later =
        body.replace("From=whatsapp%3AJP.1a2b", "From=whatsapp%3A%2B8190").replace("WaId=", "WaId=8190");
    let event = events(&later, None).remove(0);
    assert_eq!(event.party, Party::User("whatsapp:JP.1a2b".into()));
    assert_eq!(event.sender.address.as_deref(), Some("whatsapp:+8190"));
}

#[test]
fn chn_5_an_sms_is_read() {
    let body = format!(
        "ToCountry=JP&ToState=&SmsMessageSid={SID}&NumMedia=0&ToCity=&FromZip=&SmsSid={SID}&FromState=&SmsStatus=received\
         &FromCity=&Body=Hello+%2B+%E2%82%AC&FromCountry=JP&To=%2B815087654321&MessagingServiceSid=MG1&ToZip=\
         &NumSegments=1&MessageSid={SID}&AccountSid=AC1&From=%2B819012345678&ApiVersion=2010-04-01"
    );
    let event = events(&body, None).remove(0);
    assert_eq!(event.party, Party::User("+819012345678".into()));
    assert_eq!((event.sender.name, event.sender.address.as_deref()), (None, Some("+819012345678")));
    let EventBody::Message(message) = event.body else { panic!() };
    assert_eq!(message.content, Content::text("Hello + €"));
}

#[test]
fn msg_6_every_kind_of_content_is_read() {
    let image = file("image", "https://api.twilio.com/m/0", "image/jpeg");
    let text = |text: &str, payload: Option<&str>, attachments: Vec<Attachment>| Content::Text {
        text: text.into(),
        payload: payload.map(str::to_owned),
        attachments,
    };
    let media = "NumMedia=1&MediaUrl0=https%3A%2F%2Fapi.twilio.com%2Fm%2F0&MediaContentType0=image%2Fjpeg";
    let place = |title: Option<&str>, address: Option<&str>| Content::Location {
        title: title.map(str::to_owned),
        address: address.map(str::to_owned),
        latitude: 35.681_236,
        longitude: 139.767_125,
    };
    let pressed = |title: Option<&str>, payload: Option<&str>| Content::Postback {
        title: title.map(str::to_owned),
        payload: payload.map(str::to_owned),
    };
    let table = [
        ("Body=a&Forwarded=true&FrequentlyForwarded=true".to_owned(), Content::text("a")),
        (format!("Body=&{media}"), Content::Attachments { attachments: vec![image.clone()] }),
        (format!("Body=look&{media}"), text("look", None, vec![image])),
        (
            "NumMedia=2&MediaUrl0=u0&MediaContentType0=application%2Fpdf&MediaUrl1=u1&MediaContentType1=audio%2Fogg"
                .to_owned(),
            Content::Attachments {
                attachments: vec![file("file", "u0", "application/pdf"), file("audio", "u1", "audio/ogg")],
            },
        ),
        (
            "NumMedia=3&MediaUrl1=u1&MediaContentType1=video%2Fmp4&MediaUrl2=u2".to_owned(),
            Content::Attachments {
                attachments: vec![
                    file("video", "u1", "video/mp4"),
                    Attachment { kind: "file".into(), url: Some("u2".into()), ..Attachment::default() },
                ],
            },
        ),
        (
            "Latitude=35.681236&Longitude=139.767125&Label=%E6%9D%B1%E4%BA%AC%E9%A7%85&Address=1-9-1&Body=".to_owned(),
            place(Some("東京駅"), Some("1-9-1")),
        ),
        ("Latitude=35.681236&Longitude=139.767125&Body=here".to_owned(), place(Some("here"), None)),
        ("Latitude=95&Longitude=139&Body=here".to_owned(), Content::text("here")),
        ("Body=Yes&ButtonText=Yes&ButtonPayload=yes-1".to_owned(), text("Yes", Some("yes-1"), vec![])),
        ("Body=&ButtonText=Yes&ButtonPayload=yes-1".to_owned(), text("Yes", Some("yes-1"), vec![])),
        ("Body=&ButtonPayload=yes-1".to_owned(), pressed(None, Some("yes-1"))),
    ];
    for (more, expected) in table {
        assert_eq!(content_of(&more), expected, "{more}");
    }
    let Content::Unknown { name, raw } = content_of("Body=&MessageType=of-tomorrow&New=1") else { panic!() };
    assert_eq!(name, "of-tomorrow");
    assert!(raw.contains("\"New\":\"1\""));
}

#[test]
fn ten_files_are_taken_and_no_number_makes_more_of_them() {
    let files: Vec<_> =
        (0..12).map(|n| format!("&MediaUrl{n}=u{n}&MediaContentType{n}=image%2Fpng")).collect();
    let files = files.concat();
    for (count, expected) in [("10", 10), ("12", 10), ("4294967295", 10), ("1", 1), ("x", 0), ("-1", 0)] {
        match content_of(&format!("NumMedia={count}{files}&Body=")) {
            Content::Attachments { attachments } => assert_eq!(attachments.len(), expected),
            Content::Unknown { .. } => assert_eq!(expected, 0, "{count}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_reply_names_the_message_that_it_answers() {
    let event =
        whatsapp("Body=a&OriginalRepliedMessageSid=SM9&OriginalRepliedMessageSender=whatsapp%3A%2B81")
            .remove(0);
    let EventBody::Message(message) = event.body else { panic!() };
    assert_eq!(message.reply_to.as_deref(), Some("SM9"));
}

#[test]
fn an_advertisement_and_a_stop_come_beside_the_message() {
    let events = whatsapp(
        "Body=a&ReferralSourceType=ad&ReferralSourceId=123&ReferralHeadline=Sale&ReferralCtwaClid=c1\
         &ReferralNumMedia=0&OptOutType=STOP",
    );
    let bodies: Vec<_> = events.iter().map(|event| &event.body).collect();
    let [EventBody::Message(_), EventBody::OptOut { opted_out: true }, EventBody::Referral { summary }] =
        &bodies[..]
    else {
        panic!("{bodies:?}")
    };
    assert_eq!(summary, "ad 123 Sale c1");
    let events = whatsapp("Body=START&OptOutType=START");
    assert_eq!(events[1].body, EventBody::OptOut { opted_out: false });
}

#[test]
fn rpl_11_a_status_callback_tells_the_stage_of_our_message() {
    let conversation = ConversationId::derive(channel(), &Party::User("whatsapp:JP.1".into()));
    let message = MessageKey { at: NOW, id: MessageId::of_reply(conversation, "k") };
    let callback = Some(Callback { message, conversation });
    let told = |more: &str| {
        let body = format!(
            "MessageSid={SID}&AccountSid=AC1&From=whatsapp%3A%2B8150&To=whatsapp%3A%2B8190&ChannelPrefix=whatsapp&{more}"
        );
        events(&body, callback)
    };
    let table = [
        ("MessageStatus=sent&SmsStatus=sent", "Taken"),
        ("MessageStatus=delivered", "Delivered"),
        ("MessageStatus=read&EventType=READ", "Read"),
        ("MessageStatus=undelivered&ErrorCode=30005&ChannelStatusMessage=x", "Failed"),
    ];
    for (more, name) in table {
        let [event] = &told(more)[..] else { panic!("{more}") };
        let EventBody::Progress(progress) = &event.body else { panic!("{more}") };
        assert_eq!((progress.provider_message_id.as_str(), progress.ours), (SID, Some(message)));
        assert!(format!("{:?}", progress.stage).starts_with(name), "{progress:?}");
    }
    let EventBody::Progress(Progress { stage: Stage::Failed(refusal), .. }) =
        told("MessageStatus=failed&ErrorCode=63016").remove(0).body
    else {
        panic!()
    };
    assert_eq!((refusal.class, refusal.detail.as_str()), (RefusalClass::Window, "failed 63016"));
    // A status of tomorrow is no message and no line of a timeline.
    assert_eq!(told("MessageStatus=of-tomorrow"), []);
}
