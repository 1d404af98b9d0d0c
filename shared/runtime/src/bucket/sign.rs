//! Signature Version 4, in the query of a link.

use std::fmt::Write as _;

use http::Method;
use madoguchi_domain::{Span, Timestamp};
use ring::{digest, hmac};

use crate::secrets::Secret;

/// Signs for one bucket.
#[derive(Clone)]
pub struct Signer {
    /// Such as `https://bucket.s3.eu-central-1.amazonaws.com`, or `http://127.0.0.1:4566/bucket`.
    base: String,
    host: String,
    path: String,
    bucket: String,
    region: String,
    access_key_id: String,
    secret_access_key: Secret<String>,
    session_token: Option<Secret<String>>,
}

impl Signer {
    /// For `bucket`, at AWS or at one `endpoint` for every service (where the bucket is part of the path).
    pub fn new(
        bucket: String,
        region: String,
        endpoint: Option<&str>,
        access_key_id: String,
        secret_access_key: Secret<String>,
        session_token: Option<Secret<String>>,
    ) -> Self {
        let (base, path) = if let Some(endpoint) = endpoint {
            (format!("{endpoint}/{bucket}"), format!("/{bucket}"))
        } else {
            let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
            (format!("https://{bucket}.s3.{region}.amazonaws.com{suffix}"), String::new())
        };
        let host =
            base.split("://").nth(1).unwrap_or_default().split('/').next().unwrap_or_default().to_owned();
        Self { base, host, path, bucket, region, access_key_id, secret_access_key, session_token }
    }

    /// Its name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Scheme and host of its address.
    pub(super) fn origin(&self) -> &str {
        self.base.strip_suffix(&self.path).unwrap_or(&self.base)
    }

    /// Where forms are posted to.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    pub(super) fn session_token(&self) -> Option<&str> {
        self.session_token.as_ref().map(|token| token.expose().as_str())
    }

    /// `AKID/20260101/eu-central-1/s3/aws4_request`.
    pub(super) fn credential(&self, now: &Instant) -> String {
        format!("{}/{}", self.access_key_id, self.scope(now))
    }

    fn scope(&self, now: &Instant) -> String {
        format!("{}/{}/s3/aws4_request", now.date(), self.region)
    }

    /// A link that is good for one method on one object with this query and these headers, for as long as `life`.
    pub(super) fn link(
        &self,
        method: &Method,
        key: &str,
        query: &[(&str, &str)],
        headers: &[(&str, &str)],
        life: Span,
        now: Timestamp,
    ) -> String {
        let now = Instant::of(now);
        let mut headers: Vec<(&str, &str)> =
            headers.iter().copied().chain([("host", self.host.as_str())]).collect();
        headers.sort_unstable();
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let (credential, seconds) = (self.credential(&now), life.as_secs_ceil().to_string());
        let mut query: Vec<(String, String)> = query
            .iter()
            .copied()
            .chain([
                ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
                ("X-Amz-Credential", credential.as_str()),
                ("X-Amz-Date", now.0.as_str()),
                ("X-Amz-Expires", seconds.as_str()),
                ("X-Amz-SignedHeaders", names.as_str()),
            ])
            .chain(self.session_token().map(|token| ("X-Amz-Security-Token", token)))
            .map(|(name, value)| (encoded(name), encoded(value)))
            .collect();
        query.sort_unstable();
        let pairs: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let query = pairs.join("&");
        let path: Vec<String> = key.split('/').map(encoded).collect();
        let path = format!("/{}", path.join("/"));

        let mut request = format!("{method}\n{}{path}\n{query}\n", self.path);
        for (name, value) in &headers {
            let _ = writeln!(request, "{name}:{}", value.trim());
        }
        let _ = write!(request, "\n{names}\nUNSIGNED-PAYLOAD");
        let digest = hex(digest::digest(&digest::SHA256, request.as_bytes()).as_ref());
        let text = format!("AWS4-HMAC-SHA256\n{}\n{}\n{digest}", now.0, self.scope(&now));
        format!("{}{path}?{query}&X-Amz-Signature={}", self.base, self.signature(&now, &text))
    }

    /// The signature of `text` under the key of the day.
    pub(super) fn signature(&self, now: &Instant, text: &str) -> String {
        signature(&self.secret_access_key, [now.date(), &self.region, "s3"], text)
    }
}

/// The signature of `text` under the key of `secret` for a date, a Region and a service.
pub(crate) fn signature(secret: &Secret<String>, [date, region, service]: [&str; 3], text: &str) -> String {
    let secret = format!("AWS4{}", secret.expose());
    let steps = [date, region, service, "aws4_request", text];
    let signed = steps.iter().fold(secret.into_bytes(), |key, step| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        hmac::sign(&key, step.as_bytes()).as_ref().to_vec()
    });
    hex(&signed)
}

/// `20260101T000000Z`.
pub(crate) struct Instant(pub(crate) String);

impl Instant {
    pub(crate) fn of(at: Timestamp) -> Self {
        let text = at.to_string();
        let whole = text.split('.').next().unwrap_or_default();
        Self(format!("{}Z", whole.replace(['-', ':'], "")))
    }

    pub(crate) fn date(&self) -> &str {
        self.0.split('T').next().unwrap_or_default()
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Everything but RFC 3986's unreserved characters as `%XX`.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(endpoint: Option<&str>, token: Option<&str>) -> Signer {
        Signer::new(
            "examplebucket".into(),
            "us-east-1".into(),
            endpoint,
            "AKIAIOSFODNN7EXAMPLE".into(),
            Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into()),
            token.map(|token| Secret::new(token.to_owned())),
        )
    }

    // 2013-05-24T00:00:00Z.
    const AT: Timestamp = Timestamp::from_ms(1_369_353_600_000);

    #[test]
    fn aws_own_example_is_signed_as_documented() {
        // "Authenticating requests: using query parameters", S3 API reference; there the host has no Region.
        let mut signer = signer(None, None);
        signer.host = "examplebucket.s3.amazonaws.com".into();
        signer.base = "https://examplebucket.s3.amazonaws.com".into();
        let link = signer.link(&Method::GET, "test.txt", &[], &[], Span::from_secs(86_400), AT);
        assert_eq!(
            link,
            "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
             &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
             &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
        );
    }

    #[test]
    fn links_are_those_that_botocore_signs() {
        // botocore 1.44.5, generate_presigned_url of get_object and head_object at 2026-11-01T00:00:00Z.
        let disposition = "attachment; filename*=UTF-8''%E8%A6%8B.png";
        let query = [("response-content-type", "image/png"), ("response-content-disposition", disposition)];
        let local = Some("http://127.0.0.1:4566");
        let get = (Method::GET, "in/a/b-0", &query[..]);
        let head = (Method::HEAD, "out/a/b c", &query[..0]);
        for (endpoint, (method, key, query), signature) in [
            (None, get.clone(), "564428876e509de9ba0834c2db72913b9da6edd6eb0a6a34f4db1c50935307b9"),
            (None, head.clone(), "495de4f6d126d5d8634df1ee07034a8eddbe0a6250e3ea8df0e87cac87483c8c"),
            (local, get, "779a2e86565a4bc15926f7bddda6b769c6fd592744a5e1efc96b821d7518d7b4"),
            (local, head, "e0b3ddb564d3d5d8a61fd8acfe666dbe1898e5f90c7b6fd0195c5461f6871dfe"),
        ] {
            let signer = Signer::new(
                "media".into(),
                "ap-northeast-1".into(),
                endpoint,
                "AKIAIOSFODNN7EXAMPLE".into(),
                Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into()),
                Some(Secret::new("FwoGZXIvYXdzE/tok+en==".into())),
            );
            let now = Timestamp::from_ms(1_793_491_200_000);
            let link = signer.link(&method, key, query, &[], Span::from_secs(300), now);
            assert!(link.ends_with(&format!("&X-Amz-Signature={signature}")), "{link}");
        }
    }

    #[test]
    fn a_local_endpoint_has_the_bucket_in_its_path() {
        let link = signer(Some("http://127.0.0.1:4566"), Some("tok/en")).link(
            &Method::PUT,
            "in/a b",
            &[("partNumber", "1"), ("uploadId", "x+y")],
            &[("x-amz-copy-source", "/examplebucket/é")],
            Span::from_secs(300),
            AT,
        );
        assert!(link.starts_with("http://127.0.0.1:4566/examplebucket/in/a%20b?X-Amz-Algorithm="), "{link}");
        for part in [
            "&X-Amz-Security-Token=tok%2Fen&",
            "&X-Amz-SignedHeaders=host%3Bx-amz-copy-source&",
            "&partNumber=1&uploadId=x%2By&X-Amz-Signature=",
        ] {
            assert!(link.contains(part), "{part}: {link}");
        }
    }
}
