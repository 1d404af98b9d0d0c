//! What survives a restart.

use std::{path::PathBuf, time::Duration};

use madoguchi_simulator::{Options, Provider, demo};

use crate::support::{stage_with, text};

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
