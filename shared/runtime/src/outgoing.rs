//! Calls of addresses that an administrator has chosen: the open internet, and nothing that only this stack can reach
//! (OPS-1).

use std::error::Error;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use madoguchi_domain::webhook::{Fault, URL_LENGTH, is_public};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Body, Client, Url};

use crate::http::HttpError;
use crate::tls;

/// From the name to the end of the answer.
const TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// As much of a refusal as helps to understand it, in bytes.
const KEPT_ANSWER: usize = 256;

/// Why an address is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefused {
    /// Another scheme, a user in it, or no URL at all.
    #[error("the address must look like https://example.com/hook, without user, password and fragment")]
    Form,
    /// It is longer than anybody needs.
    #[error("the address is longer than {URL_LENGTH} bytes")]
    TooLong,
    /// This machine, a private network, a name without a dot.
    #[error("the address must be one of the open internet")]
    NotPublic,
}

/// The address `text`, if it may be called. What its name leads to is looked at whenever it is called. `loopback` also lets
/// this machine be called, without TLS.
pub fn checked(text: &str, loopback: bool) -> Result<Url, AddressRefused> {
    if text.len() > URL_LENGTH {
        return Err(AddressRefused::TooLong);
    }
    let url = Url::parse(text).map_err(|_| AddressRefused::Form)?;
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase();
    if !plain || host.is_empty() || !matches!(url.scheme(), "https" | "http") {
        return Err(AddressRefused::Form);
    }
    let address: Option<IpAddr> = host.parse().ok();
    let here = host == "localhost" || address.is_some_and(|address| address.is_loopback());
    if loopback && here {
        return Ok(url);
    }
    let named = || host.trim_end_matches('.').contains('.') && !is_inner(&host);
    match (url.scheme(), address) {
        ("http", _) => Err(AddressRefused::Form),
        (_, Some(address)) if is_public(address) => Ok(url),
        (_, None) if named() => Ok(url),
        _ => Err(AddressRefused::NotPublic),
    }
}

/// Names that are reserved for networks of one's own (RFC 6761, RFC 6762, ICANN's `internal`).
fn is_inner(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    [".localhost", ".local", ".internal", ".home.arpa"].iter().any(|end| host.ends_with(end))
}

/// What a receiver answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The status; `None` if there was no answer.
    pub status: Option<u16>,
    /// Why it does not count.
    pub fault: Option<Fault>,
    /// The beginning of what was answered, unless it counts.
    pub answer: Option<String>,
}

/// Calls receivers.
#[derive(Clone, Debug)]
pub struct Receivers {
    client: Client,
    loopback: bool,
}

impl Receivers {
    /// A client that follows no redirect and ignores proxy variables; every call takes at most 10 seconds. `loopback` as
    /// for [`checked`].
    pub fn new(loopback: bool) -> Result<Self, HttpError> {
        Ok(Self { client: client(loopback, TIMEOUT)?, loopback })
    }

    /// The same, with another time for a call.
    pub fn with_timeout(loopback: bool, timeout: Duration) -> Result<Self, HttpError> {
        Ok(Self { client: client(loopback, timeout)?, loopback })
    }

    /// Posts to `url`, JSON unless `headers` say otherwise. Taken is what is answered by one of the 200s.
    pub async fn post(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: impl Into<Body>,
    ) -> Answered {
        // What was allowed when it was entered need not be allowed now.
        let Ok(url) = checked(url, self.loopback) else { return unanswered(Fault::AddressRefused) };
        let mut response = match self.client.post(url).headers(header_map(headers)).body(body).send().await {
            Ok(response) => response,
            Err(error) => return unanswered(fault(&error)),
        };
        let status = Some(response.status().as_u16());
        if response.status().is_success() {
            return Answered { status, fault: None, answer: None };
        }
        let mut answer = Vec::new();
        while answer.len() < KEPT_ANSWER {
            // A refusal stays one, wherever its text ends.
            let Ok(Some(piece)) = response.chunk().await else { break };
            answer.extend_from_slice(&piece[..piece.len().min(KEPT_ANSWER - answer.len())]);
        }
        let answer = Some(String::from_utf8_lossy(&answer).into_owned()).filter(|text| !text.is_empty());
        Answered { status, fault: Some(Fault::Status), answer }
    }
}

impl Receivers {
    /// Posts JSON to `url` within `timeout`, and returns what one of the 200s answered, at most `most` bytes of it.
    pub async fn ask(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: String,
        timeout: Duration,
        most: usize,
    ) -> Result<Vec<u8>, Fault> {
        let url = checked(url, self.loopback).map_err(|_| Fault::AddressRefused)?;
        let call = self.client.post(url).headers(header_map(headers)).body(body).timeout(timeout);
        let mut response = call.send().await.map_err(|error| fault(&error))?;
        if !response.status().is_success() {
            return Err(Fault::Status);
        }
        let mut answer = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| fault(&error))? {
            if answer.len() + piece.len() > most {
                return Err(Fault::Status);
            }
            answer.extend_from_slice(&piece);
        }
        Ok(answer)
    }
}

fn header_map(headers: &[(&'static str, String)]) -> HeaderMap {
    let mut all = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            all.insert(HeaderName::from_static(name), value);
        }
    }
    all
}

fn unanswered(fault: Fault) -> Answered {
    Answered { status: None, fault: Some(fault), answer: None }
}

fn fault(error: &reqwest::Error) -> Fault {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<NotPublic>() {
            return Fault::AddressRefused;
        }
        cause = error.source();
    }
    if error.is_timeout() { Fault::Timeout } else { Fault::Unreachable }
}

fn client(loopback: bool, timeout: Duration) -> Result<Client, HttpError> {
    Ok(Client::builder()
        .tls_backend_preconfigured(tls::client_config()?)
        .redirect(Policy::none())
        .no_proxy()
        .dns_resolver(Arc::new(PublicNames { loopback }))
        .connect_timeout(CONNECT_TIMEOUT.min(timeout))
        .timeout(timeout)
        // Receivers are many and seldom: what is kept open would be closed by them unseen.
        .pool_max_idle_per_host(0)
        .user_agent("madoguchi-webhooks")
        .build()?)
}

/// A name leads nowhere that may be called.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to no address of the open internet")]
struct NotPublic;

/// Looks names up, and forgets what may not be called. A name that was public when it was checked and leads elsewhere when it
/// is called thus leads nowhere: the connection is made to what was looked at here.
#[derive(Debug)]
struct PublicNames {
    loopback: bool,
}

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        let loopback = self.loopback;
        Box::pin(async move {
            let look_up = move || (name.as_str(), 0).to_socket_addrs();
            let found = tokio::task::spawn_blocking(look_up).await??;
            let allowed = allowed(found, loopback);
            if allowed.is_empty() {
                return Err(NotPublic.into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}

fn allowed(found: impl Iterator<Item = SocketAddr>, loopback: bool) -> Vec<SocketAddr> {
    let may = |address: &SocketAddr| is_public(address.ip()) || (loopback && address.ip().is_loopback());
    found.filter(may).collect()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::StatusCode;
    use axum::response::Redirect;
    use axum::routing::post;

    use super::*;

    #[test]
    fn ops_1_only_addresses_of_the_open_internet_are_taken() {
        use AddressRefused::{Form, NotPublic, TooLong};
        let long = format!("https://example.com/{}", "a".repeat(URL_LENGTH));
        let table = [
            ("https://example.com/hook?a=b", Ok(()), Ok(())),
            ("https://example.com:8443/", Ok(()), Ok(())),
            ("https://8.8.8.8/", Ok(()), Ok(())),
            ("https://[2606:4700::1111]/", Ok(()), Ok(())),
            ("http://example.com/hook", Err(Form), Err(Form)),
            ("ftp://example.com/", Err(Form), Err(Form)),
            ("https://user@example.com/", Err(Form), Err(Form)),
            ("https://:secret@example.com/", Err(Form), Err(Form)),
            ("https://example.com/#a", Err(Form), Err(Form)),
            ("example.com", Err(Form), Err(Form)),
            ("", Err(Form), Err(Form)),
            (&long, Err(TooLong), Err(TooLong)),
            ("https://intranet/", Err(NotPublic), Err(NotPublic)),
            ("https://db.internal/", Err(NotPublic), Err(NotPublic)),
            ("https://printer.local./", Err(NotPublic), Err(NotPublic)),
            ("https://a.localhost/", Err(NotPublic), Err(NotPublic)),
            ("https://10.0.0.1/", Err(NotPublic), Err(NotPublic)),
            ("https://169.254.169.254/latest/meta-data/", Err(NotPublic), Err(NotPublic)),
            ("https://[fd00:ec2::254]/", Err(NotPublic), Err(NotPublic)),
            // Other spellings of the same address.
            ("https://2130706433/", Err(NotPublic), Ok(())),
            ("https://0x7f.1/", Err(NotPublic), Ok(())),
            ("https://[::ffff:10.0.0.1]/", Err(NotPublic), Err(NotPublic)),
            ("https://127.0.0.1/", Err(NotPublic), Ok(())),
            ("http://127.0.0.1:9/", Err(Form), Ok(())),
            ("http://localhost:9/", Err(Form), Ok(())),
            ("http://[::1]:9/", Err(Form), Ok(())),
        ];
        for (text, open, local) in table {
            assert_eq!(checked(text, false).map(drop), open, "{text}");
            assert_eq!(checked(text, true).map(drop), local, "{text}, and this machine");
        }
    }

    #[test]
    fn ops_1_what_a_name_leads_to_is_looked_at_when_it_is_called() {
        let found = ["8.8.8.8:0", "10.0.0.1:0", "127.0.0.1:0"].map(|text| text.parse().unwrap());
        assert_eq!(allowed(found.into_iter(), false), found[..1]);
        assert_eq!(allowed(found.into_iter(), true), [found[0], found[2]]);
    }

    async fn server() -> String {
        let routes = Router::new()
            .route("/taken", post(|| async { StatusCode::ACCEPTED }))
            .route("/moved", post(|| async { Redirect::temporary("/taken") }))
            .route("/broken", post(|| async { (StatusCode::BAD_GATEWAY, "x".repeat(10_000)) }))
            .route("/slow", post(std::future::pending::<StatusCode>));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        format!("http://localhost:{}", address.port())
    }

    #[tokio::test]
    async fn ops_2_only_the_200s_count_and_redirects_lead_nowhere() {
        let base = server().await;
        let receivers = Receivers::with_timeout(true, Duration::from_millis(300)).unwrap();
        let call = async |path: &str| {
            let answered = receivers.post(&format!("{base}{path}"), &[], "{}").await;
            (answered.status, answered.fault, answered.answer.map(|text| text.len()))
        };
        assert_eq!(call("/taken").await, (Some(202), None, None));
        assert_eq!(call("/moved").await, (Some(307), Some(Fault::Status), None));
        assert_eq!(call("/broken").await, (Some(502), Some(Fault::Status), Some(KEPT_ANSWER)));
        assert_eq!(call("/slow").await, (None, Some(Fault::Timeout), None));
        let nobody = receivers.post("http://127.0.0.1:1/", &[], "{}").await;
        assert_eq!(nobody.fault, Some(Fault::Unreachable));
    }

    #[tokio::test]
    async fn ops_1_a_name_that_leads_to_this_machine_is_not_called() {
        let client = client(false, TIMEOUT).unwrap();
        let error = client.post("https://localhost:1/").send().await.unwrap_err();
        assert_eq!(fault(&error), Fault::AddressRefused, "{error:?}");
        let refused = Receivers::new(false).unwrap().post("https://127.0.0.1/", &[], String::new()).await;
        assert_eq!(refused.fault, Some(Fault::AddressRefused));
    }
}
