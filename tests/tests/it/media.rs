//! Files: copied from the provider, shown, sent, taken back (ING-9, MSG-3 to MSG-9, MSG-12, MSG-15).

use axum::http::HeaderMap;
use madoguchi_domain::credential::Cause;
use madoguchi_domain::media::{Media, MediaFailure};
use madoguchi_domain::message::SendState;
use madoguchi_domain::send::FailureReason;
use madoguchi_domain::{
    ChannelKind, ChannelSettings, ConversationId, Message, MessageId, MessageKey, Party, Span, Timestamp,
};
use madoguchi_simulator::{demo, line_signature, messenger_signature};
use madoguchi_store::Saved;
use madoguchi_tests::TestInbox;
use madoguchi_tests::inbox::{PUBLIC, post};
use madoguchi_tests::support::fault::{Fault, Faults};
use madoguchi_tests::support::files::File;
use serde_json::{Value, json};

const USER: &str = "U00000000000000000000000000000001";
const PSID: &str = "2468";
pub(crate) const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x00\x03\x00\x00\x00\x02\x08\x02\x00\x00\x00";

fn jpeg(bytes: usize) -> Vec<u8> {
    let mut jpeg = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01".to_vec();
    jpeg.resize(bytes, 0);
    jpeg
}

async fn deliver(test: &TestInbox, path: &str, header: &'static str, signature: &str, body: String) {
    let headers = HeaderMap::from_iter([(header.parse().unwrap(), signature.parse().unwrap())]);
    assert_eq!(post(&format!("{}/webhooks/{path}", test.front), &headers, body).await, 200);
}

async fn line_event(test: &TestInbox, event: &Value) -> ConversationId {
    let channel = TestInbox::channel_id(ChannelKind::Line);
    let mut event = event.clone();
    event["source"] = json!({"type": "user", "userId": USER});
    event["mode"] = "active".into();
    let body = json!({"destination": "U", "events": [event]}).to_string();
    let signature = line_signature(demo::LINE_SECRET, body.as_bytes());
    deliver(test, &format!("line/{channel}"), "x-line-signature", &signature, body).await;
    ConversationId::derive(channel, &Party::User(USER.to_owned()))
}

/// A LINE user sends a file.
pub(crate) async fn line_sends(test: &TestInbox, id: &str, message: Value) -> (ConversationId, MessageKey) {
    let mut message = message;
    message["id"] = id.into();
    if message["type"] != "file" && message.get("contentProvider").is_none() {
        message["contentProvider"] = json!({"type": "line"});
    }
    let at = test.clock.now();
    let event = json!({
        "type": "message", "timestamp": at.as_ms(), "webhookEventId": format!("event-{id}"), "message": message,
    });
    let conversation = line_event(test, &event).await;
    (conversation, MessageKey { at, id: MessageId::of_provider(conversation, id) })
}

/// A Messenger user sends files by their addresses.
async fn messenger_sends(
    test: &TestInbox,
    mid: &str,
    files: &[(&str, &str)],
) -> (ConversationId, MessageKey) {
    let at = test.clock.now();
    let attachments: Vec<Value> =
        files.iter().map(|(kind, url)| json!({"type": kind, "payload": {"url": url}})).collect();
    let messaging = json!({
        "sender": {"id": PSID}, "recipient": {"id": demo::PAGE}, "timestamp": at.as_ms(),
        "message": {"mid": mid, "attachments": attachments},
    });
    let entry = json!([{"id": demo::PAGE, "time": at.as_ms(), "messaging": [messaging]}]);
    let body = json!({"object": "page", "entry": entry}).to_string();
    let signature = messenger_signature(demo::APP_SECRET, body.as_bytes());
    deliver(test, "messenger", "x-hub-signature-256", &signature, body).await;
    let channel = TestInbox::channel_id(ChannelKind::Messenger);
    let conversation = ConversationId::derive(channel, &Party::User(PSID.to_owned()));
    (conversation, MessageKey { at, id: MessageId::of_provider(conversation, mid) })
}

fn media(message: &Message) -> &Media {
    message.attachments()[0].media.as_ref().unwrap()
}

fn stored_key(message: &Message) -> &str {
    match media(message) {
        Media::Stored(stored) => &stored.key,
        other => panic!("not stored: {other:?}"),
    }
}

/// Lets the queue hand out what has waited its time, minute by minute.
async fn let_minutes_pass(test: &TestInbox, minutes: i64) {
    for _ in 0..minutes {
        test.pass(Span::from_minutes(1));
        test.fetch_media().await;
    }
}

#[tokio::test]
async fn ing_9_a_picture_is_stored_at_once_and_shown_by_a_short_link() {
    let test = TestInbox::start().await;
    test.files.line("1001", [File::Bytes(PNG.to_vec())]);
    let (id, key) = line_sends(&test, "1001", json!({"type": "image"})).await;
    test.write().await;
    // Nothing was asked of the provider before the message was stored.
    assert!(matches!(media(&test.message(id, &key).await), Media::Pending { .. }));
    assert!(test.files.asked().is_empty());
    let path = format!("/api/conversations/{id}/messages/{key}/attachments/0");
    assert_eq!(test.call("GET", &path, None, &json!(null)).await.1["error"]["id"], "attachment_pending");

    test.settle().await;
    let message = test.message(id, &key).await;
    let Media::Stored(stored) = media(&message).clone() else { panic!("{message:?}") };
    assert_eq!((stored.size_bytes, stored.content_type.as_str()), (PNG.len() as u64, "image/png"));
    assert_eq!((stored.width, stored.height), (Some(3), Some(2)));
    assert_eq!(stored.sha256.unwrap().len(), 64);
    assert!(stored.key.starts_with(&format!("in/{id}/")));
    let object = &test.s3.objects()[&stored.key];
    assert_eq!((&*object.bytes, object.content_type.as_str()), (PNG, "image/png"));

    let (status, link) = test.call("GET", &path, None, &json!(null)).await;
    assert_eq!((status, &link["content_type"]), (200, &json!("image/png")));
    let url = link["url"].as_str().unwrap();
    assert!(url.contains("X-Amz-Expires=300&"), "{url}");
    let (_, page) = test.call("GET", &format!("/api/conversations/{id}/messages"), None, &json!(null)).await;
    let file = &page["items"][0]["attachments"][0]["file"];
    assert_eq!((&file["state"], &file["width"]), (&json!("stored"), &json!(3)));
    // AUD-3: an administrator who opens it has read the conversation.
    assert_eq!(test.administer("GET", &path, &json!(null)).await.0, 200);
    let read = format!("/api/audit?act=conversation.read&conversation={id}");
    let (_, read) = test.administer("GET", &read, &json!(null)).await;
    assert_eq!(read["items"].as_array().unwrap().len(), 1);
    // What customers sent has no open address: every address leads to what was sent to customers.
    let token = stored.key.trim_start_matches("in/").replace('/', "~");
    let (_, elsewhere) = test.call("GET", &format!("/media/{token}"), None, &json!(null)).await;
    assert!(elsewhere.as_str().unwrap().contains(&format!("/out/{id}/")), "{elsewhere}");
}

/// CLS-8: also a file that is still on its way when its conversation is deleted.
#[tokio::test]
async fn cls_8_files_go_with_their_conversation() {
    for copied_before in [true, false] {
        let test = TestInbox::start().await;
        test.files.line("1001", [File::Bytes(PNG.to_vec())]);
        let (id, _) = line_sends(&test, "1001", json!({"type": "image"})).await;
        test.write().await;
        test.relay().await;
        if copied_before {
            test.fetch_media().await;
        }
        let ours = |test: &TestInbox| {
            let keys = test.s3.objects().into_keys();
            keys.filter(|key| key.contains(&id.to_string())).count()
        };
        assert_eq!(ours(&test), usize::from(copied_before));
        let body = json!({ "confirm": id });
        let owner = ("operator-2", "owners");
        let (status, deleted) =
            test.call_as(owner, "DELETE", &format!("/api/conversations/{id}"), None, &body).await;
        assert_eq!(status, 200, "{deleted}");
        test.settle().await;
        assert_eq!(ours(&test), 0, "copied before: {copied_before}");
        assert!(test.messages(id).await.is_empty());
    }
}

#[tokio::test]
async fn a_large_video_passes_through_in_pieces_after_line_has_prepared_it() {
    const BYTES: u64 = 30_000_000;
    let test = TestInbox::start().await;
    test.files.line("1002", [File::Status(202), File::Status(202), File::Large(BYTES)]);
    let (id, key) = line_sends(&test, "1002", json!({"type": "video", "duration": 60_000})).await;
    test.settle().await;
    assert!(matches!(media(&test.message(id, &key).await), Media::Pending { .. }));
    let_minutes_pass(&test, 3).await;
    let message = test.message(id, &key).await;
    let object = &test.s3.objects()[stored_key(&message)];
    assert_eq!(object.bytes.len() as u64, BYTES);
    assert_eq!(message.attachments()[0].duration_ms, Some(60_000), "LINE told it");
    // Bytes that tell no type are only ever saved.
    assert_eq!(object.content_type, "application/octet-stream");
    assert!(object.disposition.starts_with("attachment"), "{}", object.disposition);
    assert!(test.s3.largest_part() < 9_000_000, "{}", test.s3.largest_part());
    assert_eq!(test.s3.unfinished(), 0);
    assert_eq!(test.files.asked().len(), 3);
}

#[tokio::test]
async fn what_was_taken_back_before_it_was_copied_is_gone() {
    let test = TestInbox::start().await;
    test.files.line("1003", [File::Status(410)]);
    let (id, key) = line_sends(&test, "1003", json!({"type": "image"})).await;
    test.settle().await;
    assert_eq!(*media(&test.message(id, &key).await), Media::Gone);
    let path = format!("/api/conversations/{id}/messages/{key}/attachments/0");
    let (status, body) = test.call("GET", &path, None, &json!(null)).await;
    assert_eq!((status, &body["error"]["id"]), (410, &json!("attachment_gone")));
}

#[tokio::test]
async fn an_expired_link_is_a_visible_failure_that_can_be_tried_again() {
    let test = TestInbox::start().await;
    let url = test.files.script("/cdn/1", [File::Status(403), File::Bytes(PNG.to_vec())]);
    let (id, key) = messenger_sends(&test, "m_1", &[("image", &url)]).await;
    test.settle().await;
    let message = test.message(id, &key).await;
    assert!(matches!(media(&message), Media::Failed { reason: MediaFailure::Expired, .. }), "{message:?}");
    let path = format!("/api/conversations/{id}/messages/{key}/attachments/0");
    assert_eq!(test.call("GET", &path, None, &json!(null)).await.1["error"]["id"], "media_expired");

    let (status, again) = test.call("POST", &format!("{path}/retry"), None, &json!(null)).await;
    assert_eq!((status, &again["attachments"][0]["file"]["state"]), (202, &json!("pending")));
    test.settle().await;
    assert_eq!(test.s3.objects()[stored_key(&test.message(id, &key).await)].bytes, PNG);
    let (status, body) = test.call("POST", &format!("{path}/retry"), None, &json!(null)).await;
    assert_eq!((status, &body["error"]["id"]), (409, &json!("attachment_not_retryable")));
}

#[tokio::test]
async fn an_album_is_one_message_with_all_its_files_and_a_link_is_no_file() {
    let test = TestInbox::start().await;
    let urls: Vec<String> =
        (0..3).map(|n| test.files.script(&format!("/cdn/{n}"), [File::Bytes(jpeg(100 + n))])).collect();
    let mut files: Vec<(&str, &str)> = urls.iter().map(|url| ("image", url.as_str())).collect();
    files.push(("fallback", "https://example.com/page"));
    let (id, key) = messenger_sends(&test, "m_2", &files).await;
    test.settle().await;
    let message = test.message(id, &key).await;
    let sizes: Vec<Option<u64>> = message
        .attachments()
        .iter()
        .map(|attachment| match &attachment.media {
            Some(Media::Stored(stored)) => Some(stored.size_bytes),
            None => None,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(sizes, [Some(100), Some(101), Some(102), None]);
    assert_eq!(test.s3.objects().len(), 3);
}

#[tokio::test]
async fn addresses_that_a_customer_chose_lead_to_the_open_web_only() {
    let test = TestInbox::start().await;
    for (id, url) in
        [("1004", "http://127.0.0.1:9001/2018-06-01/runtime"), ("1005", "https://169.254.169.254/")]
    {
        let provider = json!({"type": "external", "originalContentUrl": url, "previewImageUrl": url});
        let (id, key) = line_sends(&test, id, json!({"type": "image", "contentProvider": provider})).await;
        test.settle().await;
        let message = test.message(id, &key).await;
        assert!(matches!(media(&message), Media::Failed { reason: MediaFailure::AddressRefused, .. }));
    }
    assert!(test.files.asked().is_empty());
}

#[tokio::test]
async fn too_large_a_file_is_not_copied_and_one_that_breaks_off_is_tried_again() {
    let test = TestInbox::start().await;
    test.files.line("1006", [File::Large(500_000_001)]);
    let (id, key) =
        line_sends(&test, "1006", json!({"type": "file", "fileName": "a.bin", "fileSize": 1})).await;
    test.settle().await;
    assert!(matches!(
        media(&test.message(id, &key).await),
        Media::Failed { reason: MediaFailure::TooLarge, .. }
    ));

    test.files.line("1007", [File::Broken(12_000_000), File::Bytes(PNG.to_vec())]);
    let (id, key) = line_sends(&test, "1007", json!({"type": "image"})).await;
    test.settle().await;
    assert!(matches!(media(&test.message(id, &key).await), Media::Pending { .. }));
    assert_eq!(test.s3.unfinished(), 0, "the parts are forgotten");
    let_minutes_pass(&test, 2).await;
    assert_eq!(test.s3.objects()[stored_key(&test.message(id, &key).await)].bytes, PNG);
}

#[tokio::test]
async fn what_the_provider_never_hands_out_is_given_up_after_an_hour_without_a_dead_letter() {
    let test = TestInbox::start().await;
    test.files.line("1008", [File::Status(202)]);
    let (id, key) = line_sends(&test, "1008", json!({"type": "video"})).await;
    test.settle().await;
    let_minutes_pass(&test, 70).await;
    let message = test.message(id, &key).await;
    assert!(
        matches!(media(&message), Media::Failed { reason: MediaFailure::Unavailable, .. }),
        "{message:?}"
    );
    assert!(test.media.messages().is_empty() && test.media.dead().is_empty());
    assert!((10..30).contains(&test.files.asked().len()), "{}", test.files.asked().len());
}

#[tokio::test]
async fn an_unsend_deletes_the_stored_copy() {
    let test = TestInbox::start().await;
    test.files.line("1009", [File::Bytes(PNG.to_vec())]);
    let (id, key) = line_sends(&test, "1009", json!({"type": "image"})).await;
    test.settle().await;
    assert_eq!(test.s3.objects().len(), 1);
    let unsend = |event: &str, at: Timestamp| {
        json!({
            "type": "unsend", "timestamp": at.as_ms(), "webhookEventId": event, "unsend": {"messageId": "1009"},
        })
    };
    line_event(&test, &unsend("event-unsend", test.clock.now())).await;
    test.settle().await;
    let message = test.message(id, &key).await;
    assert!(message.attachments().is_empty() && message.discarded.is_empty(), "{message:?}");
    assert!(test.s3.objects().is_empty());
    assert!(test.inbox.pending_media(message.channel_id).await.unwrap().messages.is_empty());
}

#[tokio::test]
async fn an_unsend_that_overtakes_the_copy_leaves_nothing_behind() {
    let test = TestInbox::start().await;
    test.files.line("1010", [File::Bytes(PNG.to_vec())]);
    let (id, key) = line_sends(&test, "1010", json!({"type": "image"})).await;
    test.write().await;
    test.relay().await;
    let event = json!({
        "type": "unsend", "timestamp": test.clock.now().as_ms(), "webhookEventId": "event-unsend",
        "unsend": {"messageId": "1010"},
    });
    line_event(&test, &event).await;
    test.write().await;
    test.fetch_media().await;
    assert!(test.message(id, &key).await.attachments().is_empty());
    assert!(test.s3.objects().is_empty() && test.files.asked().is_empty());
}

#[tokio::test]
async fn the_fetcher_may_die_at_any_moment() {
    let mut effects = 0;
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        for at in 1.. {
            let faults = Faults::new();
            let test = TestInbox::with_faults(&faults).await;
            test.files.line("1011", [File::Bytes(PNG.to_vec())]);
            let (id, key) = line_sends(&test, "1011", json!({"type": "image"})).await;
            test.write().await;
            test.relay().await;
            faults.arm(at, fault.clone());
            let finished = faults.until_crash(test.fetch_media()).await.is_some();
            for _ in 0..2 {
                test.pass(Span::from_minutes(2));
                test.media.make_visible();
                test.settle().await;
            }
            let message = test.message(id, &key).await;
            let label = format!("{fault:?} at {at}");
            let kept: Vec<String> = test.s3.objects().into_keys().collect();
            assert_eq!(kept, [stored_key(&message)], "{label}: one object, the one that is shown");
            if finished {
                effects = effects.max(at - 1);
                break;
            }
        }
    }
    assert!(effects >= 2, "the object and the message, not {effects}");
}

#[tokio::test]
async fn two_jobs_for_one_file_leave_one_object() {
    let test = TestInbox::start().await;
    test.files.line("1012", [File::Bytes(PNG.to_vec())]);
    let (id, key) = line_sends(&test, "1012", json!({"type": "image"})).await;
    test.write().await;
    // The stream's record is lost at first, so the sweeper finds the job; then it comes as well.
    test.pass(Span::from_minutes(10));
    assert_eq!(test.sweep().await.files, 1);
    test.relay().await;
    assert_eq!(test.media.messages().len(), 2);
    test.fetch_media().await;
    let kept: Vec<String> = test.s3.objects().into_keys().collect();
    assert_eq!(kept, [stored_key(&test.message(id, &key).await)]);
    test.pass(Span::from_minutes(10));
    assert_eq!(test.sweep().await.files, 0);
}

#[tokio::test]
async fn aut_10_a_file_waits_for_the_credential_and_is_copied_then() {
    let test = TestInbox::start().await;
    test.files.line("1013", [File::Bytes(PNG.to_vec())]);
    let channel = TestInbox::channel_id(ChannelKind::Line);
    let held = test.directory.hold_channel(channel, Cause::SecretMismatch, "401", test.clock.now()).await;
    assert_eq!(held.unwrap(), Saved::Done);
    let (id, key) = line_sends(&test, "1013", json!({"type": "image"})).await;
    test.settle().await;
    test.pass(Span::from_hours(5));
    assert_eq!(test.sweep().await.files, 1);
    test.fetch_media().await;
    assert!(matches!(media(&test.message(id, &key).await), Media::Pending { .. }));
    assert!(test.files.asked().is_empty() && test.media.messages().is_empty());
    let released = test.directory.release_channel(channel, test.clock.now()).await;
    assert_eq!(released.unwrap(), Saved::Done);
    test.pass(Span::from_minutes(10));
    assert_eq!(test.sweep().await.files, 1);
    test.fetch_media().await;
    assert_eq!(test.s3.objects()[stored_key(&test.message(id, &key).await)].bytes, PNG);
}

async fn open_chat(test: &TestInbox, kind: ChannelKind) -> ConversationId {
    let id = test.customer_writes(kind, "customer-1", "question").await;
    test.settle().await;
    id
}

async fn announce(test: &TestInbox, id: ConversationId, wish: Value) -> (u16, Value) {
    test.call("POST", &format!("/api/conversations/{id}/uploads"), None, &wish).await
}

fn field<'a>(form: &'a Value, name: &str) -> &'a str {
    let fields = form["fields"].as_array().unwrap();
    fields.iter().find(|field| field[0] == name).unwrap()[1].as_str().unwrap()
}

/// Uploads a file by its form; returns the upload's id.
async fn upload(test: &TestInbox, id: ConversationId, name: &str, kind: &str, bytes: Vec<u8>) -> String {
    let wish = json!({"name": name, "type": kind, "size_bytes": bytes.len()});
    let (status, body) = announce(test, id, wish).await;
    assert_eq!(status, 201, "{body}");
    test.s3.upload(field(&body["form"], "key"), kind, bytes);
    body["upload_id"].as_str().unwrap().to_owned()
}

async fn send(test: &TestInbox, id: ConversationId, key: &str, body: &Value) -> (u16, Value) {
    test.call("POST", &format!("/api/conversations/{id}/messages"), Some(key), body).await
}

fn sent_key(body: &Value) -> MessageKey {
    body["id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn msg_7_a_picture_goes_out_on_line_by_an_address_that_stays_good() {
    let test = TestInbox::start().await;
    let id = open_chat(&test, ChannelKind::Line).await;
    let upload_id = upload(&test, id, "写真.jpg", "image/jpeg", jpeg(5_000)).await;
    let draft = json!({"attachment": {"upload_id": upload_id}, "text": "こちらです"});
    let (status, body) = send(&test, id, "k1", &draft).await;
    assert_eq!((status, &body["kind"], &body["status"]), (202, &json!("image"), &json!("queued")));
    assert_eq!(body["attachments"][0]["file"]["state"], "pending");
    // The same again is the same reply (RPL-14).
    let (status, again) = send(&test, id, "k1", &draft).await;
    assert_eq!((status, &again["id"]), (200, &body["id"]));
    test.settle().await;

    let message = test.message(id, &sent_key(&body)).await;
    assert!(matches!(message.send, Some(SendState::Sent { .. })), "{:?}", message.send);
    let Media::Stored(stored) = media(&message).clone() else { panic!("{message:?}") };
    assert_eq!(
        stored.preview_key.as_deref(),
        Some(stored.key.as_str()),
        "small enough to be its own preview"
    );
    assert!(stored.key.starts_with("out/"));
    // The text came after the file.
    assert_eq!(test.texts(id).await, ["question", "こちらです"]);
    assert!(test.simulator.violations().is_empty(), "{:?}", test.simulator.violations());

    // MSG-15: the address leads to a fresh link whenever it is asked for, by GET and by HEAD.
    let token = stored.key.trim_start_matches("out/").replacen('/', "~", 1);
    for days in [0, 400] {
        test.pass(Span::from_days(days));
        for method in ["GET", "HEAD"] {
            let (status, link) = test.call(method, &format!("/media/{token}"), None, &json!(null)).await;
            let link = link.as_str().unwrap_or_default().to_owned();
            assert!(
                status == 302 && link.contains(&stored.key) && link.contains("X-Amz-Signature="),
                "{link}"
            );
        }
    }
    let (status, _) =
        test.call("GET", &format!("/media/{}x", &token[..token.len() - 30]), None, &json!(null)).await;
    assert_eq!(status, 404);
    assert!(PUBLIC.starts_with("https://"));
}

#[tokio::test]
async fn msg_12_limits_are_told_before_a_byte_is_uploaded() {
    let test = TestInbox::start().await;
    let line = open_chat(&test, ChannelKind::Line).await;
    let messenger = open_chat(&test, ChannelKind::Messenger).await;
    let wish = |name: &str, kind: &str, size: u64| json!({"name": name, "type": kind, "size_bytes": size});
    for (id, wish, status, error) in [
        (line, wish("見積.pdf", "application/pdf", 1), 422, "file_kind_refused"),
        (line, wish("a.gif", "image/gif", 1), 422, "file_type_refused"),
        (line, wish("a.jpg", "image/jpeg", 10_000_001), 422, "file_too_large"),
        (messenger, wish("a.mp4", "video/mp4", 26_000_000), 422, "file_too_large"),
        (messenger, wish("a.acc", "", 1), 422, "file_type_refused"),
        (messenger, wish("a.png", "image/png", 0), 422, "file_empty"),
    ] {
        let (answered, body) = announce(&test, id, wish.clone()).await;
        assert_eq!((answered, body["error"]["id"].as_str()), (status, Some(error)), "{wish} {body}");
    }
    let (_, refused) = announce(&test, line, wish("見積.pdf", "application/pdf", 1)).await;
    assert!(refused["error"]["message"].as_str().unwrap().contains("as_link"), "{refused}");
    let (_, shown) = test.call("GET", &format!("/api/conversations/{line}"), None, &json!(null)).await;
    assert_eq!(shown["files"]["kinds"][1]["max_bytes"], 200_000_000);

    test.set(ChannelKind::Line, &ChannelSettings { files: false, ..Default::default() }).await;
    test.pass(Span::from_minutes(5));
    let (status, body) = announce(&test, line, wish("a.jpg", "image/jpeg", 1)).await;
    assert_eq!((status, body["error"]["id"].as_str()), (403, Some("files_forbidden")), "MSG-9");
    let calls = test.s3.calls();
    assert!(calls.iter().all(|call| call.contains(" portraits/")), "{calls:?}");
}

#[tokio::test]
async fn what_was_uploaded_must_be_what_was_announced() {
    let test = TestInbox::start().await;
    let id = open_chat(&test, ChannelKind::Line).await;
    let draft = |upload: &str| json!({"attachment": {"upload_id": upload}});
    let html = upload(&test, id, "a.jpg", "image/jpeg", b"<html><script>".to_vec()).await;
    let (status, body) = send(&test, id, "k1", &draft(&html)).await;
    assert_eq!((status, body["error"]["id"].as_str()), (422, Some("file_disguised")));

    let wish = json!({"name": "a.jpg", "type": "image/jpeg", "size_bytes": 10});
    let (_, announced) = announce(&test, id, wish).await;
    let missing = announced["upload_id"].as_str().unwrap();
    let (status, body) = send(&test, id, "k2", &draft(missing)).await;
    assert_eq!((status, body["error"]["id"].as_str()), (409, Some("upload_incomplete")));
    test.s3.upload(field(&announced["form"], "key"), "image/jpeg", jpeg(11));
    assert_eq!(send(&test, id, "k2", &draft(missing)).await.1["error"]["id"], "upload_incomplete");
    let (status, body) = send(&test, id, "k3", &draft("nothing")).await;
    assert_eq!((status, body["error"]["id"].as_str()), (404, Some("upload_not_found")));

    // Replaced after it was looked at: what is sent is looked at once more.
    let good = upload(&test, id, "a.jpg", "image/jpeg", jpeg(50)).await;
    let (_, body) = send(&test, id, "k4", &draft(&good)).await;
    test.s3.upload(&format!("uploads/{id}/{good}"), "image/jpeg", b"<html>".to_vec());
    test.settle().await;
    let message = test.message(id, &sent_key(&body)).await;
    let failed =
        matches!(message.send, Some(SendState::Failed { reason: FailureReason::AttachmentRefused, .. }));
    assert!(failed, "{:?}", message.send);
    assert!(!test.s3.objects().keys().any(|key| key.starts_with("out/")));
}

#[tokio::test]
async fn a_reply_waits_for_its_turn_while_a_file_before_it_is_made_ready() {
    let test = TestInbox::start().await;
    let id = open_chat(&test, ChannelKind::Line).await;
    let picture = upload(&test, id, "a.jpg", "image/jpeg", jpeg(500)).await;
    let (_, file) = send(&test, id, "k1", &json!({"attachment": {"upload_id": picture}})).await;
    test.pass(Span::from_ms(5));
    let after = test.answer(id, "k2", "after the file").await;
    test.relay().await;
    test.dispatch().await;
    assert!(matches!(test.message(id, &after).await.send, Some(SendState::Queued { .. })));
    test.settle().await;
    for key in [sent_key(&file), after] {
        let message = test.message(id, &key).await;
        assert!(matches!(message.send, Some(SendState::Sent { .. })), "{:?}", message.send);
    }
}

#[tokio::test]
async fn a_lost_job_of_a_reply_is_found_by_the_sweeper() {
    let test = TestInbox::start().await;
    let id = open_chat(&test, ChannelKind::Line).await;
    let picture = upload(&test, id, "a.jpg", "image/jpeg", jpeg(500)).await;
    let (_, file) = send(&test, id, "k1", &json!({"attachment": {"upload_id": picture}})).await;
    // A reply stands a moment after what it answers.
    test.pass(Span::from_minutes(10) + Span::from_secs(1));
    assert_eq!(test.sweep().await.files, 1);
    test.fetch_media().await;
    test.settle().await;
    let message = test.message(id, &sent_key(&file)).await;
    assert!(matches!(message.send, Some(SendState::Sent { .. })), "{:?}", message.send);
}

#[tokio::test]
async fn msg_7_a_pdf_goes_to_line_as_a_link() {
    let test = TestInbox::start().await;
    let id = open_chat(&test, ChannelKind::Line).await;
    let bytes = b"%PDF-1.7\n".to_vec();
    let wish =
        json!({"name": "見積.pdf", "type": "application/pdf", "size_bytes": bytes.len(), "as_link": true});
    let (status, body) = announce(&test, id, wish).await;
    assert_eq!(status, 201, "{body}");
    test.s3.upload(field(&body["form"], "key"), "application/pdf", bytes);
    let (_, sent) = send(&test, id, "k1", &json!({"attachment": {"upload_id": body["upload_id"]}})).await;
    test.settle().await;
    let message = test.message(id, &sent_key(&sent)).await;
    assert!(matches!(message.send, Some(SendState::Sent { .. })), "{:?}", message.send);
    let object = &test.s3.objects()[stored_key(&message)];
    assert_eq!(object.content_type, "application/pdf");
    assert!(
        object.disposition.starts_with("attachment; filename*=UTF-8''%E8%A6%8B"),
        "{}",
        object.disposition
    );
}

#[tokio::test]
async fn line_gets_a_preview_of_a_video_and_the_duration_of_a_sound() {
    let test = TestInbox::start().await;
    let id = open_chat(&test, ChannelKind::Line).await;
    let mut video = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom".to_vec();
    video.resize(4_000, 0);
    let mut sound = vec![0xff, 0xfb, 0x90, 0x00];
    sound.resize(32_000, 0);
    let video = upload(&test, id, "a.mp4", "video/mp4", video).await;
    let sound = upload(&test, id, "a.mp3", "audio/mpeg", sound).await;
    let (_, video) = send(&test, id, "k1", &json!({"attachment": {"upload_id": video}})).await;
    let (_, sound) = send(&test, id, "k2", &json!({"attachment": {"upload_id": sound}})).await;
    test.settle().await;
    let video = test.message(id, &sent_key(&video)).await;
    let Media::Stored(stored) = media(&video) else { panic!("{video:?}") };
    let preview = &test.s3.objects()[stored.preview_key.as_ref().unwrap()];
    assert!(preview.bytes.starts_with(b"\xff\xd8\xff") && preview.bytes.len() < 1_000_000);
    let sound = test.message(id, &sent_key(&sound)).await;
    assert_eq!(sound.attachments()[0].duration_ms, Some(2_000));
    for message in [video, sound] {
        assert!(matches!(message.send, Some(SendState::Sent { .. })), "{:?}", message.send);
    }
}

#[tokio::test]
async fn a_file_that_expired_before_it_was_made_ready_fails_visibly_and_can_be_sent_again() {
    let test = TestInbox::start().await;
    let id = open_chat(&test, ChannelKind::Line).await;
    let picture = upload(&test, id, "a.jpg", "image/jpeg", jpeg(500)).await;
    let place = format!("uploads/{id}/{picture}");
    let (_, file) = send(&test, id, "k1", &json!({"attachment": {"upload_id": picture}})).await;
    test.s3.expire(&place);
    test.settle().await;
    let key = sent_key(&file);
    let message = test.message(id, &key).await;
    assert!(matches!(media(&message), Media::Failed { reason: MediaFailure::UploadLost, .. }), "{message:?}");
    test.s3.upload(&place, "image/jpeg", jpeg(500));
    let path = format!("/api/conversations/{id}/messages/{key}/resend");
    assert_eq!(test.call("POST", &path, None, &json!(null)).await.0, 202);
    test.settle().await;
    let message = test.message(id, &key).await;
    assert!(matches!(message.send, Some(SendState::Sent { .. })), "{:?}", message.send);
}
