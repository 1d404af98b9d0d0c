//! The console's pages of people, brands, departments, timers, templates, labels and ticket rules.

use axum::http::Method;
use madoguchi_domain::{ChannelKind, Role, Span};
use madoguchi_tests::TestInbox;
use serde_json::{Value, json};

use crate::console::{asked, page};

const SETTINGS: &str = "/console/settings";

async fn added(test: &TestInbox, path: &str, body: &Value) -> String {
    test.administered("POST", path, body).await["id"].as_str().unwrap().to_owned()
}

fn channel(kind: ChannelKind) -> String {
    format!("/api/channels/{}", TestInbox::channel_id(kind))
}

/// What is shown between two marks.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = page.split_once(from).unwrap_or_else(|| panic!("no {from} in {page}"));
    rest.split_once(to).unwrap_or_else(|| panic!("no {to} in {rest}")).0
}

#[tokio::test]
async fn con_3_people_are_listed_with_what_they_may_and_answer() {
    let test = TestInbox::start().await;
    let _known = test.get("/api/me").await;
    let listed = page(&test, Role::Administrator, &format!("{SETTINGS}/people")).await;
    assert!(listed.contains("operator-1") && listed.contains("Operator"), "{listed}");
    // MEM-12: where people come from is told.
    assert!(listed.contains("groups of your identity provider"));
    let none =
        page(&test, Role::Administrator, &format!("{SETTINGS}/people?query=nobody+of+that+name")).await;
    assert!(none.contains("Nobody found"));
    let (status, refused) =
        asked(&test, Role::Operator, Method::GET, &format!("{SETTINGS}/people"), &Value::Null, &[]).await;
    assert_eq!(status, 403, "{refused}");
}

#[tokio::test]
async fn mem_6_a_person_shows_each_channel_with_its_state_and_what_can_be_done() {
    let test = TestInbox::start().await;
    let _known = test.get("/api/me").await;
    let path = format!("{SETTINGS}/people/operator-1");
    let before = page(&test, Role::Administrator, &path).await;
    let add = format!("POST /channels/{}/operators", TestInbox::channel_id(ChannelKind::Line));
    assert!(before.contains("Can be added to") && before.contains(&add), "{before}");
    let chosen = json!({ "operators": ["operator-1"] });
    test.administered("POST", &format!("{}/operators", channel(ChannelKind::Line)), &chosen).await;
    let after = page(&test, Role::Administrator, &path).await;
    let remove =
        format!("DELETE /channels/{}/operators/operator-1", TestInbox::channel_id(ChannelKind::Line));
    assert!(after.contains(&remove) && after.contains("Available"), "{after}");
    assert!(after.contains("PUT /people/operator-1/capacity") && after.contains("DELETE /people/operator-1"));
    // Who looks cannot remove themselves.
    let _known = test.administered("GET", "/api/me", &Value::Null).await;
    let own = page(&test, Role::Administrator, &format!("{SETTINGS}/people/administrator-1")).await;
    assert!(own.contains("This is you") && !own.contains("DELETE /people/administrator-1"));
}

#[tokio::test]
async fn ops_4_a_department_tells_when_it_is_open_and_drafts_are_checked() {
    let test = TestInbox::start().await;
    let hours =
        json!({ "time_zone": "Asia/Tokyo", "week": { "monday": [{ "from": "09:00", "to": "24:00" }] } });
    let id = added(&test, "/api/departments", &json!({ "name": "<Support>", "hours": hours })).await;
    let listed = page(&test, Role::Administrator, &format!("{SETTINGS}/departments")).await;
    assert!(listed.contains("&lt;Support&gt;") && listed.contains("Mon 09:00–24:00"), "{listed}");
    let editor = page(&test, Role::Administrator, &format!("{SETTINGS}/departments/{id}")).await;
    assert!(
        editor.contains(&format!("PATCH /departments/{id}"))
            && editor.contains("value=\"Asia/Tokyo\" selected")
    );
    let preview = async |hours: Value| {
        let path = format!("{SETTINGS}/departments/preview");
        let (status, shown) =
            asked(&test, Role::Administrator, Method::POST, &path, &json!({ "hours": hours }), &[]).await;
        assert_eq!(status, 200, "{shown}");
        shown
    };
    let day = |from: &str, to: &str| json!({ "time_zone": "Asia/Tokyo", "week": { "friday": [{ "from": from, "to": to }] } });
    for (hours, expected) in [
        (Value::Null, "Always open"),
        (day("09:00", "18:00"), "Fri 09:00–18:00"),
        (day("18:00", "09:00"), "does not end after it begins"),
        (day("", "18:00"), "Not complete yet"),
        (json!({ "time_zone": "Asia/Tokyo" }), "Never open"),
    ] {
        let shown = preview(hours.clone()).await;
        assert!(shown.contains(expected) && shown.contains("id=\"hours-preview\""), "{hours}: {shown}");
    }
}

#[tokio::test]
async fn tmr_5_timers_are_told_in_sentences_with_where_they_come_from() {
    let test = TestInbox::start().await;
    let brand = added(&test, "/api/brands", &json!({ "name": "Aozora" })).await;
    let department = added(&test, "/api/departments", &json!({ "name": "Support" })).await;
    let timers = |minutes: u32| json!({ "timers": { "unanswered_close_after_minutes": minutes, "idle_close_after_minutes": 30 } });
    test.administered("PATCH", &format!("/api/brands/{brand}"), &timers(120)).await;
    test.administered(
        "PATCH",
        &format!("/api/departments/{department}"),
        &json!({ "timers": { "unanswered_close_after_minutes": 90 } }),
    )
    .await;
    let settings = json!({ "brand_id": brand, "department_id": department });
    test.administered("PATCH", &channel(ChannelKind::Line), &settings).await;
    let overview = page(&test, Role::Administrator, &format!("{SETTINGS}/timers")).await;
    assert!(
        overview.contains("<b>1 hour 30 minutes</b>") && overview.contains("from the department “Support”"),
        "{overview}"
    );
    assert!(
        overview.contains("<b>30 minutes</b>") && overview.contains("from the brand “Aozora”"),
        "{overview}"
    );
    test.administered("PATCH", &channel(ChannelKind::Line), &json!({ "own_timers": true })).await;
    let overview = page(&test, Role::Administrator, &format!("{SETTINGS}/timers")).await;
    assert!(!overview.contains("from the department"), "{overview}");
    for (kind, id) in [("brand", &brand), ("department", &department)] {
        let editor = page(&test, Role::Administrator, &format!("{SETTINGS}/timers/{kind}/{id}")).await;
        assert!(editor.contains("name=\"timers.unanswered_close_after_minutes\""), "{editor}");
        assert!(!editor.contains("name=\"farewell\""));
    }
}

#[tokio::test]
async fn tmr_1_the_form_of_timers_says_what_is_typed_before_it_is_saved() {
    let test = TestInbox::start().await;
    let id = TestInbox::channel_id(ChannelKind::Messenger);
    test.administered(
        "PATCH",
        &channel(ChannelKind::Messenger),
        &json!({ "unanswered_close_after_minutes": 20_160 }),
    )
    .await;
    let editor = page(&test, Role::Administrator, &format!("{SETTINGS}/timers/channel/{id}")).await;
    // C7: a time beyond Messenger's limit is warned of.
    assert!(editor.contains("nobody answer after 7 days") && editor.contains("window_reminder"), "{editor}");
    // The change is made to what was read.
    let version = between(&editor, "data-version=\"", "\"").replace("&quot;", "\"");
    let change = async |version: &str| {
        let headers = [("if-match", version)];
        let path = format!("/console/api/channels/{id}");
        let body = json!({ "idle_close_after_minutes": 45 });
        asked(&test, Role::Administrator, Method::PATCH, &path, &body, &headers).await
    };
    // The version is a moment.
    test.pass(Span::from_secs(1));
    assert_eq!(change(&version).await.0, 200);
    let (status, refused) = change(&version).await;
    assert!(status == 412 && refused.contains("changed_meanwhile"), "{refused}");

    let preview = async |kind: &str, draft: Value| {
        let path = format!("{SETTINGS}/timers/preview?kind={kind}");
        asked(&test, Role::Administrator, Method::POST, &path, &draft, &[]).await.1
    };
    let farewell = json!({ "text": "<i>Bye</i>", "when_operators_close": false });
    let draft = json!({ "unanswered_close_after_minutes": 120, "farewell": farewell });
    let shown = preview("line", draft.clone()).await;
    let sentence = between(&shown, "id=\"say-unanswered\">", "</p>");
    assert!(sentence.contains("<b>2 hours</b>") && sentence.contains("&lt;i&gt;Bye&lt;/i&gt;"), "{sentence}");
    assert!(!shown.contains("24-hour window ends"), "{shown}");
    let shown = preview("messenger", json!({ "unanswered_close_after_minutes": 20_160 })).await;
    let story = between(&shown, "id=\"story\"", "silence after an answer");
    // Messenger's limit comes first: what is later is not told.
    assert!(story.contains("closed by Messenger") && !story.contains("Closed as unanswered"), "{story}");
    let shown = preview("sms", json!({ "unanswered_close_after_minutes": null })).await;
    assert!(shown.contains("not closed by itself") && shown.contains("Stays open"), "{shown}");
}

#[tokio::test]
async fn tpl_1_templates_are_listed_written_and_tried_out() {
    let test = TestInbox::start().await;
    let empty = page(&test, Role::Operator, &format!("{SETTINGS}/templates")).await;
    assert!(empty.contains("No templates yet"));
    let text = "Dear {{contact.name|customer}}, <thanks> {{record.order}}";
    let template = json!({ "name": "Greeting", "folder": ["Hello"], "variants": { "en": { "text": text } } });
    let id = added(&test, "/api/templates", &template).await;
    let listed = page(&test, Role::Operator, &format!("{SETTINGS}/templates")).await;
    assert!(
        listed.contains("Greeting") && listed.contains("&lt;thanks&gt;") && listed.contains("Sent 0 times"),
        "{listed}"
    );
    let found = page(&test, Role::Operator, &format!("{SETTINGS}/templates?search=thanks&language=ja")).await;
    assert!(found.contains("None found"), "it is English only: {found}");
    let editor = page(&test, Role::Operator, &format!("{SETTINGS}/templates/{id}")).await;
    assert!(
        editor.contains(&format!("PATCH /templates/{id}")) && editor.contains("Hanako Yamada"),
        "{editor}"
    );
    let copy = page(&test, Role::Operator, &format!("{SETTINGS}/templates/new?from={id}")).await;
    assert!(copy.contains("POST /templates") && copy.contains("Greeting (copy)"), "{copy}");

    let preview = async |text: &str| {
        let path = format!("{SETTINGS}/templates/preview");
        let draft = json!({ "name": "x", "variants": { "en": { "text": text }, "ja": null } });
        asked(&test, Role::Operator, Method::POST, &path, &draft, &[]).await.1
    };
    let shown = preview("Hello {{contact.name}}").await;
    assert!(
        shown.contains("Hello Hanako Yamada") && shown.contains("<mark>{{contact.name}}</mark>"),
        "{shown}"
    );
    assert!(preview("{{contact.shoe}}").await.contains("There is no field “contact.shoe”"));
    let long = "x".repeat(1_700);
    assert!(preview(&long).await.contains("WhatsApp takes at most 1600"));

    let conversation = test.customer_writes(ChannelKind::Line, "customer-1", "question").await;
    test.settle().await;
    let path = format!("{SETTINGS}/templates/{id}/try?conversation={conversation}");
    let tried = page(&test, Role::Operator, &path).await;
    assert!(tried.contains("&lt;thanks&gt;") && tried.contains("record.order"), "{tried}");
}

#[tokio::test]
async fn con_1_labels_are_shown_to_all_and_changed_by_administrators() {
    let test = TestInbox::start().await;
    let id = added(&test, "/api/labels", &json!({ "name": "<VIP>", "color": "#8f4bd0" })).await;
    let path = format!("{SETTINGS}/labels");
    let shown = page(&test, Role::Administrator, &path).await;
    assert!(shown.contains("&lt;VIP&gt;") && shown.contains("fill=\"#8f4bd0\""), "{shown}");
    assert!(shown.contains(&format!("DELETE /labels/{id}")) && shown.contains("POST /labels"));
    let shown = page(&test, Role::Operator, &path).await;
    assert!(shown.contains("&lt;VIP&gt;") && !shown.contains("data-call=\"DELETE"), "{shown}");
}

#[tokio::test]
async fn chn_13_a_brand_that_channels_show_cannot_be_deleted() {
    let test = TestInbox::start().await;
    let used = added(&test, "/api/brands", &json!({ "name": "Used" })).await;
    let free = added(&test, "/api/brands", &json!({ "name": "Free" })).await;
    test.administered("PATCH", &channel(ChannelKind::Line), &json!({ "brand_id": used })).await;
    let shown = page(&test, Role::Administrator, &format!("{SETTINGS}/brands")).await;
    assert!(shown.contains(&format!("DELETE /brands/{free}")), "{shown}");
    assert!(
        !shown.contains(&format!("DELETE /brands/{used}")) && shown.contains("move its channels"),
        "{shown}"
    );
}

#[tokio::test]
async fn tkt_5_ticket_rules_are_told_by_channel_and_department() {
    let test = TestInbox::start().await;
    let department = added(&test, "/api/departments", &json!({ "name": "Support" })).await;
    let tickets =
        json!({ "after": { "timer": { "minutes": 90 } }, "departments": { department.as_str(): "always" } });
    test.administered("PATCH", &channel(ChannelKind::Line), &json!({ "tickets": tickets })).await;
    let shown = page(&test, Role::Administrator, &format!("{SETTINGS}/ticket-rules")).await;
    assert!(
        shown.contains("<b>1 hour 30 minutes</b>") && shown.contains("becomes a ticket at once"),
        "{shown}"
    );
    let id = TestInbox::channel_id(ChannelKind::Line);
    let form = page(&test, Role::Administrator, &format!("{SETTINGS}/ticket-rules/{id}")).await;
    assert!(form.contains(&format!("name=\"tickets.departments.{department}\"")), "{form}");
    assert!(form.contains("name=\"tickets.after.timer.minutes\""), "{form}");
}
