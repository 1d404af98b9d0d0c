//! People who take back at Meta what they allowed our app (AUT-5, C4): the deauthorize and data-deletion callbacks, good,
//! late, repeated and forged.

use madoguchi_credentials::SecretNames;
use madoguchi_domain::credential::Cause;
use madoguchi_domain::{ChannelHealth, ChannelKind, Span};
use madoguchi_simulator::{Forgery, Withdrawing};
use madoguchi_tests::TestInbox;
use madoguchi_tests::inbox::PREFIX;
use serde_json::{Value, json};

const KIND: ChannelKind = ChannelKind::Messenger;
const DEAUTHORIZE: &str = "/webhooks/messenger/deauthorize";
const DELETE: &str = "/webhooks/messenger/data-deletion";

/// A stack whose Messenger login is known to be the simulator's person's.
async fn start() -> TestInbox {
    let test = TestInbox::start().await;
    // Meta's clock goes as ours does.
    test.set_time(test.clock.now());
    let connection = test.channel(KIND).await.connection_id;
    test.directory.check_connection_soon(connection, test.clock.now()).await.unwrap();
    test.refresh_tokens().await;
    let known = test.directory.connection(connection).await.unwrap().unwrap();
    assert!(known.linked.is_some(), "whose token it is was asked for");
    test.pass(Span::from_minutes(10));
    test
}

fn form(signed_request: &str) -> String {
    format!("signed_request={signed_request}")
}

async fn post(test: &TestInbox, path: &str, how: &Withdrawing) -> (u16, Value) {
    let (status, _, body) = test.stranger("POST", path, &form(&test.simulator.signed_request(how))).await;
    (status, serde_json::from_str(&body).unwrap_or_default())
}

async fn cause(test: &TestInbox) -> Option<Cause> {
    match test.channel(KIND).await.health {
        ChannelHealth::NeedsReauthorization { cause, .. } => Some(cause),
        _ => None,
    }
}

async fn secret(test: &TestInbox) -> Option<Value> {
    let connection = test.channel(KIND).await.connection_id;
    test.aws.secret(&SecretNames::new(PREFIX).connection(KIND, connection))
}

async fn audited(test: &TestInbox, act: &str) -> Vec<Value> {
    test.write_audit().await;
    let (status, body) = test.administer("GET", "/api/audit?limit=100", &Value::Null).await;
    assert_eq!(status, 200, "{body}");
    body["items"].as_array().unwrap().iter().filter(|entry| entry["act"] == act).cloned().collect()
}

#[tokio::test]
async fn aut_5_who_takes_the_app_out_of_their_account_holds_the_channel_by_its_own_cause() {
    let test = start().await;
    let id = test.customer_writes(KIND, "customer-1", "question").await;
    test.settle().await;
    let (status, _) = post(&test, DEAUTHORIZE, &Withdrawing::default()).await;
    assert_eq!(status, 200);
    let report = test.refresh_tokens().await;
    assert_eq!(report.withdrawals, 1, "{report:?}");
    assert_eq!(cause(&test).await, Some(Cause::AppAccessWithdrawn));
    assert!(secret(&test).await.is_some(), "the data was not asked for");
    assert_eq!(audited(&test, "withdrawal.received").await.len(), 1);
    let done = audited(&test, "withdrawal.completed").await;
    assert_eq!((done.len(), &done[0]["after"]["logins"]), (1, &json!(1)));
    assert!(!done[0].to_string().contains("user_id"));

    // Receiving goes on, and what is answered waits.
    test.customer_writes(KIND, "customer-1", "are you there?").await;
    test.pass(Span::from_secs(1));
    test.answer(id, "k", "yes").await;
    test.settle().await;
    assert_eq!(test.texts(id).await, ["question", "are you there?", "yes"]);
    assert_eq!(test.simulator.sent().len(), 0);
}

#[tokio::test]
async fn a_repeated_request_changes_nothing_after_the_login_was_made_anew() {
    let test = start().await;
    let request = form(&test.simulator.signed_request(&Withdrawing::default()));
    for _ in 0..2 {
        assert_eq!(test.stranger("POST", DEAUTHORIZE, &request).await.0, 200);
    }
    assert_eq!(test.refresh_tokens().await.withdrawals, 1, "heard of once");
    test.pass(Span::from_minutes(5));
    test.reauthorize().await;
    let connection = test.channel(KIND).await.connection_id;
    let mut known = test.directory.connection(connection).await.unwrap().unwrap();
    known.authorized_at = test.clock.now();
    test.directory.put_connection(&known).await.unwrap();

    assert_eq!(test.stranger("POST", DEAUTHORIZE, &request).await.0, 200);
    // Another one of the same second as the first: it is older than the login.
    let old = Withdrawing {
        issued_at: Some((test.clock.now() - Span::from_minutes(1)).as_ms() / 1000),
        keeps_tokens: true,
        ..Withdrawing::default()
    };
    assert_eq!(post(&test, DELETE, &old).await.0, 200);
    let report = test.refresh_tokens().await;
    assert_eq!(report.withdrawals, 1, "only the new one");
    assert_eq!(cause(&test).await, None, "the new login stays");
    assert!(secret(&test).await.is_some());
}

#[tokio::test]
async fn what_meta_calls_withdrawn_although_it_works_is_released_by_the_check() {
    let test = start().await;
    let how = Withdrawing { keeps_tokens: true, ..Withdrawing::default() };
    assert_eq!(post(&test, DEAUTHORIZE, &how).await.0, 200);
    let report = test.refresh_tokens().await;
    assert_eq!((report.withdrawals, report.released), (1, 1), "{report:?}");
    assert_eq!(cause(&test).await, None);
}

#[tokio::test]
async fn c4_whose_data_must_go_is_forgotten_and_the_page_says_so() {
    let test = start().await;
    let id = test.customer_writes(KIND, "customer-1", "question").await;
    test.settle().await;
    let (status, promised) = post(&test, DELETE, &Withdrawing::default()).await;
    assert_eq!(status, 200, "{promised}");
    let code = promised["confirmation_code"].as_str().unwrap();
    let url = promised["url"].as_str().unwrap();
    assert!(url.starts_with("https://") && url.ends_with(&format!("/data-deletion/{code}")), "{url}");
    let path = format!("/data-deletion/{code}");

    let (status, headers, page) = test.stranger("GET", &path, "").await;
    assert_eq!(status, 200);
    assert!(page.contains("Received at") && page.contains(code), "{page}");
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    assert!(headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    assert_eq!(headers["cache-control"], "no-store");

    assert_eq!(test.refresh_tokens().await.withdrawals, 1);
    let (_, _, page) = test.stranger("GET", &path, "").await;
    assert!(page.contains("Completed at"), "{page}");
    assert_eq!(secret(&test).await, None, "the tokens are destroyed");
    let connection = test.channel(KIND).await.connection_id;
    let known = test.directory.connection(connection).await.unwrap().unwrap();
    assert_eq!(known.linked, None);
    let kept = test.directory.withdrawal(code).await.unwrap().unwrap();
    assert_eq!((kept.user_id, kept.logins), (None, 1));
    assert_eq!(cause(&test).await, Some(Cause::AppAccessWithdrawn));
    assert_eq!(test.texts(id).await, ["question"], "conversations are the company's");

    // A day of checks later it is still held for what it was, and nothing is repeated.
    for _ in 0..3 {
        test.pass(Span::from_hours(8));
        assert_eq!(test.refresh_tokens().await.withdrawals, 0);
    }
    assert_eq!(cause(&test).await, Some(Cause::AppAccessWithdrawn));
}

#[tokio::test]
async fn forged_and_late_requests_are_refused_counted_and_audited_without_what_they_say() {
    let test = start().await;
    let day_old = (test.clock.now() - Span::from_hours(25)).as_ms() / 1000;
    let table = [
        (Withdrawing { forged: Some(Forgery::Secret), ..Withdrawing::default() }, "signature_mismatch"),
        (Withdrawing { forged: Some(Forgery::Payload), ..Withdrawing::default() }, "signature_mismatch"),
        (Withdrawing { forged: Some(Forgery::Algorithm), ..Withdrawing::default() }, "signature_mismatch"),
        (Withdrawing { forged: Some(Forgery::Shape), ..Withdrawing::default() }, "signature_malformed"),
        (Withdrawing { issued_at: Some(day_old), keeps_tokens: true, ..Withdrawing::default() }, "too_old"),
    ];
    let mut refused = 0;
    for path in [DEAUTHORIZE, DELETE] {
        for (how, reason) in &table {
            test.pass(Span::from_minutes(1));
            let (status, body) = post(&test, path, how).await;
            assert_eq!((status, &body["error"]["id"]), (401, &json!("signed_request_refused")), "{how:?}");
            refused += 1;
            assert_eq!(test.connect_counted("SignedRequestsRefused"), refused);
            let entries = audited(&test, "withdrawal.refused").await;
            assert_eq!(entries.len() as u64, refused, "{how:?}");
            assert_eq!(entries[0]["after"], json!({"reason": reason}), "{how:?}");
            assert_eq!(entries[0]["actor"]["ip"], "203.0.113.9", "{}", entries[0]);
        }
    }
    let (status, _, _) = test.stranger("POST", DEAUTHORIZE, "").await;
    assert_eq!(status, 401, "nothing at all");
    assert_eq!(test.stranger("GET", DEAUTHORIZE, "").await.0, 405);
    assert_eq!(test.refresh_tokens().await.withdrawals, 0);
    assert_eq!(cause(&test).await, None);
    assert!(secret(&test).await.is_some());
}

#[tokio::test]
async fn nobody_elses_login_is_touched_and_no_code_can_be_guessed() {
    let test = start().await;
    let how = Withdrawing { user_id: Some("1234567890".into()), ..Withdrawing::default() };
    let (status, promised) = post(&test, DELETE, &how).await;
    assert_eq!(status, 200, "who is not known here has nothing here: {promised}");
    let report = test.refresh_tokens().await;
    assert_eq!((report.withdrawals, report.held), (1, 0), "{report:?}");
    assert_eq!(cause(&test).await, None);
    assert!(secret(&test).await.is_some());
    for code in ["0", "ABCDEF0123456789ABCDEF01", "..%2f..%2fetc", &"A".repeat(65)] {
        let (status, _, page) = test.stranger("GET", &format!("/data-deletion/{code}"), "").await;
        assert_eq!(status, 404, "{code}");
        assert!(page.contains("no request with this code"), "{page}");
    }
}
