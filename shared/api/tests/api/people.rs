//! People: known from their first request on, found, removed.

use axum::http::StatusCode;
use madoguchi_domain::{ChannelKind, ChannelSettings, OperatorId, Role, Span};
use serde_json::{Value, json};

use crate::support::{Answer, Caller, NOW, TestApi};

async fn here(api: &TestApi, caller: Caller) {
    let answer = api.call(caller, "GET", "/api/conversations", None).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
}

async fn people(api: &TestApi, query: &str) -> Answer {
    api.call(Caller::Administrator, "GET", &format!("/api/people{query}"), None).await
}

fn ids(list: &Answer) -> Vec<&str> {
    list.body["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn mem_1_a_person_is_known_from_their_first_request_with_their_role() {
    let api = TestApi::start().await;
    here(&api, Caller::Person("sato")).await;
    let answer = api.call(Caller::Administrator, "GET", "/api/people/sato", None).await;
    assert_eq!(
        answer.body,
        json!({
            "id": "sato", "name": "sato", "account": "sato", "role": "operator", "first_seen_at": NOW.to_string(),
            "last_seen_at": NOW.to_string(), "removed_at": null, "channels": [],
        })
    );
    // Whoever asks is known too, by the same token.
    assert_eq!(ids(&people(&api, "").await), ["sato", "person-1"]);
    assert_eq!(ids(&people(&api, "?role=administrator").await), ["person-1"]);
    assert_eq!(ids(&people(&api, "?query=SAT").await), ["sato"]);
    assert!(ids(&people(&api, "?query=suzuki").await).is_empty());
    for bad in ["?role=king", "?channel=shop", "?name=sato"] {
        assert_eq!(people(&api, bad).await.error(), "invalid_query", "{bad}");
    }
    // Another role is noted at once.
    here(&api, Caller::Owner).await;
    let me = api.directory.person(&OperatorId("person-1".into())).await.unwrap().unwrap();
    assert_eq!(me.role, Role::Owner);
    let nobody = api.call(Caller::Administrator, "GET", "/api/people/tanaka", None).await;
    assert_eq!((nobody.status, nobody.error()), (StatusCode::NOT_FOUND, "person_not_found"));
    // Without a role nobody is noted.
    api.call(Caller::Guest, "GET", "/api/conversations", None).await;
    assert_eq!(api.directory.people().await.unwrap().len(), 2);
}

#[tokio::test]
async fn mem_1_that_somebody_was_here_is_written_once_a_day() {
    let api = TestApi::start().await;
    let id = OperatorId("sato".into());
    let mut seen = Vec::new();
    for hours in [0, 23, 24, 25] {
        api.hand.set(NOW + Span::from_hours(hours));
        here(&api, Caller::Person("sato")).await;
        let person = api.directory.person(&id).await.unwrap().unwrap();
        seen.push((person.rev, person.last_seen_at));
    }
    let (first, second) = ((1, NOW), (2, NOW + Span::from_hours(24)));
    assert_eq!(seen, [first, first, second, second]);
}

#[tokio::test]
async fn mem_10_a_channel_can_take_every_new_operator() {
    let api = TestApi::start().await;
    let taking = ChannelSettings { add_new_operators: true, ..ChannelSettings::default() };
    here(&api, Caller::Person("sato")).await;
    let channel = api.add_channel(ChannelKind::Line, "165", taking).await;
    api.add_channel(ChannelKind::Line, "166", ChannelSettings::default()).await;
    here(&api, Caller::Person("sato")).await;
    here(&api, Caller::Person("suzuki")).await;
    let person = |id| format!("/api/people/{id}");
    let channels =
        async |id| api.call(Caller::Administrator, "GET", &person(id), None).await.body["channels"].clone();
    assert_eq!(channels("sato").await, json!([]), "they are not new");
    let expected = json!([{
        "channel_id": channel.id, "state": "available", "since": NOW.to_string(), "added_at": NOW.to_string(),
        "reason": null,
    }]);
    assert_eq!(channels("suzuki").await, expected);
    assert_eq!(ids(&people(&api, &format!("?channel={}", channel.id)).await)[..1], ["suzuki"]);
    assert!(ids(&people(&api, &format!("?query={}", channel.id)).await).contains(&"suzuki"));
}

#[tokio::test]
async fn mem_9_who_is_removed_is_back_after_signing_in_again_without_channels() {
    let api = TestApi::start().await;
    let channel = api.add_channel(ChannelKind::Line, "165", ChannelSettings::default()).await;
    let seconds = NOW.as_ms() / 1_000;
    here(&api, Caller::SignedIn("sato", seconds - 60)).await;
    let add = format!("/api/channels/{}/operators", channel.id);
    api.administer("POST", &add, json!({"operators": ["sato"]})).await;
    let gone = api.administer("DELETE", "/api/people/sato", Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{gone:?}");
    assert_eq!(api.administer("DELETE", "/api/people/sato", Value::Null).await.error(), "person_not_found");
    assert_eq!(ids(&people(&api, "").await), ["person-1"]);
    let kept = api.call(Caller::Administrator, "GET", "/api/people/sato", None).await.body;
    assert_eq!(
        (&kept["name"], &kept["removed_at"], &kept["channels"]),
        (&json!("sato"), &json!(NOW.to_string()), &json!([]))
    );
    // Their token is good for a while yet.
    api.hand.advance(Span::from_hours(25));
    here(&api, Caller::SignedIn("sato", seconds - 60)).await;
    assert_eq!(ids(&people(&api, "").await), ["person-1"]);
    here(&api, Caller::SignedIn("sato", seconds + 60)).await;
    let back = people(&api, "?query=sato").await.body["items"][0].clone();
    assert_eq!((&back["removed_at"], &back["channels"]), (&json!(null), &json!([])));
}
