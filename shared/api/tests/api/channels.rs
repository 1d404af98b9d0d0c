//! Adding channels, their settings and their credentials.

use axum::http::StatusCode;
use madoguchi_domain::credential::Cause;
use madoguchi_domain::{ChannelId, ChannelKind, ChannelSettings, ConnectionId, Span};
use madoguchi_store::Saved;
use serde_json::{Value, json};

use crate::support::{NOW, TestApi};

fn new_line() -> Value {
    json!({"kind": "line", "name": "本店", "line_channel_id": "165", "channel_secret": "first-secret"})
}

fn new_page(page: &str) -> Value {
    json!({"kind": "messenger", "name": "Shop", "page_id": page, "user_access_token": "first-token"})
}

fn line_secret() -> String {
    format!("madoguchi/connection/line/{}", ChannelId::derive(ChannelKind::Line, "165"))
}

fn page_connection() -> ConnectionId {
    ConnectionId::derive(ChannelKind::Messenger, "104")
}

fn page_secret() -> String {
    format!("madoguchi/connection/messenger/{}", page_connection())
}

#[tokio::test]
async fn a_new_line_channel_has_its_secret_its_connection_and_its_webhook() {
    let api = TestApi::start().await;
    let answer = api.administer("POST", "/api/channels", new_line()).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let id = ChannelId::derive(ChannelKind::Line, "165");
    assert_eq!(answer.body["id"], id.to_string());
    assert_eq!(answer.body["webhook_path"], format!("/webhooks/line/{id}"));
    assert_eq!(answer.body["health"]["state"], "connecting");
    assert!(!answer.body.to_string().contains("first-secret"));
    assert_eq!(
        api.aws.secret(&line_secret()),
        json!({"channel_id": "165", "channel_secret": "first-secret"})
    );
    let connection = api.directory.connection(ConnectionId::from(id)).await.unwrap().unwrap();
    assert_eq!((connection.channels, connection.authorized_at), (vec![id], NOW));
    assert_eq!(api.directory.due_connections(NOW).await.unwrap(), [ConnectionId::from(id)]);
    assert_eq!(api.get(&format!("/api/channels/{id}")).await.body, answer.body);
    assert_eq!(api.get("/api/channels").await.body["items"], json!([answer.body]));
}

#[tokio::test]
async fn a_second_page_joins_the_connection_of_the_first() {
    let api = TestApi::start().await;
    api.add_departments(&["A", "B"]).await;
    let first = api.administer("POST", "/api/channels", new_page("104")).await;
    assert_eq!(first.body["webhook_path"], "/webhooks/messenger");
    assert_eq!(api.aws.secret(&page_secret()), json!({"user_token": "first-token", "pages": {}}));
    let connection = first.body["connection_id"].clone();
    assert_eq!(connection, page_connection().to_string());
    let join = json!({"kind": "messenger", "name": "B", "page_id": "105", "connection_id": connection});
    let second = api.administer("POST", "/api/channels", join).await;
    assert_eq!((second.status, &second.body["connection_id"]), (StatusCode::CREATED, &connection));
    let stored = api.directory.connection(page_connection()).await.unwrap().unwrap();
    let pages = ["104", "105"].map(|page| ChannelId::derive(ChannelKind::Messenger, page));
    assert_eq!(stored.channels, pages);
    assert_eq!(api.directory.due_connections(NOW).await.unwrap(), [page_connection()]);
}

#[tokio::test]
async fn only_a_messenger_connection_that_exists_can_be_joined() {
    let api = TestApi::start().await;
    let line = api.administer("POST", "/api/channels", new_line()).await;
    for connection in [line.body["connection_id"].clone(), json!(page_connection())] {
        let join = json!({"kind": "messenger", "name": "B", "page_id": "105", "connection_id": connection});
        let answer = api.administer("POST", "/api/channels", join).await;
        assert_eq!(
            (answer.status, answer.error()),
            (StatusCode::UNPROCESSABLE_ENTITY, "connection_not_found")
        );
    }
}

#[tokio::test]
async fn adding_a_connected_account_again_is_refused_and_changes_nothing() {
    let api = TestApi::start().await;
    api.administer("POST", "/api/channels", new_line()).await;
    let mut again = new_line();
    again["channel_secret"] = json!("mistyped");
    let answer = api.administer("POST", "/api/channels", again).await;
    assert_eq!((answer.status, answer.error()), (StatusCode::CONFLICT, "channel_exists"));
    assert!(answer.body["error"]["message"].as_str().unwrap().contains("PUT /api/channels/{id}/credential"));
    assert_eq!(api.aws.secret(&line_secret())["channel_secret"], "first-secret");
}

#[tokio::test]
async fn adding_a_channel_goes_through_again_after_a_crash_at_any_step() {
    for failing in ["CreateSecret", "GetSecretValue"] {
        let api = TestApi::start().await;
        api.aws.fail(Some(failing));
        let refused = api.administer("POST", "/api/channels", new_page("104")).await;
        assert_eq!((refused.status, refused.error()), (StatusCode::INTERNAL_SERVER_ERROR, "internal"));
        assert!(api.directory.channels().await.unwrap().is_empty());
        // It leads to what there may be of a credential, until a check finds that nobody came for it.
        let left = api.directory.connection(page_connection()).await.unwrap().unwrap();
        assert_eq!(left.channels, [ChannelId::derive(ChannelKind::Messenger, "104")]);
        assert!(api.directory.due_connections(NOW).await.unwrap().is_empty(), "not before it is made");
        api.aws.fail(None);
        assert_eq!(
            api.administer("POST", "/api/channels", new_page("104")).await.status,
            StatusCode::CREATED
        );
    }
    // The secret is there, and the connection too; the channel is not.
    let api = TestApi::start().await;
    let other = TestApi::start().await;
    other.administer("POST", "/api/channels", new_page("104")).await;
    let left = other.directory.connection(page_connection()).await.unwrap().unwrap();
    api.directory.put_connection(&left).await.unwrap();
    api.aws.put_secret(&page_secret(), r#"{"user_token":"older","pages":{"104":"page-token"}}"#);
    assert_eq!(api.administer("POST", "/api/channels", new_page("104")).await.status, StatusCode::CREATED);
    assert_eq!(
        api.aws.secret(&page_secret()),
        json!({"user_token": "first-token", "pages": {"104": "page-token"}})
    );
    let connection = api.directory.connection(page_connection()).await.unwrap().unwrap();
    assert_eq!(connection.channels.len(), 1);
}

#[tokio::test]
async fn aut_7_a_new_credential_takes_the_place_of_the_old_one_and_is_looked_at_at_once() {
    let api = TestApi::start().await;
    let created = api.administer("POST", "/api/channels", new_line()).await;
    let id: ChannelId = created.body["id"].as_str().unwrap().parse().unwrap();
    let held = api.directory.hold_channel(id, Cause::SecretMismatch, "invalid_client", NOW).await;
    assert_eq!(held.unwrap(), Saved::Done);
    let later = NOW + Span::from_hours(5);
    api.hand.set(later);
    let path = format!("/api/channels/{id}/credential");
    let answer = api.administer("PUT", &path, json!({"channel_secret": "second-secret"})).await;
    assert_eq!(answer.status, StatusCode::OK);
    // It waits until the new secret has been looked at.
    assert_eq!(answer.body["health"]["cause"], "secret_mismatch");
    assert!(!answer.body.to_string().contains("second-secret"));
    assert_eq!(
        api.aws.secret(&line_secret()),
        json!({
            "channel_id": "165", "channel_secret": "second-secret", "previous_channel_secret": "first-secret",
        })
    );
    let connection = api.directory.connection(id.into()).await.unwrap().unwrap();
    assert_eq!((connection.authorized_at, connection.check_at), (later, later));
    let wrong = api.administer("PUT", &path, json!({"user_access_token": "t"})).await;
    assert_eq!((wrong.status, wrong.error()), (StatusCode::BAD_REQUEST, "invalid_body"));
}

#[tokio::test]
async fn a_re_authorization_keeps_the_connections_channels_pages_and_page_tokens() {
    let api = TestApi::start().await;
    api.add_departments(&["A", "B"]).await;
    api.administer("POST", "/api/channels", new_page("104")).await;
    let join = json!({
        "kind": "messenger", "name": "B", "page_id": "105", "connection_id": page_connection(),
    });
    api.administer("POST", "/api/channels", join).await;
    let mut connection = api.directory.connection(page_connection()).await.unwrap().unwrap();
    connection.pages = vec!["104".into(), "105".into()];
    connection.expires_at = Some(NOW);
    api.directory.put_connection(&connection).await.unwrap();
    api.aws.put_secret(
        &page_secret(),
        r#"{"user_token":"old","user_token_expires_at":1700000000,"pages":{"104":"a","105":"b"}}"#,
    );
    let second = ChannelId::derive(ChannelKind::Messenger, "105");
    let path = format!("/api/channels/{second}/credential");
    let answer = api.administer("PUT", &path, json!({"user_access_token": "new"})).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        api.aws.secret(&page_secret()),
        json!({"user_token": "new", "pages": {"104": "a", "105": "b"}})
    );
    let after = api.directory.connection(page_connection()).await.unwrap().unwrap();
    assert_eq!((after.channels.len(), after.pages.len(), after.expires_at), (2, 2, None));
}

#[tokio::test]
async fn a_credential_is_not_replaced_while_it_is_being_refreshed() {
    let api = TestApi::start().await;
    let created = api.administer("POST", "/api/channels", new_page("104")).await;
    let path = format!("/api/channels/{}/credential", created.body["id"].as_str().unwrap());
    let lease = api.directory.lease_connection(page_connection(), Span::from_minutes(1), NOW).await.unwrap();
    assert!(lease.is_some());
    let busy = api.administer("PUT", &path, json!({"user_access_token": "new"})).await;
    assert_eq!((busy.status, busy.error()), (StatusCode::CONFLICT, "connection_busy"));
    assert_eq!(api.aws.secret(&page_secret())["user_token"], "first-token");
    api.hand.advance(Span::from_minutes(1));
    let free = api.administer("PUT", &path, json!({"user_access_token": "new"})).await;
    assert_eq!(free.status, StatusCode::OK);
}

#[tokio::test]
async fn a_credential_that_could_not_be_stored_leaves_the_connection_as_it_was_and_free() {
    let api = TestApi::start().await;
    let created = api.administer("POST", "/api/channels", new_page("104")).await;
    let path = format!("/api/channels/{}/credential", created.body["id"].as_str().unwrap());
    let before = api.directory.connection(page_connection()).await.unwrap().unwrap();
    api.hand.advance(Span::from_hours(1));
    api.aws.fail(Some("PutSecretValue"));
    let failed = api.administer("PUT", &path, json!({"user_access_token": "new"})).await;
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!failed.body.to_string().contains("AccessDenied"));
    assert_eq!(api.directory.connection(page_connection()).await.unwrap().unwrap(), before);
    api.aws.fail(None);
    let again = api.administer("PUT", &path, json!({"user_access_token": "new"})).await;
    assert_eq!(again.status, StatusCode::OK);
}

#[tokio::test]
async fn settings_change_in_part_and_within_their_bounds() {
    let api = TestApi::start().await;
    let settings = ChannelSettings { idle_close_after_minutes: Some(30), ..Default::default() };
    let channel = api.add_channel(ChannelKind::Messenger, "104", settings).await;
    let path = format!("/api/channels/{}", channel.id);
    api.hand.advance(Span::from_hours(1));
    let eight_days = json!({"unanswered_close_after_minutes": 8 * 24 * 60});
    let answer = api.administer("PATCH", &path, eight_days).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body["settings"]["idle_close_after_minutes"], 30);
    assert_eq!(answer.body["warnings"][0]["id"], "unanswered_exceeds_reply_limit");
    assert_eq!(api.get(&path).await.body, answer.body);
    let stored = api.directory.channel(channel.id).await.unwrap().unwrap();
    assert_eq!(stored.settings_changed_at, NOW + Span::from_hours(1));

    let over = api.administer("PATCH", &path, json!({"idle_close_after_minutes": 1_441})).await;
    assert_eq!((over.status, over.error()), (StatusCode::UNPROCESSABLE_ENTITY, "settings_out_of_bounds"));
    let unknown = api.administer("PATCH", &path, json!({"idle": 3})).await;
    assert_eq!((unknown.status, unknown.error()), (StatusCode::BAD_REQUEST, "invalid_body"));
    assert!(unknown.body["error"]["message"].as_str().unwrap().contains("`idle`"));
    assert_eq!(api.directory.channel(channel.id).await.unwrap().unwrap(), stored);

    // What is the same already is not written: open conversations need not be looked at.
    api.hand.advance(Span::from_hours(1));
    api.administer("PATCH", &path, json!({"name": "Shop 104"})).await;
    assert_eq!(api.directory.channel(channel.id).await.unwrap().unwrap(), stored);
}

#[tokio::test]
async fn chn_4_and_chn_5_senders_at_twilio_are_connected_and_re_authorized() {
    let api = TestApi::start().await;
    let account = format!("AC{}", "0".repeat(32));
    for (kind, sender) in
        [(ChannelKind::WhatsApp, "whatsapp:+815012345678"), (ChannelKind::Sms, "+815087654321")]
    {
        let new = json!({
            "kind": kind, "name": "本店", "sender": sender, "account_sid": account, "auth_token": "first",
        });
        let created = api.administer("POST", "/api/channels", new.clone()).await;
        assert_eq!(created.status, StatusCode::CREATED, "{}", created.body);
        let id = ChannelId::derive(kind, sender);
        assert_eq!(created.body["id"], id.to_string());
        assert_eq!(created.body["webhook_path"], format!("/webhooks/twilio/{id}"));
        assert!(!created.body.to_string().contains("first"));
        let again = api.administer("POST", "/api/channels", new).await;
        assert_eq!((again.status, again.error()), (StatusCode::CONFLICT, "channel_exists"));

        let path = format!("/api/channels/{id}/credential");
        let key = format!("SK{}", "a".repeat(32));
        let credential = json!({"auth_token": "second", "api_key_sid": key, "api_key_secret": "s"});
        let answer = api.administer("PUT", &path, credential).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(
            api.aws.secret(&format!("madoguchi/connection/twilio/{id}")),
            json!({
                "account_sid": account, "auth_token": "second", "previous_auth_token": "first",
                "api_key_sid": key, "api_key_secret": "s",
            })
        );
        for wrong in [json!({"channel_secret": "x"}), json!({"auth_token": "x", "colour": 1}), json!([])] {
            let refused = api.administer("PUT", &path, wrong).await;
            assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_body"));
        }
    }
}

#[tokio::test]
async fn aut_13_what_is_left_out_of_a_twilio_credential_stays_and_null_removes_it() {
    let api = TestApi::start().await;
    let (account, sender) = (format!("AC{}", "0".repeat(32)), "+815087654321");
    let key = format!("SK{}", "a".repeat(32));
    let new = json!({
        "kind": "sms", "name": "本店", "sender": sender, "account_sid": account, "auth_token": "first",
        "api_key_sid": key, "api_key_secret": "s", "shared_keys": [{"id": "k1", "secret": "x"}],
        "accept_auth_token_signatures": true,
    });
    assert_eq!(api.administer("POST", "/api/channels", new).await.status, StatusCode::CREATED);
    let id = ChannelId::derive(ChannelKind::Sms, sender);
    let (path, name) =
        (format!("/api/channels/{id}/credential"), format!("madoguchi/connection/twilio/{id}"));
    let put = async |body: Value| {
        let answer = api.administer("PUT", &path, body).await;
        (answer.status.as_u16(), api.aws.secret(&name))
    };
    let kept = json!({
        "account_sid": account, "auth_token": "second", "previous_auth_token": "first",
        "api_key_sid": key, "api_key_secret": "s", "shared_keys": [{"id": "k1", "secret": "x"}],
        "accept_auth_token_signatures": true,
    });
    assert_eq!(put(json!({"auth_token": "second"})).await, (200, kept));
    // The two of a key go together.
    let half = json!({"auth_token": "second", "api_key_sid": key, "api_key_secret": null});
    assert_eq!(put(half).await.0, 400);
    let removed = json!({
        "auth_token": "second", "api_key_sid": null, "shared_keys": [], "accept_auth_token_signatures": false,
    });
    let bare = json!({"account_sid": account, "auth_token": "second", "previous_auth_token": "first"});
    assert_eq!(put(removed).await, (200, bare));
    // What belongs to one account is of no use to another.
    put(json!({"auth_token": "second", "api_key_sid": key, "api_key_secret": "s"})).await;
    let other = format!("AC{}", "1".repeat(32));
    let moved = json!({"account_sid": other, "auth_token": "third", "previous_auth_token": "second"});
    assert_eq!(put(json!({"account_sid": other, "auth_token": "third"})).await, (200, moved));
}

#[tokio::test]
async fn chn_21_a_page_that_comes_back_by_a_login_of_its_own_leaves_that_of_the_others_alone() {
    let api = TestApi::start().await;
    api.add_departments(&["A", "B", "C"]).await;
    let created = api.administer("POST", "/api/channels", new_page("104")).await;
    let join = json!({
        "kind": "messenger", "name": "B", "page_id": "105", "connection_id": page_connection(),
    });
    assert_eq!(api.administer("POST", "/api/channels", join).await.status, StatusCode::CREATED);
    let path = format!("/api/channels/{}", created.body["id"].as_str().unwrap());
    let mut back = new_page("104");
    back["resume"] = json!(true);
    let mut ids = Vec::new();
    for token in ["second-token", "third-token"] {
        api.administer("DELETE", &path, json!({"confirm": "Shop"})).await;
        back["user_access_token"] = json!(token);
        let answer = api.administer("POST", "/api/channels", back.clone()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        assert_eq!(api.aws.secret(&page_secret())["user_token"], "first-token", "it is the other Page's");
        let own: ConnectionId = answer.body["connection_id"].as_str().unwrap().parse().unwrap();
        assert_ne!(own, page_connection());
        assert_eq!(api.aws.secret(&format!("madoguchi/connection/messenger/{own}"))["user_token"], token);
        ids.push(own);
    }
    assert_eq!(ids[0], ids[1], "its own login is replaced");
}

#[tokio::test]
async fn nothing_is_written_while_somebody_else_connects_the_same_account() {
    let api = TestApi::start().await;
    api.administer("POST", "/api/channels", new_line()).await;
    let path = format!("/api/channels/{}", ChannelId::derive(ChannelKind::Line, "165"));
    api.administer("DELETE", &path, json!({"confirm": "本店"})).await;
    let connection = ConnectionId::from(ChannelId::derive(ChannelKind::Line, "165"));
    let lease = api.directory.lease_connection(connection, Span::from_minutes(1), NOW).await.unwrap();
    assert!(lease.is_some());
    let mut back = new_line();
    back["resume"] = json!(true);
    back["channel_secret"] = json!("second-secret");
    let busy = api.administer("POST", "/api/channels", back).await;
    assert_eq!((busy.status, busy.error()), (StatusCode::CONFLICT, "connection_busy"));
    assert_eq!(api.aws.secret(&line_secret())["channel_secret"], "first-secret");
}

#[tokio::test]
async fn a_check_that_nobody_would_make_is_not_promised() {
    let api = TestApi::start().await;
    api.administer("POST", "/api/channels", new_line()).await;
    let path = format!("/api/channels/{}", ChannelId::derive(ChannelKind::Line, "165"));
    let check = async || {
        let answer = api.administer("POST", &format!("{path}/check"), json!({})).await;
        (answer.status.as_u16(), answer.error().to_owned())
    };
    assert_eq!(check().await, (202, String::new()));
    api.administer("POST", &format!("{path}/disable"), json!({})).await;
    assert_eq!(check().await, (409, "channel_off".to_owned()));
    api.administer("DELETE", &path, json!({"confirm": "本店"})).await;
    assert_eq!(check().await, (409, "channel_deleted".to_owned()));
    // A channel that nothing leads to.
    let bare = api.add_channel(ChannelKind::Line, "166", ChannelSettings::default()).await;
    let answer = api.administer("POST", &format!("/api/channels/{}/check", bare.id), json!({})).await;
    assert_eq!((answer.status, answer.error()), (StatusCode::UNPROCESSABLE_ENTITY, "connection_not_found"));
}
