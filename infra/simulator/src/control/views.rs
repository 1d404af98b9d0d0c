//! What the world looks like from behind the stage.

use serde_json::{Value, json};

use crate::{
    media::Media,
    model::{SentMedia, SentMessage, SentStatus, Shown},
    shared::Shared,
    state::{Thread, ThreadMessage, World},
};

/// What the providers accepted from the product, oldest first.
pub(crate) fn sent(world: &World) -> Vec<SentMessage> {
    let of_thread = |thread| move |message| sent_message(thread, message);
    let mut all: Vec<SentMessage> = world
        .threads
        .values()
        .flat_map(|thread| thread.messages.iter().filter_map(of_thread(thread)))
        .collect();
    all.sort_by_key(|message| message.at_ms);
    all
}

/// What the company did in chats without writing, oldest first.
pub(crate) fn shown(world: &World) -> Vec<Shown> {
    let of_thread = |thread: &Thread| {
        let (provider, account, recipient) = (thread.provider, thread.account.clone(), thread.peer.clone());
        thread.shown.clone().into_iter().map(move |courtesy| Shown {
            provider,
            account: account.clone(),
            recipient: recipient.clone(),
            what: courtesy.what,
            through: courtesy.through,
            at_ms: courtesy.at_ms,
        })
    };
    let mut all: Vec<Shown> = world.threads.values().flat_map(of_thread).collect();
    all.sort_by_key(|shown| shown.at_ms);
    all
}

fn sent_message(thread: &Thread, message: &ThreadMessage) -> Option<SentMessage> {
    let details = message.sent.as_ref()?;
    let media = |media: &Media| {
        let link = media.link.clone()?;
        Some(SentMedia {
            kind: media.kind,
            url: link.url,
            preview_url: link.preview_url,
            opened: link.opened,
        })
    };
    let status = message.journey.as_ref().map(|journey| SentStatus {
        status: journey.status.clone(),
        error_code: journey.error_code,
        callback: journey.callback.clone(),
    });
    Some(SentMessage {
        provider: thread.provider,
        account: thread.account.clone(),
        recipient: thread.peer.clone(),
        customer: thread.customer.clone(),
        id: message.id.clone(),
        kind: message.kind.clone(),
        text: message.text.clone(),
        via: details.via.clone(),
        messaging_type: details.messaging_type.clone(),
        tag: details.tag.clone(),
        metadata: details.metadata.clone(),
        retry_key: details.retry_key.clone(),
        sender_name: message.sender_name.clone(),
        media: message.media.iter().filter_map(media).collect(),
        status,
        at_ms: message.at_ms,
        attempts: details.attempts,
        times_received: if details.received { thread.times_received(message) } else { 0 },
        request: details.request.clone(),
    })
}

/// Accounts, customers and chats, without messages.
pub(crate) fn overview(shared: &Shared) -> Value {
    shared.read(|world| {
        let threads: Vec<Value> = world
            .threads
            .values()
            .map(|thread| {
                json!({
                    "provider": thread.provider,
                    "account": thread.account,
                    "peer": thread.peer,
                    "peer_kind": thread.peer_kind,
                    "customer": thread.customer,
                    "messages": thread.messages.len(),
                    "last_opener_ms": thread.last_opener_ms,
                    "friend": thread.friend,
                    "blocked": thread.blocked,
                    "unavailable": thread.unavailable,
                    "standby": thread.standby,
                    "receipts": thread.receipts,
                    "opted_out": thread.opted_out,
                })
            })
            .collect();
        let pages: Vec<Value> = world
            .pages
            .iter()
            .map(|page| {
                json!({"id": page.id, "name": page.name, "tasks": page.tasks, "subscribed_fields": page.subscribed_fields})
            })
            .collect();
        let channels: Vec<Value> = world
            .line_channels
            .iter()
            .map(|channel| {
                json!({
                    "id": channel.id,
                    "name": channel.name,
                    "bot_user_id": channel.bot_user_id,
                    "webhook_active": channel.webhook_active,
                    "redelivery": channel.redelivery,
                    "quota": channel.quota,
                    "used": channel.used,
                })
            })
            .collect();
        json!({
            "base_url": shared.base_url,
            "now_ms": world.clock.now_ms(),
            "clock_offset_ms": world.clock.offset_ms(),
            "app_id": world.app.id,
            "echo": shared.echo(),
            "customers": world.customers,
            "groups": world.groups,
            "pages": pages,
            "line_channels": channels,
            "twilio_senders": world.twilio.senders,
            "twilio_services": world.twilio.services,
            "threads": threads,
            "faults": world.faults,
        })
    })
}
