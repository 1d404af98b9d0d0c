//! Whether the provider sends what customers write.

use super::{Facts, Finding, Light, Point, finding, pick};
use crate::catalogue::Language;
use crate::channel::ChannelKind;
use crate::subscription::Loss;
use crate::time::{Span, Timestamp};

/// `None` of a channel whose provider is not asked for it.
pub(super) fn subscription(facts: &Facts<'_>, language: Language, now: Timestamp) -> Option<Finding> {
    let point = Point::Subscription;
    let Some(known) = &facts.channel.subscription else {
        let message = pick(
            language,
            "Webhookの購読はまだ確認されていません。",
            "The subscription to webhooks has not been looked at yet.",
        );
        let is_asked = facts.channel.kind == ChannelKind::Messenger;
        return is_asked.then(|| finding(point, Light::Grey, message, None));
    };
    let Some(loss) = known.told_loss(now) else {
        let at = known.checked_at;
        let message = match language {
            Language::Ja => format!("Webhookを購読しています（{at}に確認）。"),
            Language::En => format!("Webhooks are subscribed; looked at {at}."),
        };
        return Some(finding(point, Light::Green, message, None));
    };
    let (light, mut message) = match loss.renewed_at {
        Some(at) => (Light::Yellow, renewed(loss, at, language)),
        None => (Light::Red, lost(loss, language)),
    };
    if let Some(since) = loss.silent_since {
        let hours = loss.renewed_at.unwrap_or(now).since(since).as_ms() / Span::from_hours(1).as_ms();
        let silence = match language {
            Language::Ja => format!("その前の最大{hours}時間、何も受信していません。"),
            Language::En => format!(" Before that nothing came in for up to {hours} hours."),
        };
        message.push_str(&silence);
    }
    let remedy = match light {
        Light::Red => pick(
            language,
            "「今すぐ確認」を行い、直らなければチャネルを再認証してください。",
            "Have it checked now; if that does not help, re-authorize the channel.",
        ),
        _ => pick(
            language,
            "その間のメッセージがないか、プロバイダーの受信箱を確認してください。繰り返す場合は保守担当者に連絡してください。",
            "Look in the provider's own inbox for messages of that time; if it happens again, tell a maintainer.",
        ),
    };
    Some(finding(point, light, message, Some(remedy)))
}

fn renewed(loss: &Loss, at: Timestamp, language: Language) -> String {
    let missing = loss.missing.join(", ");
    match (language, loss.is_whole) {
        (Language::Ja, true) => {
            format!("プロバイダーがWebhookの購読を終了していたため、{at}に再開しました。")
        }
        (Language::Ja, false) => format!("Webhookの購読に{missing}が欠けていたため、{at}に再開しました。"),
        (Language::En, true) => {
            format!("The provider had ended the subscription to webhooks; it was renewed at {at}.")
        }
        (Language::En, false) => {
            format!("The subscription to webhooks was without {missing}; it was renewed at {at}.")
        }
    }
}

fn lost(loss: &Loss, language: Language) -> String {
    let at = loss.found_at;
    match language {
        Language::Ja => format!("Webhookの購読が終了しており（{at}に確認）、再開できませんでした。"),
        Language::En => {
            format!("The subscription to webhooks was found ended at {at} and could not be renewed.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::Channel;
    use crate::ids::ConnectionId;
    use crate::subscription::Subscription;
    use crate::tally::Recent;

    const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    fn found(kind: ChannelKind, subscription: Option<Subscription>, language: Language) -> Option<Finding> {
        let new = Channel::new(kind, "Shop", "1", ConnectionId::derive(kind, "1"), NOW);
        let channel = Channel { subscription, ..new };
        let facts = Facts {
            channel: &channel,
            expires_at: None,
            last_received_at: None,
            replies: Recent::default(),
            waiting: 0,
            waiting_since: None,
        };
        super::subscription(&facts, language, NOW)
    }

    fn loss(renewed_at: Option<Timestamp>, is_whole: bool) -> Subscription {
        let found_at = renewed_at.unwrap_or(NOW);
        let loss = Loss {
            found_at,
            missing: vec!["messages".into(), "message_echoes".into()],
            is_whole,
            silent_since: Some(found_at - Span::from_minutes(5 * 60 + 59)),
            renewed_at,
            detail: None,
        };
        Subscription { checked_at: NOW, loss: Some(loss) }
    }

    #[test]
    fn chn_27_a_subscription_has_its_light_and_tells_what_may_be_missing() {
        let ago = |days| Some(NOW - Span::from_days(days));
        for (known, light, says) in [
            (None, Light::Grey, "not been looked at"),
            (Some(Subscription { checked_at: NOW, loss: None }), Light::Green, "looked at 2023-11-14T22:13"),
            (Some(loss(ago(1), true)), Light::Yellow, "had ended the subscription"),
            (Some(loss(ago(1), true)), Light::Yellow, "renewed at 2023-11-13T22:13"),
            (Some(loss(ago(1), true)), Light::Yellow, "up to 5 hours"),
            (Some(loss(ago(6), false)), Light::Yellow, "without messages, message_echoes"),
            (Some(loss(ago(7), true)), Light::Green, "subscribed"),
            (Some(loss(None, true)), Light::Red, "could not be renewed"),
            (Some(loss(None, true)), Light::Red, "up to 5 hours"),
        ] {
            let told = found(ChannelKind::Messenger, known.clone(), Language::En).unwrap();
            assert_eq!(told.light, light, "{known:?}");
            assert!(told.message.contains(says), "{}", told.message);
            assert_eq!(told.remedy.is_some(), light > Light::Green);
            let japanese = found(ChannelKind::Messenger, known, Language::Ja).unwrap();
            assert_eq!(japanese.light, light);
        }
    }

    #[test]
    fn a_provider_that_is_not_asked_has_no_such_point() {
        for kind in [ChannelKind::Line, ChannelKind::WhatsApp, ChannelKind::Sms] {
            assert_eq!(found(kind, None, Language::En), None, "{kind}");
        }
        let asked = Subscription { checked_at: NOW, loss: None };
        assert_eq!(found(ChannelKind::Line, Some(asked), Language::En).unwrap().light, Light::Green);
    }
}
