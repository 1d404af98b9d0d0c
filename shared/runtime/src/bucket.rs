//! Files in S3: written, read and handed out by links that are good for minutes.
//!
//! Every call is made by a link that is signed for it, so that there is one way of signing for us, for operators'
//! browsers and for customers' apps. The SDK for S3 would double the size of a function, for eight operations.

use std::fmt;
use std::time::Duration;

use aws_smithy_types::body::SdkBody;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, RANGE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use madoguchi_domain::Span;

use crate::aws::transport::Transport;
use crate::clock::Clock;

mod form;
pub(crate) mod sign;
mod upload;

pub use form::PostForm;
pub use sign::Signer;
pub use upload::{PART_BYTES, Upload};

/// A link that we call at once.
const OWN_LINK: Span = Span::from_minutes(5);
/// One attempt of a call: a part of 8 MB takes well under a second.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
const ATTEMPTS: u32 = 3;
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
/// No answer that we read whole is larger: the largest is a picture that a preview is made of.
const LARGEST_ANSWER_BYTES: usize = 32 * 1024 * 1024;

/// One bucket.
#[derive(Clone)]
pub struct Bucket {
    transport: Transport,
    signer: Signer,
    clock: Clock,
}

/// A call to the bucket did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    /// Nobody answered, or not with a verdict, three times.
    #[error("the bucket could not be reached for {operation}: {detail}")]
    Unavailable {
        /// What was asked for.
        operation: &'static str,
        /// The fault.
        detail: String,
    },
    /// It refused.
    #[error("the bucket refused {operation}: {status} {code}")]
    Refused {
        /// What was asked for.
        operation: &'static str,
        /// HTTP status.
        status: u16,
        /// S3's code.
        code: String,
    },
}

/// What is known of an object without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its size.
    pub size_bytes: u64,
}

/// What an object is stored as.
#[derive(Clone, Copy, Debug)]
pub struct Described<'a> {
    /// The content type that it is handed out with.
    pub content_type: &'a str,
    /// Whether it is shown or saved, see [`disposition`].
    pub disposition: &'a str,
}

impl Bucket {
    pub(crate) fn new(transport: Transport, signer: Signer, clock: Clock) -> Self {
        Self { transport, signer, clock }
    }

    /// The origin of its links and forms, such as `https://bucket.s3.eu-central-1.amazonaws.com`.
    pub fn origin(&self) -> &str {
        self.signer.origin()
    }

    /// A link by which anybody can `method` (`GET` or `HEAD`) the object for as long as `life`, at most seven days. The
    /// answer says what `as_what` says, whatever the object was stored as.
    pub fn link(&self, method: &Method, key: &str, life: Span, as_what: Option<Described<'_>>) -> String {
        let mut query = Vec::new();
        if let Some(Described { content_type, disposition }) = as_what {
            query.push(("response-content-type", content_type));
            query.push(("response-content-disposition", disposition));
        }
        self.signer.link(method, key, &query, &[], life, self.clock.now())
    }

    /// A form by which anybody can upload one object of exactly this type and at most this size.
    pub fn post_form(&self, key: &str, content_type: &str, size_bytes: u64, life: Span) -> PostForm {
        form::post_form(&self.signer, key, content_type, size_bytes, life, self.clock.now())
    }

    /// Stores a whole object; one that is there is replaced.
    pub async fn put(&self, key: &str, bytes: Vec<u8>, described: Described<'_>) -> Result<(), BucketError> {
        let call =
            Call { headers: described.headers(), body: bytes, ..Call::new("PutObject", Method::PUT, key) };
        self.call(call).await.map(drop)
    }

    /// Begins to store an object of which nobody knows yet how large it is.
    pub async fn begin_upload(&self, key: &str, described: Described<'_>) -> Result<Upload<'_>, BucketError> {
        Upload::begin(self, key, described).await
    }

    /// Deletes an object; deleting what is not there succeeds.
    pub async fn delete(&self, key: &str) -> Result<(), BucketError> {
        match self.call(Call::new("DeleteObject", Method::DELETE, key)).await {
            Err(BucketError::Refused { status: 404, .. }) => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// What is known of an object; `None` if it is not there.
    pub async fn head(&self, key: &str) -> Result<Option<Head>, BucketError> {
        let answer = present(self.call(Call::new("HeadObject", Method::HEAD, key)).await)?;
        let size = |answer: &Answer| answer.headers.get("content-length")?.to_str().ok()?.parse().ok();
        Ok(answer.map(|answer| Head { size_bytes: size(&answer).unwrap_or_default() }))
    }

    /// At most `length` bytes of an object from `start` on; `None` if it is not there, or ends before `start`.
    pub async fn read(&self, key: &str, start: u64, length: u64) -> Result<Option<Vec<u8>>, BucketError> {
        let range = format!("bytes={start}-{}", (start + length).saturating_sub(1));
        let headers = HeaderMap::from_iter([(RANGE, value(&range))]);
        let call = Call { headers, ..Call::new("GetObject", Method::GET, key) };
        match self.call(call).await {
            Err(BucketError::Refused { status: 416, .. }) => Ok(None),
            answer => Ok(present(answer)?.map(|answer| answer.body)),
        }
    }

    /// Copies an object within the bucket, at most 5 GB; `false` if it is not there.
    pub async fn copy(&self, from: &str, to: &str, described: Described<'_>) -> Result<bool, BucketError> {
        let mut headers = described.headers();
        headers.insert(COPY_SOURCE, value(&format!("/{}/{from}", self.signer.bucket())));
        headers.insert(METADATA_DIRECTIVE, value("REPLACE"));
        let call = Call { headers, ..Call::new("CopyObject", Method::PUT, to) };
        match present(self.call(call).await)? {
            None => Ok(false),
            // S3 answers 200 before it copies, and tells a failure in the body.
            Some(answer) => answer.without_error("CopyObject").map(|_| true),
        }
    }

    async fn call(&self, call: Call<'_>) -> Result<Answer, BucketError> {
        let mut backoff = FIRST_BACKOFF;
        for attempt in 1.. {
            let failure = match tokio::time::timeout(ATTEMPT_TIMEOUT, self.attempt(&call)).await {
                Ok(Ok(answer)) if answer.status.is_success() => return Ok(answer),
                Ok(Ok(answer)) if !answer.status.is_server_error() => {
                    let (status, code) = (answer.status.as_u16(), answer.code());
                    return Err(BucketError::Refused { operation: call.operation, status, code });
                }
                Ok(Ok(answer)) => format!("{} {}", answer.status.as_u16(), answer.code()),
                Ok(Err(fault)) => fault,
                Err(_) => "timeout".to_owned(),
            };
            if attempt >= ATTEMPTS {
                return Err(BucketError::Unavailable { operation: call.operation, detail: failure });
            }
            tokio::time::sleep(backoff).await;
            backoff *= 2;
        }
        Err(BucketError::Unavailable { operation: call.operation, detail: String::new() })
    }

    async fn attempt(&self, call: &Call<'_>) -> Result<Answer, String> {
        // What S3 acts on must be signed; the rest of the headers need not.
        let signed: Vec<(&str, &str)> = call
            .headers
            .iter()
            .filter(|(name, _)| name.as_str().starts_with("x-amz-"))
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
            .collect();
        let query: Vec<(&str, &str)> =
            call.query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let url = self.signer.link(&call.method, call.key, &query, &signed, OWN_LINK, self.clock.now());
        let mut request = Request::builder().method(&call.method).uri(url);
        if let Some(headers) = request.headers_mut() {
            headers.extend(call.headers.clone());
        }
        let request = request.body(SdkBody::from(call.body.clone())).map_err(|error| error.to_string())?;
        let (head, body) = self.transport.send(request, LARGEST_ANSWER_BYTES).await?.into_parts();
        Ok(Answer { status: head.status, headers: head.headers, body })
    }
}

/// Without keys and signatures.
impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket").field("name", &self.signer.bucket()).finish_non_exhaustive()
    }
}

const COPY_SOURCE: HeaderName = HeaderName::from_static("x-amz-copy-source");
const METADATA_DIRECTIVE: HeaderName = HeaderName::from_static("x-amz-metadata-directive");

struct Call<'a> {
    operation: &'static str,
    method: Method,
    key: &'a str,
    query: Vec<(&'static str, String)>,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl<'a> Call<'a> {
    fn new(operation: &'static str, method: Method, key: &'a str) -> Self {
        Self { operation, method, key, query: Vec::new(), headers: HeaderMap::new(), body: Vec::new() }
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn code(&self) -> String {
        self.element("Code").unwrap_or_default().to_owned()
    }

    /// The text of an element of S3's flat XML.
    fn element(&self, name: &str) -> Option<&str> {
        let (_, rest) = str::from_utf8(&self.body).ok()?.split_once(&format!("<{name}>"))?;
        Some(rest.split_once("</")?.0)
    }

    fn without_error(self, operation: &'static str) -> Result<Self, BucketError> {
        if self.element("Error").is_none() {
            return Ok(self);
        }
        Err(BucketError::Unavailable { operation, detail: self.code() })
    }

    fn etag(&self) -> Option<String> {
        Some(self.headers.get(ETAG)?.to_str().ok()?.to_owned())
    }
}

impl Described<'_> {
    fn headers(self) -> HeaderMap {
        HeaderMap::from_iter([
            (CONTENT_TYPE, value(self.content_type)),
            (CONTENT_DISPOSITION, value(self.disposition)),
        ])
    }
}

/// `Content-Disposition` for a file that is shown in place or saved, under its name if it has one.
pub fn disposition(inline: bool, name: Option<&str>) -> String {
    let how = if inline { "inline" } else { "attachment" };
    match name {
        None => how.to_owned(),
        // RFC 8187: whatever the name is made of, only unreserved characters reach the header.
        Some(name) => format!("{how}; filename*=UTF-8''{}", sign::encoded(name)),
    }
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream"))
}

fn present(answer: Result<Answer, BucketError>) -> Result<Option<Answer>, BucketError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        // Without permission to list a bucket, S3 answers 403 for what is not there.
        Err(BucketError::Refused { status: 404 | 403, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_break_out_of_its_header() {
        assert_eq!(disposition(true, None), "inline");
        let nasty = disposition(false, Some("見積\"; filename=evil.exe\r\nX: y"));
        assert!(nasty.starts_with(
            "attachment; filename*=UTF-8''%E8%A6%8B%E7%A9%8D%22%3B%20filename%3Devil.exe%0D%0AX"
        ));
        assert!(HeaderValue::from_str(&nasty).is_ok());
    }
}
