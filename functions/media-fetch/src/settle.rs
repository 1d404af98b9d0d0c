//! Writing down what became of a file, and deleting what nobody refers to.

use madoguchi_domain::Message;
use madoguchi_domain::media::Media;
use madoguchi_store::Saved;

use crate::{MediaError, MediaFetcher, TRIES};

impl MediaFetcher {
    /// Records `outcome` and returns the message as it is then; `None` if it is gone. Meanwhile it may have been taken
    /// back, or another job may have been faster: then what we stored is deleted again.
    pub(crate) async fn settle(
        &self,
        message: Message,
        index: usize,
        outcome: Media,
        duration_ms: Option<u64>,
    ) -> Result<Option<Message>, MediaError> {
        let (conversation, key) = (message.conversation_id, message.key);
        let mut current = message;
        for _ in 0..TRIES {
            let mut changed = current.clone();
            if !changed.settle_file(index, outcome.clone(), duration_ms, self.clock.now()) {
                self.delete_unless_referred(&outcome, &current).await?;
                return Ok(Some(current));
            }
            if self.inbox.save_message(&changed).await? == Saved::Done {
                changed.rev += 1;
                self.count(&outcome, &changed);
                return Ok(Some(changed));
            }
            let Some(newer) = self.inbox.message(conversation, &key).await? else {
                self.delete(&outcome).await?;
                return Ok(None);
            };
            current = newer;
        }
        // Others keep writing to it; the object stays where the next try puts it.
        let detail = "others keep writing to the message".to_owned();
        Err(MediaError::RetryAfter { after: madoguchi_domain::Span::from_secs(2), detail })
    }

    /// Deletes what the message no longer shows, and returns the message as it is then; `None` if it is gone.
    pub(crate) async fn discard(&self, message: Message) -> Result<Option<Message>, MediaError> {
        let mut current = message;
        for _ in 0..TRIES {
            if current.discarded.is_empty() {
                return Ok(Some(current));
            }
            for key in &current.discarded {
                self.bucket.delete(key).await?;
            }
            let mut changed = current.clone();
            changed.discarded.clear();
            if self.inbox.save_message(&changed).await? == Saved::Done {
                changed.rev += 1;
                return Ok(Some(changed));
            }
            match self.inbox.message(current.conversation_id, &current.key).await? {
                Some(newer) => current = newer,
                None => return Ok(None),
            }
        }
        Ok(Some(current))
    }

    async fn delete_unless_referred(&self, outcome: &Media, message: &Message) -> Result<(), MediaError> {
        let referred = message.attachments().iter().any(|attachment| match (&attachment.media, outcome) {
            (Some(Media::Stored(shown)), Media::Stored(ours)) => shown.key == ours.key,
            _ => false,
        });
        if referred { Ok(()) } else { self.delete(outcome).await }
    }

    async fn delete(&self, outcome: &Media) -> Result<(), MediaError> {
        if let Media::Stored(stored) = outcome {
            for key in stored.keys() {
                self.bucket.delete(key).await?;
            }
        }
        Ok(())
    }

    fn count(&self, outcome: &Media, message: &Message) {
        let Media::Failed { reason, .. } = outcome else { return };
        self.metrics.count("FilesFailed", 1);
        tracing::warn!(
            conversation.id = %message.conversation_id, message.id = %message.key, reason = reason.public_id(),
            "A file of message `{}` failed: {}", message.key, reason.public_id()
        );
    }
}
