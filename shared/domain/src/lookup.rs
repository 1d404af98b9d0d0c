//! Which of a provider's messages is the reply whose answer was lost. Nothing in it names the reply, so it must be the
//! only one that it can be.

use crate::event::Stage;
use crate::message::Message;
use crate::send::LEASE;
use crate::time::{Span, Timestamp};

/// A message of the company's, as the provider lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The provider's id of it.
    pub provider_message_id: String,
    /// What it says; empty of a file alone.
    pub words: String,
    /// How many files it has.
    pub files: u32,
    /// When the provider took it, to the second.
    pub created_at: Timestamp,
    /// How far it has come.
    pub stage: Stage,
}

/// A reply whose answer was lost.
#[derive(Clone, Copy, Debug)]
pub struct Sought<'a> {
    /// The reply.
    pub message: &'a Message,
    /// What the call said; empty of a file.
    pub words: &'a str,
    /// When the call was made.
    pub claimed_at: Timestamp,
}

/// What a look at the list came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// None of them is it; it may still be on its way.
    None,
    /// It can only be this one.
    One(Listed),
    /// It may be any of several.
    Several,
}

/// How many messages of the conversation are asked whose ids they are: more than can be written in the minutes that
/// [`find`] looks at.
pub const NEIGHBOURS: usize = 50;
/// The provider's clock may be behind ours.
const CLOCKS: Span = Span::from_secs(5);
/// How long the provider is asked before it is left to a callback, or to a person.
const PATIENCE: Span = Span::from_minutes(15);

/// The earliest that the provider can have taken what was called at `claimed_at`.
pub fn earliest(claimed_at: Timestamp) -> Timestamp {
    claimed_at - CLOCKS
}

/// Whether the provider was asked in vain for long enough.
pub fn is_given_up(claimed_at: Timestamp, now: Timestamp) -> bool {
    now.since(claimed_at) >= PATIENCE
}

/// Finds the reply in `listed`, all of which went to its contact: by its words, by when it was sent, and by being nobody
/// else's among `neighbours`, the latest messages of its conversation.
pub fn find(sought: &Sought<'_>, listed: Vec<Listed>, neighbours: &[Message]) -> Found {
    let is_known = |id: &str| {
        std::iter::once(sought.message).chain(neighbours).any(|message| {
            let first = message.first_try.as_ref().map(|first| first.provider_message_id.as_str());
            message.provider_message_id.as_deref() == Some(id) || first == Some(id)
        })
    };
    // The provider tells whole seconds, cut off.
    let time = earliest(sought.claimed_at) - Span::from_ms(999)..=sought.claimed_at + LEASE;
    let is_file = sought.words.is_empty();
    let mut matching = listed.into_iter().filter(|listed| {
        let says_it = listed.words.trim() == sought.words.trim() && is_file == (listed.files > 0);
        says_it && time.contains(&listed.created_at) && !is_known(&listed.provider_message_id)
    });
    match (matching.next(), matching.next()) {
        (None, _) => Found::None,
        (Some(only), None) => Found::One(only),
        (Some(_), Some(_)) => Found::Several,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::{ChannelKind, ChannelSettings};
    use crate::conversation::{Conversation, Status};
    use crate::ids::{ChannelId, OperatorId, Party};
    use crate::reply::write;
    use crate::second_try::FirstTry;
    use crate::send::FailureReason;

    const T: Timestamp = Timestamp::from_ms(1_700_000_000_500);
    const SECOND: Span = Span::from_secs(1);

    fn reply(id: Option<&str>, first: Option<&str>) -> Message {
        let kind = ChannelKind::Sms;
        let new = Conversation::new(ChannelId::derive(kind, "1"), kind, Party::User("+81".into()));
        let open = Conversation { status: Status::Open, ..new };
        let settings = ChannelSettings::default();
        let written = write(&open, &settings, OperatorId("o".into()), "k", "はい", None, T).unwrap();
        let first_try = first.map(|id| FirstTry {
            provider_message_id: id.to_owned(),
            failed_at: T,
            reason: FailureReason::ProviderUnavailable,
            detail: "failed 30008".into(),
            delivered_at: None,
        });
        Message { provider_message_id: id.map(str::to_owned), first_try, ..written }
    }

    fn listed(id: &str, words: &str, created_at: Timestamp) -> Listed {
        let files = u32::from(words.is_empty());
        let (provider_message_id, words) = (id.to_owned(), words.to_owned());
        Listed { provider_message_id, words, files, created_at, stage: Stage::Taken }
    }

    #[test]
    fn it_is_found_only_if_it_can_be_no_other() {
        let whole = Timestamp::from_ms(1_700_000_000_000);
        let second_time = || reply(Some("SM1"), Some("SM1"));
        let (mine, other) = (listed("SM1", "はい", whole), listed("SM2", "はい", whole + SECOND));
        let table = [
            ("nothing there", reply(None, None), vec![], vec![], "none"),
            ("only this", reply(None, None), vec![mine.clone()], vec![], "SM1"),
            ("spaces at the ends", reply(None, None), vec![listed("SM1", "はい ", whole)], vec![], "SM1"),
            ("other words", reply(None, None), vec![listed("SM1", "いいえ", whole)], vec![], "none"),
            ("a file for a text", reply(None, None), vec![listed("SM1", "", whole)], vec![], "none"),
            ("twice the same words", reply(None, None), vec![mine.clone(), other.clone()], vec![], "several"),
            (
                "one is another's",
                reply(None, None),
                vec![mine.clone(), other.clone()],
                vec![reply(Some("SM2"), None)],
                "SM1",
            ),
            (
                "one was another's first",
                reply(None, None),
                vec![mine.clone(), other.clone()],
                vec![reply(Some("SM3"), Some("SM2"))],
                "SM1",
            ),
            ("its own first time", second_time(), vec![mine.clone()], vec![], "none"),
            ("its second time", second_time(), vec![mine.clone(), other], vec![], "SM2"),
            (
                "a slow clock",
                reply(None, None),
                vec![listed("SM1", "はい", whole - Span::from_secs(5))],
                vec![],
                "SM1",
            ),
            (
                "before it",
                reply(None, None),
                vec![listed("SM1", "はい", whole - Span::from_secs(7))],
                vec![],
                "none",
            ),
            (
                "at the end of the call",
                reply(None, None),
                vec![listed("SM1", "はい", T + LEASE)],
                vec![],
                "SM1",
            ),
            ("after it", reply(None, None), vec![listed("SM1", "はい", T + LEASE + SECOND)], vec![], "none"),
        ];
        for (what, message, listed, neighbours, expected) in table {
            let sought = Sought { message: &message, words: "はい", claimed_at: T };
            let found = match find(&sought, listed, &neighbours) {
                Found::None => "none".to_owned(),
                Found::One(listed) => listed.provider_message_id,
                Found::Several => "several".to_owned(),
            };
            assert_eq!(found, expected, "{what}");
        }
    }

    #[test]
    fn a_file_is_found_as_a_file() {
        let message = reply(None, None);
        let sought = Sought { message: &message, words: "", claimed_at: T };
        let empty = Listed { files: 0, ..listed("SM1", "", T) };
        assert_eq!(find(&sought, vec![empty], &[]), Found::None);
        let file = listed("SM1", "", T);
        assert_eq!(find(&sought, vec![file.clone()], &[]), Found::One(file));
    }

    #[test]
    fn the_provider_is_asked_for_a_quarter_of_an_hour() {
        assert!(!is_given_up(T, T + Span::from_minutes(15) - Span::from_ms(1)));
        assert!(is_given_up(T, T + Span::from_minutes(15)));
    }
}
