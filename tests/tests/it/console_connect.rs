//! The wizard as a browser goes through it: the pages of each step, the calls that they declare, and the way back from
//! Facebook (CHN-2, CHN-7 to CHN-10, AUT-7, BOT-2).

use axum::http::Method;
use madoguchi_domain::{ChannelKind, Role};
use madoguchi_simulator::{Consent, demo};
use madoguchi_tests::TestInbox;
use madoguchi_tests::inbox::PUBLIC;
use serde_json::{Value, json};

use crate::console::{asked, page};

const ADMINISTRATOR: Role = Role::Administrator;
const NEW_LINE: &str = "1650000099";
const NEW_SECRET: &str = "another-line-secret";

async fn start() -> TestInbox {
    let test = TestInbox::start().await;
    for name in ["A", "B", "C"] {
        test.administered("POST", "/api/departments", &json!({ "name": name })).await;
    }
    test.simulator.add_line_channel(NEW_LINE, NEW_SECRET, "新しい店");
    test.simulator.set_alias(PUBLIC, &test.front);
    test.simulator.set_redirect_uris(&[&format!("{PUBLIC}/oauth/facebook")]);
    test
}

/// What a form or button of `page` declares that begins with `begin`, such as `PUT /setups/…/brand`.
fn declared<'a>(page: &'a str, begin: &str) -> &'a str {
    let mut calls = page.split("data-call=\"").skip(1).filter_map(|rest| rest.split('"').next());
    calls.find(|call| call.starts_with(begin)).unwrap_or_else(|| panic!("no {begin} in {page}"))
}

/// Does what the page declares, as its script would.
async fn pressed(test: &TestInbox, page: &str, begin: &str, body: Value) -> Value {
    let (method, path) = declared(page, begin).split_once(' ').unwrap();
    let method: Method = method.parse().unwrap();
    let (status, answer) =
        asked(test, ADMINISTRATOR, method, &format!("/console/api{path}"), &body, &[]).await;
    assert!((200..300).contains(&status), "{begin}: {status} {answer}");
    serde_json::from_str(&answer).unwrap_or_default()
}

async fn begun(test: &TestInbox, kind: &str) -> String {
    let first = page(test, ADMINISTRATOR, "/console/settings/connect").await;
    assert!(first.contains("What you need"), "{first}");
    let setup = pressed(test, &first, "POST /setups", json!({ "kind": kind })).await;
    format!("/console/settings/connect/{}", setup["id"].as_str().unwrap())
}

#[tokio::test]
async fn chn_2_a_line_account_is_connected_page_by_page() {
    let test = start().await;
    let at = begun(&test, "line").await;
    let consent = page(&test, ADMINISTRATOR, &at).await;
    let version = test.administered("GET", "/api/consent", &Value::Null).await["version"].clone();
    assert!(consent.contains(&format!("name=\"version\" value={version}")), "{consent}");
    pressed(&test, &consent, "PUT /setups", json!({ "version": version })).await;
    let brand = page(&test, ADMINISTRATOR, &at).await;
    assert!(brand.contains("name=\"brand_id\"") && brand.contains("?step=consent"), "{brand}");
    let early = page(&test, ADMINISTRATOR, &format!("{at}?step=finish")).await;
    assert!(early.contains("name=\"brand_id\""), "no step can be skipped: {early}");
    pressed(&test, &brand, "PUT /setups", json!({ "brand_id": null })).await;

    let credentials = page(&test, ADMINISTRATOR, &at).await;
    assert!(
        credentials.contains("developers.line.biz") && credentials.contains("type=\"password\""),
        "{credentials}"
    );
    let line = json!({"name": "新しい店", "line_channel_id": NEW_LINE, "channel_secret": NEW_SECRET});
    pressed(&test, &credentials, "PUT /setups", line).await;
    let department = page(&test, ADMINISTRATOR, &at).await;
    assert!(department.contains("name=\"department_id\""), "{department}");
    pressed(&test, &department, "PUT /setups", json!({ "department_id": null })).await;

    let begun = page(&test, ADMINISTRATOR, "/console/settings/connect").await;
    assert!(begun.contains(&format!("href=\"{at}\"")), "it can be resumed: {begun}");
    let review = page(&test, ADMINISTRATOR, &at).await;
    assert!(
        review.contains("新しい店") && review.contains(NEW_LINE) && !review.contains(NEW_SECRET),
        "{review}"
    );
    let done = pressed(&test, &review, "POST /setups", Value::Null).await;
    assert_eq!(done["state"], "finished", "{done}");
    let ready = page(&test, ADMINISTRATOR, &at).await;
    let channel = done["account"]["channel_id"].as_str().unwrap();
    assert!(
        ready.contains(&format!("/webhooks/line/{channel}")) && ready.contains("Add operators"),
        "{ready}"
    );
    let list = page(&test, ADMINISTRATOR, "/console/settings/channels").await;
    assert!(list.contains(channel), "{list}");
}

#[tokio::test]
async fn chn_8_the_way_back_from_facebook_leads_into_the_wizard_and_on_to_the_pages() {
    let test = start().await;
    let at = begun(&test, "messenger").await;
    let id = at.rsplit('/').next().unwrap().to_owned();
    let setup = format!("/api/setups/{id}");
    let consent = test.administered("GET", "/api/consent", &Value::Null).await;
    test.administered("PUT", &format!("{setup}/consent"), &json!({ "version": consent["version"] })).await;
    test.administered("PUT", &format!("{setup}/brand"), &json!({ "brand_id": null })).await;
    let login = page(&test, ADMINISTRATOR, &at).await;
    assert!(login.contains("data-follow=\"login_url\""), "{login}");
    let sent = pressed(&test, &login, "POST /setups", Value::Null).await;
    let back = test.simulator.consent(sent["login_url"].as_str().unwrap(), &Consent::default()).unwrap();
    let (status, console, _) = test.browse(back.strip_prefix(PUBLIC).unwrap()).await;
    assert_eq!(status, 302);
    let console = console.unwrap();
    let query = console.split_once('?').unwrap().1;

    let (status, _) =
        asked(&test, ADMINISTRATOR, Method::GET, &format!("/console?{query}"), &Value::Null, &[]).await;
    assert_eq!(status, 303, "on to the wizard");
    let ticket = query.split_once("login=").unwrap().1;
    let taking = page(&test, ADMINISTRATOR, &format!("{at}?login={ticket}")).await;
    assert!(taking.contains("data-at-once") && taking.contains(&format!("value=\"{ticket}\"")), "{taking}");
    pressed(&test, &taking, "PUT /setups", json!({ "login": ticket })).await;

    let pages = page(&test, ADMINISTRATOR, &at).await;
    assert!(pages.contains(demo::SECOND_PAGE) && pages.contains("data-rows=\"pages\""), "{pages}");
    assert!(pages.contains("data-row-switch disabled"), "what cannot be chosen says why: {pages}");
    let chosen = json!({ "pages": [{ "page_id": demo::SECOND_PAGE, "name": "大阪店" }] });
    pressed(&test, &pages, "PUT /setups", chosen).await;
    let department = page(&test, ADMINISTRATOR, &at).await;
    pressed(&test, &department, "PUT /setups", json!({ "department_id": null })).await;
    let review = page(&test, ADMINISTRATOR, &at).await;
    assert!(review.contains("大阪店") && review.contains("Demo Administrator"), "{review}");
    pressed(&test, &review, "POST /setups", Value::Null).await;
    let ready = page(&test, ADMINISTRATOR, &at).await;
    assert!(ready.contains("It is connected") && ready.contains("大阪店"), "{ready}");
}

#[tokio::test]
async fn aut_7_a_login_that_was_denied_is_told_with_what_to_do() {
    let test = start().await;
    let id = TestInbox::channel_id(ChannelKind::Messenger);
    let access = page(&test, ADMINISTRATOR, &format!("/console/settings/channels/{id}/access")).await;
    let setup = pressed(&test, &access, "POST /setups", json!({ "channel_id": id })).await;
    let at = format!("/console/settings/connect/{}", setup["id"].as_str().unwrap());
    let login = page(&test, ADMINISTRATOR, &at).await;
    assert!(login.contains("Re-authorize Messenger") && !login.contains("name=\"brand_id\""), "{login}");
    let sent = pressed(&test, &login, "POST /setups", Value::Null).await;
    let denied = Consent { cancels: true, ..Consent::default() };
    let back = test.simulator.consent(sent["login_url"].as_str().unwrap(), &denied).unwrap();
    let (status, ..) = test.browse(back.strip_prefix(PUBLIC).unwrap()).await;
    assert_eq!(status, 200);
    let again = page(&test, ADMINISTRATOR, &at).await;
    assert!(again.contains("banner bad") && again.contains("data-follow=\"login_url\""), "{again}");
}

#[tokio::test]
async fn chn_10_somebody_elses_setup_and_one_that_is_over_say_so() {
    let test = start().await;
    let (_, setup) = test.administer_as("somebody", "POST", "/api/setups", &json!({ "kind": "line" })).await;
    let at = format!("/console/settings/connect/{}", setup["id"].as_str().unwrap());
    let shown = page(&test, ADMINISTRATOR, &at).await;
    assert!(shown.contains("Somebody else") && !shown.contains("data-call=\"PUT"), "{shown}");
}

#[tokio::test]
async fn bot_2_a_bot_is_shown_by_its_rules_and_can_be_tried_out() {
    let test = start().await;
    let id = TestInbox::channel_id(ChannelKind::Line);
    let at = format!("/console/settings/bots/{id}");
    let none = page(&test, ADMINISTRATOR, &format!("{at}?kind=keywords")).await;
    assert!(none.contains("Make one first"), "{none}");
    let template = json!({ "name": "Hours", "variants": { "en": { "text": "10 to 6." } } });
    let template = test.administered("POST", "/api/templates", &template).await["id"].clone();
    let form = page(&test, ADMINISTRATOR, &format!("{at}?kind=keywords")).await;
    let bot = json!({
        "kind": "keywords", "rules": [{ "words": ["hours", "open"], "template_id": template }],
        "fallback": { "do": "hand_over" }, "hand_over_words": ["person"],
    });
    pressed(&test, &form, "PUT /channels", bot).await;
    let list = page(&test, ADMINISTRATOR, "/console/settings/bots").await;
    assert!(list.contains("Keywords"), "{list}");
    let form = page(&test, ADMINISTRATOR, &at).await;
    assert!(form.contains("hours\nopen") && form.contains("data-version"), "{form}");
    for (text, expected) in
        [("When%20are%20you%20open", "10 to 6."), ("a%20person", "ask for a person"), ("x", "No rule fits")]
    {
        let outcome = page(&test, ADMINISTRATOR, &format!("{at}/trial?text={text}")).await;
        assert!(outcome.contains(expected), "{text} {outcome}");
    }
    let outside = page(&test, ADMINISTRATOR, &format!("{at}?kind=webhook")).await;
    assert!(outside.contains("data-secret") && outside.contains("name=\"timeout_seconds\""), "{outside}");
}
