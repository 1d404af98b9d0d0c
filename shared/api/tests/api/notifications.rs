//! What operators want to be told of.

use axum::http::StatusCode;
use madoguchi_domain::OperatorId;
use madoguchi_domain::notify::Kind;
use madoguchi_runtime::unsubscribe::Unsubscribe;
use serde_json::{Value, json};

use crate::support::{Caller, TestApi};

const PATH: &str = "/api/me/notifications";

fn wish(email: bool) -> Value {
    let both = json!({ "desktop": true, "email": email });
    json!({
        "kinds": { "mine": both, "others": both, "unassigned": both, "assigned": both },
        "language": "en",
    })
}

#[tokio::test]
async fn ntf_5_somebody_sees_what_holds_and_saves_what_they_want() {
    let api = TestApi::start().await;
    let (on, off) = (json!({"desktop": true, "email": true}), json!({"desktop": false, "email": false}));
    let shown = api.get(PATH).await;
    assert_eq!(shown.status, StatusCode::OK);
    assert_eq!(shown.body["version"], 0);
    assert_eq!(
        shown.body["kinds"],
        json!({"mine": on, "others": off, "unassigned": {"desktop": true, "email": false}, "assigned": on})
    );
    assert_eq!((&shown.body["channel_trouble"], &shown.body["language"]), (&Value::Null, &Value::Null));
    let saved = api.operate("PUT", PATH, wish(false)).await;
    assert_eq!(saved.status, StatusCode::OK, "{saved:?}");
    let silent = json!({"desktop": true, "email": false});
    for kind in Kind::ALL {
        assert_eq!(saved.body["kinds"][kind.as_str()], silent, "{kind}");
    }
    assert_eq!((&saved.body["version"], &saved.body["language"]), (&json!(1), &json!("en")));
    assert_eq!(api.get(PATH).await.body, saved.body, "it is kept");
    let again = api.operate("PUT", PATH, wish(false)).await;
    assert_eq!(again.body["version"], 1, "the same again is no change");
    let other = api.call(Caller::Person("person-2"), "GET", PATH, None).await;
    assert_eq!(other.body["version"], 0, "everybody has settings of their own");
    let administrator = api.call(Caller::Administrator, "GET", PATH, None).await;
    assert_eq!(administrator.body["channel_trouble"], json!({"desktop": false, "email": true}));
}

#[tokio::test]
async fn ntf_5_it_is_said_where_email_goes_or_that_it_cannot() {
    let api = TestApi::start().await;
    let nowhere = api.get(PATH).await;
    assert_eq!(nowhere.body["email"]["address"], Value::Null);
    assert_eq!(nowhere.body["email"]["problem"]["id"], "no_email_address");
    assert!(nowhere.body["email"]["problem"]["remedy"].as_str().is_some_and(|text| !text.is_empty()));
    let somewhere = api.call(Caller::Person("sato@example.com"), "GET", PATH, None).await;
    assert_eq!(somewhere.body["email"], json!({"address": "sato@example.com", "problem": null}));
}

#[tokio::test]
async fn ntf_5_what_is_no_whole_wish_is_refused() {
    let api = TestApi::start().await;
    let mut without = wish(true);
    without["kinds"].as_object_mut().unwrap().remove("others");
    let mut unknown = wish(true);
    unknown["kinds"]["mentions"] = json!({"desktop": true, "email": true});
    let mut language = wish(true);
    language["language"] = json!("fr");
    for body in [without, unknown, language, json!({})] {
        let refused = api.operate("PUT", PATH, body.clone()).await;
        assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_body"), "{body}");
    }
    assert_eq!(api.get(PATH).await.body["version"], 0);
}

#[tokio::test]
async fn ntf_5_a_link_opens_only_what_it_was_made_for() {
    let api = TestApi::start().await;
    let what = Unsubscribe { operator: OperatorId("person-1".into()), kinds: [Kind::Mine].into() };
    let token = api.unsubscribe.token(&what).await.unwrap();
    let path = format!("/notifications/unsubscribe/{token}");
    let asked = api.call(Caller::Nobody, "GET", &path, None).await;
    assert_eq!(asked.status, StatusCode::OK, "{asked:?}");
    assert_eq!(api.get(PATH).await.body["kinds"]["mine"]["email"], true, "looking changes nothing");
    for _ in 0..2 {
        let done = api.call(Caller::Nobody, "POST", &path, None).await;
        assert_eq!(done.status, StatusCode::OK, "{done:?}");
    }
    let kinds = api.get(PATH).await.body["kinds"].clone();
    assert_eq!((&kinds["mine"]["email"], &kinds["assigned"]["email"]), (&json!(false), &json!(true)));
    let forged = api.call(Caller::Nobody, "POST", "/notifications/unsubscribe/bWluZQphCg.AAAA", None).await;
    assert_eq!((forged.status, forged.error()), (StatusCode::NOT_FOUND, "unknown_route"));
}
