//! `MessageStatus` of a status callback, or of the answer to a call → a stage.

use madoguchi_domain::event::Stage;

use super::error::failed;

/// The stage that a status stands for; `None` for one that we do not know, or that is of an incoming message.
pub(super) fn stage(status: &str, error_code: Option<i64>) -> Option<Stage> {
    Some(match status {
        "accepted" | "scheduled" | "queued" | "sending" | "sent" | "partially_delivered" => Stage::Taken,
        "delivered" => Stage::Delivered,
        "read" => Stage::Read,
        "failed" | "undelivered" | "canceled" => Stage::Failed(failed(status, error_code)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::send::{Refusal, RefusalClass};

    use super::*;

    #[test]
    fn rpl_11_every_status_has_its_stage() {
        let failed = |class, detail: &str| Some(Stage::Failed(Refusal::new(class, detail)));
        let table = [
            ("accepted", None, Some(Stage::Taken)),
            ("scheduled", None, Some(Stage::Taken)),
            ("queued", None, Some(Stage::Taken)),
            ("sending", None, Some(Stage::Taken)),
            ("sent", None, Some(Stage::Taken)),
            // Some of it: that is not all of it.
            ("partially_delivered", None, Some(Stage::Taken)),
            ("delivered", None, Some(Stage::Delivered)),
            ("read", None, Some(Stage::Read)),
            ("undelivered", Some(30005), failed(RefusalClass::Recipient, "undelivered 30005")),
            ("failed", Some(63016), failed(RefusalClass::Window, "failed 63016")),
            ("failed", None, failed(RefusalClass::Temporary, "failed")),
            ("canceled", None, failed(RefusalClass::Temporary, "canceled")),
            ("receiving", None, None),
            ("received", None, None),
            ("of tomorrow", None, None),
            ("", None, None),
        ];
        let made: serde_json::Value =
            serde_json::from_str(include_str!("../../fixtures/twilio/sdk_fields.json")).unwrap();
        for known in made["statuses"].as_array().unwrap() {
            assert!(table.iter().any(|row| known == row.0), "Twilio's own client knows {known}");
        }
        for (status, code, expected) in table {
            assert_eq!(stage(status, code), expected, "{status}");
        }
    }
}
