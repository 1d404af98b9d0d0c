//! Where a provider hands out what customers sent, by a script per path.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Response, StatusCode, header};
use futures::stream;

use super::server::serve;

/// The endpoint. Clones share everything.
#[derive(Clone)]
pub struct Files {
    url: String,
    scripts: Arc<Mutex<HashMap<String, VecDeque<File>>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

/// One answer.
#[derive(Clone, Debug)]
pub enum File {
    /// A status without a file.
    Status(u16),
    /// A file.
    Bytes(Vec<u8>),
    /// A file of so many bytes, which are made while they are read.
    Large(u64),
    /// A file that breaks off after so many bytes of twice as many.
    Broken(usize),
}

/// Bytes that a large file is made of at a time.
const PIECE: usize = 64 * 1024;

impl Files {
    /// Starts an endpoint that knows no file.
    pub async fn start() -> Self {
        let scripts: Arc<Mutex<HashMap<String, VecDeque<File>>>> = Arc::default();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (known, log) = (Arc::clone(&scripts), Arc::clone(&asked));
        let router = Router::new().fallback(move |request: Request| {
            let path = request.uri().path().to_owned();
            log.lock().unwrap().push(path.clone());
            let mut known = known.lock().unwrap();
            let file = match known.get_mut(&path) {
                // The last answer stays.
                Some(script) if script.len() > 1 => script.pop_front().unwrap(),
                Some(script) => script.front().cloned().unwrap(),
                None => File::Status(404),
            };
            async move { answer(file) }
        });
        Self { url: serve(router).await, scripts, asked }
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Answers requests for `path` one after the other; the last answer stays. Returns the address.
    pub fn script(&self, path: &str, answers: impl IntoIterator<Item = File>) -> String {
        self.scripts.lock().unwrap().insert(path.to_owned(), answers.into_iter().collect());
        format!("{}{path}", self.url)
    }

    /// The same for the content of a LINE message.
    pub fn line(&self, message_id: &str, answers: impl IntoIterator<Item = File>) {
        self.script(&format!("/v2/bot/message/{message_id}/content"), answers);
    }

    /// The paths that were asked for.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(file: File) -> Response<Body> {
    let respond = |status: u16, length: Option<u64>, body: Body| {
        let response = Response::builder().status(StatusCode::from_u16(status).unwrap());
        let response = match length {
            Some(length) => response.header(header::CONTENT_LENGTH, length),
            None => response,
        };
        response.body(body).unwrap()
    };
    match file {
        File::Status(status) => respond(status, None, Body::empty()),
        File::Bytes(bytes) => respond(200, Some(bytes.len() as u64), Body::from(bytes)),
        File::Large(size) => {
            let pieces = stream::unfold(size, |left| async move {
                let length = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
                (length > 0).then(|| (Ok::<_, std::io::Error>(vec![7_u8; length]), left - length as u64))
            });
            respond(200, Some(size), Body::from_stream(pieces))
        }
        File::Broken(after) => {
            let pieces =
                stream::iter([Ok(vec![7_u8; after]), Err(std::io::Error::other("broken off on purpose"))]);
            respond(200, Some(after as u64 * 2), Body::from_stream(pieces))
        }
    }
}
