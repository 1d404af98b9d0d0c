//! Conversion by itself: at once, or when a timer has run out.

use madoguchi_domain::ticket::{
    Book, Due, Heard, Opening, Step, Stretch, TicketAfter, TicketSource, due, heard,
};
use madoguchi_domain::{Channel, Conversation, ConversationId, DepartmentId, MessageKey, Ticket, Timestamp};
use madoguchi_store::work::TicketWork;
use madoguchi_store::{ChannelCache, Directory, Inbox, Saved};
use tokio::sync::Mutex;

use crate::desk::HelpDesk;

/// How often a lost race is run again. Every ticket takes the next number, so that many of them at once lose some.
pub(crate) const TRIES: usize = 10;

/// Why something was not done; it can be tried again.
#[derive(Debug, thiserror::Error)]
pub enum Fault<E: std::error::Error> {
    /// The help desk or the table did not answer.
    #[error(transparent)]
    Desk(#[from] E),
    /// Others kept writing.
    #[error("others kept writing tickets of conversation {0}")]
    Contended(ConversationId),
}

/// What came of a message or a timer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was to be done.
    Nothing,
    /// The message waits.
    Waits,
    /// There is a ticket.
    Converted(Box<Ticket>),
    /// What waited becomes no ticket: its channel makes none any more.
    GivenUp,
}

/// Makes tickets.
#[derive(Debug)]
pub struct Converter<D = Inbox> {
    pub(crate) inbox: Inbox,
    pub(crate) desk: D,
    directory: Directory,
    channels: ChannelCache,
    /// Each ticket takes the next number: those of one process wait for each other instead of losing to each other.
    turn: Mutex<()>,
}

impl Converter {
    /// Makes them in the help desk that is built in.
    pub fn new(inbox: Inbox, directory: Directory) -> Self {
        Self::of(inbox.clone(), directory, inbox)
    }
}

impl<D: HelpDesk> Converter<D> {
    /// Makes them in `desk`.
    pub fn of(inbox: Inbox, directory: Directory, desk: D) -> Self {
        Self {
            inbox,
            desk,
            channels: ChannelCache::new(directory.clone()),
            directory,
            turn: Mutex::default(),
        }
    }

    /// Takes note of a customer's message. Repeating it does nothing.
    pub async fn heard(&self, work: &TicketWork, now: Timestamp) -> Result<Outcome, Fault<D::Error>> {
        let id = work.conversation_id;
        let message = Heard { key: work.message, at: work.heard_at };
        let (after, department) = self.after(work, now).await?;
        for _ in 0..TRIES {
            let book = self.inbox.ticket_book(id).await.map_err(D::Error::from)?;
            let stretch = self.inbox.stretch_of(id, &work.message).await.map_err(D::Error::from)?;
            // What was deleted with the conversation may be reported after somebody has begun it anew.
            if book.erased_at.is_some() && stretch.is_none() && self.is_gone(work).await? {
                return Ok(Outcome::Nothing);
            }
            match heard(&book, stretch, message, after) {
                Step::Nothing => return Ok(Outcome::Nothing),
                Step::Wait(book, batch) => {
                    if self.desk.link(&book, batch, &[(message.key, None)]).await? == Saved::Done {
                        return Ok(Outcome::Waits);
                    }
                }
                Step::Convert(book, stretch) => {
                    let from = (book, stretch, Some(message.key));
                    if let Some(outcome) =
                        self.convert(id, from, TicketSource::Always, department, now).await?
                    {
                        return Ok(outcome);
                    }
                }
            }
        }
        Err(Fault::Contended(id))
    }

    /// Looks after a conversation whose timer has run out. Repeating it does nothing.
    pub async fn due(&self, id: ConversationId, now: Timestamp) -> Result<Outcome, Fault<D::Error>> {
        for _ in 0..TRIES {
            let book = self.inbox.ticket_book(id).await.map_err(D::Error::from)?;
            let Some(conversation) = self.inbox.conversation(id).await.map_err(D::Error::from)? else {
                return Ok(Outcome::Nothing);
            };
            let channel =
                self.channels.channel(conversation.channel_id, now).await.map_err(D::Error::from)?;
            let (after, department) = match settings(channel.as_ref(), &conversation) {
                (_, department) if conversation.is_erased() => (TicketAfter::Never, department),
                known => known,
            };
            match due(&book, after, now) {
                Due::Nothing => return Ok(Outcome::Nothing),
                Due::GiveUp(book) => {
                    let saved = self.inbox.save_ticket_book(&book).await.map_err(D::Error::from)?;
                    if saved == Saved::Done {
                        tracing::info!(conversation.id = %id, "What waited becomes no ticket");
                        return Ok(Outcome::GivenUp);
                    }
                }
                Due::Convert(book, stretch) => {
                    let from = (book, stretch, None);
                    if let Some(outcome) =
                        self.convert(id, from, TicketSource::Timer, department, now).await?
                    {
                        return Ok(outcome);
                    }
                }
            }
        }
        Err(Fault::Contended(id))
    }

    /// Makes a ticket; `None` if somebody was faster.
    pub(crate) async fn convert(
        &self,
        id: ConversationId,
        (book, stretch, takes): (Book, Stretch, Option<MessageKey>),
        source: TicketSource,
        department: Option<DepartmentId>,
        now: Timestamp,
    ) -> Result<Option<Outcome>, Fault<D::Error>> {
        let conversation = self.inbox.conversation(id).await.map_err(D::Error::from)?;
        let Some(conversation) = conversation.filter(|it| !it.is_erased()) else {
            return Ok(Some(Outcome::Nothing));
        };
        let opening = Opening { conversation, department, book, stretch, takes, source };
        let turn = self.turn.lock().await;
        let created = self.desk.create(&opening, now).await?;
        drop(turn);
        let Some(ticket) = created else { return Ok(None) };
        tracing::info!(
            conversation.id = %id, ticket.number = ticket.number, ticket.source = ticket.source.as_str(),
            "Made ticket {} of conversation `{id}`", ticket.number
        );
        Ok(Some(Outcome::Converted(Box::new(ticket))))
    }

    /// Whether a message was deleted for ever, or is about to be.
    async fn is_gone(&self, work: &TicketWork) -> Result<bool, D::Error> {
        let erasure = self.inbox.erasure(work.conversation_id).await?;
        let message = self.inbox.message(work.conversation_id, &work.message).await?;
        Ok(message.is_none_or(|message| erasure.is_some_and(|erasure| erasure.covers(&message))))
    }

    /// What holds for a message that its channel wanted in a ticket when it was stored.
    async fn after(
        &self,
        work: &TicketWork,
        now: Timestamp,
    ) -> Result<(TicketAfter, Option<DepartmentId>), D::Error> {
        // What was deleted for ever becomes no ticket.
        let conversation = self.inbox.conversation(work.conversation_id).await?;
        let Some(conversation) = conversation.filter(|it| !it.is_erased()) else {
            return Ok((TicketAfter::Never, None));
        };
        let channel = self.channels.channel(work.channel_id, now).await?;
        match settings(channel.as_ref(), &conversation) {
            // As it was a moment ago: it may just have been switched on.
            (TicketAfter::Never, _) => {
                let channel = self.directory.channel(work.channel_id).await?;
                Ok(settings(channel.as_ref(), &conversation))
            }
            known => Ok(known),
        }
    }
}

/// When messages of a conversation become tickets, and which department it belongs to.
pub(crate) fn settings(
    channel: Option<&Channel>,
    conversation: &Conversation,
) -> (TicketAfter, Option<DepartmentId>) {
    let department = conversation.department.or(channel.and_then(|channel| channel.department));
    (channel.map_or(TicketAfter::Never, |channel| channel.settings.tickets.of(department)), department)
}
