//! Internal notes, mentions, labels and drafts.

use axum::http::StatusCode;
use madoguchi_domain::channel::OperatorAccess;
use madoguchi_domain::{Channel, ChannelKind, ChannelSettings, Conversation, ConversationId, Span};
use serde_json::{Value, json};

use crate::support::{Answer, Caller, NOW, TestApi};

const TWO: Caller = Caller::Person("person-2");

async fn chat(api: &TestApi) -> (Channel, ConversationId) {
    let channel = api.add_channel(ChannelKind::Line, "1", ChannelSettings::default()).await;
    let id = api.customer_writes(&channel, "U1", "hello", NOW).await;
    // People are known from their first request on.
    for caller in [Caller::Operator, TWO] {
        assert_eq!(api.call(caller, "GET", "/api/me", None).await.status, StatusCode::OK);
    }
    (channel, id)
}

async fn note(api: &TestApi, id: ConversationId, key: &str, body: Value) -> Answer {
    let path = format!("/api/conversations/{id}/notes");
    api.hand.advance(Span::from_ms(1));
    api.call_with_key(Caller::Operator, "POST", &path, key, body).await
}

async fn stored(api: &TestApi, id: ConversationId) -> Conversation {
    api.inbox.conversation(id).await.unwrap().unwrap()
}

async fn mentions(api: &TestApi) -> Value {
    api.call(TWO, "GET", "/api/me/mentions", None).await.body
}

#[tokio::test]
async fn con_7_a_note_stands_in_the_timeline_and_moves_nothing() {
    let api = TestApi::start().await;
    let (_, id) = chat(&api).await;
    let before = stored(&api, id).await;
    let written = note(&api, id, "k", json!({"text": " 折り返し待ち "})).await;
    assert_eq!(written.status, StatusCode::CREATED, "{written:?}");
    let view = &written.body;
    assert_eq!(
        (&view["direction"], &view["kind"], &view["text"], &view["status"], &view["sender_name"]),
        (&json!("internal"), &json!("note"), &json!("折り返し待ち"), &json!(null), &json!("yamada"))
    );
    assert_eq!((&view["operator_id"], &view["sent_as"]), (&json!("person-1"), &json!(null)));
    // TMR-4: no clock, no window, no place in a list, no preview, no count.
    assert_eq!(stored(&api, id).await, before);
    let again = note(&api, id, "k", json!({"text": "折り返し待ち"})).await;
    assert_eq!((again.status, &again.body), (StatusCode::OK, view));
    assert_eq!(note(&api, id, "k", json!({"text": "別"})).await.error(), "idempotency_key_reused");
    let messages = api.get(&format!("/api/conversations/{id}/messages")).await.body;
    assert_eq!((&messages["items"][0], messages["items"].as_array().unwrap().len()), (view, 2));
    // It can neither be sent again nor canceled.
    let path = format!("/api/conversations/{id}/messages/{}", view["id"].as_str().unwrap());
    assert_eq!(api.post(&format!("{path}/resend")).await.error(), "message_not_resendable");
    assert_eq!(api.operate("DELETE", &path, json!({})).await.error(), "message_not_scheduled");
    for (text, error) in [("", "note_length_refused"), (&*"あ".repeat(5_001), "note_length_refused")] {
        assert_eq!(note(&api, id, "k2", json!({ "text": text })).await.error(), error);
    }
}

#[tokio::test]
async fn con_7_a_note_is_changed_and_deleted_by_its_author_and_marked() {
    let api = TestApi::start().await;
    let (_, id) = chat(&api).await;
    let written = note(&api, id, "k", json!({"text": "a"})).await.body;
    let path = format!("/api/conversations/{id}/notes/{}", written["id"].as_str().unwrap());
    for method in ["PATCH", "DELETE"] {
        let refused = api.call(TWO, method, &path, Some(json!({"text": "b"}))).await;
        assert_eq!((refused.status, refused.error()), (StatusCode::FORBIDDEN, "note_not_yours"));
    }
    let edited = api.operate("PATCH", &path, json!({"text": "b"})).await.body;
    assert_eq!(
        (&edited["text"], &edited["edited"], &edited["unsent"]),
        (&json!("b"), &json!(true), &json!(false))
    );
    let deleted = api.operate("DELETE", &path, json!({})).await.body;
    assert_eq!(
        (&deleted["text"], &deleted["unsent"], &deleted["kind"]),
        (&json!(null), &json!(true), &json!("note"))
    );
    assert_eq!(api.operate("DELETE", &path, json!({})).await.body, deleted);
    assert_eq!(api.operate("PATCH", &path, json!({"text": "c"})).await.error(), "note_deleted");
    // A customer's message is no note.
    let said = api.get(&format!("/api/conversations/{id}/messages")).await.body["items"][1]["id"].clone();
    let said = format!("/api/conversations/{id}/notes/{}", said.as_str().unwrap());
    assert_eq!(api.operate("DELETE", &said, json!({})).await.error(), "message_not_found");
}

#[tokio::test]
async fn con_7_a_note_can_be_corrected_when_somebody_it_mentions_is_gone() {
    let api = TestApi::start().await;
    let (_, id) = chat(&api).await;
    let written = note(&api, id, "k", json!({"text": "ask @person-2", "mentions": ["person-2"]})).await.body;
    let gone = api.administer("DELETE", "/api/people/person-2", json!({})).await;
    assert!(gone.status.is_success(), "{gone:?}");
    api.hand.advance(Span::from_minutes(1));
    let path = format!("/api/conversations/{id}/notes/{}", written["id"].as_str().unwrap());
    let change = async |mentions: Value| {
        api.operate("PATCH", &path, json!({"text": "ask Sato", "mentions": mentions})).await
    };
    assert_eq!(change(json!(["person-2", "person-3"])).await.error(), "mention_refused");
    let corrected = change(json!(["person-2"])).await;
    assert_eq!((corrected.status, &corrected.body["text"]), (StatusCode::OK, &json!("ask Sato")));
    // Taken out once, they cannot be mentioned again.
    assert_eq!(change(json!([])).await.status, StatusCode::OK);
    assert_eq!(change(json!(["person-2"])).await.error(), "mention_refused");
}

#[tokio::test]
async fn con_7_who_is_mentioned_finds_it_in_their_list_until_they_have_read_it() {
    let api = TestApi::start().await;
    let (_, id) = chat(&api).await;
    for number in 0..3 {
        let body = json!({"text": format!("@person-2 {number}"), "mentions": ["person-2", "person-1"]});
        assert_eq!(note(&api, id, &format!("k{number}"), body).await.status, StatusCode::CREATED);
    }
    let listed = mentions(&api).await;
    let texts: Vec<_> = listed["items"].as_array().unwrap().iter().map(|it| it["text"].clone()).collect();
    assert_eq!(texts, ["@person-2 2", "@person-2 1", "@person-2 0"]);
    assert_eq!((&listed["unread"], &listed["next_cursor"]), (&json!(3), &json!(null)));
    assert_eq!(listed["items"][0]["conversation_id"], json!(id));
    assert_eq!(
        api.get("/api/me/mentions").await.body["items"],
        json!([]),
        "nobody is told of their own note"
    );
    // Page by page.
    let page = api.call(TWO, "GET", "/api/me/mentions?limit=2", None).await.body;
    let next = format!("/api/me/mentions?limit=2&cursor={}", page["next_cursor"].as_str().unwrap());
    let rest = api.call(TWO, "GET", &next, None).await.body;
    assert_eq!((&rest["items"][0], &rest["next_cursor"]), (&listed["items"][2], &json!(null)));
    // Read up to the second.
    let read =
        |through: &Value| api.call(TWO, "POST", "/api/me/mentions/read", Some(json!({ "through": through })));
    assert_eq!(read(&listed["items"][1]["id"]).await.status, StatusCode::NO_CONTENT);
    assert_eq!(read(&listed["items"][2]["id"]).await.status, StatusCode::NO_CONTENT);
    let now = mentions(&api).await;
    let unread: Vec<_> = now["items"].as_array().unwrap().iter().map(|it| it["unread"].clone()).collect();
    assert_eq!((&now["unread"], unread), (&json!(1), vec![json!(true), json!(false), json!(false)]));
    assert_eq!(read(&json!("x")).await.error(), "invalid_body");
    assert_eq!(read(&json!(format!("9999999999999-{id}"))).await.error(), "invalid_body");
    // Somebody who is mentioned later is told once; what is deleted is not shown any more.
    let late = note(&api, id, "late", json!({"text": "x"})).await.body;
    let path = format!("/api/conversations/{id}/notes/{}", late["id"].as_str().unwrap());
    api.operate("PATCH", &path, json!({"text": "x @person-2", "mentions": ["person-2"]})).await;
    api.operate("PATCH", &path, json!({"text": "y @person-2", "mentions": ["person-2"]})).await;
    let now = mentions(&api).await;
    assert_eq!((&now["unread"], &now["items"][0]["text"]), (&json!(2), &json!("y @person-2")));
    api.operate("DELETE", &path, json!({})).await;
    assert_eq!(mentions(&api).await["items"][0]["text"], json!(null));
}

#[tokio::test]
async fn con_7_only_who_sees_the_channel_is_mentioned_and_shown_it() {
    let api = TestApi::start().await;
    let (mut channel, id) = chat(&api).await;
    let body = json!({"text": "x", "mentions": ["person-2"]});
    assert_eq!(note(&api, id, "k", body.clone()).await.status, StatusCode::CREATED);
    for person in ["person-9", "", &"x".repeat(1_025)] {
        let nobody = note(&api, id, "k2", json!({"text": "x", "mentions": [person]})).await;
        assert_eq!((nobody.status, nobody.error()), (StatusCode::UNPROCESSABLE_ENTITY, "mention_refused"));
    }
    let many: Vec<String> = (0..21).map(|number| format!("person-{number}")).collect();
    assert_eq!(
        note(&api, id, "k2", json!({"text": "x", "mentions": many})).await.error(),
        "too_many_mentions"
    );
    api.call(TWO, "PUT", &format!("/api/conversations/{id}/draft"), Some(json!({"text": "x"}))).await;
    let read_at = channel.settings_changed_at;
    channel.settings.operators = OperatorAccess::Associated;
    let _done = api.directory.change_channel(&channel, read_at, NOW + Span::from_ms(1)).await.unwrap();
    api.hand.advance(Span::from_minutes(1));
    let hidden = mentions(&api).await;
    assert_eq!((&hidden["items"], &hidden["unread"]), (&json!([]), &json!(0)));
    assert_eq!(api.call(TWO, "GET", "/api/me/drafts", None).await.body["items"], json!([]));
    for (method, path) in [
        ("GET", format!("/api/conversations/{id}/draft")),
        ("PUT", format!("/api/conversations/{id}/draft")),
        ("POST", format!("/api/conversations/{id}/notes")),
    ] {
        let refused = api.call_with_key(TWO, method, &path, "k", json!({"text": "x"})).await;
        assert_eq!(refused.error(), "conversation_not_found", "{method} {path}");
    }
    // An administrator sees everything, and cannot mention who does not.
    let path = format!("/api/conversations/{id}/notes");
    let refused = api.call_with_key(Caller::Administrator, "POST", &path, "k3", body).await;
    assert_eq!(refused.error(), "mention_refused");
}

#[tokio::test]
async fn tmr_4_a_label_is_put_on_and_taken_off_with_a_line_and_restarts_nothing() {
    let api = TestApi::start().await;
    let (_, id) = chat(&api).await;
    let label = |name: &str| json!({"name": name, "color": "#FF0000"});
    assert_eq!(api.operate("POST", "/api/labels", label("VIP")).await.error(), "administrators_only");
    let vip = api.administer("POST", "/api/labels", label(" VIP ")).await;
    assert_eq!((vip.status, &vip.body["name"]), (StatusCode::CREATED, &json!("VIP")));
    assert_eq!(vip.body["color"], "#ff0000");
    assert_eq!(api.administer("POST", "/api/labels", label("ｖｉｐ")).await.error(), "name_taken");
    let bad = json!({"name": "x", "color": "red"});
    assert_eq!(api.administer("POST", "/api/labels", bad).await.error(), "invalid_body");
    let vip_id = vip.body["id"].as_str().unwrap();
    let renamed =
        api.administer("PATCH", &format!("/api/labels/{vip_id}"), json!({"name": "得意先"})).await.body;
    assert_eq!((&renamed["id"], &renamed["color"]), (&vip.body["id"], &json!("#ff0000")));
    assert_eq!(api.get("/api/labels").await.body["items"], json!([renamed]));

    let before = stored(&api, id).await;
    let path = format!("/api/conversations/{id}/labels/{vip_id}");
    api.hand.advance(Span::from_ms(1));
    let marked = api.operate("PUT", &path, json!({})).await;
    assert_eq!((marked.status, &marked.body["labels"]), (StatusCode::OK, &json!([vip_id])));
    assert_eq!(api.operate("PUT", &path, json!({})).await.body["version"], marked.body["version"]);
    let now = stored(&api, id).await;
    assert_eq!(Conversation { labels: before.labels.clone(), version: before.version, ..now }, before);
    let lines = api.get(&format!("/api/conversations/{id}/messages")).await.body["items"].clone();
    assert_eq!(
        (&lines[0]["kind"], &lines[0]["text"], &lines[0]["details"]["operator"]),
        (&json!("labeled"), &json!("得意先"), &json!("yamada"))
    );
    let listed = api.get(&format!("/api/conversations?label={vip_id}")).await.body;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    // Given up: it cannot be put on, only taken off.
    let gone = api.administer("DELETE", &format!("/api/labels/{vip_id}"), json!({})).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(api.operate("PUT", &path, json!({})).await.error(), "label_not_found");
    let off = api.operate("DELETE", &path, json!({})).await;
    assert_eq!(off.body["labels"], json!([]));
    assert_eq!(api.operate("DELETE", &path, json!({})).await.body["version"], off.body["version"]);
    assert_eq!(
        api.administer("PATCH", &format!("/api/labels/{vip_id}"), json!({})).await.error(),
        "label_not_found"
    );
}

#[tokio::test]
async fn cls_11_a_conversation_is_closed_with_a_label() {
    let api = TestApi::start().await;
    let (_, id) = chat(&api).await;
    let label = json!({"name": "解決", "color": "#000000"});
    let label = api.administer("POST", "/api/labels", label).await.body["id"].clone();
    let path = format!("/api/conversations/{id}/close");
    let unknown = api.operate("POST", &path, json!({ "label_id": id })).await;
    assert_eq!(unknown.error(), "label_not_found");
    let closed = api.operate("POST", &path, json!({ "label_id": label })).await.body;
    assert_eq!((&closed["status"], &closed["labels"]), (&json!("closed"), &json!([label])));
    let line = api.get(&format!("/api/conversations/{id}/messages")).await.body["items"][0].clone();
    assert_eq!((&line["kind"], &line["details"]["label"]), (&json!("closed"), &json!("解決")));
}

#[tokio::test]
async fn a_label_that_was_given_up_leaves_with_the_next_change() {
    let api = TestApi::start().await;
    let (_, id) = chat(&api).await;
    let mut ids = Vec::new();
    for name in ["a", "b"] {
        let label =
            api.administer("POST", "/api/labels", json!({"name": name, "color": "#000000"})).await.body;
        ids.push(label["id"].as_str().unwrap().to_owned());
    }
    let put = async |label: &str| {
        api.operate("PUT", &format!("/api/conversations/{id}/labels/{label}"), json!({})).await
    };
    put(&ids[0]).await;
    api.administer("DELETE", &format!("/api/labels/{}", ids[0]), json!({})).await;
    assert_eq!(put(&ids[1]).await.body["labels"], json!([ids[1]]));
}

#[tokio::test]
async fn con_6_a_draft_is_kept_for_its_author_and_never_overwritten_unseen() {
    let api = TestApi::start().await;
    let (_, id) = chat(&api).await;
    let path = format!("/api/conversations/{id}/draft");
    assert_eq!(api.get(&path).await.error(), "draft_not_found");
    let save = |text: &str, revision: u64| json!({"text": text, "revision": revision});
    let first = api.operate("PUT", &path, save("お世話に", 0)).await;
    assert_eq!((first.status, &first.body["revision"]), (StatusCode::OK, &json!(1)), "{first:?}");
    assert_eq!(api.get(&path).await.body, first.body);
    assert_eq!(api.call(TWO, "GET", &path, None).await.error(), "draft_not_found", "it is nobody else's");
    // Another tab.
    let second = api.operate("PUT", &path, save("お世話になって", 1)).await.body;
    let stale = api.operate("PUT", &path, save("別", 1)).await;
    assert_eq!((stale.status, stale.error()), (StatusCode::PRECONDITION_FAILED, "changed_meanwhile"));
    assert_eq!(stale.body["current"], second);
    let stale = api.call(Caller::Operator, "DELETE", &format!("{path}?revision=1"), None).await;
    assert_eq!(stale.error(), "changed_meanwhile");
    assert_eq!(api.call(Caller::Operator, "DELETE", &path, None).await.error(), "invalid_query");
    assert_eq!(api.get("/api/me/drafts").await.body["items"], json!([second]));
    let gone = api.call(Caller::Operator, "DELETE", &format!("{path}?revision=2"), None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(api.get(&path).await.error(), "draft_not_found");
    assert_eq!(api.get("/api/me/drafts").await.body["items"], json!([]));
    assert_eq!(api.operate("PUT", &path, save("x", 2)).await.body["current"], json!(null));
    for text in [String::new(), "あ".repeat(10_001)] {
        assert_eq!(api.operate("PUT", &path, save(&text, 0)).await.error(), "invalid_body");
    }
    // It is forgotten 30 days after it was saved.
    api.operate("PUT", &path, save("x", 0)).await;
    api.hand.advance(Span::from_days(30) - Span::from_ms(1));
    assert_eq!(api.get(&path).await.body["text"], "x");
    api.hand.advance(Span::from_ms(1));
    assert_eq!(api.get(&path).await.error(), "draft_not_found");
    assert_eq!(api.operate("PUT", &path, save("y", 0)).await.body["text"], "y");
}

#[tokio::test]
async fn con_6_a_draft_that_is_sent_is_gone_unless_another_tab_went_on() {
    let api = TestApi::start().await;
    let (_, id) = chat(&api).await;
    let path = format!("/api/conversations/{id}/draft");
    let save = |text: &str, revision: u64| json!({"text": text, "revision": revision});
    api.operate("PUT", &path, save("a", 0)).await;
    let draft = |revision: u64| json!({"text": "a", "draft_revision": revision});
    assert_eq!(api.send_draft(id, "k1", draft(1)).await.status, StatusCode::ACCEPTED);
    assert_eq!(api.get(&path).await.error(), "draft_not_found");
    let third = api.operate("PUT", &path, save("b", 0)).await.body["revision"].as_u64().unwrap();
    let fourth = api.operate("PUT", &path, save("c", third)).await.body;
    assert_eq!(api.send_draft(id, "k2", draft(third)).await.status, StatusCode::ACCEPTED);
    assert_eq!(api.get(&path).await.body, fourth);
}

#[tokio::test]
async fn con_6_of_two_tabs_that_save_at_once_one_is_shown_what_the_other_wrote() {
    let api = TestApi::start().await;
    let (_, id) = chat(&api).await;
    let path = format!("/api/conversations/{id}/draft");
    for revision in 0..5_u64 {
        let save =
            async |text: &str| api.operate("PUT", &path, json!({"text": text, "revision": revision})).await;
        let (one, other) = futures::join!(save("one"), save("other"));
        let (won, lost) = if one.status == StatusCode::OK { (one, other) } else { (other, one) };
        assert_eq!((won.status, lost.error()), (StatusCode::OK, "changed_meanwhile"), "{revision}");
        assert_eq!(lost.body["current"], won.body);
    }
}
