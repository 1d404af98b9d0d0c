//! Saved views of the inbox.

use axum::http::StatusCode;
use madoguchi_domain::{ChannelKind, ChannelSettings, Span};
use serde_json::{Value, json};

use crate::support::{Answer, Caller, NOW, TestApi};

const ID: &str = "1809223c-a54e-5e9b-ae37-4058be706671";
const TWO: Caller = Caller::Person("person-2");

async fn save(api: &TestApi, caller: Caller, body: Value) -> Answer {
    api.hand.advance(Span::from_ms(1));
    api.call(caller, "POST", "/api/views", Some(body)).await
}

async fn names(api: &TestApi, caller: Caller) -> Vec<(String, bool)> {
    let listed = api.call(caller, "GET", "/api/views", None).await.body;
    let items = listed["items"].as_array().unwrap().iter();
    items.map(|view| (view["name"].as_str().unwrap().to_owned(), view["shared"] == true)).collect()
}

#[tokio::test]
async fn src_5_operators_keep_their_own_views_and_administrators_those_of_everybody() {
    let api = TestApi::start().await;
    let query = json!({"section": "unanswered", "sort": "waiting", "contacts": "", "channel": ""});
    let saved = save(&api, Caller::Operator, json!({"name": " 待ち ", "query": query})).await;
    assert_eq!(saved.status, StatusCode::CREATED, "{saved:?}");
    // What asks for nothing is not kept; neither box ticked is a wish.
    let kept = json!({"section": "unanswered", "sort": "waiting", "contacts": ""});
    let view = &saved.body;
    assert_eq!(
        (&view["name"], &view["query"], &view["shared"], &view["version"]),
        (&json!("待ち"), &kept, &json!(false), &json!(1))
    );
    let refused = save(&api, Caller::Operator, json!({"name": "x", "query": {}, "shared": true})).await;
    assert_eq!(refused.error(), "administrators_only");
    let shared = save(&api, Caller::Administrator, json!({"name": "VIP", "query": {}, "shared": true})).await;
    assert_eq!(shared.status, StatusCode::CREATED, "{shared:?}");
    let everybodys = ("VIP".to_owned(), true);
    assert_eq!(names(&api, Caller::Operator).await, [("待ち".to_owned(), false), everybodys.clone()]);
    assert_eq!(names(&api, TWO).await, [everybodys]);
    // Somebody else's is not there; everybody's is, and not theirs to change.
    let (own, shared) = (format!("/api/views/{}", view["id"].as_str().unwrap()), shared.body["id"].clone());
    let shared = format!("/api/views/{}", shared.as_str().unwrap());
    for (caller, path, error) in
        [(TWO, &own, "view_not_found"), (Caller::Operator, &shared, "administrators_only")]
    {
        for method in ["PATCH", "DELETE"] {
            assert_eq!(
                api.call(caller, method, path, Some(json!({}))).await.error(),
                error,
                "{method} {path}"
            );
        }
    }
    let change = json!({"name": "VIPのみ", "query": {"assignee": "me"}, "position": 3});
    let changed = api.call(Caller::Administrator, "PATCH", &shared, Some(change)).await;
    assert_eq!(
        (&changed.body["name"], &changed.body["query"], &changed.body["version"]),
        (&json!("VIPのみ"), &json!({"assignee": "me"}), &json!(2))
    );
    for (caller, path) in [(Caller::Operator, &own), (Caller::Administrator, &shared)] {
        assert_eq!(api.call(caller, "DELETE", path, None).await.status, StatusCode::NO_CONTENT);
        assert_eq!(api.call(caller, "DELETE", path, None).await.error(), "view_not_found");
    }
    assert_eq!(names(&api, Caller::Operator).await, []);
}

#[tokio::test]
async fn src_5_only_what_a_list_can_be_asked_for_is_saved() {
    let api = TestApi::start().await;
    let long = [ID; 60].join(",");
    for (query, told) in [
        (json!({"sections": "open"}), "sections"),
        (json!({"section": "somewhere"}), "section"),
        (json!({"label": "vip"}), "label"),
        (json!({"cursor": "1"}), "`cursor` cannot be saved"),
        (json!({"limit": "10"}), "`limit` cannot be saved"),
        (json!({"section": 1}), "query"),
        (json!({ "label": long }), "2000 bytes"),
    ] {
        let refused = save(&api, Caller::Operator, json!({"name": "x", "query": query})).await;
        assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_body"), "{query}");
        assert!(refused.body["detail"].as_str().unwrap().contains(told), "{refused:?}");
    }
    for name in ["x", "Ｘ"] {
        save(&api, Caller::Operator, json!({"name": name, "query": {}})).await;
    }
    assert_eq!(names(&api, Caller::Operator).await, [("x".to_owned(), false)]);
    let taken = save(&api, Caller::Operator, json!({"name": "X", "query": {}})).await;
    assert_eq!(taken.error(), "name_taken");
    for number in 1..50 {
        let saved = save(&api, Caller::Operator, json!({"name": number.to_string(), "query": {}})).await;
        assert_eq!(saved.status, StatusCode::CREATED, "{saved:?}");
    }
    let many = save(&api, Caller::Operator, json!({"name": "one more", "query": {}})).await;
    assert_eq!(many.error(), "too_many");
}

/// A view is the list's own query: asked for as it is kept, it lists what was wanted.
#[tokio::test]
async fn src_5_a_saved_view_lists_what_it_was_saved_for() {
    let api = TestApi::start().await;
    let line = api.add_channel(ChannelKind::Line, "1", ChannelSettings::default()).await;
    let page = api.add_channel(ChannelKind::Messenger, "2", ChannelSettings::default()).await;
    let wanted = api.customer_writes(&line, "U1", "hello", NOW).await;
    api.customer_writes(&page, "U2", "hello", NOW).await;
    let query = json!({"section": "unanswered", "channel": line.id, "never_replied": "true"});
    let saved = save(&api, Caller::Operator, json!({"name": "LINE", "query": query})).await.body;
    let pairs = saved["query"].as_object().unwrap().iter();
    let query: Vec<String> =
        pairs.map(|(name, value)| format!("{name}={}", value.as_str().unwrap())).collect();
    let listed = api.get(&format!("/api/conversations?{}", query.join("&"))).await.body;
    let ids: Vec<_> = listed["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect();
    assert_eq!(ids, [json!(wanted)]);
}
