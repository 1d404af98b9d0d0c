//! Attachments of the page: fetched when they are sent or uploaded, within the documented limits.

use std::time::Duration;

use serde_json::{Value, json};

use super::{GraphCall, GraphError, auth};
use crate::{
    clock::DAY_MS,
    media::{
        self, Media, MediaKind, Opened,
        fetch::{FetchError, Fetched},
    },
    shared::Shared,
    state::{Upload, World},
};

const IMAGE_LIMIT_BYTES: u64 = 8 * 1024 * 1024;
const OTHER_LIMIT_BYTES: u64 = 25 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);
const VIDEO_PATIENCE: Duration = Duration::from_secs(75);
const UPLOAD_LIFE_MS: i64 = 90 * DAY_MS;

/// `POST /{page}/message_attachments`: fetched now, sent later by its id.
pub(super) async fn upload(shared: &Shared, page: &str, call: &GraphCall) -> Result<Value, GraphError> {
    let page = shared.read(|world| auth::page_caller(world, call, page).map(ToOwned::to_owned))?;
    let attachment = call.params.get("message").map_or(&Value::Null, |message| &message["attachment"]);
    let kind = attachment["type"].as_str().and_then(MediaKind::parse);
    let (Some(kind), Some(url)) = (kind, attachment["payload"]["url"].as_str()) else {
        return Err(no_url());
    };
    let mut media = Media::linked(kind, url);
    fetch(shared, &mut media).await?;
    let id = shared.change(|world| keep(world, &page, media));
    Ok(json!({"attachment_id": id}))
}

pub(super) fn keep(world: &mut World, page: &str, media: Media) -> String {
    let id = (6_000_000_000_000_000 + world.next_number()).to_string();
    let made_at_ms = world.clock.now_ms();
    world.uploads.push(Upload { id: id.clone(), page: page.to_owned(), media, made_at_ms });
    id
}

/// An earlier upload of this page, for 90 days.
pub(super) fn uploaded(world: &World, page: &str, id: &Value) -> Result<Media, GraphError> {
    let id = id.as_str().map_or_else(|| id.to_string(), ToOwned::to_owned);
    let now = world.clock.now_ms();
    let found = world
        .uploads
        .iter()
        .find(|upload| upload.id == id && upload.page == page && now - upload.made_at_ms <= UPLOAD_LIFE_MS);
    found
        .map(|upload| upload.media.clone())
        .ok_or_else(|| GraphError::parameter("(#100) Invalid attachment ID").subcode(2_018_074))
}

pub(super) fn no_url() -> GraphError {
    GraphError::parameter("(#100) Upload attachment failure: no url").subcode(2_018_008)
}

/// Takes a copy of the file that an attachment links to.
pub(super) async fn fetch(shared: &Shared, media: &mut Media) -> Result<(), GraphError> {
    let limit = if media.kind == MediaKind::Image { IMAGE_LIMIT_BYTES } else { OTHER_LIMIT_BYTES };
    let patience = if media.kind == MediaKind::Video { VIDEO_PATIENCE } else { PATIENCE };
    let Some(link) = &mut media.link else { return Ok(()) };
    let fetched =
        media::fetch::fetch(shared, &link.url, limit, patience).await.map_err(|error| refusal(&error))?;
    if !suits(media.kind, &fetched) {
        let message = "(#100) Upload attachment failure: the file does not match the attachment type";
        return Err(GraphError::parameter(message).subcode(2_018_047));
    }
    media.content_type.clone_from(&fetched.content_type);
    media.size_bytes = fetched.size_bytes;
    link.opened = Some(Opened {
        content_type: fetched.content_type.clone(),
        size_bytes: fetched.size_bytes,
        ..Opened::default()
    });
    shared.copies(|copies| copies.keep(&media.id, fetched));
    Ok(())
}

fn refusal(error: &FetchError) -> GraphError {
    let subcode = match error {
        FetchError::TooLarge(_) => 2_018_109,
        FetchError::Late => 2_018_294,
        _ => 2_018_008,
    };
    GraphError::parameter(format!("(#100) Upload attachment failure: {error}")).subcode(subcode)
}

/// Audio may come in MP4, and anything may be sent as a file.
fn suits(kind: MediaKind, file: &Fetched) -> bool {
    let is = |family: &str| file.content_type.starts_with(family);
    match kind {
        MediaKind::Image => is("image/"),
        MediaKind::Video => is("video/") || file.content_type == "audio/ogg",
        MediaKind::Audio => is("audio/") || file.content_type == "video/mp4",
        _ => true,
    }
}
