//! Listing, reading, closing and reopening.

use axum::http::StatusCode;
use madoguchi_domain::{ChannelKind, ChannelSettings, ReopenPolicy, Span};
use serde_json::json;

use crate::support::{NOW, TestApi};

fn ids(list: &serde_json::Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn cls_3_sections_are_listed_newest_first_over_all_channels_and_page_by_page() {
    let api = TestApi::start().await;
    let page = api.add_channel(ChannelKind::Messenger, "104", ChannelSettings::default()).await;
    let line = api.add_channel(ChannelKind::Line, "165", ChannelSettings::default()).await;
    let mut written = Vec::new();
    for number in 0..5 {
        let channel = if number % 2 == 0 { &page } else { &line };
        let (from, text) = (format!("u{number}"), format!("text {number}"));
        let id = api.customer_writes(channel, &from, &text, NOW + Span::from_secs(number)).await;
        written.insert(0, id.to_string());
    }
    let all = api.get("/api/conversations").await;
    assert_eq!(ids(&all.body), written);
    assert_eq!(all.body["next_cursor"], json!(null));

    let mut path = "/api/conversations?section=unanswered&limit=2".to_owned();
    let mut paged = Vec::new();
    loop {
        let page = api.get(&path).await;
        paged.extend(ids(&page.body).into_iter().map(str::to_owned));
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        path = format!("/api/conversations?section=unanswered&limit=2&cursor={cursor}");
    }
    assert_eq!(paged, written);

    let of_line = api.get(&format!("/api/conversations?channel={}", line.id)).await;
    assert_eq!(ids(&of_line.body), [written[1].as_str(), written[3].as_str()]);

    let newest = &written[0];
    assert_eq!(api.post(&format!("/api/conversations/{newest}/close")).await.status, StatusCode::OK);
    let closed = api.get("/api/conversations?section=closed").await;
    assert_eq!(ids(&closed.body), [newest.as_str()]);
    assert_eq!(ids(&api.get("/api/conversations?section=open").await.body), written[1..]);
}

#[tokio::test]
async fn cls_2_an_answered_conversation_is_open_and_not_unanswered() {
    let api = TestApi::start().await;
    let line = api.add_channel(ChannelKind::Line, "165", ChannelSettings::default()).await;
    let id = api.customer_writes(&line, "u", "hello", NOW).await;
    assert_eq!(api.reply(id, "k", "hi").await.status, StatusCode::ACCEPTED);
    assert!(ids(&api.get("/api/conversations?section=unanswered").await.body).is_empty());
    let open = api.get("/api/conversations?section=open").await;
    assert_eq!(ids(&open.body), [id.to_string()]);
    let shown = &open.body["items"][0];
    assert_eq!((&shown["section"], &shown["unanswered"]), (&json!("unassigned"), &json!(false)));
}

#[tokio::test]
async fn cls_4_and_cls_5_closing_and_reopening_twice_is_the_same_as_once() {
    let api = TestApi::start().await;
    let line = api.add_channel(ChannelKind::Line, "165", ChannelSettings::default()).await;
    let id = api.customer_writes(&line, "u", "hello", NOW).await;
    let path = format!("/api/conversations/{id}");
    for (verb, status, section) in [("close", "closed", "closed"), ("reopen", "open", "unassigned")] {
        let first = api.post(&format!("{path}/{verb}")).await;
        let second = api.post(&format!("{path}/{verb}")).await;
        assert_eq!((first.status, &first.body["status"]), (StatusCode::OK, &json!(status)));
        assert_eq!(first.body["section"], section);
        assert_eq!((second.status, &second.body), (StatusCode::OK, &first.body), "{verb}");
        assert_eq!(api.get(&path).await.body, first.body, "{verb}");
    }
    let messages = api.get(&format!("{path}/messages")).await;
    let lines: Vec<_> =
        messages.body["items"].as_array().unwrap().iter().map(|m| (&m["kind"], &m["text"])).collect();
    let expected = [("reopened", "operator"), ("closed", "operator"), ("text", "hello")];
    for ((kind, text), (expected_kind, expected_text)) in lines.iter().zip(expected) {
        assert_eq!((*kind, *text), (&json!(expected_kind), &json!(expected_text)));
    }
    assert_eq!(lines.len(), 3);
}

#[tokio::test]
async fn c1_the_channels_settings_decide_who_may_reopen() {
    let api = TestApi::start().await;
    for (number, policy, error) in [
        ("1", ReopenPolicy::OnCustomerMessage, "reopen_by_customer_only"),
        ("2", ReopenPolicy::Never, "conversation_final"),
    ] {
        let settings = ChannelSettings { reopen: policy, ..Default::default() };
        let channel = api.add_channel(ChannelKind::Line, number, settings).await;
        let path = format!("/api/conversations/{}", api.customer_writes(&channel, "u", number, NOW).await);
        api.post(&format!("{path}/close")).await;
        let refused = api.post(&format!("{path}/reopen")).await;
        assert_eq!((refused.status, refused.error()), (StatusCode::CONFLICT, error));
    }
}

#[tokio::test]
async fn messages_are_read_page_by_page() {
    let api = TestApi::start().await;
    let line = api.add_channel(ChannelKind::Line, "165", ChannelSettings::default()).await;
    let mut id = None;
    for number in 0..5 {
        let at = NOW + Span::from_secs(number);
        id = Some(api.customer_writes(&line, "u", &format!("{number}"), at).await);
    }
    let path = format!("/api/conversations/{}/messages?limit=2", id.unwrap());
    let (mut texts, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("{path}&cursor={cursor}")).await;
        let items = page.body["items"].as_array().unwrap().clone();
        texts.extend(items.iter().map(|message| message["text"].as_str().unwrap().to_owned()));
        match page.body["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(texts, ["4", "3", "2", "1", "0"]);
}

#[tokio::test]
async fn what_is_not_there_is_told_by_its_name() {
    let api = TestApi::start().await;
    let id = "1809223c-a54e-5e9b-ae37-4058be706671";
    for path in [
        format!("/api/conversations/{id}"),
        format!("/api/conversations/{id}/messages"),
        "/api/conversations/shop".to_owned(),
        "/api/conversations/%ff".to_owned(),
    ] {
        let answer = api.get(&path).await;
        assert_eq!(
            (answer.status, answer.error()),
            (StatusCode::NOT_FOUND, "conversation_not_found"),
            "{path}"
        );
    }
    for verb in ["close", "reopen"] {
        let answer = api.post(&format!("/api/conversations/{id}/{verb}")).await;
        assert_eq!(
            (answer.status, answer.error()),
            (StatusCode::NOT_FOUND, "conversation_not_found"),
            "{verb}"
        );
    }
}

#[tokio::test]
async fn telling_that_one_reads_or_writes_is_answered_without_a_body_and_checked_as_everything_else() {
    let api = TestApi::start().await;
    let line = api.add_channel(ChannelKind::Line, "165", ChannelSettings::default()).await;
    let id = api.customer_writes(&line, "u", "hello", NOW).await;
    let path = format!("/api/conversations/{id}");
    let message = api.get(&format!("{path}/messages")).await.body["items"][0]["id"].clone();
    for _ in 0..2 {
        let read = api.operate("POST", &format!("{path}/read"), json!({ "message": message })).await;
        assert_eq!((read.status, read.body), (StatusCode::NO_CONTENT, json!(null)));
        let typing = api.post(&format!("{path}/typing")).await;
        assert_eq!((typing.status, typing.body), (StatusCode::NO_CONTENT, json!(null)));
    }
    for body in
        [json!({}), json!({ "message": "1" }), json!({ "message": 1 }), json!({ "message": message, "a": 1 })]
    {
        let refused = api.operate("POST", &format!("{path}/read"), body.clone()).await;
        assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_body"), "{body}");
    }
    let nowhere = "/api/conversations/1809223c-a54e-5e9b-ae37-4058be706671";
    let read = api.operate("POST", &format!("{nowhere}/read"), json!({ "message": message })).await;
    let typing = api.post(&format!("{nowhere}/typing")).await;
    for refused in [read, typing] {
        assert_eq!((refused.status, refused.error()), (StatusCode::NOT_FOUND, "conversation_not_found"));
    }
}

#[tokio::test]
async fn src_1_and_src_2_lists_are_narrowed_down_to_contacts_and_to_who_never_got_a_reply() {
    let api = TestApi::start().await;
    let line = api.add_channel(ChannelKind::Line, "165", ChannelSettings::default()).await;
    let mut written = Vec::new();
    for number in 0..3 {
        let at = NOW + Span::from_secs(number);
        written.push(api.customer_writes(&line, &format!("u{number}"), "hello", at).await.to_string());
    }
    let contact = format!("/api/conversations/{}/contact", written[0]);
    for _ in 0..2 {
        let known = api.operate("PATCH", &contact, json!({ "registered": true })).await;
        assert_eq!((known.status, &known.body["contact"]["registered"]), (StatusCode::OK, &json!(true)));
    }
    assert_eq!(api.reply(written[1].parse().unwrap(), "k", "hi").await.status, StatusCode::ACCEPTED);
    let list = async |query: &str| {
        let list = api.get(&format!("/api/conversations?{query}")).await.body;
        ids(&list).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(list("contacts=registered").await, [written[0].clone()]);
    assert_eq!(list("contacts=provisional").await.len(), 2);
    assert_eq!(list("contacts=registered,provisional").await.len(), 3);
    assert!(list("contacts=").await.is_empty());
    assert_eq!(list("never_replied=true").await, [written[2].clone(), written[0].clone()]);
    // The answered one has no waiting time: it comes last.
    let mut path = "sort=waiting&limit=1".to_owned();
    let mut sorted = Vec::new();
    loop {
        let page = api.get(&format!("/api/conversations?{path}")).await.body;
        sorted.extend(ids(&page).into_iter().map(str::to_owned));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("sort=waiting&limit=1&cursor={cursor}");
    }
    assert_eq!(sorted, [written[0].clone(), written[2].clone(), written[1].clone()]);
    assert_eq!(list("sort=window").await.len(), 3, "LINE knows no window");
    assert!(list("window_ends_within_minutes=60").await.is_empty());
    assert!(list("section=mine").await.is_empty());
    let counts = api.get("/api/conversations/counts").await;
    assert_eq!((counts.status, &counts.body["mine"]), (StatusCode::OK, &json!(0)));
}
