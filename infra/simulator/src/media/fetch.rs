//! Fetching what the product sent: at once where the provider does so, or when the customer opens it.
//!
//! Only addresses of this machine are fetched, and those that were declared to stand for one.

use std::{collections::VecDeque, time::Duration};

use axum::body::Bytes;
use reqwest::Url;

use crate::shared::Shared;

/// What is kept to be shown on a phone: single files up to this size, and so many bytes in all.
const LARGEST_KEPT_BYTES: usize = 4 * 1024 * 1024;
const KEPT_BYTES: usize = 64 * 1024 * 1024;
const SNIFFED_BYTES: usize = 16;

/// Why a file of the product could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("the address is not one that can be reached from here")]
    Elsewhere,
    #[error("nothing came from the address")]
    Unreachable,
    #[error("the address did not answer in time")]
    Late,
    #[error("the address answered {0}")]
    Status(u16),
    #[error("the file is larger than {0} bytes")]
    TooLarge(u64),
}

/// What came.
#[derive(Debug, Clone)]
pub(crate) struct Fetched {
    /// By its first bytes where they tell, else as the answer says.
    pub(crate) content_type: String,
    pub(crate) size_bytes: u64,
    /// Absent when it is too large to be kept.
    pub(crate) bytes: Option<Bytes>,
}

pub(crate) async fn fetch(
    shared: &Shared,
    url: &str,
    limit_bytes: u64,
    patience: Duration,
) -> Result<Fetched, FetchError> {
    let url = Url::parse(&shared.targets().reach(url)).map_err(|_| FetchError::Elsewhere)?;
    if !is_local(&url) {
        return Err(FetchError::Elsewhere);
    }
    match tokio::time::timeout(patience, download(shared, url, limit_bytes)).await {
        Ok(fetched) => fetched,
        Err(_) => Err(FetchError::Late),
    }
}

async fn download(shared: &Shared, url: Url, limit_bytes: u64) -> Result<Fetched, FetchError> {
    let mut answer = shared.fetcher.get(url).send().await.map_err(|_| FetchError::Unreachable)?;
    if !answer.status().is_success() {
        return Err(FetchError::Status(answer.status().as_u16()));
    }
    let told = answer.headers().get("content-type").and_then(|value| value.to_str().ok());
    let told = told.unwrap_or("application/octet-stream").split(';').next().unwrap_or_default().to_owned();
    let mut kept = Vec::new();
    let mut size_bytes = 0;
    while let Some(piece) = answer.chunk().await.map_err(|_| FetchError::Unreachable)? {
        size_bytes += piece.len() as u64;
        if size_bytes > limit_bytes {
            return Err(FetchError::TooLarge(limit_bytes));
        }
        // One piece more than is kept tells that it is too large to be kept.
        if kept.len() <= LARGEST_KEPT_BYTES {
            kept.extend_from_slice(&piece);
        }
    }
    let content_type = sniff(&kept[..kept.len().min(SNIFFED_BYTES)]).map_or(told, ToOwned::to_owned);
    let bytes = (kept.len() as u64 == size_bytes && kept.len() <= LARGEST_KEPT_BYTES).then(|| kept.into());
    Ok(Fetched { content_type, size_bytes, bytes })
}

fn sniff(beginning: &[u8]) -> Option<&'static str> {
    const KNOWN: [(&[u8], &str); 7] = [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF8", "image/gif"),
        (b"%PDF-", "application/pdf"),
        (b"ID3", "audio/mpeg"),
        (b"\xff\xfb", "audio/mpeg"),
        (b"OggS", "audio/ogg"),
    ];
    let known = KNOWN.into_iter().find(|(magic, _)| beginning.starts_with(magic)).map(|(_, kind)| kind);
    known.or_else(|| match (beginning.get(4..8)?, beginning.get(8..12)?) {
        (b"ftyp", b"M4A ") => Some("audio/mp4"),
        (b"ftyp", b"qt  ") => Some("video/quicktime"),
        (b"ftyp", _) => Some("video/mp4"),
        _ => None,
    })
}

pub(crate) fn is_local(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some_and(|host| {
            matches!(host, "127.0.0.1" | "localhost" | "[::1]") || host.ends_with(".localhost")
        })
}

/// Copies of fetched files, the oldest of which go first.
#[derive(Debug, Default)]
pub(crate) struct Copies(VecDeque<(String, Fetched)>);

impl Copies {
    pub(crate) fn keep(&mut self, id: &str, fetched: Fetched) {
        self.0.push_back((id.to_owned(), fetched));
        let size = |copies: &VecDeque<(String, Fetched)>| -> usize {
            copies.iter().map(|(_, copy)| copy.bytes.as_ref().map_or(0, Bytes::len)).sum()
        };
        while size(&self.0) > KEPT_BYTES {
            self.0.pop_front();
        }
    }

    pub(crate) fn find(&self, id: &str) -> Option<Fetched> {
        self.0.iter().rev().find(|(known, _)| known == id).map(|(_, copy)| copy.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_local() {
        for (url, expected) in [
            ("http://127.0.0.1:4566/a", true),
            ("http://localhost/a", true),
            ("https://abc.execute-api.localhost:4566/a", true),
            ("http://127.0.0.1.example.com/a", false),
            ("http://169.254.169.254/latest", false),
            ("https://example.com/a.png", false),
            ("file:///etc/passwd", false),
        ] {
            assert_eq!(is_local(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }

    #[test]
    fn copies_stay_within_their_room() {
        let mut copies = Copies::default();
        let file = |size: usize| Fetched {
            content_type: "image/png".into(),
            size_bytes: size as u64,
            bytes: Some(vec![0; size].into()),
        };
        for number in 0..40 {
            copies.keep(&number.to_string(), file(LARGEST_KEPT_BYTES));
        }
        assert!(copies.find("0").is_none());
        assert!(copies.find("39").is_some());
        assert_eq!(copies.0.len(), KEPT_BYTES / LARGEST_KEPT_BYTES);
    }
}
