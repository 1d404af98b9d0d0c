//! Stickers that operators send: which channels have them, and how each names them (MSG-2).

use crate::channel::ChannelKind;
use crate::event::Content;

/// Ids are numbers; this many digits fit into 64 bits.
const MAX_DIGITS: usize = 19;

/// How a channel names its stickers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// By package and sticker (LINE: Messaging API reference, sticker message).
    Package,
    /// By its number alone (Messenger: Sticker API, `message.sticker_id`).
    Number,
}

/// How stickers are sent on a channel of `kind`; `None` where there are none. Twilio has them neither on WhatsApp nor
/// by SMS.
pub const fn naming(kind: ChannelKind) -> Option<Naming> {
    match kind {
        ChannelKind::Line => Some(Naming::Package),
        ChannelKind::Messenger => Some(Naming::Number),
        ChannelKind::WhatsApp | ChannelKind::Sms => None,
    }
}

/// Why a sticker cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StickerRefused {
    /// The channel has none.
    #[error("{0} has no stickers that can be sent; send a picture or an emoji instead")]
    NotHere(ChannelKind),
    /// Not as the channel names its stickers.
    #[error("{channel} names a sticker by {}, each of 1 to {MAX_DIGITS} digits", names(*channel))]
    Name {
        /// Whose names.
        channel: ChannelKind,
    },
}

const fn names(kind: ChannelKind) -> &'static str {
    match naming(kind) {
        Some(Naming::Number) => "`sticker_id` alone",
        _ => "`package_id` and `sticker_id`",
    }
}

impl StickerRefused {
    /// The stable public id.
    pub const fn public_id(&self) -> &'static str {
        match self {
            Self::NotHere(_) => "sticker_not_supported",
            Self::Name { .. } => "sticker_invalid",
        }
    }
}

/// A sticker as a message holds it, whichever way it goes. Whether it can be sent is for [`check`] to say.
pub fn content(package_id: Option<&str>, sticker_id: &str) -> Content {
    let sticker = match package_id {
        Some(package) => format!("{package}/{sticker_id}"),
        None => sticker_id.to_owned(),
    };
    Content::Sticker { sticker, url: None, text: None }
}

/// Refuses a sticker that the provider of `kind` cannot know. Which of them an account may send only the provider knows.
pub fn check(kind: ChannelKind, sticker: &str) -> Result<(), StickerRefused> {
    let named = match naming(kind).ok_or(StickerRefused::NotHere(kind))? {
        Naming::Package => {
            sticker.split_once('/').is_some_and(|(package, sticker)| is_number(package) && is_number(sticker))
        }
        Naming::Number => is_number(sticker),
    };
    if named { Ok(()) } else { Err(StickerRefused::Name { channel: kind }) }
}

fn is_number(id: &str) -> bool {
    (1..=MAX_DIGITS).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use ChannelKind::{Line, Messenger, Sms, WhatsApp};

    #[test]
    fn msg_2_each_channel_names_its_stickers_in_its_own_way() {
        let (invalid, not_here) = (Err("sticker_invalid"), Err("sticker_not_supported"));
        let (most, over) = ("9".repeat(19), "9".repeat(20));
        let table = [
            (Line, Some("446"), "1988", Ok(())),
            (Line, Some("11537"), most.as_str(), Ok(())),
            (Line, Some("11537"), over.as_str(), invalid),
            (Line, Some(over.as_str()), "1988", invalid),
            (Line, None, "1988", invalid),
            (Line, Some(""), "1988", invalid),
            (Line, Some("446"), "", invalid),
            (Line, Some("446"), "1/988", invalid),
            (Line, Some("446"), "１９８８", invalid),
            (Line, Some("446"), "-1", invalid),
            (Messenger, None, "767226160478561", Ok(())),
            (Messenger, None, most.as_str(), Ok(())),
            (Messenger, None, over.as_str(), invalid),
            (Messenger, Some("446"), "1988", invalid),
            (Messenger, None, "", invalid),
            (Messenger, None, "like", invalid),
            (WhatsApp, None, "1", not_here),
            (Sms, Some("446"), "1988", not_here),
        ];
        for (kind, package, sticker, expected) in table {
            let Content::Sticker { sticker, .. } = content(package, sticker) else { panic!("{sticker}") };
            let checked = check(kind, &sticker);
            assert_eq!(checked.map_err(|refused| refused.public_id()), expected, "{kind} {sticker}");
        }
    }

    #[test]
    fn msg_2_a_refusal_tells_what_helps() {
        let said = |kind, sticker| check(kind, sticker).unwrap_err().to_string();
        assert_eq!(
            said(Sms, "1"),
            "sms has no stickers that can be sent; send a picture or an emoji instead"
        );
        assert!(said(Line, "1").contains("`package_id` and `sticker_id`"));
        assert!(said(Messenger, "1/2").contains("`sticker_id` alone"));
    }

    proptest! {
        #[test]
        fn msg_2_what_is_taken_is_digits(
            kind in prop::sample::select(vec![Line, Messenger, WhatsApp, Sms]),
            package in prop::option::of("\\PC{0,4}|[0-9]{0,21}"),
            sticker in "\\PC{0,4}|[0-9]{0,21}",
        ) {
            let Content::Sticker { sticker: named, .. } = content(package.as_deref(), &sticker) else {
                return Err(TestCaseError::fail("no sticker"));
            };
            if check(kind, &named).is_ok() {
                prop_assert!(naming(kind).is_some());
                prop_assert!(named.split('/').all(|id| id.parse::<u64>().is_ok()));
            }
        }
    }
}
