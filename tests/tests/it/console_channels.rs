//! The console's pages of channels: the list, health, settings, operators, re-authorization (CHN-2, CHN-21, AUT-7, MEM-1).

use madoguchi_domain::credential::Cause;
use madoguchi_domain::quota::Quota;
use madoguchi_domain::{ChannelKind, Role};
use madoguchi_tests::TestInbox;
use serde_json::json;

use crate::console::page;

const ADMINISTRATOR: Role = Role::Administrator;

fn place(kind: ChannelKind, tab: &str) -> String {
    format!("/console/settings/channels/{}{tab}", TestInbox::channel_id(kind))
}

#[tokio::test]
async fn con_1_the_list_shows_every_channel_and_what_is_held_first() {
    let test = TestInbox::with_simulated_twilio().await;
    let id = TestInbox::channel_id(ChannelKind::Messenger);
    let list = page(&test, ADMINISTRATOR, "/console/settings/channels").await;
    assert!(!list.contains("banner bad"), "{list}");
    for kind in [ChannelKind::Messenger, ChannelKind::Line, ChannelKind::WhatsApp, ChannelKind::Sms] {
        assert!(list.contains(&format!("href=\"{}\"", place(kind, ""))), "{kind}");
        assert!(list.contains(&format!("hx-get=\"{}\"", place(kind, "/card"))), "{kind}");
    }
    let _saved =
        test.directory.hold_channel(id, Cause::PasswordChanged, "190", test.clock.now()).await.unwrap();
    let list = page(&test, ADMINISTRATOR, "/console/settings/channels").await;
    assert!(
        list.contains("banner bad") && list.contains(&place(ChannelKind::Messenger, "/access")),
        "{list}"
    );
    let card = page(&test, ADMINISTRATOR, &place(ChannelKind::Messenger, "/card")).await;
    assert!(card.contains("lamp red") && card.contains("Last accepted reply"), "{card}");
}

#[tokio::test]
async fn chn_21_a_deleted_channel_is_kept_apart_with_the_way_back() {
    let test = TestInbox::start().await;
    let path = format!("/api/channels/{}", TestInbox::channel_id(ChannelKind::Line));
    let name = test.get(&path).await["name"].clone();
    test.administered("DELETE", &path, &json!({ "confirm": name })).await;
    let list = page(&test, ADMINISTRATOR, "/console/settings/channels").await;
    assert!(list.contains("Deleted channels"), "{list}");
    let access = page(&test, ADMINISTRATOR, &place(ChannelKind::Line, "/access")).await;
    assert!(access.contains("Connect it again") && !access.contains("/disable"), "{access}");
    let settings = page(&test, ADMINISTRATOR, &place(ChannelKind::Line, "/settings")).await;
    assert!(!settings.contains("data-call=\"PATCH"), "{settings}");
}

#[tokio::test]
async fn con_1_the_overview_tells_health_quota_and_the_address_of_webhooks() {
    let test = TestInbox::start().await;
    let id = TestInbox::channel_id(ChannelKind::Line);
    let quota = Quota { limit: Some(200), used: 190, read_at: test.clock.now() };
    let _saved = test.directory.note_quota(id, quota).await.unwrap();
    let shown = page(&test, ADMINISTRATOR, &place(ChannelKind::Line, "")).await;
    assert!(shown.contains(&format!("/webhooks/line/{id}")), "{shown}");
    assert!(
        shown.contains("class=\"low\" max=\"200\" value=\"190\"") && shown.contains("Running low"),
        "{shown}"
    );
    assert!(shown.contains(&format!("data-call=\"POST /channels/{id}/check\"")), "{shown}");
}

#[tokio::test]
async fn con_1_each_kind_has_the_settings_that_mean_something_there() {
    let test = TestInbox::with_simulated_twilio().await;
    for (kind, has, lacks) in [
        (ChannelKind::Messenger, &["human_agent", "window_reminder"][..], &["sender_prefix"][..]),
        (ChannelKind::Line, &["farewell.text"], &["human_agent", "window_reminder", "sender_prefix"]),
        (ChannelKind::WhatsApp, &["sender_prefix", "window_reminder"], &["human_agent"]),
        (ChannelKind::Sms, &["sender_prefix"], &["human_agent", "window_reminder"]),
    ] {
        let form = page(&test, ADMINISTRATOR, &place(kind, "/settings")).await;
        let named = |name: &str| form.contains(&format!("name=\"{name}\""));
        assert!(has.iter().all(|name| named(name)) && !lacks.iter().any(|name| named(name)), "{kind} {form}");
        for name in
            ["name", "reopen", "files", "operators", "assignment", "assignment_capacity", "bot.starts"]
        {
            assert!(named(name), "{kind} {name}");
        }
        assert!(form.contains("data-version=\"&quot;"), "a change is meant for what was read: {form}");
    }
}

#[tokio::test]
async fn mem_1_operators_are_listed_with_how_they_stand_and_what_to_do() {
    let test = TestInbox::start().await;
    test.get("/api/me").await;
    let id = TestInbox::channel_id(ChannelKind::Line);
    let candidates = page(&test, ADMINISTRATOR, &place(ChannelKind::Line, "/operators/candidates")).await;
    assert!(candidates.contains("value=\"operator-1\""), "{candidates}");
    let path = format!("/api/channels/{id}/operators");
    test.administered("POST", &path, &json!({ "operators": ["operator-1"] })).await;
    let shown = page(&test, ADMINISTRATOR, &place(ChannelKind::Line, "/operators")).await;
    assert!(shown.contains(&format!("data-call=\"DELETE /channels/{id}/operators/operator-1\"")), "{shown}");
    let candidates = page(&test, ADMINISTRATOR, &place(ChannelKind::Line, "/operators/candidates")).await;
    assert!(!candidates.contains("value=\"operator-1\""), "{candidates}");
    let none =
        page(&test, ADMINISTRATOR, &place(ChannelKind::Line, "/operators?query=nobody-is-called-so")).await;
    assert!(none.contains("Nobody is like that"), "{none}");
}

#[tokio::test]
async fn aut_7_re_authorization_says_what_is_wrong_and_asks_for_what_the_kind_needs() {
    let test = TestInbox::with_simulated_twilio().await;
    for (kind, cause, field) in [
        (ChannelKind::Messenger, Cause::Checkpoint, "POST /setups"),
        (ChannelKind::Line, Cause::SecretMismatch, "name=\"channel_secret\""),
        (ChannelKind::Sms, Cause::AuthenticationFailed, "name=\"auth_token\""),
    ] {
        let id = TestInbox::channel_id(kind);
        let _saved = test.directory.hold_channel(id, cause, "", test.clock.now()).await.unwrap();
        let access = page(&test, ADMINISTRATOR, &place(kind, "/access")).await;
        assert!(access.contains(field) && access.contains("What to do"), "{kind} {access}");
        assert!(access.contains("data-confirm-type"), "deleting asks for the name: {access}");
    }
}
