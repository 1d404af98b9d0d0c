//! What every handler holds: the world behind its lock, the configuration, and the way to the product.

use std::{
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use crate::{http_client, media::Copies, model::Echo, options::Options, state::World, targets::Targets};

pub(crate) struct Shared {
    pub(crate) base_url: String,
    pub(crate) client: reqwest::Client,
    /// Fetches files of the product, through redirects within this machine.
    pub(crate) fetcher: reqwest::Client,
    pub(crate) options: Options,
    /// Passes the console on.
    pub(crate) console: reqwest::Client,
    copies: Mutex<Copies>,
    targets: Mutex<Targets>,
    echo: Mutex<Echo>,
    world: Mutex<World>,
    version: watch::Sender<u64>,
}

impl Shared {
    pub(crate) fn new(base_url: String, options: Options, world: World) -> anyhow::Result<Self> {
        Ok(Self {
            base_url,
            client: http_client::build(options.webhook_timeout)?,
            fetcher: http_client::for_files()?,
            console: http_client::for_console()?,
            copies: Mutex::default(),
            targets: Mutex::new(Targets::from(&options)),
            echo: Mutex::new(options.echo),
            options,
            world: Mutex::new(world),
            version: watch::Sender::new(1),
        })
    }

    /// Looks at the world without changing it.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&lock(&self.world))
    }

    /// Changes the world in one step; pages that wait for news and the state file are told.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let outcome = change(&mut lock(&self.world));
        self.version.send_modify(|version| *version += 1);
        outcome
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    pub(crate) fn targets(&self) -> Targets {
        lock(&self.targets).clone()
    }

    pub(crate) fn set_targets(&self, change: impl FnOnce(&mut Targets)) {
        change(&mut lock(&self.targets));
    }

    /// Copies of files that were fetched from the product.
    pub(crate) fn copies<T>(&self, use_them: impl FnOnce(&mut Copies) -> T) -> T {
        use_them(&mut lock(&self.copies))
    }

    pub(crate) fn echo(&self) -> Echo {
        *lock(&self.echo)
    }

    pub(crate) fn set_echo(&self, echo: Echo) {
        *lock(&self.echo) = echo;
    }

    pub(crate) fn state_file(&self) -> Option<PathBuf> {
        self.options.state_file.clone()
    }
}

/// A panic in one handler must not take the whole stack's chats along.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
