//! Failures on demand: which, for whom, and how often.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::Provider;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// Messenger: error 190. LINE: 401. Twilio: 401 with code 20003.
    ExpiredToken {
        /// Messenger: the subcode; real answers often have none.
        #[serde(default)]
        subcode: Option<i64>,
        /// The text; a plausible one by default.
        #[serde(default)]
        message: Option<String>,
    },
    /// Messenger: error 10/2018278. LINE: the reply token is refused; a push is accepted and not delivered.
    /// Twilio: accepted, then failed with 63016.
    OutsideWindow,
    /// Messenger: error 551/1545041. LINE: 400 "Failed to send messages". Twilio: accepted, then undelivered.
    UserUnavailable,
    /// Messenger: error 613 or 4 with its usage header. LINE: 429. Twilio: 429 with code 20429.
    RateLimit {
        /// Messenger: the code, 613 by default.
        #[serde(default)]
        code: Option<i64>,
        /// Messenger: the hint in the usage header.
        #[serde(default)]
        regain_minutes: Option<u32>,
    },
    /// LINE: 429 "You have reached your monthly limit."
    MonthlyLimit,
    /// A 500 answer.
    ServerError {
        /// The request took effect all the same.
        #[serde(default)]
        after_effect: bool,
    },
    /// No answer for a while, then 504.
    Timeout {
        /// The request took effect all the same.
        #[serde(default)]
        after_effect: bool,
        /// How long to hang; 30 seconds by default.
        #[serde(default)]
        hang_ms: Option<u64>,
    },
    /// The connection is cut without an answer.
    ConnectionReset {
        /// The request took effect all the same.
        #[serde(default)]
        after_effect: bool,
    },
    /// The right answer, late.
    Slow {
        /// How late.
        delay_ms: u64,
    },
    /// LINE push: takes effect and answers 409, as if an earlier try had been accepted.
    Conflict,
    /// Messenger: any other Graph error, without effect.
    GraphError {
        /// The code.
        code: i64,
        /// The subcode.
        #[serde(default)]
        subcode: Option<i64>,
        /// The text.
        #[serde(default)]
        message: Option<String>,
        /// The HTTP status, 400 by default.
        #[serde(default)]
        status: Option<u16>,
        /// Meta's own word on whether it passes.
        #[serde(default)]
        is_transient: Option<bool>,
    },
    /// Twilio: any other refusal, without effect.
    TwilioError {
        /// The code.
        code: u32,
        /// The HTTP status, 400 by default.
        #[serde(default)]
        status: Option<u16>,
        /// The text.
        #[serde(default)]
        message: Option<String>,
    },
    /// Twilio: accepted, then failed by a status callback.
    DeliveryFailure {
        /// The code.
        code: u32,
        /// The last status is `undelivered` instead of `failed`.
        #[serde(default)]
        undelivered: bool,
    },
    /// Twilio: the message's status callbacks go astray.
    Statuses {
        /// How.
        how: StatusFault,
    },
    /// Exactly this answer.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The JSON body.
        body: Value,
        /// The request took effect all the same.
        #[serde(default)]
        after_effect: bool,
    },
}

/// What happens to status callbacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusFault {
    /// The last one comes first.
    Reversed,
    /// Each comes twice.
    Twice,
    /// None comes.
    Lost,
}

/// Which calls a fault is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// Messenger and Twilio: send. LINE: reply and push.
    Send,
    /// LINE: reply only.
    Reply,
    /// LINE: push only.
    Push,
    /// Token exchange and issue; Twilio: reading the account.
    Token,
    /// Graph: `debug_token`.
    DebugToken,
    /// Graph: `/me/accounts`.
    Accounts,
    /// Graph: `subscribed_apps`.
    Subscription,
    /// Profiles of customers, groups and members.
    Profile,
    /// LINE and Twilio: message content.
    Content,
    /// Messenger: sender actions. LINE: the loading animation, and marking as read.
    Courtesy,
    /// Whatever else is served.
    Other,
    /// Every call.
    Any,
}

/// A fault waiting for its calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaultRule {
    /// Given by the simulator.
    #[serde(default)]
    pub id: u64,
    /// What goes wrong.
    pub fault: Fault,
    /// For which provider; both by default.
    #[serde(default)]
    pub provider: Option<Provider>,
    /// For which page or LINE channel; all by default.
    #[serde(default)]
    pub account: Option<String>,
    /// For which page-scoped id, LINE id or simulator customer; all by default.
    #[serde(default)]
    pub recipient: Option<String>,
    /// For which calls; sending by default.
    #[serde(default)]
    pub endpoint: Option<Endpoint>,
    /// How many calls it spoils; until cleared by default.
    #[serde(default)]
    pub times: Option<u32>,
}

impl From<Fault> for FaultRule {
    /// For every send on every account, until cleared.
    fn from(fault: Fault) -> Self {
        Self { id: 0, fault, provider: None, account: None, recipient: None, endpoint: None, times: None }
    }
}

impl FaultRule {
    /// Spoils this many calls.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Only this provider's calls.
    #[must_use]
    pub fn on(mut self, provider: Provider) -> Self {
        self.provider = Some(provider);
        self
    }

    /// Only calls for this page or LINE channel.
    #[must_use]
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }

    /// Only calls for this recipient or simulator customer.
    #[must_use]
    pub fn recipient(mut self, recipient: impl Into<String>) -> Self {
        self.recipient = Some(recipient.into());
        self
    }

    /// Only these calls.
    #[must_use]
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }
}

/// One call, as the rules see it.
#[derive(Debug, Clone)]
pub(crate) struct Scope<'a> {
    pub(crate) provider: Provider,
    pub(crate) endpoint: Endpoint,
    pub(crate) account: Option<&'a str>,
    pub(crate) recipient: Option<&'a str>,
    pub(crate) customer: Option<&'a str>,
}

impl Fault {
    pub(crate) fn name(&self) -> String {
        let named = serde_json::to_value(self).unwrap_or_default();
        named["kind"].as_str().unwrap_or_default().to_owned()
    }

    fn is_possible_on(&self, provider: Provider) -> bool {
        match self {
            Self::MonthlyLimit | Self::Conflict => provider == Provider::Line,
            Self::GraphError { .. } => provider == Provider::Messenger,
            Self::TwilioError { .. } | Self::DeliveryFailure { .. } | Self::Statuses { .. } => {
                provider.is_twilio()
            }
            _ => true,
        }
    }

    pub(crate) fn hang(hang_ms: Option<u64>) -> Duration {
        Duration::from_millis(hang_ms.unwrap_or(30_000))
    }
}

fn covers(rule: Option<Endpoint>, call: Endpoint) -> bool {
    match rule.unwrap_or(Endpoint::Send) {
        Endpoint::Any => true,
        Endpoint::Send => matches!(call, Endpoint::Send | Endpoint::Reply | Endpoint::Push),
        rule => rule == call,
    }
}

fn matches(rule: &FaultRule, scope: &Scope<'_>) -> bool {
    // Calls about a Twilio account concern both of its channels.
    let same = |provider: Provider| {
        provider == scope.provider
            || (provider.is_twilio() && scope.provider.is_twilio() && scope.endpoint != Endpoint::Send)
    };
    rule.provider.is_none_or(same)
        && rule.fault.is_possible_on(scope.provider)
        && covers(rule.endpoint, scope.endpoint)
        && rule.account.as_deref().is_none_or(|account| scope.account == Some(account))
        && rule
            .recipient
            .as_deref()
            .is_none_or(|recipient| scope.recipient == Some(recipient) || scope.customer == Some(recipient))
}

/// The first rule for this call, oldest first; a counted rule loses one.
pub(crate) fn take(rules: &mut Vec<FaultRule>, scope: &Scope<'_>) -> Option<Fault> {
    let index = rules.iter().position(|rule| matches(rule, scope))?;
    let rule = &mut rules[index];
    let fault = rule.fault.clone();
    match &mut rule.times {
        None => {}
        Some(times) if *times > 1 => *times -= 1,
        Some(_) => {
            rules.remove(index);
        }
    }
    Some(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(recipient: &str) -> Scope<'_> {
        Scope {
            provider: Provider::Messenger,
            endpoint: Endpoint::Send,
            account: Some("page"),
            recipient: Some(recipient),
            customer: Some("customer-1"),
        }
    }

    #[test]
    fn a_counted_fault_is_used_up() {
        let mut rules = vec![FaultRule::from(Fault::OutsideWindow).times(2)];
        assert!(take(&mut rules, &send("a")).is_some());
        assert!(take(&mut rules, &send("a")).is_some());
        assert!(take(&mut rules, &send("a")).is_none());
        assert!(rules.is_empty());
    }

    #[test]
    fn an_uncounted_fault_stays() {
        let mut rules = vec![FaultRule::from(Fault::UserUnavailable)];
        for _ in 0..5 {
            assert!(take(&mut rules, &send("a")).is_some());
        }
    }

    #[test]
    fn a_fault_meets_only_the_calls_it_is_for() {
        let cases = [
            (FaultRule::from(Fault::UserUnavailable).recipient("b"), false),
            (FaultRule::from(Fault::UserUnavailable).recipient("customer-1"), true),
            (FaultRule::from(Fault::UserUnavailable).account("other"), false),
            (FaultRule::from(Fault::UserUnavailable).on(Provider::Line), false),
            (FaultRule::from(Fault::UserUnavailable).endpoint(Endpoint::Profile), false),
            (FaultRule::from(Fault::UserUnavailable).endpoint(Endpoint::Any), true),
            (FaultRule::from(Fault::Conflict), false),
            (FaultRule::from(Fault::MonthlyLimit), false),
        ];
        for (rule, expected) in cases {
            assert_eq!(matches(&rule, &send("a")), expected, "{rule:?}");
        }
    }
}
