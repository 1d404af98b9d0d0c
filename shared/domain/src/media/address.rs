//! Where files lie in the bucket, and the name under which a customer's app asks for one.
//!
//! | key | what |
//! | --- | --- |
//! | `in/{conversation}/{secret}-{n}` | copied from the provider |
//! | `uploads/{conversation}/{secret}` | uploaded by an operator, not sent yet; removed by itself |
//! | `out/{conversation}/{secret}[.preview]` | sent |
//! | `icons/{operator}/{secret}` | an operator's picture, see [`crate::picture`] |
//! | `channel-icons/{channel}/{digest}` | a channel's icon, see [`crate::channel::icon`] |
//! | `portraits/{conversation}/{secret}` | a customer's picture, copied from the provider |
//!
//! The secret parts cannot be guessed. Only what lies under `out/` and `icons/` can be asked for by a [`Token`].

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::ids::ConversationId;

/// Characters of a secret part: letters, digits, `-` and `_`.
const SECRET_CHARACTERS: std::ops::RangeInclusive<usize> = 22..=64;
const PREVIEW: &str = ".preview";
const ICONS: &str = "icons/";
/// What the token of an icon begins with.
const ICON: &str = "icon~";

pub(crate) fn is_secret(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    SECRET_CHARACTERS.contains(&text.len()) && text.bytes().all(allowed)
}

/// A copy of what a customer sent.
#[derive(Clone, Copy, Debug)]
pub struct Inbound<'a> {
    /// Whose conversation.
    pub conversation: ConversationId,
    /// Made by whoever started the job; the same for each of its tries.
    pub secret: &'a str,
    /// Which attachment of the message, from 0.
    pub index: usize,
}

impl Inbound<'_> {
    /// The object's key.
    pub fn key(&self) -> String {
        format!("in/{}/{}-{}", self.conversation, self.secret, self.index)
    }
}

/// What an operator uploaded, from then on until it is sent and after.
#[derive(Clone, Copy, Debug)]
pub struct Outbound<'a> {
    /// Whose conversation.
    pub conversation: ConversationId,
    /// The upload's id, which nobody can guess.
    pub upload: &'a str,
}

impl Outbound<'_> {
    /// The key of what was uploaded.
    pub fn upload_key(&self) -> String {
        format!("uploads/{}/{}", self.conversation, self.upload)
    }

    /// The key of what is sent.
    pub fn key(&self) -> String {
        format!("out/{}/{}", self.conversation, self.upload)
    }

    /// The key of its preview.
    pub fn preview_key(&self) -> String {
        format!("out/{}/{}{PREVIEW}", self.conversation, self.upload)
    }
}

/// What a customer's app asks for a file or an icon by, for as long as it is there (MSG-15).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    key: String,
}

/// A text that is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a token of a file")]
pub struct InvalidToken;

impl Token {
    /// The token of what lies under `key`; `None` for what is not for customers.
    pub fn of(key: &str) -> Option<Self> {
        if let Some(icon) = key.strip_prefix(ICONS) {
            let (operator, name) = icon.split_once('/')?;
            let known = operator.len() == 36 && Uuid::try_parse(operator).is_ok() && is_secret(name);
            return known.then(|| Self { key: key.to_owned() });
        }
        let (conversation, name) = key.strip_prefix("out/")?.split_once('/')?;
        let known = conversation.parse::<ConversationId>().is_ok()
            && is_secret(name.strip_suffix(PREVIEW).unwrap_or(name));
        known.then(|| Self { key: key.to_owned() })
    }

    /// The object's key.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mark, place) = match self.key.strip_prefix(ICONS) {
            Some(icon) => (ICON, icon),
            None => ("", self.key.trim_start_matches("out/")),
        };
        write!(f, "{mark}{}", place.replacen('/', "~", 1))
    }
}

impl FromStr for Token {
    type Err = InvalidToken;
    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        if let Some(icon) = text.strip_prefix(ICON) {
            let (operator, name) = icon.split_once('~').ok_or(InvalidToken)?;
            return Self::of(&format!("{ICONS}{operator}/{name}")).ok_or(InvalidToken);
        }
        let (conversation, name) = text.split_once('~').ok_or(InvalidToken)?;
        Self::of(&format!("out/{conversation}/{name}")).ok_or(InvalidToken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::ChannelKind;
    use crate::ids::{ChannelId, Party};

    fn conversation() -> ConversationId {
        ConversationId::derive(ChannelId::derive(ChannelKind::Line, "1"), &Party::User("u".into()))
    }

    #[test]
    fn msg_15_a_token_names_what_was_sent_and_nothing_else() {
        let upload = "abcdefghijklmnopqrstuvwxyz_-0189";
        let file = Outbound { conversation: conversation(), upload };
        for key in [file.key(), file.preview_key()] {
            let token = Token::of(&key).unwrap();
            assert_eq!(token.key(), key);
            assert_eq!(token.to_string().parse(), Ok(token.clone()));
            assert!(!token.to_string().contains('/'), "one segment of a path");
        }
        assert_eq!(Token::of(&file.upload_key()), None);
        assert_eq!(
            Token::of(&Inbound { conversation: conversation(), secret: upload, index: 0 }.key()),
            None
        );
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let id = conversation();
        for text in [
            String::new(),
            "~".into(),
            format!("{id}~short"),
            format!("{id}~..%2f..%2fin%2fabcdefghijklmnopqrstuvw"),
            format!("{id}~abcdefghijklmnopqrstuvwxyz/abcdef"),
            format!("{id}~{}", "a".repeat(65)),
            format!("x~{}", "a".repeat(32)),
            format!("{id}/{}", "a".repeat(32)),
            format!("{id}~{}.preview.preview", "a".repeat(32)),
            format!("icon~{id}~short"),
            format!("icon~{id}~{}.preview", "a".repeat(32)),
            format!("icon~x~{}", "a".repeat(32)),
            format!("icon~{}", "a".repeat(32)),
        ] {
            assert_eq!(text.parse::<Token>(), Err(InvalidToken), "{text}");
        }
    }
}
