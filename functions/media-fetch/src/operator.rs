//! An operator's picture becomes the icon that customers see (SND-3). Each step may be the last one of a process that
//! dies: the icon is written, then shown, then the wish is done; until then the job comes again.

use madoguchi_domain::picture::{Icon, PICTURE_MAX_BYTES, PictureFailure};
use madoguchi_domain::{OperatorId, Span};
use madoguchi_runtime::bucket::Described;
use madoguchi_store::Saved;

use crate::{MediaError, MediaFetcher, TRIES, icon};

impl MediaFetcher {
    /// Does what the operator wants.
    pub(crate) async fn operator(&self, operator: &OperatorId) -> Result<(), MediaError> {
        let mut made: Option<String> = None;
        for _ in 0..TRIES {
            let Some(kept) = self.inbox.operator_picture(operator).await? else { return Ok(()) };
            if let Some(upload) = made.take().filter(|upload| !kept.refers_to(upload)) {
                // Taken away while its icon was made.
                self.bucket.delete(&Icon { operator, upload: &upload }.key()).await?;
            }
            let mut changed = kept.clone();
            if let Some(wanted) = kept.wanted() {
                let result = match wanted {
                    Some(upload) => {
                        made = Some(upload.to_owned());
                        self.make_icon(Icon { operator, upload }).await?
                    }
                    None => Ok(()),
                };
                match result {
                    Ok(()) => self.directory.show_picture(&kept, wanted).await?,
                    Err(reason) => tracing::info!(
                        operator.id = operator.0,
                        reason = reason.public_id(),
                        "An operator's picture was not taken: {}",
                        reason.public_id()
                    ),
                }
                changed.settle(result, self.clock.now());
            }
            for upload in std::mem::take(&mut changed.discarded) {
                self.bucket.delete(&Icon { operator, upload: &upload }.key()).await?;
            }
            if changed == kept || self.inbox.save_operator_picture(&changed).await? == Saved::Done {
                return Ok(());
            }
        }
        let detail = "the operator keeps changing the picture".to_owned();
        Err(MediaError::RetryAfter { after: Span::from_secs(2), detail })
    }

    async fn make_icon(&self, icon: Icon<'_>) -> Result<Result<(), PictureFailure>, MediaError> {
        let key = icon.key();
        let Some(picture) = self.bucket.read(&icon.upload_key(), 0, PICTURE_MAX_BYTES + 1).await? else {
            // Made before the upload was removed, by a try that ended in its middle; or one that was shown before.
            let is_there = self.bucket.head(&key).await?.is_some();
            return Ok(if is_there { Ok(()) } else { Err(PictureFailure::UploadLost) });
        };
        if picture.len() as u64 > PICTURE_MAX_BYTES {
            return Ok(Err(PictureFailure::Unreadable));
        }
        Ok(match icon::of_picture(&picture) {
            Ok(png) => {
                let described = Described { content_type: "image/png", disposition: "inline" };
                self.bucket.put(&key, png, described).await?;
                Ok(())
            }
            Err(reason) => Err(reason),
        })
    }
}
