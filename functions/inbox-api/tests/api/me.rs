//! How customers see an operator.

use axum::http::StatusCode;
use serde_json::json;

use crate::support::TestApi;

#[tokio::test]
async fn snd_7_an_operator_sets_the_own_display_name_and_takes_it_away_again() {
    let api = TestApi::start().await;
    let me = api.get("/api/me").await;
    assert_eq!(
        me.body,
        json!({
            "id": "person-1", "account_name": "yamada", "display_name": null, "shown_name": "yamada",
            "sender": "account",
        })
    );
    let named =
        api.operate("PATCH", "/api/me", json!({"display_name": " 山田 ", "sender": "operator"})).await;
    assert_eq!(named.status, StatusCode::OK);
    assert_eq!((&named.body["display_name"], &named.body["sender"]), (&json!("山田"), &json!("operator")));
    assert_eq!(api.get("/api/me").await.body, named.body, "it is kept");

    let again = api.operate("PATCH", "/api/me", json!({"sender": "account"})).await;
    assert_eq!(again.body["shown_name"], "山田", "what is left out stays");
    for nothing in [json!(null), json!("  ")] {
        let unnamed = api.operate("PATCH", "/api/me", json!({ "display_name": nothing })).await;
        assert_eq!(
            (&unnamed.body["display_name"], &unnamed.body["shown_name"]),
            (&json!(null), &json!("yamada"))
        );
    }
}

#[tokio::test]
async fn snd_6_a_name_that_line_would_refuse_is_refused_with_its_reason_and_nothing_changes() {
    let api = TestApi::start().await;
    let table = [
        ("LINE 山田", "sender_name_reserved"),
        ("あいうえおあいうえおあいうえおあいうえおあ", "sender_name_too_long"),
        ("山\n田", "sender_name_unprintable"),
    ];
    for (name, id) in table {
        let refused =
            api.operate("PATCH", "/api/me", json!({"display_name": name, "sender": "operator"})).await;
        assert_eq!((refused.status, refused.error()), (StatusCode::UNPROCESSABLE_ENTITY, id), "{name}");
    }
    assert_eq!(api.get("/api/me").await.body["sender"], "account");
    let unknown = api.operate("PATCH", "/api/me", json!({"name": "山田"})).await;
    assert_eq!(unknown.error(), "invalid_body");
}
