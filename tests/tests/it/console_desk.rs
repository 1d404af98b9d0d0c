//! The console's own settings, tickets, system settings (CON-1).

use axum::http::Method;
use madoguchi_domain::{ChannelKind, Role, Span};
use madoguchi_tests::TestInbox;
use serde_json::{Value, json};

use crate::console::{asked, page};

#[tokio::test]
async fn con_1_asg_2_the_menu_tells_whether_conversations_are_given_to_me() {
    let test = TestInbox::start().await;
    let away = page(&test, Role::Operator, "/console/availability").await;
    assert!(away.contains("data-available=\"false\"") && away.contains("Become available"), "{away}");
    let body = json!({ "available": true });
    let (status, _) =
        asked(&test, Role::Operator, Method::PUT, "/console/api/me/availability", &body, &[]).await;
    assert_eq!(status, 200);
    let here = page(&test, Role::Operator, "/console/availability").await;
    assert!(here.contains("data-available=\"true\"") && here.contains("Go away"), "{here}");
    assert!(here.contains("Those that are yours stay yours"), "it says what happens when one goes away");
}

#[tokio::test]
async fn con_1_asg_4_the_bell_counts_mentions_until_they_are_read() {
    let test = TestInbox::start().await;
    test.get("/api/me").await;
    let quiet = page(&test, Role::Operator, "/console/bell").await;
    assert!(quiet.contains("data-count=\"0\"") && quiet.contains("Nothing needs you right now"), "{quiet}");
    let id = test.customer_writes(ChannelKind::Line, "customer-1", "こんにちは").await;
    test.write().await;
    let note = json!({ "text": "<b>見てください</b>", "mentions": ["operator-1"] });
    let path = format!("/api/conversations/{id}/notes");
    let who = ("administrator-1", "administrators");
    let (status, answer) = test.call_as(who, "POST", &path, Some("note-1"), &note).await;
    assert!(status < 300, "{answer}");
    test.settle().await;
    let bell = page(&test, Role::Operator, "/console/bell").await;
    assert!(bell.contains("data-count=\"1\""), "{bell}");
    assert!(bell.contains(&format!("/console/inbox/{id}")), "it leads to the conversation");
    assert!(bell.contains("&lt;b&gt;") && !bell.contains("<b>"), "what people write is no HTML");
    let mentions = test.get("/api/me/mentions").await;
    let read = json!({ "through": mentions["items"][0]["id"] });
    let (status, _) =
        asked(&test, Role::Operator, Method::POST, "/console/api/me/mentions/read", &read, &[]).await;
    assert_eq!(status, 204);
    assert!(page(&test, Role::Operator, "/console/bell").await.contains("data-count=\"0\""));
}

#[tokio::test]
async fn con_1_snd_1_the_profile_shows_the_name_that_customers_see() {
    let test = TestInbox::start().await;
    let own = page(&test, Role::Operator, "/console/settings/me").await;
    assert!(own.contains("data-by-name=\"false\""), "{own}");
    let body = json!({ "display_name": "窓口 さとう", "sender": "operator" });
    let (status, _) = asked(&test, Role::Operator, Method::PATCH, "/console/api/me", &body, &[]).await;
    assert_eq!(status, 200);
    let own = page(&test, Role::Operator, "/console/settings/me").await;
    assert!(own.contains("data-by-name=\"true\"") && own.contains("窓口 さとう"), "{own}");
    assert!(!own.contains("Names shown by Messenger"), "that is for administrators");
    assert!(
        page(&test, Role::Administrator, "/console/settings/me").await.contains("Names shown by Messenger")
    );
}

#[tokio::test]
async fn con_1_ntf_1_the_matrix_shows_what_was_chosen() {
    let test = TestInbox::start().await;
    let off = json!({ "desktop": false, "email": false });
    let kinds = json!({ "mine": off, "others": off, "unassigned": off, "assigned": { "desktop": false, "email": true } });
    let body = json!({ "kinds": kinds });
    let path = "/console/api/me/notifications";
    let (status, answer) = asked(&test, Role::Operator, Method::PUT, path, &body, &[]).await;
    assert_eq!(status, 200, "{answer}");
    let own = page(&test, Role::Operator, "/console/settings/me").await;
    assert!(own.contains("name=\"kinds.assigned.email\" checked"), "{own}");
    assert!(!own.contains("name=\"kinds.mine.email\" checked") && own.contains("name=\"kinds.mine.email\""));
    let troubles = page(&test, Role::Operator, "/console/settings/me/troubles").await;
    assert!(troubles.contains("class=\"troubles\""), "an operator with no browser is told so: {troubles}");
}

#[tokio::test]
async fn con_1_ntf_5_the_service_worker_is_served_for_the_whole_console() {
    let test = TestInbox::start().await;
    let worker = page(&test, Role::Operator, "/console/sw.js?language=ja").await;
    assert!(worker.contains("notificationclick"));
}

#[tokio::test]
async fn con_1_tkt_1_tickets_are_listed_filtered_and_opened() {
    let test = TestInbox::start().await;
    assert!(page(&test, Role::Operator, "/console/tickets").await.contains("There is no ticket yet"));
    let id = test.customer_writes(ChannelKind::Line, "customer-1", "荷物が届きません").await;
    test.write().await;
    let messages = test.get(&format!("/api/conversations/{id}/messages")).await;
    let items = messages["items"].as_array().unwrap();
    let first = items.iter().find(|message| message["direction"] == "in").unwrap();
    let body = json!({ "conversation_id": id, "message_id": first["id"] });
    let (status, ticket) = test.call("POST", "/api/tickets", None, &body).await;
    assert_eq!(status, 201, "{ticket}");
    let number = &ticket["number"];
    let list = page(&test, Role::Operator, "/console/tickets?status=open").await;
    assert!(
        list.contains("荷物が届きません") && list.contains(&format!("/console/tickets/{number}")),
        "{list}"
    );
    let none = page(&test, Role::Operator, "/console/tickets?status=closed").await;
    assert!(none.contains("There is no such ticket"), "{none}");
    let found = page(&test, Role::Operator, &format!("/console/tickets?number=%23{number}")).await;
    assert!(found.contains("荷物が届きません"), "a number is found as it is shown");
    let one = page(&test, Role::Operator, &format!("/console/tickets/{number}")).await;
    assert!(
        one.contains(&format!("/console/inbox/{id}")) && one.contains("data-call=\"PATCH /tickets/"),
        "{one}"
    );
    let said = page(&test, Role::Operator, &format!("/console/tickets/{number}/messages")).await;
    assert!(said.contains("荷物が届きません"), "{said}");
    let (status, _) =
        asked(&test, Role::Operator, Method::GET, "/console/tickets/99", &Value::Null, &[]).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn con_1_ops_1_webhooks_are_listed_and_their_secret_is_never_on_a_page() {
    let test = TestInbox::start().await;
    assert!(
        page(&test, Role::Administrator, "/console/settings/webhooks")
            .await
            .contains("There is no webhook yet")
    );
    let body = json!({ "url": "https://crm.example.com/hook", "events": ["ticket.created"] });
    let made = test.administered("POST", "/api/webhooks", &body).await;
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    let list = page(&test, Role::Administrator, "/console/settings/webhooks").await;
    let one = page(&test, Role::Administrator, &format!("/console/settings/webhooks/{id}")).await;
    for shown in [&list, &one] {
        assert!(shown.contains("crm.example.com") && !shown.contains(secret), "{shown}");
    }
    assert!(one.contains("value=\"ticket.created\" data-type=\"list\" checked"), "{one}");
    let log = format!("/console/settings/webhooks/{id}/deliveries");
    assert!(page(&test, Role::Administrator, &log).await.contains("Nothing was sent yet"));
    test.administered("POST", &format!("/api/webhooks/{id}/test"), &json!({})).await;
    assert!(page(&test, Role::Administrator, &log).await.contains("Being sent"));
}

#[tokio::test]
async fn con_1_abu_1_offensive_words_are_each_brands_own() {
    let test = TestInbox::start().await;
    assert!(
        page(&test, Role::Administrator, "/console/settings/profanity")
            .await
            .contains("There is no brand yet")
    );
    let brand = test.administered("POST", "/api/brands", &json!({ "name": "Aozora" })).await;
    let path = format!("/api/brands/{}/profanity", brand["id"].as_str().unwrap());
    test.administered("PUT", &path, &json!({ "on": true, "words": ["</textarea>x"], "limit": 5 })).await;
    let shown = page(&test, Role::Administrator, "/console/settings/profanity").await;
    assert!(shown.contains("&lt;/textarea&gt;x") && shown.contains("value=\"5\""), "{shown}");
}

#[tokio::test]
async fn con_1_abu_3_blocked_contacts_can_be_let_in_again() {
    let test = TestInbox::start().await;
    assert!(page(&test, Role::Operator, "/console/settings/blocked").await.contains("Nobody is blocked"));
    let id = test.customer_writes(ChannelKind::Line, "customer-1", "…").await;
    test.write().await;
    let reason = json!({ "reason": "goes on & on" });
    let (status, _) = test.call("POST", &format!("/api/conversations/{id}/block"), None, &reason).await;
    assert!(status < 300);
    let shown = page(&test, Role::Operator, "/console/settings/blocked").await;
    assert!(shown.contains("goes on &amp; on"), "{shown}");
    assert!(shown.contains(&format!("DELETE /conversations/{id}/block")), "{shown}");
}

#[tokio::test]
async fn con_1_ing_11_an_empty_quarantine_says_so() {
    let test = TestInbox::start().await;
    assert!(
        page(&test, Role::Administrator, "/console/settings/quarantine")
            .await
            .contains("Nothing is in quarantine")
    );
}

#[tokio::test]
async fn con_1_aud_3_the_audit_log_shows_who_changed_what() {
    let test = TestInbox::start().await;
    let brand = test.administered("POST", "/api/brands", &json!({ "name": "Before" })).await;
    let path = format!("/api/brands/{}", brand["id"].as_str().unwrap());
    test.administered("PATCH", &path, &json!({ "name": "After <i>" })).await;
    test.write_audit().await;
    let all = page(&test, Role::Administrator, "/console/settings/audit").await;
    assert!(all.contains("Brand: added") && all.contains("Brand: changed"), "{all}");
    assert!(all.contains("After &lt;i&gt;"), "{all}");
    let none = page(&test, Role::Administrator, "/console/settings/audit?act=webhook").await;
    assert!(none.contains("There is no such entry"), "{none}");
    let past = page(&test, Role::Administrator, "/console/settings/audit?to=2020-01-01").await;
    assert!(past.contains("There is no such entry"), "{past}");
}

#[tokio::test]
async fn con_1_mem_12_what_is_for_administrators_is_refused_to_operators() {
    let test = TestInbox::start().await;
    for path in ["webhooks", "quarantine", "audit", "profanity"] {
        let path = format!("/console/settings/{path}");
        let body = Value::Null;
        let (status, page) = asked(&test, Role::Operator, Method::GET, &path, &body, &[]).await;
        // Brands are nobody's secret: there is none here to look at.
        let expected = if path.ends_with("profanity") { 200 } else { 403 };
        assert_eq!(status, expected, "{path}: {page}");
    }
}

/// A customer writes and is answered five minutes later; then the conversation is closed.
async fn answered(test: &TestInbox) {
    let id = test.customer_writes(ChannelKind::Line, "customer-1", "こんにちは").await;
    test.settle().await;
    test.pass(Span::from_minutes(5));
    test.answer(id, "k1", "はい").await;
    test.settle().await;
    test.call("POST", &format!("/api/conversations/{id}/close"), None, &json!({})).await;
    test.settle().await;
    test.count().await;
    test.watch().await;
}

#[tokio::test]
async fn con_1_ops_3_reports_are_charts_with_their_figures_behind_them() {
    let test = TestInbox::start().await;
    let nothing = page(&test, Role::Administrator, "/console/reports").await;
    assert!(nothing.contains("Nothing was counted in this period"), "{nothing}");
    answered(&test).await;
    for period in ["1", "7", "28"] {
        let shown = page(&test, Role::Administrator, &format!("/console/reports?period={period}")).await;
        assert!(shown.contains("1 received, 1 answered"), "{period}: {shown}");
        assert!(shown.contains("1 closed, 0 of them without an answer"), "{period}: {shown}");
        // Five minutes, to a tenth.
        assert!(shown.contains("<strong>4.8 min</strong>"), "how long the first answer took: {shown}");
        let charts = shown.matches("role=\"img\" aria-labelledby=").count();
        assert!(
            charts >= 3 && shown.matches("<details class=\"figures\"").count() >= charts,
            "each has a table"
        );
        assert!(!shown.contains("style="), "the page's policy forbids it");
    }
    let past = page(&test, Role::Administrator, "/console/reports?from=2026-10-01&to=2026-10-03").await;
    assert!(past.contains("Nothing was counted in this period"), "{past}");
}

#[tokio::test]
async fn con_1_ops_3_an_operator_sees_themselves_and_not_their_colleagues() {
    let test = TestInbox::start().await;
    answered(&test).await;
    let own = page(&test, Role::Operator, "/console/reports?operator=me").await;
    assert!(own.contains("By operator") && !own.contains("By channel"), "{own}");
    let body = Value::Null;
    let path = "/console/reports?operator=administrator-1";
    let (status, _) = asked(&test, Role::Operator, Method::GET, path, &body, &[]).await;
    assert_eq!(status, 403);
}
