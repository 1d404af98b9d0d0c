//! `live-api`: what clients say over the WebSocket API (CON-5). A ticket opens a connection; over it a client asks for what
//! it missed, and says what its person looks at and writes in.

mod event;
mod presence;
mod request;
mod resume;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use event::Route;
pub use event::{Answer, Event};
use madoguchi_domain::live::{Connection, Hearing, LONGEST_MESSAGE_BYTES, MOST_CONNECTIONS};
use madoguchi_domain::{ChannelId, ConversationId, Timestamp};
use madoguchi_live::{Audience, TellError, Teller, Told};
use madoguchi_runtime::{Clock, fingerprint};
use madoguchi_store::{Inbox, Live, Saved, StoreError};
use request::{Refusal, Request};

/// So many conversations a process remembers the channels of.
const REMEMBERED: usize = 10_000;
/// How often a message is counted anew because another came at the same moment. What loses more often is too fast.
const TRIES: u32 = 5;

/// Answers what clients say.
#[derive(Debug)]
pub struct LiveApi {
    live: Live,
    inbox: Inbox,
    audience: Audience,
    teller: Teller,
    clock: Clock,
    /// A conversation never changes its channel.
    channels: Mutex<HashMap<ConversationId, ChannelId>>,
}

/// A message could not be answered; API Gateway tells the client so.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// A table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A client could not be told.
    #[error(transparent)]
    Tell(#[from] TellError),
}

impl LiveApi {
    /// Everything that it works with.
    pub fn new(live: Live, inbox: Inbox, audience: Audience, teller: Teller, clock: Clock) -> Self {
        Self { live, inbox, audience, teller, clock, channels: Mutex::default() }
    }

    /// Answers one event of the WebSocket API.
    pub async fn handle(&self, event: Event) -> Result<Answer, LiveError> {
        let now = self.clock.now();
        let id = event.request_context.connection_id.clone();
        match event.route() {
            Route::Connect => self.connect(id, event.ticket(), now).await,
            Route::Disconnect => {
                self.disconnect(&id, now).await?;
                Ok(Answer::OK)
            }
            Route::Message => {
                self.hear(&id, event.body.as_deref().unwrap_or_default(), now).await?;
                Ok(Answer::OK)
            }
        }
    }

    /// Opens a connection. API Gateway has it only when this is over: it cannot be told anything yet.
    async fn connect(&self, id: String, ticket: Option<&str>, now: Timestamp) -> Result<Answer, LiveError> {
        let Some(ticket) = ticket.filter(|ticket| !ticket.is_empty()) else { return Ok(Answer::REFUSED) };
        let Some(ticket) = self.live.redeem(&fingerprint(ticket), now).await? else {
            return Ok(Answer::REFUSED);
        };
        if self.audience.hearing(&ticket.person, ticket.role, None, now).await? == Hearing::Ended {
            return Ok(Answer::REFUSED);
        }
        let connection = Connection::open(id, ticket, now);
        // Counted with this one: of several at once all are seen.
        self.live.add_connection(&connection).await?;
        let known = self.live.connections(now).await?;
        let theirs = known.iter().filter(|other| other.person == connection.person && other.is_open(now));
        if theirs.count() > MOST_CONNECTIONS {
            self.live.forget_connection(&connection.id).await?;
            tracing::warn!(
                operator.id = connection.person.0,
                "A client is refused: there are too many of this person"
            );
            return Ok(Answer::TOO_MANY);
        }
        tracing::info!(
            connection = connection.id,
            operator.id = connection.person.0,
            "A client is connected"
        );
        Ok(Answer::OK)
    }

    async fn disconnect(&self, id: &str, now: Timestamp) -> Result<(), LiveError> {
        let Some(closed) = self.live.close_connection(id, now).await? else { return Ok(()) };
        tracing::info!(connection = id, operator.id = closed.person.0, "A client is disconnected");
        if let Some(conversation) = closed.viewing {
            self.leave(conversation, id, now).await?;
        }
        Ok(())
    }

    async fn hear(&self, id: &str, message: &str, now: Timestamp) -> Result<(), LiveError> {
        let Some((mut connection, is_heard)) = self.counted(id, now).await? else {
            // It is over, or was never let in.
            return Ok(self.teller.end(id, now).await?);
        };
        let before = connection.viewing;
        let request = match Request::parse(message) {
            _ if !is_heard => Err(Refusal::TooFast),
            _ if message.len() > LONGEST_MESSAGE_BYTES => Err(Refusal::TooLarge),
            request => request,
        };
        let request = match request {
            Ok(request) => self.admitted(request, &mut connection, now).await?,
            refused => refused,
        };
        if connection.viewing != before
            && self.live.note_viewing(id, connection.viewing).await? == Saved::Conflict
        {
            // It was closed in this moment.
            return Ok(());
        }
        if let Some(left) = before.filter(|left| connection.viewing != Some(*left)) {
            self.leave(left, id, now).await?;
        }
        match request {
            Err(refusal) => self.answer(id, &refusal.told(), now).await,
            Ok(Request::Hello) => {
                let (operator_id, ends_at) = (connection.person.clone(), connection.ends_at.to_string());
                let seq = self.live.last_number().await?;
                self.answer(id, &Told::Hello { seq, operator_id, ends_at }, now).await
            }
            Ok(Request::Ping) => {
                let seq = self.live.last_number().await?;
                self.answer(id, &Told::Pong { seq }, now).await
            }
            Ok(Request::Resume { after }) => self.resume(&connection, after, now).await,
            Ok(Request::Viewing { conversation_id: None }) => Ok(()),
            Ok(Request::Viewing { conversation_id: Some(conversation) }) => {
                self.view(conversation, &connection, None, now).await
            }
            Ok(Request::Typing { conversation_id, typing }) => {
                self.view(conversation_id, &connection, Some(typing), now).await
            }
        }
    }

    /// The connection, if it is open, with one more message counted, and whether that is heard. Each is counted before anything
    /// is done for it, whatever else comes over the connection at the same moment.
    async fn counted(&self, id: &str, now: Timestamp) -> Result<Option<(Connection, bool)>, StoreError> {
        let mut tries = 0;
        loop {
            let connection = self.live.connection(id).await?.filter(|connection| connection.is_open(now));
            let Some(mut connection) = connection else { return Ok(None) };
            let before = connection.pace;
            if tries == TRIES || !connection.pace.take(now) {
                return Ok(Some((connection, false)));
            }
            if self.live.note_pace(id, &before, &connection.pace).await? == Saved::Done {
                return Ok(Some((connection, true)));
            }
            tries += 1;
        }
    }

    /// Notes which conversation the connection shows, if its person may see it.
    async fn admitted(
        &self,
        request: Request,
        connection: &mut Connection,
        now: Timestamp,
    ) -> Result<Result<Request, Refusal>, LiveError> {
        match request {
            Request::Viewing { conversation_id: None } => connection.viewing = None,
            Request::Viewing { conversation_id: Some(conversation) }
            | Request::Typing { conversation_id: conversation, .. } => {
                if !self.may_see(conversation, connection, now).await? {
                    return Ok(Err(Refusal::ConversationNotFound));
                }
                connection.viewing = Some(conversation);
            }
            Request::Hello | Request::Ping | Request::Resume { .. } => {}
        }
        Ok(Ok(request))
    }

    async fn may_see(
        &self,
        conversation: ConversationId,
        connection: &Connection,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Some(channel) = self.channel_of(conversation).await? else { return Ok(false) };
        let channel = self.audience.channel(channel, now).await?;
        let hearing = self.audience.hearing(&connection.person, connection.role, channel.as_ref(), now);
        Ok(hearing.await? == Hearing::Yes)
    }

    async fn channel_of(&self, id: ConversationId) -> Result<Option<ChannelId>, StoreError> {
        let known = |of: &Self| of.channels.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied();
        if let Some(channel) = known(self) {
            return Ok(Some(channel));
        }
        let Some(conversation) = self.inbox.conversation(id).await? else { return Ok(None) };
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        if channels.len() >= REMEMBERED {
            channels.clear();
        }
        channels.insert(id, conversation.channel_id);
        Ok(Some(conversation.channel_id))
    }

    async fn answer(&self, connection: &str, told: &Told, now: Timestamp) -> Result<(), LiveError> {
        self.teller.tell(connection, told, now).await?;
        Ok(())
    }
}
