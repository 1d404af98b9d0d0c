//! What an operator uploaded becomes what is sent: looked at once more, put where customers' apps find it, and given
//! the preview or the duration that LINE asks for.

use madoguchi_domain::event::Attachment;
use madoguchi_domain::media::{
    Accepted, Media, MediaFailure, MediaKind, Outbound, PREVIEW_MAX_BYTES, Stored, check_bytes, serving,
    sniff,
};
use madoguchi_domain::{Channel, ChannelKind};
use madoguchi_runtime::bucket::{Described, disposition};
use madoguchi_store::work::MediaWork;

use crate::{MediaError, MediaFetcher, Tried, preview, probe};

/// Enough to tell what a file is, and the size of most pictures.
const HEAD_BYTES: u64 = 256 * 1024;

impl MediaFetcher {
    /// Repeating it writes the same objects again.
    pub(crate) async fn prepare(
        &self,
        channel: &Channel,
        work: &MediaWork,
        attachment: &Attachment,
    ) -> Result<Tried, MediaError> {
        let failed = |reason| Ok(Tried::failed(reason, self.clock.now()));
        let upload = attachment.reference.as_deref().unwrap_or_default();
        let place = Outbound { conversation: work.conversation_id, upload };
        let (from, key) = (place.upload_key(), place.key());
        if let Some(head) = self.bucket.read(&from, 0, HEAD_BYTES).await? {
            let content_type = sniff(&head).unwrap_or_else(|| "application/octet-stream".to_owned());
            let serving = serving(&content_type);
            // What a link leads to is saved; what a message carries is shown in it.
            let disposition = disposition(serving.inline && !attachment.as_link, attachment.title.as_deref());
            let described = Described { content_type: serving.content_type, disposition: &disposition };
            self.bucket.copy(&from, &key, described).await?;
        }
        // From here on only the copy counts: the upload may be replaced for as long as its form is good.
        let (Some(object), Some(head)) =
            (self.bucket.head(&key).await?, self.bucket.read(&key, 0, HEAD_BYTES).await?)
        else {
            return failed(MediaFailure::UploadLost);
        };
        let sniffed = sniff(&head);
        let kind = MediaKind::named(&attachment.kind);
        let announced = Accepted { kind, content_type: attachment.content_type.clone().unwrap_or_default() };
        let checked =
            check_bytes(channel.kind, &announced, sniffed.as_deref(), object.size_bytes, attachment.as_link);
        if let Err(refused) = checked {
            tracing::info!(
                conversation.id = %work.conversation_id, message.id = %work.message, reason = refused.public_id(),
                "An uploaded file cannot be sent: {}", refused.public_id()
            );
            self.bucket.delete(&key).await?;
            return failed(MediaFailure::NotAcceptable);
        }
        let mut made = Made { preview_key: None, duration_ms: attachment.duration_ms };
        if channel.kind == ChannelKind::Line && !attachment.as_link {
            let Some(extras) = self.for_line(kind, &place, object.size_bytes, made).await? else {
                return failed(MediaFailure::NotAcceptable);
            };
            made = extras;
        }
        let pixels = if kind == MediaKind::Image { probe::pixels(&head) } else { None };
        let stored = Media::Stored(Stored {
            key,
            size_bytes: object.size_bytes,
            content_type: sniffed.unwrap_or_else(|| "application/octet-stream".to_owned()),
            sha256: None,
            width: pixels.map(|(width, _)| width),
            height: pixels.map(|(_, height)| height),
            preview_key: made.preview_key,
        });
        Ok(Tried::Measured(stored, made.duration_ms))
    }

    /// LINE asks for a preview of a picture or video, and for the duration of a sound. `None` if there is none to have.
    async fn for_line(
        &self,
        kind: MediaKind,
        place: &Outbound<'_>,
        size_bytes: u64,
        made: Made,
    ) -> Result<Option<Made>, MediaError> {
        let (key, preview_key) = (place.key(), place.preview_key());
        match kind {
            MediaKind::Image if size_bytes <= PREVIEW_MAX_BYTES => {
                Ok(Some(Made { preview_key: Some(key), ..made }))
            }
            MediaKind::Image => {
                let picture = self.bucket.read(&key, 0, size_bytes).await?.unwrap_or_default();
                let Some(small) = preview::of_picture(&picture) else { return Ok(None) };
                self.put_preview(&preview_key, small).await?;
                Ok(Some(Made { preview_key: Some(preview_key), ..made }))
            }
            MediaKind::Video => {
                let facts = probe::mp4(&self.bucket, &key, size_bytes).await?;
                let Some(still) = preview::of_video(facts.pixels) else { return Ok(None) };
                self.put_preview(&preview_key, still).await?;
                let duration_ms = made.duration_ms.or(facts.duration_ms);
                Ok(Some(Made { preview_key: Some(preview_key), duration_ms }))
            }
            MediaKind::Audio => {
                let duration_ms = match made.duration_ms {
                    Some(told) => Some(told),
                    None => probe::duration(&self.bucket, &key, size_bytes).await?,
                };
                Ok(duration_ms.map(|duration| Made { duration_ms: Some(duration), ..made }))
            }
            MediaKind::File => Ok(Some(made)),
        }
    }

    async fn put_preview(&self, key: &str, jpeg: Vec<u8>) -> Result<(), MediaError> {
        let described = Described { content_type: "image/jpeg", disposition: "inline" };
        Ok(self.bucket.put(key, jpeg, described).await?)
    }
}

struct Made {
    preview_key: Option<String>,
    duration_ms: Option<u64>,
}
