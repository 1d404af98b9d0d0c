//! Replies: `inbox-api` writes one down, `reply-dispatch` sends one.

use anyhow::{Context as _, ensure};
use aws_lambda_events::event::sqs::SqsBatchResponse;
use madoguchi_domain::{ChannelKind, ConversationId, Span};
use madoguchi_simulator::{Provider, demo};
use serde_json::{Value, json};

use super::customer::{CUSTOMERS, Customer};
use super::event::{ensure_all_done, ensure_status, post_by_operator};
use super::world::{World, conversation_of, now};

/// A customer whom the simulated provider knows, with a name and a picture.
const KNOWN: &str = "customer-1";
/// Longer ago than any reply: a reply stands behind what it answers.
const BEGUN_BEFORE: Span = Span::from_minutes(60);

/// The known customer wrote a while ago, and all that follows from it is done.
pub(super) async fn begin_chat(world: &World) {
    world.test.set_time(now() - BEGUN_BEFORE);
    world.test.customer_writes(ChannelKind::Messenger, KNOWN, "はじめまして。").await;
    world.test.settle().await;
    world.test.set_time(now());
}

/// The known customer's conversation.
pub(super) fn chat(world: &World) -> anyhow::Result<ConversationId> {
    let person = world.test.simulator.peer(Provider::Messenger, demo::PAGE, KNOWN)?;
    Ok(conversation_of(ChannelKind::Messenger, &person))
}

/// `POST` of a reply.
pub(super) fn request(n: usize) -> Value {
    let route = "/api/conversations/{id}/messages";
    let path = route.replace("{id}", &Customer::line(n % CUSTOMERS).conversation().to_string());
    let body = json!({ "text": text(n) }).to_string();
    post_by_operator(route, &path, &[("idempotency-key", &format!("key-{n}"))], &body)
}

pub(super) async fn check_request(world: &World, n: usize, answer: &Value) -> anyhow::Result<()> {
    ensure_status(answer, 202)?;
    let conversation = Customer::line(n % CUSTOMERS).conversation();
    let texts = world.test.texts(conversation).await;
    ensure!(texts.contains(&text(n)), "the reply is not stored");
    Ok(())
}

/// A queued reply to the known customer.
pub(super) async fn event(world: &World, n: usize) -> anyhow::Result<Value> {
    world.test.set_time(now());
    world.test.answer(chat(world)?, &format!("key-{n}"), &text(n)).await;
    world.test.relay().await;
    let batch = world.test.outbound.receive(1);
    ensure!(batch.records.len() == 1, "{} replies are queued", batch.records.len());
    let event = serde_json::to_value(&batch)?;
    *world.batch.lock().await = Some(batch);
    Ok(event)
}

pub(super) async fn check(world: &World, n: usize, answer: &Value) -> anyhow::Result<()> {
    ensure_all_done(answer)?;
    let batch = world.batch.lock().await.take().context("it works at a batch")?;
    world.test.outbound.settle(&batch, &SqsBatchResponse::default());
    let sent = world.test.simulator.sent_to(KNOWN);
    let last = sent.last().context("nothing was sent")?;
    ensure!(last.text.as_deref() == Some(&text(n)), "something else was sent: {last:?}");
    ensure!(sent.len() == n + 1, "{} messages after {} replies", sent.len(), n + 1);
    Ok(())
}

pub(super) fn text(n: usize) -> String {
    format!("注文 {n} は明日お届けします。")
}
