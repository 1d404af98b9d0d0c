//! `profile-fetch`: a contact gets a name and a picture.

use anyhow::{Context as _, ensure};
use aws_lambda_events::event::sqs::SqsBatchResponse;
use madoguchi_domain::conversation::ProfileState;
use madoguchi_domain::picture::Portrait;
use madoguchi_store::Saved;
use serde_json::Value;

use super::event::ensure_all_done;
use super::reply::chat;
use super::world::{World, now};

pub(super) async fn event(world: &World) -> anyhow::Result<Value> {
    world.test.set_time(now());
    // The picture of the time before is another function's: without it everything is settled.
    let mut settled = world.test.conversation(chat(world)?).await;
    settled.contact.profile = ProfileState::Known;
    settled.contact.portrait = Portrait::default();
    ensure!(world.test.inbox.save_conversation(&settled).await? == Saved::Done, "somebody else wrote it");
    world.test.relay().await;
    let mut conversation = world.test.conversation(chat(world)?).await;
    conversation.contact.profile = ProfileState::Wanted;
    conversation.contact.name = None;
    let saved = world.test.inbox.save_conversation(&conversation).await?;
    ensure!(saved == Saved::Done, "somebody else wrote the conversation");
    world.test.relay().await;
    let batch = world.test.profiles.receive(1);
    ensure!(batch.records.len() == 1, "{} profiles are queued", batch.records.len());
    let event = serde_json::to_value(&batch)?;
    *world.batch.lock().await = Some(batch);
    Ok(event)
}

pub(super) async fn check(world: &World, answer: &Value) -> anyhow::Result<()> {
    ensure_all_done(answer)?;
    let batch = world.batch.lock().await.take().context("it works at a batch")?;
    world.test.profiles.settle(&batch, &SqsBatchResponse::default());
    let contact = world.test.conversation(chat(world)?).await.contact;
    ensure!(contact.profile == ProfileState::Known, "the profile is {:?}", contact.profile);
    ensure!(contact.name.is_some() && contact.portrait != Portrait::default(), "the profile is empty");
    Ok(())
}
