//! An organisation for the preview: brands, departments, people, labels, templates, timers.

use axum::body::Body;
use axum::extract::Request;
use madoguchi_domain::ChannelKind;
use madoguchi_tests::TestInbox;
use serde_json::{Value, json};

/// Sets everything up that pages of the settings show.
pub(crate) async fn organisation(test: &TestInbox) {
    let brands = test.get("/api/brands").await;
    let brand = brands["items"][0]["id"].as_str().expect("there is a brand").to_owned();
    added(test, "/api/brands", &json!({ "name": "Aozora International" })).await;
    let weekday = json!([{ "from": "09:00", "to": "12:00" }, { "from": "13:00", "to": "18:00" }]);
    let hours = json!({
        "time_zone": "Asia/Tokyo",
        "week": {
            "monday": weekday, "tuesday": weekday, "wednesday": weekday, "thursday": weekday, "friday": weekday,
            "saturday": [{ "from": "10:00", "to": "15:00" }],
        },
        "holidays": [
            { "date": "2026-12-31", "name": "大晦日", "shifts": [{ "from": "09:00", "to": "12:00" }] },
            { "date": "2027-01-01", "name": "元日", "shifts": [] },
        ],
    });
    let support = added(test, "/api/departments", &json!({ "name": "サポート", "hours": hours })).await;
    let sales = added(test, "/api/departments", &json!({ "name": "営業" })).await;
    let timers = json!({ "timers": { "unanswered_close_after_minutes": 120 } });
    test.administered("PATCH", &format!("/api/departments/{support}"), &timers).await;

    let channel = |kind| format!("/api/channels/{}", TestInbox::channel_id(kind));
    let line = json!({
        "brand_id": brand, "department_id": support, "pause_outside_hours": true, "operators": "associated",
        "idle_close_after_minutes": 60, "idle_close_when": "customer_silent",
        "idle_warning": { "text": "お返事がない場合、まもなくチャットを終了します。", "minutes_before": 10 },
        "farewell": { "text": "お問い合わせありがとうございました。", "when_operators_close": false },
        "tickets": { "after": "never", "departments": { sales.as_str(): { "timer": { "minutes": 60 } } } },
    });
    test.administered("PATCH", &channel(ChannelKind::Line), &line).await;
    let messenger = json!({ "brand_id": brand, "unanswered_close_after_minutes": 20_160 });
    test.administered("PATCH", &channel(ChannelKind::Messenger), &messenger).await;

    test.administered("GET", "/api/me", &Value::Null).await;
    let claims = json!({ "sub": "operator-2", "name": "أحمد العلي", "email": "ahmed@example.test", "cognito:groups": "[operators]" });
    test.requested(get("/api/me"), claims).await;
    for kind in [ChannelKind::Line, ChannelKind::Messenger] {
        let chosen = json!({ "operators": ["operator-1"] });
        test.administered("POST", &format!("{}/operators", channel(kind)), &chosen).await;
    }
    let capacity = json!({ "capacity": 8 });
    test.administered("PUT", "/api/people/operator-1/capacity", &capacity).await;

    for (name, color) in [("返金希望", "#d93a32"), ("急ぎ", "#8f4bd0"), ("配送", "#2f84d6")] {
        added(test, "/api/labels", &json!({ "name": name, "color": color })).await;
    }
    let greeting = json!({
        "name": "はじめのあいさつ", "folder": ["あいさつ"],
        "variants": {
            "ja": { "text": "{{contact.name|お客様}}\nお問い合わせありがとうございます。{{operator.name}} が承ります。" },
            "en": { "text": "Dear {{contact.name|customer}},\nthank you for writing." },
        },
    });
    added(test, "/api/templates", &greeting).await;
    let shipped = json!({
        "name": "発送のご案内", "department_id": support,
        "variants": { "ja": {
            "text": "{{contact.name}} 様、ご注文 {{record.注文番号}} を発送しました。",
            "approved": { "content_sid": "HX0123456789abcdef0123456789abcdef", "variables": { "1": "{{contact.name|お客様}}" } },
        } },
    });
    added(test, "/api/templates", &shipped).await;
}

async fn added(test: &TestInbox, path: &str, body: &Value) -> String {
    let answer = test.administered("POST", path, body).await;
    answer["id"].as_str().expect("it has an id").to_owned()
}

fn get(path: &str) -> Request {
    Request::get(path).body(Body::empty()).expect("it is a request")
}
