//! The customer's phone shows what the company wrote: Messenger reports delivery, then reading; WhatsApp
//! reading.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{ActError, resolve_account, resolve_customer};
use crate::{
    deliver::{self, Webhook},
    model::Provider,
    shared::Shared,
    state::World,
    twilio,
};

/// On WhatsApp: the customer opens the chat, and each message that arrived is reported as read.
pub(crate) async fn open_whatsapp(
    shared: &Arc<Shared>,
    account: Option<&str>,
    customer: Option<&str>,
) -> Result<Vec<Webhook>, ActError> {
    let read = shared.change(|world| {
        let customer = resolve_customer(world, customer)?;
        let sender = resolve_account(world, Provider::WhatsApp, account)?;
        Ok(read_now(world, &sender, &customer.id))
    })?;
    let mut webhooks = Vec::new();
    for sid in read {
        webhooks.extend(twilio::status::tell_once(shared, &sid, "read", None).await);
    }
    Ok(webhooks)
}

fn read_now(world: &mut World, sender: &str, customer: &str) -> Vec<String> {
    let now = world.clock.now_ms();
    let thread = world.threads.values_mut().find(|thread| {
        thread.provider == Provider::WhatsApp
            && thread.account == sender
            && thread.customer.as_deref() == Some(customer)
    });
    let Some(thread) = thread.filter(|thread| thread.receipts && !thread.blocked) else { return Vec::new() };
    let unread = thread.messages.iter_mut().filter(|message| message.from_company).filter_map(|message| {
        let journey = message.journey.as_mut().filter(|journey| journey.status == "delivered")?;
        "read".clone_into(&mut journey.status);
        journey.updated_at_ms = now;
        message.read_at_ms = Some(now);
        Some(message.id.clone())
    });
    unread.collect()
}

/// Marks everything as delivered, and as read if asked; the events go out in that order, one body each.
pub(crate) async fn see(
    shared: &Arc<Shared>,
    account: Option<&str>,
    customer: Option<&str>,
    read: bool,
) -> Result<Vec<Webhook>, ActError> {
    let (page, events) = shared.change(|world| {
        let customer = resolve_customer(world, customer)?;
        let page = resolve_account(world, Provider::Messenger, account)?;
        // Looking at an empty chat must not make one.
        let events = receipts(world, &page, &customer.id, read);
        Ok((page, events))
    })?;
    let mut webhooks = Vec::new();
    for event in events {
        webhooks.push(deliver::send_events(shared, Provider::Messenger, &page, vec![event]).await);
    }
    Ok(webhooks)
}

fn receipts(world: &mut World, page: &str, customer: &str, read: bool) -> Vec<Value> {
    let now = world.clock.now_ms();
    let Some(thread) = world.threads.values_mut().find(|thread| {
        thread.provider == Provider::Messenger
            && thread.account == page
            && thread.customer.as_deref() == Some(customer)
    }) else {
        return Vec::new();
    };
    if !thread.receipts || thread.blocked {
        return Vec::new();
    }
    let peer = thread.peer.clone();
    let event = |content: Value| {
        let mut event = json!({"sender": {"id": peer}, "recipient": {"id": page}});
        if let (Some(event), Value::Object(content)) = (event.as_object_mut(), content) {
            event.extend(content);
        }
        event
    };
    let arrived = |message: &crate::state::ThreadMessage| {
        message.from_company && message.sent.as_ref().is_none_or(|sent| sent.received)
    };

    let mut events = Vec::new();
    let mut mids = Vec::new();
    let mut watermark = 0;
    for message in
        thread.messages.iter_mut().filter(|message| arrived(message) && message.delivered_at_ms.is_none())
    {
        message.delivered_at_ms = Some(now);
        mids.push(message.id.clone());
        watermark = watermark.max(message.at_ms);
    }
    if !mids.is_empty() {
        // Meta's sample of this event has no timestamp.
        events.push(event(json!({"delivery": {"mids": mids, "watermark": watermark}})));
    }
    let mut unread = false;
    for message in thread.messages.iter_mut().filter(|message| read && arrived(message)) {
        unread |= message.read_at_ms.is_none();
        message.read_at_ms.get_or_insert(now);
        watermark = watermark.max(message.at_ms);
    }
    if unread {
        events.push(event(json!({"timestamp": now, "read": {"watermark": watermark}})));
    }
    events
}
