//! How one attempt to send a reply can end, and what follows from it.

use serde::{Deserialize, Serialize};

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
    /// The provider's own words, kept only where the code has no meaning for us. For administrators; may quote the
    /// message, so it is never logged.
    pub text: Option<String>,
    /// Of a message that the provider had taken and then gave up: it may get through another time.
    pub again: Option<Again>,
}

/// When a message that was given up may get through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// After a passing fault on the way.
    Soon,
    /// When the customer's device can be reached again.
    Later,
}

impl Refusal {
    /// A refusal without a hint when to come back.
    pub fn new(class: RefusalClass, detail: impl Into<String>) -> Self {
        Self { class, detail: detail.into(), retry_after: None, text: None, again: None }
    }
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
    /// An attachment is.
    Attachment(AttachmentFault),
    /// A sticker that the provider does not know, or does not let the account send.
    Sticker,
    /// A code that we do not know.
    Unmapped,
    /// Another app controls the thread.
    ThreadControl,
    /// LINE: the reply token is used or too old: push instead.
    ReplyTokenSpent,
    /// The name that it goes out under: once more as the account (SND-6).
    Sender,
}

/// How much of a month's messages is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Meter {
    /// Sent this month, as the provider counts.
    pub used: u64,
    /// The most that the plan allows.
    pub limit: u64,
}

/// What is wrong with an attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttachmentFault {
    /// It is larger than the provider takes.
    TooLarge,
    /// It is of a type that the provider does not take, or not the type that was said.
    Type,
    /// The provider could not fetch it in time.
    Unreachable,
    /// It is damaged, or took too long to read.
    Unreadable,
    /// The provider does not know it any more.
    Unknown,
}

/// Why a channel rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rest {
    /// The provider takes no more calls for a while.
    Rate,
    /// The provider has restricted the account.
    Restricted,
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

/// Why a reply could not be sent. The id is public and stable; the texts are in [`crate::catalogue`].
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
    /// CHN-19: the channel was switched off before its turn came.
    ChannelOff,
    /// The contact asked not to be written to (STOP), and has not taken it back.
    RecipientOptedOut,
    /// The provider does not let the account send this.
    ChannelNotPermitted,
    /// The provider refused the attachment.
    AttachmentRefused,
    /// It is larger than the provider takes.
    AttachmentTooLarge,
    /// It is of a type that the provider does not take.
    AttachmentTypeRefused,
    /// The provider could not fetch it.
    AttachmentUnreachable,
    /// The provider does not know the sticker, or does not let the account send it.
    StickerRefused,
    /// The provider refused it with a code that we do not know.
    ProviderRefused,
    /// RPL-15: it was scheduled, and the customer wrote before.
    CustomerWroteFirst,
    /// RPL-15 and MEM-9: it was scheduled, and whoever wrote it may not answer there any more.
    AuthorLeft,
    /// ABU-3: the contact was blocked before its turn came.
    ContactBlocked,
    /// CLS-7: it was scheduled, and the conversation was completed for good before.
    ConversationCompleted,
    /// CON-5: it was scheduled, and the conversation is not its author's any more, where only the assignee answers.
    OnlyTheAssignee,
}

impl FailureReason {
    /// Every reason, for tables and tests.
    pub const ALL: [Self; 21] = [
        Self::ReplyWindowClosed,
        Self::ContactUnreachable,
        Self::MessageRefused,
        Self::QuotaExhausted,
        Self::ThreadControlled,
        Self::ProviderUnavailable,
        Self::ChannelUnlinked,
        Self::ChannelOff,
        Self::RecipientOptedOut,
        Self::ChannelNotPermitted,
        Self::AttachmentRefused,
        Self::AttachmentTooLarge,
        Self::AttachmentTypeRefused,
        Self::AttachmentUnreachable,
        Self::StickerRefused,
        Self::ProviderRefused,
        Self::CustomerWroteFirst,
        Self::AuthorLeft,
        Self::ContactBlocked,
        Self::ConversationCompleted,
        Self::OnlyTheAssignee,
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
            Self::ChannelOff => "channel_off",
            Self::RecipientOptedOut => "recipient_opted_out",
            Self::ChannelNotPermitted => "channel_not_permitted",
            Self::AttachmentRefused => "attachment_refused",
            Self::AttachmentTooLarge => "attachment_too_large",
            Self::AttachmentTypeRefused => "attachment_type_refused",
            Self::AttachmentUnreachable => "attachment_unreachable",
            Self::StickerRefused => "sticker_refused",
            Self::ProviderRefused => "provider_refused",
            Self::CustomerWroteFirst => "customer_wrote_first",
            Self::AuthorLeft => "author_left",
            Self::ContactBlocked => "contact_blocked",
            Self::ConversationCompleted => "conversation_completed",
            Self::OnlyTheAssignee => "only_the_assignee",
        }
    }
}

impl From<AttachmentFault> for FailureReason {
    fn from(fault: AttachmentFault) -> Self {
        match fault {
            AttachmentFault::TooLarge => Self::AttachmentTooLarge,
            AttachmentFault::Type => Self::AttachmentTypeRefused,
            AttachmentFault::Unreachable => Self::AttachmentUnreachable,
            AttachmentFault::Unreadable | AttachmentFault::Unknown => Self::AttachmentRefused,
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
        /// See [`Refusal::text`].
        text: Option<String>,
    },
    /// Nobody knows; a later echo may tell, otherwise a person decides.
    Unconfirmed {
        /// For maintainers.
        detail: String,
    },
    /// Nobody knows yet: the provider is asked for it when the lease is over, see [`crate::lookup`].
    LookUp {
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
    /// Again at once without the operator's name.
    AsAccount,
    /// The channel rests until then; its messages stay queued.
    Pause {
        /// How long.
        pause: Span,
        /// Why.
        rest: Rest,
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
/// exception: the provider has given up. What may be sent once more by itself is [`crate::second_try`]'s to say.
pub fn failure_of(class: RefusalClass) -> FailureReason {
    match class {
        RefusalClass::Window => FailureReason::ReplyWindowClosed,
        RefusalClass::Recipient => FailureReason::ContactUnreachable,
        RefusalClass::OptedOut => FailureReason::RecipientOptedOut,
        RefusalClass::Quota => FailureReason::QuotaExhausted,
        RefusalClass::Invalid | RefusalClass::Sender => FailureReason::MessageRefused,
        RefusalClass::Attachment(fault) => fault.into(),
        RefusalClass::Sticker => FailureReason::StickerRefused,
        RefusalClass::Unmapped => FailureReason::ProviderRefused,
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
        RefusalClass::Restricted => Some(ChannelConsequence::Pause(RESTRICTED_PAUSE, Rest::Restricted)),
        RefusalClass::Rate => Some(ChannelConsequence::Pause(DEFAULT_PAUSE, Rest::Rate)),
        _ => None,
    }
}

/// See [`channel_consequence`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelConsequence {
    /// It waits for re-authorization.
    Hold(Cause),
    /// It rests for so long, for this reason.
    Pause(Span, Rest),
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
        Outcome::Unclear { detail } if *via == Via::Twilio => return Settlement::LookUp { detail },
        Outcome::Unclear { detail } => return Settlement::Unconfirmed { detail },
        Outcome::Refused(refusal) => refusal,
    };
    let Refusal { class, detail, retry_after, text, .. } = refusal;
    let failed = |reason| Settlement::Failed { reason, detail: detail.clone(), text: text.clone() };
    match class {
        // Held replies are not attempted, so each attempt here followed a check that found the credential
        // well: what the provider refuses all the same is no matter of the credential.
        RefusalClass::Credential(_) if attempt >= MAX_ATTEMPTS => failed(FailureReason::ProviderUnavailable),
        RefusalClass::Credential(cause) => Settlement::Hold { cause, detail },
        RefusalClass::Restricted => {
            Settlement::Pause { pause: RESTRICTED_PAUSE, rest: Rest::Restricted, detail }
        }
        RefusalClass::Rate => {
            let pause = retry_after.unwrap_or(DEFAULT_PAUSE).min(LONGEST_PAUSE);
            Settlement::Pause { pause, rest: Rest::Rate, detail }
        }
        RefusalClass::Window => failed(FailureReason::ReplyWindowClosed),
        RefusalClass::Recipient => failed(FailureReason::ContactUnreachable),
        RefusalClass::OptedOut => failed(FailureReason::RecipientOptedOut),
        RefusalClass::NotPermitted => failed(FailureReason::ChannelNotPermitted),
        RefusalClass::Quota => failed(FailureReason::QuotaExhausted),
        RefusalClass::Invalid => failed(FailureReason::MessageRefused),
        // What could not be fetched or read in time may be there the second time (Messenger, error codes).
        RefusalClass::Attachment(AttachmentFault::Unreachable | AttachmentFault::Unreadable)
            if attempt == 1 =>
        {
            let after = backoff(message, attempt).max(retry_after.unwrap_or_default());
            Settlement::Retry { after, may_have_landed: false, detail }
        }
        RefusalClass::Attachment(fault) => failed(fault.into()),
        RefusalClass::Sticker => failed(FailureReason::StickerRefused),
        RefusalClass::Unmapped => failed(FailureReason::ProviderRefused),
        RefusalClass::ThreadControl => failed(FailureReason::ThreadControlled),
        RefusalClass::ReplyTokenSpent => Settlement::Fallback,
        RefusalClass::Sender => Settlement::AsAccount,
        RefusalClass::Temporary => retry(message, attempt, retry_after, detail, |detail| {
            Settlement::Failed { reason: FailureReason::ProviderUnavailable, detail, text: None }
        }),
    }
}

impl Settlement {
    /// The same, if an earlier attempt may have been taken: giving up then proves nothing, and a person
    /// decides.
    #[must_use]
    pub fn after_unclear(self) -> Self {
        match self {
            Self::Failed { reason: FailureReason::ProviderUnavailable, detail, .. } => {
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
        return Settlement::Pause { pause: after.min(LONGEST_PAUSE), rest: Rest::Rate, detail };
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
    } else if *via == Via::Twilio {
        AfterCrash::LookUp
    } else {
        AfterCrash::Unconfirmed
    }
}

/// See [`after_crash`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterCrash {
    /// The same call is safe to make again.
    Repeat,
    /// The provider can be asked whether it was taken.
    LookUp,
    /// It may have been taken; an echo or a person decides.
    Unconfirmed,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::ChannelKind;
    use crate::ids::{ChannelId, ConversationId, Party};

    fn message() -> MessageId {
        let channel = ChannelId::derive(ChannelKind::Line, "1");
        MessageId::of_reply(ConversationId::derive(channel, &Party::User("u".into())), "k")
    }

    fn refused(class: RefusalClass, retry_after: Option<Span>) -> Outcome {
        Outcome::Refused(Refusal { retry_after, ..Refusal::new(class, "code") })
    }

    #[test]
    fn every_refusal_has_its_consequence() {
        let cause = Cause::TokenExpired;
        let hint = Some(Span::from_minutes(7));
        let failed = |reason| Settlement::Failed { reason, detail: "code".into(), text: None };
        let pause = |pause, rest| Settlement::Pause { pause, rest, detail: "code".into() };
        let table = [
            (RefusalClass::Credential(cause), None, Settlement::Hold { cause, detail: "code".into() }),
            (RefusalClass::Restricted, None, pause(RESTRICTED_PAUSE, Rest::Restricted)),
            (RefusalClass::Rate, None, pause(DEFAULT_PAUSE, Rest::Rate)),
            (RefusalClass::Rate, hint, pause(Span::from_minutes(7), Rest::Rate)),
            (RefusalClass::Window, None, failed(FailureReason::ReplyWindowClosed)),
            (RefusalClass::Recipient, None, failed(FailureReason::ContactUnreachable)),
            (RefusalClass::OptedOut, None, failed(FailureReason::RecipientOptedOut)),
            (RefusalClass::NotPermitted, None, failed(FailureReason::ChannelNotPermitted)),
            (RefusalClass::Quota, None, failed(FailureReason::QuotaExhausted)),
            (RefusalClass::Invalid, None, failed(FailureReason::MessageRefused)),
            (
                RefusalClass::Attachment(AttachmentFault::TooLarge),
                None,
                failed(FailureReason::AttachmentTooLarge),
            ),
            (
                RefusalClass::Attachment(AttachmentFault::Type),
                None,
                failed(FailureReason::AttachmentTypeRefused),
            ),
            (
                RefusalClass::Attachment(AttachmentFault::Unknown),
                None,
                failed(FailureReason::AttachmentRefused),
            ),
            (RefusalClass::Sticker, None, failed(FailureReason::StickerRefused)),
            (RefusalClass::Unmapped, None, failed(FailureReason::ProviderRefused)),
            (RefusalClass::ThreadControl, None, failed(FailureReason::ThreadControlled)),
            (RefusalClass::ReplyTokenSpent, None, Settlement::Fallback),
            (RefusalClass::Sender, None, Settlement::AsAccount),
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
        assert!(matches!(settle(message(), 1, &Via::Twilio, unclear()), Settlement::LookUp { .. }));
        for via in [Via::Response, Via::HumanAgent, Via::ReplyToken { token: "t".into() }] {
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
        assert_eq!(after_crash(&Via::Twilio, start, start), AfterCrash::LookUp);
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
                Some(ChannelConsequence::Pause(RESTRICTED_PAUSE, Rest::Restricted)),
            ),
            (
                RefusalClass::Rate,
                FailureReason::ProviderUnavailable,
                Some(ChannelConsequence::Pause(DEFAULT_PAUSE, Rest::Rate)),
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
            let refusal = Refusal::new(class, "code");
            assert_eq!(channel_consequence(&refusal), consequence, "{class:?}");
        }
    }

    #[test]
    fn an_attachment_that_could_not_be_fetched_is_tried_once_more() {
        for (fault, reason) in [
            (AttachmentFault::Unreachable, FailureReason::AttachmentUnreachable),
            (AttachmentFault::Unreadable, FailureReason::AttachmentRefused),
        ] {
            let outcome = || refused(RefusalClass::Attachment(fault), None);
            let first = settle(message(), 1, &Via::Response, outcome());
            assert!(matches!(first, Settlement::Retry { may_have_landed: false, .. }), "{first:?}");
            let second = settle(message(), 2, &Via::Response, outcome());
            assert!(matches!(second, Settlement::Failed { reason: r, .. } if r == reason), "{second:?}");
        }
    }

    #[test]
    fn the_providers_words_go_along_with_a_code_that_we_do_not_know() {
        let text = Some("(#424242) something new".to_owned());
        let refusal = Refusal { text: text.clone(), ..Refusal::new(RefusalClass::Unmapped, "424242") };
        let settled = settle(message(), 1, &Via::Response, Outcome::Refused(refusal));
        let reason = FailureReason::ProviderRefused;
        assert_eq!(settled, Settlement::Failed { reason, detail: "424242".into(), text });
    }

    #[test]
    fn every_failure_reason_has_an_id_of_its_own() {
        let mut ids: Vec<_> = FailureReason::ALL.iter().map(|r| r.public_id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), FailureReason::ALL.len());
        for reason in FailureReason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.public_id());
        }
    }
}
