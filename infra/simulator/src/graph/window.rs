//! Whether a message may be sent now: the 24-hour window, and the tags that reach further.

use serde_json::Value;

use super::{GraphCall, GraphError};
use crate::clock::{DAY_MS, HOUR_MS};

const STANDARD_WINDOW_MS: i64 = 24 * HOUR_MS;
const TAG_WINDOW_MS: i64 = 7 * DAY_MS;

/// How the sender justifies the message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Grounds {
    /// `RESPONSE` and `UPDATE`.
    Standard(String),
    /// `MESSAGE_TAG` with one of the two tags that are left.
    Tagged(String),
}

impl Grounds {
    pub(super) fn parse(call: &GraphCall, message: &Value) -> Result<Self, GraphError> {
        match call.required("messaging_type")? {
            kind @ ("RESPONSE" | "UPDATE") => match call.text("tag") {
                None => Ok(Self::Standard(kind.to_owned())),
                Some(_) => Err(GraphError::parameter("(#100) A tag needs messaging_type MESSAGE_TAG")),
            },
            "MESSAGE_TAG" => match call.required("tag")? {
                "HUMAN_AGENT" => Ok(Self::Tagged("HUMAN_AGENT".to_owned())),
                "CUSTOMER_FEEDBACK" if is_feedback_template(message) => {
                    Ok(Self::Tagged("CUSTOMER_FEEDBACK".to_owned()))
                }
                "CUSTOMER_FEEDBACK" => Err(GraphError::parameter(
                    "(#100) CUSTOMER_FEEDBACK needs the customer feedback template",
                )),
                tag => {
                    Err(GraphError::parameter(format!("(#100) The message tag {tag} is no longer supported")))
                }
            },
            other => Err(GraphError::parameter(format!("(#100) Unknown messaging_type {other}"))),
        }
    }

    pub(super) fn check(&self, last_opener_ms: Option<i64>, now_ms: i64) -> Result<(), GraphError> {
        let span_ms = match self {
            Self::Standard(_) => STANDARD_WINDOW_MS,
            Self::Tagged(_) => TAG_WINDOW_MS,
        };
        let open = last_opener_ms.is_some_and(|opened_ms| now_ms - opened_ms <= span_ms);
        if open { Ok(()) } else { Err(GraphError::outside_window()) }
    }
}

fn is_feedback_template(message: &Value) -> bool {
    message["attachment"]["payload"]["template_type"] == "customer_feedback"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_windows_end_after_24_hours_and_after_7_days() {
        let (standard, human) = (Grounds::Standard("RESPONSE".into()), Grounds::Tagged("HUMAN_AGENT".into()));
        let opened = Some(1_000_000);
        let at = |span: i64| 1_000_000 + span;
        assert!(standard.check(opened, at(86_400_000)).is_ok());
        assert_eq!(standard.check(opened, at(86_400_001)), Err(GraphError::outside_window()));
        assert!(human.check(opened, at(604_800_000)).is_ok());
        assert_eq!(human.check(opened, at(604_801_000)), Err(GraphError::outside_window()));
        assert_eq!(human.check(None, at(0)), Err(GraphError::outside_window()));
    }
}
