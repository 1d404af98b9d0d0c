//! Channels in the states that their pages show, ways to more of them that are under way, and a bot.

use madoguchi_domain::credential::Cause;
use madoguchi_domain::quota::Quota;
use madoguchi_domain::{ChannelId, ChannelKind};
use madoguchi_simulator::{Consent, demo};
use madoguchi_tests::TestInbox;
use madoguchi_tests::inbox::PUBLIC;
use serde_json::{Value, json};

/// A LINE account of the simulator that is not connected yet: its id and secret can be entered in the wizard.
const LINE_ACCOUNT: (&str, &str) = ("1650000099", "another-line-secret");

/// What administrators see of channels.
pub(crate) async fn seed(test: &TestInbox) {
    test.simulator.set_redirect_uris(&[&format!("{PUBLIC}/oauth/facebook")]);
    test.simulator.set_alias(PUBLIC, &test.front);
    test.simulator.add_line_channel(LINE_ACCOUNT.0, LINE_ACCOUNT.1, "青空ストア 大阪店");
    let line = TestInbox::channel_id(ChannelKind::Line);
    let quota = Quota { limit: Some(1_000), used: 930, read_at: test.clock.now() };
    let _noted = test.directory.note_quota(line, quota).await.expect("the channel is there");
    let messenger = TestInbox::channel_id(ChannelKind::Messenger);
    let path = format!("/api/channels/{messenger}/operators");
    test.administered("POST", &path, &json!({ "operators": ["operator-1"] })).await;
    bot(test, line).await;

    let osaka = begin(test).await;
    let chosen = json!({ "pages": [{ "page_id": demo::SECOND_PAGE, "name": "青空ストア 大阪" }] });
    test.administered("PUT", &format!("{osaka}/pages"), &chosen).await;
    test.administered("PUT", &format!("{osaka}/department"), &json!({ "department_id": null })).await;
    test.administered("POST", &format!("{osaka}/finish"), &json!({})).await;
    let osaka = ChannelId::derive(ChannelKind::Messenger, demo::SECOND_PAGE);
    let held = test.directory.hold_channel(osaka, Cause::PasswordChanged, "190/460", test.clock.now());
    let _held = held.await.expect("the channel is there");
    begin(test).await;
}

/// A way to Pages up to their choice; its path.
async fn begin(test: &TestInbox) -> String {
    let setup = test.administered("POST", "/api/setups", &json!({ "kind": "messenger" })).await;
    let path = format!("/api/setups/{}", setup["id"].as_str().expect("a setup has an id"));
    let consent = test.administered("GET", "/api/consent", &Value::Null).await;
    test.administered("PUT", &format!("{path}/consent"), &json!({ "version": consent["version"] })).await;
    test.administered("PUT", &format!("{path}/brand"), &json!({ "brand_id": null })).await;
    let sent = test.administered("POST", &format!("{path}/facebook"), &json!({})).await;
    let url = sent["login_url"].as_str().expect("it tells where to go");
    let back = test.simulator.consent(url, &Consent::default()).expect("the dialog is there");
    let (_, console, page) = test.browse(back.strip_prefix(PUBLIC).expect("it leads back to us")).await;
    let console = console.expect(&page);
    let login = console.rsplit_once("login=").expect("the console is told").1;
    test.administered("PUT", &format!("{path}/facebook"), &json!({ "login": login })).await;
    path
}

async fn bot(test: &TestInbox, channel: ChannelId) {
    let mut rules = Vec::new();
    for (name, words, text) in [
        ("営業時間", &["営業時間", "何時まで", "hours"], "平日10時〜18時に営業しております。"),
        ("送料", &["送料", "配送料", "shipping"], "5,500円以上のお買い上げで送料無料です。"),
    ] {
        let template = json!({ "name": name, "folder": ["ボット"], "variants": { "ja": { "text": text } } });
        let made = test.administered("POST", "/api/templates", &template).await;
        rules.push(json!({ "words": words, "template_id": made["id"] }));
    }
    let bot = json!({
        "kind": "keywords", "rules": rules, "fallback": { "do": "hand_over" },
        "hand_over_words": ["オペレーター", "人と話したい"],
    });
    test.administered("PUT", &format!("/api/channels/{channel}/bot"), &bot).await;
}
