//! What the customer's page shows, and waiting for news of it.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Query, State},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::webhook_line;
use crate::{
    media::Media,
    model::Provider,
    shared::Shared,
    state::{Thread, ThreadMessage, World},
};

/// Shorter than any browser's patience.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
const WEBHOOKS_SHOWN: usize = 12;
const MESSAGES_SHOWN: usize = 200;
/// How far back it is looked up whether the company was told of a message.
const ARRIVALS_SHOWN: usize = 30;
const WEBHOOKS_SEARCHED: usize = 80;

#[derive(Deserialize)]
pub(super) struct ViewOf {
    customer: Option<String>,
    page: Option<String>,
    channel: Option<String>,
    group: Option<String>,
    whatsapp: Option<String>,
    sms: Option<String>,
    /// The version that the page already shows.
    #[serde(default)]
    since: u64,
}

pub(super) async fn view(State(shared): State<Arc<Shared>>, Query(of): Query<ViewOf>) -> Json<Value> {
    let mut changes = shared.changes();
    // An older number than the page's means that the simulator was restarted: no reason to wait.
    let _ = timeout(LONGEST_WAIT, changes.wait_for(|version| *version != of.since)).await;
    let version = *changes.borrow();
    Json(shared.read(|world| render(&shared, world, &of, version)))
}

fn render(shared: &Shared, world: &World, of: &ViewOf, version: u64) -> Value {
    let customer =
        of.customer.as_deref().and_then(|id| world.customer(id)).or_else(|| world.customers.first());
    let customer_id = customer.map_or("", |customer| customer.id.as_str());
    let face = |id: &str| format!("/media/face-{id}.png");
    let customers: Vec<Value> = world
        .customers
        .iter()
        .map(|customer| {
            json!({
                "id": customer.id,
                "name": customer.display_name,
                "picture": face(&customer.id),
                "language": customer.language,
                "telephone": customer.telephone(),
            })
        })
        .collect();

    let pages = world.pages.iter().filter(|page| page.subscribed_fields.is_some());
    let pages: Vec<Value> =
        pages.map(|page| json!({"id": page.id, "name": page.name, "picture": face(&page.id)})).collect();
    let channels: Vec<Value> = world
        .line_channels
        .iter()
        .map(|channel| json!({"id": channel.id, "name": channel.name, "picture": face(&channel.id)}))
        .collect();
    let page = chosen(&pages, of.page.as_deref());
    let channel = chosen(&channels, of.channel.as_deref());
    let groups: Vec<Value> = world
        .groups
        .iter()
        .filter(|group| {
            group.channel == channel && group.bot_joined && group.members.iter().any(|id| id == customer_id)
        })
        .map(|group| json!({"id": group.id, "name": group.name}))
        .collect();
    let group = of.group.as_deref().filter(|id| groups.iter().any(|group| group["id"] == *id));

    let one_to_one = |provider: Provider, account: &str| {
        world.threads.values().find(|thread| {
            thread.provider == provider
                && thread.account == account
                && thread.customer.as_deref() == Some(customer_id)
        })
    };
    let line_thread = match group {
        Some(group) => world.thread(Provider::Line, &channel, group),
        None => one_to_one(Provider::Line, &channel),
    };
    // On Twilio a chat is with one of the company's numbers.
    let telephone = |provider: Provider, wanted: Option<&str>| {
        let senders = world.twilio.senders.iter().filter(|sender| sender.provider() == provider);
        let accounts: Vec<Value> = senders
            .map(|sender| {
                let name = sender.address.trim_start_matches("whatsapp:");
                json!({"id": sender.address, "name": name, "picture": face(name)})
            })
            .collect();
        let account = chosen(&accounts, wanted);
        let thread = one_to_one(provider, &account).map(|thread| chat(world, thread, customer_id));
        json!({"accounts": accounts, "account": account, "thread": thread})
    };
    let webhooks: Vec<Value> =
        world.webhooks.iter().rev().take(WEBHOOKS_SHOWN).map(webhook_line::describe).collect();
    json!({
        "version": version,
        "customer": customer_id,
        "customers": customers,
        "console": shared.targets().console(),
        "logins": shared.targets().demo_logins(),
        "now_ms": world.clock.now_ms(),
        "product_known": shared.targets().api_base().is_some() || shared.targets().messenger.is_some(),
        "messenger": {
            "accounts": pages,
            "account": page,
            "thread": one_to_one(Provider::Messenger, &page).map(|thread| chat(world, thread, customer_id)),
        },
        "line": {
            "accounts": channels,
            "account": channel,
            "groups": groups,
            "group": group,
            "thread": line_thread.map(|thread| chat(world, thread, customer_id)),
        },
        "whatsapp": telephone(Provider::WhatsApp, of.whatsapp.as_deref()),
        "sms": telephone(Provider::Sms, of.sms.as_deref()),
        "webhooks": webhooks,
    })
}

fn chosen(accounts: &[Value], wanted: Option<&str>) -> String {
    let found = accounts.iter().find(|account| account["id"].as_str() == wanted).or_else(|| accounts.first());
    found.and_then(|account| account["id"].as_str()).unwrap_or_default().to_owned()
}

fn chat(world: &World, thread: &Thread, customer: &str) -> Value {
    let shown: Vec<&ThreadMessage> = thread.visible().collect();
    let latest = &shown[shown.len().saturating_sub(MESSAGES_SHOWN)..];
    let mut messages: Vec<Value> =
        latest.iter().map(|message| bubble(world, thread, message, customer)).collect();
    let own = messages.iter_mut().rev().filter(|message| message["mine"] == true).take(ARRIVALS_SHOWN);
    for message in own {
        message["arrival"] = arrival(world, thread.provider, message["id"].as_str().unwrap_or_default());
    }
    json!({
        "peer": thread.peer,
        "blocked": thread.blocked,
        "friend": thread.friend,
        "unavailable": thread.unavailable,
        "receipts": thread.receipts,
        "typing": thread.loading_until_ms.is_some_and(|until| until > world.clock.now_ms()),
        "typing_for_ms": thread.loading_until_ms.map_or(0, |until| (until - world.clock.now_ms()).max(0)),
        "opted_out": thread.opted_out,
        "messages": messages,
    })
}

/// What became of the webhook that told the company of a message: the one that was taken, or else the newest.
fn arrival(world: &World, provider: Provider, id: &str) -> Value {
    let names = |text: &str| text.contains(id);
    let mut newest = Value::Null;
    for webhook in world.webhooks.iter().rev().take(WEBHOOKS_SEARCHED) {
        if webhook.provider != provider
            || !(names(&webhook.body) || webhook.url.as_deref().is_some_and(names))
        {
            continue;
        }
        let told = webhook_line::describe(webhook);
        if webhook.outcome.is_delivered() || newest.is_null() {
            newest = json!({"state": told["state"], "text": told["text"]});
        }
        if webhook.outcome.is_delivered() {
            break;
        }
    }
    newest
}

/// The message that this one answers, as much of it as a phone shows above.
fn quoted(thread: &Thread, message: &ThreadMessage) -> Option<Value> {
    let request = message.sent.as_ref().map(|sent| &sent.request);
    let token = request.and_then(|request| request["quoteToken"].as_str());
    let answered =
        request.and_then(|request| request["reply_to"]["mid"].as_str()).or(message.quotes.as_deref());
    let found = match token {
        Some(token) => thread.messages.iter().find(|known| known.quote_token.as_deref() == Some(token)),
        None => thread.message(answered?),
    };
    let found = found?;
    Some(json!({
        "id": found.id,
        "kind": found.kind,
        "text": found.text.as_ref().filter(|_| !found.unsent),
        "from_company": found.from_company,
    }))
}

fn bubble(world: &World, thread: &Thread, message: &ThreadMessage, customer: &str) -> Value {
    let mine = !message.from_company && message.author.as_deref().is_none_or(|author| author == customer);
    let author = message
        .author
        .as_deref()
        .and_then(|id| world.customer(id))
        .map(|author| author.display_name.as_str());
    json!({
        "id": message.id,
        "mine": mine,
        "from_company": message.from_company,
        "author": author,
        "kind": message.kind,
        "text": message.text,
        "files": message.media.iter().map(file).collect::<Vec<Value>>(),
        "place": message.place,
        "status": message.journey.as_ref().filter(|_| message.from_company).map(|journey| &journey.status),
        "sticker_id": message.sticker_id,
        "choices": message.choices,
        "sender_name": message.sender_name,
        "sender_picture": message.sender_picture.as_ref().map(|_| format!("/customer/senders/{}", message.id)),
        "quote": quoted(thread, message),
        "reactions": [&message.customer_reaction, &message.company_reaction],
        "edited": message.edits > 0,
        "unsent": message.unsent,
        "read": message.read_at_ms.is_some(),
        "at_ms": message.at_ms,
    })
}

fn file(media: &Media) -> Value {
    json!({
        "url": format!("/files/{}", media.id),
        "kind": media.kind,
        "name": media.name,
        "content_type": media.content_type,
        "preview": media.link.is_none() || media.link.as_ref().is_some_and(|link| link.preview_url.is_some()),
        "size_bytes": media.size_bytes,
        "problem": media.link.as_ref().and_then(|link| link.opened.as_ref()?.problem.as_deref()),
    })
}
