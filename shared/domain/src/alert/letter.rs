//! What an e-mail says: plain text, in Japanese and in English, since it goes to all administrators at once.

use super::{Alert, Broken, Named};
use crate::catalogue::{Language, Problem};
use crate::channel::ChannelKind;
use crate::credential::Cause;
use crate::time::Timestamp;

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

impl Alert {
    /// The e-mail. `console`: where administrators act.
    pub fn letter(&self, console: &str) -> Letter {
        let [ja, en] = [Language::Ja, Language::En].map(|language| self.tail(language));
        let parts = [Language::Ja, Language::En].map(|language| self.part(console, language));
        Letter {
            subject: format!("[Madoguchi] {}: {ja} / {en}", names(&self.channels())),
            body: parts.join("\n----------------------------------------\n\n"),
        }
    }

    /// The channels that it names.
    pub fn channels(&self) -> Vec<&Named> {
        match self {
            Self::Broken(all) => all.iter().map(|broken| &broken.channel).collect(),
            Self::Mended(channels) | Self::Ending { channels, .. } => channels.iter().collect(),
        }
    }

    /// What a subject ends in.
    fn tail(&self, language: Language) -> String {
        match (self, language) {
            (Self::Broken(all), Language::Ja) => {
                format!("再認証が必要です（{}）", causes(all, language, "、"))
            }
            (Self::Broken(all), Language::En) => {
                format!("needs re-authorization ({})", causes(all, language, ", "))
            }
            (Self::Mended(_), Language::Ja) => "復旧しました".to_owned(),
            (Self::Mended(_), Language::En) => "works again".to_owned(),
            (Self::Ending { days_left, .. }, Language::Ja) => format!("認証があと{days_left}日で切れます"),
            (Self::Ending { days_left: 1, .. }, Language::En) => {
                "the authorization ends within a day".to_owned()
            }
            (Self::Ending { days_left, .. }, Language::En) => {
                format!("the authorization ends in {days_left} days")
            }
        }
    }

    fn part(&self, console: &str, language: Language) -> String {
        let mut text = match self {
            Self::Broken(all) => broken(all, language),
            Self::Mended(channels) => mended(channels, language),
            Self::Ending { channels, end, .. } => ending(channels, *end, language),
        };
        text.push_str(match language {
            Language::Ja => "管理画面: ",
            Language::En => "Console: ",
        });
        text.push_str(console);
        text.push('\n');
        text
    }
}

fn broken(all: &[Broken], language: Language) -> String {
    let of = |broken: &Broken| {
        let told = Problem::Reauthorization(broken.cause).text(broken.channel.kind, language);
        let (name, since) = (spelled(&broken.channel), minute(broken.since));
        match language {
            Language::Ja => format!(
                "チャネル {name} の再認証が必要です（{since} から）。\n原因: {}\n対処: {}\n\n",
                told.cause, told.remedy
            ),
            Language::En => format!(
                "The channel {name} needs re-authorization, since {since}.\nCause: {}\nWhat to do: {}\n\n",
                told.cause, told.remedy
            ),
        }
    };
    let channels: Vec<_> = all.iter().map(of).collect();
    let waiting = match language {
        Language::Ja => {
            "受信は続いています。返信は再認証されるまで待機し、その後に順番どおり送信されます。返信期限を過ぎたものは送信されず、理由が表示されます。\n\n"
        }
        Language::En => {
            "Messages still come in. Replies wait until the channel is re-authorized and then go out in their order; \
             those whose time to answer is over by then fail, with the reason.\n\n"
        }
    };
    channels.concat() + waiting
}

fn mended(channels: &[Named], language: Language) -> String {
    let names = list(channels);
    match language {
        Language::Ja => format!(
            "次のチャネルは再び送信できるようになりました。待機していた返信は順番どおり送信されます。\n{names}\n"
        ),
        Language::En => format!(
            "Replies of these channels go out again; those that waited do so in their order.\n{names}\n"
        ),
    }
}

fn ending(channels: &[Named], end: Timestamp, language: Language) -> String {
    let (names, end) = (list(channels), minute(end));
    match language {
        Language::Ja => format!(
            "次のチャネルの認証は {end} に切れます。\n{names}\n原因: 自動更新できませんでした。\n\
             対処: それまでにチャネルを再認証してください。切れた後も受信は続きますが、返信は再認証されるまで待機します。\n\n"
        ),
        Language::En => format!(
            "The authorization of these channels ends at {end}.\n{names}\nCause: it could not be renewed by itself.\n\
             What to do: re-authorize before that. Messages come in afterwards, too, but replies wait until the channel \
             is re-authorized.\n\n"
        ),
    }
}

fn list(channels: &[Named]) -> String {
    let lines: Vec<_> = channels.iter().map(|channel| format!("- {}\n", spelled(channel))).collect();
    lines.concat()
}

/// The first channel, and how many more there are.
fn names(channels: &[&Named]) -> String {
    match channels {
        [] => String::new(),
        [only] => spelled(only),
        [first, more @ ..] => format!("{} +{}", spelled(first), more.len()),
    }
}

/// Name and provider in one line.
fn spelled(channel: &Named) -> String {
    let visible = |letter: char| if letter.is_control() { ' ' } else { letter };
    let mut name: String = channel.name.chars().take(NAME_LENGTH).map(visible).collect();
    if channel.name.chars().nth(NAME_LENGTH).is_some() {
        name.push('…');
    }
    format!("{name} ({})", provider(channel.kind))
}

const fn provider(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Messenger => "Messenger",
        ChannelKind::Line => "LINE",
        ChannelKind::WhatsApp => "WhatsApp",
        ChannelKind::Sms => "SMS",
    }
}

/// The different causes in the order in which they come.
fn causes(all: &[Broken], language: Language, between: &str) -> String {
    let mut told: Vec<&str> = Vec::new();
    for broken in all {
        let name = cause(broken.cause, language);
        if !told.contains(&name) {
            told.push(name);
        }
    }
    told.join(between)
}

/// A cause in a few words, for a subject.
const fn cause(cause: Cause, language: Language) -> &'static str {
    match language {
        Language::Ja => match cause {
            Cause::TokenExpired => "アクセストークンが無効",
            Cause::PermissionRevoked => "権限の取り消し",
            Cause::PageNotAuthorized => "ページが未許可",
            Cause::PageRemoved => "ページが連携から外れた",
            Cause::AppAccessWithdrawn => "アプリのアクセス権喪失",
            Cause::SixtyDays => "ログインから60日経過",
            Cause::PageRoleLost => "ページでの役割の喪失",
            Cause::PasswordChanged => "パスワードの変更",
            Cause::Checkpoint => "本人確認が必要",
            Cause::SecretMismatch => "チャネルシークレットの不一致",
            Cause::AuthenticationFailed => "アカウント認証の失敗",
        },
        Language::En => match cause {
            Cause::TokenExpired => "token expired",
            Cause::PermissionRevoked => "permission revoked",
            Cause::PageNotAuthorized => "Page not authorized",
            Cause::PageRemoved => "Page removed from the connection",
            Cause::AppAccessWithdrawn => "access of the app withdrawn",
            Cause::SixtyDays => "60 days since the login",
            Cause::PageRoleLost => "role on the Page lost",
            Cause::PasswordChanged => "password changed",
            Cause::Checkpoint => "account to be confirmed",
            Cause::SecretMismatch => "channel secret mismatch",
            Cause::AuthenticationFailed => "authentication failed",
        },
    }
}

/// To the minute, in UTC.
fn minute(at: Timestamp) -> String {
    let text = at.to_string();
    text.get(..16).map_or(text.clone(), |minute| format!("{} UTC", minute.replace('T', " ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ChannelId;

    const SINCE: Timestamp = Timestamp::from_ms(1_793_491_200_000);

    fn named(name: &str, kind: ChannelKind) -> Named {
        Named { id: ChannelId::derive(kind, name), name: name.to_owned(), kind }
    }

    fn broken_by(causes: &[Cause]) -> Alert {
        let broken = |(at, cause): (usize, &Cause)| Broken {
            channel: named(&format!("Shop {at}"), ChannelKind::Messenger),
            cause: *cause,
            since: SINCE,
        };
        Alert::Broken(causes.iter().enumerate().map(broken).collect())
    }

    #[test]
    fn aut_12_the_subject_names_channel_and_cause_and_the_body_the_remedy_in_both_languages() {
        for cause in Cause::ALL {
            let letter = broken_by(&[cause]).letter("https://console.example");
            assert!(letter.subject.starts_with("[Madoguchi] Shop 0 (Messenger): "), "{}", letter.subject);
            for language in [Language::Ja, Language::En] {
                let told = Problem::Reauthorization(cause).text(ChannelKind::Messenger, language);
                let short = super::cause(cause, language);
                assert!(letter.subject.contains(short), "{}", letter.subject);
                for part in [told.cause, told.remedy] {
                    assert!(letter.body.contains(part), "{part}: {}", letter.body);
                }
            }
            for part in ["2026-11-01 00:00 UTC", "https://console.example"] {
                assert_eq!(letter.body.matches(part).count(), 2, "{part}: {}", letter.body);
            }
        }
    }

    #[test]
    fn aut_12_every_cause_has_words_of_its_own() {
        for language in [Language::Ja, Language::En] {
            let all: std::collections::HashSet<_> =
                Cause::ALL.map(|cause| super::cause(cause, language)).into();
            assert_eq!(all.len(), Cause::ALL.len());
        }
    }

    #[test]
    fn several_channels_are_one_letter_with_all_their_names() {
        let letter = broken_by(&[Cause::TokenExpired, Cause::TokenExpired, Cause::PageRemoved]).letter("c");
        assert_eq!(
            letter.subject,
            "[Madoguchi] Shop 0 (Messenger) +2: 再認証が必要です（アクセストークンが無効、ページが連携から外れた） / \
             needs re-authorization (token expired, Page removed from the connection)"
        );
        for name in ["Shop 0", "Shop 1", "Shop 2"] {
            assert_eq!(letter.body.matches(name).count(), 2, "{}", letter.body);
        }
    }

    #[test]
    fn aut_12_that_it_works_again_is_short() {
        let letter = Alert::Mended(vec![named("本店", ChannelKind::Line)]).letter("c");
        assert_eq!(letter.subject, "[Madoguchi] 本店 (LINE): 復旧しました / works again");
        assert!(letter.body.lines().count() < 12, "{}", letter.body);
    }

    #[test]
    fn aut_8_a_warning_tells_how_long_it_works_and_that_it_was_not_renewed() {
        let channels = vec![named("Shop", ChannelKind::Messenger)];
        for (days_left, ja, en) in [
            (14, "認証があと14日で切れます", "the authorization ends in 14 days"),
            (1, "認証があと1日で切れます", "the authorization ends within a day"),
        ] {
            let alert = Alert::Ending { channels: channels.clone(), end: SINCE, days_left, mark: days_left };
            let letter = alert.letter("c");
            assert_eq!(letter.subject, format!("[Madoguchi] Shop (Messenger): {ja} / {en}"));
            for part in ["2026-11-01 00:00 UTC", "could not be renewed", "自動更新できませんでした"]
            {
                assert!(letter.body.contains(part), "{}", letter.body);
            }
        }
    }

    #[test]
    fn a_name_cannot_add_a_line_to_the_subject() {
        let long = "長".repeat(61);
        for (name, expected) in [
            ("A\r\nBcc: x@example.com", "A  Bcc: x@example.com (LINE)"),
            (&long, &format!("{}… (LINE)", "長".repeat(60))),
        ] {
            assert_eq!(spelled(&named(name, ChannelKind::Line)), expected);
        }
    }
}
