//! Tells a connection something. One that cannot be told is ended: its client comes back and is told what it missed.

use madoguchi_domain::Timestamp;
use madoguchi_runtime::{ConnectionError, Connections, Posted};
use madoguchi_store::{Live, StoreError};

use crate::Told;

/// Tells clients.
#[derive(Debug)]
pub struct Teller {
    connections: Connections,
    live: Live,
}

/// A connection is there, was not told, and could not be ended.
#[derive(Debug, thiserror::Error)]
pub enum TellError {
    /// The Live table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// API Gateway did not answer.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// It could not be put into words.
    #[error("what is to be told cannot be written: {0}")]
    Unwritable(#[from] serde_json::Error),
}

impl Teller {
    /// Tells `connections`, and notes in `live` which are gone.
    pub fn new(connections: Connections, live: Live) -> Self {
        Self { connections, live }
    }

    /// Tells a connection; false if it is gone.
    pub async fn tell(&self, connection: &str, told: &Told, now: Timestamp) -> Result<bool, TellError> {
        match self.connections.post(connection, &serde_json::to_string(told)?).await {
            Ok(Posted::Delivered) => Ok(true),
            Ok(Posted::Gone) => {
                self.note_closed(connection, now).await?;
                Ok(false)
            }
            Err(error) => {
                tracing::warn!(connection = connection, %error, "A client cannot be told and is disconnected");
                self.end(connection, now).await?;
                Ok(false)
            }
        }
    }

    /// Ends a connection.
    pub async fn end(&self, connection: &str, now: Timestamp) -> Result<(), TellError> {
        self.connections.close(connection).await?;
        self.note_closed(connection, now).await
    }

    async fn note_closed(&self, connection: &str, now: Timestamp) -> Result<(), TellError> {
        let closed = self.live.close_connection(connection, now).await?;
        // The others who look at the conversation see it end by itself.
        if let Some(conversation) = closed.and_then(|closed| closed.viewing) {
            self.live.remove_viewer(conversation, connection).await?;
        }
        Ok(())
    }
}
