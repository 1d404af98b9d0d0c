//! LINE errors: by status first. Texts may change (LINE says so), so they only tell a spent reply
//! token from a bad message, and quota from rate.

use madoguchi_domain::credential::Cause;
use madoguchi_domain::send::{Refusal, RefusalClass};
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::json;
use crate::verdict::{Verdict, retry_after};

/// What an answer that is not a success says (Messaging API reference, "Status codes" and "Error
/// responses"). The detail is the status, for a bad message with the names of the bad properties.
///
/// 409 is not here: it answers a push with a known retry key and is a success.
pub fn classify(status: u16, body: &[u8], headers: &HeaderMap) -> Verdict {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = json::text(&body, "message").unwrap_or_default().to_ascii_lowercase();
    let class = match status {
        400 if text.contains("invalid reply token") => RefusalClass::ReplyTokenSpent,
        400 if text.contains("failed to send messages") => RefusalClass::Recipient,
        400 if properties(&body).any(|name| name.starts_with("messages[0].sender")) => RefusalClass::Sender,
        401 => RefusalClass::Credential(Cause::TokenExpired),
        403 => RefusalClass::Credential(Cause::PermissionRevoked),
        423 => RefusalClass::ThreadControl,
        // "You have reached your monthly limit.", or the cap of additional messages.
        429 if text.contains("monthly limit") || text.contains("additional message") => RefusalClass::Quota,
        429 => RefusalClass::Rate,
        400 | 404 | 409 | 410 | 413 | 415 => RefusalClass::Invalid,
        402..=407 | 411..=499 => RefusalClass::Unmapped,
        // Redirects are not LINE's: something in between answered, and nothing was taken.
        300..=399 => RefusalClass::Temporary,
        _ => return Verdict::Unclear { detail: status.to_string() },
    };
    let retry_after = if class == RefusalClass::Rate { retry_after(headers) } else { None };
    let text = (class == RefusalClass::Unmapped).then(|| json::short_text(&body, "message", 300)).flatten();
    Verdict::Refused(Refusal { class, detail: detail(status, &body), retry_after, text, again: None })
}

/// Property names only: the texts beside them may quote the message.
fn detail(status: u16, body: &Value) -> String {
    let words = std::iter::once(status.to_string()).chain(properties(body).map(str::to_owned));
    json::cut(&words.collect::<Vec<_>>().join(" "), 200)
}

fn properties(body: &Value) -> impl Iterator<Item = &str> {
    body.get("details")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|detail| json::text(detail, "property"))
        .filter(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._[]".contains(&b)))
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::catalogue::of_refusal;
    use madoguchi_domain::{Problem, Span};
    use serde_json::json;

    use super::*;
    use RefusalClass::*;

    fn verdict(status: u16, message: &str) -> Verdict {
        classify(status, json!({ "message": message }).to_string().as_bytes(), &HeaderMap::new())
    }

    #[test]
    fn every_row_of_the_table_has_its_class() {
        let table = [
            (400, "Invalid reply token", ReplyTokenSpent),
            (400, "Failed to send messages", Recipient),
            (400, "The request body has 1 error(s)", Invalid),
            (400, "", Invalid),
            (
                401,
                "Authentication failed due to the following reason: expired",
                Credential(Cause::TokenExpired),
            ),
            (401, "", Credential(Cause::TokenExpired)),
            (
                403,
                "Access to this API is not available for your account",
                Credential(Cause::PermissionRevoked),
            ),
            (404, "Not found", Invalid),
            (410, "Gone", Invalid),
            (413, "", Invalid),
            (415, "", Invalid),
            (423, "", ThreadControl),
            (429, "The API rate limit has been exceeded. Try again later.", Rate),
            (429, "You have reached your monthly limit.", Quota),
            (429, "The maximum number of additional messages has been reached", Quota),
            (429, "a text of tomorrow", Rate),
            (302, "", Temporary),
        ];
        for (status, message, class) in table {
            assert_eq!(
                verdict(status, message),
                Verdict::refused(class, status.to_string()),
                "{status} {message}"
            );
        }
        for status in [200, 408, 500, 502, 503, 504] {
            assert_eq!(
                verdict(status, "Invalid reply token"),
                Verdict::Unclear { detail: status.to_string() }
            );
        }
    }

    /// Every row of the error table, as the person who wrote the message reads it.
    #[test]
    fn every_row_of_the_table_has_its_place_in_the_catalogue() {
        let table = [
            (400, "Invalid reply token", None),
            (400, "Failed to send messages", Some("contact_unreachable")),
            (400, "The request body has 1 error(s)", Some("message_refused")),
            (401, "Authentication failed due to the following reason: expired", Some("token_expired")),
            (403, "Access to this API is not available for your account", Some("permission_revoked")),
            (404, "Not found", Some("message_refused")),
            (410, "Gone", Some("message_refused")),
            (413, "", Some("message_refused")),
            (415, "", Some("message_refused")),
            (423, "", Some("thread_controlled")),
            (429, "The API rate limit has been exceeded. Try again later.", Some("rate_limited")),
            (429, "You have reached your monthly limit.", Some("quota_exhausted")),
            (429, "The maximum number of additional messages has been reached", Some("quota_exhausted")),
            (429, "a text of tomorrow", Some("rate_limited")),
            (418, "a code of tomorrow", Some("provider_refused")),
        ];
        for (status, message, expected) in table {
            let Verdict::Refused(refusal) = verdict(status, message) else { panic!("{status} {message}") };
            let problem = of_refusal(refusal.class).map(Problem::public_id);
            assert_eq!(problem, expected, "{status} {message}");
        }
        // An unclear answer ends as unconfirmed: 500 and everything else that says nothing.
        assert!(matches!(verdict(500, ""), Verdict::Unclear { .. }));
    }

    #[test]
    fn only_of_an_unknown_code_are_the_providers_words_kept() {
        for (status, expected) in [(418, Some("it's new".to_owned())), (400, None), (429, None)] {
            let Verdict::Refused(refusal) = verdict(status, "it's new") else { panic!("{status}") };
            assert_eq!(refusal.text, expected, "{status}");
        }
    }

    #[test]
    fn a_bad_message_names_its_properties_and_quotes_nothing() {
        let body = json!({
            "message": "The request body has 2 error(s)",
            "details": [
                {"message": "May not be empty: secret", "property": "messages[0].text"},
                {"message": "secret", "property": "sender.name"},
                {"message": "secret", "property": "it's secret"},
                {"message": "secret"},
            ],
        });
        let verdict = classify(400, body.to_string().as_bytes(), &HeaderMap::new());
        assert_eq!(verdict, Verdict::refused(Invalid, "400 messages[0].text sender.name"));
    }

    #[test]
    fn snd_6_a_refused_name_is_told_from_a_bad_message_by_its_property() {
        let table = [
            ("messages[0].sender.name", Sender),
            ("messages[0].sender", Sender),
            ("messages[0].sender.iconUrl", Sender),
            ("messages[0].text", Invalid),
            ("sender", Invalid),
        ];
        for (property, class) in table {
            let body = json!({"message": "secret", "details": [{"message": "secret", "property": property}]});
            let verdict = classify(400, body.to_string().as_bytes(), &HeaderMap::new());
            assert_eq!(verdict, Verdict::refused(class, format!("400 {property}")));
        }
    }

    #[test]
    fn a_rate_error_rests_as_long_as_line_asks_and_a_body_is_not_needed() {
        let mut headers = HeaderMap::new();
        headers.insert("Retry-After", "12".parse().unwrap());
        let Verdict::Refused(refusal) = classify(429, b"<html>", &headers) else {
            panic!("429 is a refusal")
        };
        assert_eq!((refusal.class, refusal.retry_after), (Rate, Some(Span::from_secs(12))));
    }
}
