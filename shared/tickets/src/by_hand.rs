//! Conversion by hand (TKT-1).

use std::collections::{BTreeMap, BTreeSet};

use madoguchi_domain::ticket::{Book, ByHand, Heard, TicketAfter, TicketSource, by_hand, join};
use madoguchi_domain::{Channel, Conversation, Message, MessageKey, OperatorId, SentBy, Ticket, Timestamp};
use madoguchi_store::inbox::MOST_JOINED;
use madoguchi_store::{Saved, StoreError};

use crate::converter::{Converter, Fault, Outcome, TRIES, settings};
use crate::desk::{HelpDesk, Joining};

/// Of a longer episode the latest messages of its customer go into the ticket.
pub const MOST_MESSAGES: usize = 1_000;
/// Messages that are read together.
const PAGE: usize = 200;

/// What somebody wants to be a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A message, with whatever waits for the timer together with it.
    Message(MessageKey),
    /// What the customer wrote in the conversation's current or latest episode, as far as it is in no ticket.
    Episode(u32),
}

/// Why it does not become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotConverted {
    /// There is no such message.
    NoSuchMessage,
    /// The customer did not say it.
    NotTheCustomers,
    /// The conversation is in another episode by now.
    AnotherEpisode,
    /// The customer wrote nothing in it.
    NothingSaid,
    /// It is in this ticket.
    Already(u64),
}

impl<D: HelpDesk> Converter<D> {
    /// Makes a ticket for `operator`. `channel` is the conversation's.
    pub async fn by_hand(
        &self,
        conversation: &Conversation,
        channel: Option<&Channel>,
        asked: Asked,
        operator: &OperatorId,
        now: Timestamp,
    ) -> Result<Result<Ticket, NotConverted>, Fault<D::Error>> {
        let source = TicketSource::Manual { operator: operator.clone() };
        match asked {
            Asked::Message(key) => {
                let message = self.inbox.message(conversation.id, &key).await.map_err(D::Error::from)?;
                match message {
                    None => Ok(Err(NotConverted::NoSuchMessage)),
                    Some(message) if message.sent_by != SentBy::Customer => {
                        Ok(Err(NotConverted::NotTheCustomers))
                    }
                    Some(_) => self.message(conversation, channel, key, source, now).await,
                }
            }
            Asked::Episode(episode) if episode != conversation.episode || episode == 0 => {
                Ok(Err(NotConverted::AnotherEpisode))
            }
            Asked::Episode(_) => self.episode(conversation, channel, source, now).await,
        }
    }

    async fn message(
        &self,
        conversation: &Conversation,
        channel: Option<&Channel>,
        key: MessageKey,
        source: TicketSource,
        now: Timestamp,
    ) -> Result<Result<Ticket, NotConverted>, Fault<D::Error>> {
        let (id, department) = (conversation.id, settings(channel, conversation).1);
        for _ in 0..TRIES {
            let book = self.inbox.ticket_book(id).await.map_err(D::Error::from)?;
            let stretch = self.inbox.stretch_of(id, &key).await.map_err(D::Error::from)?;
            let ticket = match stretch {
                Some(batch) => self.inbox.ticket_of_stretch(id, batch).await.map_err(D::Error::from)?,
                None => None,
            };
            let from = match (by_hand(&book, stretch, ticket.is_some(), key), ticket) {
                (ByHand::Already(_), Some(ticket)) => {
                    return Ok(Err(NotConverted::Already(ticket.number)));
                }
                (ByHand::Already(_), None) => continue,
                (ByHand::Stretch(book, stretch), _) => (book, stretch, None),
                (ByHand::Alone(book, stretch), _) => (book, stretch, Some(key)),
            };
            match self.convert(id, from, source.clone(), department, now).await? {
                Some(Outcome::Converted(ticket)) => return Ok(Ok(*ticket)),
                Some(_) => return Ok(Err(NotConverted::NoSuchMessage)),
                None => {}
            }
        }
        Err(Fault::Contended(id))
    }

    /// Puts all that is in no ticket into the stretch that waits, and makes that a ticket. What ends in between has put
    /// messages into a stretch whose timer runs, if the channel has one; otherwise the next call finds it.
    async fn episode(
        &self,
        conversation: &Conversation,
        channel: Option<&Channel>,
        source: TicketSource,
        now: Timestamp,
    ) -> Result<Result<Ticket, NotConverted>, Fault<D::Error>> {
        let (id, (after, department)) = (conversation.id, settings(channel, conversation));
        let said = self.said_in_episode(conversation).await?;
        let (Some(first), Some(last)) = (said.first().map(|m| m.key), said.last().map(|m| m.key)) else {
            return Ok(Err(NotConverted::NothingSaid));
        };
        for _ in 0..TRIES {
            let book = self.inbox.ticket_book(id).await.map_err(D::Error::from)?;
            let places = self.inbox.stretches(id, &first, &last).await.map_err(D::Error::from)?;
            let tickets = self.tickets_of(&book, &places).await.map_err(D::Error::from)?;
            let free: Vec<(Heard, Joining)> =
                said.iter().filter_map(|message| free(message, &book, &places, &tickets)).collect();
            let Some(book) = self.join_all(book, &free, after).await? else { continue };
            let is_here = |batch: u32| places.values().any(|place| *place == batch);
            let stretch = book.open.filter(|stretch| !free.is_empty() || is_here(stretch.batch));
            let Some(stretch) = stretch else {
                // Somebody was faster, or each was converted before.
                let latest = places.values().next_back().and_then(|batch| tickets.get(batch));
                return Ok(Err(latest.map_or(NotConverted::NothingSaid, |it| NotConverted::Already(*it))));
            };
            let from = (Book { open: None, ..book }, stretch, None);
            match self.convert(id, from, source.clone(), department, now).await? {
                Some(Outcome::Converted(ticket)) => return Ok(Ok(*ticket)),
                Some(_) => return Ok(Err(NotConverted::NothingSaid)),
                None => {}
            }
        }
        Err(Fault::Contended(id))
    }

    /// Puts messages into the stretch that waits; the book as it is then, or `None` if somebody was faster.
    async fn join_all(
        &self,
        mut book: Book,
        free: &[(Heard, Joining)],
        after: TicketAfter,
    ) -> Result<Option<Book>, D::Error> {
        for part in free.chunks(MOST_JOINED) {
            let heard: Vec<Heard> = part.iter().map(|(heard, _)| *heard).collect();
            let joining: Vec<Joining> = part.iter().map(|(_, joining)| *joining).collect();
            let Some((joined, batch)) = join(&book, &heard, after) else { continue };
            if self.desk.link(&joined, batch, &joining).await? == Saved::Conflict {
                return Ok(None);
            }
            book = Book { rev: joined.rev + 1, ..joined };
        }
        Ok(Some(book))
    }

    /// What the customer wrote in the episode, the earliest first.
    async fn said_in_episode(&self, conversation: &Conversation) -> Result<Vec<Message>, D::Error> {
        let began = conversation.episode_started_at.unwrap_or_default();
        let (mut said, mut before) = (Vec::new(), None);
        loop {
            let page = self.inbox.messages(conversation.id, before.as_ref(), PAGE).await?;
            let is_over = page.messages.last().is_none_or(|oldest| oldest.key.at < began);
            said.extend(
                page.messages.into_iter().filter(|m| m.sent_by == SentBy::Customer && m.key.at >= began),
            );
            before = page.next;
            if before.is_none() || is_over || said.len() >= MOST_MESSAGES {
                said.truncate(MOST_MESSAGES);
                said.reverse();
                return Ok(said);
            }
        }
    }

    /// The numbers of the tickets that stretches have become.
    async fn tickets_of(
        &self,
        book: &Book,
        places: &BTreeMap<MessageKey, u32>,
    ) -> Result<BTreeMap<u32, u64>, StoreError> {
        let batches: BTreeSet<u32> = places.values().copied().filter(|batch| !book.is_open(*batch)).collect();
        let mut numbers = BTreeMap::new();
        for batch in batches {
            if let Some(ticket) = self.inbox.ticket_of_stretch(book.conversation_id, batch).await? {
                numbers.insert(batch, ticket.number);
            }
        }
        Ok(numbers)
    }
}

/// A message that neither is in a ticket nor waits.
fn free(
    message: &Message,
    book: &Book,
    places: &BTreeMap<MessageKey, u32>,
    tickets: &BTreeMap<u32, u64>,
) -> Option<(Heard, Joining)> {
    let place = places.get(&message.key).copied();
    if place.is_some_and(|batch| book.is_open(batch) || tickets.contains_key(&batch)) {
        return None;
    }
    let heard = Heard { key: message.key, at: message.key.at.max(message.stored_at) };
    Some((heard, (message.key, place)))
}
