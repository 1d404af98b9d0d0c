//! How one attempt to send a reply can end, and what follows from it.

use serde::{Deserialize, Serialize};

use crate::channel::ChannelKind;
use crate::credential::Cause;
use crate::ids::MessageId;
use crate::time::{Span, Timestamp};

/// What the provider made of one attempt. A refusal is a result, not an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The provider took it (accepted is not delivered).
    Accepted {
        /// The provider's id of the message, where it told.
        provider_message_id: Option<String>,
    },
    /// The provider certainly did not take it.
    Refused(Refusal),
    /// It may have been taken: a timeout, a broken connection, a server error without a verdict.
    Unclear {
        /// For maintainers.
        detail: String,
    },
}

/// A definite refusal, classed by code and subcode (AUT-9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What it means for us.
    pub class: RefusalClass,
    /// The provider's code, such as `190/463` or `429`. Never a token, never message text.
    pub detail: String,
    /// How long the provider asked us to wait.
    pub retry_after: Option<Span>,
}

/// What a refusal means for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalClass {
    /// The credential does not work: replies of the channel wait for re-authorization.
    Credential(Cause),
    /// The channel is restricted for a while (policy block).
    Restricted,
    /// Outside the reply window.
    Window,
    /// This contact cannot be reached.
    Recipient,
    /// The contact asked not to be written to any more (STOP).
    OptedOut,
    /// The account may not send this, or not from here: somebody must look at its settings at the provider.
    NotPermitted,
    /// Too many calls: the channel rests.
    Rate,
    /// The month's quota is used up.
    Quota,
    /// A passing fault: again soon.
    Temporary,
    /// The request itself is wrong.
    Invalid,
    /// Another app controls the thread.
    ThreadControl,
    /// LINE: the reply token is used or too old: push instead.
    ReplyTokenSpent,
}

/// How a message was handed over; decides whether it may be repeated after an unclear outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "via", rename_all = "snake_case")]
pub enum Via {
    /// LINE reply token: single use, free of charge; no idempotency key.
    ReplyToken {
        /// The token that the attempt spends.
        token: String,
    },
    /// LINE push with a retry key derived from the message id: repeating is safe for 24 hours.
    Push,
    /// Messenger Send API inside the 24 hours.
    Response,
    /// Messenger Send API with `HUMAN_AGENT`, 24 hours to 7 days.
    HumanAgent,
    /// Twilio: no idempotency key, so what is unclear waits for a status callback.
    Twilio,
}

impl Via {
    /// Whether the same call may be made again although it may already have been taken.
    pub const fn repeatable(&self) -> bool {
        matches!(self, Self::Push)
    }
}

/// Why a reply could not be sent. The id is public and stable; the texts are in [`FailureReason::message`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    /// RPL-7 and C2: the time to answer is over.
    ReplyWindowClosed,
    /// RPL-8.
    ContactUnreachable,
    /// The provider refused the message itself.
    MessageRefused,
    /// The month's quota of the account is used up.
    QuotaExhausted,
    /// Another app controls the thread.
    ThreadControlled,
    /// The provider did not take it after several attempts.
    ProviderUnavailable,
    /// RPL-5: the channel is no longer linked.
    ChannelUnlinked,
    /// The contact asked not to be written to (STOP), and has not taken it back.
    RecipientOptedOut,
    /// The provider does not let the account send this.
    ChannelNotPermitted,
}

impl FailureReason {
    /// Every reason, for tables and tests.
    pub const ALL: [Self; 9] = [
        Self::ReplyWindowClosed,
        Self::ContactUnreachable,
        Self::MessageRefused,
        Self::QuotaExhausted,
        Self::ThreadControlled,
        Self::ProviderUnavailable,
        Self::ChannelUnlinked,
        Self::RecipientOptedOut,
        Self::ChannelNotPermitted,
    ];

    /// The stable public id.
    pub const fn public_id(self) -> &'static str {
        match self {
            Self::ReplyWindowClosed => "reply_window_closed",
            Self::ContactUnreachable => "contact_unreachable",
            Self::MessageRefused => "message_refused",
            Self::QuotaExhausted => "quota_exhausted",
            Self::ThreadControlled => "thread_controlled",
            Self::ProviderUnavailable => "provider_unavailable",
            Self::ChannelUnlinked => "channel_unlinked",
            Self::RecipientOptedOut => "recipient_opted_out",
            Self::ChannelNotPermitted => "channel_not_permitted",
        }
    }

    /// What the operator reads.
    pub const fn message(self, kind: ChannelKind) -> &'static str {
        match (self, kind) {
            (Self::ReplyWindowClosed, ChannelKind::WhatsApp) => {
                "More than 24 hours have passed since this customer wrote. Send an approved template."
            }
            (Self::ReplyWindowClosed, _) => {
                "The time to answer this customer is over. Wait until they write again."
            }
            (Self::ContactUnreachable, ChannelKind::Messenger) => {
                "The Facebook user cannot be reached: they blocked the Page, deleted their account, \
                 deactivated it for a time, or Facebook suspended it."
            }
            (Self::ContactUnreachable, ChannelKind::Line) => {
                "The LINE user cannot be reached: they blocked the account, left, or never became a friend."
            }
            (Self::ContactUnreachable, ChannelKind::WhatsApp) => {
                "The WhatsApp user cannot be reached: the number has no WhatsApp, an old version of it, or blocked \
                 the sender."
            }
            (Self::ContactUnreachable, ChannelKind::Sms) => {
                "The number cannot be reached: it does not exist, takes no text messages, or is switched off."
            }
            (Self::MessageRefused, _) => "The provider refused this message. Change it and send it again.",
            (Self::QuotaExhausted, _) => {
                "The account's messages for this month are used up. Raise the plan or wait for the next month."
            }
            (Self::ThreadControlled, _) => {
                "Another app controls this chat at the moment. Try again when it has been handed back."
            }
            (Self::ProviderUnavailable, _) => {
                "The provider did not accept the message after several attempts. Send it again later."
            }
            (Self::ChannelUnlinked, _) => {
                "Customer information was not found: the channel may be unlinked. Ask an administrator."
            }
            (Self::RecipientOptedOut, _) => {
                "The customer asked not to be written to (STOP). Wait until they send START."
            }
            (Self::ChannelNotPermitted, _) => {
                "The provider does not let this channel send. Ask an administrator to look at the account."
            }
        }
    }
}

/// What follows from an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Done.
    Sent {
        /// The provider's id of the message, where it told.
        provider_message_id: Option<String>,
    },
    /// It will not be sent.
    Failed {
        /// Why.
        reason: FailureReason,
        /// For maintainers.
        detail: String,
    },
    /// Nobody knows; a later echo may tell, otherwise a person decides.
    Unconfirmed {
        /// For maintainers.
        detail: String,
    },
    /// Again after the wait; later messages of the conversation wait too.
    Retry {
        /// How long.
        after: Span,
        /// The attempt may have been taken: the next one must be the same call.
        may_have_landed: bool,
        /// For maintainers.
        detail: String,
    },
    /// Again at once in another way (LINE: push after a spent reply token).
    Fallback,
    /// The channel rests until then; its messages stay queued.
    Pause {
        /// How long.
        pause: Span,
        /// For maintainers.
        detail: String,
    },
    /// The channel waits for re-authorization; its messages stay queued (AUT-11).
    Hold {
        /// Why.
        cause: Cause,
        /// For maintainers.
        detail: String,
    },
}

/// Attempts that passing faults may use up before the message fails.
pub const MAX_ATTEMPTS: u32 = 6;
/// Rest after a rate error without a hint.
const DEFAULT_PAUSE: Span = Span::from_secs(60);
/// Rest of a restricted Page; Meta gives no hint.
const RESTRICTED_PAUSE: Span = Span::from_minutes(15);
/// No hint of a provider makes a channel rest for longer.
const LONGEST_PAUSE: Span = Span::from_hours(24);

/// What fails a message that the provider had taken and then could not deliver (RPL-11). Passing faults are no
/// exception: the provider has given up, and sending again is an operator's decision.
pub const fn failure_of(class: RefusalClass) -> FailureReason {
    match class {
        RefusalClass::Window => FailureReason::ReplyWindowClosed,
        RefusalClass::Recipient => FailureReason::ContactUnreachable,
        RefusalClass::OptedOut => FailureReason::RecipientOptedOut,
        RefusalClass::Quota => FailureReason::QuotaExhausted,
        RefusalClass::Invalid => FailureReason::MessageRefused,
        RefusalClass::ThreadControl => FailureReason::ThreadControlled,
        RefusalClass::Credential(_) | RefusalClass::Restricted | RefusalClass::NotPermitted => {
            FailureReason::ChannelNotPermitted
        }
        RefusalClass::Rate | RefusalClass::Temporary | RefusalClass::ReplyTokenSpent => {
            FailureReason::ProviderUnavailable
        }
    }
}

/// What follows for the channel when a message fails that way after it was taken.
pub fn channel_consequence(refusal: &Refusal) -> Option<ChannelConsequence> {
    match refusal.class {
        RefusalClass::Credential(cause) => Some(ChannelConsequence::Hold(cause)),
        RefusalClass::Restricted => Some(ChannelConsequence::Pause(RESTRICTED_PAUSE)),
        RefusalClass::Rate => Some(ChannelConsequence::Pause(DEFAULT_PAUSE)),
        _ => None,
    }
}

/// See [`channel_consequence`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelConsequence {
    /// It waits for re-authorization.
    Hold(Cause),
    /// It rests for so long.
    Pause(Span),
}

/// Decides what follows from attempt number `attempt` (1 = the first).
pub fn settle(message: MessageId, attempt: u32, via: &Via, outcome: Outcome) -> Settlement {
    let refusal = match outcome {
        Outcome::Accepted { provider_message_id } => return Settlement::Sent { provider_message_id },
        Outcome::Unclear { detail } if via.repeatable() => {
            return match retry(message, attempt, None, detail, Settlement::unconfirmed) {
                Settlement::Retry { after, detail, .. } => {
                    Settlement::Retry { after, may_have_landed: true, detail }
                }
                settlement => settlement,
            };
        }
        Outcome::Unclear { detail } => return Settlement::Unconfirmed { detail },
        Outcome::Refused(refusal) => refusal,
    };
    let Refusal { class, detail, retry_after } = refusal;
    let failed = |reason| Settlement::Failed { reason, detail: detail.clone() };
    match class {
        // Held replies are not attempted, so each attempt here followed a check that found the credential
        // well: what the provider refuses all the same is no matter of the credential.
        RefusalClass::Credential(_) if attempt >= MAX_ATTEMPTS => failed(FailureReason::ProviderUnavailable),
        RefusalClass::Credential(cause) => Settlement::Hold { cause, detail },
        RefusalClass::Restricted => Settlement::Pause { pause: RESTRICTED_PAUSE, detail },
        RefusalClass::Rate => {
            Settlement::Pause { pause: retry_after.unwrap_or(DEFAULT_PAUSE).min(LONGEST_PAUSE), detail }
        }
        RefusalClass::Window => failed(FailureReason::ReplyWindowClosed),
        RefusalClass::Recipient => failed(FailureReason::ContactUnreachable),
        RefusalClass::OptedOut => failed(FailureReason::RecipientOptedOut),
        RefusalClass::NotPermitted => failed(FailureReason::ChannelNotPermitted),
        RefusalClass::Quota => failed(FailureReason::QuotaExhausted),
        RefusalClass::Invalid => failed(FailureReason::MessageRefused),
        RefusalClass::ThreadControl => failed(FailureReason::ThreadControlled),
        RefusalClass::ReplyTokenSpent => Settlement::Fallback,
        RefusalClass::Temporary => retry(message, attempt, retry_after, detail, |detail| {
            Settlement::Failed { reason: FailureReason::ProviderUnavailable, detail }
        }),
    }
}

impl Settlement {
    /// The same, if an earlier attempt may have been taken: giving up then proves nothing, and a person
    /// decides.
    #[must_use]
    pub fn after_unclear(self) -> Self {
        match self {
            Self::Failed { reason: FailureReason::ProviderUnavailable, detail } => {
                Self::Unconfirmed { detail }
            }
            settlement => settlement,
        }
    }

    fn unconfirmed(detail: String) -> Self {
        Self::Unconfirmed { detail }
    }
}

fn retry(
    message: MessageId,
    attempt: u32,
    hint: Option<Span>,
    detail: String,
    exhausted: impl FnOnce(String) -> Settlement,
) -> Settlement {
    if attempt >= MAX_ATTEMPTS {
        return exhausted(detail);
    }
    let after = backoff(message, attempt).max(hint.unwrap_or_default());
    // A wait longer than a minute would hold the conversation's queue group; the channel rests instead.
    if after > Span::from_secs(60) {
        return Settlement::Pause { pause: after.min(LONGEST_PAUSE), detail };
    }
    Settlement::Retry { after, may_have_landed: false, detail }
}

/// 1, 2, 4, 8, 16 … seconds, of which half is spread by the message's id so that messages that
/// failed together do not come back together. Deterministic: no randomness to pass in.
pub fn backoff(message: MessageId, attempt: u32) -> Span {
    let whole = 1_000_i64 << attempt.saturating_sub(1).min(5);
    let spread = i64::from(u16::from_be_bytes([
        message.derived(&format!("backoff:{attempt}")).as_bytes()[0],
        message.derived(&format!("backoff:{attempt}")).as_bytes()[1],
    ]));
    Span::from_ms(whole / 2 + whole / 2 * spread / i64::from(u16::MAX))
}

/// How long a claimed message belongs to its sender. Longer than the sending function may run (30
/// seconds in the template), so that an expired lease means a crash.
pub const LEASE: Span = Span::from_secs(45);

/// LINE forgets a retry key after 24 hours: a push older than that is no longer safely repeatable.
/// An hour is left as a margin for clocks.
pub const RETRY_KEY_LIFE: Span = Span::from_hours(23);

/// Whether a push that may have been taken can no longer be repeated: LINE has forgotten its key.
pub fn retry_key_lapsed(first_attempt_at: Timestamp, now: Timestamp) -> bool {
    now.since(first_attempt_at) >= RETRY_KEY_LIFE
}

/// What to do with a message whose sender crashed: its lease has expired and nobody recorded an outcome.
pub fn after_crash(via: &Via, first_attempt_at: Timestamp, now: Timestamp) -> AfterCrash {
    if via.repeatable() && !retry_key_lapsed(first_attempt_at, now) {
        AfterCrash::Repeat
    } else {
        AfterCrash::Unconfirmed
    }
}

/// See [`after_crash`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterCrash {
    /// The same call is safe to make again.
    Repeat,
    /// It may have been taken; an echo or a person decides.
    Unconfirmed,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ChannelId, ConversationId, Party};

    fn message() -> MessageId {
        let channel = ChannelId::derive(ChannelKind::Line, "1");
        MessageId::of_reply(ConversationId::derive(channel, &Party::User("u".into())), "k")
    }

    fn refused(class: RefusalClass, retry_after: Option<Span>) -> Outcome {
        Outcome::Refused(Refusal { class, detail: "code".into(), retry_after })
    }

    #[test]
    fn every_refusal_has_its_consequence() {
        let cause = Cause::TokenExpired;
        let hint = Some(Span::from_minutes(7));
        let failed = |reason| Settlement::Failed { reason, detail: "code".into() };
        let table = [
            (RefusalClass::Credential(cause), None, Settlement::Hold { cause, detail: "code".into() }),
            (
                RefusalClass::Restricted,
                None,
                Settlement::Pause { pause: RESTRICTED_PAUSE, detail: "code".into() },
            ),
            (RefusalClass::Rate, None, Settlement::Pause { pause: DEFAULT_PAUSE, detail: "code".into() }),
            (
                RefusalClass::Rate,
                hint,
                Settlement::Pause { pause: Span::from_minutes(7), detail: "code".into() },
            ),
            (RefusalClass::Window, None, failed(FailureReason::ReplyWindowClosed)),
            (RefusalClass::Recipient, None, failed(FailureReason::ContactUnreachable)),
            (RefusalClass::OptedOut, None, failed(FailureReason::RecipientOptedOut)),
            (RefusalClass::NotPermitted, None, failed(FailureReason::ChannelNotPermitted)),
            (RefusalClass::Quota, None, failed(FailureReason::QuotaExhausted)),
            (RefusalClass::Invalid, None, failed(FailureReason::MessageRefused)),
            (RefusalClass::ThreadControl, None, failed(FailureReason::ThreadControlled)),
            (RefusalClass::ReplyTokenSpent, None, Settlement::Fallback),
        ];
        for (class, hint, expected) in table {
            assert_eq!(settle(message(), 1, &Via::Response, refused(class, hint)), expected, "{class:?}");
        }
    }

    #[test]
    fn a_refusal_that_no_re_authorization_mends_fails_in_the_end() {
        let refusal = || refused(RefusalClass::Credential(Cause::PermissionRevoked), None);
        let outcome = |attempt| settle(message(), attempt, &Via::Push, refusal());
        assert!(matches!(outcome(MAX_ATTEMPTS - 1), Settlement::Hold { .. }));
        assert!(matches!(outcome(MAX_ATTEMPTS), Settlement::Failed { .. }));
    }

    #[test]
    fn passing_faults_are_retried_with_growing_waits_and_then_fail() {
        let mut longest = Span::default();
        for attempt in 1..MAX_ATTEMPTS {
            match settle(message(), attempt, &Via::Response, refused(RefusalClass::Temporary, None)) {
                Settlement::Retry { after, .. } => {
                    let whole = 1_000 << (attempt - 1);
                    assert!((whole / 2..=whole).contains(&after.as_ms()), "attempt {attempt}: {after:?}");
                    assert!(after > longest || attempt == 1);
                    longest = longest.max(after);
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(matches!(
            settle(message(), MAX_ATTEMPTS, &Via::Response, refused(RefusalClass::Temporary, None)),
            Settlement::Failed { reason: FailureReason::ProviderUnavailable, .. }
        ));
    }

    #[test]
    fn an_unclear_outcome_is_repeated_only_where_the_provider_deduplicates() {
        let unclear = || Outcome::Unclear { detail: "timeout".into() };
        let again = settle(message(), 1, &Via::Push, unclear());
        assert!(matches!(again, Settlement::Retry { may_have_landed: true, .. }));
        let refused = settle(message(), 1, &Via::Push, refused(RefusalClass::Temporary, None));
        assert!(matches!(refused, Settlement::Retry { may_have_landed: false, .. }));
        assert!(matches!(
            settle(message(), MAX_ATTEMPTS, &Via::Push, unclear()),
            Settlement::Unconfirmed { .. }
        ));
        for via in [Via::Response, Via::HumanAgent, Via::Twilio, Via::ReplyToken { token: "t".into() }] {
            assert!(matches!(settle(message(), 1, &via, unclear()), Settlement::Unconfirmed { .. }));
        }
    }

    #[test]
    fn giving_up_after_an_unclear_attempt_proves_nothing() {
        let gave_up = settle(message(), MAX_ATTEMPTS, &Via::Push, refused(RefusalClass::Temporary, None));
        assert!(matches!(gave_up, Settlement::Failed { .. }));
        assert!(matches!(gave_up.after_unclear(), Settlement::Unconfirmed { .. }));
        let refused = settle(message(), 1, &Via::Push, refused(RefusalClass::Recipient, None));
        assert_eq!(refused.clone().after_unclear(), refused);
    }

    #[test]
    fn a_crashed_push_is_repeated_while_its_key_lives() {
        let start = Timestamp::from_ms(0);
        assert_eq!(after_crash(&Via::Push, start, start + Span::from_hours(22)), AfterCrash::Repeat);
        assert_eq!(after_crash(&Via::Push, start, start + Span::from_hours(23)), AfterCrash::Unconfirmed);
        assert_eq!(after_crash(&Via::Response, start, start), AfterCrash::Unconfirmed);
    }

    #[test]
    fn a_message_that_fails_later_has_the_reason_of_the_refusal_and_moves_its_channel() {
        let cause = Cause::AuthenticationFailed;
        let table = [
            (
                RefusalClass::Credential(cause),
                FailureReason::ChannelNotPermitted,
                Some(ChannelConsequence::Hold(cause)),
            ),
            (
                RefusalClass::Restricted,
                FailureReason::ChannelNotPermitted,
                Some(ChannelConsequence::Pause(RESTRICTED_PAUSE)),
            ),
            (
                RefusalClass::Rate,
                FailureReason::ProviderUnavailable,
                Some(ChannelConsequence::Pause(DEFAULT_PAUSE)),
            ),
            (RefusalClass::NotPermitted, FailureReason::ChannelNotPermitted, None),
            (RefusalClass::Window, FailureReason::ReplyWindowClosed, None),
            (RefusalClass::Recipient, FailureReason::ContactUnreachable, None),
            (RefusalClass::OptedOut, FailureReason::RecipientOptedOut, None),
            (RefusalClass::Invalid, FailureReason::MessageRefused, None),
            (RefusalClass::Temporary, FailureReason::ProviderUnavailable, None),
        ];
        for (class, reason, consequence) in table {
            assert_eq!(failure_of(class), reason, "{class:?}");
            let refusal = Refusal { class, detail: "code".into(), retry_after: None };
            assert_eq!(channel_consequence(&refusal), consequence, "{class:?}");
        }
    }

    #[test]
    fn every_failure_reason_has_an_id_and_a_text() {
        let mut ids: Vec<_> = FailureReason::ALL.iter().map(|r| r.public_id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), FailureReason::ALL.len());
        for reason in FailureReason::ALL {
            for kind in [ChannelKind::Messenger, ChannelKind::Line, ChannelKind::WhatsApp, ChannelKind::Sms] {
                assert!(reason.message(kind).len() > 20, "{kind}");
            }
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.public_id());
        }
    }
}
