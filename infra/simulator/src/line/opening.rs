//! A customer opens a file of the company: only then does LINE fetch it, and only then does a mistake show.

use std::time::Duration;

use crate::{
    media::{
        self, Media, MediaKind, Opened,
        fetch::{Fetched, fetch},
    },
    shared::Shared,
};

const PICTURE_LIMIT_BYTES: u64 = 10 * 1024 * 1024;
const FILM_LIMIT_BYTES: u64 = 200 * 1024 * 1024;
const PREVIEW_LIMIT_BYTES: u64 = 1024 * 1024;
const PATIENCE: Duration = Duration::from_mins(1);

/// Fetches the file and its preview, and remembers what came of it.
pub(crate) async fn open(shared: &Shared, media: &Media) -> Option<Opened> {
    let link = media.link.as_ref()?;
    let limit = if media.kind == MediaKind::Image { PICTURE_LIMIT_BYTES } else { FILM_LIMIT_BYTES };
    let mut opened = Opened::default();
    match fetch(shared, &link.url, limit, PATIENCE).await {
        Ok(fetched) => {
            opened.content_type.clone_from(&fetched.content_type);
            opened.size_bytes = fetched.size_bytes;
            if !suits(media.kind, &fetched) {
                opened.problem = Some(format!("{} cannot be shown as this", fetched.content_type));
            }
            shared.copies(|copies| copies.keep(&media.id, fetched));
        }
        Err(error) => opened.problem = Some(error.to_string()),
    }
    if let Some(preview) = &link.preview_url {
        match fetch(shared, preview, PREVIEW_LIMIT_BYTES, PATIENCE).await {
            Ok(fetched) => {
                opened.preview_bytes = Some(fetched.size_bytes);
                if !suits(MediaKind::Image, &fetched) {
                    opened.problem.get_or_insert_with(|| "the preview is neither JPEG nor PNG".into());
                }
                shared.copies(|copies| copies.keep(&media::preview_id(media), fetched));
            }
            Err(error) => {
                opened.problem.get_or_insert_with(|| format!("preview: {error}"));
            }
        }
    }
    shared.change(|world| {
        let messages = world.threads.values_mut().flat_map(|thread| &mut thread.messages);
        for own in messages.flat_map(|message| &mut message.media).filter(|own| own.id == media.id) {
            own.content_type.clone_from(&opened.content_type);
            own.size_bytes = opened.size_bytes;
            if let Some(link) = &mut own.link {
                link.opened = Some(opened.clone());
            }
        }
    });
    Some(opened)
}

fn suits(kind: MediaKind, file: &Fetched) -> bool {
    match kind {
        MediaKind::Image => matches!(file.content_type.as_str(), "image/jpeg" | "image/png"),
        MediaKind::Video => file.content_type == "video/mp4",
        _ => matches!(file.content_type.as_str(), "audio/mpeg" | "audio/mp4" | "audio/x-m4a" | "audio/m4a"),
    }
}
