//! Who is here. The identity provider alone knows everybody; a person is known here from their first request on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use madoguchi_domain::person::{SEEN_EVERY, Seen};
use madoguchi_domain::{OperatorId, Person, Timestamp, membership};
use madoguchi_runtime::Clock;
use madoguchi_store::{Directory, Saved, StoreError};

use crate::auth::Operator;
use crate::conversations::TRIES;

/// Whom this process has noted already, so that a person costs it one read a day.
#[derive(Debug)]
pub(crate) struct Presence {
    directory: Directory,
    clock: Clock,
    noted: Mutex<HashMap<OperatorId, (Seen, Timestamp)>>,
}

/// Takes note of who makes a request. That this fails is no reason to refuse what they ask for.
pub(crate) async fn note(State(presence): State<Arc<Presence>>, request: Request, next: Next) -> Response {
    if let Some(operator) = request.extensions().get::<Operator>().filter(|caller| !caller.is_machine())
        && let Err(error) = presence.note(operator).await
    {
        tracing::warn!(%error, operator.id = operator.id.0, "It was not noted that somebody is here");
    }
    next.run(request).await
}

impl Presence {
    pub(crate) fn new(directory: Directory, clock: Clock) -> Arc<Self> {
        Arc::new(Self { directory, clock, noted: Mutex::default() })
    }

    async fn note(&self, operator: &Operator) -> Result<(), StoreError> {
        let (seen, now) = (operator.seen(), self.clock.now());
        if self.is_noted(&operator.id, &seen, now) {
            return Ok(());
        }
        for _ in 0..TRIES {
            let (person, changed) = match self.directory.person(&operator.id).await? {
                Some(mut person) => {
                    let changed = person.seen(&seen, now);
                    (person, changed)
                }
                None => (self.newcomer(operator, &seen, now).await?, true),
            };
            let directory = self.directory.by(operator.author(now));
            if !changed || directory.save_person(&person).await? == Saved::Done {
                let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
                noted.insert(person.id, (seen, person.last_seen_at));
                return Ok(());
            }
        }
        Ok(())
    }

    fn is_noted(&self, id: &OperatorId, seen: &Seen, now: Timestamp) -> bool {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.get(id).is_some_and(|(known, at)| known == seen && now.since(*at) < SEEN_EVERY)
    }

    /// With the channels that take every new operator (MEM-10).
    async fn newcomer(&self, operator: &Operator, seen: &Seen, now: Timestamp) -> Result<Person, StoreError> {
        let mut person = Person::new(operator.id.clone(), seen, now);
        let mut channels = self.directory.channels().await?;
        channels.retain(|channel| channel.settings.add_new_operators);
        if !channels.is_empty() {
            let profile = self.directory.operator(&operator.id).await?;
            for channel in channels {
                person.associate(channel.id, membership::ask(channel.kind, profile.as_ref()), now);
            }
        }
        Ok(person)
    }
}
