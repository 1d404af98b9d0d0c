//! `media-fetch`: what a LINE user sent is copied to the bucket.

use anyhow::{Context as _, ensure};
use aws_lambda_events::event::sqs::SqsBatchResponse;
use madoguchi_domain::ChannelKind;
use madoguchi_domain::media::Media;
use madoguchi_simulator::{Act, Action, MediaAct, MediaKind, Provider};
use madoguchi_store::work::MediaWork;
use serde_json::Value;

use super::event::ensure_all_done;
use super::world::{World, now};

/// A picture as a phone sends it, and the largest video that LINE takes.
const PICTURE_BYTES: u64 = 60_000;
const VIDEO_BYTES: u64 = 200_000_000;
/// A customer whom the simulated provider knows.
const KNOWN: &str = "customer-1";

/// The known customer wrote a while ago, and all that follows from it is done.
pub(super) async fn begin_chat(world: &World) {
    world.test.customer_writes(ChannelKind::Line, KNOWN, "はじめまして。").await;
    world.test.settle().await;
    // The customer's picture: another job than those that are measured.
    loop {
        let others = world.test.media.receive(10);
        if others.records.is_empty() {
            return;
        }
        world.test.media.settle(&others, &SqsBatchResponse::default());
    }
}

/// A picture that waits for being copied.
pub(super) async fn event(world: &World) -> anyhow::Result<Value> {
    sent(world, MediaKind::Image, PICTURE_BYTES).await
}

/// The same of the largest video.
pub(super) async fn largest(world: &World) -> anyhow::Result<Value> {
    sent(world, MediaKind::Video, VIDEO_BYTES).await
}

async fn sent(world: &World, media: MediaKind, size_bytes: u64) -> anyhow::Result<Value> {
    world.test.set_time(now());
    let action = Action::Media(MediaAct { media, size_bytes: Some(size_bytes), ..MediaAct::default() });
    let customer = Some(KNOWN.to_owned());
    let act = Act { provider: Provider::Line, account: None, customer, group: None, at_ms: None, action };
    world.test.simulator.act(act).await?;
    world.test.write().await;
    world.test.relay().await;
    let batch = world.test.media.receive(1);
    ensure!(batch.records.len() == 1, "{} files are queued", batch.records.len());
    let event = serde_json::to_value(&batch)?;
    *world.batch.lock().await = Some(batch);
    Ok(event)
}

pub(super) async fn check(world: &World, answer: &Value) -> anyhow::Result<()> {
    check_copy(world, answer, PICTURE_BYTES).await
}

pub(super) async fn check_largest(world: &World, answer: &Value) -> anyhow::Result<()> {
    check_copy(world, answer, VIDEO_BYTES).await
}

async fn check_copy(world: &World, answer: &Value, size_bytes: u64) -> anyhow::Result<()> {
    ensure_all_done(answer)?;
    let batch = world.batch.lock().await.take().context("it works at a batch")?;
    world.test.media.settle(&batch, &SqsBatchResponse::default());
    let work = batch.records.first().and_then(|record| record.body.as_deref()).context("it has a job")?;
    let work: MediaWork = serde_json::from_str(work)?;
    let message = world.test.message(work.conversation_id, &work.message).await;
    let Some(Media::Stored(stored)) = message.attachments().first().and_then(|file| file.media.as_ref())
    else {
        anyhow::bail!("the file is not stored: {:?}", message.attachments());
    };
    ensure!(stored.size_bytes == size_bytes, "{} bytes and not {size_bytes}", stored.size_bytes);
    ensure!(world.bucket.bytes_at(&stored.key) == Some(size_bytes), "it does not lie in the bucket");
    // Sees the file as settled.
    world.test.relay().await;
    Ok(())
}
