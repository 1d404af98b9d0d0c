//! Labels: what operators mark conversations with. Kept by the organisation, by name and colour; on a conversation by id, so
//! that renaming one renames it everywhere. A label restarts no timer (TMR-4).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::conversation::{Closed, Conversation};
use crate::ids::{LabelId, OperatorId};
use crate::message::{Body, Facts};
use crate::note;
use crate::organisation;
use crate::time::Timestamp;

/// How many labels an organisation keeps.
pub const MOST_LABELS: usize = 200;
/// How many labels a conversation has.
pub const MOST_ON_ONE: usize = 20;

/// A label as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Which one.
    pub id: LabelId,
    /// What it is called.
    pub name: String,
    /// As what it is shown: `#` and six hexadecimal digits.
    pub color: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was given up; its name stays for what refers to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Timestamp>,
    /// Counts the writes; every change is conditional on it.
    #[serde(default)]
    pub rev: u64,
}

/// Why a label cannot be kept, or put on a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelRefused {
    /// No name, or none of one line.
    #[error("`name` must be one line of 1 to {} characters", organisation::NAME_LENGTH)]
    Name,
    /// Not a colour.
    #[error("`color` must be `#` and six hexadecimal digits")]
    Color,
}

impl Label {
    /// The label as it is kept: without the blanks around its name.
    pub fn checked(mut self) -> Result<Self, LabelRefused> {
        self.name = organisation::name(&self.name).ok_or(LabelRefused::Name)?;
        let digits = self.color.strip_prefix('#').filter(|digits| digits.len() == 6);
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        self.color = format!("#{}", digits.ok_or(LabelRefused::Color)?.to_ascii_lowercase());
        Ok(self)
    }

    /// Whether the names of both look the same to a reader.
    pub fn is_namesake(&self, other: &Self) -> bool {
        organisation::as_seen(&self.name) == organisation::as_seen(&other.name)
    }
}

/// A person who marks a conversation.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// Who.
    pub id: &'a OperatorId,
    /// What colleagues call them.
    pub name: &'a str,
}

/// More labels than a conversation has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a conversation has at most {MOST_ON_ONE} labels")]
pub struct TooManyLabels;

/// Puts a label on a conversation; `Ok(None)` if it is there. Of what is there, only labels that are `kept` stay: those
/// that were given up leave with the first change.
pub fn put(
    mut conversation: Conversation,
    label: &Label,
    kept: &BTreeSet<LabelId>,
    by: By<'_>,
    now: Timestamp,
) -> Result<Option<Closed>, TooManyLabels> {
    if conversation.labels.contains(&label.id) {
        return Ok(None);
    }
    mark(&mut conversation, label, kept)?;
    let line = line(&conversation, "labeled", label.id, Some(&label.name), by, now);
    Ok(Some(Closed { conversation, line }))
}

/// Puts a label on a conversation that is closed with it (CLS-11); the line of the close tells it.
pub fn close_with(
    mut closed: Closed,
    label: &Label,
    kept: &BTreeSet<LabelId>,
) -> Result<Closed, TooManyLabels> {
    mark(&mut closed.conversation, label, kept)?;
    if let Body::Timeline { facts, .. } = &mut closed.line.body {
        facts.insert("label_id".to_owned(), label.id.to_string());
        facts.insert("label".to_owned(), label.name.clone());
    }
    Ok(closed)
}

fn mark(
    conversation: &mut Conversation,
    label: &Label,
    kept: &BTreeSet<LabelId>,
) -> Result<(), TooManyLabels> {
    conversation.labels.retain(|label| kept.contains(label));
    conversation.labels.insert(label.id);
    if conversation.labels.len() > MOST_ON_ONE { Err(TooManyLabels) } else { Ok(()) }
}

/// Takes a label off a conversation; `None` if it is not there. `name` is what it is, or was, called.
pub fn take_off(
    mut conversation: Conversation,
    label: LabelId,
    name: Option<&str>,
    by: By<'_>,
    now: Timestamp,
) -> Option<Closed> {
    if !conversation.labels.remove(&label) {
        return None;
    }
    let line = line(&conversation, "unlabeled", label, name, by, now);
    Some(Closed { conversation, line })
}

fn line(
    conversation: &Conversation,
    event: &str,
    label: LabelId,
    name: Option<&str>,
    by: By<'_>,
    now: Timestamp,
) -> crate::message::Message {
    let mut facts = Facts::from([
        ("label_id".to_owned(), label.to_string()),
        ("operator_id".to_owned(), by.id.0.clone()),
        ("operator".to_owned(), by.name.to_owned()),
    ]);
    facts.extend(name.map(|name| ("label".to_owned(), name.to_owned())));
    // The version tells apart what is done and undone within a millisecond.
    let which = format!("{label}:{}", conversation.version);
    note::line(conversation, event, &which, name.map(str::to_owned), facts, now)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::channel::ChannelKind;
    use crate::conversation::{CloseReason, Status, close};
    use crate::ids::{ChannelId, Party};

    const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    fn label(name: &str, color: &str) -> Label {
        Label {
            id: LabelId::derive(name, NOW),
            name: name.to_owned(),
            color: color.to_owned(),
            created_at: NOW,
            removed_at: None,
            rev: 0,
        }
    }

    fn conversation() -> Conversation {
        let channel = ChannelId::derive(ChannelKind::Line, "1");
        Conversation::new(channel, ChannelKind::Line, Party::User("U1".into()))
    }

    #[test]
    fn a_label_has_a_name_and_a_colour() {
        let kept = label(" 要返金 ", "#FF00aa").checked().unwrap();
        assert_eq!((kept.name.as_str(), kept.color.as_str()), ("要返金", "#ff00aa"));
        for color in ["", "#", "ff00aa", "#ff00a", "#ff00aag", "#ff00ag", "red"] {
            assert_eq!(label("x", color).checked(), Err(LabelRefused::Color), "{color}");
        }
        assert_eq!(label(" ", "#000000").checked(), Err(LabelRefused::Name));
        for (one, other, same) in [
            ("VIP", "vip", true),
            ("ＶＩＰ　客", "vip  客", true),
            ("VIP", "VIP2", false),
            ("要返金", "要返品", false),
        ] {
            assert_eq!(label(one, "#000000").is_namesake(&label(other, "#111111")), same, "{one} {other}");
        }
    }

    #[test]
    fn tmr_4_a_label_changes_nothing_but_the_labels_and_leaves_a_line() {
        let operator = OperatorId("1".into());
        let by = By { id: &operator, name: "山田" };
        let vip = label("VIP", "#000000");
        let kept = BTreeSet::from([vip.id]);
        let before = conversation();
        let Closed { conversation: marked, line } =
            put(before.clone(), &vip, &kept, by, NOW).unwrap().unwrap();
        assert_eq!(Conversation { labels: BTreeSet::new(), ..marked.clone() }, before);
        let Body::Timeline { event, detail, facts } = &line.body else { panic!("{line:?}") };
        assert_eq!((event.as_str(), detail.as_deref()), ("labeled", Some("VIP")));
        assert_eq!((facts["operator"].as_str(), facts["label_id"].clone()), ("山田", vip.id.to_string()));
        assert_eq!(put(marked.clone(), &vip, &kept, by, NOW), Ok(None));
        let off = take_off(marked, vip.id, None, by, NOW).unwrap();
        assert_eq!(off.conversation, before);
        assert_ne!(off.line.key.id, line.key.id);
        assert_eq!(take_off(before, vip.id, None, by, NOW), None);
    }

    #[test]
    fn cls_11_a_conversation_is_closed_with_a_label_that_the_line_tells() {
        let vip = label("解決", "#000000");
        let kept = BTreeSet::from([vip.id]);
        let mut open = conversation();
        open.status = Status::Open;
        let closed = close(open, CloseReason::Operator, NOW).unwrap();
        let with = close_with(closed.clone(), &vip, &kept).unwrap();
        assert_eq!(with.conversation.labels, kept);
        assert_eq!(
            Conversation { labels: BTreeSet::new(), ..with.conversation.clone() },
            closed.conversation
        );
        let Body::Timeline { event, detail, facts } = &with.line.body else { panic!("{with:?}") };
        assert_eq!(
            (event.as_str(), detail.as_deref(), &*facts["label"]),
            ("closed", Some("operator"), "解決")
        );
        // Closed with what it has already.
        assert_eq!(close_with(with.clone(), &vip, &kept).unwrap().conversation, with.conversation);
    }

    #[test]
    fn a_conversation_has_a_bounded_number_of_labels_that_are_kept() {
        let operator = OperatorId("1".into());
        let by = By { id: &operator, name: "山田" };
        let labels: Vec<Label> =
            (0..=MOST_ON_ONE).map(|number| label(&number.to_string(), "#000000")).collect();
        let mut kept: BTreeSet<LabelId> = labels.iter().map(|label| label.id).collect();
        let mut full = conversation();
        full.labels = labels[..MOST_ON_ONE].iter().map(|label| label.id).collect();
        let last = labels.last().unwrap();
        assert_eq!(put(full.clone(), last, &kept, by, NOW), Err(TooManyLabels));
        kept.remove(&labels[0].id);
        let marked = put(full, last, &kept, by, NOW).unwrap().unwrap().conversation;
        assert!(!marked.labels.contains(&labels[0].id) && marked.labels.contains(&last.id));
    }

    proptest! {
        #[test]
        fn names_are_compared_without_panic(one in "\\PC{0,20}", other in "\\PC{0,20}") {
            let (one, other) = (label(&one, "#000000"), label(&other, "#000000"));
            prop_assert!(one.is_namesake(&one));
            prop_assert_eq!(one.is_namesake(&other), other.is_namesake(&one));
        }
    }
}
