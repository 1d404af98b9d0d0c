//! What an e-mail says. It names the customer and the channel; what was written stays in the inbox.

use std::collections::BTreeSet;

use super::Kind;
use crate::catalogue::Language;

/// The longest name that is spelled out in a subject, in characters.
const NAME_LENGTH: usize = 60;

/// An e-mail's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub body: String,
}

/// Where an e-mail leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    /// The conversation.
    pub conversation: String,
    /// The settings.
    pub settings: String,
    /// For each kind that it tells, where e-mail of that kind is switched off.
    pub unsubscribe: Vec<(Kind, String)>,
}

/// There is nothing to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is nothing to tell")]
pub struct NotLettered;

impl Letter {
    /// About a conversation with `contact` through the channel called `channel`.
    pub fn new(
        kinds: &BTreeSet<Kind>,
        contact: Option<&str>,
        channel: &str,
        links: &Links,
        language: Language,
    ) -> Result<Self, NotLettered> {
        let leading = leading(kinds).ok_or(NotLettered)?;
        let nameless = match language {
            Language::Ja => "名前未取得のお客様",
            Language::En => "a customer without a name",
        };
        let contact = one_line(contact.filter(|name| !name.trim().is_empty()).unwrap_or(nameless));
        let channel = one_line(channel);
        let subject = format!("[Madoguchi] {}: {contact} ({channel})", headline(leading, language));
        let Links { conversation, settings, unsubscribe } = links;
        let mut lines: Vec<String> = kinds.iter().map(|kind| sentence(*kind, language).to_owned()).collect();
        lines.push(match language {
            Language::Ja => {
                format!("\nお客様: {contact}\nチャネル: {channel}\n会話を開く: {conversation}\n\n--")
            }
            Language::En => {
                format!(
                    "\nCustomer: {contact}\nChannel: {channel}\nOpen the conversation: {conversation}\n\n--"
                )
            }
        });
        lines.extend(unsubscribe.iter().map(|(kind, link)| match language {
            Language::Ja => format!("「{}」のメール通知を停止: {link}", name(*kind, language)),
            Language::En => format!("No more e-mail of \"{}\": {link}", name(*kind, language)),
        }));
        lines.push(match language {
            Language::Ja => format!("通知設定: {settings}\n"),
            Language::En => format!("Notification settings: {settings}\n"),
        });
        let body = lines.join("\n");
        Ok(Self { subject, body })
    }

    /// A test, which somebody asked for.
    pub fn test(settings: &str, language: Language) -> Self {
        match language {
            Language::Ja => Self {
                subject: "[Madoguchi] 通知のテスト".to_owned(),
                body: format!(
                    "このメールが届いていれば、メール通知は正しく設定されています。\n\n通知設定: {settings}\n"
                ),
            },
            Language::En => Self {
                subject: "[Madoguchi] Test of notifications".to_owned(),
                body: format!(
                    "If you can read this, notifications by e-mail reach you.\n\nNotification settings: {settings}\n"
                ),
            },
        }
    }
}

/// What stands in the subject: that something is theirs comes first.
fn leading(kinds: &BTreeSet<Kind>) -> Option<Kind> {
    [Kind::Assigned, Kind::Mine, Kind::Unassigned, Kind::Others].into_iter().find(|kind| kinds.contains(kind))
}

/// What a kind is called in the settings.
pub const fn name(kind: Kind, language: Language) -> &'static str {
    match (kind, language) {
        (Kind::Mine, Language::Ja) => "自分の担当の会話に新着メッセージ",
        (Kind::Others, Language::Ja) => "他の担当者の会話に新着メッセージ",
        (Kind::Unassigned, Language::Ja) => "未割当の会話に新着メッセージ",
        (Kind::Assigned, Language::Ja) => "会話が自分に割り当てられた",
        (Kind::Mine, Language::En) => "new message in a conversation of mine",
        (Kind::Others, Language::En) => "new message in somebody else's conversation",
        (Kind::Unassigned, Language::En) => "new message in an unassigned conversation",
        (Kind::Assigned, Language::En) => "a conversation was assigned to me",
    }
}

const fn headline(kind: Kind, language: Language) -> &'static str {
    match (kind, language) {
        (Kind::Assigned, Language::Ja) => "会話が割り当てられました",
        (_, Language::Ja) => "新着メッセージ",
        (Kind::Assigned, Language::En) => "Conversation assigned to you",
        (_, Language::En) => "New message",
    }
}

const fn sentence(kind: Kind, language: Language) -> &'static str {
    match (kind, language) {
        (Kind::Mine, Language::Ja) => "あなたが担当する会話に新しいメッセージが届きました。",
        (Kind::Others, Language::Ja) => "他の担当者の会話に新しいメッセージが届きました。",
        (Kind::Unassigned, Language::Ja) => "まだ担当者のいない会話に新しいメッセージが届きました。",
        (Kind::Assigned, Language::Ja) => "会話があなたに割り当てられました。",
        (Kind::Mine, Language::En) => "There is a new message in a conversation of yours.",
        (Kind::Others, Language::En) => "There is a new message in a conversation of a colleague.",
        (Kind::Unassigned, Language::En) => "There is a new message in a conversation that nobody has yet.",
        (Kind::Assigned, Language::En) => "A conversation was assigned to you.",
    }
}

/// A name cannot add a line, and is not longer than anybody reads.
fn one_line(name: &str) -> String {
    let visible = |letter: char| if letter.is_control() { ' ' } else { letter };
    let mut line: String = name.trim().chars().take(NAME_LENGTH).map(visible).collect();
    if name.trim().chars().nth(NAME_LENGTH).is_some() {
        line.push('…');
    }
    line
}
