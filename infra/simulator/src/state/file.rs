//! Keeps the world in one JSON file, written a moment after a change and replaced in one step.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::sync::watch;

use super::World;
use crate::shared::Shared;

/// Long enough that a burst of messages is one write, short enough that `kill -9` costs little.
const DEBOUNCE: Duration = Duration::from_millis(200);

/// The saved world, or none when there is no file yet.
pub(crate) fn load(path: &Path) -> io::Result<Option<World>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) fn save(path: &Path, world: &World) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".new");
    let temporary = PathBuf::from(temporary);
    fs::write(&temporary, serde_json::to_vec(world)?)?;
    fs::rename(temporary, path)
}

/// Runs until the simulator stops. The subscription is made by the caller, so that no change is missed
/// before this is first polled.
pub(crate) async fn keep_saved(shared: Arc<Shared>, mut changes: watch::Receiver<u64>, path: PathBuf) {
    while changes.changed().await.is_ok() {
        tokio::time::sleep(DEBOUNCE).await;
        changes.mark_unchanged();
        let world = shared.read(World::clone);
        // A full disk must not stop a conversation; the next change tries again.
        let _ = save(&path, &world);
    }
}
