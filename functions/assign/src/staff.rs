//! Everybody who may get a conversation, as they were when the work began and as they changed by it.

use std::collections::HashMap;

use madoguchi_domain::assignment::{Candidate, Duty, Who};
use madoguchi_domain::{OperatorId, Person};
use madoguchi_store::{Directory, Inbox, StoreError};

#[derive(Debug)]
pub(crate) struct Staff {
    people: Vec<Person>,
    duties: HashMap<OperatorId, Duty>,
}

impl Staff {
    /// Everybody, as last written. Who never switched themselves on is on nothing.
    pub(crate) async fn read(inbox: &Inbox, directory: &Directory) -> Result<Self, StoreError> {
        let duties = inbox.duties().await?;
        let duties: HashMap<_, _> = duties.into_iter().map(|duty| (duty.operator.clone(), duty)).collect();
        let mut people = directory.people().await?;
        people.retain(|person| duties.contains_key(&person.id));
        Ok(Self { people, duties })
    }

    /// Whether anybody is available at all.
    pub(crate) fn is_anybody_available(&self) -> bool {
        self.duties.values().any(|duty| duty.available)
    }

    pub(crate) fn candidates(&self) -> Vec<Candidate<'_>> {
        self.people.iter().filter_map(|person| self.candidate(&person.id)).collect()
    }

    pub(crate) fn candidate(&self, id: &OperatorId) -> Option<Candidate<'_>> {
        let person = self.people.iter().find(|person| person.id == *id)?;
        Some(Candidate { person, duty: self.duties.get(id)? })
    }

    /// Reads somebody anew.
    pub(crate) async fn look_at(
        &mut self,
        inbox: &Inbox,
        directory: &Directory,
        id: &OperatorId,
    ) -> Result<(), StoreError> {
        self.people.retain(|person| person.id != *id);
        self.people.extend(directory.person(id).await?);
        self.duties.insert(id.clone(), inbox.duty(id).await?);
        Ok(())
    }

    /// Somebody as the timeline names them.
    pub(crate) fn called(&self, id: &OperatorId) -> Who {
        let name = self.people.iter().find(|person| person.id == *id).map(|person| person.name.clone());
        Who { id: id.clone(), name: name.unwrap_or_else(|| id.0.clone()) }
    }
}
