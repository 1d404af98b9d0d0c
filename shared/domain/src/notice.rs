//! What stands above the inbox of whoever sees a channel that needs somebody (AUT-12).

use std::borrow::Cow;

use serde::Serialize;

use crate::alert::WARN_DAYS_LEFT;
use crate::catalogue::{Language, Problem};
use crate::channel::{Channel, ChannelHealth};
use crate::checkup::Light;
use crate::quota::QuotaLevel;
use crate::send::Rest;
use crate::time::{Span, Timestamp};

/// For whom notices are written.
#[derive(Clone, Copy, Debug)]
pub struct Viewer {
    /// What they read.
    pub language: Language,
    /// Whether they can put it right themselves.
    pub administrator: bool,
    /// Whether administrators are told by e-mail, too.
    pub mail: bool,
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum About {
    /// The credential does not work.
    NeedsReauthorization,
    /// The month's messages are used up, or nearly (LINE).
    Quota,
    /// The provider asked for a pause.
    Paused,
    /// The credential ends soon and could not be renewed.
    CredentialEnds,
}

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it is about.
    pub about: About,
    /// How bad it is.
    pub light: Light,
    /// Since when, where that is known.
    pub since: Option<Timestamp>,
    /// When it is over by itself, or begins.
    pub until: Option<Timestamp>,
    /// What is the matter.
    pub message: Cow<'static, str>,
    /// Why, where there is something to say.
    pub cause: Option<&'static str>,
    /// What the viewer can do.
    pub remedy: String,
}

/// What `viewer` is told of a channel whose credential ends at `expires_at`, the worst first.
pub fn notices(
    channel: &Channel,
    expires_at: Option<Timestamp>,
    viewer: Viewer,
    now: Timestamp,
) -> Vec<Notice> {
    if !channel.status.is_on() {
        return Vec::new();
    }
    let mut found = Vec::new();
    found.extend(broken(channel, viewer));
    found.extend(quota(channel, viewer));
    found.extend(paused(channel, viewer, now));
    found.extend(expires_at.and_then(|end| ending(channel, end, viewer, now)));
    found.sort_by_key(|notice| (std::cmp::Reverse(notice.light), notice.about));
    found
}

const fn pick(language: Language, ja: &'static str, en: &'static str) -> &'static str {
    match language {
        Language::Ja => ja,
        Language::En => en,
    }
}

/// The remedy of what administrators ought to have had by e-mail.
fn remedy(viewer: Viewer, text: &str) -> String {
    if viewer.mail || !viewer.administrator {
        return text.to_owned();
    }
    let (space, unheard) = match viewer.language {
        Language::Ja => {
            ("", "送信元アドレス（MailFrom）が未設定のため、メールでは誰にも知らされていません。")
        }
        Language::En => (" ", "Nobody was told by e-mail: no address to send from (MailFrom) is set."),
    };
    format!("{text}{space}{unheard}")
}

fn broken(channel: &Channel, viewer: Viewer) -> Option<Notice> {
    let ChannelHealth::NeedsReauthorization { cause, since, .. } = &channel.health else { return None };
    let told = Problem::Reauthorization(*cause).text(channel.kind, viewer.language);
    let ask = pick(
        viewer.language,
        "管理者に再認証を依頼してください。受信は続いています。書いた返信は待機し、再認証の後に順番どおり送信されます。",
        "Ask an administrator to re-authorize it. Messages still come in; replies that you write wait and go out in their \
         order afterwards.",
    );
    Some(Notice {
        about: About::NeedsReauthorization,
        light: Light::Red,
        since: Some(*since),
        until: None,
        message: told.message.into(),
        cause: Some(told.cause),
        remedy: remedy(viewer, if viewer.administrator { told.remedy } else { ask }),
    })
}

fn quota(channel: &Channel, viewer: Viewer) -> Option<Notice> {
    let quota = channel.quota?;
    let limit = quota.limit?;
    let light = match quota.level() {
        QuotaLevel::Ample => return None,
        QuotaLevel::Low => Light::Yellow,
        QuotaLevel::Exhausted => Light::Red,
    };
    let used = quota.used;
    let message = match viewer.language {
        Language::Ja => format!("今月のメッセージは{limit}通のうち{used}通を使いました。"),
        Language::En => format!("Of the month's {limit} messages {used} are used."),
    };
    let text = match (viewer.administrator, viewer.language) {
        (true, Language::Ja) => {
            "受信直後の返信は数えられません。足りない場合はLINE公式アカウントのプランを変更してください。"
        }
        (true, Language::En) => {
            "Answers right after a customer's message do not count; if that is not enough, change the plan of the LINE \
             official account."
        }
        (false, Language::Ja) => "受信直後の返信は数えられません。足りない場合は管理者に相談してください。",
        (false, Language::En) => {
            "Answers right after a customer's message do not count; if that is not enough, ask an administrator."
        }
    };
    let message = message.into();
    let remedy = text.to_owned();
    Some(Notice { about: About::Quota, light, since: None, until: None, message, cause: None, remedy })
}

fn paused(channel: &Channel, viewer: Viewer, now: Timestamp) -> Option<Notice> {
    let until = channel.paused_until.filter(|until| *until > now)?;
    let told = Problem::from(channel.paused_for.unwrap_or(Rest::Rate)).text(channel.kind, viewer.language);
    Some(Notice {
        about: About::Paused,
        light: Light::Yellow,
        since: None,
        until: Some(until),
        message: told.message.into(),
        cause: Some(told.cause),
        remedy: told.remedy.to_owned(),
    })
}

/// Only for administrators: nothing is wrong yet.
fn ending(channel: &Channel, end: Timestamp, viewer: Viewer, now: Timestamp) -> Option<Notice> {
    let works = matches!(channel.health, ChannelHealth::Healthy { .. });
    let is_near = now < end && end - Span::from_days(WARN_DAYS_LEFT[0]) <= now;
    if !(works && is_near && viewer.administrator) {
        return None;
    }
    let text = pick(
        viewer.language,
        "自動更新できていません。期限までにチャネルを再認証してください。",
        "It could not be renewed by itself; re-authorize the channel before that.",
    );
    Some(Notice {
        about: About::CredentialEnds,
        light: Light::Yellow,
        since: None,
        until: Some(end),
        message: pick(
            viewer.language,
            "チャネルの認証がまもなく切れます。",
            "The channel's authorization ends soon.",
        )
        .into(),
        cause: None,
        remedy: remedy(viewer, text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::{ChannelKind, ChannelStatus};
    use crate::credential::Cause;
    use crate::ids::{ConnectionId, OperatorId};
    use crate::quota::Quota;

    const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);
    const MS: Span = Span::from_ms(1);

    fn channel() -> Channel {
        let new =
            Channel::new(ChannelKind::Line, "Shop", "1", ConnectionId::derive(ChannelKind::Line, "1"), NOW);
        Channel { health: ChannelHealth::Healthy { since: NOW }, ..new }
    }

    fn held() -> Channel {
        let health = ChannelHealth::NeedsReauthorization {
            cause: Cause::SecretMismatch,
            since: NOW - MS,
            detail: "provider's word".into(),
        };
        Channel { health, ..channel() }
    }

    fn viewer(administrator: bool) -> Viewer {
        Viewer { language: Language::En, administrator, mail: true }
    }

    fn about(channel: &Channel, expires_at: Option<Timestamp>, viewer: Viewer) -> Vec<(About, Light)> {
        let found = notices(channel, expires_at, viewer, NOW);
        found.into_iter().map(|notice| (notice.about, notice.light)).collect()
    }

    #[test]
    fn aut_12_what_is_told_and_to_whom() {
        let day = Span::from_days(1);
        let of = |limit, used| Channel { quota: Some(Quota { limit, used, read_at: NOW }), ..channel() };
        let rests = |until| Channel { paused_until: Some(until), paused_for: Some(Rest::Rate), ..channel() };
        let end = |left| Some(NOW + left);
        let red = [(About::NeedsReauthorization, Light::Red)];
        let ends = [(About::CredentialEnds, Light::Yellow)];
        let low = [(About::Quota, Light::Yellow)];
        let none: [(About, Light); 0] = [];
        // The channel, when its credential ends, what operators and what administrators are told.
        let table: [(Channel, Option<Timestamp>, &[_], &[_]); 13] = [
            (channel(), None, &none, &none),
            (held(), None, &red, &red),
            (held(), end(day), &red, &red),
            (channel(), end(Span::from_days(14) + MS), &none, &none),
            (channel(), end(Span::from_days(14)), &none, &ends),
            (channel(), end(MS), &none, &ends),
            (channel(), Some(NOW), &none, &none),
            (of(Some(10), 8), None, &none, &none),
            (of(Some(10), 9), None, &low, &low),
            (of(Some(10), 10), None, &[(About::Quota, Light::Red)], &[(About::Quota, Light::Red)]),
            (of(None, 10), None, &none, &none),
            (rests(NOW), None, &none, &none),
            (rests(NOW + MS), None, &[(About::Paused, Light::Yellow)], &[(About::Paused, Light::Yellow)]),
        ];
        for (channel, expires_at, operators, administrators) in table {
            assert_eq!(about(&channel, expires_at, viewer(false)), operators, "{channel:?} {expires_at:?}");
            assert_eq!(
                about(&channel, expires_at, viewer(true)),
                administrators,
                "{channel:?} {expires_at:?}"
            );
        }
    }

    #[test]
    fn aut_12_operators_are_told_whom_to_ask_and_administrators_what_to_do() {
        for (language, ask) in
            [(Language::En, "Ask an administrator"), (Language::Ja, "管理者に再認証を依頼")]
        {
            let told = Problem::Reauthorization(Cause::SecretMismatch).text(ChannelKind::Line, language);
            let of = |administrator, mail| {
                notices(&held(), None, Viewer { language, administrator, mail }, NOW).remove(0)
            };
            let (operators, administrators) = (of(false, true), of(true, true));
            assert!(operators.remedy.starts_with(ask), "{}", operators.remedy);
            assert_eq!(administrators.remedy, told.remedy);
            assert_eq!((administrators.since, administrators.cause), (Some(NOW - MS), Some(told.cause)));
            assert_eq!(of(false, false), operators, "no business of theirs");
            let unheard = of(true, false).remedy;
            assert!(unheard.starts_with(told.remedy) && unheard.contains("MailFrom"), "{unheard}");
        }
    }

    #[test]
    fn chn_19_a_channel_that_is_not_in_use_has_no_notices_and_the_worst_comes_first() {
        let by = OperatorId("p".into());
        let off = Channel { status: ChannelStatus::Off { since: NOW, by }, ..held() };
        assert_eq!(about(&off, None, viewer(true)), []);
        let quota = Some(Quota { limit: Some(10), used: 9, read_at: NOW });
        let much = Channel { quota, paused_until: Some(NOW + MS), ..held() };
        let expected = [
            (About::NeedsReauthorization, Light::Red),
            (About::Quota, Light::Yellow),
            (About::Paused, Light::Yellow),
        ];
        assert_eq!(about(&much, None, viewer(false)), expected);
    }
}
