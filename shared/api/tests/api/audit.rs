//! The audit log: what is written there, who finds it, and how it is taken along.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use madoguchi_domain::audit::{Author, Entry, Fields};
use madoguchi_domain::send::FailureReason;
use madoguchi_domain::{ChannelId, ChannelKind, ChannelSettings, SendState, Span};
use madoguchi_store::Saved;
use madoguchi_store::audit::Search;
use serde_json::{Value, json};

use crate::support::{AUDIT_KEPT, Caller, NOW, TestApi};

/// An entry of `act`, written so long ago.
async fn enter(api: &TestApi, act: &str, name: &str, ago: Span) {
    let after = Fields::from([("name".to_owned(), json!(name))]);
    let entry = Entry::asked(act, "test".to_owned(), Author::function("test"), after, NOW - ago);
    assert_eq!(api.audit.record(&entry).await.unwrap(), Saved::Done);
}

async fn found(api: &TestApi, query: &str) -> Vec<Value> {
    let answer = api.call(Caller::Administrator, "GET", &format!("/api/audit{query}"), None).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.body["items"].as_array().unwrap().clone()
}

fn names(items: &[Value]) -> Vec<&str> {
    items.iter().filter_map(|item| item["after"]["name"].as_str()).collect()
}

#[tokio::test]
async fn aud_3_an_administrators_reads_are_recorded_once_an_hour_and_an_operators_are_not() {
    let api = TestApi::start().await;
    let channel = api.add_channel(ChannelKind::Line, "165", ChannelSettings::default()).await;
    let id = api.customer_writes(&channel, "u", "something private", NOW).await;
    let path = format!("/api/conversations/{id}");
    api.get(&path).await;
    api.get(&format!("{path}/messages")).await;
    assert_eq!(found(&api, "").await, Vec::<Value>::new());
    let read = async || {
        for path in [path.clone(), format!("{path}/messages")] {
            assert_eq!(api.call(Caller::Administrator, "GET", &path, None).await.status, StatusCode::OK);
        }
    };
    read().await;
    api.hand.advance(Span::from_minutes(20));
    read().await;
    let first = found(&api, "").await;
    assert_eq!(first.len(), 1);
    assert_eq!(
        (&first[0]["act"], &first[0]["at"], &first[0]["actor"]["id"], &first[0]["actor"]["role"]),
        (&json!("conversation.read"), &json!(NOW.to_string()), &json!("person-1"), &json!("administrator"))
    );
    assert_eq!(first[0]["conversation_id"], json!(id));
    assert_eq!(first[0]["channel_id"], json!(channel.id));
    assert!(!first[0].to_string().contains("private"));
    api.hand.advance(Span::from_hours(1));
    read().await;
    assert_eq!(found(&api, &format!("?conversation={id}")).await.len(), 2);
    // What is not there cannot be read.
    let nobody = format!("/api/conversations/{}", channel.id);
    assert_eq!(api.call(Caller::Administrator, "GET", &nobody, None).await.error(), "conversation_not_found");
    assert_eq!(found(&api, "").await.len(), 2);
}

/// Whatever else a route does: one that answers with what was said is a read.
#[tokio::test]
async fn aud_3_what_an_administrator_is_shown_by_other_routes_is_recorded_too() {
    let api = TestApi::start().await;
    let channel = api.add_channel(ChannelKind::Line, "165", ChannelSettings::default()).await;
    let id = api.customer_writes(&channel, "u", "something private", NOW).await;
    let path = format!("/api/conversations/{id}");
    let later = json!({"text": "later", "send_at": (NOW + Span::from_days(2)).to_string()});
    let scheduled = api.send_draft(id, "later", later).await.body["id"].as_str().unwrap().to_owned();
    let failed = api.reply(id, "failed", "failed").await.body["id"].as_str().unwrap().to_owned();
    let mut message = api.inbox.message(id, &failed.parse().unwrap()).await.unwrap().unwrap();
    let reason = FailureReason::MessageRefused;
    let (detail, provider_text, meter) = (String::new(), None, None);
    message.send = Some(SendState::Failed { at: NOW, reason, detail, provider_text, meter });
    assert_eq!(api.inbox.save_message(&message).await.unwrap(), Saved::Done);
    let routes = [
        ("GET", path.clone()),
        ("GET", format!("{path}/messages")),
        ("DELETE", format!("{path}/messages/{scheduled}")),
        ("POST", format!("{path}/messages/{failed}/resend")),
        ("POST", format!("{path}/close")),
        ("POST", format!("{path}/reopen")),
    ];
    for (count, (method, route)) in (1..).zip(routes) {
        let answer = api.call(Caller::Administrator, method, &route, None).await;
        assert!(answer.status.is_success(), "{method} {route}: {answer:?}");
        let read = found(&api, &format!("?act=conversation.read&conversation={id}")).await;
        assert_eq!(read.len(), count, "{method} {route}");
        api.hand.advance(Span::from_hours(1));
    }
}

#[tokio::test]
async fn aud_3_a_list_with_what_was_said_last_is_one_entry_an_hour() {
    let api = TestApi::start().await;
    let channel = api.add_channel(ChannelKind::Line, "165", ChannelSettings::default()).await;
    let list = async |caller| {
        assert_eq!(api.call(caller, "GET", "/api/conversations", None).await.status, StatusCode::OK);
    };
    list(Caller::Administrator).await;
    assert_eq!(found(&api, "").await, Vec::<Value>::new(), "there was nothing to see");
    api.customer_writes(&channel, "u", "something private", NOW).await;
    list(Caller::Operator).await;
    assert_eq!(found(&api, "").await, Vec::<Value>::new());
    for _ in 0..2 {
        list(Caller::Administrator).await;
        api.hand.advance(Span::from_minutes(20));
    }
    let listed = found(&api, "").await;
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (&listed[0]["act"], &listed[0]["actor"]["id"], &listed[0]["at"]),
        (&json!("conversations.listed"), &json!("person-1"), &json!(NOW.to_string()))
    );
    assert!(!listed[0].to_string().contains("private"));
    api.hand.advance(Span::from_hours(1));
    list(Caller::Owner).await;
    assert_eq!(found(&api, "?act=conversations").await.len(), 2);
}

#[tokio::test]
async fn aud_3_notes_that_mention_an_administrator_are_read_as_a_list() {
    let api = TestApi::start().await;
    let channel = api.add_channel(ChannelKind::Line, "165", ChannelSettings::default()).await;
    let id = api.customer_writes(&channel, "u", "something private", NOW).await;
    let mentions =
        async |caller| api.call(caller, "GET", "/api/me/mentions", None).await.body["items"].clone();
    assert_eq!(mentions(Caller::Administrator).await, json!([]));
    assert_eq!(found(&api, "").await, Vec::<Value>::new(), "there was nothing to see");
    let author = Caller::Person("person-2");
    for caller in [Caller::Operator, author] {
        assert_eq!(api.call(caller, "GET", "/api/me", None).await.status, StatusCode::OK);
    }
    let note = json!({"text": "private, too", "mentions": ["person-1"]});
    let path = format!("/api/conversations/{id}/notes");
    assert_eq!(api.call_with_key(author, "POST", &path, "k", note).await.status, StatusCode::CREATED);
    assert_eq!(mentions(Caller::Operator).await[0]["text"], "private, too");
    assert_eq!(found(&api, "").await, Vec::<Value>::new());
    assert_eq!(mentions(Caller::Administrator).await[0]["text"], "private, too");
    let listed = found(&api, "").await;
    assert_eq!((listed.len(), &listed[0]["act"]), (1, &json!("conversations.listed")));
}

/// Secrets Manager may have the new one although we end before the connection tells of it.
#[tokio::test]
async fn aud_2_a_credential_is_asked_for_before_it_is_stored() {
    let api = TestApi::start().await;
    let line =
        json!({"kind": "line", "name": "本店", "line_channel_id": "165", "channel_secret": "first-secret"});
    api.aws.fail(Some("CreateSecret"));
    assert_eq!(api.administer("POST", "/api/channels", line.clone()).await.error(), "internal");
    let channel = ChannelId::derive(ChannelKind::Line, "165");
    let requested = async || found(&api, &format!("?act=credential.requested&channel={channel}")).await;
    assert_eq!(requested().await.len(), 1);
    api.aws.fail(None);
    assert_eq!(api.administer("POST", "/api/channels", line).await.status, StatusCode::CREATED);
    api.hand.advance(Span::from_hours(1));
    api.aws.fail(Some("PutSecretValue"));
    let path = format!("/api/channels/{channel}/credential");
    let refused = api.administer("PUT", &path, json!({"channel_secret": "second-secret"})).await;
    assert_eq!(refused.error(), "internal");
    let entries = requested().await;
    let told = (&entries[0]["actor"]["id"], &entries[0]["at"], &entries[0]["subject"]);
    let now = (NOW + Span::from_hours(1)).to_string();
    assert_eq!(told, (&json!("person-1"), &json!(now), &json!(format!("credential/{channel}"))));
    assert!(!json!(entries).to_string().contains("secret\""), "{entries:?}");
}

#[tokio::test]
async fn aud_2_a_check_that_was_asked_for_is_recorded_with_its_channel() {
    let api = TestApi::start().await;
    let line =
        json!({"kind": "line", "name": "本店", "line_channel_id": "165", "channel_secret": "first-secret"});
    assert_eq!(api.administer("POST", "/api/channels", line).await.status, StatusCode::CREATED);
    let channel = ChannelId::derive(ChannelKind::Line, "165");
    let path = format!("/api/channels/{channel}/check");
    assert_eq!(api.administer("POST", &path, json!({})).await.status, StatusCode::ACCEPTED);
    let entries = found(&api, &format!("?act=channel.check_requested&channel={channel}")).await;
    assert_eq!(entries.len(), 1);
    let told = (&entries[0]["act"], &entries[0]["actor"]["id"]);
    assert_eq!(told, (&json!("channel.check_requested"), &json!("person-1")));
}

/// The gateway waits for half a minute.
#[tokio::test]
async fn aud_2_an_export_that_takes_long_ends_its_part_in_time() {
    // Two looks.
    const ENTRIES: i64 = 510;
    let api = TestApi::start().await;
    for n in 0..ENTRIES {
        enter(&api, "test.written", &format!("n{n}"), Span::from_ms(n)).await;
    }
    let (headers, whole) = api.download("/api/audit/export?act=test").await;
    assert_eq!(headers.get("next-cursor"), None);
    api.hand.advance_at_each_look(Span::from_secs(10));
    let (mut file, mut cursor, mut parts) = (String::new(), String::new(), 0);
    loop {
        let (headers, part) = api.download(&format!("/api/audit/export?act=test&cursor={cursor}")).await;
        assert!(part.matches("test.written").count() > 0, "every part goes on");
        file.push_str(&part);
        parts += 1;
        match headers.get("next-cursor") {
            Some(next) => cursor = next.to_str().unwrap().to_owned(),
            None => break,
        }
    }
    assert!(parts > 1);
    assert_eq!(file, whole);
}

#[tokio::test]
async fn aud_2_the_log_is_searched_by_time_actor_channel_and_act() {
    let api = TestApi::start().await;
    let channel = api.add_channel(ChannelKind::Line, "165", ChannelSettings::default()).await;
    let id = api.customer_writes(&channel, "u", "x", NOW).await;
    api.call(Caller::Owner, "GET", &format!("/api/conversations/{id}"), None).await;
    enter(&api, "brand.added", "now", Span::from_secs(0)).await;
    enter(&api, "brand.removed", "a day ago", Span::from_days(1)).await;
    enter(&api, "brands.counted", "a month ago", Span::from_days(40)).await;
    enter(&api, "brand.added", "long ago", AUDIT_KEPT + Span::from_days(1)).await;
    let all = ["now", "a day ago", "a month ago"];
    let day_ago = (NOW - Span::from_days(1)).to_string();
    let after = (NOW - Span::from_days(1) + Span::from_ms(1)).to_string();
    for (query, expected) in [
        (String::new(), &all[..]),
        (format!("?from={day_ago}"), &all[..2]),
        (format!("?from={after}"), &all[..1]),
        (format!("?to={day_ago}"), &all[2..]),
        (format!("?to={after}"), &all[1..]),
        ("?act=brand".to_owned(), &all[..2]),
        ("?act=brand.removed".to_owned(), &all[1..2]),
        ("?actor=system:test&act=brands".to_owned(), &all[2..]),
        ("?actor=person-1".to_owned(), &[]),
        (format!("?channel={}", channel.id), &[]),
    ] {
        let items = found(&api, &query).await;
        let items: Vec<Value> = items.into_iter().filter(|it| it["act"] != "conversation.read").collect();
        assert_eq!(names(&items), expected, "{query}");
    }
    for query in [
        "?actor=person-1".to_owned(),
        format!("?channel={}", channel.id),
        format!("?conversation={id}"),
        format!("?conversation={id}&actor=person-1&channel={}&act=conversation", channel.id),
    ] {
        assert_eq!(found(&api, &query).await.len(), 1, "{query}");
    }
    for query in [
        format!("?conversation={id}&actor=person-2"),
        format!("?channel={}&act=channel", channel.id),
        format!("?from={day_ago}&to={day_ago}"),
    ] {
        assert_eq!(found(&api, &query).await, Vec::<Value>::new(), "{query}");
    }
    let bad = api.call(Caller::Administrator, "GET", "/api/audit?from=soon", None).await;
    assert_eq!((bad.status, bad.error()), (StatusCode::BAD_REQUEST, "invalid_query"));
}

#[tokio::test]
async fn aud_2_pages_follow_each_other_over_months_and_leave_nothing_out() {
    let api = TestApi::start().await;
    let mut expected = Vec::new();
    for n in 0..17 {
        let name = format!("{n:02}");
        // Three at once, then days between them: two ends of a month.
        enter(&api, "test.written", &name, Span::from_days(3 * (n / 3))).await;
        expected.push(name);
    }
    for limit in [1, 2, 5, 17, 100] {
        let (mut seen, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let path = format!("/api/audit?limit={limit}&cursor={cursor}");
            let answer = api.call(Caller::Administrator, "GET", &path, None).await;
            let items = answer.body["items"].as_array().unwrap();
            assert!(items.len() <= limit, "{path}");
            let times: Vec<&str> = items.iter().map(|item| item["at"].as_str().unwrap()).collect();
            assert!(times.is_sorted_by(|a, b| a >= b), "newest first: {times:?}");
            seen.extend(names(items).into_iter().map(str::to_owned));
            pages += 1;
            match answer.body["next_cursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(pages, expected.len().div_ceil(limit), "{limit}");
        assert_eq!(seen.len(), expected.len(), "{limit}");
        assert_eq!(seen.iter().collect::<BTreeSet<_>>(), expected.iter().collect::<BTreeSet<_>>(), "{limit}");
    }
}

#[tokio::test]
async fn aud_2_an_entry_is_written_once_and_never_over_another() {
    let api = TestApi::start().await;
    let by = Author::function("test");
    let entry = Entry::asked("test.written", "test".to_owned(), by, Fields::new(), NOW);
    assert_eq!(api.audit.record(&entry).await.unwrap(), Saved::Done);
    let other = Entry { act: "test.forged".into(), ..entry.clone() };
    assert_eq!(api.audit.record(&other).await.unwrap(), Saved::Conflict);
    let search = Search {
        from: NOW,
        to: NOW + Span::from_ms(1),
        actor: None,
        channel: None,
        conversation: None,
        act: None,
        cursor: None,
    };
    assert_eq!(api.audit.page(&search, 10).await.unwrap().entries, [entry]);
}

#[tokio::test]
async fn aud_2_the_log_is_exported_as_csv_in_parts_and_that_is_recorded() {
    let api = TestApi::start().await;
    for n in 0..3 {
        enter(&api, "test.written", &format!("={n},\"本店\""), Span::from_secs(n)).await;
    }
    let (headers, file) = api.download("/api/audit/export?act=test").await;
    assert_eq!(headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(
        headers["content-encoding"], "identity",
        "goes as bytes: as text it would lose its first three"
    );
    assert_eq!(headers["content-disposition"], "attachment; filename=\"audit.csv\"");
    assert_eq!(headers.get("next-cursor"), None);
    let lines: Vec<&str> = file.split("\r\n").collect();
    assert_eq!((lines.len(), lines[4]), (5, ""), "a line each, and one of the columns: {file}");
    assert!(lines[0].starts_with("\u{feff}at,act,actor_id,actor_name,"), "{file}");
    assert!(lines[1].contains(",system:test,") && lines[1].contains(r#"=0,\""本店\"""#), "{}", lines[1]);
    let exported = found(&api, "?act=audit.exported").await;
    assert_eq!(exported.len(), 1);
    assert_eq!(
        (&exported[0]["after"], &exported[0]["actor"]["id"]),
        (&json!({"act": "test"}), &json!("person-1"))
    );
    // A later part has no line of the columns: one behind the other they are one file.
    let cursor = format!("{:013}-z", (NOW - Span::from_secs(1)).as_ms());
    let (_, rest) = api.download(&format!("/api/audit/export?act=test&cursor={cursor}")).await;
    assert_eq!(rest, format!("{}\r\n{}\r\n", lines[2], lines[3]));
    let limited = api.call(Caller::Administrator, "GET", "/api/audit/export?limit=3", None).await;
    assert_eq!(limited.error(), "invalid_query");
}

#[tokio::test]
async fn aud_2_a_long_log_comes_in_parts_that_are_one_file() {
    let api = TestApi::start().await;
    let long = "店".repeat(40_000);
    for n in 0..30 {
        enter(&api, "test.written", &format!("{n}{long}"), Span::from_ms(n)).await;
    }
    let (headers, first) = api.download("/api/audit/export?act=test").await;
    let rows = first.matches("\r\n").count();
    assert!((2..31).contains(&rows) && first.len() < 2_700_000, "{rows} rows, {} bytes", first.len());
    let cursor = headers["next-cursor"].to_str().unwrap();
    let (headers, rest) = api.download(&format!("/api/audit/export?act=test&cursor={cursor}")).await;
    assert_eq!((rest.matches("\r\n").count(), headers.get("next-cursor")), (31 - rows, None));
    let file = first + &rest;
    let rows: Vec<&str> = file.lines().skip(1).collect();
    assert_eq!(rows.len(), 30);
    for (n, row) in rows.iter().enumerate() {
        assert!(row.contains(&format!(r#""{{""name"":""{n}店"#)), "{n}");
    }
}
