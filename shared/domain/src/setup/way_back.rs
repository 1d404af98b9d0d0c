//! Why somebody who comes back from a login dialog is turned away, in words for whoever sits before the browser.

use super::Advice;
use crate::catalogue::Language;

/// Why somebody is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayBackRefused {
    /// Nobody was sent off so.
    Unknown,
    /// Somebody came back so before.
    Replayed,
    /// It took longer than it may.
    TooLate,
    /// The setup has ended, or is somebody else's.
    SetupEnded,
}

impl WayBackRefused {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Unknown, Self::Replayed, Self::TooLate, Self::SetupEnded];

    /// The stable id, for the audit log.
    pub const fn public_id(self) -> &'static str {
        match self {
            Self::Unknown => "state_unknown",
            Self::Replayed => "state_replayed",
            Self::TooLate => "state_too_late",
            Self::SetupEnded => "setup_ended",
        }
    }

    /// What it means and what to do.
    pub fn advice(self, language: Language) -> Advice {
        let (message, remedy) = match (self, language) {
            (Self::Unknown, Language::En) => (
                "This login was not begun here.",
                "Begin in the console. If you did not mean to connect an account, somebody may have sent you this address; \
                 close the page.",
            ),
            (Self::Unknown, Language::Ja) => (
                "このログインは、ここで始められたものではありません。",
                "コンソールから始めてください。アカウントを接続するつもりがなければ、このページを閉じてください。",
            ),
            (Self::Replayed, Language::En) => {
                ("This login was used before; each works once.", "Go back to the console and log in again.")
            }
            (Self::Replayed, Language::Ja) => (
                "このログインは使用済みです。1回だけ有効です。",
                "コンソールに戻り、もう一度ログインしてください。",
            ),
            (Self::TooLate, Language::En) => (
                "The login took longer than 10 minutes.",
                "Go back to the console and log in again; nothing else is lost.",
            ),
            (Self::TooLate, Language::Ja) => (
                "ログインに10分以上かかりました。",
                "コンソールに戻り、もう一度ログインしてください。ほかの入力内容は残っています。",
            ),
            (Self::SetupEnded, Language::En) => {
                ("The setup that this login was for has ended.", "Begin a new one in the console.")
            }
            (Self::SetupEnded, Language::Ja) => {
                ("このログインの対象だった設定は終了しています。", "コンソールから新しく始めてください。")
            }
        };
        Advice { message: message.to_owned(), remedy: remedy.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_reason_has_its_own_id_and_words_in_both_languages() {
        let ids: HashSet<_> = WayBackRefused::ALL.map(WayBackRefused::public_id).into();
        let words: HashSet<_> = WayBackRefused::ALL
            .iter()
            .flat_map(|reason| [reason.advice(Language::En).message, reason.advice(Language::Ja).message])
            .collect();
        assert_eq!((ids.len(), words.len()), (4, 8));
    }
}
