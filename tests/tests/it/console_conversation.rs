//! One conversation in the console (CON-1, CON-5, CON-6): what its page shows, and what its parts load.

use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use lambda_http::Service as _;
use madoguchi_domain::{ChannelKind, ConversationId, Role, Span};
use madoguchi_tests::TestInbox;
use madoguchi_tests::support::files::File;
use serde_json::{Value, json};

use crate::console::{page, routes, visitor};
use crate::media::{PNG, line_sends};

async fn answer(test: &TestInbox, path: &str) -> Response {
    let request = Request::builder().uri(path).extension(visitor(Role::Operator)).body(Body::empty());
    routes(test).call(request.unwrap()).await.unwrap()
}

async fn shown(test: &TestInbox, path: &str) -> String {
    page(test, Role::Operator, path).await
}

async fn customer_says(test: &TestInbox, kind: ChannelKind, text: &str) -> ConversationId {
    let id = test.customer_writes(kind, "customer-1", text).await;
    test.settle().await;
    id
}

/// Something that a customer does, on Messenger unless told otherwise; the provider's ids of what was sent.
async fn acts(test: &TestInbox, action: Value) -> Vec<String> {
    let mut act = json!({ "provider": "messenger", "customer": "customer-1" });
    act.as_object_mut().unwrap().extend(action.as_object().cloned().unwrap());
    let done = test.simulator.act(serde_json::from_value(act).unwrap()).await.unwrap();
    test.settle().await;
    done.message_ids
}

#[tokio::test]
async fn con_1_a_conversation_shows_what_was_said_and_never_as_markup() {
    let test = TestInbox::start().await;
    let id =
        customer_says(&test, ChannelKind::Line, "<img src=x onerror=alert(1)> https://example.com/?a=1&b=2")
            .await;
    test.answer(id, "k1", "かしこまりました").await;
    test.settle().await;
    let said = shown(&test, &format!("/console/conversations/{id}")).await;
    assert!(said.contains("&lt;img src=x onerror=alert(1)&gt;"), "{said}");
    assert!(!said.contains("<img src=x"));
    assert!(said.contains("href=\"https://example.com/?a=1&amp;b=2\" target=\"_blank\" rel=\"noopener"));
    assert!(said.contains("かしこまりました") && said.contains("data-status=\"sent\""));
    assert!(said.contains("Unassigned") && said.contains("Take it"));
    let news = answer(
        &test,
        &format!("/console/conversations/{id}/news?channel={}", TestInbox::channel_id(ChannelKind::Line)),
    )
    .await;
    assert!(news.status().is_success());
    let missing = answer(&test, "/console/conversations/00000000-0000-4000-8000-000000000000").await;
    assert_eq!(missing.status(), 404);
}

#[tokio::test]
async fn msg_6_a_file_is_led_to_by_a_fresh_link_each_time() {
    let test = TestInbox::start().await;
    test.files.line("1001", [File::Bytes(PNG.to_vec())]);
    let (id, _) = line_sends(&test, "1001", json!({ "type": "image" })).await;
    test.settle().await;
    test.fetch_media().await;
    let said = shown(&test, &format!("/console/conversations/{id}")).await;
    let start = said.find("/console/files/").unwrap_or_else(|| panic!("{said}"));
    let link = &said[start..start + said[start..].find('"').unwrap()];
    let led = answer(&test, link).await;
    assert_eq!(led.status(), 302);
    assert!(led.headers()["location"].to_str().unwrap().starts_with(test.s3.url()), "{led:?}");
    assert!(led.headers()["cache-control"].to_str().unwrap().contains("private"));
    assert!(
        !said.contains("X-Amz-Signature=") || !said.contains(&format!("src=\"{}", test.s3.url())),
        "no link that runs out"
    );
    let none = answer(&test, &format!("/console/files/{id}/{}/7", link.split('/').nth(4).unwrap())).await;
    assert_eq!(none.status(), 404);
}

#[tokio::test]
async fn con_1_what_was_taken_back_and_what_happened_has_its_line() {
    let test = TestInbox::start().await;
    // Messenger tells of none that was taken back.
    let id = customer_says(&test, ChannelKind::Line, "はじめまして").await;
    let sent = acts(&test, json!({ "provider": "line", "kind": "text", "text": "ひみつの言葉" })).await;
    acts(&test, json!({ "provider": "line", "kind": "unsend", "message_id": sent[0] })).await;
    test.call("PUT", "/api/me/availability", None, &json!({ "available": true })).await;
    let assigned = test
        .call("PUT", &format!("/api/conversations/{id}/assignee"), None, &json!({ "operator_id": "me" }))
        .await;
    assert_eq!(assigned.0, 200, "{assigned:?}");
    test.call("POST", &format!("/api/conversations/{id}/close"), None, &Value::Null).await;
    let said = shown(&test, &format!("/console/conversations/{id}")).await;
    assert!(said.contains("The customer took this message back") && !said.contains("ひみつの言葉"), "{said}");
    for words in ["took it", "Closed", "Reopen and answer"] {
        assert!(said.contains(words), "{words}");
    }
}

#[tokio::test]
async fn con_1_earlier_and_later_messages_are_loaded_by_stretches() {
    let test = TestInbox::start().await;
    let id = customer_says(&test, ChannelKind::Line, "1番目").await;
    for number in 2..=7 {
        test.pass(Span::from_minutes(10));
        customer_says(&test, ChannelKind::Line, &format!("{number}番目")).await;
    }
    let path = format!("/console/conversations/{id}/messages");
    let newest = shown(&test, &format!("{path}?limit=3")).await;
    assert!(
        newest.contains("data-older")
            && newest.contains("7番目")
            && newest.contains("5番目")
            && !newest.contains("4番目")
    );
    let oldest = newest.split("data-oldest=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let before = shown(&test, &format!("{path}?limit=2&before={oldest}")).await;
    assert!(before.contains("4番目") && before.contains("3番目") && !before.contains("5番目"));
    let after = shown(&test, &format!("{path}?limit=1&after={oldest}")).await;
    assert!(after.contains("6番目") && after.contains("data-newer") && !after.contains("5番目"));
    let around = shown(&test, &format!("/console/conversations/{id}?message={oldest}")).await;
    assert!(around.contains(&format!("data-jumped=\"{oldest}\"")) && around.contains("5番目"));
    let gone = shown(
        &test,
        &format!("/console/conversations/{id}?message=0000000000000-00000000-0000-4000-8000-000000000000"),
    )
    .await;
    assert!(gone.contains("7番目"), "the newest are shown instead");
}

#[tokio::test]
async fn con_6_what_was_begun_stands_in_the_composer_again() {
    let test = TestInbox::start().await;
    let id = customer_says(&test, ChannelKind::Line, "こんにちは").await;
    let saved = test
        .call("PUT", &format!("/api/conversations/{id}/draft"), None, &json!({ "text": "書きかけの<返事>" }))
        .await;
    assert_eq!(saved.0, 200, "{saved:?}");
    let said = shown(&test, &format!("/console/conversations/{id}")).await;
    assert!(said.contains("書きかけの&lt;返事&gt;") && said.contains("data-revision=\"1\""), "{said}");
    let others = page(&test, Role::Administrator, &format!("/console/conversations/{id}")).await;
    assert!(!others.contains("書きかけ"), "it is for nobody else");
}

#[tokio::test]
async fn src_3_what_a_search_finds_leads_to_its_message() {
    let test = TestInbox::start().await;
    let id = customer_says(&test, ChannelKind::Line, "返金証明書が必要です").await;
    test.index().await;
    let query = "%E8%BF%94%E9%87%91";
    let found = shown(&test, &format!("/console/conversations/{id}/search?q={query}")).await;
    assert!(found.contains("<mark>返金</mark>") && found.contains("data-jump="), "{found}");
    let nothing = shown(&test, &format!("/console/conversations/{id}/search?q=zzz")).await;
    assert!(nothing.contains("Nothing was found"));
}

#[tokio::test]
async fn con_1_only_who_may_delete_for_ever_is_offered_it() {
    let test = TestInbox::start().await;
    let id = customer_says(&test, ChannelKind::Line, "こんにちは").await;
    let path = format!("/console/conversations/{id}");
    assert!(!shown(&test, &path).await.contains("Delete for ever"));
    assert!(page(&test, Role::Owner, &path).await.contains("Delete for ever"));
}

#[tokio::test]
async fn con_1_the_panel_tells_who_the_customer_is() {
    let test = TestInbox::start().await;
    let id = customer_says(&test, ChannelKind::Line, "こんにちは").await;
    let label = test.administered("POST", "/api/labels", &json!({ "name": "VIP", "color": "#b3261e" })).await;
    let label = label["id"].as_str().unwrap();
    test.call("PUT", &format!("/api/conversations/{id}/labels/{label}"), None, &Value::Null).await;
    let channel = TestInbox::channel_id(ChannelKind::Line);
    let panel = shown(&test, &format!("/console/conversations/{id}/panel?channel={channel}")).await;
    for words in ["VIP", "Provisional", &id.to_string()] {
        assert!(panel.contains(words), "{words}: {panel}");
    }
}
