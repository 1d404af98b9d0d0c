//! Bots answer first, people after them (BOT-1 to BOT-3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use madoguchi_domain::conversation::Section;
use madoguchi_domain::message::Body;
use madoguchi_domain::{ChannelKind, ConversationId, Mode, SentBy, Span};
use madoguchi_tests::TestInbox;
use madoguchi_tests::support::fault::{Fault, Faults};
use madoguchi_tests::support::receiver::Receiver;
use ring::hmac::{HMAC_SHA256, Key, verify};
use serde_json::{Value, json};

const KIND: ChannelKind = ChannelKind::Line;

fn path(rest: &str) -> String {
    format!("/api/channels/{}{rest}", TestInbox::channel_id(KIND))
}

async fn template(test: &TestInbox, name: &str, text: &str) -> Value {
    let body = json!({ "name": name, "variants": { "ja": { "text": text } } });
    let (status, template) = test.administer("POST", "/api/templates", &body).await;
    assert_eq!(status, 201, "{template}");
    template["id"].clone()
}

/// A channel whose episodes begin with `bot`.
async fn with(test: &TestInbox, bot: &Value, settings: &Value) -> Value {
    let (status, answer) = test.administer("PUT", &path("/bot"), bot).await;
    assert_eq!(status, 200, "{answer}");
    let (status, changed) = test.administer("PATCH", &path(""), &json!({ "bot": settings })).await;
    assert_eq!(status, 200, "{changed}");
    test.pass(Span::from_secs(31));
    answer
}

async fn keywords(test: &TestInbox, settings: &Value) {
    let hours = template(test, "Hours", "{{contact.name|お客様}}、10時から18時です").await;
    let bot = json!({
        "kind": "keywords",
        "rules": [{ "words": ["営業時間"], "template_id": hours }],
        "fallback": { "do": "hand_over" },
        "hand_over_words": ["オペレーター"],
    });
    with(test, &bot, settings).await;
}

async fn says(test: &TestInbox, text: &str) -> ConversationId {
    let id = test.customer_writes(KIND, "customer-1", text).await;
    test.pass(Span::from_secs(1));
    test.settle().await;
    test.answer_bots().await;
    id
}

async fn bot_said(test: &TestInbox, id: ConversationId) -> Vec<String> {
    let messages = test.messages(id).await.into_iter();
    let said = messages.filter(|message| message.sent_by == SentBy::Bot);
    said.map(|message| madoguchi_domain::bot::text_of(&message).unwrap().to_owned()).collect()
}

/// Why the mode was switched, oldest first.
async fn switches(test: &TestInbox, id: ConversationId) -> Vec<(String, String)> {
    let mut lines: Vec<_> = test.messages(id).await;
    lines.sort_by_key(|line| line.key);
    let switch = |body: Body| match body {
        Body::Timeline { event, detail, facts } if event == "mode_switched" => {
            Some((detail.unwrap(), facts["why"].clone()))
        }
        _ => None,
    };
    lines.into_iter().filter_map(|line| switch(line.body)).collect()
}

fn switched(to: &str, why: &str) -> (String, String) {
    (to.to_owned(), why.to_owned())
}

#[tokio::test]
async fn bot_2_the_built_in_bot_answers_by_keywords_and_hands_over_what_it_does_not_know() {
    let test = TestInbox::start().await;
    keywords(&test, &json!({ "starts": true })).await;
    let id = says(&test, "営業時間は？").await;
    let said = bot_said(&test, id).await;
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].ends_with("、10時から18時です") && !said[0].contains("{{"), "{said:?}");
    let sent = test.simulator.sent().len();
    assert_eq!(sent, 1);
    let conversation = test.conversation(id).await;
    assert_eq!((conversation.mode, conversation.is_unanswered()), (Mode::Bot, true), "a bot is no operator");
    assert_eq!(conversation.section(), Section::Unassigned);

    says(&test, "ありがとう").await;
    assert_eq!(switches(&test, id).await, [switched("operator", "no_answer")]);
    assert_eq!(test.conversation(id).await.mode, Mode::Operator);
    // Now people answer, and the bot is silent.
    says(&test, "営業時間は？").await;
    assert_eq!((bot_said(&test, id).await.len(), test.simulator.sent().len()), (1, sent));
    test.answer(id, "k", "はい").await;
    test.settle().await;
    assert!(!test.conversation(id).await.is_unanswered());
}

#[tokio::test]
async fn bot_3_the_customer_asks_for_a_person_and_gets_one() {
    let test = TestInbox::start().await;
    keywords(&test, &json!({ "starts": true })).await;
    let id = says(&test, "オペレーターをお願いします、営業時間").await;
    assert!(bot_said(&test, id).await.is_empty());
    assert_eq!(switches(&test, id).await, [switched("operator", "customer_asked")]);
}

#[tokio::test]
async fn bot_1_people_switch_the_mode_in_both_directions_and_find_it_in_the_list() {
    let test = TestInbox::start().await;
    let id = says(&test, "営業時間").await;
    let mode = format!("/api/conversations/{id}/mode");
    let (status, refused) = test.call("PUT", &mode, None, &json!({ "mode": "bot" })).await;
    assert_eq!((status, &refused["error"]["id"]), (409, &json!("no_bot")));
    keywords(&test, &json!({})).await;
    // What waits is answered at once.
    for _ in 0..2 {
        let (status, shown) = test.call("PUT", &mode, None, &json!({ "mode": "bot" })).await;
        assert_eq!((status, &shown["mode"]), (200, &json!("bot")), "{shown}");
    }
    test.answer_bots().await;
    assert_eq!(bot_said(&test, id).await.len(), 1);
    let listed = |mode: &str| format!("/api/conversations?mode={mode}");
    assert_eq!(test.get(&listed("bot")).await["items"].as_array().unwrap().len(), 1);
    assert!(test.get(&listed("operator")).await["items"].as_array().unwrap().is_empty());
    test.pass(Span::from_secs(1));
    let (status, _) = test.call("PUT", &mode, None, &json!({ "mode": "operator" })).await;
    assert_eq!(status, 200);
    let expected = [switched("bot", "operator"), switched("operator", "operator")];
    assert_eq!(switches(&test, id).await, expected);
    let (status, _) = test.call("POST", &format!("/api/conversations/{id}/close"), None, &json!({})).await;
    assert_eq!(status, 200);
    let (status, refused) = test.call("PUT", &mode, None, &json!({ "mode": "bot" })).await;
    assert_eq!((status, &refused["error"]["id"]), (409, &json!("conversation_not_open")));
}

#[tokio::test]
async fn bot_2_modes_end_after_the_times_that_the_channel_says() {
    let test = TestInbox::start().await;
    keywords(&test, &json!({ "starts": true, "release_after_minutes": 30, "return_after_minutes": 60 }))
        .await;
    let id = says(&test, "営業時間").await;
    test.pass(Span::from_minutes(29));
    assert_eq!(test.schedule().await.switched, 0);
    test.pass(Span::from_minutes(2));
    assert_eq!(test.schedule().await.switched, 1);
    assert_eq!(test.conversation(id).await.mode, Mode::Operator);
    test.pass(Span::from_minutes(50));
    test.answer(id, "k", "はい").await;
    test.settle().await;
    test.pass(Span::from_minutes(50));
    assert_eq!(test.schedule().await.switched, 0, "somebody wrote");
    test.pass(Span::from_minutes(11));
    assert_eq!(test.schedule().await.switched, 1);
    let expected = [switched("operator", "time"), switched("bot", "time")];
    assert_eq!(switches(&test, id).await, expected);
}

/// Whether a call is signed with `secret`, as a bot looks.
fn is_signed(told: &madoguchi_tests::support::receiver::Told, secret: &str) -> bool {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let signed = format!("{}.{}.{}", told.header("webhook-id"), told.header("webhook-timestamp"), told.body);
    let signature = told.header("webhook-signature").strip_prefix("v1,").unwrap();
    let signature = STANDARD.decode(signature).unwrap();
    verify(&Key::new(HMAC_SHA256, &key), signed.as_bytes(), &signature).is_ok()
}

#[tokio::test]
async fn bot_2_an_outside_bot_is_asked_by_a_signed_call_and_answers_once() {
    let test = TestInbox::start().await;
    let receiver = Receiver::start().await;
    let bot = json!({ "kind": "webhook", "url": receiver.url() });
    let made = with(&test, &bot, &json!({ "starts": true })).await;
    receiver.say(json!({ "messages": [{ "text": "一" }, { "text": "二" }] }).to_string());
    let id = says(&test, "こんにちは").await;
    let asked = receiver.take();
    assert_eq!(asked.len(), 1);
    assert!(is_signed(&asked[0], made["secret"].as_str().unwrap()));
    let event = asked[0].json();
    assert_eq!(
        (&event["type"], &event["message"]["text"]),
        (&json!("message.received"), &json!("こんにちは"))
    );
    let mut said = bot_said(&test, id).await;
    said.sort();
    assert_eq!(said, ["一", "二"]);
    let sent = test.simulator.sent().len();
    // The record comes again, and late.
    test.bot_record(&json!({ "v": 1, "conversation_id": id }).to_string()).await;
    test.relay().await;
    test.dispatch().await;
    assert_eq!((receiver.take().len(), test.simulator.sent().len()), (0, sent));

    // Silence is an answer, too.
    receiver.say("{}");
    says(&test, "…").await;
    assert_eq!(receiver.take().len(), 1);
    test.bot_record(&json!({ "v": 1, "conversation_id": id }).to_string()).await;
    assert_eq!(receiver.take().len(), 0);
    receiver.say(json!({ "messages": [{ "text": "担当に代わります" }], "hand_over": true }).to_string());
    says(&test, "人と話したい").await;
    assert_eq!(switches(&test, id).await, [switched("operator", "bot_asked")]);
    assert!(bot_said(&test, id).await.contains(&"担当に代わります".to_owned()));
}

/// What a bot began to say it says to the end, and the hand-over that it asked for is made.
#[tokio::test]
async fn bot_3_bot_answer_may_be_cut_off_at_any_moment() {
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        for at in 1.. {
            let faults = Faults::new();
            let test = TestInbox::with_faults(&faults).await;
            let receiver = Receiver::start().await;
            with(&test, &json!({ "kind": "webhook", "url": receiver.url() }), &json!({ "starts": true }))
                .await;
            let answer = json!({ "messages": [{ "text": "一" }, { "text": "二" }], "hand_over": true });
            receiver.say(answer.to_string());
            let id = test.customer_writes(KIND, "customer-1", "人と話したい").await;
            test.pass(Span::from_secs(1));
            test.write().await;
            let record = json!({ "v": 1, "conversation_id": id }).to_string();
            faults.arm(at, fault.clone());
            let whole = faults.until_crash(test.bot_record(&record)).await.is_some();
            test.bot_record(&record).await;
            test.relay().await;
            test.dispatch().await;
            let mut said = bot_said(&test, id).await;
            said.sort();
            assert_eq!(said, ["一", "二"], "{fault:?} {at}");
            assert_eq!(switches(&test, id).await, [switched("operator", "bot_asked")], "{fault:?} {at}");
            assert_eq!(test.simulator.sent().len(), 2, "{fault:?} {at}");
            if whole {
                break;
            }
        }
    }
}

/// BOT-1: whoever takes over while an outside bot thinks, or answers, has the last word.
#[tokio::test]
async fn bot_2_a_bot_does_not_speak_after_a_person_has_taken_over() {
    for answers in [false, true] {
        let test = TestInbox::start().await;
        let receiver = Receiver::start().await;
        with(&test, &json!({ "kind": "webhook", "url": receiver.url() }), &json!({ "starts": true })).await;
        receiver.say(json!({ "messages": [{ "text": "一" }, { "text": "二" }] }).to_string());
        let id = test.customer_writes(KIND, "customer-1", "こんにちは").await;
        test.pass(Span::from_secs(1));
        test.write().await;
        let gate = receiver.hold();
        let record = json!({ "v": 1, "conversation_id": id }).to_string();
        let takes_over = async {
            receiver.is_called().await;
            if answers {
                test.answer(id, "k", "私が答えます").await;
            } else {
                let path = format!("/api/conversations/{id}/mode");
                let (status, _) = test.call("PUT", &path, None, &json!({ "mode": "operator" })).await;
                assert_eq!(status, 200);
            }
            gate.add_permits(1);
        };
        tokio::join!(test.bot_record(&record), takes_over);
        assert_eq!(receiver.take().len(), 1);
        assert_eq!(bot_said(&test, id).await, Vec::<String>::new(), "{answers}");
    }
}

/// The stream, the queue or the function may lose what a customer waits for.
#[tokio::test]
async fn bot_3_people_get_a_customer_whom_the_bot_says_nothing_to() {
    let test = TestInbox::start().await;
    keywords(&test, &json!({ "starts": true })).await;
    let id = test.customer_writes(KIND, "customer-1", "営業時間").await;
    test.pass(Span::from_secs(1));
    test.settle().await;
    test.pass(Span::from_minutes(9));
    assert_eq!(test.schedule().await.switched, 0, "it may be tried again");
    // More words do not begin its time anew.
    test.customer_writes(KIND, "customer-1", "もしもし").await;
    test.settle().await;
    test.pass(Span::from_minutes(2));
    assert_eq!(test.schedule().await.switched, 1);
    assert_eq!(switches(&test, id).await, [switched("operator", "bot_failed")]);
    // The record turns up.
    test.answer_bots().await;
    assert!(bot_said(&test, id).await.is_empty());

    // Whoever was answered, by words or without, stays with the bot.
    let test = TestInbox::start().await;
    let receiver = Receiver::start().await;
    with(&test, &json!({ "kind": "webhook", "url": receiver.url() }), &json!({ "starts": true })).await;
    for words in [json!({ "messages": [{ "text": "はい" }] }), json!({})] {
        receiver.say(words.to_string());
        says(&test, "こんにちは").await;
        test.pass(Span::from_hours(1));
        assert_eq!(test.schedule().await.switched, 0, "{words}");
    }
    assert_eq!(receiver.take().len(), 2);
    // Handed back to the bot, with something that waits, its time begins then.
    let id = says(&test, "…").await;
    for mode in ["operator", "bot"] {
        let path = format!("/api/conversations/{id}/mode");
        assert_eq!(test.call("PUT", &path, None, &json!({ "mode": mode })).await.0, 200);
        test.pass(Span::from_minutes(1));
    }
    test.pass(Span::from_minutes(10));
    assert_eq!(test.schedule().await.switched, 1);
}

#[tokio::test]
async fn bot_2_a_bot_fills_what_it_knows_and_takes_no_template_that_it_could_never_fill() {
    let test = TestInbox::start().await;
    let brand = test.administered("POST", "/api/brands", &json!({ "name": "本店" })).await;
    let (status, _) = test.administer("PATCH", &path(""), &json!({ "brand_id": brand["id"] })).await;
    assert_eq!(status, 200);
    let set = async |template: Value| {
        let rules = json!([{ "words": ["営業時間"], "template_id": template }]);
        test.administer("PUT", &path("/bot"), &json!({ "kind": "keywords", "rules": rules })).await
    };
    for (name, text) in [("a", "{{operator.name}}です"), ("b", "番号は{{record.number}}")] {
        let (status, refused) = set(template(&test, name, text).await).await;
        assert_eq!((status, &refused["error"]["id"]), (400, &json!("invalid_body")), "{text}");
    }
    let (status, _) = set(template(&test, "c", "{{operator.name|担当}}です").await).await;
    assert_eq!(status, 200);
    let text = "{{conversation.brand}}の{{operator.name|担当}}です。{{contact.phone|番号}}";
    let rules = json!([{ "words": ["営業時間"], "template_id": template(&test, "d", text).await }]);
    with(&test, &json!({ "kind": "keywords", "rules": rules }), &json!({ "starts": true })).await;
    let id = says(&test, "営業時間").await;
    assert_eq!(bot_said(&test, id).await, ["本店の担当です。番号"]);
}

#[tokio::test]
async fn bot_3_a_bot_that_fails_hands_over_whatever_way_it_fails() {
    let long = json!({ "messages": [{ "text": "あ".repeat(6_000) }] }).to_string();
    let many = json!({ "messages": vec![json!({ "text": "a" }); 6] }).to_string();
    for (status, words) in
        [(500, ""), (404, ""), (302, ""), (200, "no json"), (200, long.as_str()), (200, many.as_str())]
    {
        let test = TestInbox::start().await;
        let receiver = Receiver::start().await;
        with(&test, &json!({ "kind": "webhook", "url": receiver.url() }), &json!({ "starts": true })).await;
        if status == 200 {
            receiver.say(words);
        } else {
            receiver.answer(Some(status));
        }
        let id = says(&test, "こんにちは").await;
        assert_eq!(switches(&test, id).await, [switched("operator", "bot_failed")], "{status}");
        assert!(bot_said(&test, id).await.is_empty());
        assert!(test.conversation(id).await.is_unanswered());
    }
    // One that is not there, and one that was taken away.
    let test = TestInbox::start().await;
    with(&test, &json!({ "kind": "webhook", "url": "http://127.0.0.1:9/" }), &json!({ "starts": true }))
        .await;
    let id = says(&test, "こんにちは").await;
    assert_eq!(switches(&test, id).await, [switched("operator", "bot_failed")]);
    let test = TestInbox::start().await;
    keywords(&test, &json!({ "starts": true })).await;
    let (status, _) = test.administer("DELETE", &path("/bot"), &Value::Null).await;
    assert_eq!(status, 204);
    let id = says(&test, "営業時間").await;
    assert_eq!(switches(&test, id).await, [switched("operator", "bot_failed")]);
}

#[tokio::test]
async fn bot_2_what_is_entered_wrong_is_refused_and_what_is_kept_can_be_tried_out() {
    let test = TestInbox::start().await;
    let nowhere = json!({ "kind": "webhook", "url": "http://10.0.0.1/" });
    let (status, refused) = test.administer("PUT", &path("/bot"), &nowhere).await;
    assert_eq!(status, 422, "{refused}");
    let slow = json!({ "kind": "webhook", "url": "https://bot.example/", "timeout_seconds": 11 });
    let (status, _) = test.administer("PUT", &path("/bot"), &slow).await;
    assert_eq!(status, 400);
    let unknown = json!({
        "kind": "keywords",
        "rules": [{ "words": ["a"], "template_id": "1809223c-a54e-5e9b-ae37-4058be706671" }],
    });
    let (status, refused) = test.administer("PUT", &path("/bot"), &unknown).await;
    assert_eq!((status, &refused["error"]["id"]), (404, &json!("template_not_found")));
    let (status, refused) = test.administer("GET", &path("/bot"), &Value::Null).await;
    assert_eq!((status, &refused["error"]["id"]), (404, &json!("bot_not_found")));
    keywords(&test, &json!({})).await;
    let (status, outcome) =
        test.administer("POST", &path("/bot/test"), &json!({ "text": "ｴｲｷﾞｮｳ 営業時間" })).await;
    assert_eq!((status, &outcome["outcome"]), (200, &json!("say")));
    let (_, outcome) = test.administer("POST", &path("/bot/test"), &json!({ "text": "?" })).await;
    assert_eq!((&outcome["outcome"], &outcome["why"]), (&json!("hand_over"), &json!("no_answer")));
}
