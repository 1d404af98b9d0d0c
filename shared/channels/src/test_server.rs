//! A provider that plays a script, one connection per step.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use serde_json::Value;

use crate::http::ProviderHttp;

/// What the provider does with one request, after reading all of it.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Answers: status, further headers, body.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// Says nothing until the client goes away.
    Hang,
    /// Closes the connection without an answer.
    Close,
    /// Promises more body than it sends.
    HalfAnswer,
}

impl Step {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::Answer(status, Vec::new(), body.to_string())
    }
}

pub(crate) struct TestServer {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
}

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// `POST /path?query`.
    pub(crate) line: String,
    /// With lowercase names.
    pub(crate) headers: String,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl TestServer {
    pub(crate) fn start(steps: impl IntoIterator<Item = Step>) -> Self {
        Self::start_with(|_| steps.into_iter().collect())
    }

    /// For answers that contain the server's own address.
    pub(crate) fn start_with(steps: impl FnOnce(&str) -> Vec<Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let steps = steps(&format!("http://{address}"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for step in steps {
                let Ok((stream, _)) = listener.accept() else { return };
                play(stream, step, &seen);
            }
        });
        Self { address, requests }
    }

    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn only_request(&self) -> Request {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests[0].clone()
    }
}

fn play(mut stream: TcpStream, step: Step, seen: &Mutex<Vec<Request>>) {
    let Some(request) = read_request(&mut stream) else { return };
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(request);
    // The client may have given up; then there is nobody to tell.
    let _ = match step {
        Step::Answer(status, headers, body) => {
            let headers: Vec<_> =
                headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            write!(
                stream,
                "HTTP/1.1 {status} Scripted\r\ncontent-length: {}\r\nconnection: close\r\n{}\r\n{body}",
                body.len(),
                headers.concat()
            )
        }
        Step::Hang => stream.read(&mut [0]).map(|_| ()),
        Step::Close => stream.shutdown(Shutdown::Both),
        Step::HalfAnswer => write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{{\"message_id\":"),
    };
}

fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(request) = complete(&bytes) {
            return Some(request);
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}

fn complete(bytes: &[u8]) -> Option<Request> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let (line, headers) = head.split_once("\r\n")?;
    let headers: Vec<_> = headers
        .lines()
        .filter_map(|header| header.split_once(':'))
        .map(|(name, value)| {
            format!(
                "{}:{value}
",
                name.to_ascii_lowercase()
            )
        })
        .collect();
    let headers = headers.concat();
    let length = headers.lines().find_map(|header| header.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |length| length.parse().unwrap());
    let line = line.strip_suffix(" HTTP/1.1").unwrap_or(line).to_owned();
    (body.len() >= length).then(|| Request { line, headers, body: body.to_owned() })
}

/// Calls without TLS; the configuration only keeps the client from looking for a default provider.
pub(crate) fn http() -> ProviderHttp {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    ProviderHttp::new(client.tls_backend_preconfigured(tls).build().unwrap())
}
