//! How a channel is, point by point, for those who look after it (CHN-27): each with a light, what is the matter, and
//! what to do.

mod replies;
mod subscription;

use serde::Serialize;

use crate::account::AccountNote;
use crate::catalogue::{Language, Problem};
use crate::channel::{Channel, ChannelHealth};
use crate::quota::QuotaLevel;
use crate::tally::Recent;
use crate::time::{Span, Timestamp};

/// Days before the end of a credential from which on administrators are warned (AUT-8).
pub const WARN_DAYS: i64 = 14;
/// Replies normally leave within seconds.
const SLOW: Span = Span::from_minutes(2);
/// What has waited this long needs somebody.
const STUCK: Span = Span::from_minutes(15);

/// A traffic light.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Light {
    /// Nothing is known yet.
    Grey,
    /// All is well.
    Green,
    /// It works, and somebody should look.
    Yellow,
    /// It does not work.
    Red,
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Point {
    /// Whether the provider takes our credential, and until when.
    Credential,
    /// Whether messages come in.
    Receiving,
    /// Whether the provider is told to send them to us.
    Subscription,
    /// Whether replies may go out.
    Sending,
    /// Whether the provider takes them.
    Replies,
    /// Replies that wait.
    Waiting,
    /// The month's messages (LINE).
    Quota,
    /// The account's settings at the provider.
    Account,
}

/// What is known of a channel.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The channel.
    pub channel: &'a Channel,
    /// When its credential ends, where it does.
    pub expires_at: Option<Timestamp>,
    /// When the latest message or event of a customer came in, if any did.
    pub last_received_at: Option<Timestamp>,
    /// What became of the latest replies.
    pub replies: Recent,
    /// How many replies are not settled.
    pub waiting: usize,
    /// Since when the oldest of them waits.
    pub waiting_since: Option<Timestamp>,
}

/// One point with its light.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// What was looked at.
    pub point: Point,
    /// How it is.
    pub light: Light,
    /// What is the matter.
    pub message: String,
    /// What to do, where there is something.
    pub remedy: Option<&'static str>,
}

/// Whole days until `end`, rounded down; 0 when it is over.
pub fn days_left(end: Timestamp, now: Timestamp) -> i64 {
    end.since(now).as_ms() / Span::from_days(1).as_ms()
}

/// Looks at every point that the channel has. One that is off has nothing to be looked at.
pub fn examine(facts: &Facts<'_>, language: Language, now: Timestamp) -> Vec<Finding> {
    if !facts.channel.status.is_on() {
        let message = pick(
            language,
            "チャネルは停止されているか、削除されています。",
            "The channel was switched off or deleted.",
        );
        return vec![finding(Point::Sending, Light::Grey, message, None)];
    }
    let mut findings = vec![credential(facts, language, now), receiving(facts, language)];
    findings.extend(subscription::subscription(facts, language, now));
    findings.extend([
        sending(facts, language, now),
        replies::replies(facts, language),
        waiting(facts, language, now),
    ]);
    findings.extend(quota(facts, language));
    findings.extend(account(facts, language));
    findings
}

/// The worst of `findings`: how the channel is as a whole.
pub fn overall(findings: &[Finding]) -> Light {
    findings.iter().map(|finding| finding.light).max().unwrap_or(Light::Grey)
}

fn finding(point: Point, light: Light, message: impl Into<String>, remedy: Option<&'static str>) -> Finding {
    Finding { point, light, message: message.into(), remedy }
}

const fn pick(language: Language, ja: &'static str, en: &'static str) -> &'static str {
    match language {
        Language::Ja => ja,
        Language::En => en,
    }
}

fn credential(facts: &Facts<'_>, language: Language, now: Timestamp) -> Finding {
    let (point, channel) = (Point::Credential, facts.channel);
    match &channel.health {
        ChannelHealth::NeedsReauthorization { cause, .. } => {
            let told = Problem::Reauthorization(*cause).text(channel.kind, language);
            finding(point, Light::Red, told.message, Some(told.remedy))
        }
        ChannelHealth::Connecting => {
            let message = pick(
                language,
                "認証情報はまだ確認されていません。",
                "The credential has not been looked at yet.",
            );
            finding(point, Light::Grey, message, None)
        }
        ChannelHealth::Healthy { .. } => {
            let left = facts.expires_at.map(|end| days_left(end, now));
            if let Some(days) = left.filter(|days| *days < WARN_DAYS) {
                let message = match language {
                    Language::Ja => format!("認証情報はあと{days}日で切れます。"),
                    Language::En => format!("The credential ends in {days} days."),
                };
                let remedy = pick(
                    language,
                    "自動更新できていません。期限までにチャネルを再認証してください。",
                    "It could not be renewed by itself; re-authorize the channel before that.",
                );
                return finding(point, Light::Yellow, message, Some(remedy));
            }
            finding(
                point,
                Light::Green,
                pick(language, "認証情報は有効です。", "The credential works."),
                None,
            )
        }
    }
}

fn receiving(facts: &Facts<'_>, language: Language) -> Finding {
    match facts.last_received_at {
        Some(_) => finding(
            Point::Receiving,
            Light::Green,
            pick(language, "受信しています。", "Messages come in."),
            None,
        ),
        None => finding(
            Point::Receiving,
            Light::Grey,
            pick(language, "まだ何も受信していません。", "Nothing has come in yet."),
            Some(pick(
                language,
                "Webhookのアドレスを確認し、ご自身でメッセージを送ってみてください。",
                "Look whether the webhook's address is set at the provider, and write a message yourself.",
            )),
        ),
    }
}

fn sending(facts: &Facts<'_>, language: Language, now: Timestamp) -> Finding {
    let (point, channel) = (Point::Sending, facts.channel);
    if matches!(channel.health, ChannelHealth::NeedsReauthorization { .. }) {
        let message = pick(
            language,
            "再認証されるまで、返信は送信されずに待機します。",
            "Replies wait until the channel is re-authorized.",
        );
        return finding(point, Light::Red, message, None);
    }
    match channel.paused_until.filter(|until| *until > now) {
        Some(until) => {
            let message = match language {
                Language::Ja => format!("プロバイダーの制限により、{until}まで送信を休止しています。"),
                Language::En => format!("The provider asked for a pause; replies go out again at {until}."),
            };
            finding(point, Light::Yellow, message, None)
        }
        None => finding(point, Light::Green, pick(language, "送信できます。", "Replies go out."), None),
    }
}

fn waiting(facts: &Facts<'_>, language: Language, now: Timestamp) -> Finding {
    let age = facts.waiting_since.map_or(Span::default(), |since| now.since(since));
    let light = match age {
        _ if facts.waiting == 0 => Light::Green,
        age if age >= STUCK => Light::Red,
        age if age >= SLOW => Light::Yellow,
        _ => Light::Green,
    };
    let (count, minutes) = (facts.waiting, age.as_ms() / Span::from_minutes(1).as_ms());
    let message = match (language, count) {
        (Language::Ja, 0) => "送信待ちの返信はありません。".to_owned(),
        (Language::En, 0) => "No reply is waiting.".to_owned(),
        (Language::Ja, _) => format!("送信待ちの返信が{count}件、最も古いものは{minutes}分前からです。"),
        (Language::En, _) => format!("Replies that wait: {count}, the oldest for {minutes} minutes."),
    };
    let remedy = pick(
        language,
        "ほかの項目が緑であれば、保守担当者に連絡してください。",
        "If the other lights are green, tell a maintainer.",
    );
    finding(Point::Waiting, light, message, (light > Light::Green).then_some(remedy))
}

/// What somebody found in the account's settings when it was connected, or looked at since.
fn account(facts: &Facts<'_>, language: Language) -> Vec<Finding> {
    let told = |note: &AccountNote| {
        let text = note.text(language);
        finding(Point::Account, note.light(), text.message, Some(text.remedy))
    };
    facts.channel.account_notes.iter().map(told).collect()
}

fn quota(facts: &Facts<'_>, language: Language) -> Option<Finding> {
    let quota = facts.channel.quota?;
    let limit = quota.limit?;
    let light = match quota.level() {
        QuotaLevel::Ample => Light::Green,
        QuotaLevel::Low => Light::Yellow,
        QuotaLevel::Exhausted => Light::Red,
    };
    let used = quota.used;
    let message = match language {
        Language::Ja => format!("今月のメッセージは{limit}通のうち{used}通を使いました。"),
        Language::En => format!("Of the month's {limit} messages {used} are used."),
    };
    let remedy = pick(
        language,
        "応答トークンでの返信は数えられません。足りない場合はLINE公式アカウントのプランを変更してください。",
        "Answers by reply token do not count; if that is not enough, change the plan of the LINE official account.",
    );
    Some(finding(Point::Quota, light, message, (light > Light::Green).then_some(remedy)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::{ChannelKind, ChannelStatus};
    use crate::credential::Cause;
    use crate::ids::ConnectionId;
    use crate::quota::Quota;
    use Light::{Green, Grey, Red, Yellow};

    const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    fn channel() -> Channel {
        let connection = ConnectionId::derive(ChannelKind::Line, "1");
        let new = Channel::new(ChannelKind::Line, "Shop", "1", connection, NOW);
        Channel { health: ChannelHealth::Healthy { since: NOW }, ..new }
    }

    fn facts(channel: &Channel) -> Facts<'_> {
        let replies = Recent { last_accepted_at: Some(NOW), ..Recent::default() };
        Facts {
            channel,
            expires_at: None,
            last_received_at: Some(NOW),
            replies,
            waiting: 0,
            waiting_since: None,
        }
    }

    fn lights(facts: &Facts<'_>) -> Vec<Light> {
        examine(facts, Language::En, NOW).into_iter().map(|finding| finding.light).collect()
    }

    #[test]
    fn chn_27_a_channel_that_works_is_green_throughout() {
        let channel = channel();
        assert_eq!(lights(&facts(&channel)), [Green; 5]);
        let new = Channel { health: ChannelHealth::Connecting, ..channel };
        let nothing_yet = Facts { last_received_at: None, replies: Recent::default(), ..facts(&new) };
        assert_eq!(lights(&nothing_yet), [Grey, Grey, Green, Grey, Green]);
    }

    #[test]
    fn chn_27_a_held_channel_is_red_by_its_cause_and_remedy_and_still_receives() {
        for cause in Cause::ALL {
            let health = ChannelHealth::NeedsReauthorization { cause, since: NOW, detail: "190".into() };
            let held = Channel { health, ..channel() };
            for language in [Language::Ja, Language::En] {
                let findings = examine(&facts(&held), language, NOW);
                let told = Problem::Reauthorization(cause).text(held.kind, language);
                assert_eq!((findings[0].light, findings[0].remedy), (Red, Some(told.remedy)), "{cause}");
                assert_eq!((findings[1].light, findings[2].light), (Green, Red), "{cause}");
            }
        }
    }

    #[test]
    fn aut_8_a_credential_is_warned_of_two_weeks_before_its_end() {
        let channel = channel();
        let day = Span::from_days(1);
        for (left, light, says) in [
            (Span::from_days(60), Green, "works"),
            (Span::from_days(14), Green, "works"),
            (Span::from_days(14) - Span::from_ms(1), Yellow, "in 13 days"),
            (day, Yellow, "in 1 days"),
            (day - Span::from_ms(1), Yellow, "in 0 days"),
        ] {
            let facts = Facts { expires_at: Some(NOW + left), ..facts(&channel) };
            let first = examine(&facts, Language::En, NOW).remove(0);
            assert_eq!(first.light, light, "{left:?}");
            assert!(first.message.contains(says), "{}", first.message);
        }
    }

    #[test]
    fn replies_that_wait_are_yellow_after_two_minutes_and_red_after_a_quarter_of_an_hour() {
        let channel = channel();
        for (waiting, minutes, light) in
            [(0, 60, Green), (1, 0, Green), (1, 1, Green), (1, 2, Yellow), (3, 14, Yellow), (3, 15, Red)]
        {
            let since = Some(NOW - Span::from_minutes(minutes));
            let facts = Facts { waiting, waiting_since: since, ..facts(&channel) };
            let found = examine(&facts, Language::Ja, NOW).remove(4);
            assert_eq!((found.light, found.remedy.is_some()), (light, light > Green), "{waiting} {minutes}");
        }
    }

    #[test]
    fn rpl_13_the_months_messages_have_a_light_where_they_are_limited() {
        let of = |limit, used| Channel { quota: Some(Quota { limit, used, read_at: NOW }), ..channel() };
        for (limit, used, light) in [
            (None, 9, None),
            (Some(10), 8, Some(Green)),
            (Some(10), 9, Some(Yellow)),
            (Some(10), 10, Some(Red)),
        ] {
            let channel = of(limit, used);
            let found = examine(&facts(&channel), Language::En, NOW);
            assert_eq!(found.get(5).map(|finding| finding.light), light, "{limit:?} {used}");
        }
    }

    #[test]
    fn chn_19_a_channel_that_is_off_has_no_lights() {
        let by = crate::ids::OperatorId("p".into());
        let off = Channel { status: ChannelStatus::Off { since: NOW, by }, ..channel() };
        assert_eq!(lights(&facts(&off)), [Grey]);
    }

    #[test]
    fn a_pause_is_yellow_until_it_is_over_and_the_worst_light_counts() {
        let paused = |until| Channel { paused_until: Some(until), ..channel() };
        let rests = paused(NOW + Span::from_ms(1));
        assert_eq!(lights(&facts(&rests)), [Green, Green, Yellow, Green, Green]);
        let over = paused(NOW);
        assert_eq!(lights(&facts(&over)), [Green; 5]);
        assert_eq!(overall(&examine(&facts(&rests), Language::Ja, NOW)), Yellow);
        assert_eq!(overall(&[]), Grey);
    }
}
