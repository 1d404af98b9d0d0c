//! What of a contact can be found.

use serde::{Deserialize, Serialize};

use super::Folded;
use crate::conversation::Conversation;

/// Of a longer name the rest is not found.
const LONGEST_NAME: usize = 40;
/// Fewer digits than this are no part of a number that anybody searches for.
pub const LEAST_DIGITS: usize = 4;
/// ITU-T E.164: no number has more, that of its country included.
pub const MOST_DIGITS: usize = 15;

/// What of a conversation's contact can be found: any piece of the name, the end of the phone number, the provider's id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactWords {
    /// Folded, without spaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Digits with the country's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// As the provider spells it.
    pub external_id: String,
}

impl ContactWords {
    /// Those of the contact of `conversation`.
    pub fn of(conversation: &Conversation) -> Self {
        let contact = &conversation.contact;
        let external_id = conversation.party.external_id();
        let numbers = [Some(external_id), contact.address.as_deref()];
        Self {
            name: contact.name.as_deref().and_then(name),
            phone: numbers.into_iter().flatten().find_map(phone_of),
            external_id: external_id.to_owned(),
        }
    }

    /// Every place in the name from which on it can be found.
    pub fn endings(&self) -> impl Iterator<Item = &str> {
        let name = self.name.as_deref().unwrap_or_default();
        name.char_indices().map(|(at, _)| &name[at..])
    }

    /// The place in the name at which a search for `name` finds it first: the name from there on.
    pub fn place(&self, name: &str) -> Option<&str> {
        let whole = self.name.as_deref()?;
        whole.find(name).map(|at| &whole[at..])
    }

    /// Whether a search for the name or id `text` finds it.
    pub fn is_called(&self, text: &str) -> bool {
        let by_name =
            || name(text).is_some_and(|text| self.name.as_ref().is_some_and(|name| name.contains(&text)));
        self.external_id == text.trim() || by_name()
    }

    /// Whether a search for the number `digits` finds it, see [`phone`].
    pub fn has_phone(&self, digits: &str) -> bool {
        self.phone.as_ref().is_some_and(|phone| phone.ends_with(digits))
    }
}

/// A name as it is compared: folded, without spaces; `None` if nothing is left.
pub fn name(text: &str) -> Option<String> {
    let folded = Folded::new(text);
    let name: String = folded.as_str().chars().filter(|c| *c != ' ').take(LONGEST_NAME).collect();
    (!name.is_empty()).then_some(name)
}

/// The digits that a number as people write it ends in: `090-1234-5678`, `+81 90 1234 5678` and `010-81-90-…` lead to the same
/// phone. `None` if they are too few, or too many.
pub fn phone(text: &str) -> Option<String> {
    let folded = Folded::new(text);
    let digits: String = folded.as_str().chars().filter(char::is_ascii_digit).collect();
    let rest = if folded.as_str().starts_with('+') {
        &digits
    } else {
        // Dialling abroad (from Japan, from most of the world), or within the country.
        ["010", "00", "0"].into_iter().find_map(|prefix| digits.strip_prefix(prefix)).unwrap_or(&digits)
    };
    (LEAST_DIGITS..=MOST_DIGITS).contains(&rest.len()).then(|| rest.to_owned())
}

/// The number in a provider's id or address: `+819012345678`, `whatsapp:+819012345678`.
fn phone_of(address: &str) -> Option<String> {
    let digits = address.strip_prefix("whatsapp:").unwrap_or(address).strip_prefix('+')?;
    let is_number =
        (LEAST_DIGITS..=MOST_DIGITS).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| digits.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ChannelId, ChannelKind, Party};

    fn words(id: &str, named: Option<&str>, address: Option<&str>) -> ContactWords {
        let channel = ChannelId::derive(ChannelKind::WhatsApp, "1");
        let mut conversation = Conversation::new(channel, ChannelKind::WhatsApp, Party::User(id.into()));
        conversation.contact.name = named.map(str::to_owned);
        conversation.contact.address = address.map(str::to_owned);
        ContactWords::of(&conversation)
    }

    #[test]
    fn src_4_a_contact_is_found_by_any_piece_of_the_name() {
        let words = words("U1", Some("田中　ハナコ Tanaka"), None);
        for text in ["田中", "はなこ", "田中ハナコ", "中 はな", "TANAKA", "U1"] {
            assert!(words.is_called(text), "{text}");
        }
        for text in ["田中花子", "u1", "", " "] {
            assert!(!words.is_called(text), "{text}");
        }
        assert_eq!(words.endings().count(), "田中はなこtanaka".chars().count());
    }

    #[test]
    fn src_4_a_number_is_found_however_it_is_written() {
        let plain = words("+819012345678", None, None);
        assert_eq!(plain.phone.as_deref(), Some("819012345678"));
        for text in [
            "090-1234-5678",
            "+81 90-1234-5678",
            "０９０１２３４５６７８",
            "5678",
            "010-81-90-1234-5678",
            "0081 90 1234 5678",
        ] {
            assert!(plain.has_phone(&phone(text).unwrap()), "{text}");
        }
        assert!(!plain.has_phone(&phone("090-1234-5679").unwrap()));
        assert_eq!(phone("567"), None);
        assert_eq!(phone(&"1".repeat(16)), None);
        assert_eq!(words("whatsapp:+8190", None, None).phone.as_deref(), Some("8190"));
        assert_eq!(words("whatsapp:JP.1a", None, Some("whatsapp:+8190")).phone.as_deref(), Some("8190"));
        assert_eq!(words("U123", None, None).phone, None);
    }
}
