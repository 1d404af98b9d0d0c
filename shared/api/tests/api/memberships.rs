//! The operators of a channel: who sees and answers it, and how their association stands.

use axum::http::StatusCode;
use madoguchi_api::access::ROUTES;
use madoguchi_domain::membership::{Outcome, Verdict};
use madoguchi_domain::sender::{Profile, SenderMode};
use madoguchi_domain::{
    Channel, ChannelId, ChannelKind, ChannelSettings, ConversationId, MessageKey, OperatorAccess, OperatorId,
    Span,
};
use madoguchi_store::Saved;
use serde_json::{Value, json};

use crate::support::{Answer, Caller, NOW, TestApi};

const SATO: Caller = Caller::Person("sato");
const SUZUKI: Caller = Caller::Person("suzuki");

fn closed_circle() -> ChannelSettings {
    ChannelSettings { operators: OperatorAccess::Associated, ..ChannelSettings::default() }
}

/// Sato and Suzuki have been here.
async fn start() -> TestApi {
    let api = TestApi::start().await;
    for caller in [SATO, SUZUKI] {
        assert_eq!(api.call(caller, "GET", "/api/conversations", None).await.status, StatusCode::OK);
    }
    api
}

fn path(channel: &Channel) -> String {
    format!("/api/channels/{}/operators", channel.id)
}

async fn add(api: &TestApi, channel: &Channel, operators: &[&str]) -> Answer {
    api.administer("POST", &path(channel), json!({ "operators": operators })).await
}

async fn members(api: &TestApi, channel: &Channel, query: &str) -> Vec<String> {
    let answer = api.call(Caller::Administrator, "GET", &format!("{}{query}", path(channel)), None).await;
    let items = answer.body["items"].as_array().unwrap().clone();
    items.iter().map(|item| format!("{} {}", item["id"], item["state"]).replace('"', "")).collect()
}

fn ids(list: &Answer) -> Vec<String> {
    let items = list.body["items"].as_array().unwrap();
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// A body with which a route would do its work.
fn body(template: &str, message: MessageKey) -> Value {
    match template.rsplit('/').next().unwrap() {
        "read" => json!({ "message": message }),
        "contact" => json!({ "registered": true }),
        "assignee" => json!({"operator_id": "me"}),
        "transfer" => json!({"department_id": message.id}),
        "mode" => json!({ "mode": "operator" }),
        "block" => json!({ "reason": "spam" }),
        "uploads" => json!({"name": "a.png", "type": "image/png", "size_bytes": 1}),
        "messages" | "notes" | "draft" => json!({"text": "hi"}),
        "{message}" if template.contains("/notes/") => json!({"text": "hi"}),
        _ => json!({}),
    }
}

#[tokio::test]
async fn asg_8_who_is_not_associated_does_not_see_how_a_channel_is() {
    let api = start().await;
    let channel = api.add_channel(ChannelKind::Line, "165", closed_circle()).await;
    add(&api, &channel, &["suzuki"]).await;
    let path = format!("/api/channels/{}/health", channel.id);
    let refused = api.call(SATO, "GET", &path, None).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::NOT_FOUND, "channel_not_found"));
    for caller in [SUZUKI, Caller::Administrator] {
        assert_eq!(api.call(caller, "GET", &path, None).await.status, StatusCode::OK, "{caller:?}");
    }
}

/// The request that removed somebody may have ended before it let go of what they held.
#[tokio::test]
async fn mem_9_a_removal_that_is_repeated_lets_go_all_the_same() {
    let api = start().await;
    let channel = api.add_channel(ChannelKind::Line, "165", closed_circle()).await;
    add(&api, &channel, &["suzuki"]).await;
    for (caller, save, route, error) in [
        ("suzuki", true, format!("{}/suzuki", path(&channel)), "operator_not_associated"),
        ("sato", false, "/api/people/sato".to_owned(), "person_not_found"),
    ] {
        let mut person = api.directory.person(&OperatorId(caller.into())).await.unwrap().unwrap();
        if save {
            person.channels.clear();
        } else {
            person.remove(NOW);
        }
        assert_eq!(api.directory.save_person(&person).await.unwrap(), Saved::Done);
        api.hand.advance(Span::from_hours(1));
        let now = NOW + Span::from_hours(if save { 1 } else { 2 });
        assert_ne!(api.directory.sender_sync().await.unwrap().map(|sync| sync.due_at), Some(now));
        assert_eq!(api.administer("DELETE", &route, Value::Null).await.error(), error);
        assert_eq!(api.directory.sender_sync().await.unwrap().map(|sync| sync.due_at), Some(now));
    }
}

/// Row by row: every route of a conversation.
#[tokio::test]
async fn asg_7_and_asg_8_who_is_not_associated_cannot_tell_a_conversation_from_none() {
    let api = start().await;
    let channel = api.add_channel(ChannelKind::Line, "165", closed_circle()).await;
    let id = api.customer_writes(&channel, "u", "hello", NOW).await;
    add(&api, &channel, &["suzuki"]).await;
    let listed = api.call(SUZUKI, "GET", &format!("/api/conversations/{id}/messages"), None).await;
    let message: MessageKey = listed.body["items"][0]["id"].as_str().unwrap().parse().unwrap();
    let rows: Vec<_> = ROUTES.iter().filter(|route| route.1.contains("{conversation}")).collect();
    assert!(rows.len() >= 11, "{rows:?}");
    for (method, template, _) in rows {
        let path = template.replace("{conversation}", &id.to_string());
        let path = path.replace("{message}", &message.to_string()).replace("{attachment}", "0");
        let path = if template.ends_with("/search") { format!("{path}?q=hello") } else { path };
        let path = path.replace("{label}", &id.to_string());
        let body = body(template, message);
        let as_caller = async |caller| api.call_with_key(caller, method, &path, "key", body.clone()).await;
        let answer = as_caller(SATO).await;
        let told = (answer.status, answer.error());
        assert_eq!(told, (StatusCode::NOT_FOUND, "conversation_not_found"), "{method} {path}");
        for caller in [SUZUKI, Caller::Administrator, Caller::Owner] {
            let answer = as_caller(caller).await;
            assert_ne!(answer.error(), "conversation_not_found", "{method} {path} {caller:?}");
            assert!(!answer.status.is_server_error(), "{method} {path} {caller:?}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn asg_8_the_list_leaves_out_what_is_not_theirs_and_pages_on() {
    let api = start().await;
    let open = api.add_channel(ChannelKind::Line, "165", ChannelSettings::default()).await;
    let closed = api.add_channel(ChannelKind::Line, "166", closed_circle()).await;
    let (mut all, mut of_open) = (Vec::new(), Vec::new());
    for number in 0..9 {
        let channel = if number % 3 == 0 { &open } else { &closed };
        let at = NOW + Span::from_secs(number);
        let id = api.customer_writes(channel, &format!("u{number}"), &format!("text {number}"), at).await;
        all.insert(0, id.to_string());
        if number % 3 == 0 {
            of_open.insert(0, id.to_string());
        }
    }
    let paged = async |caller| {
        let mut path = "/api/conversations?limit=2".to_owned();
        let mut found = Vec::new();
        loop {
            let page = api.call(caller, "GET", &path, None).await;
            let ids = ids(&page);
            found.extend(ids.clone());
            let Some(cursor) = page.body["next_cursor"].as_str() else { break };
            assert_eq!(ids.len(), 2, "only the last page is short");
            path = format!("/api/conversations?limit=2&cursor={cursor}");
        }
        found
    };
    assert_eq!(paged(SATO).await, of_open);
    assert_eq!(paged(Caller::Administrator).await, all);
    let of = format!("/api/conversations?channel={}", closed.id);
    let asked = api.call(SATO, "GET", &of, None).await;
    assert_eq!((asked.status, ids(&asked).len()), (StatusCode::OK, 0));
    assert_eq!(ids(&api.call(SATO, "GET", "/api/channels", None).await), [open.id.to_string()]);
    let hidden = api.call(SATO, "GET", &format!("/api/channels/{}", closed.id), None).await;
    assert_eq!((hidden.status, hidden.error()), (StatusCode::NOT_FOUND, "channel_not_found"));
    assert_eq!(ids(&api.call(Caller::Owner, "GET", "/api/channels", None).await).len(), 2);

    // What is remembered of somebody is over after half a minute.
    assert_eq!(add(&api, &closed, &["sato"]).await.status, StatusCode::OK);
    api.hand.advance(Span::from_secs(31));
    assert_eq!(paged(SATO).await, all);
    assert_eq!(ids(&api.call(SATO, "GET", &of, None).await).len(), 6);
    assert_eq!(ids(&api.call(SATO, "GET", "/api/channels", None).await).len(), 2);
    let gone = api.administer("DELETE", &format!("{}/sato", path(&closed)), Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    api.hand.advance(Span::from_secs(31));
    assert_eq!(paged(SATO).await, of_open);
}

#[tokio::test]
async fn asg_8_a_channel_is_open_to_everybody_until_an_administrator_says_otherwise() {
    let api = start().await;
    let channel = api.add_channel(ChannelKind::Line, "165", ChannelSettings::default()).await;
    let id = api.customer_writes(&channel, "u", "hello", NOW).await;
    let read = async |id: ConversationId| {
        api.call(SATO, "GET", &format!("/api/conversations/{id}"), None).await.status
    };
    assert_eq!(read(id).await, StatusCode::OK);
    let settings = format!("/api/channels/{}", channel.id);
    let changed = api.administer("PATCH", &settings, json!({"operators": "associated"})).await;
    assert_eq!(changed.body["settings"]["operators"], "associated");
    api.hand.advance(Span::from_secs(31));
    assert_eq!(read(id).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn mem_7_one_or_many_are_added_once_and_found() {
    let api = start().await;
    let channel = api.add_channel(ChannelKind::Sms, "+8190", closed_circle()).await;
    let nobody = add(&api, &channel, &["sato", "tanaka"]).await;
    assert_eq!((nobody.status, nobody.error()), (StatusCode::NOT_FOUND, "person_not_found"));
    assert!(members(&api, &channel, "").await.is_empty(), "all or nobody");
    for id in [String::new(), "x".repeat(1_025)] {
        assert_eq!(add(&api, &channel, &[&id]).await.error(), "person_not_found", "no id that can be");
    }
    assert_eq!(add(&api, &channel, &[]).await.error(), "invalid_body");
    let added = add(&api, &channel, &["suzuki", "sato", "sato"]).await;
    assert_eq!(added.status, StatusCode::OK);
    let sato = json!({
        "id": "sato", "name": "sato", "account": "sato", "role": "operator", "state": "available",
        "since": NOW.to_string(), "added_at": NOW.to_string(), "reason": null,
    });
    assert_eq!(added.body["items"][1], sato);
    api.hand.advance(Span::from_secs(1));
    assert_eq!(add(&api, &channel, &["sato"]).await.body["items"], json!([sato]), "as they were");
    assert_eq!(members(&api, &channel, "").await, ["sato available", "suzuki available"]);
    assert_eq!(members(&api, &channel, "?query=suz").await, ["suzuki available"]);
    assert_eq!(members(&api, &channel, &format!("?query={}", channel.id)).await.len(), 2);
    assert!(members(&api, &channel, "?state=failed").await.is_empty());
    let unknown =
        api.call(Caller::Administrator, "GET", &format!("{}?state=lost", path(&channel)), None).await;
    assert_eq!(unknown.error(), "invalid_query");
    let stranger = format!("{}/person-1", path(&channel));
    for (method, path) in [("DELETE", stranger.clone()), ("POST", format!("{stranger}/retry"))] {
        let answer = api.administer(method, &path, Value::Null).await;
        assert_eq!((answer.status, answer.error()), (StatusCode::NOT_FOUND, "operator_not_associated"));
    }
    let nowhere = Channel { id: ChannelId::derive(ChannelKind::Sms, "nowhere"), ..channel };
    let nowhere = add(&api, &nowhere, &["sato"]).await;
    assert_eq!(nowhere.error(), "channel_not_found");
}

#[tokio::test]
async fn mem_3_to_mem_6_whom_messenger_must_accept_waits_and_a_failure_can_be_retried() {
    let api = start().await;
    let page = api.add_channel(ChannelKind::Messenger, "104", closed_circle()).await;
    let sato = OperatorId("sato".into());
    let profile = Profile { mode: SenderMode::Operator, ..Profile::new(sato.clone(), "佐藤".to_owned()) };
    assert_eq!(api.directory.save_operator(&profile).await.unwrap(), Saved::Done);
    add(&api, &page, &["sato", "suzuki"]).await;
    assert_eq!(members(&api, &page, "").await, ["sato waiting", "suzuki available"]);
    let due = api.directory.sender_sync().await.unwrap().unwrap().due_at;
    assert_eq!(due, NOW, "Messenger is asked within a minute");

    let at = NOW + Span::from_secs(10);
    let tell = async |at, outcome| {
        api.directory.tell_membership(page.id, &sato, Verdict { at, outcome }).await.unwrap()
    };
    assert_eq!(tell(at, Outcome::PersonaRefused).await, Saved::Done);
    assert_eq!(tell(at, Outcome::PersonaRefused).await, Saved::Conflict, "told twice");
    assert_eq!(tell(at, Outcome::Accepted).await, Saved::Conflict, "the worse one of a moment counts");
    assert_eq!(tell(NOW, Outcome::ProviderUnavailable).await, Saved::Conflict, "older");
    assert_eq!(members(&api, &page, "?state=failed").await, ["sato failed"]);
    let shown = api.read(Caller::Administrator, &format!("{}?query=sato", path(&page)), "ja").await;
    let reason = &shown.body["items"][0]["reason"];
    assert_eq!(reason["id"], "persona_refused");
    assert!(reason["remedy"].as_str().unwrap().contains("再試行"), "{reason}");
    // The operator answers as the Page meanwhile.
    let id = api.customer_writes(&page, "u", "hello", NOW).await;
    let read = api.call(SATO, "GET", &format!("/api/conversations/{id}"), None).await;
    assert_eq!(read.status, StatusCode::OK);

    api.hand.set(at + Span::from_secs(60));
    let retry = format!("{}/sato/retry", path(&page));
    let again = api.administer("POST", &retry, Value::Null).await;
    assert_eq!((&again.body["state"], &again.body["reason"]), (&json!("waiting"), &json!(null)));
    let due = api.directory.sender_sync().await.unwrap().unwrap().due_at;
    assert_eq!(due, at + Span::from_secs(60));
    assert_eq!(tell(at + Span::from_secs(61), Outcome::ProviderUnavailable).await, Saved::Done);
    assert_eq!(members(&api, &page, "").await[0], "sato retry");
    assert_eq!(tell(at + Span::from_secs(62), Outcome::Accepted).await, Saved::Done);
    assert_eq!(members(&api, &page, "").await[0], "sato available");
    let nothing = api.administer("POST", &retry, Value::Null).await;
    assert_eq!((nothing.status, &nothing.body["state"]), (StatusCode::OK, &json!("available")));
    let log = format!("/api/audit?act=person.retried&channel={}", page.id);
    let log = api.call(Caller::Administrator, "GET", &log, None).await.body;
    assert_eq!(log["items"][0]["subject"], "person/sato", "AUD-2");
    assert_eq!(log["items"].as_array().unwrap().len(), 1, "where nothing failed nothing was tried");

    // What is told of somebody who was removed is of no account.
    api.administer("DELETE", &format!("{}/sato", path(&page)), Value::Null).await;
    assert_eq!(tell(at + Span::from_secs(99), Outcome::PersonaRefused).await, Saved::Conflict);
    assert_eq!(members(&api, &page, "").await, ["suzuki available"]);
}
