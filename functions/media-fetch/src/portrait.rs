//! The picture of somebody at the provider, whose address expires (ING-9). It is a courtesy: what cannot be had leaves a
//! line in the log and no picture.

use madoguchi_channels::{MediaAnswer, media};
use madoguchi_domain::media::{self as files, serving, sniff};
use madoguchi_domain::picture::{PORTRAIT_MAX_BYTES, Portrait, portrait_key};
use madoguchi_domain::{Conversation, Participant, Span};
use madoguchi_runtime::bucket::Described;
use madoguchi_store::work::ProfileWork;
use madoguchi_store::{Saved, StoreError};

use crate::{MediaError, MediaFetcher, TRIES};

/// Somebody with a picture.
enum Whose {
    Contact(Box<Conversation>),
    Participant(Participant),
}

impl Whose {
    const fn portrait(&mut self) -> &mut Portrait {
        match self {
            Self::Contact(conversation) => &mut conversation.contact.portrait,
            Self::Participant(person) => &mut person.portrait,
        }
    }
}

/// What came of asking for a picture.
enum Asked {
    Picture { bytes: Vec<u8>, content_type: &'static str },
    None { why: String },
    Later { detail: String, after: Option<Span> },
}

impl MediaFetcher {
    /// Copies a picture whose address is known. A copy that is there already is overwritten, so that none is left over.
    pub(crate) async fn portrait(&self, work: &ProfileWork, secret: &str) -> Result<(), MediaError> {
        let id = work.conversation_id;
        let Some(mut whose) = self.whose(work).await? else { return Ok(()) };
        let ours = portrait_key(id, secret);
        let Some(url) = whose.portrait().url.clone() else {
            return self.delete_portrait_unless_shown(&mut whose, secret, &ours).await;
        };
        let since = whose.portrait().since.unwrap_or_default();
        let place = whose.portrait().secret.clone().unwrap_or_else(|| secret.to_owned());
        let copied = match self.ask_for_portrait(&url).await {
            Asked::Picture { bytes, content_type } => {
                let described = Described { content_type, disposition: "inline" };
                self.bucket.put(&portrait_key(id, &place), bytes, described).await?;
                Some(place)
            }
            Asked::Later { detail, after } => match files::next_try(since, self.clock.now()) {
                Some(next) => {
                    return Err(MediaError::RetryAfter {
                        after: next.max(after.unwrap_or_default()),
                        detail,
                    });
                }
                None => self.without_picture(work, &detail, &mut whose),
            },
            Asked::None { why } => self.without_picture(work, &why, &mut whose),
        };
        for _ in 0..TRIES {
            if whose.portrait().url.as_ref() != Some(&url) {
                // Another job was faster, or the provider has told another address: then that has a job of its own.
                return self.delete_portrait_unless_shown(&mut whose, secret, &ours).await;
            }
            whose.portrait().settle(copied.clone());
            let saved = match &whose {
                Whose::Contact(conversation) => self.inbox.save_conversation(conversation).await?,
                Whose::Participant(person) => self.inbox.save_participant(person).await?,
            };
            if saved == Saved::Done {
                return Ok(());
            }
            match self.whose(work).await? {
                Some(newer) => whose = newer,
                None => return Ok(self.bucket.delete(&ours).await?),
            }
        }
        let detail = "others keep writing to the conversation".to_owned();
        Err(MediaError::RetryAfter { after: Span::from_secs(2), detail })
    }

    async fn whose(&self, work: &ProfileWork) -> Result<Option<Whose>, StoreError> {
        Ok(match &work.participant {
            None => self.inbox.conversation(work.conversation_id).await?.map(Box::new).map(Whose::Contact),
            Some(person) => {
                self.inbox.participant(work.conversation_id, person).await?.map(Whose::Participant)
            }
        })
    }

    async fn ask_for_portrait(&self, url: &str) -> Asked {
        let origin = self.addresses.profiles.iter().find(|origin| url.starts_with(origin.as_str()));
        let origin = origin.map_or("", String::as_str);
        let none = |why: &str| Asked::None { why: why.to_owned() };
        let mut download = match media::fetch(&self.http, origin, url).await {
            MediaAnswer::Found(download) => download,
            MediaAnswer::Preparing => {
                return Asked::Later { detail: "being prepared".to_owned(), after: None };
            }
            MediaAnswer::Retry { detail, after } => return Asked::Later { detail, after },
            MediaAnswer::Failed(reason) => return none(reason.public_id()),
            MediaAnswer::Gone => return none("gone"),
            MediaAnswer::Credential { detail, .. } => return Asked::None { why: detail },
        };
        let mut bytes = Vec::new();
        loop {
            let known = download.size_bytes.unwrap_or_default();
            if known.max(bytes.len() as u64) > PORTRAIT_MAX_BYTES {
                return none("too large");
            }
            match download.read(&mut bytes).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => return Asked::Later { detail: error.to_string(), after: None },
            }
        }
        let serving = serving(&sniff(&bytes).unwrap_or_default());
        if !serving.content_type.starts_with("image/") {
            return none("not a picture");
        }
        Asked::Picture { bytes, content_type: serving.content_type }
    }

    /// What is shown then: the copy that was there before, if any.
    fn without_picture(&self, work: &ProfileWork, why: &str, whose: &mut Whose) -> Option<String> {
        self.metrics.count("PortraitsFailed", 1);
        tracing::warn!(
            conversation.id = %work.conversation_id, detail = why,
            "A picture in conversation `{}` was not copied", work.conversation_id
        );
        whose.portrait().secret.clone()
    }

    async fn delete_portrait_unless_shown(
        &self,
        whose: &mut Whose,
        secret: &str,
        ours: &str,
    ) -> Result<(), MediaError> {
        if whose.portrait().secret.as_deref() != Some(secret) {
            self.bucket.delete(ours).await?;
        }
        Ok(())
    }
}
