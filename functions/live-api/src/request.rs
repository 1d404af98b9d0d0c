//! What a client may say, and what it is told if it says something else.

use madoguchi_domain::ConversationId;
use madoguchi_live::Told;
use serde::Deserialize;
use serde_json::Value;

/// A message of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// Where does the sequence stand?
    Hello,
    /// Keeps the connection: API Gateway ends one that is silent for ten minutes.
    Ping,
    /// What came after this number?
    Resume { after: u64 },
    /// The person looks at this conversation, or at none.
    Viewing { conversation_id: Option<ConversationId> },
    /// The person writes there, or has stopped.
    Typing { conversation_id: ConversationId, typing: bool },
}

/// Why a message was not heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    NotJson,
    UnknownAction,
    InvalidMessage,
    TooLarge,
    TooFast,
    ConversationNotFound,
}

#[derive(Deserialize)]
struct Resume {
    after: u64,
}

#[derive(Deserialize)]
struct Viewing {
    conversation_id: Option<String>,
}

#[derive(Deserialize)]
struct Typing {
    conversation_id: String,
    #[serde(default = "yes")]
    typing: bool,
}

const fn yes() -> bool {
    true
}

impl Request {
    /// What `message` says. Fields that are not known are passed over: a later client may say more.
    pub(crate) fn parse(message: &str) -> Result<Self, Refusal> {
        let message: Value = serde_json::from_str(message).map_err(|_| Refusal::NotJson)?;
        let action = message.get("action").and_then(Value::as_str).unwrap_or_default().to_owned();
        let id = |text: &str| text.parse().map_err(|_| Refusal::ConversationNotFound);
        match action.as_str() {
            "hello" => Ok(Self::Hello),
            "ping" => Ok(Self::Ping),
            "resume" => read(message).map(|Resume { after }| Self::Resume { after }),
            "viewing" => {
                let Viewing { conversation_id } = read(message)?;
                Ok(Self::Viewing { conversation_id: conversation_id.as_deref().map(id).transpose()? })
            }
            "typing" => {
                let Typing { conversation_id, typing } = read(message)?;
                Ok(Self::Typing { conversation_id: id(&conversation_id)?, typing })
            }
            _ => Err(Refusal::UnknownAction),
        }
    }
}

fn read<T: for<'de> Deserialize<'de>>(message: Value) -> Result<T, Refusal> {
    serde_json::from_value(message).map_err(|_| Refusal::InvalidMessage)
}

impl Refusal {
    pub(crate) const fn told(self) -> Told {
        let (code, message) = match self {
            Self::NotJson => ("not_json", "A message must be a JSON object."),
            Self::UnknownAction => {
                ("unknown_action", "`action` must be hello, ping, resume, viewing or typing.")
            }
            Self::InvalidMessage => {
                ("invalid_message", "A field that this action needs is missing or has another type.")
            }
            Self::TooLarge => ("too_large", "A message may have 1,024 bytes."),
            Self::TooFast => {
                ("too_fast", "No more than 20 messages are heard in 10 seconds; this one was not.")
            }
            Self::ConversationNotFound => ("conversation_not_found", "There is no such conversation."),
        };
        Told::Error { code, message }
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::live::{LONGEST_MESSAGE_BYTES, MESSAGES_PER_WINDOW, PACE_WINDOW};

    use super::*;

    const ID: &str = "1809223c-a54e-5e9b-ae37-4058be706671";

    #[test]
    fn con_5_what_clients_say_is_understood_or_refused() {
        let conversation_id = ID.parse().unwrap();
        let typing = |typing| Ok(Request::Typing { conversation_id, typing });
        let with = |text: &str| text.replace("ID", ID);
        let table = [
            (r#"{"action":"hello"}"#, Ok(Request::Hello)),
            (r#"{"action":"ping","later":1}"#, Ok(Request::Ping)),
            (r#"{"action":"resume","after":7}"#, Ok(Request::Resume { after: 7 })),
            (r#"{"action":"resume","after":-1}"#, Err(Refusal::InvalidMessage)),
            (r#"{"action":"resume","after":"7"}"#, Err(Refusal::InvalidMessage)),
            (r#"{"action":"resume"}"#, Err(Refusal::InvalidMessage)),
            (
                r#"{"action":"viewing","conversation_id":null}"#,
                Ok(Request::Viewing { conversation_id: None }),
            ),
            (r#"{"action":"viewing"}"#, Ok(Request::Viewing { conversation_id: None })),
            (
                r#"{"action":"viewing","conversation_id":"ID"}"#,
                Ok(Request::Viewing { conversation_id: Some(conversation_id) }),
            ),
            (r#"{"action":"viewing","conversation_id":7}"#, Err(Refusal::InvalidMessage)),
            (r#"{"action":"viewing","conversation_id":"c#1"}"#, Err(Refusal::ConversationNotFound)),
            (r#"{"action":"typing","conversation_id":"ID"}"#, typing(true)),
            (r#"{"action":"typing","conversation_id":"ID","typing":false}"#, typing(false)),
            (r#"{"action":"typing"}"#, Err(Refusal::InvalidMessage)),
            (r#"{"action":"post","text":"x"}"#, Err(Refusal::UnknownAction)),
            (r#"{"action":7}"#, Err(Refusal::UnknownAction)),
            ("[]", Err(Refusal::UnknownAction)),
            ("{}", Err(Refusal::UnknownAction)),
            ("", Err(Refusal::NotJson)),
            ("{", Err(Refusal::NotJson)),
        ];
        for (message, expected) in table {
            assert_eq!(Request::parse(&with(message)), expected, "{message}");
        }
    }

    #[test]
    fn refusals_tell_the_limits_as_they_are() {
        let text = |refusal: Refusal| serde_json::to_string(&refusal.told()).unwrap();
        assert!(text(Refusal::TooLarge).contains("1,024") && LONGEST_MESSAGE_BYTES == 1024);
        let told = format!("{MESSAGES_PER_WINDOW} messages are heard in {} s", PACE_WINDOW.as_ms() / 1000);
        assert!(text(Refusal::TooFast).contains(&told), "{told}");
    }
}
