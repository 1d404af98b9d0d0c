//! From the provider to the bucket, piece by piece.

use std::fmt::Write as _;

use madoguchi_channels::{Download, MediaAnswer, line, media};
use madoguchi_credentials::{CredentialError, Freshness};
use madoguchi_domain::event::Attachment;
use madoguchi_domain::media::{Inbound, LARGEST_COPY_BYTES, Media, MediaFailure, Stored, serving, sniff};
use madoguchi_domain::{Channel, ChannelKind};
use madoguchi_runtime::bucket::{Described, PART_BYTES, Upload, disposition};
use madoguchi_store::work::MediaWork;
use ring::digest::{Context, SHA256};

use crate::probe::pixels;
use crate::{MediaError, MediaFetcher, Tried};

/// A file that broke off, or turned out too large.
enum Broken {
    Off(String),
    TooLarge,
}

impl MediaFetcher {
    pub(crate) async fn copy(
        &self,
        channel: &Channel,
        work: &MediaWork,
        index: usize,
        attachment: &Attachment,
    ) -> Result<Tried, MediaError> {
        let mut answer = self.ask(channel, attachment, Freshness::Cached).await;
        if matches!(answer, MediaAnswer::Credential { .. }) {
            answer = self.ask(channel, attachment, Freshness::Renewed).await;
        }
        let key = Inbound { conversation: work.conversation_id, secret: &work.secret, index }.key();
        match answer {
            MediaAnswer::Found(download) => self.store(download, key, attachment.title.as_deref()).await,
            MediaAnswer::Preparing => Ok(Tried::Later { detail: "being prepared".to_owned(), after: None }),
            MediaAnswer::Gone => Ok(Tried::Settled(Media::Gone)),
            MediaAnswer::Failed(reason) => Ok(Tried::failed(reason, self.clock.now())),
            MediaAnswer::Retry { detail, after } => Ok(Tried::Later { detail, after }),
            MediaAnswer::Credential { cause, detail } => {
                tracing::warn!(channel.id = %channel.id, %cause, detail, "A file waits for the credential");
                self.directory.check_connection_soon(channel.connection_id, self.clock.now()).await?;
                Ok(Tried::Held)
            }
        }
    }

    async fn ask(&self, channel: &Channel, attachment: &Attachment, freshness: Freshness) -> MediaAnswer {
        match (channel.kind, &attachment.reference, &attachment.url) {
            (ChannelKind::Line, Some(id), _) => {
                match self.credentials.line_token(channel, freshness, self.clock.now()).await {
                    Ok(token) => line::content(&self.http, &self.addresses.line_data, &token, id).await,
                    Err(error) => without_credential(error),
                }
            }
            (ChannelKind::Line, None, Some(url)) => {
                media::fetch(&self.http, &self.addresses.line_data, url).await
            }
            (ChannelKind::Messenger, _, Some(url)) => {
                media::fetch(&self.http, &self.addresses.graph, url).await
            }
            (ChannelKind::WhatsApp | ChannelKind::Sms, _, Some(url)) => {
                match self.credentials.twilio(channel, freshness).await {
                    Ok(account) => {
                        let credential = (account.user.as_str(), account.password.as_str());
                        media::fetch_authorized(&self.http, &self.addresses.twilio, url, credential).await
                    }
                    Err(error) => without_credential(error),
                }
            }
            (_, _, None) => MediaAnswer::Failed(MediaFailure::NotFound),
        }
    }

    async fn store(
        &self,
        mut download: Download,
        key: String,
        name: Option<&str>,
    ) -> Result<Tried, MediaError> {
        let too_large = || Ok(Tried::failed(MediaFailure::TooLarge, self.clock.now()));
        if download.size_bytes.is_some_and(|size| size > LARGEST_COPY_BYTES) {
            return too_large();
        }
        let mut stream = Stream { size_bytes: 0, digest: Context::new(&SHA256) };
        let first = match stream.piece(&mut download).await {
            Ok(first) => first,
            Err(Broken::TooLarge) => return too_large(),
            Err(Broken::Off(detail)) => return Ok(Tried::Later { detail, after: None }),
        };
        let content_type = sniff(&first).unwrap_or_else(|| "application/octet-stream".to_owned());
        let pixels = if content_type.starts_with("image/") { pixels(&first) } else { None };
        let serving = serving(&content_type);
        let disposition = disposition(serving.inline, name);
        let described = Described { content_type: serving.content_type, disposition: &disposition };
        if first.len() < PART_BYTES {
            self.bucket.put(&key, first, described).await?;
        } else {
            let mut upload = self.bucket.begin_upload(&key, described).await?;
            let copied = stream.rest(&mut download, first, &mut upload).await;
            match copied {
                Ok(Ok(())) => upload.complete().await?,
                failed => {
                    if let Err(error) = upload.abort().await {
                        tracing::warn!(%error, "Parts of a file are left to the bucket");
                    }
                    return match failed? {
                        Ok(()) | Err(Broken::TooLarge) => too_large(),
                        Err(Broken::Off(detail)) => Ok(Tried::Later { detail, after: None }),
                    };
                }
            }
        }
        let Stream { size_bytes, digest } = stream;
        Ok(Tried::Settled(Media::Stored(Stored {
            key,
            size_bytes,
            content_type,
            sha256: Some(hex(digest.finish().as_ref())),
            width: pixels.map(|(width, _)| width),
            height: pixels.map(|(_, height)| height),
            preview_key: None,
        })))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// What has passed through.
struct Stream {
    size_bytes: u64,
    digest: Context,
}

impl Stream {
    /// The next piece: at least [`PART_BYTES`], or less at the end.
    async fn piece(&mut self, download: &mut Download) -> Result<Vec<u8>, Broken> {
        let mut piece = Vec::new();
        while piece.len() < PART_BYTES {
            match download.read(&mut piece).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => return Err(Broken::Off(error.to_string())),
            }
        }
        self.size_bytes += piece.len() as u64;
        if self.size_bytes > LARGEST_COPY_BYTES {
            return Err(Broken::TooLarge);
        }
        self.digest.update(&piece);
        Ok(piece)
    }

    async fn rest(
        &mut self,
        download: &mut Download,
        first: Vec<u8>,
        upload: &mut Upload<'_>,
    ) -> Result<Result<(), Broken>, MediaError> {
        let mut piece = first;
        loop {
            let last = piece.len() < PART_BYTES;
            if !piece.is_empty() {
                upload.part(piece).await?;
            }
            if last {
                return Ok(Ok(()));
            }
            piece = match self.piece(download).await {
                Ok(piece) => piece,
                Err(broken) => return Ok(Err(broken)),
            };
        }
    }
}

fn without_credential(error: CredentialError) -> MediaAnswer {
    match error {
        CredentialError::Broken { cause, detail } => MediaAnswer::Credential { cause, detail },
        CredentialError::Unavailable { detail } => MediaAnswer::Retry { detail, after: None },
    }
}
