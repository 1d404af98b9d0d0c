//! S3 in memory, as far as the functions use it: one bucket, links and forms. Signatures are not verified (the unit
//! tests compare them with AWS's own), but every call must carry one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::server::serve;

/// The bucket's name.
pub const BUCKET: &str = "media";

/// The endpoint and what it holds. Clones share everything.
#[derive(Clone)]
pub struct FakeS3 {
    url: String,
    state: Arc<Mutex<State>>,
}

/// An object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What it is handed out as.
    pub content_type: String,
    /// Whether it is shown or saved.
    pub disposition: String,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Object>,
    uploads: BTreeMap<String, Parts>,
    largest_part: usize,
    begun: usize,
    calls: Vec<String>,
}

struct Parts {
    key: String,
    described: (String, String),
    pieces: BTreeMap<usize, Vec<u8>>,
}

impl FakeS3 {
    /// Starts an endpoint with an empty bucket.
    pub async fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let router = Router::new().fallback(move |request: Request| {
            let state = Arc::clone(&shared);
            async move {
                let (head, body) = request.into_parts();
                let body = to_bytes(body, usize::MAX).await.unwrap();
                state.lock().unwrap().answer(&head.method, &head.uri, &head.headers, body)
            }
        });
        Self { url: serve(router).await, state }
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Every object, by key.
    pub fn objects(&self) -> BTreeMap<String, Object> {
        self.state().objects.clone()
    }

    /// Puts an object there, as the form of an upload does.
    pub fn upload(&self, key: &str, content_type: &str, bytes: impl Into<Vec<u8>>) {
        let object =
            Object { bytes: bytes.into(), content_type: content_type.to_owned(), disposition: String::new() };
        self.state().objects.insert(key.to_owned(), object);
    }

    /// Removes an object, as the bucket's rules do.
    pub fn expire(&self, key: &str) {
        self.state().objects.remove(key);
    }

    /// The largest piece that was sent at once.
    pub fn largest_part(&self) -> usize {
        self.state().largest_part
    }

    /// Uploads in pieces that were neither completed nor aborted.
    pub fn unfinished(&self) -> usize {
        self.state().uploads.len()
    }

    /// What was called, such as `PUT in/…`.
    pub fn calls(&self) -> Vec<String> {
        self.state().calls.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl State {
    fn answer(
        &mut self,
        method: &Method,
        uri: &axum::http::Uri,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Response {
        let query: BTreeMap<String, String> = uri
            .query()
            .unwrap_or_default()
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let Some(key) = uri.path().strip_prefix(&format!("/{BUCKET}/")) else {
            return error(StatusCode::NOT_FOUND, "NoSuchBucket");
        };
        if !query.contains_key("X-Amz-Signature") {
            return error(StatusCode::FORBIDDEN, "AccessDenied");
        }
        self.calls.push(format!("{method} {key}"));
        let header = |name: &str| {
            headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let described = (header("content-type"), header("content-disposition"));
        match (method.as_str(), query.get("uploadId")) {
            ("POST", None) if query.contains_key("uploads") => {
                self.begun += 1;
                let id = format!("upload-{}", self.begun);
                let parts = Parts { key: key.to_owned(), described, pieces: BTreeMap::new() };
                self.uploads.insert(id.clone(), parts);
                format!("<R><UploadId>{id}</UploadId></R>").into_response()
            }
            ("PUT", Some(id)) => {
                let Some(upload) = self.uploads.get_mut(id) else {
                    return error(StatusCode::NOT_FOUND, "NoSuchUpload");
                };
                let number: usize = query["partNumber"].parse().unwrap();
                self.largest_part = self.largest_part.max(body.len());
                upload.pieces.insert(number, body.to_vec());
                ([("etag", format!("\"{number}\""))], ()).into_response()
            }
            ("POST", Some(id)) => {
                let Some(upload) = self.uploads.remove(id) else {
                    return error(StatusCode::NOT_FOUND, "NoSuchUpload");
                };
                let sizes: Vec<usize> = upload.pieces.values().map(Vec::len).collect();
                let small = |size: &usize| *size < 5 * 1024 * 1024;
                if sizes[..sizes.len() - 1].iter().any(small) {
                    return "<Error><Code>EntityTooSmall</Code></Error>".into_response();
                }
                let (content_type, disposition) = upload.described;
                let bytes = upload.pieces.into_values().flatten().collect();
                self.objects.insert(upload.key, Object { bytes, content_type, disposition });
                "<R></R>".into_response()
            }
            ("DELETE", Some(id)) => {
                self.uploads.remove(id);
                StatusCode::NO_CONTENT.into_response()
            }
            ("PUT", None) => {
                let (content_type, disposition) = described;
                let bytes = match header("x-amz-copy-source").strip_prefix(&format!("/{BUCKET}/")) {
                    Some(source) => match self.objects.get(source) {
                        Some(object) => object.bytes.clone(),
                        None => return error(StatusCode::NOT_FOUND, "NoSuchKey"),
                    },
                    None => body.to_vec(),
                };
                self.objects.insert(key.to_owned(), Object { bytes, content_type, disposition });
                "<R></R>".into_response()
            }
            ("DELETE", None) => {
                self.objects.remove(key);
                StatusCode::NO_CONTENT.into_response()
            }
            ("GET" | "HEAD", None) => match self.objects.get(key) {
                Some(object) => read(object, &header("range")),
                // Who may not list a bucket is not told that something is missing.
                None => error(StatusCode::FORBIDDEN, "AccessDenied"),
            },
            _ => error(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed"),
        }
    }
}

fn read(object: &Object, range: &str) -> Response {
    let headers =
        [("content-type", object.content_type.clone()), ("content-disposition", object.disposition.clone())];
    let Some((start, end)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return (headers, object.bytes.clone()).into_response();
    };
    let (start, end): (usize, usize) = (start.parse().unwrap(), end.parse().unwrap());
    if start >= object.bytes.len() {
        return error(StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange");
    }
    let bytes = object.bytes[start..object.bytes.len().min(end + 1)].to_vec();
    (StatusCode::PARTIAL_CONTENT, headers, bytes).into_response()
}

fn error(status: StatusCode, code: &str) -> Response {
    (status, format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code></Error>")).into_response()
}
