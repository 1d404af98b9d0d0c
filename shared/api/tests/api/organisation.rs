//! Brands, departments, and what belongs to them.

use axum::http::StatusCode;
use madoguchi_domain::Span;
use serde_json::{Value, json};

use crate::support::{NOW, TestApi};

fn line(number: &str) -> Value {
    json!({"kind": "line", "name": number, "line_channel_id": number, "channel_secret": "first-secret"})
}

async fn added(api: &TestApi, path: &str, body: Value) -> Value {
    let answer = api.administer("POST", path, body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    api.hand.set(NOW);
    answer.body
}

#[tokio::test]
async fn chn_15_brands_are_added_renamed_and_given_up() {
    let api = TestApi::start().await;
    let shop = added(&api, "/api/brands", json!({"name": " 本店 "})).await;
    assert_eq!((&shop["name"], &shop["created_at"]), (&json!("本店"), &json!(NOW.to_string())));
    let other = added(&api, "/api/brands", json!({"name": "Outlet"})).await;
    let taken = api.administer("POST", "/api/brands", json!({"name": "本店"})).await;
    assert_eq!((taken.status, taken.error()), (StatusCode::CONFLICT, "name_taken"));
    let path = format!("/api/brands/{}", shop["id"].as_str().unwrap());
    assert_eq!(api.administer("PATCH", &path, json!({"name": "Outlet"})).await.error(), "name_taken");
    let renamed = api.administer("PATCH", &path, json!({"name": "銀座本店"})).await;
    assert_eq!((&renamed.body["name"], &renamed.body["id"]), (&json!("銀座本店"), &shop["id"]));
    assert_eq!(api.administer("PATCH", &path, json!({"name": "\n"})).await.error(), "invalid_body");
    assert_eq!(api.get("/api/brands").await.body["items"], json!([other, renamed.body]));
    assert_eq!(api.administer("DELETE", &path, json!({})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(api.get("/api/brands").await.body["items"], json!([other]));
    assert_eq!(api.administer("DELETE", &path, json!({})).await.error(), "brand_not_found");
    // Its name is free again.
    let again = added(&api, "/api/brands", json!({"name": "銀座本店"})).await;
    assert_ne!(again["id"], shop["id"]);
}

#[tokio::test]
async fn ops_4_a_department_has_hours_or_answers_always() {
    let api = TestApi::start().await;
    let always = added(&api, "/api/departments", json!({"name": "Night"})).await;
    assert_eq!((&always["hours"], &always["open_now"]), (&json!(null), &json!(true)));
    // NOW is a Wednesday, 07:13 in Tokyo.
    let hours = json!({
        "time_zone": "Asia/Tokyo",
        "week": {"wednesday": [{"from": "13:00", "to": "18:00"}, {"from": "09:00", "to": "12:00"}]},
    });
    let office = added(&api, "/api/departments", json!({"name": "Office", "hours": hours})).await;
    assert_eq!(
        (&office["open_now"], &office["next_change_at"]),
        (&json!(false), &json!("2023-11-15T00:00:00.000Z"))
    );
    assert_eq!(office["hours"]["week"]["wednesday"][0]["from"], "09:00");
    let path = format!("/api/departments/{}", office["id"].as_str().unwrap());
    let backwards =
        json!({"hours": {"time_zone": "UTC", "week": {"monday": [{"from": "18:00", "to": "09:00"}]}}});
    let refused = api.administer("PATCH", &path, backwards).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::UNPROCESSABLE_ENTITY, "hours_refused"));
    let nowhere = api.administer("PATCH", &path, json!({"hours": {"time_zone": "Mars"}})).await;
    assert_eq!(nowhere.error(), "invalid_body");
    let open = api.administer("PATCH", &path, json!({"hours": null})).await;
    assert_eq!((&open.body["open_now"], &open.body["next_change_at"]), (&json!(true), &json!(null)));
}

#[tokio::test]
async fn chn_13_there_are_as_many_channels_of_a_kind_as_departments() {
    let api = TestApi::start().await;
    assert_eq!(api.administer("POST", "/api/channels", line("1")).await.status, StatusCode::CREATED);
    let refused = api.administer("POST", "/api/channels", line("2")).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::CONFLICT, "too_many_channels"));
    let message = refused.body["error"]["message"].as_str().unwrap();
    assert!(message.contains("departments (1)") && message.contains("add a department"), "{message}");
    // Nothing of it is left behind.
    assert_eq!(api.get("/api/channels").await.body["items"].as_array().unwrap().len(), 1);
    added(&api, "/api/departments", json!({"name": "A"})).await;
    assert_eq!(api.administer("POST", "/api/channels", line("2")).await.error(), "too_many_channels");
    let second = added(&api, "/api/departments", json!({"name": "B"})).await;
    assert_eq!(api.administer("POST", "/api/channels", line("2")).await.status, StatusCode::CREATED);
    // Another kind has its own.
    let page = json!({"kind": "messenger", "name": "P", "page_id": "104", "user_access_token": "t"});
    assert_eq!(api.administer("POST", "/api/channels", page).await.status, StatusCode::CREATED);
    // One department fewer would be too few.
    let path = format!("/api/departments/{}", second["id"].as_str().unwrap());
    assert_eq!(api.administer("DELETE", &path, json!({})).await.error(), "too_many_channels");
}

#[tokio::test]
async fn chn_14_a_channel_belongs_to_a_brand_and_a_department() {
    let api = TestApi::start().await;
    let brand = added(&api, "/api/brands", json!({"name": "Shop"})).await["id"].clone();
    let department = added(&api, "/api/departments", json!({"name": "Desk"})).await["id"].clone();
    let nowhere = "1809223c-a54e-5e9b-ae37-4058be706671";
    let mut new = line("1");
    new["department_id"] = json!(nowhere);
    assert_eq!(api.administer("POST", "/api/channels", new.clone()).await.error(), "department_not_found");
    new["department_id"] = department.clone();
    new["brand_id"] = json!(nowhere);
    assert_eq!(api.administer("POST", "/api/channels", new.clone()).await.error(), "brand_not_found");
    new["brand_id"] = brand.clone();
    let channel = added(&api, "/api/channels", new).await;
    assert_eq!(
        (&channel["brand_id"], &channel["department_id"], &channel["installer_id"]),
        (&brand, &department, &json!("person-1"))
    );
    for (path, field) in [("brands", "brand_id"), ("departments", "department_id")] {
        let id = channel[field].as_str().unwrap();
        let used = api.administer("DELETE", &format!("/api/{path}/{id}"), json!({})).await;
        assert_eq!((used.status, used.error()), (StatusCode::CONFLICT, "in_use"), "{path}");
    }
    let path = format!("/api/channels/{}", channel["id"].as_str().unwrap());
    let moved = api.administer("PATCH", &path, json!({"brand_id": nowhere})).await;
    assert_eq!(moved.error(), "brand_not_found");
    api.hand.advance(Span::from_ms(1));
    let out = api.administer("PATCH", &path, json!({"brand_id": null})).await;
    assert_eq!((&out.body["brand_id"], &out.body["department_id"]), (&json!(null), &department));
    assert_eq!(api.get(&path).await.body, out.body);
    let brand = format!("/api/brands/{}", brand.as_str().unwrap());
    assert_eq!(api.administer("DELETE", &brand, json!({})).await.status, StatusCode::NO_CONTENT);
}
