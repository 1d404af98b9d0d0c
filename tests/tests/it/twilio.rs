//! WhatsApp and SMS by Twilio, from a signed webhook to the inbox, and from a reply to what became of it.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use madoguchi_channels::{InboundWork, ProviderHttp};
use madoguchi_credentials::SecretNames;
use madoguchi_domain::channel::Sending;
use madoguchi_domain::conversation::ProfileState;
use madoguchi_domain::credential::Cause;
use madoguchi_domain::message::{Body, SendState};
use madoguchi_domain::send::FailureReason;
use madoguchi_domain::{ChannelKind, Content, ConversationId, MessageKey, Party, SentBy, Span, Timestamp};
use madoguchi_runtime::{Metrics, ProviderConfig, SecretWriter};
use madoguchi_store::Saved;
use madoguchi_tests::TestInbox;
use madoguchi_tests::inbox::{PREFIX, post};
use madoguchi_tests::support::fault::{Fault, Faults};
use madoguchi_tests::support::twilio::{self, signed, signed_with};
use serde_json::{Value, json};
use token_refresh::TokenRefresh;

const PHONE: &str = "+819012345678";
const TEMPLATE: &str = "HX0123456789abcdef0123456789abcdef";
use ChannelKind::{Sms, WhatsApp};

pub(crate) async fn start() -> TestInbox {
    let test = TestInbox::start().await;
    test.add_twilio().await;
    test
}

fn address(test: &TestInbox, kind: ChannelKind) -> String {
    format!("{}/webhooks/twilio/{}", test.front, TestInbox::channel_id(kind))
}

fn sid(number: u32) -> String {
    format!("SM{number:030}aa")
}

fn customer(kind: ChannelKind) -> String {
    if kind == WhatsApp { format!("whatsapp:{PHONE}") } else { PHONE.to_owned() }
}

fn conversation_of(kind: ChannelKind) -> ConversationId {
    ConversationId::derive(TestInbox::channel_id(kind), &Party::User(customer(kind)))
}

/// The customer's message number `number`, with `more` parameters.
fn message<'a>(kind: ChannelKind, sid: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let (from, to) = match kind {
        WhatsApp => ("whatsapp:+819012345678", twilio::sender(WhatsApp)),
        _ => (PHONE, twilio::sender(Sms)),
    };
    let base = [
        ("MessageSid", sid),
        ("SmsStatus", "received"),
        ("AccountSid", twilio::ACCOUNT),
        ("From", from),
        ("To", to),
        ("NumSegments", "1"),
        ("ApiVersion", "2010-04-01"),
    ];
    [&base[..], more].concat()
}

pub(crate) async fn deliver(url: &str, parameters: &[(&str, &str)]) -> u16 {
    let (headers, body) = signed(url, parameters);
    post(url, &headers, body).await
}

/// Address and headers of a webhook with a body of JSON.
fn signed_json(url: &str, body: &[u8]) -> (String, HeaderMap) {
    let digest = ring::digest::digest(&ring::digest::SHA256, body);
    let digits: Vec<_> = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let url = format!("{url}?bodySHA256={}", digits.concat());
    let (mut headers, _) = signed(&url, &[]);
    headers.insert("content-type", "application/json".parse().unwrap());
    (url, headers)
}

/// The customer writes; returns the conversation.
pub(crate) async fn says(test: &TestInbox, kind: ChannelKind, number: u32, words: &str) -> ConversationId {
    let sid = sid(number);
    let parameters = message(kind, &sid, &[("Body", words), ("NumMedia", "0")]);
    assert_eq!(deliver(&address(test, kind), &parameters).await, 200);
    test.settle().await;
    conversation_of(kind)
}

/// A status callback to the address that the last call named.
async fn told(test: &TestInbox, status: &str, more: &[(&str, &str)]) {
    let sent = test.twilio.sent().pop().unwrap();
    let sid = format!("SM{:032x}", test.twilio.sent().len());
    let base = [("MessageSid", sid.as_str()), ("MessageStatus", status), ("To", &sent["To"]), ("From", "x")];
    assert_eq!(deliver(&sent["StatusCallback"], &[&base[..], more].concat()).await, 200);
    test.settle().await;
}

pub(crate) async fn state(test: &TestInbox, id: ConversationId, key: MessageKey) -> SendState {
    test.message(id, &key).await.send.unwrap()
}

#[tokio::test]
async fn chn_4_and_chn_5_a_message_is_filed_answered_and_told_read() {
    let test = start().await;
    for kind in [WhatsApp, Sms] {
        let id = says(&test, kind, 1, "こんにちは 😀 \n").await;
        assert_eq!(test.texts(id).await, ["こんにちは 😀 \n"]);
        let key = test.answer(id, "k", "はい").await;
        test.settle().await;
        let sent = test.twilio.sent().pop().unwrap();
        let callback = format!("{}?status={key}&conversation={id}", address(&test, kind));
        let expected = [
            ("To", customer(kind)),
            ("From", twilio::sender(kind).to_owned()),
            ("Body", "はい".to_owned()),
            ("ValidityPeriod", "14400".to_owned()),
            ("StatusCallback", callback),
        ];
        assert_eq!(sent, BTreeMap::from(expected.map(|(name, value)| (name.to_owned(), value))));
        assert!(matches!(state(&test, id, key).await, SendState::Sent { .. }));
        // In any order and more than once.
        for (status, expected) in [
            ("queued", "sent"),
            ("delivered", "delivered"),
            ("sent", "delivered"),
            ("read", "read"),
            ("delivered", "read"),
        ] {
            told(&test, status, &[]).await;
            let shown = serde_json::to_value(state(&test, id, key).await).unwrap();
            assert_eq!(shown["status"], expected, "{status}");
        }
        // Nobody else's business, and no message of its own.
        assert_eq!(test.messages(id).await.len(), 2);
    }
}

#[tokio::test]
async fn the_answer_is_empty_markup() {
    let test = start().await;
    let url = address(&test, Sms);
    let sid = sid(1);
    let (headers, body) = signed(&url, &message(Sms, &sid, &[("Body", "x")]));
    let (status, headers, body) = test.post_to(&url, &headers, &body).await;
    assert_eq!((status, body.as_str()), (200, "<Response></Response>"));
    assert_eq!(headers["content-type"], "text/xml; charset=utf-8");
}

#[tokio::test]
async fn ing_3_what_is_not_twilios_is_refused_and_nothing_of_it_is_kept() {
    let test = start().await;
    let (url, sid) = (address(&test, WhatsApp), sid(1));
    let parameters = message(WhatsApp, &sid, &[("Body", "x")]);
    let (good, body) = signed(&url, &parameters);
    let refused = async |headers: &HeaderMap, url: &str, body: &str| {
        assert_eq!(post(url, headers, body.to_owned()).await, 401, "{headers:?} {url} {body}");
    };
    let mut unsigned = good.clone();
    unsigned.remove("x-twilio-signature");
    refused(&unsigned, &url, &body).await;
    refused(&signed_with("another-token", &url, &parameters).0, &url, &body).await;
    refused(&good, &url, &body.replace("Body=x", "Body=y")).await;
    refused(&good, &url, &format!("{body}&More=1")).await;
    refused(&good, &format!("{url}?status=1"), &body).await;
    // Signed for the other sender's address.
    refused(&good, &address(&test, Sms), &body).await;
    // A beta header that names no key of ours, or an algorithm that nobody knows.
    for settings in ["key=k1", "key=k1,algorithm=HMAC_SHA256", "key=k1,algorithm=HMAC_MD5"] {
        let mut headers = good.clone();
        headers.insert("x-twilio-webhooks-signature-settings", settings.parse().unwrap());
        refused(&headers, &url, &body).await;
    }
    assert_eq!(post(&url.replace("/webhooks/twilio/", "/webhooks/twilio/x"), &good, body.clone()).await, 404);
    let nobody = format!("{}/webhooks/twilio/{}", test.front, TestInbox::channel_id(ChannelKind::Line));
    assert_eq!(post(&nobody, &good, body).await, 404);
    test.settle().await;
    assert!(test.dynamo.items("inbox").await.is_empty() && test.inbound.messages().is_empty());
}

#[tokio::test]
async fn aut_13_a_rotated_token_is_found_without_a_deploy() {
    let test = start().await;
    let (url, first, second) = (address(&test, Sms), sid(1), sid(2));
    let (headers, body) = signed_with("new-token", &url, &message(Sms, &first, &[("Body", "x")]));
    assert_eq!(post(&url, &headers, body.clone()).await, 401);
    let secret = json!({
        "account_sid": twilio::ACCOUNT, "auth_token": "new-token", "previous_auth_token": twilio::AUTH_TOKEN,
    });
    let name = format!("madoguchi/connection/twilio/{}", TestInbox::channel_id(Sms));
    test.aws.set_secret(&name, &secret);
    test.pass(Span::from_minutes(10));
    assert_eq!(post(&url, &headers, body).await, 200);
    // What was signed before the change and arrives after it.
    test.pass(Span::from_secs(1));
    assert_eq!(deliver(&url, &message(Sms, &second, &[("Body", "y")])).await, 200);
    test.settle().await;
    assert_eq!(test.texts(conversation_of(Sms)).await, ["x", "y"]);
}

#[tokio::test]
async fn a_webhook_by_get_carries_its_parameters_in_the_address() {
    let test = start().await;
    let sid = sid(1);
    let (_, query) = signed("", &message(Sms, &sid, &[("Body", "おはよう")]));
    let url = format!("{}?{query}", address(&test, Sms));
    let (headers, _) = signed(&url, &[]);
    assert_eq!(test.get_from(&url, &headers).await, 200);
    assert_eq!(test.get_from(&url.replace("NumSegments=1", "NumSegments=2"), &headers).await, 401);
    test.settle().await;
    assert_eq!(test.texts(conversation_of(Sms)).await, ["おはよう"]);
}

#[tokio::test]
async fn ing_3_the_public_address_is_signed_whatever_stands_before_it_inside() {
    let test = start().await;
    let (url, sid) = (address(&test, Sms), sid(1));
    let (headers, body) = signed(&url, &message(Sms, &sid, &[("Body", "x")]));
    let inside = url.replace("/webhooks/", "/stage/webhooks/");
    assert_eq!(post(&inside, &headers, body.clone()).await, 200);
    // The address is that of the configuration, never what a header says.
    let mut elsewhere = signed("https://evil.example.com/webhooks/twilio/1", &message(Sms, &sid, &[])).0;
    elsewhere.insert("host", "evil.example.com".parse().unwrap());
    assert_eq!(post(&url, &elsewhere, body).await, 401);
}

/// Twilio tells no time, so a second delivery long after the first looks like a newer message.
#[tokio::test]
async fn ing_5_a_message_that_is_delivered_again_much_later_is_still_the_same() {
    let test = start().await;
    let id = says(&test, WhatsApp, 1, "once").await;
    let before = test.conversation(id).await;
    let stop = sid(2);
    let parameters = message(WhatsApp, &stop, &[("Body", "STOP"), ("OptOutType", "STOP")]);
    assert_eq!(deliver(&address(&test, WhatsApp), &parameters).await, 200);
    test.settle().await;
    let messages = test.messages(id).await;
    for minutes in [1, 10, 60 * 24] {
        test.pass(Span::from_minutes(minutes));
        says(&test, WhatsApp, 1, "once").await;
        assert_eq!(deliver(&address(&test, WhatsApp), &parameters).await, 200);
        test.settle().await;
        assert_eq!(test.messages(id).await, messages);
    }
    let after = test.conversation(id).await;
    assert_eq!((before.unread, after.unread), (1, 2));
    assert_eq!(after.window_opened_at, before.window_opened_at);
}

#[tokio::test]
async fn ing_10_nothing_of_a_genuine_webhook_is_lost() {
    let test = start().await;
    let url = address(&test, Sms);
    for parameters in [&[("Something", "new")][..], &[("MessageSid", "SM1"), ("Body", "from nobody")], &[]] {
        assert_eq!(deliver(&url, parameters).await, 200);
    }
    // A status that we do not know makes no line in anybody's timeline.
    let unknown = [("MessageSid", "SM2"), ("MessageStatus", "of-tomorrow"), ("To", PHONE)];
    assert_eq!(deliver(&url, &unknown).await, 200);
    let json = br#"["not an object"]"#;
    let (url, headers) = signed_json(&url, json);
    assert_eq!(post(&url, &headers, &json[..]).await, 200);
    test.settle().await;
    let items = test.dynamo.items("inbox").await;
    assert_eq!(items.len(), 5, "{items:?}");
    assert!(test.inbox.conversation(conversation_of(Sms)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_body_of_json_says_what_a_form_says() {
    let test = start().await;
    let sid = sid(1);
    let parameters: BTreeMap<_, _> = message(WhatsApp, &sid, &[("Body", "はい")]).into_iter().collect();
    let body = json!(parameters).to_string();
    let (url, headers) = signed_json(&address(&test, WhatsApp), body.as_bytes());
    assert_eq!(post(&url, &headers, body.replace("はい", "いや")).await, 401);
    assert_eq!(post(&url, &headers, body).await, 200);
    test.settle().await;
    assert_eq!(test.texts(conversation_of(WhatsApp)).await, ["はい"]);
}

#[tokio::test]
async fn ing_9_a_name_comes_along_and_a_person_without_a_number_is_answered_at_their_address() {
    let test = start().await;
    let (url, first, second) = (address(&test, WhatsApp), sid(1), sid(2));
    let parameters = |sid, from| {
        [
            ("MessageSid", sid),
            ("From", from),
            ("To", twilio::sender(WhatsApp)),
            ("ExternalUserId", "whatsapp:JP.1a2b"),
            ("ProfileName", "山田 花子"),
            ("Body", "x"),
        ]
    };
    assert_eq!(deliver(&url, &parameters(&first, "whatsapp:JP.1a2b")).await, 200);
    test.settle().await;
    let id = ConversationId::derive(TestInbox::channel_id(WhatsApp), &Party::User("whatsapp:JP.1a2b".into()));
    let conversation = test.conversation(id).await;
    assert_eq!(conversation.contact.name.as_deref(), Some("山田 花子"));
    assert_eq!(conversation.contact.profile, ProfileState::Known);
    assert_eq!(test.sweep().await.profiles, 0);
    // They show their number now; it is the same person, and a status names the number.
    assert_eq!(deliver(&url, &parameters(&second, "whatsapp:+8190")).await, 200);
    test.settle().await;
    let key = test.answer(id, "k", "はい").await;
    test.settle().await;
    assert_eq!(test.twilio.sent()[0]["To"], "whatsapp:+8190");
    told(&test, "delivered", &[]).await;
    assert!(matches!(state(&test, id, key).await, SendState::Delivered { .. }));
}

#[tokio::test]
async fn msg_6_files_are_filed_with_where_they_are() {
    let test = start().await;
    let sid = sid(1);
    let media = [
        ("Body", ""),
        ("NumMedia", "2"),
        ("MediaUrl0", "https://api.twilio.com/m/0"),
        ("MediaContentType0", "image/jpeg"),
        ("MediaUrl1", "https://api.twilio.com/m/1"),
        ("MediaContentType1", "application/pdf"),
    ];
    let parameters = message(WhatsApp, &sid, &media);
    assert_eq!(deliver(&address(&test, WhatsApp), &parameters).await, 200);
    test.settle().await;
    let messages = test.messages(conversation_of(WhatsApp)).await;
    let Body::Said { content: Content::Attachments { attachments, .. } } = &messages[0].body else {
        panic!()
    };
    let told: Vec<_> = attachments.iter().map(|a| (&*a.kind, a.content_type.as_deref().unwrap())).collect();
    assert_eq!(told, [("image", "image/jpeg"), ("file", "application/pdf")]);
}

/// Invariant 4: the answer of the call was lost, and there is no key to repeat it with.
#[tokio::test]
async fn an_unclear_reply_waits_for_its_status_and_is_never_sent_twice() {
    let test = start().await;
    let id = says(&test, Sms, 1, "question").await;
    test.twilio.answer_next(500, json!({ "code": 20500 }));
    let key = test.answer(id, "k", "answer").await;
    test.settle().await;
    assert!(matches!(state(&test, id, key).await, SendState::Sending { .. }));
    test.pass(Span::from_secs(45));
    test.settle().await;
    assert!(matches!(state(&test, id, key).await, SendState::Unconfirmed { .. }));
    for _ in 0..3 {
        test.pass(Span::from_minutes(10));
        test.sweep().await;
        test.settle().await;
    }
    assert_eq!(test.twilio.sent().len(), 1);
    told(&test, "delivered", &[]).await;
    assert!(matches!(state(&test, id, key).await, SendState::Delivered { .. }));
    let id_there = test.message(id, &key).await.provider_message_id;
    assert_eq!(id_there, Some(format!("SM{:032x}", 1)));
}

/// The callback overtakes the answer to the call.
#[tokio::test]
async fn a_status_that_comes_before_the_answer_settles_the_reply() {
    let test = start().await;
    let id = says(&test, WhatsApp, 1, "question").await;
    let key = test.answer(id, "k", "answer").await;
    let mut claimed = test.message(id, &key).await;
    let now = test.clock.now();
    claimed.send = Some(SendState::Sending {
        attempt: 1,
        first_attempt_at: now,
        claimed_at: now,
        lease_until: now + Span::from_secs(45),
        via: madoguchi_domain::send::Via::Twilio,
    });
    assert_eq!(test.inbox.save_message(&claimed).await.unwrap(), Saved::Done);
    let url = format!("{}?status={key}&conversation={id}", address(&test, WhatsApp));
    let parameters = [("MessageSid", "SM1"), ("MessageStatus", "sent"), ("To", "whatsapp:+1")];
    assert_eq!(deliver(&url, &parameters).await, 200);
    test.write().await;
    assert!(matches!(state(&test, id, key).await, SendState::Sent { .. }));
    // Nothing is left to be done, also for whoever comes after a crash.
    test.pass(Span::from_minutes(5));
    test.sweep().await;
    test.settle().await;
    assert!(test.twilio.sent().is_empty());
}

#[tokio::test]
async fn a_code_means_the_same_in_the_answer_and_in_the_callback() {
    let table = [
        (30005, FailureReason::ContactUnreachable),
        (21610, FailureReason::RecipientOptedOut),
        (63016, FailureReason::ReplyWindowClosed),
        (63013, FailureReason::MessageRefused),
        (21606, FailureReason::ChannelNotPermitted),
    ];
    for (code, expected) in table {
        for in_answer in [true, false] {
            let test = start().await;
            let id = says(&test, WhatsApp, 1, "question").await;
            if in_answer {
                test.twilio.answer_next(400, json!({ "code": code }));
            }
            let key = test.answer(id, "k", "answer").await;
            test.settle().await;
            if !in_answer {
                told(&test, "failed", &[("ErrorCode", &code.to_string())]).await;
            }
            let SendState::Failed { reason, .. } = state(&test, id, key).await else { panic!("{code}") };
            assert_eq!(reason, expected, "{code} {in_answer}");
            // What follows for the conversation.
            let (status, body) = test.post_reply(id, "k2", "again").await;
            let refusal = match expected {
                FailureReason::RecipientOptedOut => Some("recipient_opted_out"),
                FailureReason::ReplyWindowClosed => Some("template_needed"),
                _ => None,
            };
            assert_eq!(body["error"]["id"].as_str(), refusal, "{code}: {body}");
            assert_eq!(status, if refusal.is_some() { 409 } else { 202 });
            let contact = test.conversation(id).await.contact;
            assert_eq!(contact.unreachable_since.is_some(), expected == FailureReason::ContactUnreachable);
        }
    }
}

#[tokio::test]
async fn aut_11_a_refused_credential_holds_the_channel_and_a_rate_error_lets_it_rest() {
    for in_answer in [true, false] {
        for (code, status) in [(20003, 401), (20429, 429)] {
            let test = start().await;
            let id = says(&test, Sms, 1, "question").await;
            if in_answer {
                // Once as remembered and once as read anew.
                test.twilio.answer_next(status, json!({ "code": code }));
                test.twilio.answer_next(status, json!({ "code": code }));
            }
            let key = test.answer(id, "k", "answer").await;
            test.settle().await;
            let now = test.clock.now();
            if !in_answer {
                told(&test, "failed", &[("ErrorCode", &code.to_string())]).await;
            }
            let sending = test.channel(Sms).await.sending(now);
            let expected = match code {
                20003 => Sending::Held(Cause::AuthenticationFailed),
                _ => Sending::Paused(now + Span::from_secs(60)),
            };
            assert_eq!(sending, expected, "{code} {in_answer}");
            let waits = matches!(state(&test, id, key).await, SendState::Queued { .. });
            assert_eq!(waits, in_answer, "what was taken and given up is an operator's to send again");
            // Receiving goes on (AUT-10).
            says(&test, Sms, 2, "more").await;
            assert_eq!(test.conversation(id).await.unread, 1);
        }
    }
}

/// AUT-12: a dispatcher that remembers the credential from before the hold does not bring the hold back.
#[tokio::test]
async fn aut_12_what_was_remembered_before_a_re_authorization_holds_the_channel_no_more() {
    let test = start().await;
    let id = says(&test, Sms, 1, "question").await;
    let name = SecretNames::new(PREFIX).twilio_channel(TestInbox::channel_id(Sms));
    let credential = |token: &str| json!({ "account_sid": twilio::ACCOUNT, "auth_token": token });
    test.aws.set_secret(&name, &credential("replaced at the provider"));
    let key = test.answer(id, "k", "answer").await;
    test.pass(Span::from_minutes(2));
    test.settle().await;
    assert!(matches!(test.channel(Sms).await.sending(test.clock.now()), Sending::Held(_)));
    // The new one is there within the moments in which no refused call may ask for it again.
    test.pass(Span::from_secs(5));
    test.aws.set_secret(&name, &credential(twilio::AUTH_TOKEN));
    let released = test.directory.release_channel(TestInbox::channel_id(Sms), test.clock.now());
    assert_eq!(released.await.unwrap(), Saved::Done);
    test.pass(Span::from_secs(5));
    test.sweep().await;
    test.settle().await;
    assert!(matches!(state(&test, id, key).await, SendState::Sent { .. }));
    assert_eq!(test.channel(Sms).await.sending(test.clock.now()), Sending::Allowed);
    assert_eq!(test.twilio.sent().len(), 1);
}

/// CHN-5: nobody writes to somebody who said STOP, also not what was written before.
#[tokio::test]
async fn chn_5_stop_stops_and_start_starts() {
    let test = start().await;
    let id = says(&test, Sms, 1, "hello").await;
    let written_before = test.answer(id, "k1", "coming").await;
    let (url, stop, start) = (address(&test, Sms), sid(2), sid(3));
    let word = async |sid: &str, word: &str| {
        test.pass(Span::from_secs(1));
        let parameters = message(Sms, sid, &[("Body", word), ("OptOutType", word)]);
        assert_eq!(deliver(&url, &parameters).await, 200);
        test.write().await;
    };
    word(&stop, "STOP").await;
    test.settle().await;
    let SendState::Failed { reason, .. } = state(&test, id, written_before).await else { panic!() };
    assert_eq!(reason, FailureReason::RecipientOptedOut);
    let (status, body) = test.post_reply(id, "k2", "please").await;
    assert_eq!((status, body["error"]["id"].as_str()), (409, Some("recipient_opted_out")));
    assert!(test.twilio.sent().is_empty());
    word(&start, "START").await;
    test.answer(id, "k3", "welcome back").await;
    test.settle().await;
    assert_eq!(test.twilio.sent().len(), 1);
    let lines: Vec<_> = test
        .messages(id)
        .await
        .into_iter()
        .filter_map(|message| match message.body {
            Body::Timeline { event, .. } if message.sent_by == SentBy::System => Some(event),
            _ => None,
        })
        .collect();
    assert_eq!(lines, ["opted_out", "opted_in"]);
}

/// ABU-3 and ABU-4: of a blocked contact only words are dropped, also where no event tells its time.
#[tokio::test]
async fn abu_4_stop_counts_also_of_who_is_blocked() {
    let test = start().await;
    let id = says(&test, Sms, 1, "hello").await;
    let path = format!("/api/conversations/{id}/block");
    assert_eq!(test.call("POST", &path, None, &json!({"reason": "spam"})).await.0, 200);
    let url = address(&test, Sms);
    for (number, parameters) in [(2, vec![("Body", "words")]), (3, vec![("Body", "more")])] {
        test.pass(Span::from_secs(1));
        assert_eq!(deliver(&url, &message(Sms, &sid(number), &parameters)).await, 200);
        test.write().await;
    }
    assert_eq!((test.texts(id).await, test.dropped()), (vec!["hello".to_owned()], 2));
    test.pass(Span::from_secs(1));
    let fourth = sid(4);
    let stop = message(Sms, &fourth, &[("Body", "STOP"), ("OptOutType", "STOP")]);
    assert_eq!(deliver(&url, &stop).await, 200);
    test.write().await;
    assert!(test.conversation(id).await.is_opted_out());
}

#[tokio::test]
async fn chn_4_after_24_hours_only_a_template_goes_out() {
    let test = start().await;
    let id = says(&test, WhatsApp, 1, "hello").await;
    // Written in time and due too late: refused before the call.
    let late = test.answer(id, "k1", "in time").await;
    test.pass(Span::from_hours(24));
    test.settle().await;
    let SendState::Failed { reason, .. } = state(&test, id, late).await else { panic!() };
    assert_eq!(reason, FailureReason::ReplyWindowClosed);
    let (status, body) = test.post_reply(id, "k2", "too late").await;
    assert_eq!((status, body["error"]["id"].as_str()), (409, Some("template_needed")));
    assert!(test.twilio.sent().is_empty());
    let draft = json!({ "template": { "content_sid": TEMPLATE, "variables": { "1": "花子" } } });
    let (status, body) = test.post_draft(id, "k3", &draft).await;
    assert_eq!((status, &body["kind"]), (202, &json!("template")), "{body}");
    // The same again is the same reply, another is refused.
    assert_eq!(test.post_draft(id, "k3", &draft).await.0, 200);
    let other = json!({ "template": { "content_sid": TEMPLATE, "variables": { "1": "太郎" } } });
    assert_eq!(test.post_draft(id, "k3", &other).await.1["error"]["id"], "idempotency_key_reused");
    test.settle().await;
    let sent = test.twilio.sent().pop().unwrap();
    assert_eq!(sent["ContentSid"], TEMPLATE);
    let variables: Value = serde_json::from_str(&sent["ContentVariables"]).unwrap();
    assert_eq!(variables, json!({ "1": "花子" }));
    // The customer writes: free text again.
    says(&test, WhatsApp, 2, "I am here").await;
    test.answer(id, "k4", "good").await;
    test.settle().await;
    assert_eq!(test.twilio.sent().pop().unwrap()["Body"], "good");
    // SMS knows no window.
    let sms = says(&test, Sms, 1, "hello").await;
    test.pass(Span::from_days(30));
    test.answer(sms, "k1", "hello again").await;
    test.settle().await;
    assert_eq!(test.twilio.sent().pop().unwrap()["Body"], "hello again");
}

#[tokio::test]
async fn a_draft_that_cannot_be_sent_is_refused_with_its_reason() {
    let test = start().await;
    let (whatsapp, sms) = (says(&test, WhatsApp, 1, "hello").await, says(&test, Sms, 1, "hello").await);
    let line = test.customer_writes(ChannelKind::Line, "customer-1", "hello").await;
    test.settle().await;
    let template = |sid: &str| json!({ "template": { "content_sid": sid } });
    let table = [
        (sms, json!({ "text": "a".repeat(1_601) }), "text_too_long"),
        (whatsapp, json!({ "text": "あ".repeat(1_601) }), "text_too_long"),
        (whatsapp, template("HX1"), "template_refused"),
        (line, template(TEMPLATE), "template_refused"),
        (whatsapp, json!({ "text": "a", "template": { "content_sid": TEMPLATE } }), "invalid_body"),
        (whatsapp, json!({}), "invalid_body"),
        (whatsapp, json!({ "template": { "content_sid": TEMPLATE, "colour": 1 } }), "invalid_body"),
    ];
    for (id, draft, expected) in table {
        let (_, body) = test.post_draft(id, "k", &draft).await;
        assert_eq!(body["error"]["id"], expected, "{draft}");
    }
    let (status, body) = test.post_reply(sms, "k", &"あ".repeat(135)).await;
    assert_eq!((status, &body["sms"]), (202, &json!({ "segments": 3, "encoding": "ucs2" })));
}

/// Invariant 2, for a provider that tells no time: wherever the writer dies, its record comes again, and so does the
/// webhook.
#[tokio::test]
async fn the_writer_may_die_at_any_moment() {
    let mut effects = 0;
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        for at in 1.. {
            let faults = Faults::new();
            let test = TestInbox::with_faults(&faults).await;
            test.add_twilio().await;
            let (url, sid) = (address(&test, Sms), sid(1));
            let parameters = message(Sms, &sid, &[("Body", "STOP"), ("OptOutType", "STOP")]);
            assert_eq!(deliver(&url, &parameters).await, 200);
            faults.arm(at, fault.clone());
            let finished = faults.until_crash(test.write()).await.is_some();
            test.pass(Span::from_minutes(6));
            test.inbound.make_visible();
            assert_eq!(deliver(&url, &parameters).await, 200);
            test.settle().await;
            let (id, label) = (conversation_of(Sms), format!("{fault:?} at {at}: {:?}", faults.effects()));
            assert_eq!(test.texts(id).await, ["STOP"], "{label}");
            assert_eq!(test.messages(id).await.len(), 2, "{label}");
            let conversation = test.conversation(id).await;
            assert!(conversation.unread == 1 && conversation.is_opted_out(), "{label}");
            if finished {
                effects = effects.max(at - 1);
                break;
            }
        }
    }
    assert!(effects >= 5, "two places, a message, its conversation, and a line with its own, not {effects}");
}

/// Invariant 4: wherever the sender dies, at most one call is made, and its callback settles the reply.
#[tokio::test]
async fn the_sender_may_die_at_any_moment() {
    let mut calls = 0;
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        for at in 1.. {
            let faults = Faults::new();
            let test = TestInbox::with_faults(&faults).await;
            test.add_twilio().await;
            let id = says(&test, WhatsApp, 1, "question").await;
            let key = test.answer(id, "k", "answer").await;
            test.relay().await;
            faults.arm(at, fault.clone());
            let finished = faults.until_crash(test.dispatch()).await.is_some();
            for _ in 0..3 {
                test.pass(Span::from_minutes(2));
                test.outbound.make_visible();
                test.settle().await;
                test.sweep().await;
                test.settle().await;
            }
            let label = format!("{fault:?} at {at}: {:?}", faults.effects());
            let sent = test.twilio.sent().len();
            assert!(sent <= 1, "{label}");
            calls += sent;
            match state(&test, id, key).await {
                SendState::Sent { .. } => assert_eq!(sent, 1, "{label}"),
                SendState::Unconfirmed { .. } => {}
                other => panic!("{label}: {other:?}"),
            }
            if sent == 1 {
                told(&test, "delivered", &[]).await;
                assert!(matches!(state(&test, id, key).await, SendState::Delivered { .. }), "{label}");
            }
            if finished {
                break;
            }
        }
    }
    assert!(calls >= 4, "{calls}");
}

#[tokio::test]
async fn aut_13_account_and_key_are_looked_at_daily_and_what_is_broken_holds_its_channel_alone() {
    let test = start().await;
    let http = ProviderHttp::new(madoguchi_runtime::http::provider_client().unwrap());
    let nowhere = "http://127.0.0.1:9".to_owned();
    let providers = ProviderConfig {
        graph_base_url: nowhere.clone(),
        graph_version: "v26.0".into(),
        line_base_url: nowhere,
        twilio_base_url: test.twilio.url().to_owned(),
        twilio_messaging_base_url: test.twilio.url().to_owned(),
        page_inbox_app_ids: Vec::new(),
    };
    let refresh = TokenRefresh::new(
        test.directory.clone(),
        SecretWriter::new(test.aws.clients().secrets()),
        SecretNames::new(PREFIX),
        http,
        providers,
        Metrics::new("token_refresh"),
    );
    let name = SecretNames::new(PREFIX).twilio_channel(TestInbox::channel_id(WhatsApp));
    let secret = |token: &str, key: (&str, &str)| {
        json!({
            "account_sid": twilio::ACCOUNT, "auth_token": token,
            "api_key_sid": key.0, "api_key_secret": key.1,
        })
    };
    let wrong_key = (twilio::API_KEY.0, "another");
    let table = [
        (secret(twilio::AUTH_TOKEN, twilio::API_KEY), true),
        (secret(twilio::AUTH_TOKEN, wrong_key), false),
        (secret("another", twilio::API_KEY), false),
        (json!({ "account_sid": twilio::ACCOUNT, "auth_token": twilio::AUTH_TOKEN }), true),
        (json!({ "not": "a credential" }), false),
        (secret(twilio::AUTH_TOKEN, twilio::API_KEY), true),
    ];
    for (secret, works) in table {
        test.aws.set_secret(&name, &secret);
        test.pass(Span::from_days(1));
        refresh.run(test.clock.now()).await.unwrap();
        let expected = if works { Sending::Allowed } else { Sending::Held(Cause::AuthenticationFailed) };
        assert_eq!(test.channel(WhatsApp).await.sending(test.clock.now()), expected);
        assert_eq!(test.channel(Sms).await.sending(test.clock.now()), Sending::Allowed);
    }
    // The key sends.
    let id = says(&test, WhatsApp, 1, "question").await;
    test.answer(id, "k", "answer").await;
    test.settle().await;
    assert_eq!(test.twilio.sent().len(), 1);
}

/// What waits in the queue carries no secret.
#[tokio::test]
async fn what_is_queued_is_one_event_of_the_queues_version() {
    let test = start().await;
    let (url, sid) = (address(&test, WhatsApp), sid(1));
    let more = [("Body", "x"), ("ReferralSourceId", "1"), ("OptOutType", "STOP")];
    assert_eq!(deliver(&url, &message(WhatsApp, &sid, &more)).await, 200);
    let queued = test.inbound.messages();
    assert_eq!(queued.len(), 3);
    for text in queued {
        let InboundWork::Event(event) = InboundWork::from_json(&text.body).unwrap() else { panic!() };
        assert_eq!((event.channel_kind, event.received_at), (WhatsApp, test.clock.now()));
        assert!(!text.body.contains(twilio::AUTH_TOKEN));
    }
    assert_eq!(test.clock.now(), Timestamp::from_ms(1_793_491_200_000));
}

#[tokio::test]
async fn chn_19_what_became_of_a_reply_and_a_stop_count_while_a_channel_is_off() {
    for verb in ["disable", "delete"] {
        let test = start().await;
        let id = says(&test, Sms, 1, "hello").await;
        let key = test.answer(id, "k1", "answer").await;
        test.settle().await;
        test.pass(Span::from_secs(1));
        let path = format!("/api/channels/{}", TestInbox::channel_id(Sms));
        match verb {
            "disable" => test.administered("POST", &format!("{path}/disable"), &json!({})).await,
            _ => test.administered("DELETE", &path, &json!({"confirm": "Test sms"})).await,
        };
        test.pass(Span::from_minutes(1));
        told(&test, "failed", &[("ErrorCode", "30006")]).await;
        let failed = state(&test, id, key).await;
        assert!(matches!(failed, SendState::Failed { .. }), "{verb}: {failed:?}");
        let stop = sid(2);
        let parameters = message(Sms, &stop, &[("Body", "STOP"), ("OptOutType", "STOP")]);
        assert_eq!(deliver(&address(&test, Sms), &parameters).await, 200);
        test.settle().await;
        assert!(test.conversation(id).await.contact.opt_out.unwrap().opted_out, "{verb}");
        assert_eq!(test.dropped(), 1, "{verb}: the word itself; what it means counts");
        says(&test, Sms, 3, "not heard").await;
        assert_eq!(test.dropped(), 2, "{verb}");
    }
}
