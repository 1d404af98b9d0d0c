//! Internal notes (CON-7): what colleagues tell each other in a conversation. A note stands in the timeline and is never
//! sent: it has no content that could be, moves no clock, no window and no place in a list (TMR-4).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::conversation::Conversation;
use crate::ids::{MessageId, OperatorId};
use crate::message::{Annotations, Body, Facts, Message, MessageKey, SentBy};
use crate::text;
use crate::time::{Span, Timestamp};

/// The longest note, in characters.
pub const NOTE_LENGTH: usize = 5_000;
/// How many people a note mentions.
pub const MOST_MENTIONS: usize = 20;
/// How long a mention stands in a person's list.
pub const MENTION_LIFE: Span = Span::from_days(90);

/// What a note says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Who wrote it.
    pub author: OperatorId,
    /// What colleagues call them.
    pub author_name: String,
    /// The words; empty once it is deleted.
    pub text: String,
    /// The people whose attention it asks for.
    #[serde(default)]
    pub mentions: BTreeSet<OperatorId>,
    /// When the words were last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Timestamp>,
    /// When it was deleted; its place stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
}

/// Why a note cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteRefused {
    /// Nothing, or too much.
    #[error("the note has {length} characters; it must have 1 to {NOTE_LENGTH}")]
    Length {
        /// In characters.
        length: usize,
    },
    /// More people than are told.
    #[error("the note mentions {count} people; at most {MOST_MENTIONS} can be")]
    Mentions {
        /// How many.
        count: usize,
    },
    /// Somebody else's.
    #[error("only whoever wrote a note can change or delete it")]
    NotYours,
    /// It was deleted.
    #[error("the note was deleted")]
    Deleted,
}

/// Which note a client named by its idempotency key; the name cannot be a reply's.
pub fn id(conversation: &Conversation, author: &OperatorId, idempotency_key: &str) -> MessageId {
    MessageId::of_timeline(conversation.id, &format!("note:{}:{idempotency_key}", author.0))
}

/// Writes a note down, at the place that an earlier try has given it.
pub fn write(
    conversation: &Conversation,
    (author, author_name): (&OperatorId, &str),
    id: MessageId,
    text: &str,
    mentions: BTreeSet<OperatorId>,
    placed_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Message, NoteRefused> {
    let note = Note {
        author: author.clone(),
        author_name: author_name.to_owned(),
        text: checked(text, &mentions)?,
        mentions,
        edited_at: None,
        deleted_at: None,
    };
    Ok(Message {
        key: MessageKey { at: placed_at.unwrap_or(now), id },
        conversation_id: conversation.id,
        channel_id: conversation.channel_id,
        sent_by: SentBy::System,
        sender: None,
        body: Body::Note { note },
        provider_message_id: None,
        participant: None,
        reply_to: None,
        read_token: None,
        send: None,
        annotations: Annotations::default(),
        stored_at: now,
        noted_before: None,
        discarded: Vec::new(),
        first_try: None,
        awaits_ticket: false,
        offensive: false,
        rev: 0,
    })
}

fn checked(text: &str, mentions: &BTreeSet<OperatorId>) -> Result<String, NoteRefused> {
    let (text, count) = (text.trim(), mentions.len());
    let length = if text::shows_something(text) { text.chars().count() } else { 0 };
    if !(1..=NOTE_LENGTH).contains(&length) {
        return Err(NoteRefused::Length { length });
    }
    if count > MOST_MENTIONS { Err(NoteRefused::Mentions { count }) } else { Ok(text.to_owned()) }
}

impl Note {
    /// The note with other words, by its author; `None` if they are the same.
    pub fn edited(
        &self,
        by: &OperatorId,
        text: &str,
        mentions: BTreeSet<OperatorId>,
        now: Timestamp,
    ) -> Result<Option<Self>, NoteRefused> {
        self.may_change(by)?;
        if self.deleted_at.is_some() {
            return Err(NoteRefused::Deleted);
        }
        let text = checked(text, &mentions)?;
        if (&text, &mentions) == (&self.text, &self.mentions) {
            return Ok(None);
        }
        Ok(Some(Self { text, mentions, edited_at: Some(now), ..self.clone() }))
    }

    /// The note without its words, by its author; `None` if it was deleted before.
    pub fn deleted(&self, by: &OperatorId, now: Timestamp) -> Result<Option<Self>, NoteRefused> {
        self.may_change(by)?;
        let empty =
            Self { text: String::new(), mentions: BTreeSet::new(), deleted_at: Some(now), ..self.clone() };
        Ok(self.deleted_at.is_none().then_some(empty))
    }

    /// Those who were not mentioned before, other than the author.
    pub fn newly_mentioned(&self, before: Option<&Self>) -> Vec<OperatorId> {
        let known = |person: &OperatorId| before.is_some_and(|before| before.mentions.contains(person));
        self.mentions.iter().filter(|person| **person != self.author && !known(person)).cloned().collect()
    }

    fn may_change(&self, by: &OperatorId) -> Result<(), NoteRefused> {
        if *by == self.author { Ok(()) } else { Err(NoteRefused::NotYours) }
    }
}

impl Message {
    /// The note that it is, if it is one.
    pub const fn note(&self) -> Option<&Note> {
        match &self.body {
            Body::Note { note } => Some(note),
            Body::Said { .. } | Body::Timeline { .. } => None,
        }
    }
}

/// A line of the timeline about something that a person did to `conversation`, such as `labeled`; it restarts no timer.
/// `which` tells apart what the same person does at the same moment.
pub fn line(
    conversation: &Conversation,
    event: &str,
    which: &str,
    detail: Option<String>,
    facts: Facts,
    now: Timestamp,
) -> Message {
    let id = MessageId::of_timeline(conversation.id, &format!("{event}:{which}:{}", now.as_ms()));
    Message {
        key: MessageKey { at: now, id },
        conversation_id: conversation.id,
        channel_id: conversation.channel_id,
        sent_by: SentBy::System,
        sender: None,
        body: Body::Timeline { event: event.to_owned(), detail, facts },
        provider_message_id: None,
        participant: None,
        reply_to: None,
        read_token: None,
        send: None,
        annotations: Annotations::default(),
        stored_at: now,
        noted_before: None,
        discarded: Vec::new(),
        first_try: None,
        awaits_ticket: false,
        offensive: false,
        rev: 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::channel::ChannelKind;
    use crate::ids::{ChannelId, Party};

    const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    fn conversation() -> Conversation {
        let channel = ChannelId::derive(ChannelKind::Line, "1");
        Conversation::new(channel, ChannelKind::Line, Party::User("U1".into()))
    }

    fn person(id: &str) -> OperatorId {
        OperatorId(id.to_owned())
    }

    fn people(ids: &[&str]) -> BTreeSet<OperatorId> {
        ids.iter().map(|id| person(id)).collect()
    }

    fn note(text: &str, mentions: &[&str]) -> Result<Message, NoteRefused> {
        let (conversation, author) = (conversation(), person("a"));
        let id = id(&conversation, &author, "k");
        write(&conversation, (&author, "A"), id, text, people(mentions), None, NOW)
    }

    #[test]
    fn con_7_a_note_is_nothing_that_could_be_sent_and_counts_as_nobodys_message() {
        let note = note("折り返し", &["b"]).unwrap();
        assert_eq!((note.reply_text(), note.preview(), note.send.as_ref()), (None, None, None));
        assert!(note.attachments().is_empty() && !note.is_pending() && !note.has_file_work());
        assert!(!note.sent_by.is_ours() && !note.sent_by.is_sent_here() && !note.sent_by.is_answer());
        assert_eq!(note.note().map(|note| note.text.as_str()), Some("折り返し"));
    }

    #[test]
    fn con_7_a_note_is_bounded() {
        for (length, fits) in [(0, false), (1, true), (5_000, true), (5_001, false)] {
            assert_eq!(note(&"あ".repeat(length), &[]).is_ok(), fits, "{length}");
        }
        assert!(note(" \n", &[]).is_err());
        let many: Vec<String> = (0..21).map(|number| number.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(note("x", &many[..20]).is_ok());
        assert_eq!(note("x", &many), Err(NoteRefused::Mentions { count: 21 }));
    }

    #[test]
    fn con_7_a_note_is_changed_and_deleted_by_its_author_alone_and_marked() {
        let message = note("x", &["b"]).unwrap();
        let first = message.note().unwrap();
        let later = NOW + Span::from_ms(1);
        assert_eq!(first.edited(&person("b"), "y", people(&[]), later), Err(NoteRefused::NotYours));
        assert_eq!(first.deleted(&person("b"), later), Err(NoteRefused::NotYours));
        assert_eq!(first.edited(&person("a"), " x ", people(&["b"]), later), Ok(None));
        let edited = first.edited(&person("a"), "y", people(&["b", "c"]), later).unwrap().unwrap();
        assert_eq!((edited.edited_at, edited.newly_mentioned(Some(first))), (Some(later), vec![person("c")]));
        let deleted = edited.deleted(&person("a"), later).unwrap().unwrap();
        assert_eq!((deleted.text.as_str(), deleted.mentions.len(), deleted.deleted_at), ("", 0, Some(later)));
        assert_eq!(deleted.deleted(&person("a"), later), Ok(None));
        assert_eq!(deleted.edited(&person("a"), "z", people(&[]), later), Err(NoteRefused::Deleted));
    }

    #[test]
    fn con_7_nobody_is_told_of_their_own_note() {
        let message = note("x", &["a", "b"]).unwrap();
        assert_eq!(message.note().unwrap().newly_mentioned(None), [person("b")]);
    }

    #[test]
    fn a_note_has_one_id_per_author_and_key() {
        let conversation = conversation();
        let of = |author: &str, key: &str| id(&conversation, &person(author), key);
        assert_eq!(of("a", "k"), of("a", "k"));
        assert_ne!(of("a", "k"), of("b", "k"));
        assert_ne!(of("a", "k"), MessageId::of_reply(conversation.id, "k"));
    }

    proptest! {
        #[test]
        fn con_7_what_is_stored_is_read_back(text in "\\PC{1,40}", mentions in prop::collection::btree_set("[a-z]{1,3}", 0..4)) {
            let mentions: Vec<&str> = mentions.iter().map(String::as_str).collect();
            if let Ok(written) = note(&text, &mentions) {
                let stored = serde_json::to_value(&written).unwrap();
                let again: Message = serde_json::from_value(stored).unwrap();
                prop_assert_eq!(again, written);
            }
        }
    }
}
