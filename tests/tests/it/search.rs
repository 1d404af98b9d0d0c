//! Search: inside a conversation, over all of them, by contact; what it takes (SRC-3, SRC-4, MSG-14, AUD-1, AUD-3).

use aws_sdk_dynamodb::types::AttributeValue;
use madoguchi_domain::message::Body;
use madoguchi_domain::search::{ContactWords, Leaf};
use madoguchi_domain::{
    ChannelKind, ChannelSettings, Content, ConversationId, Message, OperatorAccess, Party, Span, Timestamp,
};
use madoguchi_simulator::{Act, Action, Provider, demo};
use madoguchi_store::Saved;
use madoguchi_tests::support::archive::archive;
use madoguchi_tests::support::capacity::Capacity;
use madoguchi_tests::support::fault::{Fault, Faults};
use madoguchi_tests::{START, TestInbox};
use serde_json::{Value, json};

const LINE: ChannelKind = ChannelKind::Line;

/// Text as a part of an address.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn texts(page: &Value) -> Vec<String> {
    let message =
        |item: &Value| if item["message"].is_object() { item["message"].clone() } else { item.clone() };
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| message(item)["excerpt"]["text"].as_str().unwrap().to_owned()).collect()
}

async fn within(test: &TestInbox, id: ConversationId, query: &str) -> Value {
    test.get(&format!("/api/conversations/{id}/search?q={}", encoded(query))).await
}

async fn across(test: &TestInbox, parameters: &str) -> Value {
    test.get(&format!("/api/search?{parameters}")).await
}

/// The customer writes these, a second apart.
async fn say(test: &TestInbox, kind: ChannelKind, customer: &str, said: &[&str]) -> ConversationId {
    let mut id = None;
    for text in said {
        id = Some(test.customer_writes(kind, customer, text).await);
        test.pass(Span::from_secs(1));
    }
    test.settle().await;
    id.unwrap()
}

#[tokio::test]
async fn src_3_a_message_is_found_by_any_piece_of_it_with_its_context() {
    let test = TestInbox::start().await;
    let said = ["ﾍﾝﾋﾟﾝしたいのですが", "商品コードはＡＢＣ－１２です", "よろしくお願いします"];
    let id = say(&test, LINE, "customer-1", &said).await;
    test.answer(id, "k", "返品の方法をご案内します").await;
    test.settle().await;
    // What the index does not know yet is found, and so is what it knows.
    for indexed in [false, true] {
        if indexed {
            test.index().await;
        }
        for (query, found) in [
            ("へんぴん", vec![said[0]]),
            ("返品", vec!["返品の方法をご案内します"]),
            ("abc-12", vec![said[1]]),
            ("品", vec!["返品の方法をご案内します", said[1]]),
            ("コード 商品", vec![said[1]]),
            ("コード 返品", vec![]),
            ("案内", vec!["返品の方法をご案内します"]),
        ] {
            assert_eq!(texts(&within(&test, id, query).await), found, "{query}");
        }
    }
    let page = within(&test, id, "コード").await;
    let found = &page["items"][0];
    assert_eq!((&found["direction"], &found["conversation_id"]), (&json!("in"), &json!(id)));
    assert_eq!(found["excerpt"]["marks"], json!([{"index": 2, "length": 3}]));
    for refused in ["q=", "", "q=%E3%83%BC", "q=a&cursor=x", "q=a&limit=0", "q=a&page=2"] {
        let path = format!("/api/conversations/{id}/search?{refused}");
        let (status, body) = test.call("GET", &path, None, &Value::Null).await;
        assert_eq!((status, &body["error"]["id"]), (400, &json!("invalid_query")), "{refused}: {body}");
    }
}

/// Three in four messages have it: 25 a page, every one once, newest first; the index and what it need not know are one list.
#[tokio::test]
async fn src_3_results_go_on_page_by_page() {
    let test = TestInbox::start().await;
    let mut expected = Vec::new();
    let mut id = None;
    for number in 0..120 {
        let text = if number % 4 == 0 {
            format!("予約です {number}")
        } else {
            format!("在庫の確認 {number}")
        };
        if number % 4 != 0 {
            expected.insert(0, text.clone());
        }
        id = Some(test.customer_writes(LINE, "customer-1", &text).await);
        test.pass(Span::from_minutes(20));
        if number % 10 == 9 {
            test.settle().await;
            test.index().await;
        }
    }
    let path = format!("/api/conversations/{}/search?q={}", id.unwrap(), encoded("在庫"));
    for (base, limit) in [(path.clone(), 25), (path, 7), (format!("/api/search?q={}", encoded("在庫")), 40)]
    {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = test.get(&format!("{base}&limit={limit}&cursor={cursor}")).await;
            assert!(page["items"].as_array().unwrap().len() <= limit);
            found.extend(texts(&page));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(found, expected, "{base}");
    }
}

#[tokio::test]
async fn src_3_the_messages_around_a_result_can_be_read() {
    let test = TestInbox::start().await;
    let said: Vec<String> = (0..30).map(|number| format!("message {number}")).collect();
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    let id = say(&test, LINE, "customer-1", &said).await;
    let found = within(&test, id, "message 12").await["items"][0]["message_id"].as_str().unwrap().to_owned();
    let path = format!("/api/conversations/{id}/messages");
    let shown = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["text"].as_str().unwrap_or("-").to_owned()).collect()
    };
    let around = test.get(&format!("{path}?around={found}&limit=7")).await;
    let expected: Vec<String> = (9..=15).rev().map(|number| format!("message {number}")).collect();
    assert_eq!(shown(&around), expected);
    let newer = around["newer_cursor"].as_str().unwrap();
    let after = test.get(&format!("{path}?after={newer}&limit=3")).await;
    assert_eq!(shown(&after), ["message 18", "message 17", "message 16"]);
    let last = test.get(&format!("{path}?after={}&limit=100", after["newer_cursor"].as_str().unwrap())).await;
    assert_eq!((shown(&last).len(), last.get("newer_cursor")), (11, None));
    let older = test.get(&format!("{path}?cursor={}&limit=2", around["next_cursor"].as_str().unwrap())).await;
    assert_eq!(shown(&older), ["message 8", "message 7"]);
    for (query, status) in [
        (format!("around={found}&after={found}"), 400),
        ("around=x".to_owned(), 400),
        (format!("around={}000000000000", &found[..found.len() - 12]), 404),
    ] {
        let (answered, body) = test.call("GET", &format!("{path}?{query}"), None, &Value::Null).await;
        assert_eq!(answered, status, "{query}: {body}");
    }
}

#[tokio::test]
async fn src_4_everything_is_searched_and_narrowed_down() {
    let test = TestInbox::start().await;
    let first = say(&test, LINE, "customer-1", &["配送が遅れています"]).await;
    let noon = test.clock.now();
    test.pass(Span::from_days(40));
    let second = say(&test, ChannelKind::Messenger, "customer-2", &["配送はいつですか"]).await;
    test.index().await;
    let query = format!("q={}", encoded("配送"));
    let newest_first = ["配送はいつですか", "配送が遅れています"];
    let all = across(&test, &query).await;
    assert_eq!(texts(&all), newest_first);
    assert_eq!((&all["items"][0]["conversation"]["id"], &all["next_cursor"]), (&json!(second), &Value::Null));
    let line = TestInbox::channel_id(LINE);
    let name = test.conversation(first).await.contact.name.unwrap();
    for (more, expected) in [
        (format!("&channel={line}"), &newest_first[1..]),
        (format!("&from={noon}"), &newest_first[..1]),
        (format!("&to={noon}"), &newest_first[1..]),
        (format!("&contact={}", encoded(&name)), &newest_first[1..]),
        (format!("&contact={}", encoded("誰でもない")), &[][..]),
        (format!("&label={line}"), &[]),
        (format!("&channel={second}"), &[]),
    ] {
        assert_eq!(texts(&across(&test, &format!("{query}{more}")).await), expected, "{more}");
    }
    for refused in [
        "",
        "label=x&q=a",
        "phone=1",
        "from=yesterday&q=a",
        "contact=%20",
        "cursor=x&q=a",
        "cursor=x&contact=a",
    ] {
        let (status, body) = test.call("GET", &format!("/api/search?{refused}"), None, &Value::Null).await;
        assert_eq!((status, &body["error"]["id"]), (400, &json!("invalid_query")), "{refused}: {body}");
    }
}

/// ASG-8: what an operator may not see is not found either.
#[tokio::test]
async fn src_4_only_what_the_caller_may_see_is_found_and_administrators_leave_a_trace() {
    let test = TestInbox::start().await;
    let id = say(&test, LINE, "customer-1", &["秘密の相談"]).await;
    test.index().await;
    let associated = ChannelSettings { operators: OperatorAccess::Associated, ..ChannelSettings::default() };
    test.set(LINE, &associated).await;
    test.pass(Span::from_minutes(1));
    let name = test.conversation(id).await.contact.name.unwrap();
    let query = encoded("相談");
    for parameters in [format!("q={query}"), format!("contact={}", encoded(&name))] {
        assert_eq!(across(&test, &parameters).await["items"], json!([]), "{parameters}");
    }
    let path = format!("/api/conversations/{id}/search?q={query}");
    assert_eq!(test.call("GET", &path, None, &Value::Null).await.0, 404);
    let reads = async || {
        let entries = test.administered("GET", "/api/audit", &Value::Null).await;
        let acts = entries["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["act"].as_str().unwrap().to_owned());
        acts.filter(|act| act.starts_with("conversation")).collect::<Vec<_>>()
    };
    assert_eq!(reads().await, [""; 0]);
    let found = test.administered("GET", &format!("/api/search?q={query}"), &Value::Null).await;
    assert_eq!(texts(&found), ["秘密の相談"]);
    assert_eq!(texts(&test.administered("GET", &path, &Value::Null).await), ["秘密の相談"]);
    let mut acts = reads().await;
    acts.sort_unstable();
    assert_eq!(acts, ["conversation.read", "conversations.listed"]);
}

/// What is shown is read anew: an index that does not know yet shows nothing that is gone.
#[tokio::test]
async fn msg_14_edits_and_unsends_are_heeded_at_once_and_noted_soon() {
    let test = TestInbox::start().await;
    let act = |action| Act {
        provider: Provider::Line,
        account: None,
        customer: Some("customer-1".to_owned()),
        group: None,
        at_ms: None,
        action,
    };
    let group = test.simulator.groups(demo::LINE_CHANNEL).remove(0);
    let in_group = |action| Act { group: Some(group.clone()), ..act(action) };
    let text = |text: &str| Action::Text { text: text.to_owned(), quote: None };
    let written = test.simulator.act(in_group(text("暗証番号は一二三四"))).await.unwrap();
    let id = ConversationId::derive(TestInbox::channel_id(LINE), &Party::Group(written.peer.clone()));
    let message_id = written.message_ids[0].clone();
    test.settle().await;
    test.index().await;
    let found = async |query: &str| texts(&across(&test, &format!("q={}", encoded(query))).await);
    assert_eq!(found("暗証番号").await.len(), 1);
    let before = leaves(&test, id).await;

    test.pass(Span::from_secs(1));
    let edit = Action::Edit { message_id: message_id.clone(), text: "訂正しました".into() };
    test.simulator.act(in_group(edit)).await.unwrap();
    test.settle().await;
    assert_eq!(found("暗証番号").await, [""; 0], "before it is noted");
    test.index().await;
    assert_eq!(found("訂正").await, ["訂正しました"]);
    let edited = leaves(&test, id).await;
    assert_ne!(edited, before);

    test.pass(Span::from_secs(1));
    test.simulator.act(in_group(Action::Unsend { message_id })).await.unwrap();
    test.settle().await;
    assert_eq!(found("訂正").await, [""; 0], "before it is noted");
    test.index().await;
    assert_eq!(leaves(&test, id).await, Vec::<Value>::new(), "nothing is kept of it");
    assert_eq!(texts(&within(&test, id, "訂正").await), [""; 0]);
}

/// What the index holds of a conversation.
async fn leaves(test: &TestInbox, id: ConversationId) -> Vec<Value> {
    let mut items = test.dynamo.items("search").await;
    items.retain(|item| item["pk"] == format!("c#{id}") && item["sk"].as_str().unwrap().starts_with("l#"));
    items
}

#[tokio::test]
async fn src_4_what_is_noted_twice_late_or_after_a_fault_is_there_once() {
    let expected = {
        let test = TestInbox::start().await;
        say(&test, LINE, "customer-1", &["最初の質問", "次の質問", "最後の質問"]).await;
        test.index().await;
        said(&test).await
    };
    assert!(expected.len() > 3);
    for at in 1.. {
        let faults = Faults::new();
        let test = TestInbox::with_faults(&faults).await;
        say(&test, LINE, "customer-1", &["最初の質問", "次の質問", "最後の質問"]).await;
        test.relay().await;
        let again = test.search_queue.receive(100);
        test.search_queue.make_visible();
        faults.arm(at, Fault::CrashAfter);
        let finished = faults.until_crash(test.index()).await.is_some();
        test.search_queue.make_visible();
        test.index().await;
        test.note(again).await;
        assert_eq!(said(&test).await, expected, "crash at {at}");
        assert_eq!(
            across(&test, &format!("q={}", encoded("質問"))).await["items"].as_array().unwrap().len(),
            3
        );
        assert_eq!(test.search_queue.dead().len(), 0);
        if finished {
            break;
        }
    }
}

/// What is found by what, without the times, which are not the same in two runs.
async fn said(test: &TestInbox) -> Vec<Value> {
    let mut items = without_rev(test.dynamo.items("search").await);
    items
        .iter_mut()
        .filter_map(Value::as_object_mut)
        .for_each(|item| item.retain(|name, _| !["a", "z"].contains(&&**name)));
    items
}

fn without_rev(mut items: Vec<Value>) -> Vec<Value> {
    for item in &mut items {
        item.as_object_mut().unwrap().remove("rev");
    }
    items
}

/// Whether the index has anything of a conversation.
async fn is_held(test: &TestInbox, id: ConversationId) -> bool {
    let items = test.dynamo.items("search").await;
    items.iter().any(|item| item.to_string().contains(&id.to_string()))
}

#[tokio::test]
async fn cls_8_cls_10_nothing_is_kept_of_a_conversation_that_was_deleted() {
    let test = TestInbox::start().await;
    let kept = say(&test, LINE, "customer-1", &["残る相談"]).await;
    let gone = say(&test, LINE, "customer-2", &["消える相談"]).await;
    test.relay().await;
    let late = test.search_queue.receive(100);
    test.search_queue.make_visible();
    test.index().await;
    assert!(is_held(&test, gone).await);
    let external_id = test.conversation(gone).await.party.external_id().to_owned();
    let nothing_is_found = async |when: &str| {
        let found = across(&test, &format!("q={}", encoded("相談"))).await;
        assert_eq!(texts(&found), ["残る相談"], "{when}");
        let found = across(&test, &format!("contact={}", encoded(&external_id))).await;
        assert_eq!(found["items"], json!([]), "{when}");
    };
    test.delete_for_ever(LINE, gone).await;
    nothing_is_found("before it is noted").await;
    test.index().await;
    nothing_is_found("before its messages are deleted").await;
    assert!(!is_held(&test, gone).await && is_held(&test, kept).await);
    // What was said is noted late, while it is being deleted.
    test.note(late).await;
    nothing_is_found("noted late").await;
    test.settle().await;
    test.index().await;
    nothing_is_found("at the end").await;
    assert!(!is_held(&test, gone).await && is_held(&test, kept).await);
    // Making the index anew brings nothing back.
    test.administered("POST", "/api/search/rebuild", &Value::Null).await;
    test.index_all().await;
    assert!(!is_held(&test, gone).await && is_held(&test, kept).await);
    // Who writes again is a new conversation.
    say(&test, LINE, "customer-2", &["また相談"]).await;
    test.index().await;
    assert_eq!(texts(&across(&test, &format!("q={}", encoded("相談"))).await), ["また相談", "残る相談"]);
}

/// Who writes while the last conversation is being deleted is found by what they say now alone.
#[tokio::test]
async fn cls_8_what_is_said_while_a_conversation_is_being_deleted_stays_found() {
    let test = TestInbox::start().await;
    let id = say(&test, LINE, "customer-1", &["消える相談"]).await;
    test.index().await;
    test.pass(Span::from_secs(1));
    test.delete_for_ever(LINE, id).await;
    test.customer_writes(LINE, "customer-1", "新しい依頼").await;
    test.write().await;
    for deleted in [false, true] {
        if deleted {
            test.settle().await;
        }
        test.index().await;
        assert_eq!(
            texts(&across(&test, &format!("q={}", encoded("依頼"))).await),
            ["新しい依頼"],
            "{deleted}"
        );
        assert_eq!(texts(&across(&test, &format!("q={}", encoded("消える"))).await), [""; 0], "{deleted}");
        let of_now = Leaf::of_slot(&[test.messages(id).await.into_iter().find(is_now).unwrap()]);
        let kept: Vec<Value> = leaves(&test, id).await;
        assert_eq!(kept.len(), 1, "{deleted}");
        let slot = of_now[0].slot;
        let read = test.search.leaves(id, slot).await.unwrap();
        assert!(read[0].says(&of_now[0]), "{deleted}: {read:?}");
    }
}

fn is_now(message: &Message) -> bool {
    matches!(&message.body, Body::Said { content } if *content == Content::text("新しい依頼"))
}

#[tokio::test]
async fn src_4_contacts_are_found_by_name_number_and_id() {
    let test = TestInbox::with_simulated_twilio().await;
    let line = say(&test, LINE, "customer-1", &["質問"]).await;
    let sms = say(&test, ChannelKind::Sms, "customer-2", &["返事"]).await;
    test.index().await;
    let conversation = test.conversation(line).await;
    let name = conversation.contact.name.clone().unwrap();
    let number = test.conversation(sms).await.party.external_id().to_owned();
    let piece: String = name.chars().skip(1).take(2).collect();
    let last = &number[number.len() - 8..];
    let spaced = format!("{}-{}", &last[..4], &last[4..]);
    for (parameters, expected) in [
        (format!("contact={}", encoded(&name)), line),
        (format!("contact={}", encoded(&piece)), line),
        (format!("contact={}", conversation.party.external_id()), line),
        (format!("phone={}", encoded(&number)), sms),
        (format!("phone={}", encoded(&spaced)), sms),
        (format!("phone={}&contact={}", encoded(&spaced), encoded(&number)), sms),
    ] {
        let page = across(&test, &parameters).await;
        let ids: Vec<&Value> =
            page["items"].as_array().unwrap().iter().map(|item| &item["conversation"]["id"]).collect();
        assert!(ids.contains(&&json!(expected)), "{parameters}: {page}");
        assert!(page["items"][0]["message"].is_null());
    }
    assert_eq!(across(&test, "phone=00000000").await["items"], json!([]));
    assert_eq!(
        texts(&across(&test, &format!("phone={}&q={}", encoded(&spaced), encoded("返事"))).await),
        ["返事"]
    );

    // Called otherwise from now on.
    let mut renamed = test.conversation(line).await;
    renamed.contact.name = Some("改名ハナコ".to_owned());
    assert_eq!(test.inbox.save_conversation(&renamed).await.unwrap(), Saved::Done);
    test.index().await;
    let found = across(&test, &format!("contact={}", encoded("はなこ"))).await;
    assert_eq!(found["items"][0]["conversation"]["contact_name"], "改名ハナコ");
    assert_eq!(across(&test, &format!("contact={}", encoded(&name))).await["items"], json!([]));
}

/// AUD-1: LINE WORKS keeps talk histories searchable after the integration was switched off or a member was removed.
#[tokio::test]
async fn aud_1_what_a_deleted_channel_and_a_removed_operator_left_behind_stays_searchable() {
    let test = TestInbox::start().await;
    let id = say(&test, LINE, "customer-1", &["見積もりの依頼"]).await;
    test.answer(id, "k", "見積もりをお送りします").await;
    test.settle().await;
    test.administered("DELETE", "/api/people/operator-1", &Value::Null).await;
    let confirm = json!({ "confirm": format!("Test {LINE}") });
    let channel = format!("/api/channels/{}", TestInbox::channel_id(LINE));
    test.administered("DELETE", &channel, &confirm).await;
    test.settle().await;
    test.index().await;
    let expected = ["見積もりをお送りします", "見積もりの依頼"];
    let query = encoded("見積もり");
    for path in [
        format!("/api/search?q={query}"),
        format!("/api/search?q={query}&channel={}", TestInbox::channel_id(LINE)),
        format!("/api/conversations/{id}/search?q={query}"),
    ] {
        assert_eq!(texts(&test.administered("GET", &path, &Value::Null).await), expected, "{path}");
    }
}

/// What was lost is made again, step by step, and is what it was.
#[tokio::test]
async fn src_4_the_index_is_made_anew() {
    let test = TestInbox::start().await;
    for customer in ["customer-1", "customer-2", "customer-3"] {
        say(&test, LINE, customer, &["最初の質問", "次の質問"]).await;
        test.pass(Span::from_hours(7));
        say(&test, LINE, customer, &["最後の質問"]).await;
    }
    test.index().await;
    let expected = without_rev(test.dynamo.items("search").await);
    let client = test.dynamo.clients().dynamodb();
    for item in &expected {
        let key = |name: &str| AttributeValue::S(item[name].as_str().unwrap().to_owned());
        let delete = client.delete_item().table_name("search").key("pk", key("pk")).key("sk", key("sk"));
        delete.send().await.unwrap();
    }
    assert_eq!(across(&test, &format!("q={}", encoded("質問"))).await["items"], json!([]));
    let path = "/api/search/rebuild";
    assert_eq!(test.call("POST", path, None, &Value::Null).await.0, 403);
    assert_eq!(test.administered("GET", path, &Value::Null).await["state"], "never");
    assert_eq!(test.administered("POST", path, &Value::Null).await["state"], "running");
    assert_eq!(test.administered("POST", path, &Value::Null).await["state"], "running", "asked twice");
    test.index_all().await;
    let done = test.administered("GET", path, &Value::Null).await;
    assert_eq!((&done["state"], done["read"].as_u64() > Some(11)), (&json!("finished"), true), "{done}");
    assert_eq!(without_rev(test.dynamo.items("search").await), expected);
    assert_eq!(across(&test, &format!("q={}", encoded("質問"))).await["items"].as_array().unwrap().len(), 9);
    // Once more, over an index that is right: nothing is written but how far it is.
    test.pass(Span::from_secs(1));
    test.administered("POST", path, &Value::Null).await;
    let before = test.dynamo.items("search").await;
    test.index_all().await;
    assert_eq!(test.dynamo.items("search").await, before);
}

/// One that cannot be read is left out, and what belongs to nothing goes.
#[tokio::test]
async fn src_4_nothing_stops_the_making_of_the_index() {
    let test = TestInbox::start().await;
    let id = say(&test, LINE, "customer-1", &["最初の質問", "次の質問"]).await;
    test.pass(Span::from_hours(7));
    say(&test, LINE, "customer-1", &["最後の質問"]).await;
    let other = say(&test, LINE, "customer-2", &["別の質問"]).await;
    test.index().await;
    let expected = without_rev(test.dynamo.items("search").await);
    let client = test.dynamo.clients().dynamodb();
    let text = |text: String| AttributeValue::S(text);
    // Leaves of which no message is left, and a contact of nobody's.
    let old = Leaf {
        number: 0,
        rev: 0,
        ..test.search.leaves(id, slot_of(&test, id).await).await.unwrap().remove(0)
    };
    let slot = old.slot - Span::from_days(3);
    let old = Leaf { slot, first: slot, last: slot, ..old };
    assert_eq!(test.search.replace_leaves(&[], &[old]).await.unwrap(), Saved::Done);
    let nobody = ConversationId::derive(TestInbox::channel_id(LINE), &Party::User("nobody".into()));
    let stray = client.put_item().table_name("search").item("pk", text("n#だ".into()));
    let stray = stray.item("sk", text(format!("だれか#{nobody}")));
    stray.item("channel", text(TestInbox::channel_id(LINE).to_string())).send().await.unwrap();
    // A message and a conversation that nobody can read.
    let broken = ConversationId::derive(TestInbox::channel_id(LINE), &Party::User("broken".into()));
    for (id, sk) in
        [(id, format!("m#{:013}-{nobody}", START.as_ms() + 500)), (broken, "conversation".to_owned())]
    {
        let put = client.put_item().table_name("inbox").item("pk", text(format!("c#{id}")));
        put.item("sk", text(sk)).item("body", text("?".into())).send().await.unwrap();
    }
    test.administered("POST", "/api/search/rebuild", &Value::Null).await;
    test.index_all().await;
    let state = test.administered("GET", "/api/search/rebuild", &Value::Null).await;
    assert_eq!(state["state"], "finished", "{state}");
    assert_eq!(without_rev(test.dynamo.items("search").await), expected);
    let found = texts(&across(&test, &format!("q={}", encoded("質問"))).await);
    assert_eq!(found, ["別の質問", "最後の質問", "次の質問", "最初の質問"]);
    assert!(is_held(&test, other).await);
}

/// The slot of the first message of a conversation.
async fn slot_of(test: &TestInbox, id: ConversationId) -> Timestamp {
    madoguchi_domain::search::slot(test.messages(id).await[0].key.at)
}

/// Of two who note a contact at once, the one who read it earlier does not stay.
#[tokio::test]
async fn src_4_a_contact_is_found_by_what_it_is_called_last() {
    let test = TestInbox::start().await;
    let id = say(&test, LINE, "customer-1", &["質問"]).await;
    test.index().await;
    let mut called = test.conversation(id).await;
    let mut name = |name: &str| {
        called.contact.name = Some(name.to_owned());
        (called.channel_id, ContactWords::of(&called))
    };
    let (before, after) = (name("前の名前"), name("後の名前"));
    let reads = std::sync::atomic::AtomicUsize::new(0);
    let read = async || {
        if reads.fetch_add(1, std::sync::atomic::Ordering::SeqCst) > 0 {
            return Ok(Some(after.clone()));
        }
        // Renamed meanwhile, which somebody else is faster to note.
        let renamed = test.search.put_contact(id, async || Ok(Some(after.clone()))).await?;
        assert_eq!(renamed, Saved::Done);
        Ok(Some(before.clone()))
    };
    assert_eq!(test.search.put_contact(id, read).await.unwrap(), Saved::Done);
    for (name, is_found) in [("前の", false), ("後の", true)] {
        let name = madoguchi_domain::search::name(name).unwrap();
        let page = test.search.contacts_called(&name, None, 10).await.unwrap();
        assert_eq!(!page.hits.is_empty(), is_found, "{name}");
    }
}

/// Whatever is asked for, the table is asked for what it can answer.
#[tokio::test]
async fn src_4_no_search_is_too_much_for_the_table() {
    use base64::Engine as _;
    let test = TestInbox::start().await;
    let id = say(&test, LINE, "customer-1", &["質問"]).await;
    test.index().await;
    let place = format!("花{}#{id}", "x".repeat(2_000));
    let cursor = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(place);
    for query in
        [format!("contact={}&cursor={cursor}", encoded("花")), format!("phone={}", "1".repeat(2_000))]
    {
        let (status, body) = test.call("GET", &format!("/api/search?{query}"), None, &Value::Null).await;
        assert_eq!((status, &body["error"]["id"]), (400, &json!("invalid_query")), "{body}");
    }
    // A place before everything that is asked for.
    let query = format!("q=a&from=2026-01-01T00:00:00Z&cursor=0000000000001-{id}");
    assert_eq!(across(&test, &query).await["items"], json!([]));
}

#[tokio::test]
async fn src_4_taking_note_of_a_message_takes_two_write_units() {
    let faults = Faults::new();
    let test = TestInbox::with_faults(&faults).await;
    say(&test, LINE, "customer-1", &["こんにちは、注文番号をなくしてしまいました"]).await;
    test.index().await;
    let units = |capacity: Capacity| (capacity.read, capacity.write);
    let taken = async |said: &[&str]| {
        say(&test, LINE, "customer-1", said).await;
        test.relay().await;
        faults.take_capacity();
        test.index().await;
        units(faults.take_capacity())
    };
    // The message 1, the leaves of its slot 1; the leaf, and its place among those of the channel.
    assert_eq!(taken(&["もう一度送っていただくことはできますか"]).await, (2.0, 2.0));
    assert_eq!(taken(&["一つ目です", "二つ目です", "三つ目です"]).await, (4.0, 2.0));
    assert_eq!(taken(&["一つ目です"]).await, (2.0, 2.0), "the time goes on");
}

/// Wherever many chats are under way that have it, a page costs no more than its budget, and the list is the same.
#[tokio::test]
async fn src_4_a_page_in_the_middle_of_many_chats_keeps_to_its_budget() {
    const CHATS: usize = 160;
    let faults = Faults::new();
    let test = TestInbox::with_faults(&faults).await;
    let mut expected = Vec::new();
    let mut middle = START;
    let customers: Vec<String> =
        (0..CHATS).map(|chat| test.simulator.add_customer(&format!("Customer {chat}"))).collect();
    for round in 0..2 {
        for (chat, customer) in customers.iter().enumerate() {
            let text = format!("注文の確認 {round}-{chat}");
            test.customer_writes(LINE, customer, &text).await;
            test.pass(Span::from_secs(1));
            expected.insert(0, text);
            if chat % 20 == 19 {
                test.settle().await;
                test.index().await;
            }
        }
        if round == 0 {
            test.pass(Span::from_minutes(5));
            middle = test.clock.now();
            test.pass(Span::from_minutes(5));
        }
    }
    test.get("/api/me").await;
    let query = format!("/api/search?q={}&limit=40", encoded("注文の確認"));
    for (query, expected) in
        [(query.clone(), &expected[..]), (format!("{query}&to={middle}"), &expected[CHATS..])]
    {
        let (mut found, mut keys, mut cursor, mut pages) = (Vec::new(), Vec::new(), String::new(), 0);
        loop {
            faults.take_capacity();
            let page = test.get(&format!("{query}&cursor={cursor}")).await;
            let looks = faults.requests().iter().filter(|operation| operation.ends_with("Query")).count();
            assert!(looks <= 140, "{looks} on page {pages} of {query}");
            found.extend(texts(&page));
            let items = page["items"].as_array().unwrap().iter();
            keys.extend(items.map(|item| item["message"]["message_id"].as_str().unwrap().to_owned()));
            pages += 1;
            match page["next_cursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert!(
            keys.is_sorted_by(|a, b| a > b),
            "the newest first, and each once, on {pages} pages of {query}"
        );
        // The provider's clock is not ours: two that were said at nearly the same time may stand the other way round.
        found.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected, "{pages} pages of {query}");
    }
}

/// A conversation of 100,000 messages over three years. The word stands in one of them, which is not among the newest.
#[tokio::test]
async fn src_3_a_hundred_thousand_messages_are_searched_with_a_dozen_queries() {
    const MESSAGES: u32 = 100_000;
    let faults = Faults::new();
    let test = TestInbox::with_faults(&faults).await;
    let id = say(&test, LINE, "customer-1", &["返金証明書が必要です"]).await;
    for number in 0..60 {
        test.customer_writes(LINE, "customer-1", &format!("その後の連絡 {number}")).await;
        test.pass(Span::from_minutes(5));
    }
    test.settle().await;
    test.index().await;
    let leaves = archive(&test, id, MESSAGES).await;

    // Who calls is noted once a day.
    test.get("/api/me").await;
    faults.take_capacity();
    let page = within(&test, id, "返金証明書").await;
    let queries = faults.requests().iter().filter(|operation| operation.ends_with("Query")).count();
    let requests = faults.requests().len();
    let taken = faults.take_capacity();
    assert_eq!((texts(&page), &page["next_cursor"]), (vec!["返金証明書が必要です".to_owned()], &Value::Null));
    let told = format!("{leaves} leaves: {queries} queries of {requests} requests, {taken:?}");
    assert!(queries <= 9 && requests <= 13, "{told}");
    assert!(taken.read < 600.0 && taken.write == 0.0, "{told}");

    // Over everything: as much, and never more than its budget.
    let page = across(&test, &format!("q={}", encoded("返金証明書"))).await;
    let queries = faults.requests().iter().filter(|operation| operation.ends_with("Query")).count();
    let taken = faults.take_capacity();
    assert_eq!(texts(&page), ["返金証明書が必要です"]);
    assert!(queries <= 12 && taken.read < 700.0, "{queries} queries, {taken:?}");
}
