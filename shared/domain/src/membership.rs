//! Associations of operators with channels (ASG-8): who sees and answers their conversations, and whether the provider
//! shows an operator as one (MEM-2 to MEM-5).
//!
//! The two are apart: whoever is associated answers, as the account until the provider has accepted them.

use serde::{Deserialize, Serialize};

use crate::catalogue::Language;
use crate::channel::{Channel, ChannelKind, ChannelSettings, OperatorAccess};
use crate::person::Person;
use crate::role::{Act, Role};
use crate::sender::{NameRefused, Profile, SenderMode};
use crate::time::{Span, Timestamp};

/// How soon what met trouble is tried again by itself (MEM-5).
pub const RETRY_AFTER: Span = Span::from_minutes(15);

/// Whether somebody of `role` sees and answers a channel with `settings` without being associated with it.
pub fn open_to(role: Role, settings: &ChannelSettings) -> bool {
    settings.operators == OperatorAccess::Everybody || role.may(Act::Administrate)
}

/// Whether somebody of `role`, of whom `person` is known, sees and answers the conversations of `channel`.
pub fn may_see(role: Role, channel: &Channel, person: Option<&Person>) -> bool {
    open_to(role, &channel.settings) || person.is_some_and(|person| person.is_member(channel.id))
}

/// Whether customers of `channel` are to see an operator of whom `person` is known, and get what they scheduled. Nobody
/// is known of somebody who has not been here since people are.
pub fn is_shown(channel: &Channel, person: Option<&Person>) -> bool {
    let role = person.map_or(Role::Operator, |person| person.role);
    person.is_none_or(|person| person.removed_at.is_none()) && may_see(role, channel, person)
}

/// One operator's association with one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Since when.
    pub added_at: Timestamp,
    /// When the provider was asked last, or would have been; older verdicts count no more.
    pub asked_at: Timestamp,
    /// The provider must accept the operator before customers see them.
    #[serde(default)]
    pub must_accept: bool,
    /// The latest that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}

/// What was found out about an operator on a channel. The later one counts, of the same moment the worse one: in
/// whatever order and however often they are told, the same remains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Verdict {
    /// When.
    pub at: Timestamp,
    /// What.
    pub outcome: Outcome,
}

/// What there is to find out. Ordered as it is spelled, since the table compares texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The provider shows the operator.
    Accepted,
    /// There is no name to show.
    NameEmpty,
    /// The provider does not take the name.
    NameRefused,
    /// It could be taken for LINE.
    NameReserved,
    /// It is too long.
    NameTooLong,
    /// It has characters that cannot be seen.
    NameUnprintable,
    /// The provider takes the name or the picture not.
    PersonaRefused,
    /// The provider gave no verdict.
    ProviderUnavailable,
}

/// How an association stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum MembershipState {
    /// Everything is as it shall be (MEM-2).
    Available,
    /// The provider has not been asked yet; moves on by itself (MEM-3).
    Waiting,
    /// Somebody has to do something (MEM-4).
    Failed,
    /// The provider could not be asked; tried again by itself (MEM-5).
    Retry,
}

/// What is to be done for an operator to be seen on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Nothing.
    Nothing,
    /// The provider decides.
    Provider,
    /// It cannot be: the provider need not be asked.
    Refused(Outcome),
}

/// What has to be asked for the operator of `profile` on a channel of `kind`. Messenger makes a persona of whoever has
/// set something. LINE cannot be asked: it refuses a name with the reply that shows it.
pub fn ask(kind: ChannelKind, profile: Option<&Profile>) -> Ask {
    let (ChannelKind::Messenger | ChannelKind::Line, Some(profile)) = (kind, profile) else {
        return Ask::Nothing;
    };
    match profile.sender(SenderMode::Operator) {
        Ok(_) if kind == ChannelKind::Messenger => Ask::Provider,
        // Whoever writes as the account needs no name.
        Err(refused) if profile.mode == SenderMode::Operator => Ask::Refused(refused.into()),
        _ => Ask::Nothing,
    }
}

impl From<NameRefused> for Outcome {
    fn from(refused: NameRefused) -> Self {
        match refused {
            NameRefused::Empty => Self::NameEmpty,
            NameRefused::TooLong { .. } => Self::NameTooLong,
            NameRefused::Reserved { .. } => Self::NameReserved,
            NameRefused::Control => Self::NameUnprintable,
        }
    }
}

impl Membership {
    /// An association that begins at `now`.
    pub fn new(ask: Ask, now: Timestamp) -> Self {
        let mut membership = Self { added_at: now, asked_at: now, must_accept: false, verdict: None };
        membership.ask(ask, now);
        membership
    }

    fn ask(&mut self, ask: Ask, now: Timestamp) {
        self.asked_at = now;
        self.must_accept = ask == Ask::Provider;
        if let Ask::Refused(outcome) = ask {
            self.tell(Verdict { at: now, outcome });
        }
    }

    /// Takes note of a verdict; false if it is no news.
    pub fn tell(&mut self, verdict: Verdict) -> bool {
        let news = self.verdict.is_none_or(|known| known < verdict);
        if news {
            self.verdict = Some(verdict);
        }
        news
    }

    /// A person has it tried again, after failing or trouble; false if there is nothing to try.
    pub fn retry(&mut self, ask: Ask, now: Timestamp) -> bool {
        let stuck = matches!(self.state(), MembershipState::Failed | MembershipState::Retry);
        if stuck {
            // What was found out before counts no more, also if that was in this moment.
            let known = self.verdict.map_or(now, |verdict| verdict.at + Span::from_ms(1));
            self.ask(ask, now.max(known));
        }
        stuck
    }

    /// How it stands.
    pub fn state(&self) -> MembershipState {
        match self.current().map(|verdict| verdict.outcome) {
            None if self.must_accept => MembershipState::Waiting,
            None | Some(Outcome::Accepted) => MembershipState::Available,
            Some(Outcome::ProviderUnavailable) => MembershipState::Retry,
            Some(_) => MembershipState::Failed,
        }
    }

    /// Since when it stands so.
    pub fn since(&self) -> Timestamp {
        self.current().map_or(self.asked_at, |verdict| verdict.at)
    }

    /// Why it is not available; `None` if it is, or if the provider has not been asked.
    pub fn reason(&self) -> Option<Outcome> {
        self.current().map(|verdict| verdict.outcome).filter(|outcome| *outcome != Outcome::Accepted)
    }

    fn current(&self) -> Option<Verdict> {
        self.verdict.filter(|verdict| verdict.at >= self.asked_at)
    }
}

impl MembershipState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Available, Self::Waiting, Self::Failed, Self::Retry];

    /// Its stable public id.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::Retry => "retry",
        }
    }
}

/// What a reason says to a person (MEM-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReasonText {
    /// What is wrong.
    pub message: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

impl Outcome {
    /// Every one, in their order.
    pub const ALL: [Self; 8] = [
        Self::Accepted,
        Self::NameEmpty,
        Self::NameRefused,
        Self::NameReserved,
        Self::NameTooLong,
        Self::NameUnprintable,
        Self::PersonaRefused,
        Self::ProviderUnavailable,
    ];

    /// Its stable public id.
    pub const fn public_id(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::NameEmpty => "name_empty",
            Self::NameRefused => "name_refused",
            Self::NameReserved => "name_reserved",
            Self::NameTooLong => "name_too_long",
            Self::NameUnprintable => "name_unprintable",
            Self::PersonaRefused => "persona_refused",
            Self::ProviderUnavailable => "provider_unavailable",
        }
    }

    /// What it says in `language`; `None` of what is no reason.
    pub const fn text(self, language: Language) -> Option<ReasonText> {
        let (message, remedy) = match (self, language) {
            (Self::Accepted, _) => return None,
            (Self::NameEmpty, Language::En) => {
                ("The operator has no name to show.", "The operator sets a display name; then retry.")
            }
            (Self::NameEmpty, Language::Ja) => {
                ("表示できる名前がありません。", "担当者が表示名を設定してから、再試行してください。")
            }
            (Self::NameRefused, Language::En) => (
                "LINE did not take the operator's name; replies go out as the account.",
                "The operator chooses a display name without emoji and without the word LINE; then retry.",
            ),
            (Self::NameRefused, Language::Ja) => (
                "LINEが担当者の名前を受け付けませんでした。返信は公式アカウント名で送信されます。",
                "担当者が絵文字や「LINE」を含まない表示名に変更してから、再試行してください。",
            ),
            (Self::NameReserved, Language::En) => (
                "The operator's name could be taken for LINE.",
                "The operator sets a display name without the word LINE; then retry.",
            ),
            (Self::NameReserved, Language::Ja) => (
                "担当者の名前に「LINE」が含まれています。",
                "担当者が「LINE」を含まない表示名を設定してから、再試行してください。",
            ),
            (Self::NameTooLong, Language::En) => (
                "The operator's name has more than 20 characters.",
                "The operator sets a shorter display name; then retry.",
            ),
            (Self::NameTooLong, Language::Ja) => (
                "担当者の名前が20文字を超えています。",
                "担当者が短い表示名を設定してから、再試行してください。",
            ),
            (Self::NameUnprintable, Language::En) => (
                "The operator's name has characters that cannot be shown.",
                "The operator sets a display name without them; then retry.",
            ),
            (Self::NameUnprintable, Language::Ja) => (
                "担当者の名前に表示できない文字が含まれています。",
                "担当者がその文字を含まない表示名を設定してから、再試行してください。",
            ),
            (Self::PersonaRefused, Language::En) => (
                "Messenger did not take the operator's name or picture; replies go out as the Page.",
                "The operator chooses another display name or picture; then retry.",
            ),
            (Self::PersonaRefused, Language::Ja) => (
                "Messengerが担当者の名前または写真を受け付けませんでした。返信はページ名で送信されます。",
                "担当者が表示名または写真を変更してから、再試行してください。",
            ),
            (Self::ProviderUnavailable, Language::En) => (
                "The provider could not be asked.",
                "Nothing has to be done: it is tried again by itself. Retry does it at once.",
            ),
            (Self::ProviderUnavailable, Language::Ja) => (
                "プロバイダーに接続できませんでした。",
                "自動的に再試行されます。すぐに試す場合は再試行してください。",
            ),
        };
        Some(ReasonText { message, remedy })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ids::{ChannelId, OperatorId};
    use crate::person::Seen;
    use MembershipState::*;

    const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    fn at(seconds: i64) -> Timestamp {
        NOW + Span::from_secs(seconds)
    }

    fn told(mut membership: Membership, verdicts: &[(i64, Outcome)]) -> Membership {
        for (seconds, outcome) in verdicts {
            membership.tell(Verdict { at: at(*seconds), outcome: *outcome });
        }
        membership
    }

    #[test]
    fn asg_8_who_sees_a_channel() {
        use OperatorAccess::{Associated, Everybody};
        let id = ChannelId::derive(ChannelKind::Line, "1");
        let mut channel = Channel::new(ChannelKind::Line, "Shop", "1", id.into(), NOW);
        let seen = Seen { name: "山田".into(), account: None, role: Role::Operator, signed_in_at: None };
        let stranger = Person::new(OperatorId("p".into()), &seen, NOW);
        let mut member = stranger.clone();
        member.associate(id, Ask::Nothing, NOW);
        let mut removed = member.clone();
        removed.remove(NOW);
        let table = [
            (Everybody, None, [true, true, true]),
            (Everybody, Some(&stranger), [true, true, true]),
            (Associated, None, [false, true, true]),
            (Associated, Some(&stranger), [false, true, true]),
            (Associated, Some(&member), [true, true, true]),
            (Associated, Some(&removed), [false, true, true]),
        ];
        for (operators, person, expected) in table {
            channel.settings.operators = operators;
            let seen = Role::ALL.map(|role| may_see(role, &channel, person));
            assert_eq!(seen, expected, "{operators:?} {person:?}");
            let is_removed = person.is_some_and(|person| person.removed_at.is_some());
            assert_eq!(is_shown(&channel, person), expected[0] && !is_removed, "{operators:?} {person:?}");
        }
    }

    #[test]
    fn mem_3_whom_the_provider_must_accept() {
        use SenderMode::{Account, Operator};
        let profile =
            |name: &str, mode| Profile { mode, ..Profile::new(OperatorId("p".into()), name.to_owned()) };
        let (good, bad) = ("山田", "LINE 山田");
        let table = [
            (ChannelKind::Messenger, None, Ask::Nothing),
            (ChannelKind::Messenger, Some(profile(good, Account)), Ask::Provider),
            (ChannelKind::Messenger, Some(profile(good, Operator)), Ask::Provider),
            (ChannelKind::Messenger, Some(profile(bad, Account)), Ask::Nothing),
            (ChannelKind::Messenger, Some(profile(bad, Operator)), Ask::Refused(Outcome::NameReserved)),
            (ChannelKind::Line, None, Ask::Nothing),
            (ChannelKind::Line, Some(profile(good, Operator)), Ask::Nothing),
            (ChannelKind::Line, Some(profile("", Operator)), Ask::Refused(Outcome::NameEmpty)),
            (ChannelKind::Line, Some(profile(&"a".repeat(21), Operator)), Ask::Refused(Outcome::NameTooLong)),
            (ChannelKind::Line, Some(profile("a\nb", Operator)), Ask::Refused(Outcome::NameUnprintable)),
            (ChannelKind::WhatsApp, Some(profile(bad, Operator)), Ask::Nothing),
            (ChannelKind::Sms, Some(profile(bad, Operator)), Ask::Nothing),
        ];
        for (kind, profile, expected) in table {
            assert_eq!(ask(kind, profile.as_ref()), expected, "{kind} {profile:?}");
        }
    }

    #[test]
    fn mem_2_to_mem_5_how_an_association_stands() {
        type Row = (Ask, &'static [(i64, Outcome)], MembershipState);
        use Outcome::{Accepted, NameRefused, NameReserved, PersonaRefused, ProviderUnavailable};
        let table: &[Row] = &[
            (Ask::Nothing, &[], Available),
            (Ask::Nothing, &[(1, NameRefused)], Failed),
            (Ask::Provider, &[], Waiting),
            (Ask::Provider, &[(-1, Accepted)], Waiting),
            (Ask::Provider, &[(0, Accepted)], Available),
            (Ask::Provider, &[(1, PersonaRefused)], Failed),
            (Ask::Provider, &[(1, ProviderUnavailable)], Retry),
            (Ask::Provider, &[(1, ProviderUnavailable), (2, Accepted)], Available),
            (Ask::Provider, &[(2, Accepted), (1, PersonaRefused)], Available),
            (Ask::Refused(NameReserved), &[], Failed),
            (Ask::Refused(NameReserved), &[(1, Accepted)], Available),
        ];
        for (ask, verdicts, expected) in table {
            let membership = told(Membership::new(*ask, NOW), verdicts);
            assert_eq!(membership.state(), *expected, "{ask:?} {verdicts:?}");
            let has_reason = matches!(expected, Failed | Retry);
            assert_eq!(membership.reason().is_some(), has_reason, "{ask:?} {verdicts:?}");
        }
    }

    #[test]
    fn mem_5_trying_again_forgets_what_was_found_out_before() {
        let failed = told(Membership::new(Ask::Provider, NOW), &[(5, Outcome::PersonaRefused)]);
        let mut again = failed.clone();
        assert!(again.retry(Ask::Provider, at(10)));
        assert_eq!((again.state(), again.since(), again.added_at), (Waiting, at(10), NOW));
        assert!(!again.retry(Ask::Provider, at(11)), "it is being tried");
        let late = told(again.clone(), &[(9, Outcome::PersonaRefused)]);
        assert_eq!(late.state(), Waiting, "the verdict of an earlier try");
        assert_eq!(told(again, &[(10, Outcome::Accepted)]).state(), Available);
        let mut still = failed.clone();
        assert!(still.retry(Ask::Refused(Outcome::NameEmpty), at(10)));
        assert_eq!((still.state(), still.reason()), (Failed, Some(Outcome::NameEmpty)));
        let mut line = failed;
        assert!(line.retry(Ask::Nothing, at(10)));
        assert_eq!((line.state(), line.reason()), (Available, None));
        assert!(!line.retry(Ask::Nothing, at(10)), "nothing to try");
    }

    #[test]
    fn the_order_of_outcomes_is_that_of_their_names() {
        assert!(Outcome::ALL.is_sorted());
        assert!(Outcome::ALL.map(Outcome::public_id).is_sorted());
        for outcome in Outcome::ALL {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.public_id());
        }
        for state in MembershipState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }

    #[test]
    fn mem_6_every_reason_has_a_message_and_a_remedy_in_both_languages() {
        for outcome in Outcome::ALL {
            let texts = [Language::En, Language::Ja].map(|language| outcome.text(language));
            if outcome == Outcome::Accepted {
                assert_eq!(texts, [None, None]);
                continue;
            }
            let [english, japanese] = texts.map(Option::unwrap);
            for text in [english.message, english.remedy] {
                assert!(text.is_ascii() && text.ends_with('.'), "{text}");
            }
            for text in [japanese.message, japanese.remedy] {
                assert!(!text.is_ascii() && text.ends_with('。'), "{text}");
            }
        }
    }

    fn verdict() -> impl Strategy<Value = (i64, Outcome)> {
        (-3_i64..6, prop::sample::select(&Outcome::ALL[..]))
    }

    proptest! {
        #[test]
        fn verdicts_may_come_in_any_order_and_again(
            verdicts in prop::collection::vec(verdict(), 0..6).prop_flat_map(|list| {
                let again: Vec<_> = list.iter().chain(&list).copied().collect();
                (Just(list), Just(again).prop_shuffle())
            }),
            accepted in any::<bool>(),
        ) {
            let (once, again) = verdicts;
            let ask = if accepted { Ask::Provider } else { Ask::Nothing };
            let membership = Membership::new(ask, NOW);
            prop_assert_eq!(told(membership.clone(), &once), told(membership, &again));
        }
    }
}
