//! How customers see an operator.

use axum::http::StatusCode;
use madoguchi_domain::sender::{SYNC_EVERY, Synced};
use madoguchi_domain::{ChannelKind, ChannelSettings, Span};
use madoguchi_store::Saved;
use serde_json::json;

use crate::support::{NOW, TestApi};

#[tokio::test]
async fn snd_7_an_operator_sets_the_own_display_name_and_takes_it_away_again() {
    let api = TestApi::start().await;
    let me = api.get("/api/me").await;
    assert_eq!(
        me.body,
        json!({
            "id": "person-1", "account_name": "yamada", "display_name": null, "shown_name": "yamada",
            "sender": "account",
            "picture": {"state": "none", "url": null, "expires_at": null, "problem": null},
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

#[tokio::test]
async fn snd_1_a_reply_says_as_whom_it_goes_out_and_the_next_one_remembers() {
    let api = TestApi::start().await;
    let channel = api.add_channel(ChannelKind::Line, "165", ChannelSettings::default()).await;
    let id = api.customer_writes(&channel, "u", "hello", NOW).await;
    let sent = async |key: &str, draft: serde_json::Value| {
        let answer = api.send_draft(id, key, draft).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
        (answer.body["sent_as"].clone(), answer.body["sender_name"].clone())
    };
    let as_account = (json!("account"), json!("yamada"));
    assert_eq!(sent("k1", json!({"text": "a"})).await, as_account, "nothing was ever chosen");
    api.operate("PATCH", "/api/me", json!({"display_name": "山田"})).await;
    let as_operator = (json!("operator"), json!("山田"));
    assert_eq!(sent("k2", json!({"text": "a", "sender": "operator"})).await, as_operator);
    assert_eq!(sent("k3", json!({"text": "a"})).await, as_operator, "remembered at once");
    api.hand.advance(Span::from_secs(31));
    assert_eq!(sent("k4", json!({"text": "a"})).await, as_operator, "and stored");
    let me = api.get("/api/me").await.body;
    assert_eq!((&me["sender"], &me["display_name"]), (&json!("operator"), &json!("山田")));
    assert_eq!(sent("k5", json!({"text": "a", "sender": "account"})).await, as_account);
    assert_eq!(sent("k6", json!({"text": "a"})).await, as_account);
    let unknown = api.send_draft(id, "k7", json!({"text": "a", "sender": "page"})).await;
    assert_eq!(unknown.error(), "invalid_body");
}

#[tokio::test]
async fn snd_1_where_no_sender_is_shown_the_name_counts_and_needs_the_channels_leave() {
    let api = TestApi::start().await;
    for (number, prefix, sent_as, longest) in [("1", true, "operator", 1_592), ("2", false, "account", 1_600)]
    {
        let settings = ChannelSettings { sender_prefix: prefix, ..ChannelSettings::default() };
        let channel = api.add_channel(ChannelKind::Sms, number, settings).await;
        let id = api.customer_writes(&channel, "+819012345678", "hello", NOW).await;
        // "yamada: " has 8 characters.
        let draft = |length: usize| json!({"text": "a".repeat(length), "sender": "operator"});
        let fits = api.send_draft(id, "k1", draft(longest)).await;
        assert_eq!((fits.status, &fits.body["sent_as"]), (StatusCode::ACCEPTED, &json!(sent_as)));
        assert_eq!(api.send_draft(id, "k2", draft(longest + 1)).await.error(), "text_too_long");
        let parts = json!({"text": "a".repeat(2 * longest), "sender": "operator", "split": true});
        assert_eq!(api.send_draft(id, "k3", parts).await.body["items"].as_array().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn snd_8_an_administrator_starts_the_sync_of_sender_names_and_reads_how_it_stands() {
    let api = TestApi::start().await;
    let nothing = json!({"running": false, "due_at": null, "last": null});
    assert_eq!(api.administer("GET", "/api/sender-sync", json!({})).await.body, nothing);
    assert_eq!(api.post("/api/sender-sync").await.error(), "administrators_only");
    let planned = api.administer("POST", "/api/sender-sync", json!({})).await;
    assert_eq!((planned.status, &planned.body["due_at"]), (StatusCode::ACCEPTED, &json!(NOW.to_string())));

    let lease = api.directory.lease_sender_sync(Span::from_minutes(2), NOW).await.unwrap().unwrap();
    let second = api.directory.lease_sender_sync(Span::from_minutes(2), NOW).await.unwrap();
    assert_eq!(second, None, "one at a time");
    assert_eq!(api.administer("GET", "/api/sender-sync", json!({})).await.body["running"], true);
    let synced = Synced { at: NOW, made: 2, removed: 1, failed: 0 };
    assert_eq!(api.directory.settle_sender_sync(lease, &synced, SYNC_EVERY).await.unwrap(), Saved::Done);
    let settled = api.administer("GET", "/api/sender-sync", json!({})).await.body;
    assert_eq!(settled["last"], json!({"at": NOW.to_string(), "made": 2, "removed": 1, "failed": 0}));
    assert_eq!(settled["due_at"], (NOW + Span::from_hours(24)).to_string());
    assert_eq!(settled["running"], false);
}

#[tokio::test]
async fn snd_8_who_asks_while_a_sync_runs_gets_another_one() {
    let api = TestApi::start().await;
    api.directory.plan_sender_sync(NOW).await.unwrap();
    let lease = api.directory.lease_sender_sync(Span::from_minutes(2), NOW).await.unwrap().unwrap();
    api.hand.advance(Span::from_secs(1));
    api.administer("POST", "/api/sender-sync", json!({})).await;
    let synced = Synced { at: NOW, made: 0, removed: 0, failed: 0 };
    assert_eq!(api.directory.settle_sender_sync(lease, &synced, SYNC_EVERY).await.unwrap(), Saved::Done);
    let state = api.directory.sender_sync().await.unwrap().unwrap();
    assert_eq!((state.due_at, state.last), (NOW + Span::from_secs(1), Some(synced)));
}

#[tokio::test]
async fn snd_3_the_picture_of_personas_is_open_to_everybody() {
    let api = TestApi::start().await;
    let (content_type, body) = api.open("/media/operator.png").await;
    assert_eq!(content_type, "image/png");
    assert!(body.starts_with(b"\x89PNG"), "a picture that Meta can read");
}
