//! `inbox-writer`: a queued text becomes a message of a conversation.

use anyhow::ensure;
use serde_json::Value;

use super::customer::{CUSTOMERS, Customer};
use super::event::{ensure_all_done, sqs};
use super::world::{World, now};

pub(super) fn event(n: usize) -> anyhow::Result<Value> {
    let customer = Customer::line(n % CUSTOMERS);
    let body = customer.queued(&text(n), now())?;
    Ok(sqs(&format!("inbound-{n}"), &customer.conversation().to_string(), &body))
}

pub(super) async fn check(world: &World, n: usize, answer: &Value) -> anyhow::Result<()> {
    ensure_all_done(answer)?;
    let conversation = Customer::line(n % CUSTOMERS).conversation();
    let texts = world.test.texts(conversation).await;
    ensure!(texts.contains(&text(n)), "the text is not stored");
    Ok(())
}

fn text(n: usize) -> String {
    format!("こんにちは。注文 {n} はいつ届きますか？")
}
