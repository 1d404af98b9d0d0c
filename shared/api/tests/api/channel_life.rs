//! Switching channels off and on, deleting them, and connecting their accounts again (CHN-19, CHN-21).

use axum::http::StatusCode;
use madoguchi_domain::{ChannelId, ChannelKind, ConnectionId, Span};
use serde_json::{Value, json};

use crate::support::{NOW, TestApi};

fn new_line() -> Value {
    json!({"kind": "line", "name": "本店", "line_channel_id": "165", "channel_secret": "first-secret"})
}

fn line() -> ChannelId {
    ChannelId::derive(ChannelKind::Line, "165")
}

fn path() -> String {
    format!("/api/channels/{}", line())
}

fn secret() -> String {
    format!("madoguchi/connection/line/{}", line())
}

async fn delete(api: &TestApi) {
    let answer = api.administer("DELETE", &path(), json!({"confirm": "本店"})).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
}

/// What the check of its connection does when its last channel was deleted.
async fn dissolve(api: &TestApi) {
    api.aws.delete_secret(&secret());
    let lease = api.directory.lease_connection(line().into(), Span::from_secs(1), NOW).await.unwrap();
    let removed = api.directory.remove_connection(lease.unwrap().0).await.unwrap();
    assert_eq!(removed, madoguchi_store::Saved::Done);
}

#[tokio::test]
async fn chn_19_off_and_on_are_states_and_the_first_word_stands() {
    let api = TestApi::start().await;
    api.administer("POST", "/api/channels", new_line()).await;
    let (disable, enable) = (format!("{}/disable", path()), format!("{}/enable", path()));
    let off = api.administer("POST", &disable, json!({})).await;
    let expected = json!({"state": "off", "since": NOW.to_string(), "by": "person-1"});
    assert_eq!((off.status, &off.body["status"]), (StatusCode::OK, &expected));
    api.hand.advance(Span::from_hours(1));
    assert_eq!(api.administer("POST", &disable, json!({})).await.body["status"], expected);
    assert_eq!(api.get(&path()).await.body["status"], expected);
    // Settings can be changed meanwhile, and do not switch it on.
    let changed = api.administer("PATCH", &path(), json!({"idle_close_after_minutes": 5})).await;
    assert_eq!((changed.status, &changed.body["status"]), (StatusCode::OK, &expected));

    let mut connection = api.directory.connection(line().into()).await.unwrap().unwrap();
    connection.check_at = NOW + Span::from_days(1);
    api.directory.put_connection(&connection).await.unwrap();
    for _ in 0..2 {
        let on = api.administer("POST", &enable, json!({})).await;
        assert_eq!(on.body["status"], json!({"state": "on", "since": null, "by": null}));
        assert_eq!(on.body["health"]["state"], "connecting", "it sends when its credential was looked at");
        assert_eq!(on.body["settings"]["idle_close_after_minutes"], 5);
        let due = api.directory.due_connections(NOW + Span::from_hours(1)).await.unwrap();
        assert_eq!(due, [ConnectionId::from(line())]);
    }
    let unknown = format!("/api/channels/{}/disable", ChannelId::derive(ChannelKind::Line, "1"));
    assert_eq!(api.administer("POST", &unknown, json!({})).await.error(), "channel_not_found");
}

#[tokio::test]
async fn chn_21_whoever_deletes_a_channel_types_its_name() {
    let api = TestApi::start().await;
    api.administer("POST", "/api/channels", new_line()).await;
    for (body, error) in [
        (json!({}), "invalid_body"),
        (json!({"confirm": true}), "invalid_body"),
        (json!({"confirm": "本店", "force": true}), "invalid_body"),
        (json!({"confirm": "支店"}), "not_confirmed"),
    ] {
        let refused = api.administer("DELETE", &path(), body).await;
        assert_eq!(refused.error(), error, "{refused:?}");
        if error == "not_confirmed" {
            let message = refused.body["error"]["message"].as_str().unwrap().to_owned();
            assert!(message.contains(r#"{"confirm": "本店"}"#), "{message}");
        }
    }
    assert_eq!(api.get(&path()).await.body["status"]["state"], "on");
    api.hand.advance(Span::from_hours(2));
    delete(&api).await;
    let now = NOW + Span::from_hours(2);
    assert_eq!(api.directory.due_connections(now).await.unwrap(), [ConnectionId::from(line())]);
    let first = api.get(&path()).await.body;
    assert_eq!(first["status"], json!({"state": "deleted", "since": now.to_string(), "by": "person-1"}));
    api.hand.advance(Span::from_hours(1));
    delete(&api).await;
    assert_eq!(api.get(&path()).await.body, first, "the first one's word stands");
    let credential = json!({"channel_secret": "x"});
    let refused = api.administer("PUT", &format!("{}/credential", path()), credential).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::CONFLICT, "channel_deleted"));
}

#[tokio::test]
async fn chn_13_deleted_channels_are_not_counted_and_need_no_place() {
    let api = TestApi::start().await;
    api.add_departments(&["A"]).await;
    let brand = api.administer("POST", "/api/brands", json!({"name": "B"})).await.body["id"].clone();
    let departments = api.get("/api/departments").await.body;
    let department = departments["items"][0]["id"].clone();
    let mut placed = new_line();
    placed["brand_id"] = brand.clone();
    placed["department_id"] = department.clone();
    assert_eq!(api.administer("POST", "/api/channels", placed).await.status, StatusCode::CREATED);
    let other = json!({"kind": "line", "name": "支店", "line_channel_id": "166", "channel_secret": "s"});
    assert_eq!(api.administer("POST", "/api/channels", other.clone()).await.error(), "too_many_channels");
    let (brand, department) = (brand.as_str().unwrap(), department.as_str().unwrap());
    let addresses = [format!("/api/brands/{brand}"), format!("/api/departments/{department}")];
    for address in &addresses {
        assert_eq!(api.administer("DELETE", address, json!({})).await.error(), "in_use");
    }
    delete(&api).await;
    assert_eq!(api.administer("POST", "/api/channels", other).await.status, StatusCode::CREATED);
    for address in &addresses {
        assert_eq!(api.administer("DELETE", address, json!({})).await.status, StatusCode::NO_CONTENT);
    }
    // What is gone is no place for the channel that comes back.
    let mut back = new_line();
    back["resume"] = json!(true);
    api.add_departments(&["C", "D"]).await;
    let back = api.administer("POST", "/api/channels", back).await;
    assert_eq!(back.status, StatusCode::CREATED, "{back:?}");
    assert_eq!((&back.body["brand_id"], &back.body["department_id"]), (&json!(null), &json!(null)));
}

#[tokio::test]
async fn chn_21_an_account_comes_back_on_wish_with_a_new_credential_and_its_old_place() {
    let api = TestApi::start().await;
    api.add_departments(&["A"]).await;
    let department = api.get("/api/departments").await.body["items"][0]["id"].clone();
    let mut new = new_line();
    new["department_id"] = department.clone();
    let first = api.administer("POST", "/api/channels", new).await.body;
    delete(&api).await;
    dissolve(&api).await;
    assert_eq!(api.aws.secret(&secret()), Value::Null);

    let mut back =
        json!({"kind": "line", "name": "新本店", "line_channel_id": "165", "channel_secret": "new-secret"});
    for wish in [json!(false), json!(null)] {
        back["resume"] = wish;
        let refused = api.administer("POST", "/api/channels", back.clone()).await;
        assert_eq!((refused.status, refused.error()), (StatusCode::CONFLICT, "channel_deleted"));
        assert_eq!(api.aws.secret(&secret()), Value::Null, "nothing was written");
    }
    back["resume"] = json!("yes");
    assert_eq!(api.administer("POST", "/api/channels", back.clone()).await.error(), "invalid_body");
    back["resume"] = json!(true);
    api.hand.advance(Span::from_hours(1));
    let answer = api.administer("POST", "/api/channels", back).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    assert_eq!((&answer.body["id"], &answer.body["name"]), (&first["id"], &json!("新本店")));
    assert_eq!(answer.body["department_id"], department);
    assert_eq!(answer.body["created_at"], first["created_at"]);
    assert_eq!(answer.body["health"]["state"], "connecting");
    assert_eq!(api.get(&path()).await.body, answer.body);
    // Nothing of the destroyed credential.
    assert_eq!(api.aws.secret(&secret()), json!({"channel_id": "165", "channel_secret": "new-secret"}));
    let connection = api.directory.connection(line().into()).await.unwrap().unwrap();
    assert_eq!(connection.channels, [line()]);
}

#[tokio::test]
async fn coming_back_goes_through_again_after_a_crash_and_leaves_no_credential_that_nobody_destroys() {
    for failing in ["CreateSecret", "RestoreSecret", "PutSecretValue"] {
        let api = TestApi::start().await;
        api.administer("POST", "/api/channels", new_line()).await;
        delete(&api).await;
        dissolve(&api).await;
        let mut back = new_line();
        back["resume"] = json!(true);
        api.aws.fail(Some(failing));
        let failed = api.administer("POST", "/api/channels", back.clone()).await;
        assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR, "{failing}");
        assert_eq!(api.get(&path()).await.body["status"]["state"], "deleted");
        // The check of this connection finds a deleted channel, and destroys what there is.
        let connection = api.directory.connection(line().into()).await.unwrap();
        assert_eq!(connection.unwrap().channels, [line()], "{failing}");
        api.aws.fail(None);
        let again = api.administer("POST", "/api/channels", back).await;
        assert_eq!(again.status, StatusCode::CREATED, "{failing}: {again:?}");
        assert_eq!(api.get(&path()).await.body["status"]["state"], "on");
    }
}
