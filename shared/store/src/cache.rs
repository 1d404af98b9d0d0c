//! Settings as a function remembers them for a moment.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex};

use madoguchi_domain::notify::{PushSubscription, Settings, Ways, reach};
use madoguchi_domain::organisation::{BusinessHours, Department};
use madoguchi_domain::profanity::Guard;
use madoguchi_domain::sender::{Persona, Profile};
use madoguchi_domain::webhook::Subscription;
use madoguchi_domain::{
    BrandId, Channel, ChannelId, Conversation, DepartmentId, OperatorId, Person, Span, Timestamp, timers,
};

use crate::{Directory, StoreError};

/// How long a function may go on with settings that it has read.
pub const SETTINGS_CACHE: Span = Span::from_secs(30);

/// Remembers channels for [`SETTINGS_CACHE`], so that a message costs no read of the Directory. Time
/// is passed in: a frozen environment must not serve settings of an hour ago.
#[derive(Debug)]
pub struct ChannelCache {
    directory: Directory,
    known: Known<ChannelId, Channel>,
    /// Those that were not given up.
    departments: Known<DepartmentId, Option<Department>>,
}

impl ChannelCache {
    /// An empty cache in front of `directory`.
    pub fn new(directory: Directory) -> Self {
        Self { directory, known: Known::default(), departments: Known::default() }
    }

    /// The channel as it was within the last [`SETTINGS_CACHE`], with the timers that it takes over. A channel that is not there, or not in use, is not
    /// remembered: it may be added or switched on at any moment, and must not lose what comes then.
    pub async fn channel(&self, id: ChannelId, now: Timestamp) -> Result<Option<Channel>, StoreError> {
        if let Some(channel) = self.known.get(&id, now) {
            return Ok(Some(channel));
        }
        let channel = match self.directory.channel(id).await? {
            Some(channel) => Some(self.directory.with_timers(channel).await?),
            None => None,
        };
        if let Some(channel) = channel.as_ref().filter(|channel| channel.status.is_on()) {
            self.known.put(id, channel.clone(), now);
        }
        Ok(channel)
    }

    /// The hours that timers of `conversation` run in, as they were within the last [`SETTINGS_CACHE`]; `None` = always.
    pub async fn hours(
        &self,
        channel: &Channel,
        conversation: &Conversation,
        now: Timestamp,
    ) -> Result<Option<BusinessHours>, StoreError> {
        for id in timers::hours_of(channel, conversation) {
            let known = if let Some(known) = self.departments.get(&id, now) {
                known
            } else {
                let department = self.directory.department(id).await?;
                let department = department.filter(|department| department.removed_at.is_none());
                self.departments.put(id, department.clone(), now);
                department
            };
            if let Some(department) = known {
                return Ok(department.hours);
            }
        }
        Ok(None)
    }

    /// The Directory behind it, for what must not be remembered.
    pub const fn directory(&self) -> &Directory {
        &self.directory
    }
}

/// Remembers operators in the same way: how customers see them, and which channels are theirs. That nothing is kept of
/// an operator is remembered too: most operators never set anything.
#[derive(Debug)]
pub struct SenderCache {
    directory: Directory,
    profiles: Known<OperatorId, Option<Profile>>,
    personas: Known<(ChannelId, OperatorId), Option<Persona>>,
    people: Known<OperatorId, Option<Person>>,
}

impl SenderCache {
    /// An empty cache in front of `directory`.
    pub fn new(directory: Directory) -> Self {
        Self { directory, profiles: Known::default(), personas: Known::default(), people: Known::default() }
    }

    /// What was kept of an operator within the last [`SETTINGS_CACHE`].
    pub async fn profile(&self, id: &OperatorId, now: Timestamp) -> Result<Option<Profile>, StoreError> {
        if let Some(profile) = self.profiles.get(id, now) {
            return Ok(profile);
        }
        let profile = self.directory.operator(id).await?;
        self.profiles.put(id.clone(), profile.clone(), now);
        Ok(profile)
    }

    /// The person as they were known within the last [`SETTINGS_CACHE`].
    pub async fn person(&self, id: &OperatorId, now: Timestamp) -> Result<Option<Person>, StoreError> {
        if let Some(person) = self.people.get(id, now) {
            return Ok(person);
        }
        let person = self.directory.person(id).await?;
        self.people.put(id.clone(), person.clone(), now);
        Ok(person)
    }

    /// Takes over a profile that was just written.
    pub fn wrote(&self, profile: Profile, now: Timestamp) {
        self.profiles.put(profile.operator.clone(), Some(profile), now);
    }

    /// An operator's persona on a channel as it was within the last [`SETTINGS_CACHE`].
    pub async fn persona(
        &self,
        channel: ChannelId,
        operator: &OperatorId,
        now: Timestamp,
    ) -> Result<Option<Persona>, StoreError> {
        let key = (channel, operator.clone());
        if let Some(persona) = self.personas.get(&key, now) {
            return Ok(persona);
        }
        let persona = self.directory.persona(channel, operator).await?;
        self.personas.put(key, persona.clone(), now);
        Ok(persona)
    }
}

/// Remembers what guards the conversations of brands, so that a message costs neither a read nor the making of it. That a
/// brand has nothing switched on is remembered too; channels without a brand are never asked for.
#[derive(Debug)]
pub struct GuardCache {
    directory: Directory,
    known: Known<BrandId, Option<Arc<Guard>>>,
}

impl GuardCache {
    /// An empty cache in front of `directory`.
    pub fn new(directory: Directory) -> Self {
        Self { directory, known: Known::default() }
    }

    /// What guards the channel's conversations, as it was within the last [`SETTINGS_CACHE`].
    pub async fn guard(&self, channel: &Channel, now: Timestamp) -> Result<Option<Arc<Guard>>, StoreError> {
        let Some(brand) = channel.brand else { return Ok(None) };
        if let Some(guard) = self.known.get(&brand, now) {
            return Ok(guard);
        }
        let chosen = self.directory.profanity(brand).await?;
        let guard = chosen.and_then(|chosen| chosen.guard()).map(Arc::new);
        self.known.put(brand, guard.clone(), now);
        Ok(guard)
    }
}

/// Remembers the subscriptions that are on: a change that nobody wants to be told of costs nothing more.
#[derive(Debug)]
pub struct WebhookCache {
    directory: Directory,
    known: Known<(), Arc<[Subscription]>>,
}

impl WebhookCache {
    /// An empty cache in front of `directory`.
    pub fn new(directory: Directory) -> Self {
        Self { directory, known: Known::default() }
    }

    /// The subscriptions that were on within the last [`SETTINGS_CACHE`].
    pub async fn on(&self, now: Timestamp) -> Result<Arc<[Subscription]>, StoreError> {
        if let Some(known) = self.known.get(&(), now) {
            return Ok(known);
        }
        let mut all = self.directory.webhooks().await?;
        all.retain(Subscription::is_on);
        let on: Arc<[Subscription]> = all.into();
        self.known.put((), Arc::clone(&on), now);
        Ok(on)
    }
}

/// Somebody who may be told something.
#[derive(Clone, Debug)]
pub struct Somebody {
    /// Who.
    pub person: Person,
    /// What they want to be told of.
    pub settings: Settings,
    /// The browsers that they are told by.
    pub browsers: Vec<PushSubscription>,
}

impl Somebody {
    /// The ways by which they can be told at all, if there is an address to send e-mail from or not.
    pub fn reach(&self, has_mail: bool) -> Ways {
        reach(&self.person, has_mail, !self.browsers.is_empty())
    }
}

/// Remembers who is here, what each wants to be told of and how they are reached: what nobody wants to be told of costs
/// nothing more.
#[derive(Debug)]
pub struct ListenerCache {
    directory: Directory,
    known: Known<(), Arc<[Somebody]>>,
}

impl ListenerCache {
    /// An empty cache in front of `directory`.
    pub fn new(directory: Directory) -> Self {
        Self { directory, known: Known::default() }
    }

    /// Everybody who was here within the last [`SETTINGS_CACHE`], with what they wanted then.
    pub async fn everybody(&self, now: Timestamp) -> Result<Arc<[Somebody]>, StoreError> {
        if let Some(known) = self.known.get(&(), now) {
            return Ok(known);
        }
        let chosen = self.directory.all_notify_settings().await?;
        let mut chosen: HashMap<OperatorId, Settings> =
            chosen.into_iter().map(|settings| (settings.operator.clone(), settings)).collect();
        let mut browsers: HashMap<OperatorId, Vec<PushSubscription>> = HashMap::new();
        for browser in self.directory.all_push_subscriptions().await? {
            browsers.entry(browser.operator.clone()).or_default().push(browser);
        }
        let people = self.directory.people().await?.into_iter();
        let here = people.filter(|person| person.removed_at.is_none()).map(|person| {
            let settings = chosen.remove(&person.id).unwrap_or_else(|| Settings::new(person.id.clone()));
            let browsers = browsers.remove(&person.id).unwrap_or_default();
            Somebody { person, settings, browsers }
        });
        let everybody: Arc<[_]> = here.collect();
        self.known.put((), Arc::clone(&everybody), now);
        Ok(everybody)
    }
}

/// Remembers of whom it was noted that their last push was taken, so that one that is taken costs neither read nor write.
#[derive(Debug, Default)]
pub struct PushedCache {
    fine: Known<OperatorId, bool>,
}

impl PushedCache {
    /// Whether it was noted within the last [`SETTINGS_CACHE`] that their last push was taken.
    pub fn is_known_fine(&self, operator: &OperatorId, now: Timestamp) -> bool {
        self.fine.get(operator, now).unwrap_or_default()
    }

    /// Notes how their last push ended.
    pub fn note(&self, operator: &OperatorId, fine: bool, now: Timestamp) {
        self.fine.put(operator.clone(), fine, now);
    }
}

#[derive(Debug)]
struct Known<K, V>(Mutex<HashMap<K, (Timestamp, V)>>);

impl<K, V> Default for Known<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Known<K, V> {
    fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        let known = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (read_at, value) = known.get(key)?;
        (now >= *read_at && now.since(*read_at) < SETTINGS_CACHE).then(|| value.clone())
    }

    fn put(&self, key: K, value: V, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.insert(key, (now, value));
    }
}
