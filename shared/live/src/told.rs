//! What clients are told, as JSON.

use madoguchi_domain::live::{Numbered, Present};
use madoguchi_domain::{ConversationId, OperatorId, Timestamp};
use serde::Serialize;

/// One message to a client.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Told {
    /// The answer to `hello`: from here on everything is told.
    Hello {
        /// The last number that was given.
        seq: u64,
        /// Who is connected.
        operator_id: OperatorId,
        /// When the connection ends at the latest.
        ends_at: String,
    },
    /// The answer to `ping`.
    Pong {
        /// The last number that was given.
        seq: u64,
    },
    /// Things are new, changed or gone.
    Changes {
        /// The highest number among them: what a client comes back with.
        seq: u64,
        /// Which, and their versions.
        changes: Vec<Numbered>,
    },
    /// The end of the answer to `resume`: everything that was missed has been told.
    Resumed {
        /// The last number that was given.
        seq: u64,
    },
    /// The answer to `resume` if too much was missed: the client loads everything anew.
    Reload {
        /// The last number that was given.
        seq: u64,
    },
    /// Who is looking at a conversation, all of them; it takes the place of what was told before it.
    Presence {
        /// The conversation.
        conversation_id: ConversationId,
        /// Who is there.
        people: Vec<PersonHere>,
        /// When this was so.
        at: String,
    },
    /// A message of the client was not understood or not heard.
    Error {
        /// Stable, for programs.
        code: &'static str,
        /// For people.
        message: &'static str,
    },
}

/// Somebody who looks at a conversation.
#[derive(Clone, Debug, Serialize)]
pub struct PersonHere {
    operator_id: OperatorId,
    name: String,
    /// Until when, unless they say it again.
    until: String,
    /// Until when they count as writing; null if they are not.
    typing_until: Option<String>,
}

impl From<Present> for PersonHere {
    fn from(present: Present) -> Self {
        let text = |at: Timestamp| at.to_string();
        Self {
            operator_id: present.person,
            name: present.name,
            until: text(present.until),
            typing_until: present.typing_until.map(text),
        }
    }
}
