//! The closers: a chat whose time is over is closed.

use anyhow::ensure;
use madoguchi_domain::{ChannelKind, ChannelSettings, Span};
use serde_json::{Value, json};

use super::customer::Customer;
use super::function::Function;
use super::world::{World, now};

/// Longer than either timer.
const SILENCE: Span = Span::from_minutes(120);
/// Longer than Messenger lets anybody answer.
const LONG_SILENCE: Span = Span::from_days(8);
/// Since when the timers are set: every open chat has them.
const SET_BEFORE: Span = Span::from_days(30);

/// One timer of an hour at LINE; at Messenger only the provider's own limit applies. With both timers the other
/// closer would have to move the deadline first.
pub(super) async fn set_timers(world: &World) {
    world.test.set_time(now() - SET_BEFORE);
    let timers = ChannelSettings {
        unanswered_close_after_minutes: (world.function == Function::UnansweredClose).then_some(60),
        idle_close_after_minutes: (world.function == Function::IdleClose).then_some(60),
        ..ChannelSettings::default()
    };
    world.test.set(ChannelKind::Line, &timers).await;
    world.test.set(ChannelKind::Messenger, &ChannelSettings::default()).await;
    world.test.set_time(now());
}

pub(super) async fn event(world: &World, n: usize) -> anyhow::Result<Value> {
    let customer = customer(world.function, n);
    let silence = if world.function == Function::ReplyLimitClose { LONG_SILENCE } else { SILENCE };
    world.test.set_time(now() - silence);
    let conversation = world.writes(&customer, "まだ開いていますか？").await?;
    if world.function == Function::IdleClose {
        world.test.answer(conversation, "key", "はい、開いています。").await;
    }
    world.test.set_time(now());
    Ok(json!({}))
}

pub(super) async fn check(world: &World, n: usize) -> anyhow::Result<()> {
    let conversation = world.test.conversation(customer(world.function, n).conversation()).await;
    ensure!(!conversation.is_open(), "the conversation is {:?}", conversation.status);
    Ok(())
}

fn customer(function: Function, n: usize) -> Customer {
    match function {
        Function::ReplyLimitClose => Customer::messenger(n),
        _ => Customer::line(n),
    }
}
