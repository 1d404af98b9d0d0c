//! The audit log (AUD-2): what the functions' and administrators' writes leave there.

use madoguchi_domain::ChannelKind::{Line, Messenger};
use madoguchi_domain::Span;
use madoguchi_domain::credential::Cause;
use madoguchi_simulator::demo;
use madoguchi_store::Saved;
use madoguchi_tests::TestInbox;
use madoguchi_tests::inbox::AUDIT_KEPT;
use madoguchi_tests::support::dynamo::AUDIT;
use madoguchi_tests::support::fault::{Fault, Faults};
use serde_json::{Value, json};

async fn log(test: &TestInbox, query: &str) -> Vec<Value> {
    test.write_audit().await;
    let (status, body) = test.administer("GET", &format!("/api/audit?limit=100&{query}"), &Value::Null).await;
    assert_eq!((status, &body["next_cursor"]), (200, &Value::Null), "{body}");
    body["items"].as_array().unwrap().clone()
}

fn acts(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["act"].as_str().unwrap()).collect()
}

async fn done(test: &TestInbox, method: &str, path: &str, body: &Value) -> Value {
    let (status, answer) = test.administer(method, path, body).await;
    assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
    test.pass(Span::from_secs(1));
    answer
}

#[tokio::test]
async fn aud_2_what_administrators_do_is_told_with_who_from_where_before_and_after() {
    let test = TestInbox::start().await;
    // From now on they are known.
    done(&test, "GET", "/api/brands", &Value::Null).await;
    test.pass(Span::from_minutes(1));
    let since = format!("from={}", test.clock.now());
    let channel = TestInbox::channel_id(Line);
    let brand = done(&test, "POST", "/api/brands", &json!({"name": "本店"})).await;
    let brand = format!("/api/brands/{}", brand["id"].as_str().unwrap());
    done(&test, "PATCH", &brand, &json!({"name": "銀座本店"})).await;
    done(&test, "PATCH", &format!("/api/channels/{channel}"), &json!({"idle_close_after_minutes": 30})).await;
    done(&test, "DELETE", &brand, &json!({})).await;
    done(&test, "POST", "/api/departments", &json!({"name": "Desk"})).await;
    done(&test, "POST", "/api/sender-sync", &json!({})).await;

    let entries = log(&test, &since).await;
    assert_eq!(
        acts(&entries),
        [
            "sender_sync.started",
            "department.added",
            "brand.removed",
            "channel.changed",
            "brand.changed",
            "brand.added"
        ]
    );
    for entry in &entries {
        assert_eq!(
            entry["actor"],
            json!({
                "id": "administrator-1", "name": "Suzuki", "role": "administrator", "ip": "203.0.113.9",
                "user_agent": "Browser/1", "request_id": "-",
            })
        );
    }
    assert_eq!(
        (&entries[4]["before"], &entries[4]["after"]),
        (&json!({"name": "本店"}), &json!({"name": "銀座本店"}))
    );
    assert_eq!(
        (&entries[3]["before"], &entries[3]["after"], &entries[3]["channel_id"]),
        (&json!({}), &json!({"settings.idle_close_after_minutes": 30}), &json!(channel))
    );
    assert_eq!(log(&test, &format!("{since}&channel={channel}")).await, entries[3..4]);
}

#[tokio::test]
async fn aud_2_switching_off_deleting_and_associating_are_told_by_names_of_their_own() {
    let test = TestInbox::start().await;
    let (channel, name) = (TestInbox::channel_id(Line), test.channel(Line).await.name);
    assert_eq!(test.call("GET", "/api/me", None, &Value::Null).await.0, 200);
    done(&test, "GET", "/api/brands", &Value::Null).await;
    let since = format!("from={}&channel={channel}", test.clock.now());
    let path = format!("/api/channels/{channel}");
    let operators = format!("{path}/operators");
    done(&test, "POST", &operators, &json!({"operators": ["operator-1"]})).await;
    done(&test, "DELETE", &format!("{operators}/operator-1"), &Value::Null).await;
    done(&test, "POST", &format!("{path}/disable"), &json!({})).await;
    done(&test, "POST", &format!("{path}/enable"), &json!({})).await;
    done(&test, "DELETE", &path, &json!({"confirm": name})).await;
    let entries = log(&test, &since).await;
    assert_eq!(
        acts(&entries),
        ["channel.deleted", "channel.enabled", "channel.disabled", "person.dissociated", "person.associated"]
    );
    assert!(entries.iter().all(|entry| entry["actor"]["id"] == "administrator-1"), "{entries:?}");
}

#[tokio::test]
async fn aud_2_what_functions_do_to_a_channel_is_told_as_theirs() {
    let test = TestInbox::start().await;
    let (channel, now) = (TestInbox::channel_id(Messenger), test.clock.now());
    done(&test, "PATCH", &format!("/api/channels/{channel}"), &json!({"name": "Page"})).await;
    let since = format!("from={}&channel={channel}", test.clock.now());
    let directory = test.directory.by_function("token-refresh");
    test.pass(Span::from_secs(1));
    assert_eq!(directory.hold_channel(channel, Cause::TokenExpired, "190", now).await.unwrap(), Saved::Done);
    assert_eq!(directory.name_cause(channel, Cause::PageRemoved, "190").await.unwrap(), Saved::Done);
    test.pass(Span::from_secs(1));
    assert_eq!(directory.release_channel(channel, test.clock.now()).await.unwrap(), Saved::Done);
    let entries = log(&test, "").await;
    let entries: Vec<Value> =
        entries.into_iter().filter(|entry| entry["actor"]["id"] == "system:token-refresh").collect();
    assert_eq!(acts(&entries), ["channel.released", "channel.cause_named", "channel.held"]);
    assert_eq!(entries[2]["after"]["health.cause"], "token_expired");
    assert_eq!(log(&test, &since).await.len(), 2, "the hold was dated before");
}

/// What was refused by the provider is held by the function that met it.
#[tokio::test]
async fn aut_11_a_hold_by_a_refused_reply_is_told() {
    let test = TestInbox::start().await;
    let id = test.customer_writes(Messenger, "customer-1", "hello").await;
    test.settle().await;
    assert!(test.simulator.invalidate_token(&demo::page_token(demo::PAGE), Some(463), None));
    test.answer(id, "k", "answer").await;
    test.settle().await;
    let held = log(&test, "act=channel.held").await;
    assert_eq!(held.len(), 1);
    assert_eq!(held[0]["actor"]["id"], "system:reply-dispatch");
}

#[tokio::test]
async fn aud_2_no_secret_and_no_customers_text_is_in_the_log() {
    let test = TestInbox::start().await;
    let secrets = ["line-secret-of-the-test", "user-token-of-the-test", "another-secret-of-the-test"];
    for name in ["A", "B"] {
        done(&test, "POST", "/api/departments", &json!({ "name": name })).await;
    }
    let line = json!({
        "kind": "line", "name": "Second", "line_channel_id": "1650000009", "channel_secret": secrets[0],
    });
    let line = done(&test, "POST", "/api/channels", &line).await;
    let page =
        json!({"kind": "messenger", "name": "Page", "page_id": "104999", "user_access_token": secrets[1]});
    done(&test, "POST", "/api/channels", &page).await;
    let credential = format!("/api/channels/{}/credential", line["id"].as_str().unwrap());
    done(&test, "PUT", &credential, &json!({"channel_secret": secrets[2]})).await;
    let id = test.customer_writes(Line, "customer-1", "text-of-the-test").await;
    test.settle().await;
    for path in ["", "/messages"] {
        done(&test, "GET", &format!("/api/conversations/{id}{path}"), &Value::Null).await;
    }

    let entries = log(&test, "actor=administrator-1").await;
    let is_of_it = |act: &&str| !act.starts_with("department.") && !act.starts_with("person.");
    let told: Vec<&str> = acts(&entries).into_iter().rev().filter(is_of_it).collect();
    assert_eq!(
        told,
        [
            "credential.requested",
            "credential.entered",
            "channel.added",
            "credential.requested",
            "credential.entered",
            "channel.added",
            "credential.requested",
            "credential.replaced",
            "conversation.read"
        ]
    );
    let everything = json!(test.dynamo.items(AUDIT).await).to_string();
    let known = [demo::LINE_SECRET, demo::LONG_USER_TOKEN, &demo::page_token(demo::PAGE), "text-of-the-test"];
    for secret in secrets.into_iter().chain(known) {
        assert!(!everything.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn aud_2_a_record_that_comes_again_tells_nothing_twice() {
    let test = TestInbox::start().await;
    three_brands(&test).await;
    let stream = test.dynamo.directory_stream();
    test.write_audit().await;
    let before = test.dynamo.items(AUDIT).await;
    test.pass(Span::from_hours(2));
    for size in [1, 3, 100] {
        let response = test.write_audit_event(stream.peek(size)).await;
        assert!(response.batch_item_failures.is_empty());
        assert_eq!(test.dynamo.items(AUDIT).await, before, "{size}");
    }
}

/// Whatever call it ends at: the rest is told when the stream comes again.
#[tokio::test]
async fn aud_2_a_writer_that_ends_in_the_middle_leaves_nothing_out() {
    let untouched = {
        let test = TestInbox::start().await;
        three_brands(&test).await;
        ids(&log(&test, "").await)
    };
    for fault in [Fault::CrashBefore, Fault::CrashAfter, Fault::LoseAnswer] {
        for at in 1.. {
            let faults = Faults::new();
            let test = TestInbox::with_faults(&faults).await;
            three_brands(&test).await;
            let event = test.dynamo.directory_stream().peek(100);
            faults.arm(at, fault.clone());
            let finished = faults.until_crash(test.write_audit_event(event)).await.is_some();
            assert_eq!(ids(&log(&test, "").await), untouched, "{fault:?} at {at}");
            if finished && at >= untouched.len() {
                break;
            }
        }
    }
}

async fn three_brands(test: &TestInbox) {
    for name in ["A", "B", "C"] {
        done(test, "POST", "/api/brands", &json!({ "name": name })).await;
    }
}

fn ids(entries: &[Value]) -> Vec<String> {
    entries.iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn aud_2_entries_end_with_their_retention() {
    let test = TestInbox::start().await;
    test.write_audit().await;
    let there = test.dynamo.items(AUDIT).await.len();
    assert!(there > 0);
    test.pass(AUDIT_KEPT - Span::from_secs(1));
    assert_eq!(test.dynamo.sweep_expired(), 0);
    test.pass(Span::from_secs(2));
    assert!(test.dynamo.sweep_expired() >= there);
    assert_eq!(test.dynamo.items(AUDIT).await, Vec::<Value>::new());
}
