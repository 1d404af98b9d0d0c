//! Pictures of people: the operator's, which customers see (SND-3), and the customer's, which expires (ING-9).

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use madoguchi_channels::ProviderHttp;
use madoguchi_credentials::SecretNames;
use madoguchi_domain::media::Token;
use madoguchi_domain::picture::{Icon, PICTURE_MAX_BYTES, PORTRAIT_MAX_BYTES};
use madoguchi_domain::sender::Synced;
use madoguchi_domain::{ChannelKind, Conversation, ConversationId, OperatorId, Participant, Party, Span};
use madoguchi_runtime::{Metrics, ProviderConfig, Queue, SecretWriter};
use madoguchi_simulator::{Endpoint, Fault, FaultRule};
use madoguchi_store::Saved;
use madoguchi_tests::TestInbox;
use madoguchi_tests::inbox::PREFIX;
use madoguchi_tests::support::files::{File, Files};
use serde_json::{Value, json};
use token_refresh::TokenRefresh;

/// Longer than a function remembers an operator.
const REMEMBERED: Span = Span::from_secs(31);

fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let picture = RgbImage::from_fn(width, height, |x, y| Rgb([x.to_le_bytes()[0], y.to_le_bytes()[0], 90]));
    DynamicImage::from(picture).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Width and height of a PNG.
fn pixels(png: &[u8]) -> (u32, u32) {
    assert_eq!(image::guess_format(png).unwrap(), ImageFormat::Png);
    let picture = image::load_from_memory(png).unwrap();
    (picture.width(), picture.height())
}

async fn begin(test: &TestInbox, kind: ChannelKind) -> ConversationId {
    let me = json!({ "display_name": "山田", "sender": "operator" });
    assert_eq!(test.call("PATCH", "/api/me", None, &me).await.0, 200);
    let id = test.customer_writes(kind, "customer-1", "question").await;
    test.settle().await;
    id
}

/// Uploads by the form and chooses what was uploaded; returns what the API answers.
async fn choose(test: &TestInbox, content_type: &str, bytes: Vec<u8>) -> (u16, Value) {
    let wish = json!({ "type": content_type, "size_bytes": bytes.len() });
    let (status, given) = test.call("POST", "/api/me/picture/uploads", None, &wish).await;
    assert_eq!(status, 201, "{given}");
    let fields = given["form"]["fields"].as_array().unwrap();
    let key = fields.iter().find(|field| field[0] == "key").unwrap()[1].as_str().unwrap();
    test.s3.upload(key, content_type, bytes);
    let choice = json!({ "upload_id": given["upload_id"] });
    test.call("PUT", "/api/me/picture", None, &choice).await
}

/// What was chosen is made.
async fn make(test: &TestInbox) {
    test.relay().await;
    test.fetch_media().await;
    test.pass(REMEMBERED);
}

async fn my_picture(test: &TestInbox) -> Value {
    test.get("/api/me").await["picture"].clone()
}

/// What LINE was told of the sender of the latest message.
async fn reply(test: &TestInbox, id: ConversationId, key: &str) -> Value {
    test.answer(id, key, "answer").await;
    test.settle().await;
    test.simulator.sent().last().unwrap().request["sender"].clone()
}

/// What the customer's app gets at a public address.
async fn fetched(test: &TestInbox, url: &str) -> (u16, Vec<u8>) {
    let path = &url[url.find("/media/").unwrap()..];
    let (status, link) = test.call("GET", path, None, &json!(null)).await;
    assert_eq!(status, 302, "{url}");
    get(link.as_str().unwrap()).await
}

async fn get(url: &str) -> (u16, Vec<u8>) {
    let answer = madoguchi_runtime::http::provider_client().unwrap().get(url).send().await.unwrap();
    (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
}

fn icons(test: &TestInbox) -> usize {
    test.s3.objects().keys().filter(|key| key.starts_with("icons/")).count()
}

#[tokio::test]
async fn snd_3_an_operators_picture_is_the_icon_of_replies_and_pushes_on_line() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Line).await;
    assert_eq!(my_picture(&test).await["state"], "none");
    let (status, me) = choose(&test, "image/jpeg", picture(900, 300, ImageFormat::Jpeg)).await;
    assert_eq!((status, &me["picture"]["state"]), (202, &json!("pending")));
    make(&test).await;
    let shown = my_picture(&test).await;
    assert_eq!((&shown["state"], &shown["problem"]), (&json!("shown"), &json!(null)));
    assert_eq!(pixels(&get(shown["url"].as_str().unwrap()).await.1), (256, 256));

    let customer = test.customer_writes(ChannelKind::Line, "customer-1", "another").await;
    assert_eq!(customer, id);
    test.settle().await;
    for key in ["k1", "k2"] {
        let sender = reply(&test, id, key).await;
        assert_eq!(sender["name"], "山田");
        let url = sender["iconUrl"].as_str().unwrap();
        // LINE's app may ask much later, without anybody's credential.
        test.pass(Span::from_minutes(1));
        let (status, icon) = fetched(&test, url).await;
        assert_eq!((status, pixels(&icon)), (200, (256, 256)));
        assert!(icon.len() <= 1_000_000);
    }
    let sent = test.simulator.sent();
    assert_eq!(sent.iter().map(|sent| &*sent.via).collect::<Vec<_>>(), ["reply", "push"]);
    assert!(test.simulator.violations().is_empty(), "{:?}", test.simulator.violations());

    // As the account nothing of the operator is shown; the console knows who it was (SND-2, SND-4).
    let draft = json!({ "text": "answer", "sender": "account" });
    let (status, written) =
        test.call("POST", &format!("/api/conversations/{id}/messages"), Some("k3"), &draft).await;
    assert_eq!((status, &written["sent_as"]), (202, &json!("account")));
    assert_eq!(fetched(&test, written["sender_picture"].as_str().unwrap()).await.0, 200);
    test.settle().await;
    assert_eq!(test.simulator.sent().last().unwrap().request["sender"], json!(null));
}

#[tokio::test]
async fn snd_3_a_replaced_picture_stays_with_what_was_sent_and_a_removed_one_is_gone() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Line).await;
    choose(&test, "image/png", picture(10, 20, ImageFormat::Png)).await;
    make(&test).await;
    let first = reply(&test, id, "k1").await["iconUrl"].clone();
    choose(&test, "image/png", picture(40, 20, ImageFormat::Png)).await;
    assert_eq!(my_picture(&test).await["state"], "pending");
    make(&test).await;
    let second = reply(&test, id, "k2").await["iconUrl"].clone();
    assert_ne!(first, second);
    let mut seen = Vec::new();
    for url in [&first, &second] {
        let (status, icon) = fetched(&test, url.as_str().unwrap()).await;
        assert_eq!((status, pixels(&icon)), (200, (256, 256)));
        seen.push(icon);
    }
    assert_ne!(seen[0], seen[1], "each message keeps its own");

    let (status, me) = test.call("DELETE", "/api/me/picture", None, &json!(null)).await;
    assert_eq!((status, &me["picture"]["url"]), (202, &json!(null)));
    make(&test).await;
    assert_eq!((icons(&test), my_picture(&test).await["state"].clone()), (0, json!("none")));
    // What S3 answers for what is not there.
    assert_eq!(fetched(&test, first.as_str().unwrap()).await.0, 403);
    assert_eq!(reply(&test, id, "k3").await, json!({ "name": "山田" }));
    assert!(test.simulator.violations().is_empty(), "{:?}", test.simulator.violations());
}

#[tokio::test]
async fn snd_3_what_cannot_be_a_picture_is_refused_or_fails_visibly_and_the_old_one_stays() {
    let test = TestInbox::start().await;
    let limit = PICTURE_MAX_BYTES;
    for (wish, id) in [
        (json!({"type": "image/png", "size_bytes": limit + 1}), "picture_too_large"),
        (json!({"type": "image/png", "size_bytes": 0}), "picture_empty"),
        (json!({"type": "image/gif", "size_bytes": 1}), "picture_type_refused"),
    ] {
        let (status, refused) = test.call("POST", "/api/me/picture/uploads", None, &wish).await;
        assert_eq!((status, &refused["error"]["id"]), (422, &json!(id)), "{refused}");
    }
    // By its bytes, whatever was announced.
    let (status, refused) =
        choose(&test, "image/png", b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec()).await;
    assert_eq!((status, &refused["error"]["id"]), (422, &json!("picture_type_refused")));
    for (upload, id) in
        [("../../in/abcdefghijklmnopqrstuvw", "upload_not_found"), (&"a".repeat(43), "upload_incomplete")]
    {
        let (_, refused) = test.call("PUT", "/api/me/picture", None, &json!({ "upload_id": upload })).await;
        assert_eq!(refused["error"]["id"], id);
    }
    assert_eq!(my_picture(&test).await["state"], "none");

    choose(&test, "image/png", picture(300, 300, ImageFormat::Png)).await;
    make(&test).await;
    let shown = my_picture(&test).await["url"].as_str().unwrap().to_owned();
    let mut cut = picture(300, 300, ImageFormat::Png);
    cut.truncate(cut.len() / 2);
    assert_eq!(choose(&test, "image/png", cut).await.0, 202);
    make(&test).await;
    let failed = my_picture(&test).await;
    assert_eq!(
        (&failed["state"], &failed["problem"]["id"]),
        (&json!("failed"), &json!("picture_unreadable"))
    );
    let path = |url: &str| url.split('?').next().unwrap().to_owned();
    assert_eq!(path(failed["url"].as_str().unwrap()), path(&shown));
    assert_eq!(icons(&test), 1);
    assert!(test.media.messages().is_empty(), "a failure is an end");
}

#[tokio::test]
async fn snd_3_a_push_that_is_repeated_says_the_same_whatever_the_picture_is_then() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Line).await;
    choose(&test, "image/png", picture(10, 20, ImageFormat::Png)).await;
    make(&test).await;
    test.pass(Span::from_minutes(5));
    let lost = Fault::ServerError { after_effect: false };
    test.simulator.fault(FaultRule { endpoint: Some(Endpoint::Push), times: Some(1), ..lost.into() });
    let key = test.answer(id, "k", "answer").await;
    test.settle().await;
    let icon = test.message(id, &key).await.sender.unwrap().icon.unwrap();
    choose(&test, "image/png", picture(40, 20, ImageFormat::Png)).await;
    make(&test).await;
    test.settle().await;
    let sent = test.simulator.sent();
    assert_eq!(sent.len(), 1);
    assert!(sent[0].request["sender"]["iconUrl"].as_str().unwrap().ends_with(&icon));
    assert!(test.simulator.violations().is_empty(), "{:?}", test.simulator.violations());
}

#[tokio::test]
async fn a_job_that_comes_late_or_was_lost_ends_with_what_the_operator_wanted_last() {
    let test = TestInbox::start().await;
    choose(&test, "image/png", picture(10, 20, ImageFormat::Png)).await;
    test.relay().await;
    let job = test.media.messages().remove(0).body;
    let (_, me) = choose(&test, "image/png", picture(40, 20, ImageFormat::Png)).await;
    make(&test).await;
    let queue = Queue::new(test.aws.clients().sqs(), test.media.url());
    let operator = OperatorId("operator-1".into());
    let shown = test.inbox.operator_picture(&operator).await.unwrap().unwrap();
    for _ in 0..2 {
        queue.send(&job).await.unwrap();
        test.fetch_media().await;
        let known = test.directory.operator(&operator).await.unwrap().unwrap();
        assert_eq!((known.picture.upload.as_ref(), icons(&test)), (shown.shown.as_ref(), 1));
        assert_eq!(
            test.inbox.operator_picture(&operator).await.unwrap().unwrap(),
            shown,
            "nothing is left to do"
        );
    }
    assert_eq!(me["picture"]["state"], "pending");

    // The stream's record is lost: only the index knows.
    test.call("DELETE", "/api/me/picture", None, &json!(null)).await;
    assert_eq!(test.sweep().await.pictures, 1);
    test.fetch_media().await;
    assert_eq!(test.directory.operator(&operator).await.unwrap().unwrap().picture.upload, None);
    assert_eq!((icons(&test), test.sweep().await.pictures), (0, 0));
}

#[tokio::test]
async fn snd_8_a_sync_gives_the_persona_the_operators_picture_and_renews_it() {
    let test = TestInbox::start().await;
    let public = Files::start().await;
    let refresh = TokenRefresh::new(
        test.directory.clone(),
        SecretWriter::new(test.aws.clients().secrets()),
        SecretNames::new(PREFIX),
        ProviderHttp::new(madoguchi_runtime::http::provider_client().unwrap()),
        ProviderConfig {
            graph_base_url: test.simulator.base_url.clone(),
            graph_version: "v26.0".into(),
            line_base_url: test.simulator.base_url.clone(),
            twilio_base_url: test.simulator.base_url.clone(),
            twilio_messaging_base_url: test.simulator.base_url.clone(),
            page_inbox_app_ids: Vec::new(),
        },
        Metrics::new("token_refresh"),
    );
    begin(&test, ChannelKind::Messenger).await;
    let operator = OperatorId("operator-1".into());
    for (removed, width) in [(0, 20), (1, 40)] {
        choose(&test, "image/png", picture(width, 20, ImageFormat::Png)).await;
        make(&test).await;
        let upload = test.directory.operator(&operator).await.unwrap().unwrap().picture.upload.unwrap();
        let key = Icon { operator: &operator, upload: &upload }.key();
        let path = format!("/media/{}", Token::of(&key).unwrap());
        // Meta fetches it while the persona is made, and refuses what is no picture.
        let url = public.script(&path, [File::Bytes(test.s3.objects()[&key].bytes.clone())]);
        test.directory.plan_sender_sync(test.clock.now()).await.unwrap();
        let synced = refresh.sync_senders(public.url(), test.clock.now()).await.unwrap();
        assert_eq!(synced, Some(Synced { at: test.clock.now(), made: 1, removed, failed: 0 }));
        let channel = TestInbox::channel_id(ChannelKind::Messenger);
        let personas = test.directory.personas(channel).await.unwrap();
        assert_eq!((personas.len(), &personas[0].picture), (1, &url));
        assert!(public.asked().contains(&path));
    }
}

/// The provider tells where a contact's picture is.
async fn tell(test: &TestInbox, id: ConversationId, url: String) {
    let mut conversation = test.conversation(id).await;
    conversation.contact.portrait.tell(Some(url), test.clock.now());
    assert_eq!(test.inbox.save_conversation(&conversation).await.unwrap(), Saved::Done);
    test.relay().await;
    test.fetch_media().await;
}

async fn contact(test: &TestInbox, id: ConversationId) -> Value {
    test.get(&format!("/api/conversations/{id}")).await["contact"].clone()
}

fn portraits(test: &TestInbox) -> Vec<String> {
    test.s3.objects().into_keys().filter(|key| key.starts_with("portraits/")).collect()
}

#[tokio::test]
async fn ing_9_a_customers_picture_is_copied_and_outlives_the_providers_address() {
    let test = TestInbox::start().await;
    for kind in [ChannelKind::Line, ChannelKind::Messenger] {
        let id = test.customer_writes(kind, "customer-1", "hello").await;
        test.settle().await;
        test.settle().await;
        let shown = contact(&test, id).await;
        assert_eq!(shown["name"], "山田 花子", "{kind}");
        let url = shown["picture_url"].as_str().unwrap();
        assert!(url.contains("/portraits/") && url.contains("X-Amz-Signature="), "{url}");
        let (status, bytes) = get(url).await;
        assert_eq!((status, image::guess_format(&bytes).unwrap()), (200, ImageFormat::Png));
        // In lists too.
        let list = test.get("/api/conversations").await;
        let listed = list["items"].as_array().unwrap().iter().find(|item| item["id"] == id.to_string());
        assert!(listed.unwrap()["contact"]["picture_url"].as_str().unwrap().contains("/portraits/"));
    }

    // Meta's addresses expire; another picture takes the place of the one before.
    let id = test.customer_writes(ChannelKind::Messenger, "customer-1", "again").await;
    let before = portraits(&test);
    let new = picture(8, 8, ImageFormat::Jpeg);
    let url = test.files.script("/pic?oe=1", [File::Bytes(new.clone()), File::Status(403)]);
    let path = url.split_once('?').unwrap().0.to_owned();
    test.files.script("/pic", [File::Bytes(new.clone()), File::Status(403)]);
    tell(&test, id, url).await;
    assert_eq!(get(&path).await.0, 403, "the address has expired");
    let shown = contact(&test, id).await["picture_url"].as_str().unwrap().to_owned();
    assert_eq!(get(&shown).await, (200, new));
    assert_eq!(portraits(&test), before, "in the same place");
    assert!(!test.conversation(id).await.contact.portrait.is_wanted());
    assert_eq!(test.sweep().await.pictures, 0);
}

#[tokio::test]
async fn ing_9_a_picture_that_cannot_be_had_leaves_the_name_and_no_picture() {
    let test = TestInbox::start().await;
    let large = vec![0xff; usize::try_from(PORTRAIT_MAX_BYTES).unwrap() + 1];
    let table = [
        vec![File::Status(403)],
        vec![File::Status(404)],
        vec![File::Bytes(b"<html>not found</html>".to_vec())],
        vec![File::Bytes(b"%PDF-1.7".to_vec())],
        vec![File::Bytes(Vec::new())],
        vec![File::Bytes(large)],
        vec![File::Large(PORTRAIT_MAX_BYTES * 2)],
    ];
    let mut conversation = Conversation::new(
        TestInbox::channel_id(ChannelKind::Messenger),
        ChannelKind::Messenger,
        Party::User("24".into()),
    );
    conversation.contact.name = Some("花子".into());
    conversation.contact.profile = madoguchi_domain::conversation::ProfileState::Known;
    assert_eq!(test.inbox.save_conversation(&conversation).await.unwrap(), Saved::Done);
    for (number, script) in table.into_iter().enumerate() {
        let url = test.files.script(&format!("/bad-{number}"), script);
        tell(&test, conversation.id, url).await;
        let shown = contact(&test, conversation.id).await;
        assert_eq!((&shown["name"], &shown["picture_url"]), (&json!("花子"), &json!(null)), "{number}");
        assert!(!test.conversation(conversation.id).await.contact.portrait.is_wanted(), "{number}");
    }
    tell(&test, conversation.id, "http://169.254.169.254/latest".into()).await;
    assert!(!test.conversation(conversation.id).await.contact.portrait.is_wanted());
    assert!(portraits(&test).is_empty() && test.media.messages().is_empty());

    // Out of order for a while, and then for good.
    let png = picture(3, 3, ImageFormat::Png);
    let url = test.files.script("/late", [File::Status(500), File::Status(503), File::Bytes(png.clone())]);
    tell(&test, conversation.id, url).await;
    assert!(test.conversation(conversation.id).await.contact.portrait.is_wanted());
    for _ in 0..2 {
        test.pass(Span::from_minutes(1));
        test.fetch_media().await;
    }
    let shown = contact(&test, conversation.id).await["picture_url"].as_str().unwrap().to_owned();
    assert_eq!(get(&shown).await, (200, png.clone()));
    let url = test.files.script("/never", [File::Status(500)]);
    tell(&test, conversation.id, url).await;
    for _ in 0..90 {
        test.pass(Span::from_minutes(1));
        test.fetch_media().await;
    }
    assert!(test.media.messages().is_empty() && test.media.dead().is_empty());
    let shown = contact(&test, conversation.id).await["picture_url"].as_str().unwrap().to_owned();
    assert_eq!(get(&shown).await, (200, png), "the old one is better than none");
}

#[tokio::test]
async fn ing_8_people_of_a_group_have_pictures_of_their_own_and_lost_jobs_are_found() {
    let test = TestInbox::start().await;
    let channel = TestInbox::channel_id(ChannelKind::Line);
    let group = Conversation::new(channel, ChannelKind::Line, Party::Group("C1".into()));
    assert_eq!(test.inbox.save_conversation(&group).await.unwrap(), Saved::Done);
    let mut person = Participant::new(channel, group.id, "U#1");
    person.profile = madoguchi_domain::conversation::ProfileState::Known;
    let png = picture(5, 5, ImageFormat::Png);
    let url = test.files.script("/member", [File::Bytes(png.clone())]);
    person.portrait.tell(Some(url), test.clock.now());
    assert_eq!(test.inbox.save_participant(&person).await.unwrap(), Saved::Done);
    // Twice: by the index and by the stream. Both write to one place in the end.
    assert_eq!(test.sweep().await.pictures, 1);
    test.relay().await;
    assert_eq!(test.media.messages().len(), 2);
    test.fetch_media().await;
    assert_eq!(portraits(&test).len(), 1);
    let shown = test.get(&format!("/api/conversations/{}", group.id)).await;
    let url = shown["participants"][0]["picture_url"].as_str().unwrap();
    assert_eq!(get(url).await, (200, png));
    assert_eq!(test.sweep().await.pictures, 0);
}
