//! Twilio's error codes: one table for the answer to a call and for the `ErrorCode` of a status callback.

use madoguchi_domain::credential::Cause;
use madoguchi_domain::send::{Again, Refusal, RefusalClass};
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::json;
use crate::verdict::{Verdict, retry_after};

/// What a code means for us; `None` for one that we do not know.
pub const fn class_of(code: i64) -> Option<RefusalClass> {
    use RefusalClass::{
        Credential, Invalid, NotPermitted, OptedOut, Rate, Recipient, Restricted, Temporary, Window,
    };
    Some(match code {
        // The account, or the channel behind it, does not take our credential.
        20003 | 63001 => Credential(Cause::AuthenticationFailed),
        20429 | 14107 | 63018 => Rate,
        // After 20500 the message may be on its way; in a callback it is not.
        20500 | 30008 | 30036 | 63012 => Temporary,
        21610 => OptedOut,
        21211 | 21612 | 21614 | 30003..=30006 | 63003 | 63014 | 63015 | 63024 | 63032 => Recipient,
        // The sender cannot do this, or is not set up for it.
        21606 | 21608 | 63007 | 63020 => NotPermitted,
        // The sender is locked, or its WhatsApp account switched off.
        63051 | 63112 => Restricted,
        63016 => Window,
        14103 | 30007 | 63005 | 63013 | 63021 | 63040..=63042 | 63049 | 92002 | 92007 => Invalid,
        _ => return None,
    })
}

/// 20500: an error inside Twilio, or its time was over.
const INTERNAL: i64 = 20500;

/// What an answer that is not a success says: by its code, else by its status. The detail is the code.
pub fn classify(status: u16, body: &[u8], headers: &HeaderMap) -> Verdict {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let code = json::integer(&body, "code");
    let detail = detail(status, code);
    let class = match code.and_then(class_of) {
        Some(_) if code == Some(INTERNAL) => return Verdict::Unclear { detail },
        Some(class) => class,
        None => match status {
            401 => RefusalClass::Credential(Cause::AuthenticationFailed),
            403 => RefusalClass::NotPermitted,
            429 => RefusalClass::Rate,
            408 => return Verdict::Unclear { detail },
            400..=499 if code.is_some() => RefusalClass::Unmapped,
            400..=499 => RefusalClass::Invalid,
            // Redirects are not Twilio's here: something in between answered, and nothing was taken.
            300..=399 => RefusalClass::Temporary,
            _ => return Verdict::Unclear { detail },
        },
    };
    let retry_after = if class == RefusalClass::Rate { retry_after(headers) } else { None };
    let text = (class == RefusalClass::Unmapped).then(|| json::short_text(&body, "message", 300)).flatten();
    Verdict::Refused(Refusal { class, detail, retry_after, text, again: None })
}

/// Why a message was given up that Twilio had taken.
pub(super) fn failed(status: &str, code: Option<i64>) -> Refusal {
    let class = match code {
        Some(code) => class_of(code).unwrap_or(RefusalClass::Unmapped),
        // Cancelled, or no reason given.
        None => RefusalClass::Temporary,
    };
    let detail = code.map_or_else(|| status.to_owned(), |code| format!("{status} {code}"));
    Refusal { again: code.and_then(again), ..Refusal::new(class, detail) }
}

/// Which of the messages that were given up may get through another time.
const fn again(code: i64) -> Option<Again> {
    match code {
        // The handset is switched off, or without a network.
        30003 => Some(Again::Later),
        // Lost on the way for no known reason; not sent within its validity.
        30008 | 30036 => Some(Again::Soon),
        _ => None,
    }
}

fn detail(status: u16, code: Option<i64>) -> String {
    code.map_or_else(|| status.to_string(), |code| format!("{status}/{code}"))
}

#[cfg(test)]
mod tests {
    use RefusalClass::*;
    use madoguchi_domain::Span;
    use serde_json::json;

    use super::*;

    const TOKEN: RefusalClass = Credential(Cause::AuthenticationFailed);

    /// Every row of the vendor's list that concerns messages, with the status that it comes with.
    const TABLE: [(u16, i64, RefusalClass); 44] = [
        (401, 20003, TOKEN),
        (429, 20429, Rate),
        (400, 21211, Recipient),
        (400, 21612, Recipient),
        (400, 21614, Recipient),
        (400, 21606, NotPermitted),
        (400, 21608, NotPermitted),
        (400, 21610, OptedOut),
        (400, 14103, Invalid),
        (429, 14107, Rate),
        (400, 30003, Recipient),
        (400, 30004, Recipient),
        (400, 30005, Recipient),
        (400, 30006, Recipient),
        (400, 30007, Invalid),
        (400, 30008, Temporary),
        (400, 30036, Temporary),
        (400, 63001, TOKEN),
        (400, 63003, Recipient),
        (400, 63014, Recipient),
        (400, 63015, Recipient),
        (400, 63005, Invalid),
        (400, 63013, Invalid),
        (400, 63021, Invalid),
        (400, 63007, NotPermitted),
        (400, 63012, Temporary),
        (400, 63016, Window),
        (429, 63018, Rate),
        (400, 63020, NotPermitted),
        (400, 63051, Restricted),
        (400, 63112, Restricted),
        (400, 63024, Recipient),
        (400, 63032, Recipient),
        (400, 63040, Invalid),
        (400, 63041, Invalid),
        (400, 63042, Invalid),
        (400, 63049, Invalid),
        (400, 92002, Invalid),
        (400, 92007, Invalid),
        // The same whatever the status: the code decides.
        (403, 20003, TOKEN),
        (500, 63012, Temporary),
        (400, 20429, Rate),
        (503, 63018, Rate),
        (404, 63003, Recipient),
    ];

    fn answer(status: u16, body: &Value) -> Verdict {
        classify(status, body.to_string().as_bytes(), &HeaderMap::new())
    }

    #[test]
    fn every_row_of_the_table_has_its_class_in_an_answer() {
        for (status, code, class) in TABLE {
            let body = json!({"code": code, "message": "secret text", "more_info": "…", "status": status});
            assert_eq!(answer(status, &body), Verdict::refused(class, format!("{status}/{code}")), "{code}");
        }
    }

    #[test]
    fn every_row_of_the_table_has_the_same_class_in_a_callback() {
        for (_, code, class) in TABLE {
            let refusal = failed("undelivered", Some(code));
            assert_eq!((refusal.class, refusal.detail), (class, format!("undelivered {code}")), "{code}");
        }
        // In a callback an inner fault is a verdict; in an answer it is none.
        assert_eq!(failed("failed", Some(20500)).class, Temporary);
        assert_eq!(failed("canceled", None).class, Temporary);
        assert_eq!(failed("failed", Some(99_999)).class, Unmapped);
    }

    #[test]
    fn an_inner_fault_or_an_answer_of_somebody_else_is_no_verdict() {
        let unclear = |detail: &str| Verdict::Unclear { detail: detail.to_owned() };
        assert_eq!(answer(500, &json!({"code": 20500})), unclear("500/20500"));
        assert_eq!(answer(400, &json!({"code": 20500})), unclear("400/20500"));
        for status in [200, 408, 500, 502, 503, 504] {
            assert_eq!(answer(status, &json!({})), unclear(&status.to_string()));
            assert_eq!(classify(status, b"<html>", &HeaderMap::new()), unclear(&status.to_string()));
        }
    }

    #[test]
    fn an_unknown_code_goes_by_the_status() {
        let table = [
            (400, Invalid),
            (401, TOKEN),
            (403, NotPermitted),
            (404, Invalid),
            (429, Rate),
            (302, Temporary),
        ];
        for (status, class) in table {
            let unmapped = if class == Invalid { Unmapped } else { class };
            let verdict = answer(status, &json!({"code": 99_999}));
            assert_eq!(verdict, Verdict::refused(unmapped, format!("{status}/99999")));
            assert_eq!(answer(status, &json!("x")), Verdict::refused(class, status.to_string()));
        }
    }

    #[test]
    fn a_rate_error_rests_as_long_as_twilio_asks() {
        let headers = HeaderMap::from_iter([(reqwest::header::RETRY_AFTER, "7".parse().unwrap())]);
        let Verdict::Refused(refusal) = classify(429, br#"{"code":20429}"#, &headers) else {
            panic!("429 is a refusal")
        };
        assert_eq!((refusal.class, refusal.retry_after), (Rate, Some(Span::from_secs(7))));
    }
}
