//! Whose a conversation is, by hand: taken, given, taken from, handed to departments, answered by its assignee only.

use axum::http::StatusCode;
use madoguchi_domain::message::Body;
use madoguchi_domain::{ChannelKind, ChannelSettings, ConversationId, OperatorAccess, OperatorId, Span};
use serde_json::{Value, json};

use crate::support::{Answer, Caller, NOW, TestApi};

const SATO: Caller = Caller::Person("sato");
const SUZUKI: Caller = Caller::Person("suzuki");

/// Sato and Suzuki are available, and a customer has written.
async fn start(settings: ChannelSettings) -> (TestApi, ConversationId) {
    let api = TestApi::start().await;
    for caller in [SATO, SUZUKI] {
        assert_eq!(switch(&api, caller, true).await.status, StatusCode::OK);
    }
    let channel = api.add_channel(ChannelKind::Line, "1", settings).await;
    let id = api.customer_writes(&channel, "U1", "hello", NOW).await;
    (api, id)
}

async fn switch(api: &TestApi, caller: Caller, available: bool) -> Answer {
    api.call(caller, "PUT", "/api/me/availability", Some(json!({ "available": available }))).await
}

async fn assign(api: &TestApi, caller: Caller, id: ConversationId, body: Value) -> Answer {
    api.call(caller, "PUT", &format!("/api/conversations/{id}/assignee"), Some(body)).await
}

async fn unassign(api: &TestApi, caller: Caller, id: ConversationId, query: &str) -> Answer {
    api.call(caller, "DELETE", &format!("/api/conversations/{id}/assignee{query}"), None).await
}

async fn held(api: &TestApi, operator: &str) -> usize {
    api.inbox.duty(&OperatorId(operator.into())).await.unwrap().held.len()
}

/// The moves that the timeline tells, oldest first.
async fn moves(api: &TestApi, id: ConversationId) -> Vec<String> {
    let messages = api.inbox.messages(id, None, 100).await.unwrap().messages;
    let told = messages.iter().rev().filter_map(|message| match &message.body {
        Body::Timeline { event, detail, facts } if event != "reopened" && event != "closed" => {
            let fact = |name: &str| facts.get(name).map_or("-", String::as_str).to_owned();
            let detail = detail.as_deref().unwrap_or_default();
            let names = [fact("by_name"), fact("from_name"), fact("to_name"), fact("department_name")];
            Some(format!("{event} {detail} {}", names.join(" ")))
        }
        _ => None,
    });
    told.collect()
}

#[tokio::test]
async fn asg_2_and_4_whoever_sees_the_channel_gives_takes_and_gives_away() {
    let (api, id) = start(ChannelSettings::default()).await;
    let answer = assign(&api, SATO, id, json!({"operator_id": "me"})).await;
    assert_eq!((answer.status, &answer.body["assignee_id"]), (StatusCode::OK, &json!("sato")));
    assert_eq!(answer.body["section"], "assigned");
    let again = assign(&api, SATO, id, json!({"operator_id": "sato"})).await;
    assert_eq!((again.status, &again.body["version"]), (StatusCode::OK, &answer.body["version"]));

    api.hand.advance(Span::from_secs(1));
    let answer = assign(&api, SUZUKI, id, json!({"operator_id": "suzuki", "expect": "sato"})).await;
    assert_eq!((answer.status, &answer.body["assignee_id"]), (StatusCode::OK, &json!("suzuki")));
    assert_eq!((held(&api, "sato").await, held(&api, "suzuki").await), (0, 1));

    api.hand.advance(Span::from_secs(1));
    let refused = unassign(&api, SATO, id, "?expect=sato").await;
    assert_eq!(refused.error(), "assignee_changed");
    let answer = unassign(&api, SATO, id, "").await;
    assert_eq!((answer.status, &answer.body["assignee_id"]), (StatusCode::OK, &Value::Null));
    assert_eq!(answer.body["section"], "unassigned");
    assert_eq!(unassign(&api, SATO, id, "").await.body["version"], answer.body["version"], "it is nobody's");
    assert_eq!((held(&api, "sato").await, held(&api, "suzuki").await), (0, 0));
    assert_eq!(
        moves(&api, id).await,
        [
            "assigned operator sato - sato -",
            "assigned operator suzuki sato suzuki -",
            "unassigned operator sato suzuki - -",
        ]
    );
}

#[tokio::test]
async fn asg_14_of_two_who_take_at_once_one_wins_and_the_other_is_told_who() {
    let (api, id) = start(ChannelSettings::default()).await;
    let (one, other) = tokio::join!(
        assign(&api, SATO, id, json!({"operator_id": "me"})),
        assign(&api, SUZUKI, id, json!({"operator_id": "me", "expect": null})),
    );
    let (won, lost) = if one.status == StatusCode::OK { (&one, &other) } else { (&other, &one) };
    let winner = won.body["assignee_id"].as_str().unwrap();
    assert_eq!((lost.status, lost.error()), (StatusCode::CONFLICT, "assignee_changed"));
    assert_eq!(lost.body["error"]["assignee"], json!({"id": winner, "name": winner}));
    assert!(lost.body["error"]["message"].as_str().unwrap().contains(winner));
    assert_eq!(held(&api, "sato").await + held(&api, "suzuki").await, 1);
    assert_eq!(moves(&api, id).await.len(), 1);
    // Whoever meant to take it from somebody is told that it is nobody's.
    assert_eq!(unassign(&api, SATO, id, "").await.status, StatusCode::OK);
    let stale = assign(&api, SATO, id, json!({"operator_id": "me", "expect": winner})).await;
    assert_eq!(stale.body["error"]["assignee"], json!({"id": null, "name": null}));
}

#[tokio::test]
async fn asg_5_and_6_nobody_gets_anything_who_is_not_available_themselves_included() {
    let (api, id) = start(ChannelSettings::default()).await;
    assert_eq!(assign(&api, SATO, id, json!({"operator_id": "me"})).await.status, StatusCode::OK);
    let off = switch(&api, SATO, false).await;
    assert_eq!((&off.body["available"], &off.body["load"]), (&json!(false), &json!(1)), "it goes on");
    let channel = api.directory.channels().await.unwrap().remove(0);
    let other = api.customer_writes(&channel, "U2", "me, too", NOW).await;
    for (caller, whom) in [(SATO, "me"), (SUZUKI, "sato"), (Caller::Administrator, "sato")] {
        let refused = assign(&api, caller, other, json!({"operator_id": whom})).await;
        assert_eq!((refused.status, refused.error()), (StatusCode::CONFLICT, "operator_unavailable"));
    }
    // What runs may be answered and given away.
    let path = format!("/api/conversations/{id}/messages");
    let sent = api.call_with_key(SATO, "POST", &path, "k1", json!({"text": "one moment"})).await;
    assert_eq!(sent.status, StatusCode::ACCEPTED);
    let given = assign(&api, SATO, id, json!({"operator_id": "suzuki", "expect": "sato"})).await;
    assert_eq!(given.status, StatusCode::OK);
    assert_eq!(switch(&api, SATO, true).await.body["load"], 0);
    assert_eq!(assign(&api, SUZUKI, other, json!({"operator_id": "sato"})).await.status, StatusCode::OK);
    // Somebody who was never here has no switch.
    let stranger = assign(&api, SUZUKI, other, json!({"operator_id": "tanaka", "expect": "sato"})).await;
    assert_eq!((stranger.status, stranger.error()), (StatusCode::NOT_FOUND, "person_not_found"));
}

#[tokio::test]
async fn asg_8_only_who_sees_the_channel_gets_its_conversations() {
    let settings = ChannelSettings { operators: OperatorAccess::Associated, ..ChannelSettings::default() };
    let (api, id) = start(settings).await;
    let channel = api.directory.channels().await.unwrap().remove(0);
    let operators = format!("/api/channels/{}/operators", channel.id);
    api.administer("POST", &operators, json!({"operators": ["sato"]})).await;
    let refused = assign(&api, SATO, id, json!({"operator_id": "suzuki"})).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::CONFLICT, "operator_without_access"));
    assert_eq!(
        assign(&api, SUZUKI, id, json!({"operator_id": "me"})).await.error(),
        "conversation_not_found"
    );
    assert_eq!(assign(&api, SATO, id, json!({"operator_id": "me"})).await.status, StatusCode::OK);

    let seen = |answer: Answer| -> Vec<String> {
        let items = answer.body["items"].as_array().unwrap().clone();
        items.iter().map(|item| format!("{} {} {}", item["id"], item["available"], item["load"])).collect()
    };
    let path = format!("/api/operators?channel={}", channel.id);
    let of_channel = seen(api.call(SATO, "GET", &path, None).await);
    // The administrator has not switched themselves on.
    assert_eq!(of_channel, ["\"sato\" true 1", "\"person-1\" false 0"]);
    let everybody = seen(api.call(SUZUKI, "GET", "/api/operators", None).await);
    assert_eq!(everybody, ["\"sato\" true 1", "\"suzuki\" true 0", "\"person-1\" false 0"]);
    assert_eq!(api.call(SUZUKI, "GET", &path, None).await.error(), "channel_not_found");
}

#[tokio::test]
async fn asg_4_what_is_closed_is_given_to_nobody() {
    let (api, id) = start(ChannelSettings::default()).await;
    assert_eq!(assign(&api, SATO, id, json!({"operator_id": "me"})).await.status, StatusCode::OK);
    api.call(SATO, "POST", &format!("/api/conversations/{id}/close"), None).await;
    let department = json!({"department_id": "1809223c-a54e-5e9b-ae37-4058be706671"});
    for answer in [
        assign(&api, SUZUKI, id, json!({"operator_id": "me", "expect": "sato"})).await,
        unassign(&api, SUZUKI, id, "").await,
    ] {
        assert_eq!((answer.status, answer.error()), (StatusCode::CONFLICT, "conversation_not_open"));
    }
    let path = format!("/api/conversations/{id}/transfer");
    assert_eq!(api.call(SATO, "POST", &path, Some(department)).await.error(), "department_not_found");
}

#[tokio::test]
async fn asg_9_a_conversation_is_handed_to_a_department_and_waits_there() {
    let (api, id) = start(ChannelSettings::default()).await;
    api.add_departments(&["Sales", "Repairs"]).await;
    let departments = api.directory.departments().await.unwrap();
    let called = |name: &str| departments.iter().find(|department| department.name == name).unwrap().id;
    assert_eq!(assign(&api, SATO, id, json!({"operator_id": "me"})).await.status, StatusCode::OK);
    api.hand.advance(Span::from_secs(1));
    let path = format!("/api/conversations/{id}/transfer");
    let transfer = async |body: Value| api.call(SATO, "POST", &path, Some(body)).await;
    let refused = transfer(json!({"department_id": called("Repairs"), "expect": "suzuki"})).await;
    assert_eq!(refused.error(), "assignee_changed");
    let answer = transfer(json!({"department_id": called("Repairs")})).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.body["department_id"], json!(called("Repairs")));
    assert_eq!((&answer.body["assignee_id"], held(&api, "sato").await), (&Value::Null, 0));
    assert!(api.inbox.conversation(id).await.unwrap().unwrap().unassigned_by_hand);
    api.hand.advance(Span::from_secs(1));
    let given = transfer(json!({"department_id": called("Sales"), "operator_id": "suzuki"})).await;
    assert_eq!((&given.body["assignee_id"], held(&api, "suzuki").await), (&json!("suzuki"), 1));
    // Whoever has it keeps it, also while they are not available.
    switch(&api, SUZUKI, false).await;
    api.hand.advance(Span::from_secs(1));
    let kept = transfer(json!({"department_id": called("Repairs"), "operator_id": "suzuki"})).await;
    assert_eq!((kept.status, held(&api, "suzuki").await), (StatusCode::OK, 1), "{kept:?}");
    api.hand.advance(Span::from_secs(1));
    let given = transfer(json!({"department_id": called("Sales"), "operator_id": "sato"})).await;
    assert_eq!(given.status, StatusCode::OK, "{given:?}");
    assert_eq!(
        moves(&api, id).await,
        [
            "assigned operator sato - sato -",
            "transferred operator sato sato - Repairs",
            "transferred operator sato - suzuki Sales",
            "transferred operator sato suzuki suzuki Repairs",
            "transferred operator sato suzuki sato Sales",
        ]
    );
}

#[tokio::test]
async fn asg_14_of_two_who_transfer_at_once_one_wins_and_the_other_is_told_who_has_it() {
    let (api, id) = start(ChannelSettings::default()).await;
    api.add_departments(&["Sales", "Repairs"]).await;
    let departments = api.directory.departments().await.unwrap();
    let path = format!("/api/conversations/{id}/transfer");
    let transfer = async |caller, number: usize, to: &str| {
        let body = json!({"department_id": departments[number].id, "operator_id": to});
        api.call(caller, "POST", &path, Some(body)).await
    };
    let (one, other) = tokio::join!(transfer(SATO, 0, "sato"), transfer(SUZUKI, 1, "suzuki"));
    let (won, lost) = if one.status == StatusCode::OK { (&one, &other) } else { (&other, &one) };
    let winner = won.body["assignee_id"].as_str().unwrap();
    assert_eq!((lost.status, lost.error()), (StatusCode::CONFLICT, "assignee_changed"));
    assert_eq!(lost.body["error"]["assignee"], json!({"id": winner, "name": winner}));
    assert_eq!(held(&api, "sato").await + held(&api, "suzuki").await, 1);
    assert_eq!(moves(&api, id).await.len(), 1);
}

#[tokio::test]
async fn con_5_a_channel_can_leave_answers_to_the_assignee() {
    let settings = ChannelSettings { only_assignee_answers: true, ..ChannelSettings::default() };
    let (api, id) = start(settings).await;
    let path = format!("/api/conversations/{id}/messages");
    let answers =
        async |caller, key: &str| api.call_with_key(caller, "POST", &path, key, json!({"text": "hi"})).await;
    let refused = answers(SATO, "a").await;
    assert_eq!((refused.status, refused.error()), (StatusCode::CONFLICT, "only_the_assignee"));
    assert_eq!(refused.body["error"]["assignee"], json!({"id": null, "name": null}));
    assert_eq!(assign(&api, SATO, id, json!({"operator_id": "me"})).await.status, StatusCode::OK);
    for caller in [SUZUKI, Caller::Administrator] {
        let refused = answers(caller, "b").await;
        assert_eq!(refused.body["error"]["assignee"], json!({"id": "sato", "name": "sato"}));
    }
    assert_eq!(answers(SATO, "c").await.status, StatusCode::ACCEPTED);
    // What was written before stays written when the same is asked again.
    let given = assign(&api, SATO, id, json!({"operator_id": "suzuki", "expect": "sato"})).await;
    assert_eq!(given.status, StatusCode::OK);
    assert_eq!(answers(SATO, "c").await.status, StatusCode::OK);
    assert_eq!(answers(SATO, "d").await.error(), "only_the_assignee");
}

#[tokio::test]
async fn asg_11_administrators_set_how_many_somebody_gets() {
    let (api, _) = start(ChannelSettings::default()).await;
    let path = "/api/people/sato/capacity";
    for (body, expected) in [
        (json!({"capacity": 0}), "settings_out_of_bounds"),
        (json!({"capacity": 201}), "settings_out_of_bounds"),
        (json!({}), "invalid_body"),
    ] {
        assert_eq!(api.administer("PUT", path, body).await.error(), expected);
    }
    assert_eq!(api.administer("PUT", path, json!({"capacity": 7})).await.body["capacity"], 7);
    assert_eq!(api.administer("PUT", path, json!({"capacity": null})).await.body["capacity"], Value::Null);
    let refused = api.call(SATO, "PUT", path, Some(json!({"capacity": 7}))).await;
    assert_eq!(refused.error(), "administrators_only");
    let unknown = api.administer("PUT", "/api/people/tanaka/capacity", json!({"capacity": 7})).await;
    assert_eq!(unknown.error(), "person_not_found");
}
