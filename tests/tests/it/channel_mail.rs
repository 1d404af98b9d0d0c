//! What administrators are told by e-mail (AUT-8, AUT-12), from the provider's refusal to SES.

use madoguchi_credentials::SecretNames;
use madoguchi_domain::ChannelKind::{Line, Messenger};
use madoguchi_domain::alert::GRACE;
use madoguchi_domain::credential::{CHECK_EVERY, Cause, RECHECK_BROKEN_EVERY};
use madoguchi_domain::person::Seen;
use madoguchi_domain::{Channel, ChannelHealth, ChannelId, OperatorId, Person, Role, Span};
use madoguchi_simulator::{Endpoint, Fault as Answer, FaultRule, demo};
use madoguchi_store::Saved;
use madoguchi_store::directory::Connection;
use madoguchi_tests::TestInbox;
use madoguchi_tests::inbox::{ADMINISTRATORS, CONSOLE, MAIL_FROM, PREFIX};
use madoguchi_tests::support::fault::{Fault, Faults};
use madoguchi_tests::support::ses::Mail;
use serde_json::json;

/// One tick of `token-refresh`, and what follows from it.
async fn check(test: &TestInbox) -> Vec<Mail> {
    test.refresh_tokens().await;
    test.mail().await;
    test.ses.take()
}

async fn check_after(test: &TestInbox, span: Span) -> Vec<Mail> {
    test.pass(span);
    check(test).await
}

/// Whoever was authorized when the tests begin is not any more.
async fn begin() -> TestInbox {
    let test = TestInbox::start().await;
    assert_eq!(check_after(&test, CHECK_EVERY).await, []);
    test
}

fn break_login(test: &TestInbox, subcode: u32) {
    assert!(test.simulator.invalidate_token(demo::LONG_USER_TOKEN, Some(subcode.into()), None));
}

async fn log_in(test: &TestInbox) {
    let path = format!("/api/channels/{}/credential", TestInbox::channel_id(Messenger));
    let body = json!({"user_access_token": test.simulator.log_in()});
    let (status, answer) = test.administer("PUT", &path, &body).await;
    assert_eq!(status, 200, "{answer}");
}

/// A second Page of the same login.
async fn add_page(test: &TestInbox) -> ChannelId {
    let first = test.channel(Messenger).await;
    let connection = test.directory.connection(first.connection_id).await.unwrap().unwrap();
    let page = demo::SECOND_PAGE;
    let second = Channel {
        health: ChannelHealth::Healthy { since: test.clock.now() },
        ..Channel::new(Messenger, "Second", page, first.connection_id, test.clock.now())
    };
    assert_eq!(test.directory.add_channel(&second).await.unwrap(), Saved::Done);
    let mut pages = connection.pages.clone();
    pages.push(page.to_owned());
    let joined = Connection { channels: vec![first.id, second.id], pages, ..connection };
    test.directory.put_connection(&joined).await.unwrap();
    second.id
}

async fn know(test: &TestInbox, account: &str, role: Role) {
    let seen = Seen { name: account.to_owned(), account: Some(account.to_owned()), role, signed_in_at: None };
    let person = Person::new(OperatorId(account.to_owned()), &seen, test.clock.now());
    assert_eq!(test.directory.save_person(&person).await.unwrap(), Saved::Done);
}

fn subjects(mails: &[Mail]) -> Vec<&str> {
    mails.iter().map(|mail| mail.subject.as_str()).collect()
}

const EXPIRED: &str = "[Madoguchi] Test messenger (Messenger): 再認証が必要です（アクセストークンが無効） / \
                       needs re-authorization (token expired)";
const WORKS: &str = "[Madoguchi] Test messenger (Messenger): 復旧しました / works again";

#[tokio::test]
async fn aut_12_an_incident_is_one_email_and_its_end_another() {
    let test = begin().await;
    know(&test, "admin@example.com", Role::Administrator).await;
    know(&test, "operator@example.com", Role::Operator).await;
    break_login(&test, 467);
    let mails = check_after(&test, CHECK_EVERY).await;
    assert_eq!(subjects(&mails), [EXPIRED]);
    let mail = &mails[0];
    assert_eq!(
        (mail.from.as_str(), &mail.to[..]),
        (MAIL_FROM, &[ADMINISTRATORS, "admin@example.com"].map(str::to_owned)[..])
    );
    for part in [Cause::TokenExpired.remedy(), "管理者がチャネルを再認証してください", CONSOLE]
    {
        assert!(mail.text.contains(part), "{part}: {}", mail.text);
    }

    for _ in 0..3 {
        assert_eq!(check_after(&test, RECHECK_BROKEN_EVERY).await, []);
    }
    log_in(&test).await;
    test.pass(Span::from_secs(30));
    assert_eq!(subjects(&check(&test).await), [WORKS]);
    assert_eq!(check_after(&test, CHECK_EVERY).await, []);
}

#[tokio::test]
async fn aut_12_pages_that_break_together_are_named_by_one_email() {
    let test = begin().await;
    add_page(&test).await;
    assert_eq!(check_after(&test, CHECK_EVERY).await, []);
    break_login(&test, 460);
    let mails = check_after(&test, CHECK_EVERY).await;
    assert_eq!(
        subjects(&mails),
        ["[Madoguchi] Test messenger (Messenger) +1: 再認証が必要です（パスワードの変更） / \
             needs re-authorization (password changed)"]
    );
    assert!(
        mails[0].text.contains("Test messenger") && mails[0].text.contains("Second"),
        "{}",
        mails[0].text
    );
}

#[tokio::test]
async fn aut_12_records_that_come_again_in_any_order_tell_nothing_twice() {
    let test = begin().await;
    break_login(&test, 467);
    assert_eq!(check_after(&test, CHECK_EVERY).await.len(), 1);
    log_in(&test).await;
    assert_eq!(check_after(&test, GRACE).await.len(), 1);
    let stream = test.dynamo.directory_stream();
    for size in [1, 7, 1_000] {
        for turned in [false, true] {
            let mut event = stream.peek(size);
            if turned {
                event.records.reverse();
            }
            assert_eq!(test.mail_event(event).await.batch_item_failures.len(), 0);
            assert_eq!(test.ses.take(), [], "{size} {turned}");
        }
    }
}

/// A reply that left with the old token holds the channel; the check of the new one lets it go again.
#[tokio::test]
async fn aut_12_an_old_error_after_a_reauthorization_is_no_incident() {
    let test = begin().await;
    break_login(&test, 467);
    assert_eq!(check_after(&test, CHECK_EVERY).await.len(), 1);
    log_in(&test).await;
    assert_eq!(subjects(&check_after(&test, Span::from_secs(30)).await), [WORKS]);
    let channel = test.channel(Messenger).await;
    let now = test.clock.now();
    assert_eq!(
        test.directory.hold_channel(channel.id, Cause::TokenExpired, "190", now).await.unwrap(),
        Saved::Done
    );
    test.directory.check_connection_soon(channel.connection_id, now).await.unwrap();
    test.mail().await;
    assert_eq!(check_after(&test, Span::from_secs(30)).await, []);
    assert!(matches!(test.channel(Messenger).await.health, ChannelHealth::Healthy { .. }));
}

/// Whoever met the refusal first knows less than the check.
#[tokio::test]
async fn aut_12_a_hold_is_told_with_the_verdict_of_a_check() {
    let test = begin().await;
    break_login(&test, 460);
    let channel = test.channel(Messenger).await;
    test.pass(Span::from_hours(1));
    let now = test.clock.now();
    let held = test.directory.hold_channel(channel.id, Cause::TokenExpired, "190", now).await.unwrap();
    assert_eq!(held, Saved::Done);
    test.directory.check_connection_soon(channel.connection_id, now).await.unwrap();
    test.mail().await;
    assert_eq!(test.ses.take(), []);
    let mails = check_after(&test, Span::from_minutes(1)).await;
    assert!(mails.len() == 1 && mails[0].subject.ends_with("(password changed)"), "{mails:?}");
}

/// The wrong secret was entered, too: what was wrong before still is, and nobody is told of it again.
#[tokio::test]
async fn aut_12_what_a_reauthorization_did_not_mend_is_no_new_incident() {
    let test = begin().await;
    let names = SecretNames::new(PREFIX);
    let line = TestInbox::channel_id(Line);
    let wrong = json!({ "channel_id": demo::LINE_CHANNEL, "channel_secret": "wrong" });
    test.aws.set_secret(&names.line_channel(line), &wrong);
    let mails = check_after(&test, CHECK_EVERY).await;
    assert_eq!(
        subjects(&mails),
        ["[Madoguchi] Test line (LINE): 再認証が必要です（チャネルシークレットの不一致） / \
             needs re-authorization (channel secret mismatch)"]
    );
    let enter = async |secret: &str| {
        let path = format!("/api/channels/{line}/credential");
        let (status, answer) = test.administer("PUT", &path, &json!({ "channel_secret": secret })).await;
        assert_eq!(status, 200, "{answer}");
    };
    enter("0123456789abcdef0123456789abcdef").await;
    for span in [Span::from_secs(30), GRACE, RECHECK_BROKEN_EVERY] {
        assert_eq!(check_after(&test, span).await, []);
    }
    enter(demo::LINE_SECRET).await;
    assert_eq!(
        subjects(&check_after(&test, Span::from_secs(30)).await),
        ["[Madoguchi] Test line (LINE): 復旧しました / works again"]
    );
}

#[tokio::test]
async fn aut_8_a_login_that_cannot_be_renewed_is_warned_of_at_14_7_3_and_1_days() {
    let test = begin().await;
    log_in(&test).await;
    assert_eq!(check_after(&test, Span::from_secs(30)).await, []);
    let rule = FaultRule::from(Answer::ServerError { after_effect: false }).endpoint(Endpoint::Token);
    test.simulator.fault(rule);
    let mut told = Vec::new();
    for day in 1..=61 {
        for mail in check_after(&test, CHECK_EVERY).await {
            let (_, english) = mail.subject.rsplit_once(" / ").unwrap();
            told.push((day, english.to_owned()));
        }
    }
    let expected = [
        (46, "the authorization ends in 14 days"),
        (53, "the authorization ends in 7 days"),
        (57, "the authorization ends in 3 days"),
        (59, "the authorization ends within a day"),
        (60, "needs re-authorization (60 days since the login)"),
    ];
    assert_eq!(told, expected.map(|(day, text)| (day, text.to_owned())));
}

/// Nothing ran between 20 and 5 days before the end.
#[tokio::test]
async fn aut_8_after_a_pause_only_the_nearest_warning_is_sent_and_a_renewal_ends_them() {
    let test = begin().await;
    log_in(&test).await;
    assert_eq!(check_after(&test, Span::from_secs(30)).await, []);
    let rule = FaultRule::from(Answer::ServerError { after_effect: false }).endpoint(Endpoint::Token);
    test.simulator.fault(rule);
    let mails = check_after(&test, Span::from_days(55)).await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].subject.ends_with("the authorization ends in 5 days"), "{}", mails[0].subject);
    test.simulator.clear_faults();
    for _ in 0..5 {
        assert_eq!(check_after(&test, CHECK_EVERY).await, []);
    }
}

#[tokio::test]
async fn a_sandbox_that_refuses_one_recipient_keeps_the_others_informed() {
    let test = begin().await;
    know(&test, "admin@example.com", Role::Administrator).await;
    know(&test, "owner@example.com", Role::Owner).await;
    test.ses.sandbox(&["owner@example.com", ADMINISTRATORS]);
    break_login(&test, 467);
    let mails = check_after(&test, CHECK_EVERY).await;
    let to: Vec<&str> = mails.iter().map(|mail| mail.to[0].as_str()).collect();
    assert_eq!(to, [ADMINISTRATORS, "owner@example.com"]);
    assert_eq!(check_after(&test, RECHECK_BROKEN_EVERY).await, []);
}

#[tokio::test]
async fn mail_that_is_not_taken_is_reported_and_sent_when_it_is() {
    let test = begin().await;
    break_login(&test, 467);
    let reader = test.dynamo.directory_stream();
    test.pass(CHECK_EVERY);
    test.refresh_tokens().await;
    for refuse in [true, false] {
        if refuse {
            test.ses.sandbox(&[]);
        }
        test.ses.set_down(!refuse);
        assert_eq!(test.mail_event(reader.peek(1_000)).await.batch_item_failures.len(), 1);
        assert_eq!(test.ses.take(), []);
    }
    test.ses.set_down(false);
    test.ses.sandbox(&[ADMINISTRATORS]);
    // Even if the records themselves were given up: the next check is another chance.
    assert_eq!(subjects(&check_after(&test, RECHECK_BROKEN_EVERY).await), [EXPIRED]);
    assert_eq!(test.mail_event(reader.peek(1_000)).await.batch_item_failures.len(), 0);
    assert_eq!(test.ses.take(), []);
}

/// Whatever call it ends at: somebody is told, and told twice only if SES had it and nobody could write that down.
#[tokio::test]
async fn aut_12_a_function_that_ends_in_the_middle_leaves_nobody_uninformed() {
    for fault in [Fault::CrashBefore, Fault::CrashAfter, Fault::LoseAnswer] {
        let mut counts = Vec::new();
        for at in 1.. {
            let faults = Faults::new();
            let test = TestInbox::with_faults(&faults).await;
            test.pass(CHECK_EVERY);
            test.refresh_tokens().await;
            break_login(&test, 467);
            test.pass(CHECK_EVERY);
            test.refresh_tokens().await;
            let event = test.dynamo.directory_stream().peek(1_000);
            faults.arm(at, fault.clone());
            let finished = faults.until_crash(test.mail_event(event)).await.is_some();
            test.mail().await;
            counts.push(test.ses.take().len());
            test.mail_event(test.dynamo.directory_stream().peek(1_000)).await;
            assert_eq!(test.ses.take(), [], "{fault:?} at {at}");
            if finished && at > 2 {
                break;
            }
        }
        // The effects are the e-mail and the note.
        let expected = match fault {
            Fault::CrashBefore => [1, 2, 1],
            _ => [2, 1, 1],
        };
        assert_eq!(counts, expected, "{fault:?}");
    }
}

#[tokio::test]
async fn chn_19_a_channel_that_is_off_is_no_incident() {
    let test = begin().await;
    let path = format!("/api/channels/{}/disable", TestInbox::channel_id(Messenger));
    assert_eq!(test.administer("POST", &path, &json!({})).await.0, 200);
    break_login(&test, 467);
    assert_eq!(check_after(&test, CHECK_EVERY).await, []);
}
