//! A bucket that counts what is put into it and keeps none of it: 200 MB would be the measuring process's, not ours.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};

/// The bucket's name.
pub(super) const BUCKET: &str = "media";

/// The bucket. Clones share everything.
#[derive(Clone, Default)]
pub(super) struct Sink(Arc<Mutex<BTreeMap<String, Object>>>);

#[derive(Default)]
struct Object {
    bytes: u64,
    /// Whether it was put as a whole, or all its parts were put together.
    whole: bool,
}

impl Sink {
    /// Whether a request is for the bucket and not for another service: it is signed in its address.
    pub(super) fn is_for(uri: &Uri) -> bool {
        uri.query().is_some_and(|query| query.contains("X-Amz-Signature="))
    }

    /// How many bytes lie under a key, if all of them do.
    pub(super) fn bytes_at(&self, key: &str) -> Option<u64> {
        self.with(|objects| objects.get(key).filter(|object| object.whole).map(|object| object.bytes))
    }

    /// Answers as S3 does.
    pub(super) fn answer(&self, method: &Method, uri: &Uri, size_bytes: usize) -> Response {
        let Some(key) = uri.path().strip_prefix(&format!("/{BUCKET}/")) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let query = uri.query().unwrap_or_default();
        let has = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
        let (begins, part) = (has("uploads"), has("uploadId"));
        let size_bytes = size_bytes as u64;
        self.with(|objects| match (method.as_str(), begins, part) {
            ("POST", true, _) => {
                objects.insert(key.to_owned(), Object::default());
                "<R><UploadId>upload</UploadId></R>".into_response()
            }
            ("PUT", _, true) => {
                let Some(object) = objects.get_mut(key) else { return StatusCode::NOT_FOUND.into_response() };
                object.bytes += size_bytes;
                (HeaderMap::from_iter([(header::ETAG, HeaderValue::from_static("\"part\""))]), ())
                    .into_response()
            }
            ("POST", _, true) => {
                let Some(object) = objects.get_mut(key) else { return StatusCode::NOT_FOUND.into_response() };
                object.whole = true;
                "<R></R>".into_response()
            }
            ("PUT", ..) => {
                objects.insert(key.to_owned(), Object { bytes: size_bytes, whole: true });
                "<R></R>".into_response()
            }
            ("DELETE", ..) => {
                objects.remove(key);
                StatusCode::NO_CONTENT.into_response()
            }
            _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
        })
    }

    fn with<T>(&self, look: impl FnOnce(&mut BTreeMap<String, Object>) -> T) -> T {
        // What a count was when somebody else failed is as good as ever.
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_in_parts_is_there_when_it_is_completed() {
        let sink = Sink::default();
        let call = |method: Method, query: &str, size| {
            let uri: Uri = format!("/media/in/1/2?{query}&X-Amz-Signature=3").parse().unwrap();
            assert!(Sink::is_for(&uri));
            sink.answer(&method, &uri, size).status().as_u16()
        };
        assert_eq!(call(Method::PUT, "partNumber=1&uploadId=upload", 8), 404, "not begun");
        assert_eq!(call(Method::POST, "uploads=", 0), 200);
        assert_eq!(call(Method::PUT, "partNumber=1&uploadId=upload", 8), 200);
        assert_eq!(call(Method::PUT, "partNumber=2&uploadId=upload", 3), 200);
        assert_eq!(sink.bytes_at("in/1/2"), None);
        assert_eq!(call(Method::POST, "uploadId=upload", 0), 200);
        assert_eq!(sink.bytes_at("in/1/2"), Some(11));
        assert_eq!(call(Method::PUT, "x=1", 5), 200);
        assert_eq!(sink.bytes_at("in/1/2"), Some(5));
        assert_eq!(call(Method::DELETE, "x=1", 0), 204);
        assert_eq!(sink.bytes_at("in/1/2"), None);
    }

    #[test]
    fn other_services_are_not_the_bucket() {
        assert!(!Sink::is_for(&Uri::from_static("/")));
    }
}
