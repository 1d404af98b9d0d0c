//! Files that somebody chose on the customer's page. Their bytes are kept: in memory, and beside the state file if
//! there is one.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use axum::body::Bytes;

use super::{Media, MediaKind};
use crate::{ids, state::World};

/// Nobody chooses more than this before sending them.
const WAITING: usize = 40;

/// A file as the browser describes it.
pub(crate) fn media(content_type: &str, name: &str, bytes: Bytes) -> Media {
    let content_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let kind = match content_type.as_str() {
        "text/vcard" | "text/x-vcard" => MediaKind::Contact,
        other => MediaKind::of_type(other),
    };
    Media {
        id: ids::media_id(),
        kind,
        name: Some(name.to_owned()),
        size_bytes: bytes.len() as u64,
        given: true,
        bytes: Some(bytes),
        content_type,
        ..Media::default()
    }
}

/// The oldest that nobody sent goes first.
pub(crate) fn keep(world: &mut World, media: Media) {
    world.given.push_back(media);
    while world.given.len() > WAITING {
        world.given.pop_front();
    }
}

pub(crate) fn save(state_file: &Path, media: &Media) -> io::Result<()> {
    let Some(bytes) = &media.bytes else { return Ok(()) };
    let folder = folder(state_file);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(&media.id), bytes)
}

/// Gives the messages of a loaded world their files again, and removes those that no message has.
pub(crate) fn load(state_file: &Path, world: &mut World) -> io::Result<()> {
    let entries = match fs::read_dir(folder(state_file)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        let id = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let messages = world.threads.values_mut().flat_map(|thread| &mut thread.messages);
        let all = messages.flat_map(|message| &mut message.media).chain(&mut world.given);
        let own: Vec<&mut Media> = all.filter(|media| media.given && media.id == id).collect();
        if own.is_empty() {
            fs::remove_file(path)?;
            continue;
        }
        let bytes = Bytes::from(fs::read(path)?);
        for media in own {
            media.bytes = Some(bytes.clone());
        }
    }
    Ok(())
}

fn folder(state_file: &Path) -> PathBuf {
    let mut folder = state_file.as_os_str().to_owned();
    folder.push(".files");
    folder.into()
}
