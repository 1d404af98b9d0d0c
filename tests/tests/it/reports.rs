//! Reports (OPS-3): from the webhook to what the API tells, whatever comes again, late or out of order.

use aws_lambda_events::event::sqs::SqsEvent;
use madoguchi_domain::ChannelKind::{self, Line, Messenger};
use madoguchi_domain::credential::Cause;
use madoguchi_domain::deadline::DeadlineKind;
use madoguchi_domain::{ChannelSettings, ConversationId, OperatorAccess, Span};
use madoguchi_simulator::demo;
use madoguchi_store::Saved;
use madoguchi_tests::TestInbox;
use madoguchi_tests::inbox::START;
use madoguchi_tests::support::dynamo::REPORTS;
use madoguchi_tests::support::fault::{Fault, Faults};
use serde_json::{Value, json};

const TEXT: &str = "合言葉はひまわり";

async fn says(test: &TestInbox, kind: ChannelKind, customer: &str) -> ConversationId {
    let id = test.customer_writes(kind, customer, TEXT).await;
    test.settle().await;
    id
}

async fn answers(test: &TestInbox, who: &str, id: ConversationId, key: &str) {
    let path = format!("/api/conversations/{id}/messages");
    let (status, answer) =
        test.call_as((who, "operators"), "POST", &path, Some(key), &json!({ "text": "はい" })).await;
    assert_eq!(status, 202, "{answer}");
    test.settle().await;
}

async fn post(test: &TestInbox, path: &str) {
    let (status, answer) = test.call("POST", path, None, &json!({})).await;
    assert_eq!(status, 200, "{answer}");
    test.settle().await;
}

/// What an administrator is told.
async fn report(test: &TestInbox, query: &str) -> Value {
    let path = format!("/api/reports?from=2026-11-01&to=2026-11-02&{query}");
    test.administered("GET", &path, &Value::Null).await
}

/// A morning: one customer is answered after four minutes by Sato and again by Ito, one after twenty by Ito, one never; the first
/// conversation is closed by hand and opened again, the last one is closed because nobody answered.
async fn morning(test: &TestInbox) -> [ConversationId; 3] {
    let settings = ChannelSettings { unanswered_close_after_minutes: Some(60), ..ChannelSettings::default() };
    test.set(Messenger, &settings).await;
    let first = says(test, Line, "customer-1").await;
    let second = says(test, Line, "customer-2").await;
    let third = says(test, Messenger, "customer-3").await;
    test.pass(Span::from_minutes(4));
    answers(test, "sato", first, "k1").await;
    test.pass(Span::from_minutes(16));
    answers(test, "ito", second, "k2").await;
    says(test, Line, "customer-1").await;
    answers(test, "ito", first, "k3").await;
    test.pass(Span::from_minutes(10));
    post(test, &format!("/api/conversations/{first}/close")).await;
    // In the next hour.
    test.pass(Span::from_minutes(35));
    assert_eq!(test.tick(DeadlineKind::Unanswered).await.closed, 1);
    test.settle().await;
    says(test, Line, "customer-1").await;
    [first, second, third]
}

/// What the morning must come to.
fn check(report: &Value) {
    let total = &report["total"];
    assert_eq!(
        json!([total["incoming"], total["answers"], total["begun"], total["reopened"], total["closed"]]),
        json!([5, 3, 3, 1, 2]),
        "{total}"
    );
    assert_eq!(total["closed_by_reason"], json!({ "operator": 1, "unanswered": 1 }));
    assert_eq!(total["first_answer"]["count"], 2);
    // Four minutes, and twenty: within a tenth.
    let median = total["first_answer"]["median_seconds"].as_f64().unwrap();
    let p90 = total["first_answer"]["p90_seconds"].as_f64().unwrap();
    assert!((216.0..=264.0).contains(&median), "{median}");
    assert!((1_080.0..=1_320.0).contains(&p90), "{p90}");
    assert_eq!(total["to_close"]["count"], 2);
    let hours: Vec<_> =
        report["hours"].as_array().unwrap().iter().map(|hour| (&hour["at"], &hour["incoming"])).collect();
    assert_eq!(json!(hours), json!([["2026-11-01T00:00:00.000Z", 4], ["2026-11-01T01:00:00.000Z", 1]]));
    let channels: Vec<_> =
        report["channels"].as_array().unwrap().iter().map(|it| (&it["name"], &it["incoming"])).collect();
    assert_eq!(json!(channels), json!([["Test line", 4], ["Test messenger", 1]]));
    let operators: Vec<_> = report["operators"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (&it["operator_id"], &it["answers"], &it["first_answer"]["count"]))
        .collect();
    assert_eq!(json!(operators), json!([["ito", 2, 1], ["sato", 1, 1], [null, 0, 0]]));
}

#[tokio::test]
async fn ops_3_what_was_said_answered_and_closed_is_told_by_hour_day_channel_and_person() {
    let test = TestInbox::start().await;
    morning(&test).await;
    test.count().await;
    let told = report(&test, "zone=Asia/Tokyo").await;
    check(&told);
    assert_eq!(told["period"]["begins_at"], "2026-10-31T15:00:00.000Z");
    let days: Vec<_> =
        told["days"].as_array().unwrap().iter().map(|day| (&day["date"], &day["incoming"])).collect();
    assert_eq!(json!(days), json!([["2026-11-01", 5], ["2026-11-02", 0]]));
    let week: Vec<_> = told["week"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (&it["weekday"], &it["hour"], &it["incoming"]))
        .collect();
    assert_eq!(json!(week), json!([["sunday", 9, 4], ["sunday", 10, 1]]), "by the clock in Tokyo");

    // How many were answered in time: a service level.
    for (minutes, share) in [(3, 0.0), (5, 0.5), (25, 1.0)] {
        let told = report(&test, &format!("within_minutes={minutes}")).await;
        assert_eq!(told["total"]["first_answer"]["within_share"], share, "{minutes}");
    }
    let line = report(&test, &format!("channel_id={}", TestInbox::channel_id(Line))).await;
    assert_eq!((&line["total"]["incoming"], line["channels"].as_array().unwrap().len()), (&json!(4), 1));
    let ito = report(&test, "operator_id=ito").await;
    assert_eq!((&ito["total"]["answers"], &ito["total"]["first_answer"]["count"]), (&json!(2), &json!(1)));
    assert!(ito["total"].get("incoming").is_none(), "that is nobody's doing");
    let yesterday =
        test.administered("GET", "/api/reports?from=2026-10-31&to=2026-10-31", &Value::Null).await;
    assert_eq!((&yesterday["total"]["incoming"], &yesterday["hours"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn ops_3_what_comes_again_late_and_out_of_order_counts_once() {
    let test = TestInbox::start().await;
    morning(&test).await;
    test.relay().await;
    let event = test.reports_queue.receive(100);
    assert!(event.records.len() > 5, "{}", event.records.len());
    let one = |record| {
        let mut one = SqsEvent::default();
        one.records = vec![record];
        one
    };
    // The last first, one by one, each twice.
    for record in event.records.iter().rev() {
        for _ in 0..2 {
            let response = test.count_event(one(record.clone())).await;
            assert!(response.batch_item_failures.is_empty(), "{response:?}");
        }
    }
    check(&report(&test, "").await);
    // A day later all of it at once and side by side.
    test.pass(Span::from_days(3));
    let batches = event.records.iter().map(|record| test.count_event(one(record.clone())));
    for response in futures::future::join_all(batches).await {
        assert!(response.batch_item_failures.is_empty(), "{response:?}");
    }
    check(&report(&test, "").await);
    // Facts are forgotten after 40 days: what comes then must not replace what they came to.
    test.pass(Span::from_days(39));
    let response = test.count_event(one(event.records[0].clone())).await;
    assert!(response.batch_item_failures.is_empty(), "{response:?}");
    check(&report(&test, "").await);
}

#[tokio::test]
async fn ops_3_an_hour_that_many_make_at_once_has_everything() {
    let test = TestInbox::start().await;
    for at in 0..12 {
        test.pass(Span::from_secs(1));
        says(&test, Line, &format!("customer-{}", at % 3 + 1)).await;
    }
    test.relay().await;
    let event = test.reports_queue.receive(100);
    let batches = event.records.into_iter().map(|record| {
        let mut one = SqsEvent::default();
        one.records = vec![record];
        test.count_event(one)
    });
    let mut again = 0;
    for response in futures::future::join_all(batches).await {
        again += response.batch_item_failures.len();
    }
    // Whoever lost too many races is delivered again.
    if again > 0 {
        test.reports_queue.make_visible();
        test.count().await;
    }
    let told = report(&test, "").await;
    assert_eq!((&told["total"]["incoming"], &told["total"]["begun"]), (&json!(12), &json!(3)));
}

#[tokio::test]
async fn ops_3_report_writer_may_be_cut_off_at_any_moment() {
    let faults = Faults::default();
    let test = TestInbox::with_faults(&faults).await;
    morning(&test).await;
    test.relay().await;
    for at in 1..100 {
        faults.arm(at, if at % 2 == 0 { Fault::CrashAfter } else { Fault::CrashBefore });
        let finished = faults.until_crash(test.count()).await.is_some();
        test.reports_queue.make_visible();
        if finished {
            assert!(at > 10, "only {at} effects");
            return check(&report(&test, "").await);
        }
    }
    panic!("it does not come to an end");
}

#[tokio::test]
async fn ops_3_what_is_deleted_for_ever_stays_counted_and_nothing_personal_with_it() {
    let test = TestInbox::start().await;
    let [first, ..] = morning(&test).await;
    test.count().await;
    test.delete_for_ever(Line, first).await;
    test.settle().await;
    test.fetch_media().await;
    test.count().await;
    check(&report(&test, "").await);
    let scan = test.dynamo.clients().dynamodb().scan().table_name(REPORTS).send().await.unwrap();
    let all = format!("{:?}", scan.items());
    assert!(all.contains("sato"), "operators are known by their ids");
    for personal in [TEXT, "ひまわり", "customer-1", "Test line", "はい"] {
        assert!(!all.contains(personal), "{personal}");
    }
}

#[tokio::test]
async fn ops_3_operators_see_their_channels_and_themselves() {
    let test = TestInbox::start().await;
    morning(&test).await;
    test.count().await;
    let ask = async |path: &str| test.call_as(("sato", "operators"), "GET", path, None, &Value::Null).await;
    let days = "from=2026-11-01&to=2026-11-01";
    let (status, told) = ask(&format!("/api/reports?{days}")).await;
    assert_eq!((status, &told["total"]["answers"]), (200, &json!(3)), "what all did together");
    let operators: Vec<_> =
        told["operators"].as_array().unwrap().iter().map(|it| &it["operator_id"]).collect();
    assert_eq!(json!(operators), json!(["sato"]));
    for (operator, expected) in [("me", 200), ("sato", 200), ("ito", 403)] {
        let (status, answer) = ask(&format!("/api/reports?{days}&operator_id={operator}")).await;
        assert_eq!(status, expected, "{answer}");
    }
    // One of the channels is for others.
    let settings = ChannelSettings { operators: OperatorAccess::Associated, ..ChannelSettings::default() };
    test.set(Line, &settings).await;
    test.pass(Span::from_minutes(2));
    let (_, told) = ask(&format!("/api/reports?{days}")).await;
    assert_eq!(told["total"]["incoming"], 1);
    for path in ["/api/reports", "/api/reports/channels"] {
        let (status, answer) = ask(&format!("{path}?channel_id={}", TestInbox::channel_id(Line))).await;
        assert_eq!((status, &answer["error"]["id"]), (404, &json!("channel_not_found")));
    }
}

#[tokio::test]
async fn ops_3_a_table_is_taken_along_as_csv_and_the_audit_log_knows() {
    let test = TestInbox::start().await;
    morning(&test).await;
    test.count().await;
    test.watch().await;
    for (table, rows, first) in [
        ("days", 2, "2026-11-01,5,0,3,1,3,2,1,1,0,0,0,0,0,2,"),
        ("hours", 2, "2026-11-01T00:00:00.000Z,4,0,3,0,3,1,1,0,0,0,0,0,0"),
        (
            "channels",
            2,
            &format!("{},Test messenger,messenger,1,0,1,0,0,1,0,1,", TestInbox::channel_id(Messenger)),
        ),
        ("operators", 3, "ito,ito,2,0,"),
        ("channel_days", 4, &format!("{},Test line,line,2026-11-01,10,0,0,0,", TestInbox::channel_id(Line))),
    ] {
        let path = format!("/api/reports/export?table={table}&from=2026-11-01&to=2026-11-02");
        let answer = test.administrators("GET", &path, &Value::Null).await;
        assert_eq!(answer.status(), 200, "{table}");
        assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        let file = String::from_utf8(body.to_vec()).unwrap();
        assert!(file.starts_with('\u{feff}'), "{table}: a mark tells Excel that it is UTF-8");
        let lines: Vec<_> = file.lines().collect();
        assert_eq!(lines.len(), rows + 1, "{table}: {file}");
        assert!(lines[1..].iter().any(|line| line.starts_with(first)), "{table}: {file}");
        let cells = |line: &str| line.matches(',').count();
        assert!(lines.iter().all(|line| cells(line) == cells(lines[0])), "{table}: {file}");
    }
    let (status, refused) = test.administer("GET", "/api/reports/export?table=people", &Value::Null).await;
    assert_eq!((status, &refused["error"]["id"]), (400, &json!("invalid_query")));
    let log = test.administered("GET", "/api/audit?act=reports.exported", &Value::Null).await;
    assert_eq!(log["items"].as_array().unwrap().len(), 5, "{log}");
}

#[tokio::test]
async fn chn_27_how_channels_fared_is_told_by_day_with_their_replies_and_quota() {
    let test = TestInbox::start().await;
    test.simulator.set_line_quota(demo::LINE_CHANNEL, Some(200), 12);
    let id = says(&test, Line, "customer-1").await;
    answers(&test, "sato", id, "k1").await;
    let connection = test.channel(Line).await.connection_id;
    assert!(test.directory.check_connection_soon(connection, test.clock.now()).await.unwrap());
    test.refresh_tokens().await;
    // Looked at six times within an hour, some of them twice.
    for look in 0..6 {
        if look == 4 {
            let line = TestInbox::channel_id(Line);
            let held = test.directory.hold_channel(line, Cause::TokenExpired, "401", test.clock.now()).await;
            assert_eq!(held.unwrap(), Saved::Done);
        }
        for _ in 0..=look % 2 {
            test.watch().await;
        }
        test.pass(Span::from_minutes(10));
    }
    let line = TestInbox::channel_id(Line);
    let told =
        test.get(&format!("/api/reports/channels?from=2026-11-01&to=2026-11-02&channel_id={line}")).await;
    let day = &told["channels"][0]["days"][0];
    assert_eq!(
        json!([day["healthy_minutes"], day["needs_reauthorization_minutes"], day["off_minutes"]]),
        json!([40, 20, 0]),
        "{told}"
    );
    assert_eq!(
        day["replies"],
        json!({"accepted": 1, "refused": 0, "refused_of_customers": 0, "unconfirmed": 0})
    );
    assert_eq!((&day["quota"]["used"], &day["quota"]["limit"]), (&json!(12), &json!(200)), "{day}");
    let hours = &told["channels"][0]["hours"];
    assert_eq!((&hours[0]["at"], &hours[0]["accepted"]), (&json!(START.to_string()), &json!(1)), "{hours}");
    assert_eq!(told["channels"][0]["days"][1]["quota"], Value::Null);
    let all = test.get("/api/reports/channels?from=2026-11-01&to=2026-11-01").await;
    assert_eq!(all["channels"].as_array().unwrap().len(), 2);
    assert!(all["channels"][0].get("hours").is_none(), "{all}");
}
