//! Deleting for ever: what a conversation was made of, objects first (CLS-8). One of 100,000 messages takes some minutes and goes on
//! where it was cut off, since what is gone is not found again.

use futures::StreamExt as _;
use futures::stream;
use madoguchi_domain::Span;
use madoguchi_store::Saved;
use madoguchi_store::work::EraseWork;

use crate::{MediaError, MediaFetcher};

/// What is left then is another job: well below the function's time-out.
const LONGEST: Span = Span::from_secs(120);
/// Objects that are deleted at the same time.
const AT_ONCE: usize = 16;

impl MediaFetcher {
    pub(crate) async fn erase(&self, work: &EraseWork) -> Result<(), MediaError> {
        let Some(erasure) = self.inbox.erasure(work.erase).await? else { return Ok(()) };
        let again =
            |detail: &str| MediaError::RetryAfter { after: Span::from_secs(1), detail: detail.to_owned() };
        let began_at = self.clock.now();
        let mut from = None;
        loop {
            let page = self.inbox.erasable(&erasure, from.as_ref()).await?;
            let mut deleted =
                stream::iter(&page.files).map(|key| self.bucket.delete(key)).buffer_unordered(AT_ONCE);
            while let Some(deleted) = deleted.next().await {
                deleted?;
            }
            self.inbox.delete_erasable(&page).await?;
            from = page.next;
            if from.is_none() {
                break;
            }
            if self.clock.now().since(began_at) >= LONGEST {
                return Err(again("there is more to delete"));
            }
        }
        if let Some(picture) = &erasure.portrait {
            self.bucket.delete(picture).await?;
        }
        // Whoever keeps something of a conversation outside of its partition forgets it here. Search does so by itself: the
        // stream has told it that the conversation is gone.
        match self.inbox.finish_erasure(&erasure).await? {
            Saved::Done => {
                self.metrics.count("ConversationsErased", 1);
                tracing::info!(conversation.id = %work.erase, "Erased conversation `{}`", work.erase);
                Ok(())
            }
            Saved::Conflict => Err(again("more was deleted meanwhile")),
        }
    }
}
