//! What contacts are found by: an item for each character of the name, which has the name from there on, one for the phone
//! number backwards, one for the provider's id; and one beside the conversation that tells which these are.

use std::collections::BTreeSet;

use madoguchi_domain::search::{ContactWords, LEAST_DIGITS};
use madoguchi_domain::{ChannelId, ConversationId};
use serde::{Deserialize, Serialize};

use super::{Search, leaf};
use crate::Saved;
use crate::access;
use crate::directory::saved;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s, text};

const SORT_KEY: &str = "contact";
/// How often a lost race is run again.
const TRIES: usize = 5;

/// What is kept beside the conversation.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    channel: ChannelId,
    #[serde(flatten)]
    words: ContactWords,
    rev: u64,
}

/// A conversation that was found by its contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactHit {
    /// Which one.
    pub conversation_id: ConversationId,
    /// On which channel.
    pub channel_id: ChannelId,
    /// What it was found by: the name from there on, the number backwards, or the id.
    pub by: String,
}

/// A page of them.
#[derive(Debug)]
pub struct ContactPage {
    /// A conversation whose name has it twice stands there twice.
    pub hits: Vec<ContactHit>,
    /// Where the next page begins, if there may be one.
    pub next: Option<String>,
}

impl Search {
    /// Has the contact of a conversation found by what `read` gives, and by nothing else any more; by nothing at all if that is
    /// `None`. What ended in the middle of this is made up for when it is done again.
    pub async fn put_contact(
        &self,
        id: ConversationId,
        read: impl AsyncFn() -> Result<Option<(ChannelId, ContactWords)>, StoreError>,
    ) -> Result<Saved, StoreError> {
        // Written in vain, by what was the contact then.
        let mut vain = BTreeSet::new();
        for _ in 0..TRIES {
            let key = item::key(leaf::partition(id), SORT_KEY);
            // What is kept first: whoever writes under its `rev` has read the contact afterwards.
            let kept: Option<Kept> = access::get(&self.client, &self.table, key.clone()).await?;
            let Some((channel, words)) = read().await? else {
                self.remove_places(id, kept, vain).await?;
                return Ok(Saved::Done);
            };
            let is_same = |kept: &Kept| kept.words == words && kept.channel == channel;
            if vain.is_empty() && kept.as_ref().is_some_and(is_same) {
                return Ok(Saved::Done);
            }
            let rev = kept.as_ref().map_or(0, |kept| kept.rev);
            let mut old = kept.map(|kept| places(id, &kept.words)).unwrap_or_default();
            old.append(&mut vain);
            let new = places(id, &words);
            for (pk, sk) in &new {
                let mut item = item::key(pk, sk);
                item.insert("channel".into(), s(channel.to_string()));
                access::put(&self.client, &self.table, item).await?;
            }
            for (pk, sk) in old.difference(&new) {
                self.delete(item::key(pk, sk)).await?;
            }
            let next = Kept { channel, words, rev: rev + 1 };
            let item = item::encode(key, &next)?;
            let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
            let put = match rev {
                0 => put.condition_expression("attribute_not_exists(pk)"),
                _ => put.condition_expression("rev = :rev").expression_attribute_values(":rev", n(rev)),
            };
            if saved("PutItem", put.send().await)? == Saved::Done {
                return Ok(Saved::Done);
            }
            vain = new;
        }
        Ok(Saved::Conflict)
    }

    /// Removes what a conversation's contact is found by.
    pub(super) async fn remove_contact(&self, id: ConversationId) -> Result<(), StoreError> {
        let key = item::key(leaf::partition(id), SORT_KEY);
        let kept = access::get(&self.client, &self.table, key).await?;
        self.remove_places(id, kept, BTreeSet::new()).await
    }

    /// The same of what is `kept`, and of `more` places.
    async fn remove_places(
        &self,
        id: ConversationId,
        kept: Option<Kept>,
        more: BTreeSet<(String, String)>,
    ) -> Result<(), StoreError> {
        let is_kept = kept.is_some();
        let places = kept.map(|kept| places(id, &kept.words)).unwrap_or_default();
        for (pk, sk) in places.into_iter().chain(more) {
            self.delete(item::key(pk, sk)).await?;
        }
        if is_kept {
            self.delete(item::key(leaf::partition(id), SORT_KEY)).await?;
        }
        Ok(())
    }

    pub(super) async fn delete(&self, key: Item) -> Result<(), StoreError> {
        let answer = self.client.delete_item().table_name(&self.table).set_key(Some(key)).send().await;
        answer.map(drop).map_err(|error| failed("DeleteItem", error))
    }

    /// Conversations whose contact's name has `name`, which is folded and not empty
    /// (`madoguchi_domain::search::name`), after the place `after`.
    pub async fn contacts_called(
        &self,
        name: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<ContactPage, StoreError> {
        let first: String = name.chars().take(1).collect();
        self.contacts(format!("n#{first}"), name, after, limit).await
    }

    /// Conversations whose contact's phone number ends in `digits`, at least [`LEAST_DIGITS`] of them.
    pub async fn contacts_with_phone(
        &self,
        digits: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<ContactPage, StoreError> {
        let (partition, backwards) = phone_place(digits);
        self.contacts(partition, &backwards, after, limit).await
    }

    /// Conversations whose contact has this id of the provider's.
    pub async fn contacts_with_id(&self, external_id: &str) -> Result<Vec<ContactHit>, StoreError> {
        let beginning = format!("{}#", item::reference_key(external_id));
        Ok(self.contacts("x".to_owned(), &beginning, None, 100).await?.hits)
    }

    async fn contacts(
        &self,
        partition: String,
        beginning: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<ContactPage, StoreError> {
        let start = after.map(|after| item::key(&partition, after));
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :beginning)")
            .expression_attribute_values(":pk", s(partition))
            .expression_attribute_values(":beginning", s(beginning))
            .set_exclusive_start_key(start)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| failed("Query", error))?;
        let hits = answer.items.unwrap_or_default();
        let hits = hits.iter().filter_map(|item| {
            let (by, id) = text(item, "sk").rsplit_once('#')?;
            let channel_id = text(item, "channel").parse().ok()?;
            Some(ContactHit { conversation_id: id.parse().ok()?, channel_id, by: by.to_owned() })
        });
        let next = answer.last_evaluated_key.map(|key| text(&key, "sk").to_owned());
        Ok(ContactPage { hits: hits.collect(), next })
    }
}

/// The keys of the items that `words` are found by.
fn places(id: ConversationId, words: &ContactWords) -> BTreeSet<(String, String)> {
    let names = words.endings().map(|ending| {
        let first: String = ending.chars().take(1).collect();
        (format!("n#{first}"), format!("{ending}#{id}"))
    });
    let phone = words.phone.as_deref().map(|phone| {
        let (partition, backwards) = phone_place(phone);
        (partition, format!("{backwards}#{id}"))
    });
    let external = ("x".to_owned(), format!("{}#{id}", item::reference_key(&words.external_id)));
    names.chain(phone).chain([external]).collect()
}

/// Partition and beginning of the place of a number that ends in `digits`: its last digits, and all of them backwards.
fn phone_place(digits: &str) -> (String, String) {
    let backwards: String = digits.chars().rev().collect();
    let last: String = backwards.chars().take(LEAST_DIGITS).collect();
    (format!("p#{last}"), backwards)
}
