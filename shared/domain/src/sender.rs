//! Sender identity: whether the customer sees the official account or the operator who wrote (SND-1).

use serde::{Deserialize, Serialize};

use crate::channel::{ChannelKind, ChannelSettings};
use crate::event::Content;
use crate::ids::OperatorId;
use crate::picture::ShownPicture;
use crate::time::{Span, Timestamp};

/// LINE shows at most 20 characters above a message (Messaging API reference, `sender.name`). Counted in UTF-16 code
/// units, which is never fewer than LINE counts.
pub const NAME_MAX_UTF16_UNITS: usize = 20;

/// Who the customer sees above a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SenderMode {
    /// The official account; no name (SND-2).
    #[default]
    Account,
    /// The operator, by display name (SND-3).
    Operator,
}

/// What is kept of an operator, for the name that customers see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Who.
    pub operator: OperatorId,
    /// The name that the operator signs in with.
    pub account_name: String,
    /// What replaces `account_name` towards customers (SND-5, SND-7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<SenderName>,
    /// What the operator chose last; the composer begins with it (SND-1).
    #[serde(default)]
    pub mode: SenderMode,
    /// The picture that customers see.
    #[serde(default)]
    pub picture: ShownPicture,
    /// Counts the writes; every change is conditional on it.
    #[serde(default)]
    pub rev: u64,
}

impl Profile {
    /// The profile of an operator who has set nothing yet.
    pub fn new(operator: OperatorId, account_name: String) -> Self {
        Self {
            operator,
            account_name,
            display_name: None,
            mode: SenderMode::default(),
            picture: ShownPicture::default(),
            rev: 0,
        }
    }

    /// The name that customers see: the display name, else the account's, if it may be shown at all.
    pub fn shown_name(&self) -> Option<SenderName> {
        self.display_name.clone().or_else(|| SenderName::new(&self.account_name).ok())
    }

    /// Who is shown for a message that is sent as `mode`; `None` is the account.
    pub fn sender(&self, mode: SenderMode) -> Result<Option<SenderName>, NameRefused> {
        match mode {
            SenderMode::Account => Ok(None),
            SenderMode::Operator => match &self.display_name {
                Some(name) => Ok(Some(name.clone())),
                None => SenderName::new(&self.account_name).map(Some),
            },
        }
    }
}

/// Under whose name a reply goes out, as it was when the reply was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// What colleagues call the operator (SND-4).
    pub operator: String,
    /// What the customer shall see; `None` is the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<SenderName>,
    /// The provider did not show the name: the reply goes out as the account (SND-6).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refused: bool,
    /// The upload that the operator's icon was made of then (SND-3). Noted with the reply, since a call that is repeated
    /// must say the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
}

impl Sender {
    /// What the customer sees; `None` is the account.
    pub fn name(&self) -> Option<&SenderName> {
        self.shown.as_ref().filter(|_| !self.refused)
    }
}

/// Who writes a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    /// Who.
    pub operator: OperatorId,
    /// What colleagues call them; `None` if nobody knows.
    pub account_name: Option<String>,
    /// Whom the customer shall see; `None` is the account.
    pub shown: Option<SenderName>,
    /// The upload that their icon is made of; `None` if they have none.
    pub icon: Option<String>,
}

impl From<OperatorId> for Writer {
    fn from(operator: OperatorId) -> Self {
        Self { operator, account_name: None, shown: None, icon: None }
    }
}

impl Writer {
    /// The operator of `profile`, who writes as `mode`.
    pub fn new(profile: &Profile, mode: SenderMode) -> Result<Self, NameRefused> {
        let shown = profile.sender(mode)?;
        let account_name = Some(profile.account_name.clone());
        let icon = profile.picture.upload.clone();
        Ok(Self { operator: profile.operator.clone(), account_name, shown, icon })
    }

    /// The name that customers see with `content`. WhatsApp and SMS show no sender of a message: there it can only stand
    /// before a text, if the channel allows it.
    pub fn shown_with(
        &self,
        kind: ChannelKind,
        settings: &ChannelSettings,
        content: &Content,
    ) -> Option<&SenderName> {
        let can = match kind {
            ChannelKind::Messenger | ChannelKind::Line => true,
            ChannelKind::WhatsApp | ChannelKind::Sms => {
                settings.sender_prefix && matches!(content, Content::Text { .. })
            }
        };
        self.shown.as_ref().filter(|_| can)
    }

    pub(crate) fn sender(
        &self,
        kind: ChannelKind,
        settings: &ChannelSettings,
        content: &Content,
    ) -> Option<Sender> {
        let operator = self.account_name.clone()?;
        let shown = self.shown_with(kind, settings, content).cloned();
        Some(Sender { operator, shown, refused: false, icon: self.icon.clone() })
    }
}

/// What stands before a text on a channel of `kind` that is sent under `name`; empty where the name is shown otherwise.
pub fn prefix(kind: ChannelKind, name: Option<&SenderName>) -> String {
    match (kind, name) {
        (ChannelKind::WhatsApp | ChannelKind::Sms, Some(name)) => name.before(""),
        _ => String::new(),
    }
}

/// A name that may stand above a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SenderName(String);

/// Why a name cannot be shown to customers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameRefused {
    /// Nothing to show.
    #[error("the name is empty")]
    Empty,
    /// LINE takes 20 characters.
    #[error(
        "the name is {length} characters long (an emoji counts as two or more); at most {NAME_MAX_UTF16_UNITS} are shown"
    )]
    TooLong {
        /// In UTF-16 code units.
        length: usize,
    },
    /// It could be taken for LINE itself (SND-6).
    #[error("the name contains \"{word}\", which could be taken for a service of LINE; choose another")]
    Reserved {
        /// As it was written.
        word: String,
    },
    /// A line break or another character that cannot be seen.
    #[error("the name contains a line break or another character that cannot be shown")]
    Control,
}

impl NameRefused {
    /// The stable public id.
    pub const fn public_id(&self) -> &'static str {
        match self {
            Self::Empty => "sender_name_empty",
            Self::TooLong { .. } => "sender_name_too_long",
            Self::Reserved { .. } => "sender_name_reserved",
            Self::Control => "sender_name_unprintable",
        }
    }
}

impl SenderName {
    /// Takes `name` without the space around it.
    pub fn new(name: &str) -> Result<Self, NameRefused> {
        let name = name.trim();
        if name.is_empty() {
            return Err(NameRefused::Empty);
        }
        if name.chars().any(is_invisible) {
            return Err(NameRefused::Control);
        }
        let length = name.encode_utf16().count();
        if length > NAME_MAX_UTF16_UNITS {
            return Err(NameRefused::TooLong { length });
        }
        match reserved(name) {
            Some(word) => Err(NameRefused::Reserved { word }),
            None => Ok(Self(name.to_owned())),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text with the name before it, for channels that show no sender of a message.
    pub fn before(&self, text: &str) -> String {
        format!("{}: {text}", self.0)
    }
}

impl<'de> Deserialize<'de> for SenderName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // What was accepted once is read back, also if the list of words has grown since.
        String::deserialize(deserializer).map(Self)
    }
}

/// A persona as the provider lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The provider's id.
    pub id: String,
    /// The name that it shows.
    pub name: String,
}

/// An operator's persona on one channel, as we know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Persona {
    /// Whose.
    pub operator: OperatorId,
    /// The provider's id; empty of one that is being made.
    pub id: String,
    /// The name that it was made with.
    pub name: SenderName,
    /// The picture that it was made with.
    pub picture: String,
}

/// How an operator shall appear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appearance {
    /// Who.
    pub operator: OperatorId,
    /// The name.
    pub name: SenderName,
    /// The address of the picture.
    pub picture: String,
}

/// What a sync of one channel's personas has to do (SND-8): first what is to be removed, then forgotten, then made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sync {
    /// To be made; a persona cannot be changed.
    pub create: Vec<Appearance>,
    /// Operators whose persona we must forget: it is gone at the provider, or nobody wants it.
    pub forget: Vec<OperatorId>,
    /// To be removed at the provider.
    pub remove: Vec<String>,
}

/// Compares what shall be with what we know and what the provider has. Personas that we do not know are left alone:
/// another tool may have made them.
pub fn sync(wanted: &[Appearance], known: &[Persona], listed: &[Listed]) -> Sync {
    let is_listed = |id: &str| listed.iter().any(|listed| listed.id == id);
    let shows = |persona: &Persona, wanted: &Appearance| {
        persona.operator == wanted.operator
            && persona.name == wanted.name
            && persona.picture == wanted.picture
    };
    let mut sync = Sync::default();
    for persona in known {
        let listed = is_listed(&persona.id);
        if listed && wanted.iter().any(|wanted| shows(persona, wanted)) {
            continue;
        }
        sync.forget.push(persona.operator.clone());
        if listed {
            sync.remove.push(persona.id.clone());
        }
    }
    let kept = |wanted: &Appearance| known.iter().any(|known| shows(known, wanted) && is_listed(&known.id));
    sync.create = wanted.iter().filter(|wanted| !kept(wanted)).cloned().collect();
    sync
}

/// Gives personas that were noted before they were made the ids under which the provider has them; what ended between the
/// two is made up for. Returns those that have one now.
pub fn adopt(known: &mut [Persona], listed: &[Listed]) -> Vec<Persona> {
    let mut taken: Vec<String> = known.iter().map(|persona| persona.id.clone()).collect();
    let mut adopted = Vec::new();
    for persona in known.iter_mut().filter(|persona| persona.id.is_empty()) {
        let fits = |listed: &&Listed| listed.name == persona.name.as_str() && !taken.contains(&listed.id);
        if let Some(found) = listed.iter().find(fits) {
            persona.id.clone_from(&found.id);
            taken.push(found.id.clone());
            adopted.push(persona.clone());
        }
    }
    adopted
}

/// How often personas are synced unless somebody asks for it (SND-8).
pub const SYNC_EVERY: Span = Span::from_hours(24);

/// What came of a sync of every channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Synced {
    /// When it began.
    pub at: Timestamp,
    /// Personas that were made.
    pub made: u32,
    /// Personas that were removed.
    pub removed: u32,
    /// Personas that could not be made, and channels whose personas could not be looked at.
    pub failed: u32,
}

/// Directional marks could turn a name into another one.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// LINE refuses names with words such as `LINE`; its list is not published. Only the word by itself is refused here,
/// since Caroline and オンライン窓口 are names: what LINE refuses beyond that is sent again without a name.
fn reserved(name: &str) -> Option<String> {
    let letters: Vec<(char, char)> = name.chars().map(|c| (folded(c), c)).collect();
    let starts = |at: usize, word: &str| {
        word.chars().enumerate().all(|(i, c)| letters.get(at + i).is_some_and(|(folded, _)| *folded == c))
    };
    let same_script = |at: Option<usize>, like: char| {
        at.and_then(|at| letters.get(at)).is_some_and(|(c, _)| continues(*c, like))
    };
    for word in ["line", "ライン"] {
        let (first, length) = (word.chars().next()?, word.chars().count());
        for at in 0..letters.len() {
            if starts(at, word)
                && !same_script(at.checked_sub(1), first)
                && !same_script(Some(at + length), first)
            {
                return Some(letters[at..at + length].iter().map(|(_, c)| *c).collect());
            }
        }
    }
    None
}

/// Whether `c` goes on with the word that `like` is a letter of.
fn continues(c: char, like: char) -> bool {
    if like.is_ascii() { c.is_ascii_alphabetic() } else { matches!(c, 'ァ'..='ヺ' | 'ー') }
}

/// Full-width Latin letters, half-width katakana of the word and capitals as the plain letter.
fn folded(c: char) -> char {
    match c {
        'Ａ'..='Ｚ' | 'ａ'..='ｚ' => {
            let ascii = u8::try_from(u32::from(c) - 0xfee0).map_or(c, char::from);
            ascii.to_ascii_lowercase()
        }
        'ﾗ' => 'ラ',
        'ｲ' => 'イ',
        'ﾝ' => 'ン',
        c => c.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn snd_6_words_that_could_be_taken_for_line_are_refused_and_names_are_not() {
        let table = [
            ("LINE", Some("LINE")),
            ("Line公式", Some("Line")),
            ("ＬＩＮＥサポート", Some("ＬＩＮＥ")),
            ("窓口 line", Some("line")),
            ("ライン担当", Some("ライン")),
            ("ﾗｲﾝ", Some("ﾗｲﾝ")),
            ("山田", None),
            ("Caroline", None),
            ("Madeline Linehan", None),
            ("オンライン窓口", None),
            ("ガイドラインズ", None),
            ("田中😀", None),
        ];
        for (name, refused) in table {
            let expected = refused.map(|word| NameRefused::Reserved { word: word.to_owned() });
            assert_eq!(SenderName::new(name).err(), expected, "{name}");
        }
    }

    #[test]
    fn snd_3_a_name_has_at_most_20_characters_and_can_be_seen() {
        let long = NameRefused::TooLong { length: 21 };
        let table = [
            ("", Err(NameRefused::Empty)),
            (" \u{3000} ", Err(NameRefused::Empty)),
            (&"あ".repeat(20), Ok(())),
            (&"あ".repeat(21), Err(long.clone())),
            (&"😀".repeat(10), Ok(())),
            (&format!("{}a", "😀".repeat(10)), Err(long)),
            ("山田\n太郎", Err(NameRefused::Control)),
            ("abc\u{202e}", Err(NameRefused::Control)),
        ];
        for (name, expected) in table {
            assert_eq!(SenderName::new(name).map(|_| ()), expected, "{name:?}");
        }
    }

    #[test]
    fn snd_5_the_display_name_wins_over_the_account_name() {
        let mut profile = Profile::new(OperatorId("o".into()), "yamada@example.com".into());
        assert_eq!(profile.sender(SenderMode::Account), Ok(None));
        assert_eq!(profile.sender(SenderMode::Operator), Ok(Some(SenderName("yamada@example.com".into()))));
        profile.account_name = "LINE 山田".into();
        assert!(matches!(profile.sender(SenderMode::Operator), Err(NameRefused::Reserved { .. })));
        assert_eq!(profile.shown_name(), None);
        profile.display_name = Some(SenderName::new("山田").unwrap());
        assert_eq!(profile.sender(SenderMode::Operator), Ok(Some(SenderName("山田".into()))));
    }

    fn wanted(operator: &str, name: &str, picture: &str) -> Appearance {
        Appearance {
            operator: OperatorId(operator.into()),
            name: SenderName::new(name).unwrap(),
            picture: picture.into(),
        }
    }

    fn known(operator: &str, id: &str, name: &str) -> Persona {
        let Appearance { operator, name, picture } = wanted(operator, name, "p");
        Persona { operator, id: id.into(), name, picture }
    }

    #[test]
    fn snd_8_a_sync_makes_what_is_missing_renews_what_changed_and_removes_what_nobody_wants() {
        let listed = |ids: &[&str]| -> Vec<Listed> {
            ids.iter().map(|id| Listed { id: (*id).into(), name: String::new() }).collect()
        };
        let o = |name: &str| OperatorId(name.into());
        // Nothing to do.
        assert_eq!(
            sync(&[wanted("a", "A", "p")], &[known("a", "1", "A")], &listed(&["1", "9"])),
            Sync::default()
        );
        // New; and somebody else's persona stays.
        let new = sync(&[wanted("a", "A", "p")], &[], &listed(&["9"]));
        assert_eq!(new, Sync { create: vec![wanted("a", "A", "p")], ..Sync::default() });
        // Another name, another picture: a persona is made anew.
        for changed in [wanted("a", "B", "p"), wanted("a", "A", "q")] {
            let renewed = sync(std::slice::from_ref(&changed), &[known("a", "1", "A")], &listed(&["1"]));
            let expected = Sync { create: vec![changed], forget: vec![o("a")], remove: vec!["1".into()] };
            assert_eq!(renewed, expected);
        }
        // Removed by hand at the provider.
        let gone = sync(&[wanted("a", "A", "p")], &[known("a", "1", "A")], &listed(&[]));
        assert_eq!(gone, Sync { create: vec![wanted("a", "A", "p")], forget: vec![o("a")], remove: vec![] });
        // The operator left.
        let left = sync(&[], &[known("a", "1", "A")], &listed(&["1"]));
        assert_eq!(left, Sync { create: vec![], forget: vec![o("a")], remove: vec!["1".into()] });
    }

    #[test]
    fn snd_8_a_persona_that_was_made_and_not_noted_is_found_by_its_name_and_not_made_twice() {
        let listed = |id: &str, name: &str| Listed { id: id.into(), name: name.into() };
        let at_provider = [listed("1", "A"), listed("2", "A"), listed("3", "B")];
        let mut noted = [known("a", "", "A"), known("b", "1", "A"), known("c", "", "C")];
        assert_eq!(adopt(&mut noted, &at_provider), [known("a", "2", "A")], "1 is another operator's");
        let wanted = [wanted("a", "A", "p"), wanted("b", "A", "p"), wanted("c", "C", "p")];
        let rest = sync(&wanted, &noted, &at_provider);
        assert_eq!(rest.create, [wanted[2].clone()], "never made, so made now");
        assert!(rest.remove.is_empty());
    }

    #[test]
    fn every_refusal_of_a_name_has_an_id_of_its_own() {
        let refusals = [
            NameRefused::Empty,
            NameRefused::TooLong { length: 1 },
            NameRefused::Reserved { word: String::new() },
            NameRefused::Control,
        ];
        let ids: std::collections::BTreeSet<_> = refusals.iter().map(NameRefused::public_id).collect();
        assert_eq!(ids.len(), refusals.len());
    }

    proptest! {
        #[test]
        fn an_accepted_name_fits_and_reads_back(name in ".{0,30}") {
            if let Ok(accepted) = SenderName::new(&name) {
                prop_assert!(accepted.as_str().encode_utf16().count() <= NAME_MAX_UTF16_UNITS);
                prop_assert!(!accepted.as_str().is_empty());
                let json = serde_json::to_string(&accepted).unwrap();
                prop_assert_eq!(serde_json::from_str::<SenderName>(&json).unwrap(), accepted);
            }
        }
    }
}
