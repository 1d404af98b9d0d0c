//! What survives a restart.

use std::{path::PathBuf, time::Duration};

use madoguchi_simulator::{Action, MediaAct, Options, Provider, demo};
use reqwest::Method;
use serde_json::Value;

use crate::support::{Stage, answer, stage_with, text};

fn state_file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("simulator-{name}-{}", std::process::id())).join("state.json")
}

#[tokio::test]
async fn chats_and_tokens_survive_a_restart() {
    let path = state_file("restart");
    let options = Options { state_file: Some(path.clone()), ..Options::default() };
    let first = stage_with(options.clone()).await;
    let (performed, event) = first.on_line("customer-1", text("まだいますか")).await;
    let token = first.line_token().await;
    first.simulator.stop().await.unwrap();

    let second = stage_with(options).await;
    let reply_token = event["replyToken"].as_str().unwrap();
    assert_eq!(second.reply(&token, reply_token, "はい").await.status, 200);
    assert_eq!(
        second.simulator.peer(Provider::Line, demo::LINE_CHANNEL, "customer-1").unwrap(),
        performed.peer
    );
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
}

#[tokio::test]
async fn a_file_from_before_twilio_and_files_is_still_read() {
    let path = state_file("older");
    let options = Options { state_file: Some(path.clone()), ..Options::default() };
    let first = stage_with(options.clone()).await;
    first.on_line("customer-1", text("いつもの")).await;
    first.simulator.stop().await.unwrap();

    let mut saved: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let without = |object: &mut Value, names: &[&str]| {
        for name in names {
            assert!(object.as_object_mut().unwrap().remove(*name).is_some(), "{name}");
        }
    };
    without(&mut saved, &["twilio", "personas", "uploads", "media_lives"]);
    for customer in saved["customers"].as_array_mut().unwrap() {
        without(customer, &["hides_number"]);
    }
    for thread in saved["threads"].as_object_mut().unwrap().values_mut() {
        without(thread, &["opted_out", "loading_until_ms"]);
        for message in thread["messages"].as_array_mut().unwrap() {
            without(message, &["media", "place", "read_token", "journey", "kept_elsewhere"]);
            message["media_url"] = Value::Null;
        }
    }
    std::fs::write(&path, saved.to_string()).unwrap();

    let second = stage_with(options).await;
    let view = second.get("/customer/view").await.body;
    assert_eq!(view["line"]["thread"]["messages"][0]["text"], "いつもの");
    assert!(second.simulator.write(Provider::Sms, "customer-1", "a").await.is_ok());
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
}

#[tokio::test]
async fn files_survive_a_restart() {
    let path = state_file("files");
    let options = Options { state_file: Some(path.clone()), ..Options::default() };
    let first = stage_with(options.clone()).await;
    let act = Action::Media(MediaAct { size_bytes: Some(20_000), ..MediaAct::default() });
    let id = first.on_line("customer-1", act).await.0.message_ids[0].clone();
    let content = async |stage: &Stage| {
        let token = stage.line_token().await;
        let request = stage.request(Method::GET, &format!("/v2/bot/message/{id}/content"));
        request.bearer_auth(token).send().await.unwrap().bytes().await.unwrap()
    };
    let before = content(&first).await;
    first.simulator.stop().await.unwrap();
    let second = stage_with(options).await;
    assert_eq!((content(&second).await, before.len()), (before, 20_000));
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
}

#[tokio::test]
async fn a_chosen_file_survives_a_restart_and_one_that_nobody_sent_does_not_stay() {
    let path = state_file("chosen");
    let options = Options { state_file: Some(path.clone()), ..Options::default() };
    let first = stage_with(options.clone()).await;
    let mut ids = Vec::new();
    for content in ["sent", "not sent"] {
        let request = first.request(Method::POST, "/control/files").header("content-type", "image/png");
        let given = answer(request.header("x-file-name", "a.png").body(content)).await;
        ids.push(given.body["id"].as_str().unwrap().to_owned());
    }
    let media = MediaAct { files: vec![ids[0].clone()], ..MediaAct::default() };
    first.on_line("customer-1", Action::Media(media)).await;
    first.simulator.stop().await.unwrap();

    let mut saved: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    saved["given"] = Value::Array(Vec::new());
    std::fs::write(&path, saved.to_string()).unwrap();
    let second = stage_with(options).await;
    let file = second.request(Method::GET, &format!("/files/{}", ids[0])).send().await.unwrap();
    assert_eq!(file.text().await.unwrap(), "sent");
    let kept: Vec<_> = std::fs::read_dir(path.with_extension("json.files")).unwrap().collect();
    assert_eq!(kept.len(), 1);
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
}

#[tokio::test]
async fn the_file_is_written_a_moment_after_a_change() {
    let path = state_file("debounce");
    let stage = stage_with(Options { state_file: Some(path.clone()), ..Options::default() }).await;
    stage.on_messenger("customer-1", text("write this down")).await;
    for _ in 0..500 {
        if std::fs::read_to_string(&path).is_ok_and(|saved| saved.contains("write this down")) {
            std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nothing was saved");
}

#[tokio::test]
async fn a_reset_brings_back_the_beginning_with_the_same_people() {
    let stage = stage_with(Options::default()).await;
    let (before, _) = stage.on_line("customer-1", text("?")).await;
    stage.simulator.reset();
    assert!(stage.simulator.webhooks().is_empty());
    let (after, _) = stage.on_line("customer-1", text("?")).await;
    assert_eq!(before.peer, after.peer);
    assert_ne!(before.message_ids, after.message_ids);
}
