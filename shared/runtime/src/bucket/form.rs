//! A form that a browser posts a file with: the bucket itself refuses what does not match it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use madoguchi_domain::{Span, Timestamp};
use serde::Serialize;
use serde_json::json;

use super::sign::{Instant, Signer};

/// An upload that the bucket takes: `multipart/form-data` with these fields in this order, and then the field `file`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PostForm {
    /// Where to post it.
    pub url: String,
    /// Names and values.
    pub fields: Vec<(&'static str, String)>,
    /// Until when.
    pub expires_at: String,
}

pub(super) fn post_form(
    signer: &Signer,
    key: &str,
    content_type: &str,
    size_bytes: u64,
    life: Span,
    now: Timestamp,
) -> PostForm {
    let (expires_at, instant) = (now + life, Instant::of(now));
    let mut fields = vec![
        ("key", key.to_owned()),
        ("Content-Type", content_type.to_owned()),
        ("success_action_status", "204".to_owned()),
        ("x-amz-algorithm", "AWS4-HMAC-SHA256".to_owned()),
        ("x-amz-credential", signer.credential(&instant)),
        ("x-amz-date", instant.0.clone()),
    ];
    if let Some(token) = signer.session_token() {
        fields.push(("x-amz-security-token", token.to_owned()));
    }
    let mut conditions = vec![
        json!({ "bucket": signer.bucket() }),
        // The size that was checked, to the byte.
        json!(["content-length-range", size_bytes, size_bytes]),
    ];
    conditions.extend(fields.iter().map(|(name, value)| json!({ *name: value })));
    let policy = json!({ "expiration": expires_at.to_string(), "conditions": conditions });
    let policy = STANDARD.encode(policy.to_string());
    let signature = signer.signature(&instant, &policy);
    fields.push(("policy", policy));
    fields.push(("x-amz-signature", signature));
    PostForm { url: signer.base().to_owned(), fields, expires_at: expires_at.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::Secret;

    #[test]
    fn msg_12_the_form_names_type_size_and_key_and_is_signed() {
        let signer = Signer::new(
            "media".into(),
            "us-east-1".into(),
            Some("http://127.0.0.1:4566"),
            "AKIAIOSFODNN7EXAMPLE".into(),
            Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into()),
            Some(Secret::new("token".into())),
        );
        let now = Timestamp::from_ms(1_369_353_600_000);
        let form = post_form(&signer, "uploads/k", "image/jpeg", 8_000_000, Span::from_minutes(15), now);
        assert_eq!(
            (form.url.as_str(), form.expires_at.as_str()),
            ("http://127.0.0.1:4566/media", "2013-05-24T00:15:00.000Z")
        );
        let field = |name: &str| form.fields.iter().find(|(known, _)| *known == name).unwrap().1.clone();
        let policy = STANDARD.decode(field("policy")).unwrap();
        let policy: serde_json::Value = serde_json::from_slice(&policy).unwrap();
        let conditions = policy["conditions"].as_array().unwrap();
        for expected in [
            json!({"bucket": "media"}),
            json!(["content-length-range", 8_000_000, 8_000_000]),
            json!({"key": "uploads/k"}),
            json!({"Content-Type": "image/jpeg"}),
            json!({"x-amz-security-token": "token"}),
        ] {
            assert!(conditions.contains(&expected), "{expected}");
        }
        // Every field but the last two is part of the policy, or S3 refuses the form.
        assert_eq!(conditions.len(), form.fields.len() - 2 + 2);
        assert_eq!(field("x-amz-signature"), signer.signature(&Instant::of(now), &field("policy")));
    }
}
