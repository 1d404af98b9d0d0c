//! What customers sent, as the provider hands it out. It is read piece by piece and never lies in memory as a whole.

use madoguchi_domain::Span;
use madoguchi_domain::credential::Cause;
use madoguchi_domain::media::MediaFailure;
use madoguchi_domain::send::{Refusal, RefusalClass};
use reqwest::header::{CONTENT_LENGTH, LOCATION};
use reqwest::{RequestBuilder, Response, Url};

use crate::http::{ProviderHttp, TransportError};
use crate::verdict::{Verdict, retry_after};

/// What came of asking for a file.
#[derive(Debug)]
pub enum MediaAnswer {
    /// Here it is.
    Found(Download),
    /// The provider is still preparing it (LINE does that with large videos).
    Preparing,
    /// The sender took it back.
    Gone,
    /// It will not be had.
    Failed(MediaFailure),
    /// Ask again later.
    Retry {
        /// For maintainers.
        detail: String,
        /// How long the provider asked us to wait.
        after: Option<Span>,
    },
    /// The credential does not work.
    Credential {
        /// What is wrong with it.
        cause: Cause,
        /// For maintainers.
        detail: String,
    },
}

/// A file that is being handed out.
#[derive(Debug)]
pub struct Download {
    response: Response,
    /// Its size, where the provider told.
    pub size_bytes: Option<u64>,
}

impl Download {
    fn of(response: Response) -> Self {
        let size =
            response.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        Self { response, size_bytes: size }
    }

    /// Appends the next piece to `buffer`; `false` at the end. A piece is some kilobytes.
    pub async fn read(&mut self, buffer: &mut Vec<u8>) -> Result<bool, TransportError> {
        match self.response.chunk().await {
            Ok(Some(chunk)) => {
                buffer.extend_from_slice(&chunk);
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(error) => Err(TransportError::of(&error)),
        }
    }
}

/// A redirect of a redirect is no provider's way.
const MOST_REDIRECTS: usize = 2;

/// A file at an address that a customer's event named: Messenger's attachments, and LINE's of another provider.
///
/// Customers can choose such an address, so only the open web is called: https, or the address under which the
/// provider itself answers, `trusted` (which is on this machine where the providers are simulated). No credential
/// goes along.
pub async fn fetch(http: &ProviderHttp, trusted: &str, address: &str) -> MediaAnswer {
    let Some(url) = allowed(trusted, address) else {
        return MediaAnswer::Failed(MediaFailure::AddressRefused);
    };
    follow(http, trusted, http.get(url), false).await
}

/// A file of Twilio: the account's credentials for the first address, none for where it leads to.
pub async fn fetch_authorized(
    http: &ProviderHttp,
    trusted: &str,
    address: &str,
    (user, password): (&str, &str),
) -> MediaAnswer {
    // The credential goes nowhere but to the provider, whatever address an event names.
    let url =
        Url::parse(address).ok().filter(|url| Url::parse(trusted).is_ok_and(|t| t.origin() == url.origin()));
    let Some(url) = url else {
        return MediaAnswer::Failed(MediaFailure::AddressRefused);
    };
    follow(http, trusted, http.get(url).basic_auth(user, Some(password)), true).await
}

async fn follow(
    http: &ProviderHttp,
    trusted: &str,
    request: RequestBuilder,
    authorized: bool,
) -> MediaAnswer {
    let (mut request, mut authorized) = (request, authorized);
    for _ in 0..=MOST_REDIRECTS {
        let response = match http.open(request).await {
            Ok(response) => response,
            Err(error) => return MediaAnswer::Retry { detail: error.to_string(), after: None },
        };
        if !response.status().is_redirection() {
            return of_address(response, authorized);
        }
        let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
        let target = location.and_then(|location| response.url().join(location).ok());
        let Some(url) = target.and_then(|target| allowed(trusted, target.as_str())) else {
            return MediaAnswer::Failed(MediaFailure::AddressRefused);
        };
        (request, authorized) = (http.get(url), false);
    }
    MediaAnswer::Failed(MediaFailure::AddressRefused)
}

/// The address, if it may be called.
fn allowed(trusted: &str, address: &str) -> Option<Url> {
    let url = Url::parse(address).ok()?;
    if Url::parse(trusted).is_ok_and(|trusted| trusted.origin() == url.origin()) {
        return Some(url);
    }
    let named = url.domain().is_some_and(|host| host.contains('.') && !host.ends_with(".localhost"));
    let open = url.scheme() == "https" && url.port().is_none() && url.username().is_empty();
    (open && named).then_some(url)
}

/// Links expire, and then they are forbidden or not found, by provider. Where no credential was shown, none is at fault.
fn of_address(response: Response, authorized: bool) -> MediaAnswer {
    let status = response.status().as_u16();
    match status {
        200 => MediaAnswer::Found(Download::of(response)),
        401 if authorized => {
            MediaAnswer::Credential { cause: Cause::TokenExpired, detail: status.to_string() }
        }
        401 | 403 | 410 => MediaAnswer::Failed(MediaFailure::Expired),
        408 | 425 | 429 | 500.. => {
            MediaAnswer::Retry { detail: status.to_string(), after: retry_after(response.headers()) }
        }
        _ => MediaAnswer::Failed(MediaFailure::NotFound),
    }
}

/// LINE's content of a message: 200, 202 while it is prepared, 404 unknown, 410 after an unsend.
pub(crate) fn of_content(response: Response, verdict: impl FnOnce(u16, &Response) -> Verdict) -> MediaAnswer {
    match response.status().as_u16() {
        200 => MediaAnswer::Found(Download::of(response)),
        202 => MediaAnswer::Preparing,
        404 => MediaAnswer::Failed(MediaFailure::NotFound),
        410 => MediaAnswer::Gone,
        status => verdict(status, &response).into(),
    }
}

impl From<Verdict> for MediaAnswer {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Unclear { detail } => Self::Retry { detail, after: None },
            Verdict::Refused(Refusal { class, detail, retry_after, .. }) => match class {
                RefusalClass::Credential(cause) => Self::Credential { cause, detail },
                RefusalClass::Rate | RefusalClass::Temporary => Self::Retry { detail, after: retry_after },
                _ => Self::Failed(MediaFailure::NotFound),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_server::{Step, TestServer, http};

    fn name(answer: &MediaAnswer) -> String {
        match answer {
            MediaAnswer::Found(download) => format!("found {:?}", download.size_bytes),
            MediaAnswer::Preparing => "preparing".into(),
            MediaAnswer::Gone => "gone".into(),
            MediaAnswer::Failed(reason) => reason.public_id().into(),
            MediaAnswer::Retry { .. } => "retry".into(),
            MediaAnswer::Credential { .. } => "credential".into(),
        }
    }

    fn answer(status: u16) -> Step {
        Step::Answer(status, Vec::new(), "bytes".into())
    }

    #[tokio::test]
    async fn answers_of_an_address_are_told_apart() {
        for (status, expected) in [
            (200, "found Some(5)"),
            (400, "media_not_found"),
            (401, "media_expired"),
            (403, "media_expired"),
            (404, "media_not_found"),
            (410, "media_expired"),
            (429, "retry"),
            (500, "retry"),
            (503, "retry"),
        ] {
            let server = TestServer::start([answer(status)]);
            let answer = fetch(&http(), &server.base(), &format!("{}/a", server.base())).await;
            assert_eq!(name(&answer), expected, "{status}");
        }
    }

    #[tokio::test]
    async fn a_file_is_read_piece_by_piece() {
        let server = TestServer::start([answer(200)]);
        let MediaAnswer::Found(mut download) = fetch(&http(), &server.base(), &server.base()).await else {
            panic!("it is there")
        };
        let mut bytes = Vec::new();
        while download.read(&mut bytes).await.unwrap() {}
        assert_eq!(bytes, b"bytes");
    }

    #[tokio::test]
    async fn twilios_credentials_go_to_twilio_and_not_to_where_it_leads() {
        let server = TestServer::start_with(|base| {
            let location = vec![("Location", format!("{base}/signed"))];
            vec![Step::Answer(307, location, String::new()), answer(200)]
        });
        let (base, account) = (server.base(), ("AC1", "secret"));
        let found = fetch_authorized(&http(), &base, &format!("{base}/Media/ME1"), account).await;
        assert_eq!(name(&found), "found Some(5)");
        let requests = server.requests();
        assert!(requests[0].headers.contains("authorization: Basic QUMxOnNlY3JldA==\n"));
        assert!(!requests[1].headers.contains("authorization"));
        let server = TestServer::start([answer(401)]);
        let refused =
            fetch_authorized(&http(), &server.base(), &format!("{}/ME1", server.base()), account).await;
        assert_eq!(name(&refused), "credential");
        // An address that somebody else chose gets nothing.
        let elsewhere = fetch_authorized(&http(), &base, "https://example.com/Media/ME1", account).await;
        assert_eq!(name(&elsewhere), "media_address_refused");
    }

    #[tokio::test]
    async fn redirects_end_and_lead_nowhere_but_to_the_open_web() {
        let to = |target: &str| Step::Answer(302, vec![("Location", target.to_owned())], String::new());
        let server = TestServer::start([to("http://169.254.169.254/latest/")]);
        let refused = fetch(&http(), &server.base(), &format!("{}/a", server.base())).await;
        assert_eq!(name(&refused), "media_address_refused");
        let server = TestServer::start_with(|base| (0..3).map(|_| to(&format!("{base}/a"))).collect());
        let refused = fetch(&http(), &server.base(), &format!("{}/a", server.base())).await;
        assert_eq!(name(&refused), "media_address_refused");
        assert_eq!(server.requests().len(), 3);
    }

    #[test]
    fn only_the_open_web_and_the_provider_are_called() {
        let trusted = "http://127.0.0.1:9000/graph";
        for (address, expected) in [
            ("https://scontent.xx.fbcdn.net/v/t1?oh=1", true),
            ("http://127.0.0.1:9000/cdn/1", true),
            ("http://127.0.0.1:9001/2018-06-01/runtime/invocation/next", false),
            ("http://scontent.xx.fbcdn.net/v/t1", false),
            ("https://127.0.0.1/", false),
            ("https://[::1]/", false),
            ("https://169.254.169.254/", false),
            ("https://localhost/", false),
            ("https://a.localhost/", false),
            ("https://internal/", false),
            ("https://example.com:8443/", false),
            ("https://user@example.com/", false),
            ("file:///etc/passwd", false),
            ("not an address", false),
        ] {
            assert_eq!(allowed(trusted, address).is_some(), expected, "{address}");
        }
    }
}
