//! What customers are told when their conversation is completed (CLS-11).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::automatic;
use crate::channel::ChannelSettings;
use crate::conversation::{CloseReason, Conversation};
use crate::message::Message;
use crate::time::{Span, Timestamp};

/// What an administrator lets customers be told at the end.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Farewell {
    /// The text.
    pub text: String,
    /// Whether it is sent as well when a person completes the conversation, and not by timers alone.
    #[serde(default)]
    pub when_operators_close: bool,
}

/// Without the text: settings are logged.
impl fmt::Debug for Farewell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Farewell")
            .field("when_operators_close", &self.when_operators_close)
            .finish_non_exhaustive()
    }
}

/// Whether one is sent with a close for `reason`. Where nobody may answer any more, or the customer is shut out, none is.
const fn goes_with(farewell: &Farewell, reason: CloseReason) -> bool {
    match reason {
        CloseReason::Unanswered | CloseReason::Idle | CloseReason::BotTimer => true,
        CloseReason::Operator => farewell.when_operators_close,
        CloseReason::ReplyLimit | CloseReason::Abuse | CloseReason::ChannelRemoved => false,
    }
}

/// The farewell that is stored together with a close of `conversation` for `reason` at `closed_at`, if there is one. It stands
/// just before the end, belongs to the episode that ends, opens nothing, and moves no timer.
pub(crate) fn farewell(
    conversation: &Conversation,
    settings: &ChannelSettings,
    reason: CloseReason,
    closed_at: Timestamp,
    now: Timestamp,
) -> Option<Message> {
    let farewell = settings.farewell.as_ref().filter(|farewell| goes_with(farewell, reason))?;
    if !automatic::may_tell(conversation, settings, now) {
        return None;
    }
    let name = format!("farewell:{}", closed_at.as_ms());
    let at = closed_at - Span::from_ms(1);
    Some(automatic::message(conversation, &name, &farewell.text, at, now))
}
