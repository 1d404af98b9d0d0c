//! What is posted twice under one key is done once, and what two people change is told to the second (OPS-1).

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use madoguchi_domain::ChannelKind::Line;
use madoguchi_domain::{ChannelSettings, OperatorAccess, Span};
use madoguchi_runtime::sha256;
use madoguchi_store::Requests;
use madoguchi_store::requests::{Begun, KeptAnswer};
use madoguchi_tests::TestInbox;
use serde_json::{Value, json};

/// As the administrator `person`.
async fn call(
    test: &TestInbox,
    person: &str,
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
    body: &Value,
) -> (u16, HeaderMap, Value) {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_string())).unwrap();
    let claims = json!({ "sub": person, "cognito:groups": "[administrators]" });
    let answer = test.requested(request, claims).await;
    let (head, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
    (head.status.as_u16(), head.headers, body)
}

async fn post(test: &TestInbox, path: &str, key: &str, body: &Value) -> (u16, HeaderMap, Value) {
    call(test, "suzuki", ("POST", path), &[("Idempotency-Key", key)], body).await
}

const BRANDS: &str = "/api/brands";

#[tokio::test]
async fn ops_1_the_same_post_is_done_once_and_answered_alike_for_a_day() {
    let test = TestInbox::start().await;
    let brand = json!({ "name": "本店" });
    let (status, headers, first) = post(&test, BRANDS, "k1", &brand).await;
    assert_eq!((status, headers.get("idempotency-replayed")), (201, None), "{first}");
    let (status, headers, again) = post(&test, BRANDS, "k1", &brand).await;
    assert_eq!((status, &again), (201, &first));
    assert_eq!(headers["idempotency-replayed"], "true");
    assert_eq!(headers["etag"], format!("\"{}\"", first["version"]));
    assert_eq!(headers["content-type"], "application/json");
    let listed = test.administered("GET", BRANDS, &Value::Null).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);

    let (status, _, refused) = post(&test, BRANDS, "k1", &json!({ "name": "支店" })).await;
    assert_eq!((status, &refused["error"]["id"]), (422, &json!("idempotency_key_mismatch")));
    let (status, _, refused) = post(&test, "/api/departments", "k1", &brand).await;
    assert_eq!((status, &refused["error"]["id"]), (422, &json!("idempotency_key_mismatch")), "another route");

    // Another person's key is another key: there the name is taken.
    let (status, _, _) = call(&test, "sato", ("POST", BRANDS), &[("Idempotency-Key", "k1")], &brand).await;
    assert_eq!(status, 409);
    test.pass(Span::from_hours(24));
    let (status, _, late) = post(&test, BRANDS, "k1", &brand).await;
    assert_eq!((status, &late["error"]["id"]), (409, &json!("name_taken")), "forgotten");
}

#[tokio::test]
async fn ops_1_what_was_refused_may_be_put_right_under_the_same_key() {
    let test = TestInbox::start().await;
    let (status, _, _) = post(&test, BRANDS, "k", &json!({ "name": "" })).await;
    assert_eq!(status, 400);
    let (status, _, _) = post(&test, BRANDS, "k", &json!({ "name": "本店" })).await;
    assert_eq!(status, 201);
    for key in ["", "a b"] {
        let (status, _, refused) = post(&test, BRANDS, key, &json!({ "name": "支店" })).await;
        assert_eq!((status, &refused["error"]["id"]), (400, &json!("idempotency_key_invalid")));
    }
}

#[tokio::test]
async fn ops_1_of_two_at_once_the_second_waits_and_a_crash_frees_the_key() {
    let test = TestInbox::start().await;
    let brand = json!({ "name": "本店" });
    // The first is in the middle of it.
    let requests = Requests::new(test.dynamo.clients().dynamodb(), "requests");
    let fingerprint = sha256(format!("{BRANDS}\n{brand}").as_bytes());
    let begun = requests.begin("once#suzuki#k", &fingerprint, test.clock.now()).await.unwrap();
    assert_eq!(begun, Begun::First);
    let (status, headers, refused) = post(&test, BRANDS, "k", &brand).await;
    assert_eq!((status, &refused["error"]["id"]), (409, &json!("request_running")));
    assert_eq!(headers["retry-after"], "1");
    test.pass(Span::from_secs(60));
    let (status, _, _) = post(&test, BRANDS, "k", &brand).await;
    assert_eq!(status, 201);
}

#[tokio::test]
async fn ops_1_a_secret_is_not_kept_with_the_answer() {
    let test = TestInbox::start().await;
    let webhook = json!({ "url": "https://example.com/hook", "events": ["message.sent"] });
    let (_, _, first) = post(&test, "/api/webhooks", "k", &webhook).await;
    assert!(first["secret"].as_str().unwrap().starts_with("whsec_"));
    let (status, _, again) = post(&test, "/api/webhooks", "k", &webhook).await;
    assert_eq!((status, &again["id"], again.get("secret")), (201, &first["id"], None));
    assert!(!format!("{:?}", test.dynamo.items("requests").await).contains("whsec_"));
}

#[tokio::test]
async fn ops_1_nothing_is_written_without_a_key_nor_for_what_has_its_own() {
    let test = TestInbox::start().await;
    let (status, _, _) = call(&test, "suzuki", ("POST", BRANDS), &[], &json!({ "name": "本店" })).await;
    assert_eq!(status, 201);
    let form = json!({ "type": "image/png", "size_bytes": 100 });
    let (status, _, _) = post(&test, "/api/me/picture/uploads", "k", &form).await;
    assert_eq!(status, 201);
    assert_eq!(test.dynamo.items("requests").await, Vec::<Value>::new());
}

#[tokio::test]
async fn ops_1_a_change_of_what_somebody_else_has_changed_is_refused_with_what_is_there() {
    let test = TestInbox::start().await;
    let (_, headers, brand) = post(&test, BRANDS, "k", &json!({ "name": "本店" })).await;
    let (_, _, department) = post(&test, "/api/departments", "k2", &json!({ "name": "窓口" })).await;
    assert_eq!(headers["etag"], format!("\"{}\"", brand["version"]));
    let (_, _, view) =
        post(&test, "/api/views", "k3", &json!({ "name": "待ち", "query": {}, "shared": true })).await;
    let channel = format!("/api/channels/{}", TestInbox::channel_id(madoguchi_domain::ChannelKind::Line));
    let (_, headers, _) = call(&test, "suzuki", ("GET", &channel), &[], &Value::Null).await;
    let settings = headers["etag"].to_str().unwrap().to_owned();
    let of = |what: &Value, path: &str| {
        (format!("{path}/{}", what["id"].as_str().unwrap()), format!("\"{}\"", what["version"]))
    };
    // What a client has already is not sent again.
    let (status, headers, _) =
        call(&test, "suzuki", ("GET", &channel), &[("If-None-Match", &settings)], &Value::Null).await;
    assert_eq!((status, headers["etag"].to_str().unwrap()), (304, &*settings));
    let views = of(&view, "/api/views");
    let all = [of(&brand, BRANDS), of(&department, "/api/departments"), views, (channel, settings)];
    for (path, seen) in all {
        test.pass(Span::from_secs(1));
        let change = async |headers: &[(&str, &str)], name: &str| {
            call(&test, "sato", ("PATCH", &path), headers, &json!({ "name": name })).await
        };
        let (status, headers, first) = change(&[("If-Match", &seen)], "一").await;
        assert_eq!((status, &first["name"]), (200, &json!("一")), "{path}: {first}");
        let now = headers["etag"].to_str().unwrap().to_owned();
        assert_ne!(now, seen, "{path}");
        test.pass(Span::from_secs(1));
        let (status, headers, refused) = change(&[("If-Match", &seen)], "二").await;
        assert_eq!((status, &refused["error"]["id"]), (412, &json!("changed_meanwhile")), "{path}");
        assert_eq!((&refused["current"]["name"], headers["etag"].to_str().unwrap()), (&json!("一"), &*now));
        let (status, _, third) = change(&[], "三").await;
        assert_eq!((status, &third["name"]), (200, &json!("三")), "without a tag the last word counts");
        let (status, headers, _) = change(&[("If-Match", "*")], "三").await;
        assert_eq!(status, 200, "{path}: nothing to change");
        assert_ne!(headers["etag"].to_str().unwrap(), now, "{path}");
    }
}

/// As an operator.
async fn operated(
    test: &TestInbox,
    path: &str,
    key: &str,
    body: &Value,
) -> (u16, Option<String>, HeaderMap, Value) {
    let request = Request::builder().method("POST").uri(path).header("Idempotency-Key", key);
    let claims = json!({ "sub": "yamada", "cognito:groups": "[operators]" });
    let answer = test.requested(request.body(Body::from(body.to_string())).unwrap(), claims).await;
    let (head, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let body: Value = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
    (head.status.as_u16(), body["error"]["id"].as_str().map(str::to_owned), head.headers, body)
}

#[tokio::test]
async fn ops_1_no_words_of_customers_are_kept_and_a_repetition_shows_what_may_be_seen_now() {
    let test = TestInbox::start().await;
    let id = test.customer_writes(Line, "customer-1", "a secret of Tanaka").await;
    test.settle().await;
    let conversation = test.get(&format!("/api/conversations/{id}")).await;
    let message = test.get(&format!("/api/conversations/{id}/messages")).await["items"][0].clone();
    let named = conversation["contact"]["name"].as_str().unwrap().to_owned();
    let (close, tickets) = (format!("/api/conversations/{id}/close"), "/api/tickets");
    let ticket = json!({ "conversation_id": id, "message_id": message["id"] });
    let (status, _, _, made) = operated(&test, tickets, "k1", &ticket).await;
    assert_eq!((status, &made["subject"]), (201, &json!("a secret of Tanaka")), "{made}");
    let (status, _, _, closed) = operated(&test, &close, "k2", &Value::Null).await;
    assert_eq!((status, &closed["status"]), (200, &json!("closed")));
    test.customer_writes(Line, "customer-1", "and another secret").await;
    test.settle().await;
    let kept = format!("{:?}", test.dynamo.items("requests").await);
    assert!(kept.contains("k1") && kept.contains("k2"), "{kept}");
    assert!(!kept.contains("secret") && !kept.contains(&named), "{kept}");

    // Done once, and shown as it is now.
    let (status, _, headers, again) = operated(&test, &close, "k2", &Value::Null).await;
    assert_eq!((status, &again["status"], &again["id"]), (200, &json!("open"), &json!(id)), "{again}");
    assert_eq!(headers["idempotency-replayed"], "true");
    let (status, _, headers, again) = operated(&test, tickets, "k1", &ticket).await;
    assert_eq!((status, &again["number"]), (201, &made["number"]), "{again}");
    assert_eq!(headers["etag"], format!("\"{}\"", again["version"]));

    // Whoever may not see it any more is not shown what they were shown.
    test.set(Line, &ChannelSettings { operators: OperatorAccess::Associated, ..ChannelSettings::default() })
        .await;
    test.pass(Span::from_secs(31));
    for (path, key, body) in [(&*close, "k2", &Value::Null), (tickets, "k1", &ticket)] {
        let (status, _, headers, refused) = operated(&test, path, key, body).await;
        assert_eq!((status, headers.get("idempotency-replayed")), (404, None), "{refused}");
    }
}

#[tokio::test]
async fn ops_1_what_opens_a_connection_is_not_kept() {
    let test = TestInbox::start().await;
    let (status, _, _, first) = operated(&test, "/api/live/tickets", "k", &Value::Null).await;
    let (_, _, _, second) = operated(&test, "/api/live/tickets", "k", &Value::Null).await;
    assert_eq!(status, 201);
    assert_ne!(first["ticket"], second["ticket"]);
    assert_eq!(test.dynamo.items("requests").await, Vec::<Value>::new());
}

#[tokio::test]
async fn ops_1_a_long_answer_is_repeated_without_its_body_and_nothing_is_done_again() {
    let test = TestInbox::start().await;
    let requests = Requests::new(test.dynamo.clients().dynamodb(), "requests");
    let now = test.clock.now();
    assert_eq!(requests.begin("k", "f", now).await.unwrap(), Begun::First);
    let json = Some("application/json".to_owned());
    let answer = |body: String, content_type: Option<String>| {
        serde_json::from_value::<KeptAnswer>(
            json!({ "status": 201, "content_type": content_type, "body": body }),
        )
        .unwrap()
    };
    requests.finish("k", &answer("x".repeat(70_000), json)).await.unwrap();
    let late = now + Span::from_minutes(5);
    let again = requests.begin("k", "f", late).await.unwrap();
    assert_eq!(again, Begun::Answered(answer(String::new(), None)));
}

#[tokio::test]
async fn ops_1_a_webhook_whose_answer_was_lost_is_added_once() {
    let test = TestInbox::start().await;
    let webhook = json!({ "url": "https://example.com/hook", "events": ["message.sent"] });
    let (_, _, first) = post(&test, "/api/webhooks", "k", &webhook).await;
    // It was added, and the function ended before that was written down.
    let requests = Requests::new(test.dynamo.clients().dynamodb(), "requests");
    requests.abandon("once#suzuki#k").await.unwrap();
    let (status, headers, again) = post(&test, "/api/webhooks", "k", &webhook).await;
    assert_eq!((status, headers.get("idempotency-replayed")), (201, None));
    assert_eq!((&again["id"], &again["secret"]), (&first["id"], &first["secret"]), "nobody has seen it");
    let (_, _, another) = post(&test, "/api/webhooks", "k2", &webhook).await;
    assert_ne!(another["id"], first["id"]);
    // A day later the key is a new one.
    test.pass(Span::from_hours(24));
    let (status, _, late) = post(&test, "/api/webhooks", "k", &webhook).await;
    assert_eq!(status, 201);
    assert!(late["id"] != first["id"] && late["secret"] != first["secret"]);
    let listed = test.administered("GET", "/api/webhooks", &Value::Null).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 3);
}
