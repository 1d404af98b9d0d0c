//! Secrets: cached for readers, staged for the writer.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_secretsmanager::Client;
use madoguchi_domain::{Span, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Clock;

mod fetch;
mod write;

use fetch::{Fetched, fetch};
pub use write::{Created, Promotion, SecretWriter};

/// A value that never reaches a log: `Debug` shows that it is there and nothing else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Hides `value`.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// What a secret held in one of its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned<T> {
    /// The secret.
    pub value: Secret<T>,
    /// Which version of it.
    pub version: String,
}

impl<T> Versioned<T> {
    /// The value itself.
    pub const fn expose(&self) -> &T {
        self.value.expose()
    }
}

/// A secret could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Secrets Manager did not answer, or refused.
    #[error("secret `{name}` could not be reached")]
    Unreachable {
        /// The secret's name.
        name: String,
        /// What the call ended with.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The secret is there but is not what the caller expects. The parser's message is left out:
    /// it may quote the value.
    #[error("secret `{name}` is not the JSON that is expected (line {line}, column {column})")]
    Malformed {
        /// The secret's name.
        name: String,
        /// Where parsing stopped.
        line: usize,
        /// Where parsing stopped.
        column: usize,
    },
}

/// How long a value is used before it is read again.
const TTL: Span = Span::from_minutes(5);
/// How long a name stays unknown, so that a webhook of a channel that is just being added is
/// refused for at most this long.
const UNKNOWN_TTL: Span = Span::from_secs(30);
/// Anybody can send a bad signature; it must not cost a call each.
const RELOAD_EVERY: Span = Span::from_secs(30);
/// When Secrets Manager does not answer, the last value serves on and is tried again this often.
const STALE_RETRY: Span = Span::from_secs(15);
/// How many unknown names are remembered; the oldest goes first.
const MAX_UNKNOWN: usize = 1_000;

/// Reads secrets, each at most every five minutes.
#[derive(Clone, Debug)]
pub struct SecretCache {
    client: Client,
    clock: Clock,
    slots: Arc<Mutex<Slots>>,
}

#[derive(Debug, Default)]
struct Slots {
    by_name: HashMap<String, Arc<tokio::sync::Mutex<Slot>>>,
    unknown: VecDeque<String>,
}

/// What is known of one name. Locked while it is being read, so that ten records that want the same
/// secret cause one call.
#[derive(Debug, Default)]
struct Slot {
    cached: Option<Fetched>,
    /// Until when `cached`, or its absence, is taken as it is.
    fresh_until: Option<Timestamp>,
    reloaded_at: Option<Timestamp>,
    /// When it was read last.
    read_at: Option<Timestamp>,
}

impl SecretCache {
    /// An empty cache.
    pub fn new(client: Client, clock: Clock) -> Self {
        Self { client, clock, slots: Arc::default() }
    }

    /// The current version of the secret `name`; `None` if there is no such secret.
    pub async fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<Versioned<T>>, SecretError> {
        self.get_since(name, Timestamp::default()).await
    }

    /// The same; what was read before `since` is read anew, however fresh it is: by then it had been replaced.
    pub async fn get_since<T: DeserializeOwned>(
        &self,
        name: &str,
        since: Timestamp,
    ) -> Result<Option<Versioned<T>>, SecretError> {
        let slot = self.slot(name);
        let mut slot = slot.lock().await;
        let now = self.clock.now();
        let is_outdated = slot.read_at.is_some_and(|read_at| read_at < since.min(now));
        if is_outdated || slot.fresh_until.is_none_or(|until| until <= now) {
            self.refresh(name, &mut slot, now).await?;
        }
        slot.parse(name)
    }

    /// What to use after the provider or a signature contradicted version `seen`: a newer version
    /// if there is one. `None` means that `seen` is all there is, or that the secret was asked for
    /// a moment ago: refuse.
    pub async fn reload_once<T: DeserializeOwned>(
        &self,
        name: &str,
        seen: &str,
    ) -> Result<Option<Versioned<T>>, SecretError> {
        let slot = self.slot(name);
        let mut slot = slot.lock().await;
        let now = self.clock.now();
        let unchanged = slot.cached.as_ref().is_none_or(|cached| cached.version == seen);
        let allowed = slot.reloaded_at.is_none_or(|at| now.since(at) >= RELOAD_EVERY);
        if unchanged && allowed {
            slot.reloaded_at = Some(now);
            self.refresh(name, &mut slot, now).await?;
        }
        Ok(slot.parse(name)?.filter(|current| current.version != seen))
    }

    async fn refresh(&self, name: &str, slot: &mut Slot, now: Timestamp) -> Result<(), SecretError> {
        match fetch(&self.client, name, None).await {
            Ok(Some(fetched)) => {
                slot.cached = Some(fetched);
                slot.read_at = Some(now);
                slot.fresh_until = Some(now + TTL);
            }
            Ok(None) => {
                slot.cached = None;
                slot.read_at = Some(now);
                slot.fresh_until = Some(now + UNKNOWN_TTL);
                self.slots().remember_unknown(name);
            }
            Err(error) if slot.cached.is_some() => {
                tracing::warn!(secret.name = name, %error, "Keeping the last version of secret `{name}`");
                slot.fresh_until = Some(now + STALE_RETRY);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn slot(&self, name: &str) -> Arc<tokio::sync::Mutex<Slot>> {
        Arc::clone(self.slots().by_name.entry(name.to_owned()).or_default())
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    fn remember_unknown(&mut self, name: &str) {
        if self.unknown.iter().any(|known| known == name) {
            return;
        }
        self.unknown.push_back(name.to_owned());
        if self.unknown.len() > MAX_UNKNOWN
            && let Some(oldest) = self.unknown.pop_front()
        {
            // If that name has become known meanwhile, it is read once more than needed.
            self.by_name.remove(&oldest);
        }
    }
}

impl Slot {
    fn parse<T: DeserializeOwned>(&self, name: &str) -> Result<Option<Versioned<T>>, SecretError> {
        self.cached.as_ref().map(|fetched| fetched.parse(name)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;
    use serde_json::{Value, json};

    use super::*;
    use crate::ClockHand;
    use crate::fake_aws::{self, Calls};

    #[derive(Debug, PartialEq, Deserialize)]
    struct Key {
        key: String,
    }

    /// A cache over an endpoint that knows the secret `known` at version `v{n}`, and whose faults
    /// can be switched on.
    struct Fixture {
        cache: SecretCache,
        hand: ClockHand,
        calls: Calls,
        version: Arc<AtomicUsize>,
    }

    const OUTAGE: usize = usize::MAX;

    async fn fixture() -> Fixture {
        let version = Arc::new(AtomicUsize::new(1));
        let served = Arc::clone(&version);
        let (aws, calls) = fake_aws::start(move |operation, input, _| {
            assert_eq!(operation, "GetSecretValue");
            match (input["SecretId"].as_str().unwrap(), served.load(Ordering::SeqCst)) {
                (_, OUTAGE) => (400, json!({"__type": "DecryptionFailure"})),
                ("deleted", _) => (400, json!({"__type": "InvalidRequestException"})),
                ("known", version) => answer(version),
                _ => (400, json!({"__type": "ResourceNotFoundException"})),
            }
        })
        .await;
        let (clock, hand) = Clock::stopped_at(Timestamp::from_ms(1_000_000));
        Fixture { cache: SecretCache::new(aws.secrets(), clock), hand, calls, version }
    }

    fn answer(version: usize) -> (u16, Value) {
        let text = json!({"key": format!("key-{version}")}).to_string();
        (200, json!({"Name": "known", "SecretString": text, "VersionId": format!("v{version}")}))
    }

    impl Fixture {
        async fn get(&self, name: &str) -> Option<String> {
            let secret = self.cache.get::<Key>(name).await.unwrap()?;
            Some(format!("{}@{}", secret.expose().key, secret.version))
        }

        async fn reload(&self, seen: &str) -> Option<String> {
            let secret = self.cache.reload_once::<Key>("known", seen).await.unwrap()?;
            Some(secret.version)
        }

        fn calls(&self) -> usize {
            self.calls.lock().unwrap().len()
        }
    }

    #[tokio::test]
    async fn aut_12_what_was_read_before_a_replacement_is_read_anew_once() {
        let fixture = fixture().await;
        let since = async |at: Timestamp| {
            let secret = fixture.cache.get_since::<Key>("known", at).await.unwrap();
            secret.unwrap().version
        };
        let start = Timestamp::from_ms(1_000_000);
        assert_eq!(fixture.get("known").await.as_deref(), Some("key-1@v1"));
        assert_eq!(fixture.reload("v1").await, None);
        fixture.version.store(2, Ordering::SeqCst);
        fixture.hand.advance(Span::from_secs(10));
        assert_eq!(since(start).await, "v1", "read in the same moment or later");
        assert_eq!((since(start + Span::from_secs(5)).await.as_str(), fixture.calls()), ("v2", 3));
        assert_eq!((since(start + Span::from_secs(5)).await.as_str(), fixture.calls()), ("v2", 3));
        // A clock that is ahead costs no call each.
        assert_eq!((since(start + Span::from_hours(1)).await.as_str(), fixture.calls()), ("v2", 3));
        // When nobody answers the last value serves on.
        fixture.version.store(OUTAGE, Ordering::SeqCst);
        fixture.hand.advance(Span::from_secs(10));
        assert_eq!(since(start + Span::from_secs(15)).await, "v2");
    }

    #[tokio::test]
    async fn a_secret_is_read_once_in_five_minutes() {
        let fixture = fixture().await;
        assert_eq!(fixture.get("known").await.unwrap(), "key-1@v1");
        fixture.version.store(2, Ordering::SeqCst);
        fixture.hand.advance(Span::from_ms(TTL.as_ms() - 1));
        assert_eq!(fixture.get("known").await.unwrap(), "key-1@v1");
        assert_eq!(fixture.calls(), 1);
        fixture.hand.advance(Span::from_ms(1));
        assert_eq!(fixture.get("known").await.unwrap(), "key-2@v2");
    }

    #[tokio::test]
    async fn ten_readers_at_once_cause_one_call() {
        let fixture = fixture().await;
        join_all((0..10).map(|_| fixture.get("known"))).await;
        assert_eq!(fixture.calls(), 1);
    }

    #[tokio::test]
    async fn an_unknown_name_is_asked_for_once_until_it_may_have_been_added() {
        let fixture = fixture().await;
        assert_eq!(fixture.get("nobody").await, None);
        assert_eq!(fixture.get("nobody").await, None);
        assert_eq!(fixture.calls(), 1);
        fixture.hand.advance(UNKNOWN_TTL);
        assert_eq!(fixture.get("nobody").await, None);
        assert_eq!(fixture.calls(), 2);
    }

    #[tokio::test]
    async fn chn_21_a_secret_that_is_scheduled_for_deletion_is_gone() {
        let fixture = fixture().await;
        assert_eq!(fixture.get("deleted").await, None);
    }

    #[tokio::test]
    async fn unknown_names_do_not_fill_the_memory() {
        let fixture = fixture().await;
        for index in 0..MAX_UNKNOWN + 20 {
            fixture.get(&format!("nobody-{index}")).await;
        }
        assert_eq!(fixture.cache.slots().by_name.len(), MAX_UNKNOWN);
        assert_eq!(fixture.cache.slots().unknown.len(), MAX_UNKNOWN);
    }

    #[tokio::test]
    async fn a_contradicted_secret_is_reloaded_once_in_thirty_seconds() {
        let fixture = fixture().await;
        fixture.get("known").await;
        assert_eq!(fixture.reload("v1").await, None, "there is no other");
        fixture.version.store(2, Ordering::SeqCst);
        assert_eq!(fixture.reload("v1").await, None, "asked a moment ago");
        assert_eq!(fixture.calls(), 2);
        fixture.hand.advance(RELOAD_EVERY);
        assert_eq!(fixture.reload("v1").await.unwrap(), "v2");
        assert_eq!(fixture.reload("v1").await.unwrap(), "v2", "a newer one is at hand");
        assert_eq!(fixture.get("known").await.unwrap(), "key-2@v2");
        assert_eq!(fixture.calls(), 3);
    }

    #[tokio::test]
    async fn in_an_outage_the_last_version_serves_on() {
        let fixture = fixture().await;
        fixture.get("known").await;
        fixture.version.store(OUTAGE, Ordering::SeqCst);
        fixture.hand.advance(TTL);
        assert_eq!(fixture.get("known").await.unwrap(), "key-1@v1");
        assert_eq!(fixture.get("known").await.unwrap(), "key-1@v1");
        assert_eq!(fixture.calls(), 2);
        assert!(matches!(fixture.cache.get::<Key>("never read").await, Err(SecretError::Unreachable { .. })));
        fixture.version.store(2, Ordering::SeqCst);
        fixture.hand.advance(STALE_RETRY);
        assert_eq!(fixture.get("known").await.unwrap(), "key-2@v2");
    }

    #[tokio::test]
    async fn neither_values_nor_parse_errors_show_a_secret() {
        let fixture = fixture().await;
        let secret = fixture.cache.get::<Key>("known").await.unwrap().unwrap();
        assert_eq!(format!("{secret:?}"), "Versioned { value: [secret], version: \"v1\" }");
        let error = fixture.cache.get::<u32>("known").await.unwrap_err();
        let text = format!("{error} {error:?} {:?}", fixture.cache);
        assert!(!text.contains("key-1"), "{text}");
    }
}
