//! `change-relay`: a committed reply becomes a message of the outbound queue.

use anyhow::{Context as _, ensure};
use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use serde_json::Value;

use super::customer::{CUSTOMERS, Customer};
use super::event::ensure_all_done;
use super::world::World;

/// More records than a reply writes.
const PAGE: usize = 1_000;

pub(super) async fn event(world: &World, n: usize) -> anyhow::Result<Value> {
    let conversation = Customer::line(n % CUSTOMERS).conversation();
    world.test.answer(conversation, &format!("key-{n}"), &text(n)).await;
    let mut stream = world.stream.lock().await;
    let mut wanted = None;
    loop {
        let event = stream.peek(PAGE);
        if event.records.is_empty() {
            break;
        }
        stream.checkpoint(&event, &DynamoDbEventResponse::default());
        for record in event.records {
            let record = serde_json::to_value(record)?;
            // The filter of the template.
            if record["dynamodb"]["NewImage"]["pending_state"]["S"] == "queued" {
                wanted = Some(record);
            }
        }
    }
    let event = serde_json::json!({ "Records": [wanted.context("the reply is not in the stream")?] });
    // What is handed over must be what Lambda hands over.
    serde_json::from_value::<Event>(event.clone())?;
    Ok(event)
}

pub(super) fn check(world: &World, n: usize, answer: &Value) -> anyhow::Result<()> {
    ensure_all_done(answer)?;
    let messages = world.queued.messages();
    ensure!(messages.len() == n + 1, "{} messages after {} records", messages.len(), n + 1);
    let last = messages.last().context("there is one")?;
    let conversation = Customer::line(n % CUSTOMERS).conversation().to_string();
    ensure!(last.json()["conversation_id"] == conversation, "another conversation: {}", last.body);
    Ok(())
}

fn text(n: usize) -> String {
    format!("注文 {n} は明日お届けします。")
}
