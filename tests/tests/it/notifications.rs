//! Operators are told what customers write and what is given to them (NTF-1 to NTF-6), from the webhook to the e-mail and the
//! browser.

use axum::http::StatusCode;
use madoguchi_domain::ChannelKind::Line;
use madoguchi_domain::notify::{EVERY, FIRST_AFTER, Happened, Kind, Ways, What};
use madoguchi_domain::person::Seen;
use madoguchi_domain::{
    ChannelSettings, ConversationId, MessageId, OperatorAccess, OperatorId, Person, Role, Span,
};
use madoguchi_store::{NotifyWork, SETTINGS_CACHE, Saved};
use madoguchi_tests::TestInbox;
use madoguchi_tests::inbox::PUBLIC;
use madoguchi_tests::support::receiver::Receiver;
use madoguchi_tests::support::ses::Mail;
use notify::Failure;
use serde_json::{Value, json};

const ADDRESS: &str = "yamada@example.com";
const TEXT: &str = "合言葉はひまわり";

fn yamada() -> OperatorId {
    OperatorId("yamada".into())
}

/// An inbox with one operator who has an address, and is available.
async fn start() -> TestInbox {
    let test = TestInbox::start().await;
    add(&test, "yamada", Some(ADDRESS)).await;
    test
}

async fn add(test: &TestInbox, name: &str, account: Option<&str>) -> OperatorId {
    let id = OperatorId(name.into());
    let account = account.map(str::to_owned);
    let seen = Seen { name: name.into(), account, role: Role::Operator, signed_in_at: None };
    let person = Person::new(id.clone(), &seen, test.clock.now());
    assert_eq!(test.directory.save_person(&person).await.unwrap(), Saved::Done);
    assert_eq!(test.inbox.switch(&id, true, test.clock.now()).await.unwrap(), Saved::Done);
    id
}

async fn write(test: &TestInbox) -> ConversationId {
    let id = test.customer_writes(Line, "customer-1", TEXT).await;
    test.settle().await;
    test.notify().await;
    id
}

/// Somebody else gives it to Yamada.
async fn assign(test: &TestInbox, id: ConversationId) {
    let path = format!("/api/conversations/{id}/assignee");
    let (status, answer) = test.administer("PUT", &path, &json!({ "operator_id": "yamada" })).await;
    assert_eq!(status, 200, "{answer}");
    test.settle().await;
    test.notify().await;
}

/// What is sent after a while.
async fn mails_after(test: &TestInbox, span: Span) -> Vec<Mail> {
    test.pass(span);
    test.sweep().await;
    test.notify().await;
    test.ses.take()
}

fn header<'a>(mail: &'a Mail, name: &str) -> &'a str {
    mail.headers.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
}

/// The links below the stack's own address that an e-mail has.
fn unsubscribe_paths(mail: &Mail) -> Vec<String> {
    let lines = mail.text.lines().filter_map(|line| line.split_once(PUBLIC));
    lines.map(|(_, path)| path.to_owned()).collect()
}

#[tokio::test]
async fn ntf_4_who_is_given_a_conversation_gets_one_email_that_says_where_it_is() {
    let test = start().await;
    let id = write(&test).await;
    assign(&test, id).await;
    assert_eq!(mails_after(&test, FIRST_AFTER - Span::from_ms(1)).await, [], "they may be there");
    let mails = mails_after(&test, Span::from_ms(1)).await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    let mail = &mails[0];
    assert_eq!(mail.to, [ADDRESS]);
    assert!(mail.subject.contains("会話が割り当てられました"), "{}", mail.subject);
    assert!(mail.text.contains(&format!("https://console.example/console/inbox/{id}")), "{}", mail.text);
    assert!(!mail.text.contains(TEXT) && !mail.subject.contains(TEXT), "what was said stays in the inbox");
    assert_eq!(header(mail, "List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    assert!(header(mail, "List-Unsubscribe").starts_with(&format!("<{PUBLIC}/notifications/unsubscribe/")));
    assert_eq!(mails_after(&test, EVERY).await, [], "it is told once");
}

#[tokio::test]
async fn ntf_1_no_more_than_one_email_in_five_minutes_however_often_the_work_comes() {
    let test = start().await;
    let id = write(&test).await;
    assign(&test, id).await;
    assert_eq!(mails_after(&test, FIRST_AFTER).await.len(), 1);
    for _ in 0..3 {
        test.pass(Span::from_secs(10));
        write(&test).await;
    }
    let due = NotifyWork::Due { operator: yamada(), conversation_id: id };
    test.notify_record(&due).await.unwrap();
    assert_eq!(mails_after(&test, FIRST_AFTER).await, [], "the last one is too young");
    let mails = mails_after(&test, EVERY).await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert!(mails[0].subject.contains("新着メッセージ"), "{}", mails[0].subject);
    for _ in 0..2 {
        test.notify_record(&due).await.unwrap();
    }
    assert_eq!(mails_after(&test, EVERY).await, []);
}

#[tokio::test]
async fn ntf_1_no_email_once_somebody_has_answered() {
    let test = start().await;
    let id = write(&test).await;
    assign(&test, id).await;
    test.pass(Span::from_secs(20));
    test.answer(id, "k1", "はい").await;
    test.settle().await;
    assert_eq!(mails_after(&test, FIRST_AFTER).await, []);
    let batch = test.deliveries.batch(&yamada(), id).await.unwrap().unwrap();
    assert_eq!((batch.pending, batch.sent_at), (None, None), "it is settled, not put off");
}

#[tokio::test]
async fn ntf_2_a_colleague_is_told_only_if_they_want_to_be() {
    let test = start().await;
    let id = write(&test).await;
    assign(&test, id).await;
    assert_eq!(mails_after(&test, FIRST_AFTER).await.len(), 1);
    let sato = add(&test, "sato", Some("sato@example.com")).await;
    let to_sato = |mails: Vec<Mail>| mails.into_iter().filter(|mail| mail.to == ["sato@example.com"]).count();
    // What is remembered of people and settings is forgotten by then.
    test.pass(EVERY);
    write(&test).await;
    assert_eq!(to_sato(mails_after(&test, FIRST_AFTER).await), 0);
    let mut settings = test.directory.notify_settings(&sato).await.unwrap();
    settings.choose(Kind::Others, Ways { desktop: false, email: true });
    assert_eq!(test.directory.save_notify_settings(&settings).await.unwrap(), Saved::Done);
    test.pass(EVERY);
    write(&test).await;
    assert_eq!(to_sato(mails_after(&test, FIRST_AFTER).await), 1);
}

#[tokio::test]
async fn ntf_3_nothing_is_queued_that_nobody_wants() {
    let test = TestInbox::start().await;
    test.customer_writes(Line, "customer-1", TEXT).await;
    test.settle().await;
    assert!(test.notify.messages().is_empty(), "nobody is here");
    // Somebody is, whom only a browser could tell, and there is none.
    add(&test, "sato", None).await;
    test.pass(SETTINGS_CACHE);
    test.customer_writes(Line, "customer-1", TEXT).await;
    test.settle().await;
    assert!(test.notify.messages().is_empty(), "nobody can be reached");
}

#[tokio::test]
async fn ntf_3_who_is_available_is_told_of_a_customer_whom_a_bot_leaves_to_people() {
    let test = start().await;
    let channel = TestInbox::channel_id(Line);
    // It fails.
    let outside = Receiver::start().await;
    outside.answer_next(&[500]);
    let bot = json!({ "kind": "webhook", "url": outside.url() });
    let (status, answer) = test.administer("PUT", &format!("/api/channels/{channel}/bot"), &bot).await;
    assert_eq!(status, 200, "{answer}");
    let settings = json!({ "bot": { "starts": true } });
    let (status, answer) = test.administer("PATCH", &format!("/api/channels/{channel}"), &settings).await;
    assert_eq!(status, 200, "{answer}");
    test.pass(SETTINGS_CACHE);
    let service = Receiver::start().await;
    subscribe(&test, "yamada", &service).await;

    write(&test).await;
    assert!(service.take().is_empty(), "a bot has it");
    test.answer_bots().await;
    test.settle().await;
    test.notify().await;
    assert_eq!(service.take().len(), 1);
}

#[tokio::test]
async fn ntf_1_a_message_whose_conversation_is_not_written_yet_is_told_of_later() {
    let test = start().await;
    let id = write(&test).await;
    assign(&test, id).await;
    let conversation = test.conversation(id).await;
    let unknown = MessageId::of_provider(id, "on its way");
    let said = NotifyWork::Happened(Happened {
        channel_id: conversation.channel_id,
        conversation_id: id,
        at: test.clock.now(),
        what: What::Said { message: unknown, noted_before: Some(conversation.noted.count()) },
    });
    let early = test.notify_record(&said).await;
    assert!(matches!(early, Err(Failure::NotYet(conversation)) if conversation == id), "{early:?}");
}

#[tokio::test]
async fn ntf_1_what_the_mail_service_does_not_take_is_sent_later() {
    let test = start().await;
    let id = write(&test).await;
    assign(&test, id).await;
    test.ses.set_down(true);
    assert_eq!(mails_after(&test, FIRST_AFTER).await, []);
    test.ses.set_down(false);
    assert_eq!(mails_after(&test, EVERY).await.len(), 1);
}

#[tokio::test]
async fn ntf_6_what_the_mail_service_refuses_is_told_to_whom_it_concerns_and_not_tried_again() {
    let test = start().await;
    let id = write(&test).await;
    assign(&test, id).await;
    test.ses.sandbox(&["somebody@example.com"]);
    assert_eq!(mails_after(&test, FIRST_AFTER).await, []);
    let standing = test.directory.notify_standing(&yamada()).await.unwrap();
    assert_eq!(standing.mail.map(|refusal| refusal.code).as_deref(), Some("MessageRejected"));
    assert_eq!(mails_after(&test, EVERY).await, []);
}

#[tokio::test]
async fn ntf_5_the_link_in_an_email_switches_that_kind_off_when_it_is_posted() {
    let test = start().await;
    let id = write(&test).await;
    assign(&test, id).await;
    let mails = mails_after(&test, FIRST_AFTER).await;
    let paths = unsubscribe_paths(&mails[0]);
    assert_eq!(paths.len(), 1, "{}", mails[0].text);
    let wants = async || test.directory.notify_settings(&yamada()).await.unwrap().ways(Kind::Assigned).email;

    let (status, headers, page) = test.stranger("GET", &paths[0], "").await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(headers["content-type"].to_str().unwrap().starts_with("text/html") && page.contains("<form"));
    assert!(wants().await, "looking changes nothing");

    let (status, _, page) = test.stranger("POST", &paths[0], "List-Unsubscribe=One-Click").await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(!wants().await);
    let (status, ..) = test.stranger("POST", &format!("{}A", paths[0]), "").await;
    assert_eq!(status, StatusCode::NOT_FOUND, "we did not make that link");

    let settings = test.directory.notify_settings(&yamada()).await.unwrap();
    assert!(settings.ways(Kind::Mine).email, "the other kinds stay");
}

/// The browser of RFC 8291, section 5.
fn browser(endpoint: &str) -> Value {
    json!({
        "endpoint": endpoint,
        "expirationTime": null,
        "keys": {
            "p256dh":
                "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "auth": "BTBZMqHH6r4Tts7J_aSIgg",
        },
    })
}

async fn as_yamada(test: &TestInbox, method: &str, path: &str, body: &Value) -> (u16, Value) {
    test.call_as(("yamada", "operators"), method, path, None, body).await
}

#[tokio::test]
async fn ntf_5_a_browser_without_an_open_page_is_told_until_it_unsubscribes() {
    let test = start().await;
    let service = Receiver::start().await;
    let (status, known) = as_yamada(&test, "GET", "/api/me/push-subscriptions", &Value::Null).await;
    assert_eq!((status, known["items"].as_array().map(Vec::len)), (200, Some(0)));
    assert_eq!(known["application_server_key"].as_str().map(str::len), Some(87), "{known}");
    for _ in 0..2 {
        let path = "/api/me/push-subscriptions";
        let (status, answer) = as_yamada(&test, "POST", path, &browser(service.url())).await;
        assert_eq!(status, 201, "{answer}");
        assert!(answer.get("endpoint").is_none());
    }
    let (_, known) = as_yamada(&test, "GET", "/api/me/push-subscriptions", &Value::Null).await;
    assert_eq!(known["items"].as_array().map(Vec::len), Some(1), "twice the same is one: {known}");

    write(&test).await;
    let told = service.take();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].header("content-encoding"), "aes128gcm");
    assert!(told[0].header("authorization").starts_with("vapid t="));
    let key = known["application_server_key"].as_str().unwrap();
    assert!(told[0].header("authorization").ends_with(&format!("k={key}")), "the key is kept");

    service.answer_next(&[410]);
    write(&test).await;
    assert_eq!(service.take().len(), 1);
    assert_eq!(test.directory.push_subscriptions(&yamada()).await.unwrap(), []);
}

/// Somebody's browser, with an address at `service`.
async fn subscribe(test: &TestInbox, who: &str, service: &Receiver) {
    let path = "/api/me/push-subscriptions";
    let body = browser(service.url());
    let (status, answer) = test.call_as((who, "operators"), "POST", path, None, &body).await;
    assert_eq!(status, 201, "{answer}");
    test.pass(SETTINGS_CACHE);
}

#[tokio::test]
async fn ntf_5_a_browser_tells_only_who_signed_in_last() {
    let test = start().await;
    add(&test, "sato", None).await;
    let service = Receiver::start().await;
    subscribe(&test, "yamada", &service).await;
    subscribe(&test, "sato", &service).await;
    write(&test).await;
    assert_eq!(service.take().len(), 1, "it is one browser");
    assert_eq!(test.directory.push_subscriptions(&yamada()).await.unwrap(), []);
    // Whose it is no longer cannot take it away.
    let theirs = test.directory.push_subscriptions(&OperatorId("sato".into())).await.unwrap();
    let path = format!("/api/me/push-subscriptions/{}", theirs[0].id);
    let (status, _) = as_yamada(&test, "DELETE", &path, &Value::Null).await;
    assert_eq!(status, 204);
    assert_eq!(test.directory.push_subscriptions(&theirs[0].operator).await.unwrap(), theirs);
}

#[tokio::test]
async fn ntf_1_who_was_removed_or_lost_the_channel_a_moment_ago_is_told_nothing() {
    for is_removed in [true, false] {
        let test = start().await;
        let service = Receiver::start().await;
        subscribe(&test, "yamada", &service).await;
        write(&test).await;
        assert_eq!(service.take().len(), 1, "everything is remembered from here on");
        if is_removed {
            let mut person = test.directory.person(&yamada()).await.unwrap().unwrap();
            assert!(person.remove(test.clock.now()));
            assert_eq!(test.directory.save_person(&person).await.unwrap(), Saved::Done);
        } else {
            let channel = test.channel(Line).await;
            let operators = OperatorAccess::Associated;
            test.set(Line, &ChannelSettings { operators, ..channel.settings }).await;
        }
        write(&test).await;
        assert!(service.take().is_empty(), "removed: {is_removed}");
    }
}

#[tokio::test]
async fn ntf_5_who_is_removed_leaves_no_browser_behind() {
    let test = start().await;
    let service = Receiver::start().await;
    subscribe(&test, "yamada", &service).await;
    let (status, answer) = test.administer("DELETE", "/api/people/yamada", &Value::Null).await;
    assert_eq!(status, 204, "{answer}");
    assert_eq!(test.directory.all_push_subscriptions().await.unwrap(), []);
}

#[tokio::test]
async fn ntf_5_an_address_within_the_network_is_no_push_service() {
    let test = start().await;
    for endpoint in ["https://10.0.0.1/push", "https://intranet/push", "ftp://example.com/", ""] {
        let path = "/api/me/push-subscriptions";
        let (status, answer) = as_yamada(&test, "POST", path, &browser(endpoint)).await;
        assert_eq!((status, answer["error"]["id"].as_str()), (400, Some("invalid_body")), "{endpoint}");
    }
}

#[tokio::test]
async fn ntf_6_a_test_tells_at_once_what_came_of_it() {
    let test = start().await;
    let service = Receiver::start().await;
    let ask = async |by: &str| {
        let path = "/api/me/notifications/test";
        let (status, answer) = as_yamada(&test, "POST", path, &json!({ "by": by })).await;
        assert_eq!(status, 200, "{answer}");
        answer["outcome"].as_str().unwrap().to_owned()
    };
    // A token that names no account: the person has none from then on.
    assert_eq!(ask("email").await, "no_email_address");
    assert_eq!(ask("desktop").await, "no_push_subscription");
    let (status, _) = as_yamada(&test, "POST", "/api/me/push-subscriptions", &browser(service.url())).await;
    assert_eq!(status, 201);
    assert_eq!(ask("desktop").await, "sent");
    assert_eq!(service.take().len(), 1);
    service.answer_next(&[403]);
    assert_eq!(ask("desktop").await, "refused");

    let path = "/api/me/notifications/troubleshooting";
    let (status, found) = as_yamada(&test, "GET", path, &Value::Null).await;
    assert_eq!(status, 200, "{found}");
    let troubles = found["troubles"].as_array().unwrap();
    let ids: Vec<_> = troubles.iter().map(|trouble| trouble["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["no_email_address", "push_refused"]);
    assert_eq!(troubles[1]["code"], "403");
    assert!(troubles.iter().all(|trouble| trouble["remedy"].as_str().is_some_and(|text| !text.is_empty())));
}
