//! The clock, addresses, people and accounts.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, State},
    routing::post,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{add_customer, add_line_channel, add_page, done, set_tasks};
use crate::{model::Echo, shared::Shared};

type Control = State<Arc<Shared>>;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/control/clock", post(clock))
        .route("/control/settings", post(settings))
        .route("/control/targets", post(targets))
        .route("/control/customers", post(customers))
        .route("/control/pages", post(pages))
        .route("/control/pages/{id}/subscription", post(subscription))
        .route("/control/pages/{id}/tasks", post(tasks))
        .route("/control/line/channels", post(line_channels))
        .route("/control/line/settings", post(line_settings))
        .route("/control/media", post(media_lives))
}

#[derive(Deserialize)]
struct ClockChange {
    offset_ms: Option<i64>,
    advance_ms: Option<i64>,
}

async fn clock(State(shared): Control, Json(change): Json<ClockChange>) -> Json<Value> {
    let clock = shared.change(|world| {
        let base = change.offset_ms.unwrap_or(world.clock.offset_ms());
        world.clock.set_offset_ms(base + change.advance_ms.unwrap_or(0));
        json!({"offset_ms": world.clock.offset_ms(), "now_ms": world.clock.now_ms()})
    });
    Json(clock)
}

#[derive(Deserialize)]
struct Settings {
    echo: Option<Echo>,
}

async fn settings(State(shared): Control, Json(settings): Json<Settings>) -> Json<Value> {
    if let Some(echo) = settings.echo {
        shared.set_echo(echo);
    }
    done()
}

#[derive(Deserialize)]
struct TargetsChange {
    api: Option<String>,
    messenger: Option<String>,
    #[serde(default)]
    line: BTreeMap<String, String>,
    #[serde(default)]
    twilio: BTreeMap<String, String>,
    #[serde(default)]
    aliases: BTreeMap<String, String>,
    cognito_endpoint: Option<String>,
    cognito_client_id: Option<String>,
}

async fn targets(State(shared): Control, Json(change): Json<TargetsChange>) -> Json<Value> {
    shared.set_targets(|targets| {
        for (known, wanted) in [
            (&mut targets.api, change.api),
            (&mut targets.messenger, change.messenger),
            (&mut targets.cognito_endpoint, change.cognito_endpoint),
            (&mut targets.cognito_client_id, change.cognito_client_id),
        ] {
            *known = wanted.or(known.take());
        }
        targets.line.extend(change.line);
        targets.twilio.extend(change.twilio);
        targets.aliases.extend(change.aliases);
    });
    done()
}

#[derive(Deserialize)]
struct MediaLivesChange {
    messenger_ms: Option<i64>,
    twilio_ms: Option<i64>,
}

async fn media_lives(State(shared): Control, Json(change): Json<MediaLivesChange>) -> Json<Value> {
    shared.change(|world| super::set_media_lives(world, change.messenger_ms, change.twilio_ms));
    done()
}

#[derive(Deserialize)]
struct NewCustomer {
    name: String,
    /// What the person's phone is set to, by BCP 47; Japanese if left out.
    language: Option<String>,
}

async fn customers(State(shared): Control, Json(new): Json<NewCustomer>) -> Json<Value> {
    let id = shared.change(|world| add_customer(world, new.name.trim(), new.language.as_deref()));
    Json(json!({"id": id}))
}

#[derive(Deserialize)]
struct NewPage {
    id: String,
    name: String,
}

async fn pages(State(shared): Control, Json(new): Json<NewPage>) -> Json<Value> {
    shared.change(|world| add_page(world, &new.id, &new.name));
    done()
}

#[derive(Deserialize)]
struct Subscription {
    fields: Option<Vec<String>>,
}

async fn subscription(
    State(shared): Control,
    Path(page): Path<String>,
    Json(subscription): Json<Subscription>,
) -> Json<Value> {
    shared.change(|world| {
        if let Some(page) = world.page_mut(&page) {
            page.subscribed_fields = subscription.fields;
        }
    });
    done()
}

#[derive(Deserialize)]
struct Tasks {
    tasks: Vec<String>,
}

async fn tasks(State(shared): Control, Path(page): Path<String>, Json(given): Json<Tasks>) -> Json<Value> {
    shared.change(|world| set_tasks(world, &page, given.tasks));
    done()
}

#[derive(Deserialize)]
struct NewLineChannel {
    id: String,
    secret: String,
    name: String,
}

async fn line_channels(State(shared): Control, Json(new): Json<NewLineChannel>) -> Json<Value> {
    shared.change(|world| add_line_channel(world, &new.id, &new.secret, &new.name));
    done()
}

#[derive(Deserialize)]
struct LineSettings {
    channel: String,
    quota: Option<u64>,
    used: Option<u64>,
    redelivery: Option<bool>,
    webhook_active: Option<bool>,
    chat: Option<bool>,
    webhook_endpoint: Option<String>,
}

async fn line_settings(State(shared): Control, Json(change): Json<LineSettings>) -> Json<Value> {
    shared.change(|world| {
        let Some(channel) = world.line_channel_mut(&change.channel) else { return };
        channel.quota = change.quota.or(channel.quota);
        channel.used = change.used.unwrap_or(channel.used);
        channel.redelivery = change.redelivery.unwrap_or(channel.redelivery);
        channel.webhook_active = change.webhook_active.unwrap_or(channel.webhook_active);
        channel.chat = change.chat.unwrap_or(channel.chat);
        channel.webhook_endpoint = change.webhook_endpoint.or(channel.webhook_endpoint.take());
    });
    done()
}
