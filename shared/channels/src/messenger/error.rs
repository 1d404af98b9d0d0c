//! Graph errors: by code first, the subcode only refines. Real bodies of code 190 often carry none.

use madoguchi_domain::Span;
use madoguchi_domain::credential::Cause;
use madoguchi_domain::send::{AttachmentFault, Refusal, RefusalClass};
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::json;
use crate::verdict::{Verdict, retry_after};

/// What an answer that is not a success says (Messenger Platform, "Error codes", 2026-06-25). The
/// detail is `code` or `code/subcode`.
pub fn classify(status: u16, body: &[u8], headers: &HeaderMap) -> Verdict {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let error = body.get("error").unwrap_or(&Value::Null);
    let Some(code) = json::integer(error, "code") else {
        return without_code(status, headers);
    };
    let subcode = json::integer(error, "error_subcode").filter(|subcode| *subcode != 0);
    let detail = subcode.map_or_else(|| code.to_string(), |subcode| format!("{code}/{subcode}"));
    if (code, subcode) == (1, Some(1_357_046)) {
        // "Invalid JSON reply; the message may have been sent".
        return Verdict::Unclear { detail };
    }
    let transient = error.get("is_transient") == Some(&Value::Bool(true));
    let class = class(code, subcode, transient);
    let retry_after = match class {
        RefusalClass::Rate => regain_access(headers).max(retry_after(headers)),
        RefusalClass::Temporary => retry_after(headers),
        _ => None,
    };
    let text = (class == RefusalClass::Unmapped).then(|| json::short_text(error, "message", 300)).flatten();
    Verdict::Refused(Refusal { class, detail, retry_after, text, again: None })
}

/// An answer that did not come from Graph itself: something in between gave it.
fn without_code(status: u16, headers: &HeaderMap) -> Verdict {
    let detail = format!("http {status}");
    match status {
        429 => {
            let refusal = Refusal::new(RefusalClass::Rate, detail);
            Verdict::Refused(Refusal { retry_after: retry_after(headers), ..refusal })
        }
        300..=407 | 409..=499 => Verdict::refused(RefusalClass::Temporary, detail),
        _ => Verdict::Unclear { detail },
    }
}

fn class(code: i64, subcode: Option<i64>, transient: bool) -> RefusalClass {
    use AttachmentFault as Fault;
    use RefusalClass::{
        Attachment, Credential, Invalid, Rate, Recipient, Restricted, Temporary, ThreadControl, Unmapped,
        Window,
    };
    const NO_PERMISSION: RefusalClass = Credential(Cause::PermissionRevoked);
    match (code, subcode.unwrap_or_default()) {
        // "Person not available" on the error page, "window closed" on the send page.
        (551 | 230, _) | (_, 1_545_041) | (10, 2_018_108) | (100, 2_018_001) => Recipient,
        (1, 99) | (3, _) => NO_PERMISSION,
        // Service faults, and 1200 of the older lists. 2 may also hide a block: attempts are capped.
        (1 | 2 | 1200, _) => Temporary,
        (10, 2_018_278 | 2_534_022 | 2_018_065) => Window,
        (10, 1_893_063) | (368 | 2022, _) => Restricted,
        // Profiles of phone-number accounts, and profiles without their permission: never the channel.
        (_, 2_018_218 | 2_018_247) => Invalid,
        (10 | 200..=299, _) => NO_PERMISSION,
        (100, 2_534_037 | 2_018_300 | 2_018_321) => ThreadControl,
        (4 | 17 | 32 | 341 | 613 | 80_001 | 80_002 | 80_006, _) => Rate,
        // 450, 452 and 2500 are treated as authentication errors by other clients.
        (102 | 190 | 450 | 452 | 2500, subcode) => Credential(token_cause(subcode)),
        (100, 2_018_008) => Attachment(Fault::Unreachable),
        (100, 2_018_047) => Attachment(Fault::Type),
        (100, 2_018_074) => Attachment(Fault::Unknown),
        (100, 2_018_109) => Attachment(Fault::TooLarge),
        (100, 2_018_294) => Attachment(Fault::Unreadable),
        // Tags, mixed calls, missing objects, deleted messages.
        (100 | 9_000_001, _) => Invalid,
        _ if transient => Temporary,
        _ => Unmapped,
    }
}

fn token_cause(subcode: i64) -> Cause {
    match subcode {
        458 => Cause::AppAccessWithdrawn,
        459 | 464 => Cause::Checkpoint,
        460 => Cause::PasswordChanged,
        492 => Cause::PageRoleLost,
        // 463 expired, 467 logged out, none, or one that we do not know.
        _ => Cause::TokenExpired,
    }
}

/// `X-Business-Use-Case-Usage`: a map of business id → uses, each with the minutes until calls are
/// taken again. Uses of other products do not count while one of ours is listed.
fn regain_access(headers: &HeaderMap) -> Option<Span> {
    let usage: Value = serde_json::from_str(headers.get("x-business-use-case-usage")?.to_str().ok()?).ok()?;
    let uses: Vec<&Value> = usage.as_object()?.values().filter_map(Value::as_array).flatten().collect();
    let is_ours = |usage: &&Value| matches!(json::text(usage, "type"), Some("messenger" | "pages"));
    let minutes = |usage: &Value| json::integer(usage, "estimated_time_to_regain_access");
    let ours: Vec<i64> = uses.iter().copied().filter(is_ours).filter_map(minutes).collect();
    let longest =
        if ours.is_empty() { uses.into_iter().filter_map(minutes).max() } else { ours.into_iter().max() };
    longest.filter(|minutes| (1..=100_000).contains(minutes)).map(Span::from_minutes)
}

/// The cause in the `data.error` of `debug_token`: same codes, another place.
pub(super) fn inspection_cause(error: &Value) -> Option<Cause> {
    let code = json::integer(error, "code")?;
    let subcode = json::integer(error, "subcode").or_else(|| json::integer(error, "error_subcode"));
    match class(code, subcode, false) {
        RefusalClass::Credential(cause) => Some(cause),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::Problem;
    use madoguchi_domain::catalogue::of_refusal;
    use serde_json::json;

    use super::*;
    use RefusalClass::*;

    fn verdict(status: u16, code: i64, subcode: Option<i64>, transient: bool) -> Verdict {
        let mut error = json!({
            "message": "Any text at all: AUT-9 forbids to look at it", "type": "OAuthException", "code": code,
            "fbtrace_id": "AbC", "is_transient": transient,
        });
        if let Some(subcode) = subcode {
            error["error_subcode"] = subcode.into();
        }
        classify(status, json!({ "error": error }).to_string().as_bytes(), &HeaderMap::new())
    }

    /// Every row of the error table, with what it means here and how the person who wrote the message reads it.
    #[test]
    fn every_row_of_the_table_has_its_class_and_its_place_in_the_catalogue() {
        let revoked = Credential(Cause::PermissionRevoked);
        let table = [
            (1, None, Temporary, "provider_unavailable"),
            (2, None, Temporary, "provider_unavailable"),
            (1, Some(99), revoked, "permission_revoked"),
            (3, None, revoked, "permission_revoked"),
            (10, None, revoked, "permission_revoked"),
            (10, Some(1), revoked, "permission_revoked"),
            (200, None, revoked, "permission_revoked"),
            (200, Some(2_018_028), revoked, "permission_revoked"),
            (210, None, revoked, "permission_revoked"),
            (299, None, revoked, "permission_revoked"),
            (200, Some(1_545_041), Recipient, "contact_unreachable"),
            (551, None, Recipient, "contact_unreachable"),
            (551, Some(1_545_041), Recipient, "contact_unreachable"),
            (230, None, Recipient, "contact_unreachable"),
            (10, Some(2_018_278), Window, "reply_window_closed"),
            (10, Some(2_534_022), Window, "reply_window_closed"),
            (10, Some(2_018_065), Window, "reply_window_closed"),
            (10, Some(2_018_108), Recipient, "contact_unreachable"),
            (10, Some(1_893_063), Restricted, "page_restricted"),
            (368, None, Restricted, "page_restricted"),
            (2022, None, Restricted, "page_restricted"),
            (100, Some(2_018_001), Recipient, "contact_unreachable"),
            (100, None, Invalid, "message_refused"),
            (100, Some(33), Invalid, "message_refused"),
            (100, Some(2_018_008), Attachment(AttachmentFault::Unreachable), "attachment_unreachable"),
            (100, Some(2_018_047), Attachment(AttachmentFault::Type), "attachment_type_refused"),
            (100, Some(2_018_074), Attachment(AttachmentFault::Unknown), "attachment_refused"),
            (100, Some(2_018_109), Attachment(AttachmentFault::TooLarge), "attachment_too_large"),
            (100, Some(2_018_294), Attachment(AttachmentFault::Unreadable), "attachment_refused"),
            (100, Some(2_018_014), Invalid, "message_refused"),
            (100, Some(2_534_037), ThreadControl, "thread_controlled"),
            (100, Some(2_018_300), ThreadControl, "thread_controlled"),
            (100, Some(2_018_321), ThreadControl, "thread_controlled"),
            (4, None, Rate, "rate_limited"),
            (17, None, Rate, "rate_limited"),
            (32, None, Rate, "rate_limited"),
            (341, None, Rate, "rate_limited"),
            (613, None, Rate, "rate_limited"),
            (613, Some(1996), Rate, "rate_limited"),
            (613, Some(2_018_338), Rate, "rate_limited"),
            (80_001, None, Rate, "rate_limited"),
            (80_002, None, Rate, "rate_limited"),
            (80_006, None, Rate, "rate_limited"),
            (102, None, Credential(Cause::TokenExpired), "token_expired"),
            (190, None, Credential(Cause::TokenExpired), "token_expired"),
            (190, Some(1), Credential(Cause::TokenExpired), "token_expired"),
            (190, Some(458), Credential(Cause::AppAccessWithdrawn), "app_access_withdrawn"),
            (190, Some(459), Credential(Cause::Checkpoint), "checkpoint"),
            (190, Some(460), Credential(Cause::PasswordChanged), "password_changed"),
            (190, Some(463), Credential(Cause::TokenExpired), "token_expired"),
            (190, Some(464), Credential(Cause::Checkpoint), "checkpoint"),
            (190, Some(467), Credential(Cause::TokenExpired), "token_expired"),
            (190, Some(492), Credential(Cause::PageRoleLost), "page_role_lost"),
            (450, None, Credential(Cause::TokenExpired), "token_expired"),
            (452, None, Credential(Cause::TokenExpired), "token_expired"),
            (2500, None, Credential(Cause::TokenExpired), "token_expired"),
            (100, Some(2_018_218), Invalid, "message_refused"),
            (200, Some(2_018_247), Invalid, "message_refused"),
            (9_000_001, None, Invalid, "message_refused"),
            (1200, None, Temporary, "provider_unavailable"),
        ];
        for (code, subcode, class, id) in table {
            assert_eq!(of_refusal(class).map(Problem::public_id), Some(id), "{code}/{subcode:?}");
            for status in [400, 403, 500] {
                let detail = subcode.map_or(code.to_string(), |subcode| format!("{code}/{subcode}"));
                assert_eq!(verdict(status, code, subcode, false), Verdict::refused(class, detail));
            }
        }
    }

    #[test]
    fn an_unknown_code_keeps_the_providers_words_for_administrators() {
        let Verdict::Refused(refusal) = verdict(400, 424_242, None, false) else { panic!("a refusal") };
        assert_eq!((refusal.class, refusal.detail.as_str()), (Unmapped, "424242"));
        assert!(refusal.text.unwrap().starts_with("Any text at all"));
        assert_eq!(of_refusal(Unmapped).map(Problem::public_id), Some("provider_refused"));
        for (code, subcode) in [(100, None), (551, None), (190, Some(463))] {
            let Verdict::Refused(refusal) = verdict(400, code, subcode, false) else { panic!("a refusal") };
            assert_eq!(refusal.text, None, "{code}");
        }
    }

    #[test]
    fn an_unknown_code_is_repeated_only_if_meta_calls_it_passing() {
        assert_eq!(verdict(400, 424_242, None, true), Verdict::refused(Temporary, "424242"));
        assert_eq!(verdict(400, 100, None, true), Verdict::refused(Invalid, "100"));
    }

    #[test]
    fn a_message_that_may_have_been_sent_is_unclear() {
        let detail = "1/1357046".to_owned();
        assert_eq!(verdict(500, 1, Some(1_357_046), true), Verdict::Unclear { detail });
    }

    #[test]
    fn without_a_graph_error_only_the_status_speaks() {
        let bodies =
            ["", "null", "<html>Bad Gateway</html>", r#"{"error":"down"}"#, r#"{"error":{"code":"x"}}"#];
        for body in bodies {
            let verdict = |status| classify(status, body.as_bytes(), &HeaderMap::new());
            for status in [200, 408, 500, 502, 503, 504] {
                assert_eq!(verdict(status), Verdict::Unclear { detail: format!("http {status}") }, "{body}");
            }
            for status in [302, 400, 404] {
                assert_eq!(verdict(status), Verdict::refused(Temporary, format!("http {status}")), "{body}");
            }
            assert_eq!(verdict(429), Verdict::refused(Rate, "http 429"), "{body}");
        }
    }

    #[test]
    fn codes_are_read_as_text_too() {
        let body = br#"{"error":{"code":"190","error_subcode":"460"}}"#;
        let expected = Verdict::refused(Credential(Cause::PasswordChanged), "190/460");
        assert_eq!(classify(400, body, &HeaderMap::new()), expected);
    }

    #[test]
    fn a_rate_error_rests_as_long_as_meta_asks() {
        let rest = |usage: Option<&str>, retry: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(usage) = usage {
                headers.insert("X-Business-Use-Case-Usage", usage.parse().unwrap());
            }
            if let Some(retry) = retry {
                headers.insert("Retry-After", retry.parse().unwrap());
            }
            match classify(400, br#"{"error":{"code":80006}}"#, &headers) {
                Verdict::Refused(Refusal { class: Rate, retry_after, .. }) => retry_after,
                other => panic!("{other:?}"),
            }
        };
        let usage = r#"{"1":[{"type":"ads_insights","estimated_time_to_regain_access":60},
            {"type":"messenger","call_count":100,"estimated_time_to_regain_access":19}],
            "2":[{"type":"pages","estimated_time_to_regain_access":0}]}"#
            .replace('\n', "");
        let table = [
            (None, None, None),
            (Some(&*usage), None, Some(Span::from_minutes(19))),
            (
                Some(r#"{"1":[{"type":"other","estimated_time_to_regain_access":3}]}"#),
                None,
                Some(Span::from_minutes(3)),
            ),
            (Some(r#"{"1":[{"type":"messenger"}]}"#), Some("30"), Some(Span::from_secs(30))),
            (Some(&*usage), Some("5"), Some(Span::from_minutes(19))),
            (Some("garbage"), Some("Wed, 21 Oct 2026 07:28:00 GMT"), None),
            (Some(r#"{"1":[{"type":"messenger","estimated_time_to_regain_access":-4}]}"#), Some("0"), None),
        ];
        for (usage, retry, expected) in table {
            assert_eq!(rest(usage, retry), expected, "{usage:?} {retry:?}");
        }
    }
}
