//! Message templates: kept, found, filled in, sent.

use axum::http::StatusCode;
use madoguchi_domain::channel::OperatorAccess;
use madoguchi_domain::{Channel, ChannelKind, ChannelSettings, ConversationId, Span};
use serde_json::{Value, json};

use crate::support::{Answer, Caller, NOW, TestApi};

const SID: &str = "HX0123456789abcdef0123456789abcdef";

async fn added(api: &TestApi, body: Value) -> Value {
    let answer = api.operate("POST", "/api/templates", body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    api.hand.advance(Span::from_ms(1));
    answer.body
}

fn path(template: &Value) -> String {
    format!("/api/templates/{}", template["id"].as_str().unwrap())
}

fn named(name: &str, text: &str) -> Value {
    json!({"name": name, "variants": {"ja": {"text": text}}})
}

async fn customer(api: &TestApi, kind: ChannelKind) -> (Channel, ConversationId) {
    let channel = api.add_channel(kind, "1", ChannelSettings::default()).await;
    let from = if kind == ChannelKind::Line { "U1" } else { "whatsapp:+819012345678" };
    let id = api.customer_writes(&channel, from, "hello", NOW).await;
    let mut conversation = api.inbox.conversation(id).await.unwrap().unwrap();
    conversation.contact.name = Some("山田".to_owned());
    let _saved = api.inbox.save_conversation(&conversation).await.unwrap();
    (channel, id)
}

async fn previewed(api: &TestApi, template: &Value, conversation: ConversationId, more: Value) -> Answer {
    let mut body = json!({"conversation_id": conversation});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    api.operate("POST", &format!("{}/preview", path(template)), body).await
}

fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn tpl_1_templates_are_kept_listed_by_folder_and_given_up() {
    let api = TestApi::start().await;
    let hello = added(&api, named(" 挨拶 ", "{{contact.name|お客様}}、こんにちは")).await;
    assert_eq!((&hello["name"], &hello["version"], &hello["uses"]), (&json!("挨拶"), &json!(1), &json!(0)));
    assert_eq!((&hello["fields"], &hello["objects"]), (&json!(["contact.name"]), &json!(["contact"])));
    let mut quote = named("見積", "{{record.金額}}円");
    quote["folder"] = json!(["営業", "見積"]);
    let quote = added(&api, quote).await;
    let taken = api.operate("POST", "/api/templates", named("挨拶", "x")).await;
    assert_eq!((taken.status, taken.error()), (StatusCode::CONFLICT, "name_taken"));
    let mut elsewhere = named("挨拶", "Zzz");
    elsewhere["folder"] = json!(["営業"]);
    added(&api, elsewhere).await;
    for (query, expected) in [
        ("", &["挨拶", "挨拶", "見積"][..]),
        ("?folder=%E5%96%B6%E6%A5%AD", &["挨拶", "見積"]),
        ("?folder=%E5%96%B6%E6%A5%AD%2F%E8%A6%8B%E7%A9%8D", &["見積"]),
        ("?object=record", &["見積"]),
        ("?search=zzz", &["挨拶"]),
        ("?search=%E8%A6%8B%E7%A9%8D&object=contact", &[]),
    ] {
        let page = api.get(&format!("/api/templates{query}")).await;
        assert_eq!(names(&page.body), expected, "{query}");
    }
    // Page by page.
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("/api/templates?limit=1&cursor={cursor}")).await.body;
        seen.extend(page["items"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!((seen.len(), &seen[0]["id"], &seen[2]["id"]), (3, &hello["id"], &quote["id"]));
    for query in ["?department=x", "?object=deal", "?cursor=!", "?limit=0", "?colour=red"] {
        assert_eq!(api.get(&format!("/api/templates{query}")).await.error(), "invalid_query", "{query}");
    }
    assert_eq!(api.get(&path(&quote)).await.body, quote);
    let gone = api.call(Caller::Operator, "DELETE", &path(&quote), None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(api.get(&path(&quote)).await.error(), "template_not_found");
    assert_eq!(names(&api.get("/api/templates").await.body).len(), 2);
}

#[tokio::test]
async fn tpl_1_what_cannot_be_filled_is_refused_when_it_is_saved() {
    let api = TestApi::start().await;
    let refused = api.operate("POST", "/api/templates", named("x", "{{contact.birthday}}")).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::UNPROCESSABLE_ENTITY, "template_invalid"));
    let message = refused.body["error"]["message"].as_str().unwrap();
    assert!(message.contains("`contact.birthday`") && message.contains("operator.name"), "{message}");
    for (body, error) in [
        (named("", "x"), "template_invalid"),
        (named("x", " "), "template_invalid"),
        (json!({"name": "x", "variants": {}}), "template_invalid"),
        (json!({"name": "x", "variants": {"日本": {"text": "x"}}}), "invalid_body"),
        (json!({"name": "x", "variants": {"ja": {"text": "x"}}, "object": "deal"}), "invalid_body"),
        (json!({"name": "x", "variants": {"ja": {"text": "x"}}, "folder": ["a/b"]}), "template_invalid"),
        (
            json!({"name": "x", "variants": {"ja": {"text": "x", "approved": {"content_sid": "HX1"}}}}),
            "template_invalid",
        ),
    ] {
        assert_eq!(api.operate("POST", "/api/templates", body.clone()).await.error(), error, "{body}");
    }
    assert_eq!(api.get("/api/templates").await.body["items"], json!([]));
}

#[tokio::test]
async fn tpl_3_of_two_who_edit_at_once_one_is_shown_what_the_other_wrote() {
    let api = TestApi::start().await;
    let template = added(&api, named("挨拶", "こんにちは")).await;
    let path = path(&template);
    let change = |version: u64, text: &str| json!({"version": version, "variants": {"ja": {"text": text}}});
    let first = api.operate("PATCH", &path, change(1, "こんばんは")).await;
    assert_eq!(
        (&first.body["version"], &first.body["variants"]["ja"]["text"]),
        (&json!(2), &json!("こんばんは"))
    );
    let second = api.call(Caller::Person("person-2"), "PATCH", &path, Some(change(1, "おはよう"))).await;
    assert_eq!((second.status, second.error()), (StatusCode::PRECONDITION_FAILED, "changed_meanwhile"));
    assert_eq!(second.body["current"], first.body);
    let blind = api.operate("PATCH", &path, json!({"name": "x"})).await;
    assert_eq!(blind.error(), "invalid_body");
    let more =
        json!({"version": 2, "name": "夜", "folder": ["a"], "variants": {"en": {"text": "Hi"}, "ja": null}});
    let more = api.operate("PATCH", &path, more).await.body;
    assert_eq!((&more["name"], &more["folder"], &more["version"]), (&json!("夜"), &json!(["a"]), &json!(3)));
    assert_eq!(more["variants"].as_object().unwrap().keys().collect::<Vec<_>>(), ["en"]);
    let emptied = api.operate("PATCH", &path, json!({"version": 3, "variants": {"en": null}})).await;
    assert_eq!(emptied.error(), "template_invalid");
}

#[tokio::test]
async fn tpl_5_a_departments_templates_belong_to_those_who_see_its_channels() {
    let api = TestApi::start().await;
    let department =
        api.administer("POST", "/api/departments", json!({"name": "Desk"})).await.body["id"].clone();
    let mut own = named("Desk", "x");
    own["department_id"] = department.clone();
    let refused = api.operate("POST", "/api/templates", own.clone()).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::FORBIDDEN, "other_department"));
    let kept = api.administer("POST", "/api/templates", own).await.body;
    let change = json!({"version": 1, "name": "Ours"});
    assert_eq!(api.operate("PATCH", &path(&kept), change.clone()).await.error(), "other_department");
    assert_eq!(api.operate("DELETE", &path(&kept), json!({})).await.error(), "other_department");
    // Everybody may read and use it.
    assert_eq!(api.get(&path(&kept)).await.body, kept);
    let mut channel = api.add_channel(ChannelKind::Line, "1", ChannelSettings::default()).await;
    let read_at = channel.settings_changed_at;
    channel.department = Some(department.as_str().unwrap().parse().unwrap());
    channel.settings.operators = OperatorAccess::Everybody;
    let _done = api.directory.change_channel(&channel, read_at, NOW).await.unwrap();
    assert_eq!(api.operate("PATCH", &path(&kept), change).await.body["name"], "Ours");
    let free = added(&api, named("Free", "x")).await;
    let listed = |department: String| {
        let api = &api;
        async move { api.get(&format!("/api/templates?department={department}")).await.body }
    };
    assert_eq!(names(&listed(department.as_str().unwrap().to_owned()).await), ["Free", "Ours"]);
    assert_eq!(names(&listed(free["id"].as_str().unwrap().to_owned()).await), ["Free"]);
    let nowhere = json!({"version": 1, "department_id": free["id"]});
    assert_eq!(api.operate("PATCH", &path(&free), nowhere).await.error(), "department_not_found");
}

#[tokio::test]
async fn tpl_4_a_preview_fills_in_and_names_what_is_missing() {
    let api = TestApi::start().await;
    let (channel, id) = customer(&api, ChannelKind::Line).await;
    let text = "{{name}}様 {{conversation.channel}} {{operator.name}} {{contact.phone|-}} {{record.金額}}";
    let template = added(&api, named("見積", text)).await;
    let shown = previewed(&api, &template, id, json!({})).await;
    assert_eq!(shown.status, StatusCode::OK, "{shown:?}");
    let expected = format!("山田様 {} yamada - {{{{record.金額}}}}", channel.name);
    assert_eq!((&shown.body["text"], &shown.body["missing"]), (&json!(expected), &json!(["record.金額"])));
    assert_eq!((&shown.body["language"], &shown.body["sends_as"]), (&json!("ja"), &json!("text")));
    let record = json!({"record": {"金額": "1,000", "name": "案件"}, "object": "record", "language": "en"});
    let shown = previewed(&api, &template, id, record).await.body;
    assert_eq!(
        (shown["text"].as_str().unwrap().starts_with("案件様"), &shown["missing"]),
        (true, &json!([]))
    );
    let long = added(&api, named("長い", &format!("{}{{{{record.x}}}}", "あ".repeat(4_980)))).await;
    let shown = previewed(&api, &long, id, json!({"record": {"x": "い".repeat(21)}})).await.body;
    assert_eq!(shown["problems"][0]["id"], "text_too_long");
    assert_eq!(shown["problems"][0]["text"]["length"], 5_001);
    let bad = previewed(&api, &template, id, json!({"record": {"a.b": "x"}})).await;
    assert_eq!(bad.error(), "invalid_body");
    let nobody = previewed(
        &api,
        &template,
        ConversationId::derive(channel.id, &madoguchi_domain::Party::User("U9".into())),
        json!({}),
    );
    assert_eq!(nobody.await.error(), "conversation_not_found");
}

#[tokio::test]
async fn tpl_2_a_template_is_sent_filled_in_and_its_use_is_counted() {
    let api = TestApi::start().await;
    let (_, id) = customer(&api, ChannelKind::Line).await;
    let template = added(&api, named("挨拶", "{{contact.name}}様、{{record.金額}}")).await;
    let of = |more: Value| {
        let mut draft = json!({"id": template["id"]});
        draft.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "template": draft })
    };
    let refused = api.send_draft(id, "k1", of(json!({}))).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::UNPROCESSABLE_ENTITY, "template_incomplete"));
    assert!(refused.body["error"]["message"].as_str().unwrap().contains("record.金額"));
    let draft = of(json!({"record": {"金額": "1,000円"}}));
    let sent = api.send_draft(id, "k1", draft.clone()).await;
    assert_eq!((sent.status, &sent.body["text"]), (StatusCode::ACCEPTED, &json!("山田様、1,000円")));
    let again = api.send_draft(id, "k1", draft).await;
    assert_eq!((again.status, &again.body["id"]), (StatusCode::OK, &sent.body["id"]));
    let edited = json!({"text": "山田様、いつも…", "template_id": template["id"]});
    assert_eq!(api.send_draft(id, "k2", edited).await.status, StatusCode::ACCEPTED);
    let counted = api.get(&path(&template)).await.body;
    assert_eq!((&counted["uses"], &counted["version"]), (&json!(2), &json!(1)), "a repetition is no use");
    assert_eq!(api.get("/api/templates").await.body["items"][0]["uses"], 2);
    let other = "1809223c-a54e-5e9b-ae37-4058be706671";
    for (draft, error) in [
        (json!({"template": {"id": other}}), "template_not_found"),
        (json!({"text": "x", "template_id": other}), "template_not_found"),
        (json!({"template_id": template["id"]}), "invalid_body"),
        (json!({"text": "x", "template": {"id": template["id"]}}), "invalid_body"),
        (json!({"template": {"id": template["id"], "content_sid": SID}}), "invalid_body"),
        (json!({"template": {}}), "invalid_body"),
    ] {
        assert_eq!(api.send_draft(id, "k3", draft.clone()).await.error(), error, "{draft}");
    }
}

#[tokio::test]
async fn tpl_6_outside_the_window_the_approved_template_goes_out() {
    let api = TestApi::start().await;
    let (_, id) = customer(&api, ChannelKind::WhatsApp).await;
    let approved =
        json!({"content_sid": SID, "variables": {"1": "{{contact.name}}様", "2": "{{contact.phone}}"}});
    let variants = json!({"ja": {"text": "{{contact.name}}様 {{contact.phone}}", "approved": approved}});
    let template = added(&api, json!({"name": "再開", "variants": variants})).await;
    let draft = json!({"template": {"id": template["id"]}});
    let inside = api.send_draft(id, "k1", draft.clone()).await;
    assert_eq!(
        (&inside.body["text"], &inside.body["template"]),
        (&json!("山田様 +819012345678"), &json!(null))
    );
    api.hand.advance(Span::from_hours(25));
    assert_eq!(previewed(&api, &template, id, json!({})).await.body["sends_as"], "template");
    let outside = api.send_draft(id, "k2", draft).await;
    assert_eq!(outside.status, StatusCode::ACCEPTED, "{outside:?}");
    let expected = json!({"content_sid": SID, "variables": {"1": "山田様", "2": "+819012345678"}});
    assert_eq!(outside.body["template"], expected);
}
